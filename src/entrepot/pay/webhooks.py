"""Webhooks: what a processor tells us by itself, heard once however often it is sent.

The processor's adapter has checked who speaks before a transaction begins; here it is only recorded.
"""

from __future__ import annotations

from entrepot.kernel import Prepared, Tx, prepare_text

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


_hear: Prepared[object] = prepare_text(
    "INSERT INTO pay_webhooks (id, kind, received_at) VALUES (:id, :kind, :now) ON CONFLICT (id) DO NOTHING"
)
