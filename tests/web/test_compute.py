"""/v1 as OpenAI's own client sees it: models, texts whole and streamed, schemas, tools, vectors, refusals, bills."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from litestar import Litestar

from entrepot import cloud, ledger
from entrepot.app import Entrepot
from entrepot.cloud import accounts
from entrepot.identity import Scope
from tests.cast import BRUNO, CHEN
from tests.orders.market import Market
from tests.waiting import WAIT_S
from tests.web.loop import Calls, running_loop
from tests.web.visitors import Visitor

CREDIT = 10**9
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "maximum": 99}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def offer_package(entrepot: Entrepot, name: str, nano: dict[str, int]) -> None:
    """Register and publish a packaged model, as `entrepot models add` does."""
    found = cloud.find_package(name)
    if found is None:
        pytest.skip(f"the weights of {name} are not installed: run `make models`")
    packaged, file, words = found
    draft = cloud.draft_of(packaged, cloud.store_files(entrepot.blobs, file, words))
    known = cloud.probe(entrepot.blobs, draft)

    def act(tx: Any) -> None:
        model = cloud.add_model(tx, Scope.system(), draft, known)
        cloud.add_price_book(tx, model.name, nano)
        cloud.publish_model(tx, Scope.system(), model.id)

    entrepot.database.write_now(act)


@pytest.fixture(scope="module")
def loop_of(app: Litestar, entrepot: Entrepot) -> Iterator[Callable[[], httpx.Client]]:
    """Makes clients of the application; in the end its models are let go, as at the end of serving."""
    with running_loop() as loop:
        yield lambda: httpx.Client(transport=Calls(app, loop), base_url="http://shop.example")
        asyncio.run_coroutine_threadsafe(entrepot.gateway.close(), loop).result(WAIT_S)


@pytest.fixture(scope="module")
def key(entrepot: Entrepot, market: Market, visit: Callable[[], Visitor]) -> str:
    """An API key of Chen's organisation, which has credit."""
    chen = visit().sign_in(CHEN)
    organisation = str(market.cast.chen.organisation)
    plan = cloud.credit_plan(organisation, "USD9", CREDIT, "top_1")
    entrepot.database.write_now(lambda tx: ledger.post(tx, plan))
    return str(chen.post("/api/keys", {"name": "tests"}).json()["secret"])


@pytest.fixture(scope="module")
def client(loop_of: Callable[[], httpx.Client], key: str) -> openai.OpenAI:
    """OpenAI's client, with Chen's key."""
    return openai.OpenAI(api_key=key, base_url="http://shop.example/v1", http_client=loop_of(), max_retries=0)


@pytest.fixture(scope="module")
def chat_model(entrepot: Entrepot) -> str:
    """A small model for conversations."""
    offer_package(entrepot, "smollm2-135m-instruct", {"input_tokens": 20_000_000, "output_tokens": 80_000_000})
    return "smollm2-135m-instruct"


@pytest.fixture(scope="module")
def vector_model(entrepot: Entrepot) -> str:
    """A small model for vectors."""
    offer_package(entrepot, "minilm-l6-v2", {"embedding_tokens": 10_000_000, "rerank_tokens": 10_000_000})
    return "minilm-l6-v2"


def spent(entrepot: Entrepot, market: Market) -> int:
    account = accounts.compute(str(market.cast.chen.organisation), "USD9")
    return CREDIT - entrepot.database.read_now(lambda s: ledger.balance_of(s, account)).balance


def test_the_models_are_listed_with_what_they_cost(client: openai.OpenAI) -> None:
    models = {model.id: model for model in client.models.list()}
    assert cloud.MODEL in models
    one = client.models.retrieve(cloud.MODEL).to_dict()
    nano, per = (dict.fromkeys(("embedding_tokens", "rerank_tokens"), each) for each in (10_000_000, 1_000_000))
    assert one["pricing"] == {"currency": "USD", "nano": nano, "per": per}


def test_a_streamed_answer_ends_with_its_usage_and_cost(
    client: openai.OpenAI, chat_model: str, entrepot: Entrepot, market: Market
) -> None:
    before = spent(entrepot, market)
    stream = client.chat.completions.create(
        model=chat_model, messages=[{"role": "user", "content": "Say hello"}], max_tokens=12, temperature=0,
        stream=True, stream_options={"include_usage": True},
    )  # fmt: skip
    events = list(stream)
    text = "".join(event.choices[0].delta.content or "" for event in events if event.choices)
    assert text
    usage = events[-1].usage
    assert usage is not None
    cost = usage.to_dict()["cost"]["nano"]  # type: ignore[index]
    assert cost == -(-usage.prompt_tokens * 20_000_000 // 10**6) + -(-usage.completion_tokens * 80_000_000 // 10**6)
    assert spent(entrepot, market) - before == cost


def test_a_whole_answer_keeps_to_its_schema(client: openai.OpenAI, chat_model: str) -> None:
    answer = client.chat.completions.create(
        model=chat_model, messages=[{"role": "user", "content": "Describe a person"}], max_completion_tokens=80,
        temperature=0,
        response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA, "strict": True}},
    )  # fmt: skip
    person = json.loads(answer.choices[0].message.content or "")
    assert set(person) == {"name", "age"}
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


def test_a_required_tool_is_called(client: openai.OpenAI, chat_model: str) -> None:
    function = {"name": "weather", "description": "tells the weather", "parameters": {
        "type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"],
        "additionalProperties": False,
    }}  # fmt: skip
    answer = client.chat.completions.create(
        model=chat_model, messages=[{"role": "user", "content": "The weather in Paris?"}], max_tokens=80, temperature=0,
        tools=[{"type": "function", "function": function}], tool_choice="required",  # type: ignore[list-item,typeddict-item]
    )  # fmt: skip
    (call,) = answer.choices[0].message.tool_calls or ()
    assert answer.choices[0].finish_reason == "tool_calls"
    assert call.function.name == "weather"  # type: ignore[union-attr]
    assert "city" in json.loads(call.function.arguments)  # type: ignore[union-attr]


def test_a_text_is_continued(client: openai.OpenAI, chat_model: str) -> None:
    answer = client.completions.create(model=chat_model, prompt="Once upon a", max_tokens=5, temperature=0)
    assert answer.choices[0].text


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_vectors_are_of_unit_length(client: openai.OpenAI, vector_model: str, encoding: Any) -> None:
    answer = client.embeddings.create(model=vector_model, input=["a red sofa", "b"], encoding_format=encoding)
    row: Any = answer.data[0].embedding
    if encoding == "float":
        assert len(row) == 384
        assert abs(sum(each * each for each in row) - 1) < 1e-4
    short = client.embeddings.create(model=vector_model, input="a red sofa", dimensions=64)
    assert len(short.data[0].embedding) == 64


def test_documents_are_ordered_by_how_well_they_answer(
    loop_of: Callable[[], httpx.Client], key: str, vector_model: str
) -> None:
    asked = {"model": vector_model, "query": "red sofa", "documents": ["HDMI cable", "scarlet couch"], "top_n": 1,
             "return_documents": True}  # fmt: skip
    answer = loop_of().post("/v1/rerank", json=asked, headers={"authorization": f"Bearer {key}"}).json()
    assert answer["results"][0]["document"] == {"text": "scarlet couch"}
    assert answer["usage"]["cost"]["nano"] > 0


def test_refusals_are_in_openais_shape(
    client: openai.OpenAI, loop_of: Callable[[], httpx.Client], chat_model: str
) -> None:
    message: Any = [{"role": "user", "content": "Hello"}]
    with pytest.raises(openai.NotFoundError, match="GET /v1/models"):
        client.chat.completions.create(model="nobody", messages=message)
    with pytest.raises(openai.BadRequestError, match="leave n out") as refusal:
        client.chat.completions.create(model=chat_model, messages=message, n=3)
    assert refusal.value.param == "n"
    with pytest.raises(openai.BadRequestError, match="look at"):
        client.chat.completions.create(model=chat_model, messages=message, max_tokens=100_000)
    with pytest.raises(openai.BadRequestError, match="use /v1/embeddings"):
        client.chat.completions.create(model=cloud.MODEL, messages=message)
    with pytest.raises(openai.BadRequestError, match="makes no vectors"):
        client.embeddings.create(model=chat_model, input="a")
    wrong = openai.OpenAI(api_key="ent_wrong", base_url="http://shop.example/v1", http_client=loop_of(), max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="not known here"):
        wrong.models.list()
    assert (
        loop_of()
        .post("/v1/embeddings", content=b"{half", headers={"content-type": "application/json"})
        .json()["error"]["type"]
    )


def test_without_credit_the_sentence_says_so(
    client: openai.OpenAI, entrepot: Entrepot, market: Market, visit: Callable[[], Visitor],
    loop_of: Callable[[], httpx.Client],
) -> None:  # fmt: skip
    bruno = visit().sign_in(BRUNO)
    poor = str(bruno.post("/api/keys", {"name": "poor"}).json()["secret"])
    broke = openai.OpenAI(api_key=poor, base_url="http://shop.example/v1", http_client=loop_of(), max_retries=0)
    with pytest.raises(openai.RateLimitError, match="add credit") as refusal:
        broke.embeddings.create(model=cloud.MODEL, input="a red sofa")
    assert refusal.value.code == "insufficient_quota"


def test_all_that_was_used_verifies(client: openai.OpenAI, entrepot: Entrepot) -> None:
    client.embeddings.create(model=cloud.MODEL, input="a red sofa")
    found = [entrepot.database.read_now(proof.check) for proof in (*cloud.PROOFS, *ledger.PROOFS)]
    assert [breach for finding in found for breach in finding.breaches] == []
