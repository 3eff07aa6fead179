"""A webhook is believed when it is signed with our secret, now; and heard once."""

import base64
from collections.abc import Callable, Mapping
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from entrepot import ledger, pay
from entrepot.kernel import SECOND, Conflict, Database, Invalid, NotAllowed, NotFound, Secret
from entrepot.kernel.testing import NOON
from entrepot.pay.processors.sandbox import telling
from entrepot.pay.processors.standard import sign_webhook, verify_webhook
from tests.pay import purchases as p

SECRET = Secret("whsec_" + base64.b64encode(b"thirty-two bytes of shared secret").decode())
OTHER = Secret("whsec_" + base64.b64encode(b"thirty-two bytes of other secrets").decode())
BODY = b'{"type":"something.else","data":{}}'


def signed(body: bytes, *, webhook_id: str = "msg_1", at: int = NOON, secret: Secret = SECRET) -> dict[str, str]:
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at // SECOND),
        "webhook-signature": sign_webhook(webhook_id, at // SECOND, body, secret),
    }


def captured(payment: pay.Payment, **changes: object) -> bytes:
    charge = pay.Charge(payment.id, "ch_1", "captured", payment.amount_minor, payment.currency)
    charge = msgspec.structs.replace(charge, **changes)
    return b'{"type":"charge.captured","data":' + msgspec.json.encode(charge) + b"}"


def hear(database: Database, headers: Mapping[str, str], body: bytes) -> bool:
    webhook = telling.read(headers, body, SECRET, database.clock.now())
    return database.write_now(lambda tx: pay.record_webhook(tx, "sandbox", webhook))


def test_a_signed_webhook_is_heard_once(database: Database) -> None:
    payment = p.start(database)
    body = captured(payment)
    assert hear(database, signed(body), body) is True
    assert hear(database, signed(body), body) is False
    assert p.state_of(database, payment) == "captured"
    assert p.events_of(database) == [pay.PaymentCaptured(payment.id, "ord_1")]


def test_headers_are_read_whatever_their_case(database: Database) -> None:
    headers = {name.title(): value for name, value in signed(BODY).items()}
    assert hear(database, headers, BODY) is True


def test_the_signature_is_that_of_the_standard() -> None:
    headers = signed(BODY)
    headers["webhook-signature"] += " v1,bm90IHRoaXMgb25l"
    assert verify_webhook(headers, BODY, SECRET, NOON) == "msg_1"
    Webhook(SECRET.reveal())  # the library reads the same secret


TAMPERINGS: dict[str, Callable[[dict[str, str]], None]] = {
    "another id": lambda headers: headers.update({"webhook-id": "msg_2"}),
    "a later time": lambda headers: headers.update({"webhook-timestamp": str(NOON // SECOND + 1)}),
    "another secret": lambda headers: headers.update(signed(BODY, secret=OTHER)),
    "no signature": lambda headers: headers.pop("webhook-signature") and None,
    "an empty signature": lambda headers: headers.update({"webhook-signature": ""}),
    "a cut signature": lambda headers: headers.update({"webhook-signature": headers["webhook-signature"][:-4]}),
    "another version": lambda headers: headers.update({"webhook-signature": "v2" + headers["webhook-signature"][2:]}),
    "words": lambda headers: headers.update({"webhook-signature": "v1 trust, me, ünsigned"}),
    "no id": lambda headers: headers.pop("webhook-id") and None,
    "no time": lambda headers: headers.pop("webhook-timestamp") and None,
    "a time in words": lambda headers: headers.update({"webhook-timestamp": "today"}),
    "a time below zero": lambda headers: headers.update({"webhook-timestamp": "-1"}),
    "a time beyond all": lambda headers: headers.update({"webhook-timestamp": "9" * 11}),
    "five minutes old": lambda headers: headers.update(signed(BODY, at=NOON - 301 * SECOND)),
    "from the future": lambda headers: headers.update(signed(BODY, at=NOON + 301 * SECOND)),
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_forged_webhook_is_refused(tamper: Callable[[dict[str, str]], None]) -> None:
    headers = signed(BODY)
    tamper(headers)
    with pytest.raises(NotAllowed):
        verify_webhook(headers, BODY, SECRET, NOON)


@given(st.binary(max_size=60), st.dictionaries(st.sampled_from(list(signed(BODY))), st.text(max_size=60)))
def test_no_bytes_or_headers_break_the_check(body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(NotAllowed):
        verify_webhook({**signed(BODY), **headers}, body, SECRET, NOON)


def test_a_tampered_body_is_refused_and_changes_nothing(database: Database) -> None:
    payment = p.start(database)
    body = captured(payment)
    with pytest.raises(NotAllowed):
        hear(database, signed(body), body.replace(b"1250", b"1"))
    assert p.state_of(database, payment) == "requested"


def test_a_signed_webhook_of_another_amount_is_refused_and_may_come_again(database: Database) -> None:
    payment = p.start(database)
    wrong = captured(payment, amount_minor=1)
    with pytest.raises(Conflict, match="reports 1 EUR"):
        hear(database, signed(wrong), wrong)
    assert p.state_of(database, payment) == "requested"
    right = captured(payment)
    assert hear(database, signed(right), right) is True


def told(kind: str, key: str, amount_minor: int) -> bytes:
    receipt = pay.Receipt(key, "ref_1", amount_minor, "EUR")
    return f'{{"type":"{kind}.done","data":'.encode() + msgspec.json.encode(receipt) + b"}"


def test_a_processor_says_nothing_of_what_another_one_was_asked_for(database: Database) -> None:
    payment = p.start(database, method="manual:transfer")
    p.tell(database, payment, "captured")
    refund_id = p.refund(database, payment, 100)
    body = told("refund", refund_id, 100)
    with pytest.raises(Conflict, match="manual was asked for"):
        hear(database, signed(body), body)
    assert database.read_now(lambda s: pay.list_refunds(s, [payment.id]))[payment.id][0].state == "requested"
    p.complete(database, 10_00 - 100)
    [payout] = database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1, "manual"))
    for kind in ("payout", "capture"):
        body = told(kind, payout.id if kind == "payout" else "cap_none", payout.amount_minor)
        with pytest.raises((Conflict, NotFound)):
            hear(database, signed(body, webhook_id=kind), body)
    assert database.read_now(lambda s: pay.get_payout(s, p.BRUNO, payout.id)).state == "requested"


def test_a_webhook_of_somebody_elses_payment_is_not_found(database: Database) -> None:
    payment = p.start(database)
    body = captured(payment, key="pay_none")
    with pytest.raises(NotFound):
        hear(database, signed(body), body)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"type":1}', b'{"type":"charge.captured"}', b"\xff"])
def test_a_signed_webhook_that_cannot_be_read_is_refused(database: Database, body: bytes) -> None:
    if body == b"\xff":
        with pytest.raises(NotAllowed):
            hear(database, {**signed(BODY)}, body)
        return
    with pytest.raises(Invalid):
        hear(database, signed(body), body)


def test_other_kinds_are_heard_and_set_aside(database: Database) -> None:
    assert hear(database, signed(BODY), BODY) is True
    assert p.events_of(database) == []


def told_in_a_life(database: Database) -> list[pay.Told]:
    """Everything that a processor tells of a payment that came, one that came too late, and what follows them."""
    paid = p.buy(database)
    late = p.start(database, "ord_2", [pay.PaymentLeg("sor_late", 3_00, "org_bruno")])
    p.abandon(database, late)
    back = p.refund(database, paid, 2_00)
    p.complete(database, 8_00)
    [payout] = database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))
    name = pay.ChargeName(paid.id, "ch_1", "EUR")
    bank = [pay.Chargeback("dp_1", name, 8_00, "EUR", each, said_at=at)  # type: ignore[arg-type]
            for at, each in enumerate(("opened", "won", "lost", "won"))]  # fmt: skip
    return [
        pay.ChargeTold(pay.Charge(paid.id, "ch_1", "captured", paid.amount_minor, "EUR")),
        pay.ChargeTold(pay.Charge(late.id, "ch_2", "captured", late.amount_minor, "EUR")),
        pay.RefundTold(pay.Receipt(back, "re_1", 2_00, "EUR")),
        pay.PayoutTold(pay.Receipt(payout.id, "po_1", payout.amount_minor, "EUR")),
        pay.PayoutTold(pay.Receipt(payout.id, "po_1", payout.amount_minor, "EUR", "failed", "No such account")),
        *(pay.ChargebackTold(each) for each in bank),
    ]


def test_what_is_told_again_after_its_name_was_forgotten_changes_nothing(database: Database) -> None:
    told = told_in_a_life(database)
    numbers = iter(range(1_000))

    def tell(each: pay.Told) -> bool:
        webhook = pay.Webhook(f"msg_{next(numbers)}", "any", (each,))
        return database.write_now(lambda tx: pay.record_webhook(tx, "sandbox", webhook))

    for each in told:
        tell(each)
    assert database.write_now(lambda tx: pay.forget_heard(tx, NOON)) == 0
    assert database.write_now(lambda tx: pay.forget_heard(tx, NOON + 1)) == len(told)
    moved = database.read_now(lambda s: ledger.list_transfers(s, most=1_000))
    events = p.events_of(database)
    again = [*told, *told]
    Random(7).shuffle(again)
    for each in again:
        assert tell(each)
    assert database.read_now(lambda s: ledger.list_transfers(s, most=1_000)) == moved
    assert p.events_of(database) == events
    assert p.breaches(database) == []
