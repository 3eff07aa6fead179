"""Whatever goes wrong with a call, every hold ends, nobody is billed twice, and whoever has an answer has its bill."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import aclosing, closing, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from entrepot.cloud import admission, budgets, customers, reconciling, settling
from entrepot.cloud.admission import Admitted, Ask, OverBudget
from entrepot.cloud.engines import routing
from entrepot.cloud.engines.base import Piece
from entrepot.cloud.engines.desk import Desk
from entrepot.cloud.engines.gateway import Bill, Call, Gateway
from entrepot.cloud.engines.pool import Pool
from entrepot.cloud.replay import replay
from entrepot.cloud.rounds import Held
from entrepot.cloud.testing import STRANGE
from entrepot.cloud.types import Settings, Upstream
from entrepot.kernel import (
    DAY,
    HOUR,
    Database,
    ManualClock,
    Prepared,
    Refused,
    Unavailable,
    is_dead,
    prepare_text,
    process_name,
)  # fmt: skip
from entrepot.kernel.testing import open_existing
from tests.cloud.test_gateway import CHEN, HELLO, House, call, house, read, wait_for
from tests.cloud.wires import Double
from tests.waiting import WAIT_S

__all__ = ["house"]
FAST = customers.Limits(1_000_000, 1_000_000_000)
FULL = Unavailable("The disk is full: free some space")
AFTER_TWO = ("dies", "garbage", "error-event", "short", *(f"strange-{n}" for n in range(8)))
"""Faults that come after two words."""


class Ended(NamedTuple):
    """A row of a request."""

    id: str
    attempt: int
    outcome: str | None
    price: int


def outcomes(house: House) -> dict[str, tuple[str | None, int]]:
    """How each request ended, and what it cost, by its id and attempt."""
    rows = house.database.read_now(lambda s: s.all(_ENDED))
    return {f"{row.id}/{row.attempt}": (row.outcome, row.price) for row in rows}


@pytest.fixture
def fresh_house(postgres_url: str, tmp_path: Path) -> Iterator[tuple[House, House]]:
    """One PostgreSQL, opened by two processes' worth of connections."""
    with closing(open_existing(postgres_url)) as one:
        here = House(one, tmp_path)
        with closing(open_existing(postgres_url)) as two:
            yield here, here.beside(two)


def opened(house: House) -> int:
    return len(house.database.read_now(settling.list_open_requests))


@contextmanager
def outage(database: Database) -> Iterator[None]:
    """While it lasts, every command fails, as on a full disk."""
    submit = database.submit

    def fail(*_: object) -> Future[Any]:
        answer: Future[Any] = Future()
        answer.set_exception(FULL)
        return answer

    database.submit = fail  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        database.submit = submit  # type: ignore[method-assign]


# --- engines that fail


def test_an_answer_that_breaks_off_is_billed_for_what_came(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        for fault in AFTER_TWO:
            server.fault = fault
            with pytest.raises(Unavailable, match="could not answer"):
                await read(gateway, call(f"req_{fault}"))

    house.run(work)
    assert outcomes(house) == {f"req_{fault}/1": ("checkpointed", 20) for fault in AFTER_TWO}
    assert house.spent == 20 * len(AFTER_TWO)


def test_an_engine_that_brings_nothing_costs_nothing(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        for fault in ("noise", "busy", "broken"):
            server.fault = fault
            with pytest.raises(Unavailable):
                await read(gateway, call(f"req_{fault}"))
            with pytest.raises(Unavailable):
                await gateway.embed(call(f"req_v_{fault}"), ["a"])

    house.run(work)
    assert set(outcomes(house).values()) == {("void", 0)}


def test_what_an_engine_tells_never_bills_more_than_was_held(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        for fault in ("twice", "too-much", "no-usage", *(f"strange-{n}" for n in range(8, len(STRANGE)))):
            server.fault = fault
            _, bill = await read(gateway, call(f"req_{fault}"))
            assert bill.outcome == "exact"
            assert bill.quantities["output_tokens"] == 6, "the engine's own count, within what was asked for"

    house.run(work)


def test_an_engine_that_hangs_is_left_in_the_end(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.fault = "hangs"
        with pytest.raises(Unavailable, match="said nothing"):
            await read(gateway, call())
        await asyncio.wait_for(server.left.wait(), WAIT_S)

    house.run(work, silence_s=1)
    assert outcomes(house) == {"req_1/1": ("checkpointed", 20)}


def test_vectors_that_are_none_cost_nothing_and_the_next_model_steps_in(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.fault = "broken"
        with pytest.raises(Unavailable):
            await gateway.embed(call(), ["a"])
        server.fault = ""
        _, bill = await gateway.embed(call("req_2", "either"), ["a"])
        assert bill.model == "second"

    house.run(work, routes={"either": {"missing": 1_000_000.0, "gone": 0.001, "second": 0.0}})
    assert {key: outcome for key, (outcome, _) in outcomes(house).items()} == {
        "req_1/1": "void", "req_2/2": "void", "req_2/3": "exact",
    }  # fmt: skip


def test_a_model_that_does_not_fit_lets_the_next_of_its_route_step_in(house: House) -> None:
    house.put("homeless", "unknown/x")

    async def work(gateway: Gateway, _: Double) -> None:
        for number in range(3):
            assert (await read(gateway, call(f"req_{number}", "either")))[1].model == "second"
            assert (await gateway.embed(call(f"req_v{number}", "either"), ["a"]))[1].model == "second"

    house.run(work, routes={"either": {"homeless": 1_000.0, "second": 1.0}})


def test_a_model_that_failed_goes_last_for_a_while_and_others_take_its_calls_by_their_shares(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "REST_S_FIRST", 10 * WAIT_S)
    monkeypatch.setattr(routing, "REST_S_MAX", 10 * WAIT_S)
    house.put("third", "one/third")

    async def work(gateway: Gateway, _: Double) -> None:
        models = [(await read(gateway, call(f"req_{n}", "any")))[1].model for n in range(40)]
        assert set(models) == {"second", "third"}
        assert models.count("second") > models.count("third")

    house.run(work, routes={"any": {"gone": 1_000.0, "second": 3.0, "third": 1.0}})
    tried = Counter(key.rpartition("/")[2] for key in outcomes(house))
    assert tried["2"] == 1, "not every call pays for the one that is gone"


# --- callers who leave


def test_an_answer_that_nobody_takes_any_more_is_given_back() -> None:
    """Let in, and gone before the turn of the loop in which it would have been told."""
    admitted = Admitted("req_1", 1, 10, None)  # type: ignore[arg-type]
    held = [Held([admitted], []), Held(settled={("req_1", 1): settling.Settled("req_1", 1, settling.VOID, 0, {})})]

    class Rounds:
        def submit(self, *_: object) -> Future[Held]:
            answer: Future[Held] = Future()
            answer.set_result(held.pop(0))
            return answer

    async def work() -> None:
        desk = Desk(Rounds(), "usd9", "me", FAST)  # type: ignore[arg-type]
        task = asyncio.ensure_future(desk.admit(Ask("req_1", "org_1", "key_1", "first", {"output_tokens": 1})))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the answer has come; the task takes it on its next turn
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await desk.close()
        assert held == [], "it was voided"
        assert not desk.is_under_way("req_1", 1)

    asyncio.run(work())


def test_a_caller_who_leaves_while_it_is_let_in_leaves_no_hold_behind(house: House) -> None:
    async def work(gateway: Gateway, _: Double) -> None:
        for number in range(20):
            task = asyncio.ensure_future(read(gateway, call(f"req_{number}")))
            while not gateway.is_under_way(f"req_{number}", 1):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0)
            await asyncio.sleep(0.001 * (number % 4))
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await wait_for(lambda: not any(gateway.is_under_way(f"req_{number}", 1) for number in range(20)))
        assert opened(house) == 0

    house.run(work)
    ended = outcomes(house)
    assert "void" in {outcome for outcome, _ in ended.values()}
    assert house.spent == sum(price for _, price in ended.values())


def test_callers_who_vanish_at_any_moment_pay_for_what_came(house: House) -> None:
    chance = Random(5)

    async def one(gateway: Gateway, number: int) -> int:
        """Read some pieces and go; returns how many tokens came."""
        came = 0
        async with aclosing(gateway.generate(call(f"req_{number}"), HELLO)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, Piece) and came >= chance.randrange(8):
                    break
                came = piece.count.output_tokens if isinstance(piece, Piece) else came
        return came

    async def work(gateway: Gateway, server: Double) -> None:
        server.pace_s = 0.01
        await asyncio.gather(*(one(gateway, number) for number in range(40)))

    house.run(work)
    ended = outcomes(house)
    assert len(ended) == 40
    assert {outcome for outcome, _ in ended.values()} <= {"exact", "checkpointed", "void"}
    assert sum(price for _, price in ended.values()) == house.spent


# --- disks that are full


def test_an_answer_that_cannot_be_settled_is_not_given_and_costs_nothing_once_there_is_room(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.pace_s = 0.01
        pieces = gateway.generate(call(), HELLO)
        await anext(pieces)
        with outage(house.database):
            with pytest.raises(Unavailable, match="full"):
                [piece async for piece in pieces]
            await asyncio.sleep(0.3)
            assert opened(house) == 1
            assert gateway.is_under_way("req_1", 1)
        await wait_for(lambda: opened(house) == 0)

    house.run(work)
    assert outcomes(house) == {"req_1/1": ("void", 0)}


def test_a_caller_who_left_while_the_disk_was_full_is_settled_once_there_is_room(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.pace_s = 0.02
        async with aclosing(gateway.generate(call(), HELLO)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, Piece) and piece.count.output_tokens == 3:
                    break
            with outage(house.database):
                await pieces.aclose()  # type: ignore[attr-defined]
                await asyncio.sleep(0.3)
                with pytest.raises(Unavailable, match="full"):
                    await read(gateway, call("req_2"))
        await wait_for(lambda: opened(house) == 0)

    house.run(work)
    assert outcomes(house) == {"req_1/1": ("checkpointed", 30)}


def test_what_is_owed_as_the_gateway_closes_is_settled_then(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        server.pace_s = 0.01
        pieces = gateway.generate(call(), HELLO)
        await anext(pieces)
        with outage(house.database):
            await pieces.aclose()  # type: ignore[attr-defined]
            await asyncio.sleep(0.05)
            assert opened(house) == 1

    house.run(work)
    assert outcomes(house) == {"req_1/1": ("checkpointed", 10)}


def test_one_call_that_cannot_be_settled_holds_up_no_other(house: House) -> None:
    """A round fails as a whole when what is kept with one of its answers cannot be: the others are settled alone."""

    def refuse(*_: object) -> None:
        raise RuntimeError("no place for this answer")

    async def work(gateway: Gateway, server: Double) -> None:
        server.pace_s = 0.01
        wishes = [call(f"req_{n}") for n in range(9)]
        bad = Call("req_4", CHEN, "first", keep=refuse)
        done = await asyncio.gather(
            *(read(gateway, bad if wish is wishes[4] else wish) for wish in wishes), return_exceptions=True
        )
        assert [isinstance(each, BaseException) for each in done] == [n == 4 for n in range(9)]

    house.run(work)
    assert Counter(outcome for outcome, _ in outcomes(house).values()) == {"exact": 8, "void": 1}


# --- clocks that jump


def jump(clock: ManualClock, by: int) -> None:
    """Set a clock, back too, as people and time servers do."""
    clock._now += by


def test_a_clock_that_jumps_neither_locks_out_nor_closes_a_call_nor_bills_twice(house: House) -> None:
    clock = house.database.clock
    assert isinstance(clock, ManualClock)

    async def work(gateway: Gateway, server: Double) -> None:
        server.pace_s = 0.01
        silence = reconciling.Silence(lambda: 0.0)

        def close_left(gateway: Gateway) -> object:
            here = gateway._holder
            return reconciling.reconcile(house.database, "USD9", here, gateway.is_under_way, silence)

        for number, by in enumerate((HOUR, -3 * HOUR, 2 * DAY, -DAY, 10)):
            pieces = gateway.generate(call(f"req_{number}"), HELLO)
            await anext(pieces)
            jump(clock, by)
            assert close_left(gateway) == [], "a live call was closed"
            rest = [piece async for piece in pieces]
            assert [each.price for each in rest if isinstance(each, Bill)] == [67]

    house.run(work, requests_per_minute=2)
    assert house.spent == 5 * 67
    bill = house.database.read_now(lambda s: replay(s, "org_chen", 0, 2**53))
    assert (bill.charged, bill.differences) == (5 * 67, ())


def test_a_call_of_another_machine_is_given_up_by_steady_time_alone(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path)
    there = "elsewhere/77/abc"
    assert not is_dead(there)
    let_in(house, "req_1", there)
    steady = [0.0]
    silence = reconciling.Silence(lambda: steady[0])
    clock = database.clock
    assert isinstance(clock, ManualClock)

    def closed() -> list[str]:
        return [each.request for each in reconciling.reconcile(database, "USD9", process_name(), silence=silence)]

    assert closed() == []
    clock.advance(10 * DAY)
    assert closed() == []
    steady[0] += reconciling.SILENT_S - 1
    database.write_now(lambda tx: settling.say_alive(tx, there))
    assert closed() == []
    steady[0] += reconciling.SILENT_S - 1
    assert closed() == []
    steady[0] += 1
    assert closed() == ["req_1"]
    assert house.breaches() == []


def test_the_reconciler_leaves_our_own_calls_alone_while_somebody_works_at_them(
    database: Database, tmp_path: Path
) -> None:
    house, here, steady = House(database, tmp_path), process_name(), [0.0]
    silence = reconciling.Silence(lambda: steady[0])
    let_in(house, "req_live", here)
    let_in(house, "req_lost", here)

    def closed() -> list[str]:
        ended = reconciling.reconcile(database, "USD9", here, lambda request, _: request == "req_live", silence)
        return [each.request for each in ended]

    assert closed() == [], "it may be about to be told"
    steady[0] += 10 * reconciling.SILENT_S
    assert closed() == ["req_lost"]
    assert [row.id for row in database.read_now(settling.list_open_requests)] == ["req_live"]


def let_in(house: House, request: str, holder: str) -> None:
    ask = Ask(request, "org_chen", "usr_chen", "first", {"input_tokens": 9, "output_tokens": 6})
    house.database.write_now(lambda tx: admission.admit(tx, ask, "USD9", holder, FAST))


# --- many at once


async def open_budget(house: House, gateway: Gateway, calls: int) -> tuple[int, int]:
    """A budget for so many calls of HELLO and not one more; returns its amount, and what was spent before it."""
    await read(gateway, call("req_before"))
    held = house.database.read_now(lambda s: s.value(_HELD))
    amount = calls * held + held - 1
    house.database.write_now(lambda tx: budgets.add_budget(tx, CHEN, "fifty", amount, "total"))
    return amount, house.spent


async def storm(gateways: list[Gateway], server: Double, calls: int, fit: int) -> None:
    """So many calls at once, none of which is settled before all were let in or refused."""
    server.gate.clear()
    refused: list[BaseException] = []
    answered: list[Bill] = []

    async def one(number: int) -> None:
        try:
            answered.append((await read(gateways[number % len(gateways)], call(f"req_{number}")))[1])
        except Refused as refusal:
            refused.append(refusal)

    tasks = [asyncio.ensure_future(one(number)) for number in range(calls)]
    await wait_for(lambda: len(refused) == calls - fit)
    await asyncio.sleep(0.1)
    server.gate.set()
    await asyncio.gather(*tasks)
    assert {type(each) for each in refused} == {OverBudget}
    assert (len(answered), len(refused)) == (fit, calls - fit)


def test_two_hundred_calls_at_once_against_a_budget_for_fifty(house: House) -> None:
    async def work(gateway: Gateway, server: Double) -> None:
        amount, before = await open_budget(house, gateway, 50)
        await storm([gateway], server, 200, 50)
        assert house.spent - before == 50 * 67 <= amount
        state = house.database.read_now(lambda s: budgets.list_budgets(s, CHEN))[0]
        assert (state.spent, state.held) == (50 * 67, 0)
        left = state.left
        while left >= HELD:  # what was given back fits again, to the last call
            await read(gateway, call(f"req_more{left}"))
            left = house.database.read_now(lambda s: budgets.list_budgets(s, CHEN))[0].left
        with pytest.raises(OverBudget):
            await read(gateway, call("req_last"))

    house.run(work)


@pytest.mark.postgres
def test_two_gateways_share_one_budget_to_the_nano_unit(fresh_house: tuple[House, House]) -> None:
    here, there = fresh_house

    async def work(gateway: Gateway, server: Double) -> None:
        settings = Settings(upstreams={"one": Upstream(here.address)})
        other = Gateway(there.database, Pool(there.blobs, settings), settings, "elsewhere/1/other")
        _, before = await open_budget(here, gateway, 50)
        await storm([gateway, other], server, 200, 50)
        assert here.spent - before == 50 * 67
        await other.close()

    here.run(work)


HELD = 27 + 14 + 60
"""What HELLO holds: 27 bytes that are sent, cached or not, and six tokens."""
_ENDED: Prepared[Any] = prepare_text("SELECT id, attempt, outcome, price FROM cloud_requests", Ended)
_HELD: Prepared[Any] = prepare_text("SELECT held FROM cloud_requests WHERE id = 'req_before'")
