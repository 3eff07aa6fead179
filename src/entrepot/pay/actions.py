"""What a buyer is to do before a payment can come: kept for the page of the order, until the payment has ended."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from entrepot.identity import Scope
from entrepot.kernel import Prepared, Snapshot, Tx, from_json, prepare, prepare_text, to_json

from . import tables
from .payments import find_payment_by_ref
from .processors import Action


def save_action(tx: Tx, payment_id: str, action: Action) -> None:
    """Keep what the buyer of a payment is to do; a newer word of the processor's replaces it."""
    tx.run(
        _save, payment_id=payment_id, kind=action.kind, reference=action.reference or None, body=to_json(action),
        created_at=tx.now,
    )  # fmt: skip


def find_action(snapshot: Snapshot, scope: Scope, ref: str) -> Action | None:
    """What the buyer of an order is to do now; None when nothing, or it is somebody else's order."""
    payment = find_payment_by_ref(snapshot, scope, ref)
    if payment is None or payment.state != "requested":
        return None
    body = snapshot.value(_body, payment_id=payment.id)
    action = from_json(body, Action) if body is not None else None
    return action if action is None or action.expires_at is None or action.expires_at > snapshot.now else None


_a = tables.actions.c
_body: Prepared[Any] = prepare(select(_a.body).where(_a.payment_id == bindparam("payment_id")))
_save: Prepared[Any] = prepare_text(
    "INSERT INTO pay_actions (payment_id, kind, reference, body, created_at) "
    "VALUES (:payment_id, :kind, :reference, :body, :created_at) "
    "ON CONFLICT (payment_id) DO UPDATE SET kind = excluded.kind, reference = excluded.reference, body = excluded.body"
)
