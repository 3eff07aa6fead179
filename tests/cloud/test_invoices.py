"""Invoices: each line is its rows, whole minor units move, nothing is rounded twice, nothing is billed twice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import cloud, pay
from entrepot.cloud import accounts, issuing, rating
from entrepot.cloud.meters import METERS
from entrepot.cloud.replay import replay
from entrepot.identity import Scope
from entrepot.kernel import DAY, Conflict, Database, Invalid, ManualClock, NotAllowed, NotFound, Tx
from entrepot.kernel.sql import prepare_text
from entrepot.kernel.testing import NOON
from tests.cloud.money import (
    BRUNO,
    CENT,
    CHEN,
    CURRENCY,
    DANA,
    SETTINGS,
    balance,
    breaches,
    give,
    invoice,
    line,
    receive,
    sell,
    standing,
    use,
)

REVENUE = accounts.revenue(CURRENCY)


def lines(database: Database, found: cloud.CloudInvoice) -> Sequence[cloud.InvoiceLine]:
    return database.read_now(lambda s: cloud.lines_of(s, found.id))


def test_an_invoice_moves_whole_minor_units_and_carries_the_rest(database: Database) -> None:
    sell(database)
    receive(database, 10_00, "transfer-1")
    spent = use(database, "req_1", {"input_tokens": 100_000, "output_tokens": 7})
    first = invoice(database)
    assert (first.usage_nano, first.carried_nano, first.amount_minor) == (spent, 0, 1)
    assert first.left_nano == spent - CENT
    more = use(database, "req_2", {"output_tokens": 30_000})
    second = invoice(database)
    assert second.carried_nano == first.left_nano
    assert second.amount_minor * CENT + second.left_nano == more + first.left_nano
    assert balance(database, REVENUE) == first.amount_minor + second.amount_minor
    assert balance(database, pay.accounts.prepaid("org_chen", CURRENCY)) == 10_00 - balance(database, REVENUE)
    assert breaches(database) == []


def test_each_line_opens_to_the_rows_that_it_sums(database: Database) -> None:
    sell(database)
    sell(database, "n", {"embedding_tokens": 10_000_000})
    give(database, 10**9, "g")
    for number in range(5):
        use(database, f"req_{number}", {"input_tokens": 11 + number, "output_tokens": 3})
    use(database, "req_9", {"embedding_tokens": 1}, "n")
    found = invoice(database)
    made = lines(database, found)
    assert [(each.model, each.meter, each.rows) for each in made] == [
        ("m", "input_tokens", 5), ("m", "output_tokens", 5), ("n", "embedding_tokens", 1),
    ]  # fmt: skip
    for each in made:
        rows: list[cloud.InvoiceRow] = []
        while page := database.read_now(
            lambda s, number=each.line, rows=rows: cloud.rows_of_line(
                s, CHEN, found.id, number, after=cloud.place_of(rows[-1]) if rows else None, most=2
            )
        ):
            rows += page
        assert (len(rows), sum(row.quantity for row in rows), sum(row.price for row in rows)) == (
            each.rows, each.quantity, each.price,
        )  # fmt: skip
        assert {row.meter for row in rows} == {each.meter}
    assert sum(each.price for each in made) == found.usage_nano


def test_grants_pay_first_then_what_was_paid_then_the_rest_is_due(database: Database) -> None:
    sell(database)
    give(database, 3 * CENT + 1, "welcome")
    receive(database, 2, "t")
    line(database, 100 * CENT)
    use(database, "req_1", {"output_tokens": 200_000})  # twelve cents
    found = invoice(database)
    assert (found.granted_nano, found.prepaid_minor, found.due_minor) == (3 * CENT + 1, 2, 6)
    assert found.left_nano == CENT - 1
    assert found.state(NOON) == "due"
    assert found.state(found.due_by + 1) == "overdue"
    stands = standing(database)
    assert (stands.granted, stands.prepaid_minor, stands.due_minor) == (0, 0, 6)
    assert breaches(database) == []


def test_money_that_comes_pays_the_oldest_invoice_first_and_restores_the_line(database: Database) -> None:
    sell(database)
    line(database, 100 * CENT)
    use(database, "req_1", {"output_tokens": 100_000})
    one = invoice(database)
    use(database, "req_2", {"output_tokens": 100_000})
    two = invoice(database)
    assert (one.due_minor, two.due_minor) == (6, 6)
    receive(database, 8, "t1")
    again = database.read_now(lambda s: cloud.list_cloud_invoices(s, CHEN))
    paid = [(each.number, each.paid_minor, each.paid_at is None) for each in sorted(again, key=lambda i: i.number)]
    assert paid == [(1, 6, False), (2, 2, True)]
    receive(database, 10, "t2")
    stands = standing(database)
    assert (stands.due_minor, stands.prepaid_minor, stands.left) == (0, 6, 106 * CENT)
    assert breaches(database) == []


def test_the_same_payment_is_received_once(database: Database) -> None:
    sell(database)
    line(database, 100 * CENT)
    use(database, "req_1", {"output_tokens": 100_000})
    invoice(database)
    assert receive(database, 10, "t1")
    before = standing(database)
    assert not receive(database, 10, "t1")
    assert standing(database) == before
    with pytest.raises(Conflict):
        receive(database, 11, "t1")
    with pytest.raises(Conflict):
        receive(database, 10, "t1", "org_bruno")
    assert give(database, CENT, "g1")
    assert not give(database, CENT, "g1")
    assert breaches(database) == []


def test_only_the_operator_gives_credit_and_writes_down_money(database: Database) -> None:
    for act in (cloud.grant_credit, cloud.record_payment):
        with pytest.raises(NotAllowed):
            database.write_now(lambda tx, act=act: act(tx, CHEN, "org_chen", "USD", 1, "x", cloud.Limits()))
    for amount, ref in ((0, "x"), (-1, "x"), (1, ""), (2**60, "x")):
        with pytest.raises(Invalid):
            receive(database, amount, ref)


def test_nothing_used_is_no_invoice_and_nobody_sees_anothers(database: Database) -> None:
    sell(database)
    with pytest.raises(Conflict, match="nothing to invoice"):
        invoice(database)
    give(database, 10**9, "g")
    use(database, "req_1", {"output_tokens": 1_000})
    found = invoice(database)
    with pytest.raises(Conflict):
        invoice(database)
    with pytest.raises(NotFound):
        database.read_now(lambda s: cloud.get_cloud_invoice(s, BRUNO, found.id))
    with pytest.raises(NotFound):
        database.read_now(lambda s: cloud.rows_of_line(s, BRUNO, found.id, 1))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: cloud.issue_now(tx, BRUNO, SETTINGS, "org_chen"))
    with pytest.raises(NotFound):
        database.read_now(lambda s: cloud.rows_of_line(s, CHEN, found.id, 9))
    assert database.read_now(lambda s: cloud.get_cloud_invoice(s, DANA, found.id)) == found


def test_months_that_are_over_are_invoiced_once_by_the_clock(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    sell(database)
    give(database, 10**10, "g")
    use(database, "req_1", {"output_tokens": 50_000})
    assert cloud.bill_round(database, SETTINGS) == 0  # the month is not over
    clock.advance_to(issuing.month_of(NOON) + 40 * DAY)
    use(database, "req_2", {"output_tokens": 50_000})
    assert cloud.bill_round(database, SETTINGS) == 1
    assert cloud.bill_round(database, SETTINGS) == 0
    found = database.read_now(lambda s: cloud.list_cloud_invoices(s, CHEN))
    assert [each.rows for each in found] == [1]
    assert found[0].period_to == issuing.month_of(clock.now())
    late_row(database)
    assert cloud.bill_round(database, SETTINGS) == 0  # it stands on the next month's
    clock.advance_to(issuing.month_of(clock.now()) + 40 * DAY)
    assert cloud.bill_round(database, SETTINGS) == 1
    assert database.read_now(lambda s: cloud.list_cloud_invoices(s, CHEN))[0].rows == 1
    assert breaches(database) == []


def late_row(database: Database) -> None:
    """The second call was settled in the first month by a transaction that committed after its invoice."""
    move = prepare_text("UPDATE cloud_usage SET at = :at WHERE request = 'req_2'")
    database.write_now(lambda tx: tx.run(move, at=NOON + 1))


def test_invoices_made_at_once_bill_each_row_once_and_number_without_a_gap(database: Database) -> None:
    sell(database)
    for organisation in ("org_chen", "org_bruno"):
        give(database, 10**9, f"g{organisation}", organisation)
        for number in range(3):
            use(database, f"req_{organisation}{number}", {"output_tokens": 10_000}, organisation=organisation)
    made: list[cloud.CloudInvoice] = []

    def act(scope: Scope) -> None:
        try:
            made.append(invoice(database, scope))
        except Conflict:
            return

    threads = [threading.Thread(target=act, args=(scope,)) for scope in (CHEN, BRUNO) * 3]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.number for each in made) == [1, 2]
    assert sum(each.rows for each in made) == 6
    assert breaches(database) == []


def test_the_label_of_an_invoice_is_its_year_and_number(database: Database) -> None:
    sell(database)
    give(database, 10**9, "g")
    use(database, "req_1", {"output_tokens": 1_000})
    assert invoice(database).label == "C-2026-000001"


BROKEN = (
    ("UPDATE cloud_usage SET quantity = quantity + 1", "by its rows"),
    ("UPDATE cloud_invoice_lines SET price = price + 1", "by its rows"),
    ("UPDATE cloud_invoices SET usage_nano = usage_nano + 1, left_nano = left_nano + 1", "its lines say"),
    ("UPDATE cloud_invoices SET left_nano = left_nano + 1", "and leaves"),
    ("UPDATE cloud_invoices SET carried_nano = 5, left_nano = left_nano + 5", "does not go on"),
    ("UPDATE cloud_invoices SET amount_minor = amount_minor + 1, due_minor = due_minor + 1", "compute_revenue"),
    ("UPDATE cloud_invoices SET due_minor = due_minor + 1, amount_minor = amount_minor + 1", "compute_receivable"),
    ("UPDATE cloud_usage SET invoice = NULL", "nothing by its rows"),
    ("UPDATE cloud_usage SET invoice = 'civ_other'", "which is no invoice"),
    ("UPDATE cloud_customers SET credit_line = credit_line + 1", "can spend"),
)


class Undone(Exception):
    """Nothing of a break stays."""


def test_the_proofs_see_what_is_wrong(database: Database) -> None:
    sell(database)
    receive(database, 10_00, "t")
    use(database, "req_1", {"input_tokens": 100_000, "output_tokens": 7})
    invoice(database)
    assert breaches(database) == []
    for broken, sentence in BROKEN:
        seen: list[str] = []

        def act(tx: Tx, broken: str = broken, seen: list[str] = seen) -> None:
            tx.run(prepare_text(broken))
            seen += [breach for proof in cloud.PROOFS for breach in proof.check(tx).breaches]
            raise Undone

        with pytest.raises(Undone):
            database.write_now(act)
        assert any(sentence in breach for breach in seen), (broken, seen)
    assert breaches(database) == []


# --- properties over use and prices that nobody thought of

meter_names = st.sampled_from(sorted(METERS))
price_books = st.dictionaries(meter_names, st.integers(0, 2 * 10**9), min_size=1, max_size=8)
quantities = st.dictionaries(meter_names, st.integers(1, 400_000), min_size=1, max_size=8)


@given(price_books, quantities)
def test_a_price_is_rounded_up_once_and_never_by_more_than_a_nano_unit(
    prices: dict[str, int], used: dict[str, int]
) -> None:
    book = rating.PriceBook("prc_1", "m", 1, 0, prices)
    for row in rating.rate(book, used):
        exact = row.quantity * prices.get(row.meter, 0)
        per = METERS[row.meter].per
        assert 0 <= row.price * per - exact < per
        assert row == rating.rate(book, {row.meter: row.quantity})[0]  # each by itself, whatever else was used


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=20), st.integers(0, 10**12), st.integers(0, 10**6),
    st.sampled_from((10**5, 10**6, 10**7, 10**9)),
)  # fmt: skip
def test_invoices_together_come_to_the_use_less_what_the_last_one_left(
    uses: list[int], granted: int, prepaid: int, per_minor: int
) -> None:
    carried, moved, given_left, paid_left = 0, 0, granted, prepaid
    for used in uses:
        charge = issuing.charge_of(used, carried, given_left, paid_left, per_minor)
        assert charge.amount_minor == charge.prepaid_minor + charge.due_minor
        assert 0 <= charge.left_nano < per_minor
        assert charge.granted_nano <= given_left
        assert charge.prepaid_minor <= paid_left
        assert not (charge.due_minor and charge.prepaid_minor < paid_left)  # nothing is due while something is there
        carried, moved = charge.left_nano, moved + charge.amount_minor
        given_left, paid_left = given_left - charge.granted_nano, paid_left - charge.prepaid_minor
    assert sum(uses) == (granted - given_left) + moved * per_minor + carried


tiers = st.sampled_from(get_args(rating.Tier))
calls = st.lists(st.tuples(st.sampled_from(("m", "n")), quantities, st.booleans(), tiers), min_size=1, max_size=6)

Made = tuple[str, dict[str, int], bool, rating.Tier]


@pytest.mark.proof
def test_any_use_at_any_prices_is_invoiced_and_replays_to_the_last_nano_unit(database: Database) -> None:
    numbers = itertools.count()

    @given(book=price_books, later=price_books, made=calls, batch_bps=st.integers(0, 10_000))
    def check(book: dict[str, int], later: dict[str, int], made: list[Made], batch_bps: int) -> None:
        number = next(numbers)
        organisation = f"org_{number}"
        scope = Scope("usr_x", organisation, frozenset({"developer"}))
        sell(database, "m", book, batch_bps=batch_bps)
        sell(database, "n", later)
        line(database, 2**52, organisation)
        give(database, 3 * CENT + number + 1, f"g{number}", organisation)
        spent = 0
        for place, (model, used, is_last, tier) in enumerate(made):
            spent += use(database, f"req_{number}_{place}", used, model, organisation, tier)
            if is_last:
                sell(database, model, later)  # what was used before keeps its price
                try_invoice(database, scope)
        try_invoice(database, scope)
        check_bill(database, scope, organisation, spent)

    check()
    assert breaches(database) == []


def check_bill(database: Database, scope: Scope, organisation: str, spent: int) -> None:
    found = database.read_now(lambda s: cloud.list_cloud_invoices(s, scope))
    again = database.read_now(lambda s: replay(s, organisation, 0, 2**62))
    assert again.charged == again.rated == spent
    assert again.differences == ()
    assert sum(each.usage_nano for each in found) == spent
    left = max(found, key=lambda each: each.number).left_nano if found else 0
    assert sum(each.amount_minor * CENT + each.granted_nano for each in found) + left == spent
    stands = standing(database, scope)
    assert stands.left == 2**52 + stands.granted - stands.due_minor * CENT - left


def try_invoice(database: Database, scope: Scope) -> None:
    try:
        invoice(database, scope)
    except Conflict:
        return


def test_every_meter_there_is_may_be_sold_rated_and_invoiced(database: Database) -> None:
    prices = {meter: 10 ** (place + 5) for place, meter in enumerate(METERS)}
    sell(database, "m", prices)
    give(database, 10**13, "g")
    spent = use(database, "req_1", dict.fromkeys(METERS, 50_001))
    found = invoice(database)
    made = lines(database, found)
    assert {each.meter for each in made} == set(METERS)
    assert sum(each.price for each in made) == found.usage_nano == spent
    for each in made:
        assert each.price == -(-50_001 * prices[each.meter] // METERS[each.meter].per)
    assert breaches(database) == []
