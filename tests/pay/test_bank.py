"""Payout accounts: checked, sealed, shown masked, announced, and cooling down; paydays and reserves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import pay
from entrepot.identity import Scope, list_audit, list_notices
from entrepot.kernel import DAY, Conflict, Database, Invalid, ManualClock, NotAllowed, NotSignedIn, Secret, from_rfc3339
from entrepot.kernel.testing import settle
from entrepot.pay import accounts, bank_numbers
from entrepot.pay.processors.manual import transfer_reference
from entrepot.pay.terms import PayoutTerms, last_due, next_due
from tests.pay import purchases as p
from tests.pay.test_payouts import request, sell

SEALER = pay.Sealer(Secret("the key of a home"))
IBAN, OTHER = "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19"


def use(database: Database, number: str = IBAN, kind: Any = "iban", scope: Scope = p.BRUNO) -> pay.PayoutAccount:
    new = pay.NewAccount("EUR", kind, "Bruno Ltd", number)
    return database.write_now(lambda tx: pay.change_account(tx, scope, new, SEALER, 7))


def advance(database: Database, days: int) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(days * DAY)


def test_an_account_is_shown_masked_and_kept_sealed(database: Database) -> None:
    account = use(database)
    assert account.masked == "DE…3000"
    assert database.read_now(lambda s: pay.list_accounts(s, p.BRUNO)) == [account]
    assert database.read_now(lambda s: pay.list_accounts(s, p.CARLA)) == []
    stored = database.read_now(lambda s: s.one(pay.bank._account, id=account.id))
    assert stored is not None
    assert "3704" not in stored.sealed
    assert SEALER.open(stored.sealed, account.id) == "DE89370400440532013000"
    for wrong, place in ((pay.Sealer(Secret("another key")), account.id), (SEALER, "pya_other")):
        with pytest.raises(Invalid):
            wrong.open(stored.sealed, place)


def test_a_changed_account_waits_and_everybody_is_told(database: Database, processor: pay.SandboxProcessor) -> None:
    sell(database, 1, 10_00)
    first = use(database)
    assert first.usable_from <= database.clock.now()
    second = use(database, OTHER)
    assert second.usable_from == database.clock.now() + 7 * DAY
    assert request(database) == []
    [waiting] = database.read_now(lambda s: pay.waiting_of(s, p.BRUNO))
    assert waiting.wait == "cooling_down"
    texts = [notice.text for notice in database.read_now(lambda s: list_notices(s, p.BRUNO))]
    assert any("GB…6819" in text and "7 days" in text for text in texts)
    assert any(each.act == "pay.change_payout_account" for each in database.read_now(lambda s: list_audit(s, p.DANA)))
    advance(database, 7)
    [payout] = request(database)
    assert payout.account_id == second.id


def test_the_same_account_again_changes_nothing(database: Database) -> None:
    first = use(database)
    assert use(database, IBAN.replace(" ", "")) == first


def test_who_may_change_an_account(database: Database) -> None:
    key = Scope("key_1", "org_bruno", frozenset(("merchant",)))
    for scope, refusal in ((p.ALICE, NotAllowed), (Scope.public(), NotSignedIn), (key, NotSignedIn)):
        with pytest.raises(refusal):
            use(database, scope=scope)


def test_the_operator_may_end_a_cooldown(database: Database) -> None:
    sell(database, 1, 10_00)
    use(database)
    second = use(database, OTHER)
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: pay.end_cooldown(tx, p.BRUNO, second.id))
    database.write_now(lambda tx: pay.end_cooldown(tx, p.DANA, second.id))
    assert len(request(database)) == 1


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("iban", "DE89 3704 0044 0532 0130 01"), ("iban", "DE8937040044053201300"), ("iban", "US89370400440532013000"),
        ("iban", ""), ("iban", "ＤＥ89370400440532013000"), ("account", "12"), ("account", "a" * 60),
        ("account", "12'; DROP"), ("stripe", "bruno"), ("alipay", "bruno"), ("alipay", "a@b"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_is_refused_with_a_sentence(database: Database, kind: Any, number: str) -> None:
    with pytest.raises(Invalid) as refused:
        use(database, number, kind)
    assert "number" in refused.value.fields


@pytest.mark.parametrize(
    "number",
    ["GB29NWBK60161331926819", "FR1420041010050500013M02606", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"],
)
def test_an_iban_of_each_kind_is_taken(number: str) -> None:
    assert bank_numbers.check_iban(number.lower()) == number


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.sampled_from("0123456789"))
def test_a_reference_is_found_in_a_bank_s_text_and_a_mistyped_one_is_not(name: str, place: int, digit: str) -> None:
    reference = bank_numbers.creditor_reference(name)
    assert reference in bank_numbers.find_references(f"Invoice 12, {reference[:7].lower()} {reference[7:]}/THANKS")
    changed = reference[: 4 + place] + digit + reference[5 + place :]
    assert (changed in bank_numbers.find_references(changed)) == (changed == reference)


def test_a_payment_has_a_reference_of_its_own() -> None:
    made = {transfer_reference(f"pay_{number}") for number in range(2_000)}
    assert len(made) == 2_000
    assert all(reference in bank_numbers.find_references(reference) for reference in list(made)[:200])


def at(text: str) -> int:
    return from_rfc3339(text)


@pytest.mark.parametrize(
    ("terms", "now", "last", "following"),
    [
        (PayoutTerms("daily"), "2026-02-10T13:00:00Z", "2026-02-10T00:00:00Z", "2026-02-11T00:00:00Z"),
        (PayoutTerms("weekly", 1), "2026-02-10T13:00:00Z", "2026-02-09T00:00:00Z", "2026-02-16T00:00:00Z"),
        (PayoutTerms("weekly", 7), "2026-02-10T13:00:00Z", "2026-02-08T00:00:00Z", "2026-02-15T00:00:00Z"),
        (PayoutTerms("monthly", 31), "2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"),
        (PayoutTerms("monthly", 31), "2026-02-27T23:59:59Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"),
        (PayoutTerms("monthly", 5), "2026-01-04T00:00:00Z", "2025-12-05T00:00:00Z", "2026-01-05T00:00:00Z"),
    ],
)  # fmt: skip
def test_paydays_are_those_of_the_calendar(terms: PayoutTerms, now: str, last: str, following: str) -> None:
    assert (last_due(terms, at(now)), next_due(terms, at(now))) == (at(last), at(following))


def test_payouts_by_hand_have_no_day() -> None:
    assert (last_due(PayoutTerms("by_hand"), at("2026-02-10T13:00:00Z")), next_due(PayoutTerms("by_hand"), 0)) == (
        None, None,
    )  # fmt: skip


def scheduled(database: Database, processor: pay.SandboxProcessor) -> list[int]:
    """What the schedule begins to pay today."""
    payouts = database.write_now(lambda tx: pay.paying_out.request_scheduled(tx, 1, processor))
    p.run_tasks(database, processor)
    return [payout.amount_minor for payout in payouts]


def test_a_weekly_merchant_is_paid_once_a_week_even_after_a_missed_day(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance_to(at("2026-02-10T01:00:00Z"))  # a Tuesday
    database.write_now(lambda tx: pay.choose_schedule(tx, p.BRUNO, "weekly", 1, 1))
    sell(database, 1, 10_00)
    assert scheduled(database, processor) == []
    clock.advance_to(at("2026-02-16T01:00:00Z"))
    assert scheduled(database, processor) == [8_50]
    sell(database, 2, 10_00)
    assert scheduled(database, processor) == []
    clock.advance_to(at("2026-02-25T01:00:00Z"))  # Monday was missed
    assert scheduled(database, processor) == [8_50]


def test_a_merchant_s_own_minimum_counts_for_the_schedule(database: Database, processor: pay.SandboxProcessor) -> None:
    database.write_now(lambda tx: pay.choose_schedule(tx, p.BRUNO, "daily", 1, 10_00))
    sell(database, 1, 10_00)
    assert scheduled(database, processor) == []
    sell(database, 2, 10_00)
    advance(database, 1)
    assert scheduled(database, processor) == [17_00]


def test_a_merchant_may_be_paid_by_hand(database: Database, processor: pay.SandboxProcessor) -> None:
    database.write_now(lambda tx: pay.choose_schedule(tx, p.BRUNO, "by_hand", 1, 1))
    sell(database, 1, 10_00)
    assert scheduled(database, processor) == []
    [payout] = database.write_now(lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1))
    assert payout.amount_minor == 8_50
    with pytest.raises(Conflict):
        database.write_now(lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1))


def test_a_reserve_is_kept_from_each_order_and_let_go_in_time(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    terms = pay.PayoutTerms(reserve_bps=1_000, reserve_days=30)
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: pay.set_terms(tx, p.BRUNO, "org_bruno", terms))
    database.write_now(lambda tx: pay.set_terms(tx, p.DANA, "*", terms))
    sell(database, 1, 10_00)
    reserve = accounts.reserve("org_bruno", "EUR")
    assert p.available(database, reserve) == 85
    [on_the_way] = database.read_now(lambda s: pay.money_on_the_way(s, p.BRUNO))
    assert (on_the_way.payable_minor, on_the_way.reserve_minor) == (7_65, 85)
    [payout] = request(database)
    assert payout.amount_minor == 7_65
    lines = database.read_now(lambda s: pay.get_statement(s, p.BRUNO, payout.id)).lines
    assert [(line.code, line.amount_minor) for line in lines] == [("pay.settle.seller", 8_50), ("pay.reserve", -85)]
    p.run_tasks(database, processor)
    advance(database, 29)
    settle(database, {}, p.kinds_of(database, processor))
    assert database.write_now(pay.reserves.release_due) == 0
    advance(database, 1)
    assert database.write_now(pay.reserves.release_due) == 1
    assert database.write_now(pay.reserves.release_due) == 0
    assert p.available(database, reserve) == 0
    assert p.breaches(database) == []


def test_what_a_refund_took_of_a_reserve_is_not_let_go(database: Database, processor: pay.SandboxProcessor) -> None:
    database.write_now(lambda tx: pay.set_terms(tx, p.DANA, "*", pay.PayoutTerms(reserve_bps=5_000, reserve_days=1)))
    payment = p.buy(database)
    p.complete(database, 10_00)
    request(database)
    p.run_tasks(database, processor)
    p.refund(database, payment, 2_00)
    p.run_tasks(database, processor)
    advance(database, 1)
    database.write_now(pay.reserves.release_due)
    assert p.available(database, accounts.reserve("org_bruno", "EUR")) == 0
    assert p.available(database, accounts.payable("org_bruno", "EUR")) < 4_25
    assert p.breaches(database) == []


def test_nobody_keeps_an_old_reserve_by_choosing_paydays(database: Database) -> None:
    database.write_now(lambda tx: pay.choose_schedule(tx, p.BRUNO, "daily", 1, 10_00))
    kept = pay.PayoutTerms(reserve_bps=500, reserve_days=30)
    database.write_now(lambda tx: pay.set_terms(tx, p.DANA, "org_carla", kept))
    for bps in (1_000, 2_000):
        market = pay.PayoutTerms(reserve_bps=bps, reserve_days=90)
        database.write_now(lambda tx, market=market: pay.set_terms(tx, p.DANA, "*", market))
        mine = database.read_now(lambda s: pay.get_terms(s, p.BRUNO))
        assert (mine.reserve_bps, mine.reserve_days, mine.minimum_minor) == (bps, 90, 10_00)
    assert database.read_now(lambda s: pay.get_terms(s, p.CARLA)) == kept


def test_a_merchant_asks_for_no_less_than_their_minimum(database: Database) -> None:
    database.write_now(lambda tx: pay.choose_schedule(tx, p.BRUNO, "by_hand", 1, 8_51))
    sell(database, 1, 10_00)
    with pytest.raises(Conflict, match="too little is due"):
        database.write_now(lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1))
    database.write_now(lambda tx: pay.choose_schedule(tx, p.BRUNO, "by_hand", 1, 8_50))
    assert len(database.write_now(lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1))) == 1


def test_nothing_is_sent_without_an_account_where_one_is_needed(database: Database) -> None:
    sell(database, 1, 10_00)
    ask = {"needs_account": True}
    assert database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1, **ask)) == []
    [waiting] = database.read_now(lambda s: pay.waiting_of(s, p.BRUNO, **ask))
    assert waiting.wait == "no_account"
    account = use(database)
    [payout] = database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1, **ask))
    assert payout.account_id == account.id


def test_a_payday_that_begins_this_moment_is_looked_at_once(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance_to(at("2026-02-11T00:00:00Z"))
    sell(database, 1, 10_00)
    assert scheduled(database, processor) == [8_50]
    sell(database, 2, 10_00)
    assert scheduled(database, processor) == []
    clock.advance(DAY)
    assert scheduled(database, processor) == [8_50]


def test_a_payday_without_anybody_who_could_send_it_begins_nothing(database: Database) -> None:
    sell(database, 1, 10_00)
    assert database.write_now(lambda tx: pay.paying_out.request_scheduled(tx, 1, None)) == []
    assert p.available(database, accounts.payable("org_bruno", "EUR")) == 8_50


def test_a_new_merchant_waits_for_a_payday_of_theirs(database: Database, processor: pay.SandboxProcessor) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance_to(at("2026-02-10T01:00:00Z"))  # a Tuesday: Monday's payday has begun, and was nobody's
    database.write_now(lambda tx: pay.choose_schedule(tx, p.BRUNO, "weekly", 1, 1))
    sell(database, 1, 10_00)
    assert scheduled(database, processor) == []
    clock.advance_to(at("2026-02-10T01:00:00Z") + 5 * DAY)
    assert scheduled(database, processor) == []


def test_the_largest_stands_first_among_those_who_wait(database: Database) -> None:
    sell(database, 1, 10_00)
    sell(database, 2, 50_00, "org_carla")
    page = database.read_now(lambda s: pay.list_waiting(s, p.DANA))
    assert [each.merchant_id for each in page.waiting] == ["org_carla", "org_bruno"]


def test_a_payout_that_is_refused_twice_is_told_once(database: Database) -> None:
    sell(database, 1, 10_00)
    [payout] = request(database)
    for _ in range(2):
        database.write_now(lambda tx: pay.payouts.record_failed_payout(tx, payout.id, "closed"))
    told = [event for event in p.events_of(database) if isinstance(event, pay.PayoutFailed)]
    assert len(told) == 1
