"""Vectors of texts: without network, the same whoever asks and however many at once, and metered."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from entrepot.cloud import DIMENSIONS, Meter, embed, embed_query, list_usage
from entrepot.identity import Scope
from entrepot.kernel import Database
from tests.waiting import WAIT_S

OPERATOR = Scope("usr_dana", "org_platform", frozenset({"operator"}))
TEXTS = ["red sofa", "wireless headphones with a very long battery", "耳机", "sofa, red", "USB"]


@pytest.fixture
def meter(database: Database) -> Iterator[Meter]:
    """A meter on a database of its own."""
    meter = Meter(database)
    yield meter
    meter.close()


def test_rows_have_unit_length_and_a_text_without_words_has_zeros(meter: Meter) -> None:
    vectors = embed(meter, [*TEXTS, ""], surface="test")
    assert vectors.shape == (6, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors[:5], axis=1) == pytest.approx(1.0, abs=1e-5)
    assert not vectors[5].any()
    assert embed(meter, [], surface="test").shape == (0, DIMENSIONS)


def test_a_text_has_the_same_vector_alone_and_among_others(meter: Meter) -> None:
    together = embed(meter, TEXTS, surface="test")
    alone = np.concatenate([embed(meter, [text], surface="test") for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-6)


def test_the_vectors_are_the_models_own(meter: Meter) -> None:
    import wordllama

    folder = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(dim=DIMENSIONS, cache_dir=folder, disable_download=True)
    assert embed(meter, TEXTS, surface="test") == pytest.approx(model.embed(TEXTS, norm=True), abs=1e-5)


def test_what_means_the_same_is_near(meter: Meter) -> None:
    couch, sofa, headphones = embed(meter, ["red couch", "red sofa", "wireless headphones"], surface="test")
    assert couch @ sofa > 0.5 > 0.3 > couch @ headphones


def test_tokens_are_metered_and_a_remembered_text_is_not(database: Database, meter: Meter) -> None:
    new = f"a query nobody asked before on {database.dialect}"
    first = embed_query(meter, new, surface="search", ref="req_page")
    assert embed_query(meter, new, surface="search", ref="req_other") is first
    assert np.array_equal(first, embed(meter, [new], surface="test")[0])
    embed(meter, TEXTS, surface="indexing")
    meter.flush()
    rows = database.read_now(lambda snapshot: list_usage(snapshot, OPERATOR, 0))
    assert sorted((row.surface, row.ref, row.price) for row in rows) == [
        ("indexing", None, 0),
        ("search", "req_page", 0),
        ("test", None, 0),
    ]
    assert all(row.quantity > 0 and row.meter == "embedding_tokens" for row in rows)


def test_many_threads_may_ask_at_once(meter: Meter) -> None:
    expected = embed(meter, TEXTS, surface="test")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: embed(meter, TEXTS, surface="test"), range(32)))
    assert all(np.array_equal(answer, expected) for answer in answers)


def test_the_model_loads_without_network_and_leaves_logging_alone(tmp_path: Path) -> None:
    """In a process that cannot open a socket and has no folder of its own to keep anything in."""
    program = """
        import logging, socket
        def refuse(*args, **kwargs):
            raise OSError("no network here")
        socket.socket.connect = socket.getaddrinfo = refuse
        from entrepot.cloud.embedding import StaticModel
        before = list(logging.getLogger().handlers), logging.getLogger().level
        vectors, tokens = StaticModel().embed(["red sofa"])
        assert (list(logging.getLogger().handlers), logging.getLogger().level) == before
        import os
        assert os.environ["OMP_NUM_THREADS"] == "1"
        print(vectors.shape, tokens)
    """
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    words = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(words, check=True, capture_output=True, env=environment, timeout=WAIT_S)
    assert done.stdout.split(b")")[0] == b"(1, 256"
    assert list(tmp_path.iterdir()) == []
