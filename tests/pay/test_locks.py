"""On PostgreSQL two transactions meet at each lock: the second waits for the first, and decides by what it left."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

import psycopg
import pytest

from entrepot import ledger, pay
from entrepot.kernel import DAY, Database, Refused, Tx
from entrepot.kernel.testing import open_existing
from entrepot.pay import accounts, gift_cards, payouts, reserves
from tests.pay import purchases as p
from tests.pay.test_bank import SEALER
from tests.waiting import WAIT_S, eventually

T = TypeVar("T")
Command = Callable[[Tx], object]
IBANS = ("DE89370400440532013000", "GB82WEST12345698765432")


class Meeting:
    """Two transactions of one database, of which the first stays open until the second waits for it, or is done."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url

    def of(self, first: Command, second: Command) -> object:
        """Run them so; what the second gave, or the sentence that it was refused with."""
        done, may_end = threading.Event(), threading.Event()

        def held(tx: Tx) -> None:
            first(tx)
            done.set()
            assert may_end.wait(WAIT_S)

        def follow() -> object:
            try:
                return self._database.write_now(second)
            except Refused as refused:
                return refused.sentence
            finally:
                finished.set()

        finished = threading.Event()
        with ThreadPoolExecutor(2) as threads:
            leading = threads.submit(self._database.write_now, held)
            try:
                assert done.wait(WAIT_S), leading.exception(0)
                following = threads.submit(follow)
                self._until_it_waits(finished)
            finally:
                may_end.set()
            leading.result(WAIT_S)
            return following.result(WAIT_S)

    def _until_it_waits(self, finished: threading.Event) -> None:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        with psycopg.connect(self._url, autocommit=True) as probe:
            eventually(lambda: finished.is_set() or probe.execute(query).fetchone() != (0,))


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with closing(open_existing(postgres_url)) as database:
        yield database


@pytest.fixture
def meet(database: Database, postgres_url: str) -> Meeting:
    return Meeting(database, postgres_url)


def posted(plan: Callable[[Tx], ledger.Plan]) -> Command:
    """A verb whose plan is posted."""
    return lambda tx: ledger.post(tx, plan(tx))


def card_of(database: Database, days: int = 10) -> pay.GiftCard:
    wish = pay.IssueCard("EUR", 20_00, "", database.clock.now() + days * DAY)
    return database.write_now(lambda tx: pay.issue_gift_card(tx, p.DANA, wish))[0]


def left_on(database: Database, card: pay.GiftCard) -> pay.CardBalance:
    [found] = database.read_now(lambda snapshot: pay.gift_cards_of(snapshot, [card.id]))
    return found


def test_a_card_that_is_withdrawn_and_extended_at_once_stays_withdrawn(database: Database, meet: Meeting) -> None:
    card = card_of(database)
    said = meet.of(
        lambda tx: pay.end_gift_card(tx, p.DANA, card.id), lambda tx: pay.extend_gift_card(tx, p.DANA, card.id, None)
    )
    assert said == "This gift card was withdrawn: issue another one"
    assert (left_on(database, card).card.state, left_on(database, card).balance_minor) == ("ended", 0)


def test_a_card_that_is_extended_as_it_expires_keeps_its_money(database: Database, meet: Meeting) -> None:
    card = card_of(database, days=1)
    database.clock.advance(2 * DAY)  # type: ignore[attr-defined]
    meet.of(
        lambda tx: pay.extend_gift_card(tx, p.DANA, card.id, None), lambda tx: gift_cards.expire_gift_card(tx, card.id)
    )
    assert (left_on(database, card).card.state, left_on(database, card).balance_minor) == ("active", 20_00)


def settled(database: Database) -> None:
    """Bruno's ten are his, less commission and carrier: 8.50."""
    p.buy(database)
    p.complete(database)


def test_a_dispute_that_is_let_go_twice_at_once_charges_its_fee_once(database: Database, meet: Meeting) -> None:
    settled(database)
    assert p.freeze(database, "dsp_1", "sor_lamp", 5_00) == 5_00
    freed: list[int] = []

    def unfreeze(tx: Tx) -> None:
        amount_minor, plan = pay.unfreeze(tx, "dsp_1", 1_50)
        ledger.post(tx, plan)
        freed.append(amount_minor)

    meet.of(unfreeze, unfreeze)
    assert freed == [5_00, 0]
    assert p.breaches(database) == []


def test_two_disputes_at_once_keep_an_orders_money_once(database: Database, meet: Meeting) -> None:
    p.buy(database)
    said = meet.of(
        posted(lambda tx: pay.freeze(tx, "dsp_1", "sor_lamp", 5_00)[1]),
        posted(lambda tx: pay.freeze(tx, "dsp_2", "sor_lamp", 5_00)[1]),
    )
    assert said == "The money of this order is kept for another dispute already"
    assert p.breaches(database) == []


def legs(amount_minor: int = 10_00) -> pay.SettlementLegs:
    commission, carrier = amount_minor // 10, amount_minor // 20
    return pay.SettlementLegs(
        "sor_lamp", "org_bruno", "EUR", amount_minor - commission - carrier, commission, carrier, 0
    )


def test_money_that_is_disputed_as_it_is_shared_out_stays_in_escrow(database: Database, meet: Meeting) -> None:
    p.buy(database)
    said = meet.of(
        posted(lambda tx: pay.freeze(tx, "dsp_1", "sor_lamp", 5_00)[1]), posted(lambda tx: pay.settle(tx, legs()))
    )
    assert said == "The money of this order is disputed: it is shared out once that is decided"
    assert p.escrow(database) == 10_00
    assert p.breaches(database) == []


def test_money_that_is_shared_out_as_it_is_disputed_is_set_apart(database: Database, meet: Meeting) -> None:
    p.buy(database)
    meet.of(posted(lambda tx: pay.settle(tx, legs())), posted(lambda tx: pay.freeze(tx, "dsp_1", "sor_lamp", 5_00)[1]))
    assert p.available(database, accounts.disputed("dsp_1", "EUR")) == 5_00
    assert p.breaches(database) == []


def test_a_dispute_waits_for_the_payout_that_has_begun(database: Database, meet: Meeting) -> None:
    settled(database)
    done = meet.of(
        lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1),
        posted(lambda tx: pay.freeze(tx, "dsp_1", "sor_lamp", 5_00)[1]),
    )
    assert isinstance(done, ledger.Posted)  # there is nothing left to set apart, and the dispute is open all the same
    assert p.available(database, accounts.disputed("dsp_1", "EUR")) == 0
    assert p.breaches(database) == []


def test_two_payouts_asked_for_at_once_are_one(database: Database, meet: Meeting) -> None:
    settled(database)
    ask: Command = lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1)  # noqa: E731
    said = meet.of(ask, ask)
    assert said == "Nothing can be sent now: too little is due, a payout is under way, or the account has to wait"
    assert p.breaches(database) == []


def test_the_operators_payouts_leave_out_who_is_being_paid(database: Database, meet: Meeting) -> None:
    settled(database)
    own: Command = lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1)  # noqa: E731
    assert meet.of(own, lambda tx: pay.request_payouts(tx, p.DANA, 1)) == []
    assert p.breaches(database) == []


def test_a_payout_that_is_asked_for_as_an_order_is_shared_out_takes_all_of_it(
    database: Database, meet: Meeting
) -> None:
    settled(database)
    p.buy(database, "ord_2", [pay.PaymentLeg("sor_bulb", 10_00, "org_bruno")])
    more = pay.SettlementLegs("sor_bulb", "org_bruno", "EUR", 8_50, 1_00, 50, 0)
    begun = meet.of(
        posted(lambda tx: pay.settle(tx, more)), lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1)
    )
    assert isinstance(begun, list)
    assert [payout.amount_minor for payout in begun] == [17_00]
    assert p.breaches(database) == []


def test_a_payout_goes_to_the_account_that_was_being_changed(database: Database, meet: Meeting) -> None:
    settled(database)
    old, new = (pay.NewAccount("EUR", "iban", "Bruno Lamps", each) for each in IBANS)
    database.write_now(lambda tx: pay.change_account(tx, p.BRUNO, old, SEALER))
    said = meet.of(
        lambda tx: pay.change_account(tx, p.BRUNO, new, SEALER),
        lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1, needs_account=True),
    )
    assert str(said).startswith("Nothing can be sent now")  # the new one has to cool down first


def test_two_changes_of_an_account_at_once_leave_one_that_has_to_cool_down(database: Database, meet: Meeting) -> None:
    old, new = (pay.NewAccount("EUR", "iban", "Bruno Lamps", each) for each in IBANS)
    made = meet.of(
        lambda tx: pay.change_account(tx, p.BRUNO, old, SEALER),
        lambda tx: pay.change_account(tx, p.BRUNO, new, SEALER),
    )
    assert isinstance(made, pay.PayoutAccount)
    assert made.usable_from > made.created_at
    assert database.read_now(lambda snapshot: pay.list_accounts(snapshot, p.BRUNO)) == [made]


def test_a_reserve_that_is_let_go_twice_at_once_is_let_go_once(database: Database, meet: Meeting) -> None:
    terms = pay.PayoutTerms(reserve_bps=2_000, reserve_days=7)
    database.write_now(lambda tx: pay.set_terms(tx, p.DANA, "org_bruno", terms))
    settled(database)
    database.clock.advance(8 * DAY)  # type: ignore[attr-defined]
    counts: list[int] = []

    def release(tx: Tx) -> None:
        counts.append(reserves.release_due(tx))

    assert meet.of(release, release) is None
    assert counts == [1, 0]
    assert p.available(database, accounts.payable("org_bruno", "EUR")) == 8_50
    assert p.breaches(database) == []


def kept_back(database: Database) -> pay.Refund:
    """All that was Bruno's is in his reserve, whose time is over; and what a whole refund takes."""
    terms = pay.PayoutTerms(reserve_bps=10_000, reserve_days=7)
    database.write_now(lambda tx: pay.set_terms(tx, p.DANA, "org_bruno", terms))
    payment = p.buy(database)
    p.complete(database)
    database.clock.advance(8 * DAY)  # type: ignore[attr-defined]
    return pay.Refund(
        payment.id, "sor_lamp", 10_00, "Broken", seller_minor=8_50, commission_minor=1_00, carrier_minor=50
    )


def owed(database: Database) -> int:
    account = accounts.receivable("org_bruno", "EUR")
    return database.read_now(lambda snapshot: ledger.balance_of(snapshot, account)).balance


def test_a_refund_waits_for_the_reserve_that_is_being_let_go(database: Database, meet: Meeting) -> None:
    back = kept_back(database)
    done = meet.of(reserves.release_due, posted(lambda tx: pay.refund_plan(tx, back)[1]))
    assert isinstance(done, ledger.Posted)
    assert owed(database) == 0
    assert p.breaches(database) == []


def test_a_reserve_is_let_go_without_what_a_refund_is_taking_of_it(database: Database, meet: Meeting) -> None:
    back = kept_back(database)
    assert meet.of(posted(lambda tx: pay.refund_plan(tx, back)[1]), reserves.release_due) == 1
    assert (owed(database), p.available(database, accounts.payable("org_bruno", "EUR"))) == (0, 0)
    assert p.breaches(database) == []


def test_a_payout_that_comes_back_as_it_is_sent_is_due_again(database: Database, meet: Meeting) -> None:
    settled(database)
    [payout] = database.write_now(lambda tx: pay.request_own_payout(tx, p.BRUNO, "sandbox", 1))
    done = meet.of(
        lambda tx: payouts.record_payout(tx, payout.id, "po_1"),
        lambda tx: payouts.record_failed_payout(tx, payout.id, "closed"),
    )
    assert done is None
    assert database.read_now(lambda snapshot: pay.get_payout(snapshot, p.DANA, payout.id)).state == "returned"
    assert p.available(database, accounts.payable("org_bruno", "EUR")) == 8_50
    assert p.breaches(database) == []
