"""How a task asks a processor for something, and records the answer.

A task may be run again after a crash between the act and its record, or when an answer did not come. So from its second
attempt on it first looks up, by the key, whether the act was done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from entrepot.kernel import DAY, HOUR, MINUTE, SECOND, Conflict, Snapshot, TaskRun, Tx

from . import rows
from .actions import save_action
from .bank import payout_address
from .captures import CaptureTask, VoidTask, read_capture, report_capture, report_whole, whole_of
from .payments import DECLINED, ChargeTask
from .payouts import PayoutTask, read_payout, report_payout
from .processors import (
    CaptureIntent,
    Charge,
    ChargeIntent,
    ChargeName,
    NotItsAmount,
    PayoutIntent,
    Processor,
    Processors,
    Receipt,
    RefundIntent,
    split_method,
)
from .refunds import RefundTask, read_refund
from .reports import report_charge, report_refund
from .sealing import Sealer
from .types import CaptureMode, Payment

LOOKUP_TASK = "pay.lookup"
LOOKUP_AFTER = 5 * SECOND
FRESH = MINUTE
OPEN_FOR = 6 * HOUR
"""Longer than any page to pay on stays open."""
GIVEN_UP_AFTER = 30 * DAY
"""So long after its end a payment is asked about: money that comes later is found by reconciliation."""

ReturnUrl = Callable[[str], str]
"""Where a buyer comes back to after paying elsewhere, for the ref of a payment."""


class Asking:
    """What pay does outside of transactions."""

    def __init__(
        self,
        processors: Processors,
        sealer: Sealer | None = None,
        return_url: ReturnUrl | None = None,
        capture: CaptureMode = "at_once",
    ) -> None:
        self._processors = processors
        self._sealer = sealer
        self._capture = capture
        self._return_url: ReturnUrl = return_url or (lambda ref: "")

    # --- charges

    def charge(self, run: TaskRun, body: ChargeTask) -> None:
        """Take a buyer's money, or set it aside."""
        payment, asked = run.database.read_now(lambda snapshot: _asked_charge(snapshot, body.payment_id))
        if payment.state in ("authorised", "captured", "captured_late"):
            return
        processor = self._processors.get(payment.processor)
        charge = (
            None if _is_first(run, payment.created_at) else processor.find_charge(payment.id, payment.processor_ref)
        )
        if charge is None and payment.state != "requested":
            return  # given up before the processor ever heard of it
        self._settle_charge(run, processor, charge or self._charge(processor, payment, asked))

    def look_up(self, run: TaskRun, body: ChargeTask) -> None:
        """Ask what became of a charge whose outcome was to be told later."""
        payment = run.database.read_now(lambda snapshot: rows.read_payment(snapshot, body.payment_id))
        if payment.state in ("authorised", "captured", "captured_late", "declined"):
            return
        now = run.database.clock.now()
        if payment.finished_at is not None and now - payment.finished_at > GIVEN_UP_AFTER:
            return
        processor = self._processors.get(payment.processor)
        charge = processor.find_charge(payment.id, payment.processor_ref)
        if charge is None and not processor.abilities.opens_late:
            raise Conflict(f"{processor.name} does not know a charge that it had taken on")
        if charge is None and payment.finished_at is not None and now - payment.finished_at > OPEN_FOR:
            return  # nobody has opened its page, and nobody can any more
        if charge is None or charge.state == "pending":
            run.later(_wait_s(now - payment.created_at))
            return
        self._settle_charge(run, processor, charge)

    def _charge(self, processor: Processor, payment: Payment, asked: Any) -> Charge:
        _, token = split_method(asked.method)
        wants_hold = asked.capture == "on_shipment" or (self._capture == "on_shipment" and not asked.with_others)
        hold = wants_hold and processor.abilities.holds
        intent = ChargeIntent(
            payment.id, payment.ref, token, payment.amount_minor, payment.currency, hold, self._return_url(payment.ref)
        )
        try:
            return processor.charge(intent)
        except Conflict as refused:
            # It cannot be done at all: the order need not wait, once the processor also does not know of it.
            found = processor.find_charge(payment.id, payment.processor_ref) if processor.abilities.asks else None
            reason = refused.sentence if isinstance(refused, NotItsAmount) else DECLINED
            return found or Charge(payment.id, "", "declined", payment.amount_minor, payment.currency, reason)

    def _settle_charge(self, run: TaskRun, processor: Processor, charge: Charge) -> None:
        """Record the answer. The processor may want to tell later; we ask as well, because a message may be lost."""

        def record(tx: Tx) -> None:
            if charge.action is not None:
                save_action(tx, charge.key, charge.action)
            report_charge(tx, charge)
            if charge.state == "pending" and processor.abilities.asks:
                tx.enqueue(LOOKUP_TASK, ChargeTask(charge.key), key=charge.key, run_at=tx.now + LOOKUP_AFTER)

        run.settle(record)

    # --- parts, releases

    def capture(self, run: TaskRun, body: CaptureTask) -> None:
        """Take a part of what was set aside; the whole of it, where the processor can take only once."""
        part = run.database.read_now(lambda snapshot: read_capture(snapshot, body.capture_id))
        if part.state != "requested":
            return
        _, processor, name = self._named(run, part.payment_id)
        intent = CaptureIntent(part.id, name, part.amount_minor, part.currency)
        record = report_capture
        if not processor.abilities.parts:
            # One key for the payment, whichever parcel leaves first.
            whole_minor = run.database.read_now(lambda snapshot: whole_of(snapshot, part.payment_id))
            intent = CaptureIntent(part.payment_id, name, whole_minor, part.currency, True)
            record = report_whole
        receipt = None if _is_first(run, part.created_at) else processor.find_capture(intent.key, name)
        if receipt is None:
            receipt = _ask(
                lambda: processor.capture(intent), lambda: processor.find_capture(intent.key, name), _failed(intent)
            )
        _settle_receipt(run, processor, receipt, part.created_at, record)

    def void(self, run: TaskRun, body: VoidTask) -> None:
        """Release what is left at the processor: nothing more is to be taken."""
        _, processor, name = self._named(run, body.payment_id)
        processor.void(name)

    # --- refunds, payouts

    def refund(self, run: TaskRun, body: RefundTask) -> None:
        """Give a buyer money back."""
        refund = run.database.read_now(lambda snapshot: read_refund(snapshot, body.refund_id))
        if refund.state == "paid":
            return
        payment, processor, name = self._named(run, refund.payment_id)
        receipt = None if _is_first(run, refund.created_at) else processor.find_refund(refund.id, name)
        if receipt is None:
            intent = RefundIntent(refund.id, payment.id, payment.processor_ref, refund.amount_minor, refund.currency)
            receipt = processor.refund(intent)
        if receipt.state == "failed":
            raise Conflict(f"{processor.name} could not give {refund.id} back: {receipt.reason or 'no reason given'}")
        _settle_receipt(run, processor, receipt, refund.created_at, report_refund)

    def pay_out(self, run: TaskRun, body: PayoutTask) -> None:
        """Send a merchant what is due."""
        payout = run.database.read_now(lambda snapshot: read_payout(snapshot, body.payout_id))
        if payout.state != "requested":
            return
        processor = self._processors.get(payout.processor)
        receipt = None if _is_first(run, payout.created_at) else processor.find_payout(payout.id)
        if receipt is None:
            holder, number = run.database.read_now(
                lambda snapshot: payout_address(snapshot, payout.account_id, self._sealer)
            )
            intent = PayoutIntent(payout.id, payout.merchant_id, payout.amount_minor, payout.currency, number, holder)
            receipt = _ask(lambda: processor.payout(intent), lambda: processor.find_payout(payout.id), _failed(intent))
        _settle_receipt(run, processor, receipt, payout.created_at, report_payout)

    def _named(self, run: TaskRun, payment_id: str) -> tuple[Payment, Processor, ChargeName]:
        payment = run.database.read_now(lambda snapshot: rows.read_payment(snapshot, payment_id))
        name = ChargeName(payment.id, payment.processor_ref, payment.currency)
        return payment, self._processors.get(payment.processor), name


def _asked_charge(snapshot: Snapshot, payment_id: str) -> tuple[Payment, Any]:
    """A payment, and how its buyer wants to pay."""
    payment, asked = rows.read_payment(snapshot, payment_id), snapshot.one(rows.asked_of, id=payment_id)
    assert asked is not None
    return payment, asked


def _ask(act: Callable[[], Receipt], find: Callable[[], Receipt | None], failed: Receipt) -> Receipt:
    """Act. What cannot be done at all has failed for good, once the processor also does not know of it."""
    try:
        return act()
    except Conflict as conflict:
        return find() or msgspec.structs.replace(failed, reason=conflict.sentence)


def _failed(intent: CaptureIntent | PayoutIntent) -> Receipt:
    return Receipt(intent.key, "", intent.amount_minor, intent.currency, "failed")


def _settle_receipt(
    run: TaskRun, processor: Processor, receipt: Receipt, asked_at: int, record: Callable[[Tx, Receipt], None]
) -> None:
    """Record what was done. What takes its time is asked about again; what only people know is told by them."""
    if receipt.state == "pending" and processor.abilities.asks:
        run.later(_wait_s(run.database.clock.now() - asked_at))
        return
    run.settle(lambda tx: record(tx, receipt))


def _wait_s(age: int) -> int:
    """How long to wait before asking again: as long as it has taken so far, an hour at most."""
    return min(max(age, LOOKUP_AFTER), HOUR) // SECOND


def _is_first(run: TaskRun, asked_at: int) -> bool:
    """Whether the processor was surely not asked before: an operator's retry counts attempts anew, so age counts."""
    return run.attempt == 1 and run.database.clock.now() - asked_at < FRESH
