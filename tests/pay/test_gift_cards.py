"""A gift card's life: until when it pays, what is set aside on it, how it ends, and that it ends one way."""

from collections.abc import Callable
from typing import Any

import pytest

from entrepot import ledger, pay
from entrepot.kernel import DAY, Conflict, Database, Invalid, NotAllowed, Secret
from entrepot.pay import gift_cards
from tests.pay import purchases as p


def issue(database: Database, amount_minor: int = 20_00, **more: Any) -> tuple[pay.GiftCard, Secret]:
    wish = pay.IssueCard("EUR", amount_minor, **more)
    return database.write_now(lambda tx: pay.issue_gift_card(tx, p.DANA, wish))


def see(database: Database, code: Secret) -> pay.CardBalance:
    return database.read_now(lambda snapshot: pay.find_gift_card(snapshot, code))


def is_usable(database: Database, code: Secret) -> str:
    return p.refusal_of(lambda: database.read_now(lambda snapshot: pay.usable_gift_card(snapshot, code)))


def pay_with(database: Database, card: pay.GiftCard, amount_minor: int, ref: str = "ord_1") -> pay.Payment:
    """An order of ten waits for its payment, of which the card pays a part."""

    def command(tx: Any) -> pay.Payment:
        leg = pay.PaymentLeg(f"sor_{ref}", 10_00 - amount_minor, "org_bruno", amount_minor)
        gifts = (pay.GiftUse(card.id, amount_minor),)
        payment, plan = pay.start_payment(tx, pay.StartPayment(ref, "EUR", (leg,), "tok_ok", "usr_alice", gifts=gifts))
        ledger.post(tx, plan)
        return payment

    return database.write_now(command)


def test_a_card_pays_until_the_moment_it_expires_and_not_in_it(database: Database) -> None:
    _, code = issue(database, expires_at=database.clock.now() + DAY)
    database.clock.advance(DAY - 1)  # type: ignore[attr-defined]
    assert is_usable(database, code) == "ok"
    database.clock.advance(1)  # type: ignore[attr-defined]
    assert is_usable(database, code) == "conflict"


def test_what_is_set_aside_for_an_order_cannot_pay_another(database: Database) -> None:
    card, code = issue(database, 5_00)
    pay_with(database, card, 5_00)
    assert (see(database, code).balance_minor, see(database, code).available_minor) == (5_00, 0)
    assert is_usable(database, code) == "conflict"


def end(database: Database, card: pay.GiftCard) -> None:
    database.write_now(lambda tx: pay.end_gift_card(tx, p.DANA, card.id))


def expire(database: Database, card: pay.GiftCard) -> None:
    database.write_now(lambda tx: gift_cards.expire_gift_card(tx, card.id))


@pytest.mark.parametrize("way", [end, expire])
def test_a_card_that_ends_leaves_what_is_set_aside_to_its_order(
    database: Database, way: Callable[[Database, pay.GiftCard], None]
) -> None:
    card, code = issue(database, expires_at=database.clock.now() + DAY)
    payment = pay_with(database, card, 4_00)
    database.clock.advance(2 * DAY)  # type: ignore[attr-defined]
    way(database, card)
    assert (see(database, code).balance_minor, see(database, code).available_minor) == (4_00, 0)
    p.tell(database, payment, "captured")
    assert see(database, code).balance_minor == 0
    assert p.escrow(database, "sor_ord_1") == 10_00
    assert p.breaches(database) == []


def test_a_card_that_is_not_due_does_not_expire(database: Database) -> None:
    for more in ({}, {"expires_at": database.clock.now() + DAY}):
        card, code = issue(database, **more)
        expire(database, card)
        assert (see(database, code).card.state, see(database, code).balance_minor) == ("active", 20_00)


def test_a_withdrawn_card_stays_withdrawn(database: Database) -> None:
    card, code = issue(database, expires_at=database.clock.now() + DAY)
    end(database, card)
    with pytest.raises(Conflict, match="withdrawn"):
        database.write_now(lambda tx: pay.extend_gift_card(tx, p.DANA, card.id, None))
    database.clock.advance(2 * DAY)  # type: ignore[attr-defined]
    expire(database, card)
    assert database.read_now(lambda snapshot: gift_cards.list_due_cards(snapshot, 10)) == []
    assert see(database, code).card.state == "ended"


def test_an_expired_card_that_is_extended_can_be_used_and_given_an_end_again(database: Database) -> None:
    card, code = issue(database, expires_at=database.clock.now() + DAY)
    database.clock.advance(DAY)  # type: ignore[attr-defined]
    assert database.read_now(lambda snapshot: gift_cards.list_due_cards(snapshot, 10)) == [card.id]
    until = database.clock.now() + DAY
    database.write_now(lambda tx: pay.extend_gift_card(tx, p.DANA, card.id, until))
    assert is_usable(database, code) == "ok"
    expire(database, card)
    assert see(database, code).card.state == "active"
    with pytest.raises(Invalid):
        database.write_now(lambda tx: pay.extend_gift_card(tx, p.DANA, card.id, database.clock.now()))


def test_what_comes_back_to_an_expired_card_can_be_used_once_it_is_extended(database: Database) -> None:
    card, code = issue(database, expires_at=database.clock.now() + DAY)
    payment = pay_with(database, card, 4_00)
    database.clock.advance(DAY)  # type: ignore[attr-defined]
    expire(database, card)
    p.tell(database, payment, "declined")
    assert (see(database, code).available_minor, is_usable(database, code)) == (4_00, "conflict")
    database.write_now(lambda tx: pay.extend_gift_card(tx, p.DANA, card.id, None))
    assert (see(database, code).card.state, is_usable(database, code)) == ("active", "ok")
    assert p.breaches(database) == []


def test_cards_come_in_the_order_in_which_their_codes_were_given(database: Database) -> None:
    first, second = issue(database)[0].id, issue(database)[0].id
    for wanted in ([first, second], [second, first]):
        found = database.read_now(lambda snapshot, ids=[*wanted, "gif_none"]: pay.gift_cards_of(snapshot, ids))
        assert [each.card.id for each in found] == wanted


def test_only_the_operator_makes_ends_and_extends_cards(database: Database) -> None:
    card, _ = issue(database)
    for verb in (
        lambda tx: pay.issue_gift_card(tx, p.BRUNO, pay.IssueCard("EUR", 1)),
        lambda tx: pay.end_gift_card(tx, p.BRUNO, card.id),
        lambda tx: pay.extend_gift_card(tx, p.BRUNO, card.id, None),
    ):
        with pytest.raises(NotAllowed):
            database.write_now(verb)


def test_a_code_is_read_however_it_is_written(database: Database) -> None:
    card, code = issue(database)
    for written in (code.reveal().lower(), code.reveal().replace("-", " "), f" {code.reveal().replace('-', '')} "):
        assert see(database, Secret(written)).card == card
