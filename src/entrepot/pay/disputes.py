"""Disputed money: kept where it is until somebody has decided.

Before the settlement it lies in escrow, and escrow that is frozen is not settled. Afterwards what of it is still due to
the merchant is set apart, so that no payout takes it; what was paid out already cannot be, and is owed if the dispute
is lost. A freeze ends once, when the dispute is decided, whoever won.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger
from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, derive_id, prepare

from . import accounts, rows, tables
from .refunds import settlement_of


class Freeze(msgspec.Struct, frozen=True):
    """Money that a dispute keeps; `amount_minor` is what was set apart of what was due to the merchant."""

    id: str
    seller_order_id: str
    merchant_id: str
    currency: str
    amount_minor: int
    fee_minor: int
    created_at: int
    released_at: int | None


def freeze(
    tx: Tx, dispute_id: str, seller_order_id: str, seller_minor: int, coming_minor: int = 0
) -> tuple[int, ledger.Plan]:
    """Keep a seller order's money for a dispute; how much of the merchant's own is set apart, and the plan to post.

    Zero while it lies in escrow, which is then not settled until `unfreeze`. `coming_minor` is what an earlier part of
    the same plan gives the merchant back. Conflict when another dispute keeps it.
    """
    leg = tx.one(rows.captured_leg, seller_order_id=seller_order_id)
    if leg is None:
        raise NotFound("There is no paid order of this merchant to dispute")
    rows.lock_payment(tx, leg.payment_id)
    if tx.run(_freeze_leg, seller_order_id_=seller_order_id, frozen_by_=dispute_id) == 0:
        raise Conflict("The money of this order is kept for another dispute already")
    amount_minor, plan = 0, ledger.Plan()
    if tx.one(settlement_of, seller_order_id=seller_order_id) is not None:
        tx.run(rows.keep_payee, merchant_id=leg.merchant_id, currency=leg.currency)
        payable = accounts.payable(leg.merchant_id, leg.currency)
        amount_minor = min(seller_minor, max(ledger.balance_of(tx, payable).available, 0) + coming_minor)
        plan = _move(dispute_id, accounts.FREEZE, payable, accounts.disputed(dispute_id, leg.currency), amount_minor)
    row = Freeze(dispute_id, seller_order_id, leg.merchant_id, leg.currency, amount_minor, 0, tx.now, None)
    tx.run(_insert, **msgspec.structs.asdict(row))
    return amount_minor, plan


def unfreeze(tx: Tx, dispute_id: str, fee_minor: int = 0) -> tuple[int, ledger.Plan]:
    """Let go of what a dispute kept: how much of it is the merchant's again, and the plan to post in front of a refund.

    `fee_minor` is what the processor asks for a chargeback that was lost: the merchant owes it. A dispute that keeps
    nothing any more: zero, and an empty plan.
    """
    kept = tx.one(_freeze_locked, id=dispute_id)
    if kept is None or kept.released_at is not None:
        return 0, ledger.Plan()
    tx.run(rows.keep_payee, merchant_id=kept.merchant_id, currency=kept.currency)
    tx.run(_release, id_=dispute_id, now_=tx.now, fee_minor_=fee_minor)
    tx.run(_thaw_leg, seller_order_id_=kept.seller_order_id, frozen_by_=dispute_id)
    payable = accounts.payable(kept.merchant_id, kept.currency)
    apart = accounts.disputed(dispute_id, kept.currency)
    plan = _move(dispute_id, accounts.UNFREEZE, apart, payable, kept.amount_minor)
    owed, fees = accounts.receivable(kept.merchant_id, kept.currency), accounts.chargeback_fees(kept.currency)
    return kept.amount_minor, plan + _move(dispute_id, accounts.CHARGEBACK_FEE, owed, fees, fee_minor)


def find_freeze(snapshot: Snapshot, dispute_id: str) -> Freeze | None:
    """What a dispute keeps, or kept."""
    return snapshot.one(_freeze, id=dispute_id)


def _move(dispute_id: str, code: str, source: ledger.Account, target: ledger.Account, amount_minor: int) -> ledger.Plan:
    if not amount_minor:
        return ledger.Plan()
    return ledger.Plan.of(
        ledger.Move(derive_id("trf", dispute_id, code), source, target, amount_minor, code, dispute_id)
    )


_f, _l = tables.freezes.c, tables.legs.c
_by_id = select(*_f).where(_f.id == bindparam("id"))
_freeze: Prepared[Freeze] = prepare(_by_id, Freeze)
_freeze_locked: Prepared[Freeze] = prepare(_by_id.with_for_update(), Freeze)
_insert: Prepared[Any] = prepare(
    insert(tables.freezes).values({column.name: bindparam(column.name) for column in tables.freezes.columns})
)
_release: Prepared[Any] = prepare(
    update(tables.freezes)
    .where(_f.id == bindparam("id_"))
    .values(released_at=bindparam("now_"), fee_minor=bindparam("fee_minor_"))
)
_freeze_leg: Prepared[Any] = prepare(
    update(tables.legs)
    .where(_l.seller_order_id == bindparam("seller_order_id_"), _l.frozen_by.is_(None))
    .values(frozen_by=bindparam("frozen_by_"))
)
_thaw_leg: Prepared[Any] = prepare(
    update(tables.legs)
    .where(_l.seller_order_id == bindparam("seller_order_id_"), _l.frozen_by == bindparam("frozen_by_"))
    .values(frozen_by=None)
)
