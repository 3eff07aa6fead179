"""Admission and settling: what a call holds, what it costs, and that calls at once never pass a bound together."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import cloud, ledger
from entrepot.cloud import accounts, admission, budgets, customers, pricing, rating, rounds, settling
from entrepot.cloud.admission import Ask, OutOfCredit, OverBudget
from entrepot.cloud.reconciling import reconcile
from entrepot.cloud.replay import replay
from entrepot.identity import Scope
from entrepot.kernel import (
    DAY,
    MINUTE,
    SECOND,
    Database,
    Invalid,
    ManualClock,
    NotFound,
    Prepared,
    TooMany,
    Tx,
    process_name,
)
from entrepot.kernel.sql import prepare_text
from entrepot.kernel.testing import NOON

UNIT = "USD9"
CHEN = Scope("usr_chen", "org_chen", frozenset({"developer"}))
PRICES = {"input_tokens": 150_000_000, "output_tokens": 600_000_000}
FAST = customers.Limits(1_000_000, 1_000_000_000)
HERE = process_name()
INPUT, OUTPUT = 150, 600
"""What one token costs, in nano units."""


def sell(database: Database, credit: int = 10**9, maker_bps: int = 0) -> None:
    def act(tx: Tx) -> None:
        pricing.add_price_book(tx, "m", PRICES, maker_bps=maker_bps)
        ledger.post(tx, customers.credit_plan("org_chen", UNIT, credit, "top_1"))

    database.write_now(act)


def ask(request: str, most: int = 100, **more: object) -> Ask:
    limits = {"input_tokens": 10, "output_tokens": most}
    model = str(more.pop("model", "m"))
    return Ask(request, "org_chen", "usr_chen", model, limits, **more)  # type: ignore[arg-type]


def admit(database: Database, wish: Ask, limits: customers.Limits = FAST, holder: str = HERE) -> admission.Admitted:
    return database.write_now(lambda tx: admission.admit(tx, wish, UNIT, holder, limits))


def settle(database: Database, request: str, used: dict[str, int], **more: object) -> settling.Settled:
    return database.write_now(lambda tx: settling.settle(tx, request, 1, used, UNIT, **more))  # type: ignore[arg-type]


def in_round(tx: Tx, **wanted: Any) -> rounds.Held:
    return rounds.hold_round(tx, rounds.Round("org_chen", **wanted), UNIT, HERE, FAST)


def credit(database: Database) -> ledger.Balance:
    return database.read_now(lambda s: ledger.balance_of(s, accounts.compute("org_chen", UNIT)))


def breaches(database: Database) -> list[str]:
    found = [database.read_now(proof.check) for proof in (*cloud.PROOFS, *ledger.PROOFS)]
    return [breach for finding in found for breach in finding.breaches]


def test_a_call_holds_the_most_it_can_cost_and_pays_for_what_it_used(database: Database) -> None:
    sell(database)
    admitted = admit(database, ask("req_1"))
    assert admitted.held == 10 * INPUT + 100 * OUTPUT == credit(database).pending_debits
    settled = settle(database, "req_1", {"input_tokens": 10, "output_tokens": 7})
    assert settled.price == 10 * INPUT + 7 * OUTPUT
    assert (credit(database).balance, credit(database).pending_debits) == (10**9 - settled.price, 0)
    assert breaches(database) == []


def test_settling_again_bills_once_and_tells_the_same(database: Database) -> None:
    sell(database)
    admit(database, ask("req_1"))
    first = settle(database, "req_1", {"input_tokens": 10, "output_tokens": 7})
    again = settle(database, "req_1", {"input_tokens": 10, "output_tokens": 99})
    late = database.write_now(lambda tx: settling.void(tx, "req_1", 1))
    assert first == again == late
    assert credit(database).balance == 10**9 - first.price


def test_nobody_pays_for_more_than_was_held(database: Database) -> None:
    sell(database)
    admitted = admit(database, ask("req_1"))
    settled = settle(database, "req_1", {"input_tokens": 10_000, "output_tokens": 10_000, "gpu_ms": 5})
    assert settled.price == admitted.held
    assert settled.quantities == {"input_tokens": 10, "output_tokens": 100}
    assert breaches(database) == []


def test_a_void_call_costs_nothing(database: Database) -> None:
    sell(database)
    admit(database, ask("req_1"))
    assert database.write_now(lambda tx: settling.void(tx, "req_1", 1)).price == 0
    assert (credit(database).balance, credit(database).pending_debits) == (10**9, 0)
    assert breaches(database) == []


def test_without_credit_nothing_is_admitted_and_nothing_left_behind(database: Database) -> None:
    sell(database, credit=10 * INPUT + 100 * OUTPUT)
    admit(database, ask("req_1"))
    with pytest.raises(OutOfCredit, match="add credit"):
        admit(database, ask("req_2"))
    assert [row.id for row in database.read_now(settling.list_open_requests)] == ["req_1"]


def test_a_model_without_a_price_is_not_sold(database: Database) -> None:
    with pytest.raises(NotFound, match="not for sale"):
        admit(database, ask("req_1"))


def budget(database: Database, amount: int, **more: object) -> budgets.Budget:
    return database.write_now(lambda tx: budgets.add_budget(tx, CHEN, "tests", amount, **more))  # type: ignore[arg-type]


def test_a_budget_bounds_what_is_spent_in_its_period(database: Database) -> None:
    sell(database)
    budget(database, 2 * (10 * INPUT + 100 * OUTPUT), period="day")
    admit(database, ask("req_1"))
    admit(database, ask("req_2"))
    with pytest.raises(OverBudget, match="'tests'"):
        admit(database, ask("req_3"))
    settle(database, "req_1", {"input_tokens": 1})
    with pytest.raises(OverBudget):
        admit(database, ask("req_4"))
    settle(database, "req_2", {"input_tokens": 1})
    admit(database, ask("req_5"))
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(DAY)
    admit(database, ask("req_6"))
    admit(database, ask("req_7"))
    state = database.read_now(lambda s: budgets.list_budgets(s, CHEN))[0]
    assert (state.spent, state.held, state.left) == (0, state.budget.amount, 0)
    assert breaches(database) == []


@pytest.mark.parametrize(
    ("period", "now", "anew"),
    [
        ("day", "2026-12-31T23:59:59", "2027-01-01"),
        ("month", "2026-12-01T00:00:00", "2027-01-01"),
        ("month", "2028-02-29T12:00:00", "2028-03-01"),
        ("total", "2026-12-31T12:00:00", None),
    ],
)
def test_a_refusal_tells_when_its_budget_begins_anew(
    database: Database, period: budgets.Period, now: str, anew: str | None
) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance_to(int(datetime.fromisoformat(f"{now}+00:00").timestamp()) * SECOND)
    sell(database)
    budget(database, 0, period=period)
    with pytest.raises(OverBudget) as refused:
        admit(database, ask("req_1"))
    day = re.search(r"anew on (\S+) \(UTC\)", refused.value.sentence)
    assert (day[1] if day else None) == anew


def test_a_budget_of_a_key_bounds_that_key_only(database: Database) -> None:
    sell(database)
    budget(database, 0)
    of_a_key: Prepared[Any] = prepare_text(
        "UPDATE cloud_budgets SET key_id = 'key_1'"
    )  # such a key would need its organisation
    database.write_now(lambda tx: tx.run(of_a_key))
    with pytest.raises(OverBudget):
        admit(database, ask("req_1", key_id="key_1"))
    admit(database, ask("req_2", key_id="key_2"))
    admit(database, ask("req_3"))


@pytest.mark.parametrize("amounts", [(100, 10, 1_000), (0, 50_000), (200_000, 0, 70_000)])
def test_a_budget_that_is_changed_counts_from_then_on(database: Database, amounts: Sequence[int]) -> None:
    sell(database)
    made = budget(database, 500_000)
    admit(database, ask("req_0"))
    held = 10 * INPUT + 100 * OUTPUT
    for number, amount in enumerate(amounts, 1):
        database.write_now(lambda tx: budgets.change_budget(tx, CHEN, made.id, amount))  # noqa: B023
        if amount >= 2 * held:
            admit(database, ask(f"req_{number}"))
            database.write_now(lambda tx: settling.void(tx, f"req_{number}", 1))  # noqa: B023
        else:
            with pytest.raises(OverBudget):
                admit(database, ask(f"req_{number}"))
    assert breaches(database) == []


def test_two_hundred_calls_at_once_against_a_budget_for_fifty(database: Database) -> None:
    sell(database, credit=10**12)
    each = 10 * INPUT + 100 * OUTPUT
    budget(database, 50 * each + each - 1)
    outcomes: list[bool] = []

    def call(number: int) -> None:
        try:
            admit(database, ask(f"req_{number}"))
            settle(database, f"req_{number}", {"input_tokens": 10, "output_tokens": 100})
            outcomes.append(True)
        except OverBudget:
            outcomes.append(False)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(outcomes), len(outcomes)) == (50, 200)
    assert credit(database).balance == 10**12 - 50 * each
    assert breaches(database) == []


def test_calls_that_come_too_fast_are_told_when_to_come_again(database: Database) -> None:
    sell(database)
    slow = customers.Limits(2, 1_000_000)
    admit(database, ask("req_1"), slow)
    admit(database, ask("req_2"), slow)
    with pytest.raises(TooMany, match="2 requests a minute") as refusal:
        admit(database, ask("req_3"), slow)
    assert refusal.value.retry_after_s == 30
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(MINUTE // 2)
    admit(database, ask("req_3"), slow)


def test_the_maker_earns_the_agreed_share(database: Database) -> None:
    sell(database, maker_bps=7_000)
    admit(database, ask("req_1"))
    settled = settle(database, "req_1", {"input_tokens": 10, "output_tokens": 100}, maker="org_maker")
    earned = database.read_now(lambda s: ledger.balance_of(s, accounts.maker("org_maker", UNIT))).balance
    assert earned == settled.price * 7 // 10
    assert breaches(database) == []


def test_prices_change_for_calls_admitted_later(database: Database) -> None:
    sell(database)
    admit(database, ask("req_1"))
    database.write_now(lambda tx: pricing.add_price_book(tx, "m", {"output_tokens": 1_000_000}, effective_at=tx.now))
    admit(database, ask("req_2"))
    assert settle(database, "req_1", {"output_tokens": 10}).price == 10 * OUTPUT
    assert settle(database, "req_2", {"output_tokens": 10}).price == 10
    with pytest.raises(Invalid, match="now or later"):
        database.write_now(lambda tx: pricing.add_price_book(tx, "m", {}, effective_at=NOON - DAY))
    bill = database.read_now(lambda s: replay(s, "org_chen", 0, NOON + DAY))
    assert (bill.rows, bill.charged, bill.differences) == (2, 10 * OUTPUT + 10, ())


def test_what_a_dead_process_left_is_settled_for_what_had_come(database: Database) -> None:
    sell(database)
    gone = HERE.rsplit("/", 2)[0] + "/4194303/dead"
    for number in (1, 2):
        admit(database, ask(f"req_{number}"), holder=gone)
    admit(database, ask("req_3"))
    database.write_now(lambda tx: admission.checkpoint(tx, "req_1", 1, {"input_tokens": 10, "output_tokens": 4}))
    ended = reconcile(database, UNIT, HERE)
    assert [(each.request, each.outcome, each.price) for each in ended] == [
        ("req_1", "checkpointed", 10 * INPUT + 4 * OUTPUT),
        ("req_2", "void", 0),
    ]
    assert reconcile(database, UNIT, HERE) == []
    assert [row.id for row in database.read_now(settling.list_open_requests)] == ["req_3"]
    assert breaches(database) == []


def test_an_amount_changed_by_hand_is_found(database: Database) -> None:
    sell(database)
    admit(database, ask("req_1"))
    settle(database, "req_1", {"input_tokens": 10, "output_tokens": 7})
    dearer: Prepared[Any] = prepare_text("UPDATE cloud_usage SET price = price + 1 WHERE meter = :meter")
    database.write_now(lambda tx: tx.run(dearer, meter="output_tokens"))
    assert any("rates" in breach for breach in breaches(database))
    assert any("its rows cost" in breach for breach in breaches(database))


@given(st.dictionaries(st.sampled_from(sorted(cloud.METERS)), st.integers(0, 10**9)), st.integers(0, 10**12))
def test_a_row_is_rounded_up_once_and_more_never_costs_less(quantities: dict[str, int], price: int) -> None:
    book = rating.PriceBook("prc_1", "m", 1, 0, dict.fromkeys(cloud.METERS, price), 3_333)
    for row in rating.rate(book, quantities):
        per = cloud.METERS[row.meter].per
        assert row.price * per - per < row.quantity * price <= row.price * per
        assert 0 <= row.maker <= row.price
        assert rating.price_of(book, row.meter, row.quantity + 1) >= row.price


def test_a_round_that_was_rolled_back_is_settled_as_if_it_had_never_been(database: Database) -> None:
    """Each of its calls is tried alone then; nothing may remember the first try."""
    sell(database)
    for number in range(4):
        admit(database, ask(f"req_{number}"))
    used = {"input_tokens": 10, "output_tokens": 7}
    endings = [settling.Ending(f"req_{number}", 1, used) for number in range(4)]

    def refuse(tx: Tx, settled: settling.Settled) -> None:
        raise RuntimeError("no place for this answer")

    bad = [*endings[:3], settling.Ending("req_3", 1, used, keep=refuse)]
    with pytest.raises(RuntimeError, match="no place"):
        database.write_now(lambda tx: in_round(tx, endings=bad))
    for ending in endings[:3]:
        database.write_now(lambda tx: in_round(tx, endings=[ending]))  # noqa: B023
    assert [row.id for row in database.read_now(settling.list_open_requests)] == ["req_3"]
    assert credit(database).balance == 10**9 - 3 * (10 * INPUT + 7 * OUTPUT)
    assert breaches(database) == []


def test_a_round_gives_each_call_its_own_verdict_and_lets_it_take_what_others_gave_back(database: Database) -> None:
    each = 10 * INPUT + 100 * OUTPUT
    sell(database, credit=2 * each)
    for number in (1, 2):
        admit(database, ask(f"req_{number}"))
    asks = [ask("req_3"), ask("req_4", model="free"), ask("req_5")]
    ended = [settling.Ending("req_1", 1, None)]
    held = database.write_now(lambda tx: in_round(tx, asks=asks, endings=ended))
    assert [type(verdict) for verdict in held.verdicts] == [admission.Admitted, NotFound, OutOfCredit]
    assert [settled.outcome for settled in held.settled.values()] == ["void"]
    assert [row.id for row in database.read_now(settling.list_open_requests)] == ["req_2", "req_3"]
    assert (credit(database).available, breaches(database)) == (0, [])


def test_what_a_round_thinks_of_budgets_is_never_what_it_decides_by(database: Database) -> None:
    """They were changed, ended, or others came since the round before; a period began; holds are elsewhere."""
    each = 10 * INPUT + 100 * OUTPUT
    sell(database, credit=100 * each)
    old = budget(database, 50 * each, period="day")
    serial = iter(range(100))

    def hold(count: int, *endings: settling.Ending, thought_of: Sequence[budgets.Budget] = (old,)) -> rounds.Held:
        asks = [ask(f"req_{next(serial)}") for _ in range(count)]
        return database.write_now(lambda tx: in_round(tx, asks=asks, endings=endings, budgets=thought_of))

    def let_in(held: rounds.Held) -> int:
        return sum(isinstance(verdict, admission.Admitted) for verdict in held.verdicts)

    assert let_in(hold(1)) == 1
    database.write_now(lambda tx: budgets.change_budget(tx, CHEN, old.id, 3 * each))
    assert let_in(hold(4)) == 2
    new = budget(database, each, period="total")
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(DAY)
    held = hold(2)
    assert (let_in(held), [each.id for each in held.budgets or ()]) == (1, sorted((old.id, new.id)))
    assert let_in(hold(1)) == 0
    database.write_now(lambda tx: budgets.end_budget(tx, CHEN, new.id))
    assert let_in(hold(9, thought_of=(old, new))) == 2
    gone = [settling.Ending(f"req_{n}", 1, {"input_tokens": 10}, budgets=("nobody",)) for n in (0, 1, 5)]
    assert [settled.price for settled in hold(0, *gone).settled.values()] == [10 * INPUT] * 3
    state = database.read_now(lambda s: budgets.list_budgets(s, CHEN))[0]
    assert (state.spent, state.held, breaches(database)) == (10 * INPUT, 2 * each, [])
