"""Settlement: a completed seller order's escrow is shared out, once, to the unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select

from entrepot import ledger
from entrepot.kernel import (
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    derive_id,
    format_money,
    in_set,
    prepare,
)

from . import accounts, rows, tables
from .captures import brought
from .refunds import refunded_of
from .reserves import keep_reserve
from .types import SettlementLegs


def settlement_plan(legs: SettlementLegs) -> ledger.Plan:
    """Escrow to the merchant, the commission, the carrier and the tax office; a part of zero moves nothing.

    The same legs always give the same transfers, so that sharing out twice moves money once.
    """
    source = accounts.escrow(legs.seller_order_id, legs.currency)
    parts = (
        (accounts.SELLER, accounts.payable(legs.merchant_id, legs.currency), legs.seller_minor),
        (accounts.COMMISSION, accounts.commission(legs.currency), legs.commission_minor),
        (accounts.CARRIER, accounts.carrier_payable(legs.currency), legs.carrier_minor),
        (accounts.TAX, accounts.tax_payable(legs.currency), legs.tax_minor),
        (accounts.PREPAID, accounts.prepaid(legs.merchant_id, legs.currency), legs.prepaid_minor),
    )
    if any(amount_minor < 0 for _, _, amount_minor in parts):
        raise Invalid("A part of a settlement cannot be below zero")
    return ledger.Plan(
        tuple(
            ledger.Move(
                derive_id("trf", legs.seller_order_id, code), source, target, amount_minor, code, legs.seller_order_id
            )
            for code, target, amount_minor in parts
            if amount_minor
        )
    )


def settle(tx: Tx, legs: SettlementLegs) -> ledger.Plan:
    """Share out what a completed seller order left in escrow; returns the plan that the caller posts.

    The parts must sum to what was captured less what is given back, to the unit, else Conflict. The same settlement
    again changes nothing; another one of the same order is a Conflict.
    """
    plan = settlement_plan(legs)
    leg = tx.one(rows.captured_leg, seller_order_id=legs.seller_order_id)
    if leg is None or (leg.merchant_id, leg.currency) != (legs.merchant_id, legs.currency):
        raise NotFound("There is no paid order of this merchant to settle")
    # Refunds and disputes of this order wait here, and so does another settlement of it.
    payment = rows.lock_payment(tx, leg.payment_id)
    leg = brought(tx, payment, rows.read_again(tx, leg))
    settled = find_settlement(tx, legs.seller_order_id)
    if settled is not None:
        if settled != legs:
            raise Conflict("This order has been settled already, with other parts")
        return plan
    if leg.frozen_by is not None:
        raise Conflict("The money of this order is disputed: it is shared out once that is decided")
    left_minor = leg.escrow_minor - refunded_of(tx, leg.payment_id, legs.seller_order_id)
    if legs.total_minor != left_minor:
        raise Conflict(
            f"The parts sum to {format_money(legs.total_minor, legs.currency)}, "
            f"but escrow holds {format_money(left_minor, legs.currency)}"
        )
    # Keeps a payout of this merchant from beginning between here and the commit, so that statements have no seam.
    tx.run(rows.keep_payee, merchant_id=legs.merchant_id, currency=legs.currency)
    recovered_minor, recovery = _recover(tx, legs)
    tx.run(
        _insert, **msgspec.structs.asdict(legs), payment_id=leg.payment_id, recovered_minor=recovered_minor,
        settled_at=tx.now,
    )  # fmt: skip
    tx.run(rows.close_leg, payment_id_=leg.payment_id, seller_order_id_=legs.seller_order_id, now_=tx.now)
    return plan + recovery + keep_reserve(tx, legs, recovered_minor)


def _recover(tx: Tx, legs: SettlementLegs) -> tuple[int, ledger.Plan]:
    """What the merchant owes us from earlier refunds is taken from what is theirs now, before it is paid out."""
    owed = accounts.receivable(legs.merchant_id, legs.currency)
    amount_minor = min(legs.seller_minor, -ledger.balance_of(tx, owed).balance)
    if not amount_minor:
        return 0, ledger.Plan()
    source, code = accounts.payable(legs.merchant_id, legs.currency), accounts.RECOVER
    move_id = derive_id("trf", legs.seller_order_id, code)
    return amount_minor, ledger.Plan.of(ledger.Move(move_id, source, owed, amount_minor, code, legs.seller_order_id))


def find_settlement(snapshot: Snapshot, seller_order_id: str) -> SettlementLegs | None:
    """How a seller order was settled; None while it is not."""
    return snapshot.one(_settlement, seller_order_id=seller_order_id)


def prepaid_of(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, int]:
    """What of these was settled as paid beforehand, in minor units; those that are not settled are left out."""
    rows = snapshot.all(_prepaid, ids=list(seller_order_ids))
    return {row.seller_order_id: int(row.prepaid_minor) for row in rows}


_s = tables.settlements.c
_prepaid: Prepared[Any] = prepare(select(_s.seller_order_id, _s.prepaid_minor).where(in_set(_s.seller_order_id, "ids")))
SETTLEMENT_COLUMNS = (
    _s.seller_order_id, _s.merchant_id, _s.currency, _s.seller_minor, _s.commission_minor, _s.carrier_minor,
    _s.tax_minor, _s.prepaid_minor,
)  # fmt: skip
_settlement: Prepared[SettlementLegs] = prepare(
    select(*SETTLEMENT_COLUMNS).where(_s.seller_order_id == bindparam("seller_order_id")), SettlementLegs
)
_insert: Prepared[Any] = prepare(
    insert(tables.settlements).values({column.name: bindparam(column.name) for column in tables.settlements.columns})
)
