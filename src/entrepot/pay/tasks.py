"""What pay does outside of transactions: ask the processor, and record what it said.

A task may be run again after a crash between the act and its record, or when an answer did not come. So from its second
attempt on it first looks up, by the key, whether the act was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from entrepot.identity import Scope
from entrepot.kernel import DAY, HOUR, MINUTE, SECOND, Conflict, Scheduled, TaskKind, TaskRun, Tx

from . import rows
from .payments import CHARGE_TASK, ChargeTask
from .payouts import PAYOUT_TASK, PayoutTask, read_payout, record_payout, request_payouts
from .processor import Charge, ChargeIntent, PayoutIntent, Processor, RefundIntent
from .refunds import REFUND_TASK, RefundTask, read_refund, record_refund
from .reports import report_charge
from .sandbox import SandboxProcessor, Waiting, WebhookSender
from .types import Payment, Settings

LOOKUP_TASK = "pay.lookup"
PAYOUTS_TASK = "pay.request_payouts"
WEBHOOKS_TASK = "pay.sandbox_webhooks"
ATTEMPTS_MAX = 60
"""About two days: a processor may be away for a weekend's night, and nothing owed is given up before."""
LOOKUP_AFTER = 5 * SECOND
FRESH = MINUTE


class PayoutsTask(msgspec.Struct, frozen=True):
    """Pay out what is due."""


class WebhooksTask(msgspec.Struct, frozen=True):
    """Carry the sandbox's webhooks that are due."""


SCHEDULE = (Scheduled(PAYOUTS_TASK, PayoutsTask(), DAY // SECOND),)


def tasks(
    processor: Processor, webhook_sender: WebhookSender | None = None, settings: Settings | None = None
) -> tuple[TaskKind[Any], ...]:
    """Pay's tasks. With a sandbox and a sender, its webhooks are carried too; a real processor sends its own."""
    minimum_minor = (settings or Settings()).payout_min_minor
    post = Post(processor, webhook_sender)

    def charge(run: TaskRun, body: ChargeTask) -> None:
        _charge(processor, post, run, body)

    def look_up(run: TaskRun, body: ChargeTask) -> None:
        _look_up(processor, run, body)

    def refund(run: TaskRun, body: RefundTask) -> None:
        _refund(processor, run, body)

    def pay_out(run: TaskRun, body: PayoutTask) -> None:
        _pay_out(processor, run, body)

    def request(run: TaskRun, body: PayoutsTask) -> None:
        run.settle(lambda tx: request_payouts(tx, Scope.system(), minimum_minor, processor.name))

    return (
        TaskKind(CHARGE_TASK, ChargeTask, charge, ATTEMPTS_MAX),
        TaskKind(LOOKUP_TASK, ChargeTask, look_up, ATTEMPTS_MAX),
        TaskKind(REFUND_TASK, RefundTask, refund, ATTEMPTS_MAX),
        TaskKind(PAYOUT_TASK, PayoutTask, pay_out, ATTEMPTS_MAX),
        TaskKind(PAYOUTS_TASK, PayoutsTask, request),
        TaskKind(WEBHOOKS_TASK, WebhooksTask, lambda run, body: post.carry(run)),
    )


class Post:
    """Carries the sandbox's webhooks into the market, each when it is due."""

    def __init__(self, processor: Processor, send: WebhookSender | None) -> None:
        self._sandbox = processor if isinstance(processor, SandboxProcessor) and send is not None else None
        self._send = send

    def remind(self, run: TaskRun) -> None:
        """Have a task carry each webhook that waits, at its time."""
        if self._sandbox is not None and (waiting := self._sandbox.waiting_webhooks()):
            run.database.write_now(lambda tx: _enqueue_carriers(tx, waiting))

    def carry(self, run: TaskRun) -> None:
        """Deliver what is due; what was not heard comes again."""
        if self._sandbox is None or self._send is None:
            return
        self._sandbox.deliver_webhooks(self._send)
        waiting = self._sandbox.waiting_webhooks()
        run.settle(lambda tx: _enqueue_carriers(tx, waiting))


def _enqueue_carriers(tx: Tx, webhooks: Sequence[Waiting]) -> None:
    """One task for each try of each webhook."""
    for each in webhooks:
        tx.enqueue(WEBHOOKS_TASK, WebhooksTask(), key=f"{each.id} {each.number} {each.tries}", run_at=each.due_at)


def _charge(processor: Processor, post: Post, run: TaskRun, body: ChargeTask) -> None:
    payment = run.database.read_now(lambda snapshot: rows.read_payment(snapshot, body.payment_id))
    if payment.state in ("captured", "captured_late"):
        return
    charge = None if _is_first(run, payment.created_at) else processor.find_charge(payment.id)
    if charge is None and payment.state != "requested":
        return  # given up before the processor ever heard of it
    try:
        charge = charge or _ask(processor, run, payment)
    finally:
        post.remind(run)
    _settle_charge(run, charge)


def _ask(processor: Processor, run: TaskRun, payment: Payment) -> Charge:
    method = str(run.database.read_now(lambda snapshot: snapshot.value(rows.method_of, id=payment.id)))
    return processor.charge(ChargeIntent(payment.id, payment.ref, method, payment.amount_minor, payment.currency))


def _settle_charge(run: TaskRun, charge: Charge) -> None:
    """Record the answer. The processor may want to tell later; we ask as well, because a message may be lost."""

    def record(tx: Tx) -> None:
        report_charge(tx, charge)
        if charge.state == "pending":
            tx.enqueue(LOOKUP_TASK, ChargeTask(charge.key), key=charge.key, run_at=tx.now + LOOKUP_AFTER)

    run.settle(record)


def _look_up(processor: Processor, run: TaskRun, body: ChargeTask) -> None:
    payment = run.database.read_now(lambda snapshot: rows.read_payment(snapshot, body.payment_id))
    if payment.state in ("captured", "captured_late", "declined"):
        return
    charge = processor.find_charge(payment.id)
    if charge is None:
        raise Conflict(f"{processor.name} does not know a charge that it had taken on")
    if charge.state == "pending":
        age = run.database.clock.now() - payment.created_at
        run.later(min(max(age, LOOKUP_AFTER), HOUR) // SECOND)
        return
    _settle_charge(run, charge)


def _refund(processor: Processor, run: TaskRun, body: RefundTask) -> None:
    refund = run.database.read_now(lambda snapshot: read_refund(snapshot, body.refund_id))
    if refund.state == "paid":
        return
    payment = run.database.read_now(lambda snapshot: rows.read_payment(snapshot, refund.payment_id))
    receipt = None if _is_first(run, refund.created_at) else processor.find_refund(refund.id)
    if receipt is None:
        intent = RefundIntent(refund.id, payment.id, payment.processor_ref, refund.amount_minor, refund.currency)
        receipt = processor.refund(intent)
    done = receipt
    run.settle(lambda tx: record_refund(tx, refund.id, done.processor_ref))


def _pay_out(processor: Processor, run: TaskRun, body: PayoutTask) -> None:
    payout = run.database.read_now(lambda snapshot: read_payout(snapshot, body.payout_id))
    if payout.state == "paid":
        return
    receipt = None if _is_first(run, payout.created_at) else processor.find_payout(payout.id)
    if receipt is None:
        intent = PayoutIntent(payout.id, payout.merchant_id, payout.amount_minor, payout.currency)
        receipt = processor.payout(intent)
    done = receipt
    run.settle(lambda tx: record_payout(tx, payout.id, done.processor_ref))


def _is_first(run: TaskRun, asked_at: int) -> bool:
    """Whether the processor was surely not asked before: an operator's retry counts attempts anew, so age counts."""
    return run.attempt == 1 and run.database.clock.now() - asked_at < FRESH
