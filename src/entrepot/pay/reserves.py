"""Reserves: a share of what a merchant earns is kept back for refunds to come, and let go when its time is over."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger
from entrepot.kernel import DAY, Prepared, Tx, derive_id, prepare, share_bps

from . import accounts, rows, tables
from .terms import terms_of
from .types import SettlementLegs

BATCH = 500


class Reserve(msgspec.Struct, frozen=True):
    """What is kept of one seller order's share, until `release_at` (microseconds)."""

    seller_order_id: str
    merchant_id: str
    currency: str
    amount_minor: int
    kept_at: int
    release_at: int


def keep_reserve(tx: Tx, legs: SettlementLegs, recovered_minor: int = 0) -> ledger.Plan:
    """What of a settled order's share is kept back, to be posted with the settlement: the merchant's terms say.

    `recovered_minor` of the share is gone already, to what the merchant owed.
    """
    terms = terms_of(tx, [legs.merchant_id])[legs.merchant_id]
    amount_minor = min(share_bps(legs.seller_minor, terms.reserve_bps), legs.seller_minor - recovered_minor)
    if amount_minor <= 0 or not terms.reserve_days:
        return ledger.Plan()
    row = Reserve(
        legs.seller_order_id, legs.merchant_id, legs.currency, amount_minor, tx.now,
        tx.now + terms.reserve_days * DAY,
    )  # fmt: skip
    tx.run(_insert, **msgspec.structs.asdict(row), released_minor=None, released_at=None)
    payable, reserve = accounts.payable(row.merchant_id, row.currency), accounts.reserve(row.merchant_id, row.currency)
    name = derive_id("trf", row.seller_order_id, accounts.RESERVE)
    return ledger.Plan.of(ledger.Move(name, payable, reserve, amount_minor, accounts.RESERVE, row.seller_order_id))


def release_due(tx: Tx) -> int:
    """Let merchants have what was kept back long enough, oldest first; posts it and returns how many parts were let go.

    Refunds may have taken from a reserve meanwhile: what is let go is what is left.
    """
    due = tx.all(_due, now=tx.now, most=BATCH)
    for merchant_id, currency in sorted({(row.merchant_id, row.currency) for row in due}):
        tx.run(rows.keep_payee, merchant_id=merchant_id, currency=currency)
    kept = {(row.merchant_id, row.currency): accounts.reserve(row.merchant_id, row.currency) for row in due}
    balances = ledger.balances_of(tx, list(kept.values()))
    left = {key: max(balances[account.id].available, 0) for key, account in kept.items()}
    amounts = []
    for row in due:
        key = (row.merchant_id, row.currency)
        amounts.append(min(row.amount_minor, left[key]))
        left[key] -= amounts[-1]
    each = list(zip(due, amounts, strict=True))
    tx.run_many(_release, [{"id_": row.seller_order_id, "amount_": amount, "now_": tx.now} for row, amount in each])
    ledger.post(tx, ledger.Plan(tuple(_release_step(row, amount) for row, amount in each if amount)))
    return len(due)


def _release_step(row: Reserve, amount_minor: int) -> ledger.Move:
    code = accounts.RESERVE_RELEASED
    return ledger.Move(
        derive_id("trf", row.seller_order_id, code), accounts.reserve(row.merchant_id, row.currency),
        accounts.payable(row.merchant_id, row.currency), amount_minor, code, row.seller_order_id,
    )  # fmt: skip


_r = tables.reserves.c
_COLUMNS = tuple(_r[name] for name in Reserve.__struct_fields__)
_due: Prepared[Reserve] = prepare(
    select(*_COLUMNS)
    .where(_r.released_at.is_(None), _r.release_at <= bindparam("now"))
    .order_by(_r.release_at, _r.seller_order_id)
    .limit(bindparam("most"))
    .with_for_update(),
    Reserve,
)
_insert: Prepared[Any] = prepare(
    insert(tables.reserves).values({column.name: bindparam(column.name) for column in tables.reserves.columns})
)
_release: Prepared[Any] = prepare(
    update(tables.reserves)
    .where(_r.seller_order_id == bindparam("id_"))
    .values(released_minor=bindparam("amount_"), released_at=bindparam("now_"))
)
