"""What every engine keeps to, whichever way it runs a model."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from entrepot import cloud
from entrepot.cloud.capabilities import Capabilities
from entrepot.cloud.engines.base import Engine, Generation, Message, Piece, Unable
from entrepot.cloud.engines.e5 import E5
from entrepot.cloud.engines.llama import Llama
from entrepot.cloud.engines.onnx import Onnx
from entrepot.cloud.engines.static import Static, Table
from entrepot.cloud.engines.transformers import Transformers
from entrepot.cloud.engines.upstream import Upstream
from tests.cloud import tiny
from tests.cloud.wires import double

ABLE = Capabilities(context=1_000, chat=True, completion=True, dimensions=3, rerank=True)
HELLO = Generation(6, messages=(Message("user", "Say hello"),), temperature=0.0, seed=1)


@asynccontextmanager
async def upstream() -> AsyncIterator[Engine]:
    async with double() as (server, address):
        server.pace_s = 0.002  # what comes at once is one piece
        engine = Upstream(address, "there", ABLE)
        try:
            yield engine
        finally:
            await engine.close()


@asynccontextmanager
async def llama() -> AsyncIterator[Engine]:
    found = cloud.find_package("smollm2-135m-instruct")
    assert found is not None
    engine = Llama(found[1], "smollm2")
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def static() -> AsyncIterator[Engine]:
    yield Static()


@asynccontextmanager
async def onnx() -> AsyncIterator[Engine]:
    found = cloud.find_package("minilm-l6-v2")
    assert found is not None
    assert found[2] is not None
    yield Onnx(found[1], found[2])


@asynccontextmanager
async def table() -> AsyncIterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        yield Table(tiny.table(Path(folder)), tiny.tokenizer())


@asynccontextmanager
async def tiny_onnx() -> AsyncIterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        yield Onnx(tiny.encoder(Path(folder)), tiny.tokenizer())


@asynccontextmanager
async def cross() -> AsyncIterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        yield Onnx(tiny.cross_encoder(Path(folder)), tiny.tokenizer(pairs=True))


@asynccontextmanager
async def e5() -> AsyncIterator[Engine]:
    found = cloud.find_package("multilingual-e5-small")
    assert found is not None
    yield E5(found[1])


@asynccontextmanager
async def transformers() -> AsyncIterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        yield Transformers(tiny.language_model(Path(folder)), "chat")


@asynccontextmanager
async def transformers_vectors() -> AsyncIterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        yield Transformers(tiny.vector_model(Path(folder)), "embedding")


MAKERS = {"upstream": upstream, "llama": llama, "static": static, "onnx": onnx, "table": table, "e5": e5,
          "tiny-onnx": tiny_onnx, "cross": cross, "transformers": transformers,
          "transformers-vectors": transformers_vectors}  # fmt: skip
NEEDS = {"llama": ("smollm2-135m-instruct", "xllamacpp"), "onnx": ("minilm-l6-v2", "onnxruntime"),
         "e5": ("multilingual-e5-small",), "tiny-onnx": ("onnxruntime",), "cross": ("onnxruntime",),
         "transformers": ("torch", "transformers"), "transformers-vectors": ("torch", "transformers")}  # fmt: skip
"""Packages, or packaged models, that a making cannot do without."""
Work = Callable[[Engine], Awaitable[None]]
Run = Callable[[Work], None]


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a piece of work with an engine of the kind that the test is for."""
    name = request.param
    missing = [each for each in NEEDS.get(name, ()) if not (cloud.find_package(each) or tiny.is_installed(each))]
    if missing:
        reason = f"{name} needs {', '.join(missing)}: run `make models`"
        must = os.environ.get("CI") == "true" and not name.startswith("transformers")  # torch is nobody's dependency
        pytest.fail(reason) if must else pytest.skip(reason)

    async def whole(work: Work) -> None:
        async with AsyncExitStack() as stack:
            await work(await stack.enter_async_context(MAKERS[name]()))

    return lambda work: asyncio.run(whole(work))


def for_engines(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", names, indirect=True)


async def write(engine: Engine, work: Generation) -> list[Piece]:
    return [piece async for piece in engine.generate(work)]


@for_engines("upstream", "llama", "transformers")
def test_an_answer_comes_in_pieces_and_ends_with_its_exact_count(run: Run) -> None:
    async def work(engine: Engine) -> None:
        pieces = await write(engine, HELLO)
        assert len([piece for piece in pieces if piece.text]) > 1
        assert [piece.finish for piece in pieces[:-1]] == [None] * (len(pieces) - 1)
        last = pieces[-1]
        assert last.finish in ("stop", "length")
        assert 0 < last.count.output_tokens <= 6
        assert last.count.input_tokens <= await engine.count(HELLO)
        assert last.evidence
        counted = [piece.count.output_tokens for piece in pieces]
        assert counted == sorted(counted)

    run(work)


@for_engines("upstream", "llama", "transformers")
def test_no_more_is_written_than_was_asked_for(run: Run) -> None:
    async def work(engine: Engine) -> None:
        pieces = await write(engine, Generation(2, messages=HELLO.messages))
        assert pieces[-1].count.output_tokens <= 2
        assert pieces[-1].finish == "length"

    run(work)


@for_engines("upstream", "llama", "transformers")
def test_a_text_is_continued_without_a_conversation(run: Run) -> None:
    async def work(engine: Engine) -> None:
        pieces = await write(engine, Generation(4, prompt="Once upon a"))
        assert "".join(piece.text for piece in pieces)

    run(work)


@for_engines("upstream", "llama", "transformers")
def test_a_reader_who_leaves_may_be_followed_by_another(run: Run) -> None:
    async def work(engine: Engine) -> None:
        async with aclosing(engine.generate(Generation(200, messages=HELLO.messages))) as pieces:  # type: ignore[type-var]
            async for _ in pieces:
                break
        assert (await write(engine, HELLO))[-1].finish

    run(work)


@for_engines("upstream", "llama", "transformers")
def test_pictures_are_refused_with_a_sentence(run: Run) -> None:
    async def work(engine: Engine) -> None:
        picture = [{"type": "image_url", "image_url": {"url": "data:"}}]
        with pytest.raises(Unable, match="Only text"):
            await write(engine, Generation(5, messages=(Message("user", picture),)))

    run(work)


@for_engines("upstream", "static", "onnx", "table", "tiny-onnx", "e5", "transformers-vectors")
def test_texts_become_rows_of_unit_length_in_their_order(run: Run) -> None:
    async def work(engine: Engine) -> None:
        texts = ["a red sofa", "b", "a very long text about red sofas and chairs " * 20]
        together = await engine.embed(texts)
        assert together.vectors.dtype == np.float32
        assert together.vectors.shape == (3, (await engine.capabilities()).dimensions)
        assert np.allclose(np.linalg.norm(together.vectors, axis=1), 1, atol=1e-5)
        for place, text in enumerate(texts):
            alone = (await engine.embed([text])).vectors[0]
            assert float(alone @ together.vectors[place]) > 0.99
        assert together.tokens > 0

    run(work)


@for_engines("static", "onnx", "table", "tiny-onnx", "e5", "cross")
def test_what_means_the_same_is_near(run: Run) -> None:
    async def work(engine: Engine) -> None:
        ranked = await engine.rerank("red sofa", ["scarlet couch for the living room", "HDMI cable 2 m"])
        assert ranked.scores[0] > ranked.scores[1]

    run(work)


@for_engines("static", "onnx", "table", "tiny-onnx", "e5", "cross")
def test_a_model_of_vectors_says_that_it_writes_nothing(run: Run) -> None:
    async def work(engine: Engine) -> None:
        with pytest.raises(Unable, match="embeddings"):
            await write(engine, HELLO)
        with pytest.raises(Unable):
            await engine.count(HELLO)

    run(work)


@for_engines(*MAKERS)
def test_what_was_closed_works_again_when_it_is_asked(run: Run) -> None:
    async def work(engine: Engine) -> None:
        before = await engine.capabilities()
        await engine.close()
        assert await engine.capabilities() == before

    run(work)


@for_engines("cross")
def test_a_model_of_scores_says_that_it_makes_no_vectors(run: Run) -> None:
    async def work(engine: Engine) -> None:
        assert (await engine.capabilities()).rerank
        with pytest.raises(Unable, match="rerank"):
            await engine.embed(["a"])

    run(work)


@for_engines("transformers")
def test_what_no_grammar_keeps_is_asked_for_in_words_that_are_counted(run: Run) -> None:
    async def work(engine: Engine) -> None:
        asked = Generation(5, messages=HELLO.messages, schema={"type": "object"})
        pieces = await write(engine, asked)
        assert pieces[-1].count.input_tokens == await engine.count(asked) > await engine.count(HELLO)

    run(work)
