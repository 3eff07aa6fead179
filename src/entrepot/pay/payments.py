"""Payments: money is asked for in one command, taken by a task, and what became of it is recorded once.

The buyer's client, a webhook, the task and a look-up may all bring the outcome, in any order and more than once. The
payment's row is locked while one of them is recorded, so the first decides and the others change nothing; with one
exception: money that comes after the payment ended without money is never lost, it goes to `unapplied` and back.
"""

from __future__ import annotations

import re

import msgspec

from entrepot import ledger
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Snapshot, Tx, decimals_of

from . import rows
from .captures import VOID_TASK, VoidTask
from .events import PaymentAuthorised, PaymentCaptured, PaymentDeclined
from .processors import split_method
from .refunds import return_late_money
from .sources import Source, capture_plan, holds_plan, release_plan, sources_of, spread
from .types import CaptureMode, Outcome, Payment, PaymentLeg, PaymentState, StartPayment

CHARGE_TASK = "pay.charge"
CASH_ON_DELIVERY = "manual:delivery"
METHOD = re.compile(r"[\x21-\x7e]{1,200}")
DECLINED = "The payment was declined: try another card or account"


class ChargeTask(msgspec.Struct, frozen=True):
    """The payment to be charged, or to be asked about."""

    payment_id: str


def get_payment(snapshot: Snapshot, scope: Scope, payment_id: str) -> Payment:
    """A payment, for whoever pays and for the operator; NotFound for everybody else."""
    payment = rows.read_payment(snapshot, payment_id)
    if not _may_see(scope, payment):
        raise NotFound("There is no such payment")
    return payment


def find_payment_by_ref(snapshot: Snapshot, scope: Scope, ref: str) -> Payment | None:
    """The newest payment of an order; None when there is none or it is somebody else's."""
    payment = snapshot.one(rows.newest_payment, ref=ref)
    return payment if payment is not None and _may_see(scope, payment) else None


def start_payment(tx: Tx, start: StartPayment) -> tuple[Payment, ledger.Plan]:
    """Record that a buyer is about to pay, and have the processor charged after the commit.

    The caller posts the plan: for each leg holds from the processor, from gift cards and from the platform's subsidy to
    the leg's escrow. An order of which nothing is left for the processor is paid at once. Conflict when the order has a
    live payment already; `ledger.Insufficient` from the post when a gift card has too little left.
    """
    check_start(start)
    amount_minor = sum(leg.amount_minor for leg in start.legs)
    payment = Payment(
        tx.new_id("pay"), start.ref, start.buyer, split_method(start.method)[0], start.currency, amount_minor,
        "requested" if amount_minor else "captured", None, None, tx.now, None if amount_minor else tx.now,
    )  # fmt: skip
    gifts = spread(start.gifts, start.legs)
    asked = {"method": start.method, "capture": capture_mode(start)}
    if not tx.run(rows.insert_payment, **msgspec.structs.asdict(payment), **asked):
        raise Conflict("This order is being paid, or has been paid, already")
    tx.run_many(rows.insert_leg, [_leg_row(payment, leg) for leg in start.legs])
    tx.run_many(rows.insert_gift_use, [{"payment_id": payment.id, **msgspec.structs.asdict(gift)} for gift in gifts])
    sources = sources_of(payment, start.legs, gifts)
    plan = holds_plan(sources, payment.currency)
    if amount_minor:
        tx.enqueue(CHARGE_TASK, ChargeTask(payment.id), key=payment.id)
        return payment, plan
    tx.announce(PaymentCaptured(payment.id, payment.ref))
    return payment, plan + capture_plan(sources)


def capture_mode(start: StartPayment) -> CaptureMode:
    """When the money is taken: what is paid at the door is not there before."""
    return "on_shipment" if start.method == CASH_ON_DELIVERY else start.capture


def record_outcome(tx: Tx, payment_id: str, outcome: Outcome) -> Payment:
    """Record what became of a charge, and post what follows from it; returns the payment as it then stands.

    The same word again, from whomever, changes nothing. What is only set aside for a payment that has ended is let go
    by a task. Money captured after the payment was abandoned or declined is given back by a refund that starts here.
    """
    payment = rows.lock_payment(tx, payment_id)
    match outcome.kind, payment.state:
        case "captured", "requested":
            return _capture(tx, payment, outcome)
        case "authorised", "requested":
            return _authorise(tx, payment, outcome)
        case "authorised" | "unknown", "abandoned" | "declined" if outcome.processor_ref:
            tx.send(rows.set_processor_ref, id_=payment.id, processor_ref_=outcome.processor_ref)
            tx.enqueue(VOID_TASK, VoidTask(payment.id), key=f"{payment.id} {outcome.processor_ref}")
        case "unknown", "requested" if outcome.processor_ref not in (None, payment.processor_ref):
            tx.send(rows.set_processor_ref, id_=payment.id, processor_ref_=outcome.processor_ref)
        case "captured", "abandoned" | "declined":
            return _capture_late(tx, payment, outcome)
        case "declined", "requested":
            return _decline(tx, payment, outcome)
    return payment


def abandon_payment(tx: Tx, payment_id: str) -> ledger.Plan:
    """Give a payment up before money came: the order has expired or was cancelled. The caller posts the plan.

    Conflict when the money is there: the order is paid, and lives. A payment that has ended already: an empty plan.
    """
    payment = rows.lock_payment(tx, payment_id)
    if payment.state in ("authorised", "captured", "captured_late"):
        raise Conflict("This order has been paid meanwhile")
    if payment.state != "requested":
        return ledger.Plan()
    plan = release_plan(_sources(tx, payment))
    _end_without_money(tx, payment, "abandoned", payment.processor_ref, None)
    if payment.processor_ref is not None:  # it may still be open there, or set aside: nobody is to pay it now
        tx.enqueue(VOID_TASK, VoidTask(payment.id), key=f"{payment.id} {payment.processor_ref}")
    return plan


def check_start(start: StartPayment) -> None:
    """Refuse what cannot be paid."""
    decimals_of(start.currency)
    if not start.legs:
        raise Invalid("There is nothing to pay: the order has no lines")
    if not METHOD.fullmatch(start.method) or not all(split_method(start.method)):
        raise Invalid("Choose how to pay", fields={"method": "Choose how to pay"})
    if len({leg.seller_order_id for leg in start.legs}) < len(start.legs):
        raise Invalid("A seller order may be named once in a payment")
    if any(min(leg.amount_minor, leg.gift_minor, leg.subsidy_minor) < 0 for leg in start.legs):
        raise Invalid("An amount to pay cannot be below zero")


def _sources(tx: Tx, payment: Payment) -> list[Source]:
    """What was set aside for a payment."""
    legs, gifts = tx.later(rows.legs_of, payment_id=payment.id), tx.later(rows.gifts_of, payment_id=payment.id)
    return sources_of(payment, legs(), gifts())


def _capture(tx: Tx, payment: Payment, outcome: Outcome) -> Payment:
    ledger.post(tx, capture_plan(_sources(tx, payment)))
    tx.announce(PaymentCaptured(payment.id, payment.ref))
    return _finish(tx, payment, "captured", outcome.processor_ref, None)


def _authorise(tx: Tx, payment: Payment, outcome: Outcome) -> Payment:
    """The money is set aside at the processor. What needs none of it is paid now: gift cards, the platform's share."""
    legs = {leg.seller_order_id for leg in tx.all(rows.legs_of, payment_id=payment.id) if not leg.amount_minor}
    ledger.post(tx, capture_plan(source for source in _sources(tx, payment) if source.seller_order_id in legs))
    tx.announce(PaymentAuthorised(payment.id, payment.ref))
    return _finish(tx, payment, "authorised", outcome.processor_ref, None)


def _capture_late(tx: Tx, payment: Payment, outcome: Outcome) -> Payment:
    """The holds are gone, so the money is kept apart from every order, and its refund begins in the same post."""
    late = _finish(tx, payment, "captured_late", outcome.processor_ref, payment.reason)
    ledger.post(tx, return_late_money(tx, late))
    return late


def _decline(tx: Tx, payment: Payment, outcome: Outcome) -> Payment:
    reason = outcome.reason or DECLINED
    ledger.post(tx, release_plan(_sources(tx, payment)))
    tx.announce(PaymentDeclined(payment.id, payment.ref, reason))
    return _end_without_money(tx, payment, "declined", outcome.processor_ref, reason)


def _end_without_money(
    tx: Tx, payment: Payment, state: PaymentState, processor_ref: str | None, reason: str | None
) -> Payment:
    tx.send(rows.close_legs, payment_id_=payment.id, now_=tx.now)
    return _finish(tx, payment, state, processor_ref, reason)


def _finish(tx: Tx, payment: Payment, state: PaymentState, processor_ref: str | None, reason: str | None) -> Payment:
    finished = msgspec.structs.replace(
        payment, state=state, processor_ref=processor_ref, reason=reason, finished_at=tx.now
    )
    tx.send(
        rows.finish_payment,
        id_=payment.id, state_=state, processor_ref_=processor_ref, reason_=reason, finished_at_=tx.now,
    )  # fmt: skip
    return finished


def _leg_row(payment: Payment, leg: PaymentLeg) -> dict[str, object]:
    return {
        "payment_id": payment.id,
        "seller_order_id": leg.seller_order_id,
        "merchant_id": leg.merchant_id,
        "currency": payment.currency,
        "amount_minor": leg.amount_minor,
        "gift_minor": leg.gift_minor,
        "subsidy_minor": leg.subsidy_minor,
        "released_minor": 0,
        "closed_at": None,
        "frozen_by": None,
    }


def _may_see(scope: Scope, payment: Payment) -> bool:
    return scope.is_operator or (scope.actor == payment.buyer and not scope.is_public)
