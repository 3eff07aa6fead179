"""Webhooks: what a processor tells us by itself, heard once however often it is sent.

The processor's adapter has checked who speaks before a transaction begins; here it is only recorded. An id that was
heard spares us the work, for as long as it is kept. What is told once more after that changes nothing either: payments,
captures, refunds and payouts end once, and what a bank says of a chargeback counts by the processor's clock.
"""

from __future__ import annotations

from entrepot.kernel import Aging, Prepared, Tx, prepare_text

from . import tables
from .processors import Webhook
from .reports import report


def record_webhook(tx: Tx, processor: str, webhook: Webhook) -> bool:
    """Record what a webhook tells, once for each id of a processor's; False when this id was heard before.

    NotFound when it speaks of something that is not ours, so that it comes again when ours is there.
    """
    if tx.run(_hear, id=f"{processor} {webhook.id}", kind=webhook.kind, now=tx.now) == 0:
        return False
    for told in webhook.told:
        report(tx, processor, told)
    return True


def forget_heard(tx: Tx, before: int) -> int:
    """Delete the ids of webhooks that were heard before a time, the oldest first, some thousand; returns how many."""
    return _heard.forget(tx, before)


_heard = Aging(tables.webhooks, tables.webhooks.c.received_at, tables.webhooks.c.received_at)
_hear: Prepared[object] = prepare_text(
    "INSERT INTO pay_webhooks (id, kind, received_at) VALUES (:id, :kind, :now) ON CONFLICT (id) DO NOTHING"
)
