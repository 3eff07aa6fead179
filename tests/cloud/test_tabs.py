"""Tabs: calls let in from memory are counted, bounded and billed to the unit, whatever fails while one is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from random import Random
from typing import Any, NamedTuple

import psycopg
import pytest

from entrepot import cloud, ledger
from entrepot.cloud import accounts, budgets, customers, grants, pricing, receipts, registry, settling, tabs
from entrepot.cloud.admission import Admitted, LetInBefore, OutOfCredit, OverBudget
from entrepot.cloud.capabilities import Capabilities
from entrepot.cloud.engines.desk import Desk
from entrepot.cloud.reconciling import Silence, reconcile
from entrepot.cloud.settling import Ending, Settled
from entrepot.cloud.tab_rows import Tab, list_open_tabs
from entrepot.identity import Scope
from entrepot.kernel import DAY, Database, ManualClock, Prepared, TooMany, Unavailable, process_name
from entrepot.kernel.sql import prepare_text
from tests.cloud import money
from tests.cloud.test_admission import CHEN, FAST, INPUT, OUTPUT, UNIT, ask, breaches, budget, credit, sell
from tests.waiting import WAIT_S

HERE = process_name()
MOST = 10 * INPUT + 100 * OUTPUT
USED = {"input_tokens": 10, "output_tokens": 7}
PRICE = 10 * INPUT + 7 * OUTPUT
LONG = 10 * WAIT_S
Act = Callable[[Desk], Awaitable[None]]


class Row(NamedTuple):
    """A call as it is stored."""

    id: str
    state: str
    price: int


class Faulty:
    """A database whose commands fail now and then: before they are run, or after their commit, so that nobody hears of
    it."""

    def __init__(self, database: Database, random: Random | None = None) -> None:
        self._database = database
        self._random = random
        self.fails_next: list[str] = []
        self.rounds = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def submit(self, command: Callable[[Any], Any], *more: Any) -> Future[Any]:
        self.rounds += 1
        how = self.fails_next.pop(0) if self.fails_next else ""
        if self._random is not None and self._random.random() < 0.3:
            how = self._random.choice(["before", "after"])
        failed: Future[Any] = Future()
        failed.set_exception(Unavailable("The database does not answer"))
        if how == "before":
            return failed
        done = self._database.submit(command, *more)
        if how == "after":
            done.exception()
            return failed
        return done


def at_desk(database: Database | Faulty, act: Act, tab_s: float = LONG, limits: customers.Limits = FAST) -> None:
    async def whole() -> None:
        desk = Desk(database, UNIT, HERE, limits, tab_s)  # type: ignore[arg-type]
        await act(desk)
        await desk.close()

    asyncio.run(whole())


async def settle(desk: Desk, admitted: Admitted, used: dict[str, int] | None = USED, **more: Any) -> Settled:
    ending = Ending(admitted.request, admitted.attempt, used, book=admitted.book, budgets=admitted.budgets, **more)
    return await desk.settle("org_chen", ending)


async def use(desk: Desk, *numbers: int, **more: Any) -> None:
    """Calls that are let in and settled, one after the other."""
    for number in numbers:
        settled = await settle(desk, await desk.admit(ask(f"req_{number:03}", **more)))
        assert settled.price == PRICE


def end_tabs(desk: Desk) -> None:
    """The time of its tabs is over."""
    for tab in desk._rounds.tabs.all():
        desk._rounds._end_tab(tab)


def open_tabs(database: Database) -> list[Tab]:
    return database.read_now(list_open_tabs)


def rows(database: Database) -> list[Row]:
    return database.read_now(lambda s: s.all(_ROWS))


def test_calls_that_follow_each_other_take_one_commit_each_and_are_captured_together(database: Database) -> None:
    sell(database)
    counted = Faulty(database)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2)
        assert counted.rounds == 4, "a call by itself is let in, and settled"
        await use(desk, *range(3, 13))
        assert counted.rounds == 14, "one that follows is only settled"
        [tab] = open_tabs(database)
        assert (tab.spent, tab.charged) == (10 * PRICE, None)
        assert credit(database).balance == 10**9 - 2 * PRICE, "the ledger waits for the tab's end"
        assert breaches(database) == []

    at_desk(counted, act)  # type: ignore[arg-type]
    assert open_tabs(database) == []
    assert credit(database) == ledger.Balance(10**9 - 12 * PRICE, 0, 0)
    assert [(row.state, row.price) for row in rows(database)] == [("settled", PRICE)] * 12
    assert breaches(database) == []


def test_what_is_spent_on_a_tab_is_told_at_once(database: Database) -> None:
    sell(database)
    budget(database, 10**8)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2, 3, 4)
        told = database.read_now(lambda s: cloud.read_credit(s, CHEN, UNIT))
        assert (told.left, told.held) == (10**9 - 4 * PRICE, 0)
        stands = database.read_now(lambda s: cloud.read_standing(s, CHEN, "USD"))
        assert (stands.left, stands.held, stands.unbilled) == (10**9 - 4 * PRICE, 0, 4 * PRICE)
        [state] = database.read_now(lambda s: budgets.list_budgets(s, CHEN))
        assert (state.spent, state.held, state.left) == (4 * PRICE, 0, 10**8 - 4 * PRICE)
        assert len(open_tabs(database)) == 1

    at_desk(database, act)
    [state] = database.read_now(lambda s: budgets.list_budgets(s, CHEN))
    assert (state.spent, state.held) == (4 * PRICE, 0)
    assert breaches(database) == []


def test_near_a_limit_no_tab_is_opened(database: Database) -> None:
    sell(database, credit=tabs.PART * tabs.CALLS_LEAST * MOST)

    async def act(desk: Desk) -> None:
        await use(desk, *range(1, 6))
        assert open_tabs(database) == []

    at_desk(database, act)


@pytest.mark.parametrize(("credited", "limits"), [(100 * MOST, FAST), (10**9, customers.Limits(100, 10**9))])
def test_a_tab_takes_a_small_part_of_what_is_left(
    database: Database, credited: int, limits: customers.Limits
) -> None:  # fmt: skip
    sell(database, credit=credited)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2)
        [tab] = open_tabs(database)
        assert tab.amount <= (credited - PRICE) // tabs.PART
        admitted = [await desk.admit(ask(f"req_1{number:02}")) for number in range(98)]
        assert len(admitted) == 98, "nobody is refused what fits, though the tab was full after some"
        more = [await asyncio.gather(desk.admit(ask(f"req_2{n:02}")), return_exceptions=True) for n in range(5)]
        assert isinstance(more[-1][0], OutOfCredit | TooMany)
        for each in [*admitted, *(one for (one,) in more if isinstance(one, Admitted))]:
            await settle(desk, each)

    at_desk(database, act, limits=limits)
    assert breaches(database) == []


def test_a_large_call_gets_what_a_tab_had_set_aside(database: Database) -> None:
    sell(database, credit=100 * MOST)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2, 3)
        assert len(open_tabs(database)) == 1
        large = (100 * MOST - 3 * PRICE - 10 * INPUT) // OUTPUT
        admitted = await desk.admit(ask("req_large", large))
        assert admitted.held > 100 * MOST - 3 * PRICE - OUTPUT
        assert open_tabs(database) == []
        with pytest.raises(OutOfCredit):
            await desk.admit(ask("req_more"))
        await settle(desk, admitted)

    at_desk(database, act)
    assert breaches(database) == []


def test_nobody_is_refused_what_another_processs_tab_gives_back(database: Database) -> None:
    sell(database, credit=100 * MOST)

    async def act(desk: Desk) -> None:
        other = Desk(database, UNIT, "elsewhere/1/a", FAST, LONG)
        await use(other, 1, 2, 3)
        assert len(open_tabs(database)) == 1
        asyncio.get_running_loop().call_later(0.3, end_tabs, other)
        large = (100 * MOST - 3 * PRICE - 10 * INPUT) // OUTPUT
        await settle(desk, await desk.admit(ask("req_large", large)))
        await other.close()

    at_desk(database, act)
    assert breaches(database) == []


@pytest.mark.parametrize("change", ["budget", "cut", "price", "key"])
def test_what_has_changed_decides_on_the_next_call_though_a_tab_is_open(database: Database, change: str) -> None:
    sell(database)
    mine = budget(database, 10**8)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2, 3)
        assert len(open_tabs(database)) == 1
        if change == "price":
            dear = {"input_tokens": 10**9, "output_tokens": 10**9}
            database.write_now(lambda tx: pricing.add_price_book(tx, "m", dear))
            assert (await settle(desk, await desk.admit(ask("req_004")))).price == 17 * 1_000
            return
        if change == "budget":
            budget(database, MOST - 1)
        if change == "cut":
            database.write_now(lambda tx: budgets.change_budget(tx, CHEN, mine.id, 3 * PRICE))
        with pytest.raises(OverBudget if change != "key" else Exception, match=r"budget|key"):
            await desk.admit(ask("req_004", key_id="key_1", checks_key=change == "key"))

    at_desk(database, act)
    assert breaches(database) == []


def test_a_call_that_outlasts_its_tab_goes_on_with_holds_of_its_own(database: Database) -> None:
    sell(database)
    budget(database, 10**8)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2)
        long = [await desk.admit(ask(f"req_1{number}")) for number in range(3)]
        await wait_until(lambda: open_tabs(database) == [])
        assert credit(database) == ledger.Balance(10**9 - 2 * PRICE, 3 * MOST, 0)
        assert [row.id for row in database.read_now(settling.list_open_requests)] == ["req_10", "req_11", "req_12"]
        assert breaches(database) == []
        await settle(desk, long[0])
        assert (await settle(desk, long[1], None)).outcome == "void"
        desk.leave("org_chen", Ending("req_12", 1, USED, book=long[2].book, budgets=long[2].budgets))

    at_desk(database, act, tab_s=0.2)
    assert credit(database) == ledger.Balance(10**9 - 4 * PRICE, 0, 0)
    assert breaches(database) == []


def test_a_call_on_a_tab_that_comes_to_nothing_costs_nothing_and_is_on_record(database: Database) -> None:
    sell(database)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2)
        admitted = await desk.admit(ask("req_003"))
        desk.leave("org_chen", Ending(admitted.request, 1, None))
        await desk.close()
        assert [(row.id, row.state, row.price) for row in rows(database)][-1] == ("req_003", "void", 0)

    at_desk(database, act)
    assert (credit(database).balance, breaches(database)) == (10**9 - 2 * PRICE, [])


def test_what_a_dead_process_left_on_a_tab_is_captured_and_the_rest_given_back(database: Database) -> None:
    sell(database)
    budget(database, 10**8)

    async def act() -> None:
        desk = Desk(database, UNIT, process_name(), FAST, LONG)  # whose process is gone, and which is never closed
        await use(desk, 1, 2, 3, 4)
        await desk.admit(ask("req_005"))
        assert len(open_tabs(database)) == 1

    asyncio.run(act())
    reconcile(database, UNIT, HERE)
    assert open_tabs(database) == []
    assert credit(database) == ledger.Balance(10**9 - 4 * PRICE, 0, 0)
    assert breaches(database) == []
    reconcile(database, UNIT, HERE)
    assert credit(database) == ledger.Balance(10**9 - 4 * PRICE, 0, 0)


def test_a_tab_of_our_own_that_nobody_knows_of_is_closed_in_time(database: Database) -> None:
    """Its opening was committed, and nobody heard of it."""
    sell(database)
    faulty = Faulty(database)

    async def act(desk: Desk) -> None:
        await use(desk, 1)
        faulty.fails_next = ["after"]
        with pytest.raises(Unavailable):
            await desk.admit(ask("req_002"))
        assert len(open_tabs(database)) == 1
        now = 0.0
        silence = Silence(lambda: now)
        for now in (0.0, 60.0, 119.0):  # noqa: B007
            reconcile(database, UNIT, HERE, desk.is_under_way, silence)
        assert len(open_tabs(database)) == 1
        now = 121.0
        reconcile(database, UNIT, HERE, desk.is_under_way, silence)
        assert open_tabs(database) == []

    at_desk(faulty, act)
    assert breaches(database) == []


def test_a_tab_that_is_in_use_is_never_taken_for_a_forgotten_one(database: Database) -> None:
    sell(database)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2)
        now = 0.0
        silence = Silence(lambda: now)
        for now in (0.0, 10_000.0):  # noqa: B007
            reconcile(database, UNIT, HERE, desk.is_under_way, silence)
        assert len(open_tabs(database)) == 1

    at_desk(database, act)


@pytest.mark.parametrize("how", ["before", "after"])
def test_settling_that_failed_or_was_not_heard_of_bills_once(database: Database, how: str) -> None:
    sell(database)
    faulty = Faulty(database)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2)
        admitted = await desk.admit(ask("req_003"))
        faulty.fails_next = [how]
        with pytest.raises(Unavailable):
            await settle(desk, admitted)
        again = await settle(desk, admitted, None)
        assert (again.outcome, again.price) == (("exact", PRICE) if how == "after" else ("void", 0))

    at_desk(faulty, act)
    spent = (3 if how == "after" else 2) * PRICE
    assert (credit(database), breaches(database)) == (ledger.Balance(10**9 - spent, 0, 0), [])


@pytest.mark.parametrize("how", ["before", "after"])
def test_closing_that_failed_or_was_not_heard_of_closes_once(database: Database, how: str) -> None:
    sell(database)
    faulty = Faulty(database)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2, 3)
        admitted = await desk.admit(ask("req_004"))
        faulty.fails_next = [how]
        end_tabs(desk)
        await wait_until(lambda: faulty.fails_next == [])
        assert len(open_tabs(database)) == (how == "before")
        await settle(desk, admitted)

    at_desk(faulty, act)
    assert (credit(database), breaches(database)) == (ledger.Balance(10**9 - 4 * PRICE, 0, 0), [])


def test_nothing_is_put_on_a_tab_that_was_closed(database: Database) -> None:
    sell(database)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2)
        admitted = await desk.admit(ask("req_003"))
        [tab] = open_tabs(database)
        database.write_now(lambda tx: tabs.close_left(tx, tab))
        with pytest.raises(Exception, match=r"charged|CHECK|check") as problem:
            await settle(desk, admitted)
        assert not isinstance(problem.value, psycopg.OperationalError)

    asyncio.run(asyncio.wait_for(_alone(database, act), WAIT_S))
    assert (credit(database), breaches(database)) == (ledger.Balance(10**9 - 2 * PRICE, 0, 0), [])


def test_a_call_that_may_be_taken_over_has_a_row_from_the_start(database: Database) -> None:
    sell(database)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2, 3, alone=True)
        assert open_tabs(database) == []
        await use(desk, 4, 5, 6)
        assert len(open_tabs(database)) == 1
        admitted = await desk.admit(ask("req_007", alone=True))
        assert [row.id for row in database.read_now(settling.list_open_requests)] == ["req_007"]
        await settle(desk, admitted)

    at_desk(database, act)
    assert breaches(database) == []


def test_a_request_is_answered_by_one_process_only(database: Database) -> None:
    """Two processes that let the same request in, each on a tab of its own: the second is told, and bills nothing."""
    sell(database)

    async def act(desk: Desk) -> None:
        other = Desk(database, UNIT, "elsewhere/1/a", FAST, LONG)
        await use(desk, 1, 2)
        await use(other, 11, 12)
        first, second = await desk.admit(ask("req_same")), await other.admit(ask("req_same"))
        await settle(desk, first)
        for _ in range(2):
            with pytest.raises(LetInBefore):
                await settle(other, second)
        await other.close()

    at_desk(database, act)
    assert (credit(database).balance, breaches(database)) == (10**9 - 5 * PRICE, [])


def test_makers_get_their_share_as_a_tab_is_closed(database: Database) -> None:
    sell(database, maker_bps=5_000)
    draft = registry.ModelDraft("m", "chat", "upstream", registry.Licence("MIT"), upstream="one/first")
    maker_scope = Scope("usr_maker", "org_maker", frozenset({"developer"}))
    database.write_now(lambda tx: registry.add_model(tx, maker_scope, draft, Capabilities(context=1_000, chat=True)))

    async def act(desk: Desk) -> None:
        for number in range(5):
            admitted = await desk.admit(ask(f"req_{number}"))
            await settle(desk, admitted, maker="org_maker")
        assert len(open_tabs(database)) == 1
        assert breaches(database) == [], "what waits on the tab is counted"

    at_desk(database, act)
    maker = database.read_now(lambda s: ledger.balance_of(s, accounts.maker("org_maker", UNIT)))
    assert (maker.balance, breaches(database)) == (5 * (PRICE // 2), [])


def test_an_invoice_and_the_end_of_a_grant_come_while_a_tab_is_open(database: Database) -> None:
    money.sell(database)
    money.line(database, 10**9)
    clock = database.clock
    assert isinstance(clock, ManualClock)
    until = clock.now() + DAY
    database.write_now(
        lambda tx: receipts.grant_credit(tx, Scope.system(), "org_chen", UNIT, 10**9, "gift", FAST, expires_at=until)
    )

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2, 3, 4)
        [tab] = open_tabs(database)
        issued = money.invoice(database)
        assert (issued.usage_nano, issued.granted_nano) == (4 * PRICE, 4 * PRICE)
        assert money.standing(database).unbilled == 0
        assert money.breaches(database) == []
        clock.advance(2 * DAY)
        grants.grant_round(database, money.SETTINGS)
        assert money.standing(database).left == 2 * 10**9 - 4 * PRICE, "what a tab holds may still be used"
        assert open_tabs(database) == [tab]

    at_desk(database, act)
    grants.grant_round(database, money.SETTINGS)
    assert money.standing(database).left == 10**9
    assert money.breaches(database) == []


def test_two_hundred_at_once_for_fifty_with_tabs_before_them(database: Database) -> None:
    """The tab of the calls before takes nothing from those who still fit, and lets nobody in who does not."""
    sell(database)
    bound = budget(database, 70 * MOST)

    async def act(desk: Desk) -> None:
        await use(desk, 1, 2, 3)
        database.write_now(lambda tx: budgets.change_budget(tx, CHEN, bound.id, 3 * PRICE + 50 * MOST))
        wishes = [desk.admit(ask(f"req_1{number:03}")) for number in range(200)]
        found = await asyncio.gather(*wishes, return_exceptions=True)
        admitted = [each for each in found if isinstance(each, Admitted)]
        assert len(admitted) == 50
        assert sum(isinstance(each, OverBudget) for each in found) == 150
        await asyncio.gather(*(settle(desk, each, {"input_tokens": 10, "output_tokens": 100}) for each in admitted))

    at_desk(database, act)
    [state] = database.read_now(lambda s: budgets.list_budgets(s, CHEN))
    assert (state.spent, state.left, breaches(database)) == (3 * PRICE + 50 * MOST, 0, [])


@pytest.mark.parametrize("seed", range(6))
def test_whatever_fails_every_call_ends_once_and_is_paid_once(database: Database, seed: int) -> None:
    """Callers at once, of several sizes, while every third round fails before or after its commit."""
    random = Random(seed)
    sell(database, credit=300 * MOST)
    budget(database, 250 * MOST)
    faulty = Faulty(database, Random(seed + 100))
    answered: dict[str, int] = {}

    async def caller(desk: Desk, number: int) -> None:
        for turn in range(12):
            request = f"req_{number}_{turn:02}"
            try:
                admitted = await desk.admit(ask(request, random.choice([20, 100, 300])))
            except (Unavailable, OutOfCredit, OverBudget, LetInBefore):  # the last: and nobody heard of it
                continue
            await asyncio.sleep(random.choice([0, 0, 0.01, 0.1]))
            used = {"input_tokens": random.randint(1, 10), "output_tokens": random.randint(1, 20)}
            try:
                answered[request] = (await settle(desk, admitted, used)).price
            except Unavailable:
                desk.leave("org_chen", Ending(request, 1, None, book=admitted.book, budgets=admitted.budgets))

    async def act(desk: Desk) -> None:
        await asyncio.gather(*(caller(desk, number) for number in range(6)))
        faulty._random = None
        await wait_until(lambda: desk.owed == 0)

    at_desk(faulty, act, tab_s=0.1)
    now = 0.0
    silence = Silence(lambda: now)
    for now in (0.0, 1_000.0):  # noqa: B007
        reconcile(database, UNIT, HERE, lambda request, attempt: False, silence)
    found = {row.id: row for row in rows(database)}
    assert all(found[request].price == price for request, price in answered.items()), "an answer has its bill"
    assert credit(database) == ledger.Balance(300 * MOST - sum(row.price for row in found.values()), 0, 0)
    assert open_tabs(database) == []
    assert breaches(database) == []


async def _alone(database: Database, act: Act) -> None:
    """At a desk that is not closed: its tab is gone, and what it owes cannot be settled."""
    await act(Desk(database, UNIT, HERE, FAST, LONG))


async def wait_until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)


_ROWS: Prepared[Row] = prepare_text("SELECT id, state, price FROM cloud_requests ORDER BY id", Row)
