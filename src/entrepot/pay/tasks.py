"""Pay's tasks, and which of them come again by the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from entrepot.kernel import DAY, HOUR, SECOND, Scheduled, TaskKind, TaskRun, Tx

from .asking import LOOKUP_TASK, Asking, ReturnUrl
from .captures import CAPTURE_TASK, VOID_TASK, CaptureTask, VoidTask
from .gift_cards import EXPIRE_CARDS, EXPIRE_CARDS_HOURLY
from .paying_out import request_scheduled
from .payments import CHARGE_TASK, ChargeTask
from .payouts import PAYOUT_TASK, PayoutTask
from .processors import Processor, Processors, SandboxProcessor, Waiting, WebhookSender
from .reconciliation import look_again
from .refunds import REFUND_TASK, RefundTask
from .reserves import BATCH, release_due
from .sealing import Sealer
from .types import Settings

PAYOUTS_TASK = "pay.request_payouts"
RESERVES_TASK = "pay.release_reserves"
LOOK_AGAIN_TASK = "pay.look_again"
WEBHOOKS_TASK = "pay.sandbox_webhooks"
ATTEMPTS_MAX = 60
"""About two days: a processor may be away for a weekend's night, and nothing owed is given up before."""


class PayoutsTask(msgspec.Struct, frozen=True):
    """Pay out what is due."""


class ReservesTask(msgspec.Struct, frozen=True):
    """Let merchants have what was kept back long enough."""


class LookAgainTask(msgspec.Struct, frozen=True):
    """Compare again what files and the ledger did not agree on."""


class WebhooksTask(msgspec.Struct, frozen=True):
    """Carry the sandbox's webhooks that are due."""


SCHEDULE = (
    Scheduled(RESERVES_TASK, ReservesTask(), HOUR // SECOND),
    Scheduled(PAYOUTS_TASK, PayoutsTask(), DAY // SECOND),
    Scheduled(LOOK_AGAIN_TASK, LookAgainTask(), DAY // SECOND),
    EXPIRE_CARDS_HOURLY,
)


def tasks(
    processors: Processor | Processors,
    webhook_sender: WebhookSender | None = None,
    settings: Settings | None = None,
    *,
    sealer: Sealer | None = None,
    return_url: ReturnUrl | None = None,
) -> tuple[TaskKind[Any], ...]:
    """Pay's tasks. With a sandbox and a sender, its webhooks are carried too; a real processor sends its own."""
    known = processors if isinstance(processors, Processors) else Processors([processors])
    asking = Asking(known, sealer, return_url, (settings or Settings()).capture)
    post = Post(known, webhook_sender)

    def request(run: TaskRun, body: PayoutsTask) -> None:
        rules = settings or Settings()
        run.settle(lambda tx: request_scheduled(tx, rules.payout_min_minor, known.for_payouts))

    def release(run: TaskRun, body: ReservesTask) -> None:
        while run.database.write_now(release_due) == BATCH:
            pass

    def kind(name: str, body: type[Any], act: Callable[[TaskRun, Any], None]) -> TaskKind[Any]:
        return TaskKind(name, body, post.after(act), ATTEMPTS_MAX)

    return (
        kind(CHARGE_TASK, ChargeTask, asking.charge),
        TaskKind(LOOKUP_TASK, ChargeTask, asking.look_up, ATTEMPTS_MAX),
        kind(CAPTURE_TASK, CaptureTask, asking.capture),
        kind(VOID_TASK, VoidTask, asking.void),
        kind(REFUND_TASK, RefundTask, asking.refund),
        kind(PAYOUT_TASK, PayoutTask, asking.pay_out),
        TaskKind(PAYOUTS_TASK, PayoutsTask, request),
        TaskKind(RESERVES_TASK, ReservesTask, release),
        TaskKind(LOOK_AGAIN_TASK, LookAgainTask, lambda run, body: look_again(run.database)),
        TaskKind(WEBHOOKS_TASK, WebhooksTask, lambda run, body: post.carry(run)),
        EXPIRE_CARDS,
    )


class Post:
    """Carries the sandbox's webhooks into the market, each when it is due."""

    def __init__(self, processors: Processors, send: WebhookSender | None) -> None:
        sandboxes = [each for each in processors if isinstance(each, SandboxProcessor)]
        self._sandbox = sandboxes[0] if sandboxes and send is not None else None
        self._send = send

    def after(self, act: Callable[[TaskRun, Any], None]) -> Callable[[TaskRun, Any], None]:
        """The same act; whatever came of it, the webhooks that it caused are carried in their time."""
        if self._sandbox is None:
            return act

        def run_and_remind(run: TaskRun, body: Any) -> None:
            try:
                act(run, body)
            finally:
                self._remind(run)

        return run_and_remind

    def carry(self, run: TaskRun) -> None:
        """Deliver what is due; what was not heard comes again."""
        if self._sandbox is None or self._send is None:
            return
        self._sandbox.deliver_webhooks(self._send)
        waiting = self._sandbox.waiting_webhooks()
        run.settle(lambda tx: _enqueue_carriers(tx, waiting))

    def _remind(self, run: TaskRun) -> None:
        """Have a task carry each webhook that waits, at its time."""
        if self._sandbox is not None and (waiting := self._sandbox.waiting_webhooks()):
            run.database.write_now(lambda tx: _enqueue_carriers(tx, waiting))


def _enqueue_carriers(tx: Tx, webhooks: Sequence[Waiting]) -> None:
    """One task for each try of each webhook."""
    for each in webhooks:
        tx.enqueue(WEBHOOKS_TASK, WebhooksTask(), key=f"{each.id} {each.number} {each.tries}", run_at=each.due_at)
