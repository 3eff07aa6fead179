"""The path of every call: admitted, run, settled before its last piece; whoever leaves or fails is settled too."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from entrepot import cloud, ledger
from entrepot.cloud import accounts, customers, pricing, publishing, registry, settling
from entrepot.cloud.capabilities import Capabilities
from entrepot.cloud.engines.base import Generation, Message, Piece
from entrepot.cloud.engines.gateway import Bill, Call, Gateway
from entrepot.cloud.engines.pool import Pool
from entrepot.cloud.types import Settings, Upstream
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Database, Invalid, NotAllowed, NotFound, Snapshot, TooMany, Unavailable, process_name
from tests.cloud.wires import Double, double
from tests.waiting import WAIT_S, eventually

UNIT = "USD9"
CHEN = Scope("key_chen", "org_chen", frozenset({"developer"}))
MAKER = Scope("usr_maker", "org_maker", frozenset({"developer"}))
ABLE = Capabilities(context=1_000, chat=True, completion=True, dimensions=3, rerank=True)
PRICES = {"input_tokens": 1_000_000, "cached_input_tokens": 500_000, "output_tokens": 10_000_000,
          "embedding_tokens": 2_000_000, "rerank_tokens": 3_000_000}  # fmt: skip
HELLO = Generation(6, messages=(Message("user", "Say hello"),))
COST = 5 * 1 + 6 * 10
"""Of HELLO in nano units: nine tokens read of which four were cached at half the price (rounded up), six written."""
Work = Callable[[Gateway, Double], Awaitable[None]]


class House:
    """A database with two models, served by a double."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.blobs = Blobs(folder / "blobs")
        self.put("first", "one/first")
        self.put("second", "one/second")
        self.put("gone", "nowhere/x")
        database.write_now(lambda tx: ledger.post(tx, customers.credit_plan("org_chen", UNIT, 10**9, "top_1")))

    def beside(self, database: Database) -> House:
        """The same house through another process's connections."""
        other = copy.copy(self)
        other.database = database
        return other

    def put(self, name: str, upstream: str, *, gated: bool = False) -> registry.Model:
        """A live model with prices, published by the maker, who earns half."""
        licence = registry.Licence("MIT", "https://example.com/licence" if gated else "", gated=gated)
        draft = registry.ModelDraft(name, "chat", "upstream", licence, upstream=upstream)

        def act(tx: object) -> registry.Model:
            model = registry.add_model(tx, MAKER, draft, ABLE)  # type: ignore[arg-type]
            pricing.add_price_book(tx, name, PRICES, maker_bps=5_000)  # type: ignore[arg-type]
            return publishing.publish_model(tx, Scope.system(), model.id)  # type: ignore[arg-type]

        return self.database.write_now(act)

    def run(self, work: Work, **more: object) -> None:
        async def whole() -> None:
            async with double() as (server, address):
                self.address = address
                upstreams = {"one": Upstream(address), "nowhere": Upstream("http://127.0.0.1:9/v1")}
                settings = Settings(upstreams=upstreams, **more)  # type: ignore[arg-type]
                pool = Pool(self.blobs, settings)
                gateway = Gateway(self.database, pool, settings, process_name())
                await work(gateway, server)
                await gateway.close()

        asyncio.run(whole())
        assert self.until(lambda snapshot: settling.list_open_requests(snapshot) == [])
        assert self.breaches() == []

    def until(self, true: Callable[[Snapshot], bool]) -> bool:
        return eventually(lambda: self.database.read_now(true))

    def breaches(self) -> list[str]:
        found = [self.database.read_now(proof.check) for proof in (*cloud.PROOFS, *ledger.PROOFS)]
        return [breach for finding in found for breach in finding.breaches]

    @property
    def spent(self) -> int:
        return (
            10**9 - self.database.read_now(lambda s: ledger.balance_of(s, accounts.compute("org_chen", UNIT))).balance
        )


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path)


def call(request: str = "req_1", model: str = "first") -> Call:
    return Call(request, CHEN, model)


async def read(gateway: Gateway, wish: Call, work: Generation = HELLO) -> tuple[str, Bill]:
    text, bill = "", None
    async for piece in gateway.generate(wish, work):
        if isinstance(piece, Bill):
            bill = piece
        else:
            text += piece.text
    assert bill is not None
    return text, bill


async def wait_for(true: Callable[[], bool]) -> None:
    """Wait until it is true, while the loop goes on."""
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)


def test_a_call_is_settled_before_its_last_piece(house: House) -> None:
    async def work(gateway: Gateway, _: Double) -> None:
        pieces = [piece async for piece in gateway.generate(call(), HELLO)]
        bill, last = pieces[-2], pieces[-1]
        assert isinstance(bill, Bill)
        assert isinstance(last, Piece)
        assert last.finish == "stop"
        assert (bill.price, bill.outcome) == (5 + 2 + 60, "exact")
        assert bill.quantities == {"input_tokens": 5, "cached_input_tokens": 4, "output_tokens": 6}
        assert house.spent == bill.price

    house.run(work)
    maker = house.database.read_now(lambda s: ledger.balance_of(s, accounts.maker("org_maker", UNIT)))
    assert maker.balance == 2 + 1 + 30, "half of each row, rounded half to even"


def test_what_a_name_means_is_looked_at_again_as_each_call_is_let_in(house: House) -> None:
    """A model is known from memory for a moment; what other processes made of it meanwhile holds at once."""

    async def work(gateway: Gateway, server: Double) -> None:
        await read(gateway, call("req_1"))
        newer = house.put("first", "one/newer")
        await read(gateway, call("req_2"))
        await read(gateway, call("req_3", "first@1"))
        house.database.write_now(lambda tx: publishing.withdraw_model(tx, Scope.system(), newer.id))
        await read(gateway, call("req_4"))
        assert [each["model"] for each in server.asked] == ["first", "newer", "first", "first"]
        await read(gateway, call("req_5", "second"))
        second = house.database.read_now(lambda s: registry.find_live(s, "second"))
        assert second is not None
        house.database.write_now(lambda tx: publishing.withdraw_model(tx, Scope.system(), second.id))
        with pytest.raises(NotFound, match="no model"):
            await read(gateway, call("req_6", "second"))

    house.run(work)


@pytest.mark.parametrize("schema", [None, {"type": "object"}], ids=["as it comes", "held back"])
def test_a_caller_who_leaves_pays_for_what_was_written_and_the_engine_stops(
    house: House, schema: dict[str, str] | None
) -> None:
    asked = msgspec.structs.replace(HELLO, schema=schema)

    async def work(gateway: Gateway, server: Double) -> None:
        server.pace_s = 0.05
        async with aclosing(gateway.generate(call(), asked)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                assert isinstance(piece, Piece)
                if piece.count.output_tokens == 2:
                    break
        await asyncio.wait_for(server.left.wait(), WAIT_S)

    house.run(work)
    assert house.spent == 20, "two tokens written; how many were read nobody had counted"
    row = house.database.read_now(lambda s: cloud.list_usage(s, Scope.system(), 0))
    assert [(each.quantity, each.usage_class) for each in row] == [(2, "checkpointed")]


def test_a_caller_who_is_cancelled_while_it_waits_pays_nothing(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.fault = "mute"
        task = asyncio.ensure_future(read(gateway, call()))
        await wait_for(lambda: bool(server.asked))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    house.run(work)
    assert house.spent == 0


def test_an_engine_that_dies_in_the_middle_is_paid_for_what_it_wrote(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.fault = "dies"
        with pytest.raises(Unavailable, match="broke off"):
            await read(gateway, call())

    house.run(work)
    assert house.spent == 20


@pytest.mark.parametrize("unseen", ["whole", "held back"])
def test_an_engine_that_dies_before_anybody_saw_its_answer_is_paid_nothing_and_the_next_steps_in(
    house: House, unseen: str
) -> None:
    wish = msgspec.structs.replace(call(model="both"), whole=unseen == "whole")
    asked = msgspec.structs.replace(HELLO, schema={"type": "object"} if unseen == "held back" else None)

    async def work(gateway: Gateway, server: Double) -> None:
        server.fault = "dies"
        with pytest.raises(Unavailable, match="broke off"):
            await read(gateway, wish, asked)
        assert len(server.asked) == 2

    house.run(work, routes={"both": {"first": 1.0, "second": 1.0}})
    assert house.spent == 0


@pytest.mark.parametrize("fault", ["busy", "broken"])
def test_an_engine_that_fails_at_once_costs_nothing(house: House, fault: str) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.fault = fault
        with pytest.raises(Unavailable):
            await read(gateway, call())

    house.run(work)
    assert house.spent == 0


def test_the_next_model_of_a_route_steps_in_and_only_it_is_billed(house: House) -> None:
    async def work(gateway: Gateway, _: Double) -> None:
        text, bill = await read(gateway, call(model="either"))
        assert (text, bill.model) == ("One word after the other.", "second")
        assert house.spent == bill.price

    house.run(work, routes={"either": {"gone": 1_000_000.0, "second": 0.000001}})
    rows = house.database.read_now(lambda s: cloud.list_usage(s, Scope.system(), 0))
    assert {row.attempt for row in rows} == {2}


def test_shares_of_a_route_are_kept(house: House) -> None:
    async def work(gateway: Gateway, _: Double) -> None:
        bills = [(await read(gateway, call(f"req_{number}", "either")))[1].model for number in range(60)]
        assert 30 <= bills.count("first") <= 58

    house.run(work, routes={"either": {"first": 3.0, "second": 1.0}})


def test_what_the_engine_refuses_is_the_callers_and_costs_nothing(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.fault = "refuse"
        with pytest.raises(Invalid, match="no such thing"):
            await read(gateway, call())
        with pytest.raises(NotFound, match="GET /v1/models"):
            await read(gateway, call("req_2", "unknown"))

    house.run(work)
    assert house.spent == 0


def test_vectors_and_scores_are_metered(house: House) -> None:
    async def work(gateway: Gateway, _: Double) -> None:
        embedded, bill = await gateway.embed(call(), ["a", "bb"])
        assert embedded.vectors.shape == (2, 3)
        assert (bill.price, bill.quantities) == (12, {"embedding_tokens": 6})
        ranked, bill = await gateway.rerank(call("req_2"), "a", ["aaa aaa", "b bbb bbb"])
        assert ranked.scores == (6.0, 0.0)
        assert bill.quantities == {"rerank_tokens": 10}

    house.run(work)


def test_a_busy_model_tells_an_honest_wait(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.fault = "mute"
        await gateway._find(call(), "first")  # so that all of them come before the first of them waits
        waiting = [asyncio.ensure_future(read(gateway, call(f"req_{n}"), LONG)) for n in range(130)]
        await wait_for(lambda: len(house.database.read_now(settling.list_open_requests)) == 130)
        await wait_for(lambda: len(server.asked) == 64)
        with pytest.raises(TooMany, match="would wait about") as refusal:
            await read(gateway, call("req_more"), LONG)
        assert (refusal.value.retry_after_s or 0) > 1
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    LONG = Generation(900, messages=HELLO.messages)  # noqa: N806
    house.run(work, wait_s_max=1, tokens_per_minute=10_000_000)
    assert house.spent == 0


def test_a_gated_licence_is_agreed_to_first(house: House) -> None:
    model = house.put("gated", "one/first", gated=True)

    async def work(gateway: Gateway, _: Double) -> None:
        with pytest.raises(NotAllowed, match="agree to it first"):
            await read(gateway, call(model="gated"))
        await house.database.write(lambda tx: publishing.agree_to_licence(tx, CHEN, model.id))
        assert (await read(gateway, call("req_2", "gated")))[1].price > 0

    house.run(work)


def test_the_newest_live_version_answers_and_an_older_one_by_its_number(house: House) -> None:
    newer = house.put("first", "one/newer")

    async def work(gateway: Gateway, server: Double) -> None:
        await read(gateway, call())
        await read(gateway, call("req_2", "first@1"))
        assert [body["model"] for body in server.asked] == ["newer", "first"]
        await house.database.write(lambda tx: publishing.withdraw_model(tx, MAKER, newer.id))
        await read(gateway, call("req_3"))
        assert server.asked[-1]["model"] == "first"

    house.run(work)


def test_a_base_model_is_refused_for_conversations(house: House) -> None:
    draft = registry.ModelDraft("base", "chat", "upstream", registry.Licence("MIT"), upstream="one/base")
    with pytest.raises(Invalid, match="completion model"):
        house.database.write_now(
            lambda tx: registry.add_model(tx, MAKER, draft, Capabilities(context=10, completion=True))
        )
