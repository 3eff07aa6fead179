"""Pay's statements about payments and their legs: read here, written by the verbs beside."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot.kernel import NotFound, Prepared, Snapshot, prepare, prepare_text

from . import tables
from .types import Payment

_p, _l = tables.payments.c, tables.legs.c
PAYMENT_COLUMNS = (
    _p.id, _p.ref, _p.buyer, _p.processor, _p.currency, _p.amount_minor, _p.state, _p.processor_ref, _p.reason,
    _p.created_at, _p.finished_at,
)  # fmt: skip


class Leg(msgspec.Struct, frozen=True):
    """A leg as it is stored; `closed_at` once no money of it is, or will come to be, in escrow.

    `amount_minor` is without what was set aside at the processor and let go again.
    """

    payment_id: str
    seller_order_id: str
    merchant_id: str
    currency: str
    amount_minor: int
    gift_minor: int
    subsidy_minor: int
    closed_at: int | None
    frozen_by: str | None = None

    @property
    def escrow_minor(self) -> int:
        """What escrow holds of it once it is paid."""
        return self.amount_minor + self.gift_minor + self.subsidy_minor


class LegGift(msgspec.Struct, frozen=True):
    """What a gift card pays of a leg."""

    seller_order_id: str
    card_id: str
    amount_minor: int


LEG_COLUMNS = (
    _l.payment_id, _l.seller_order_id, _l.merchant_id, _l.currency,
    (_l.amount_minor - _l.released_minor).label("amount_minor"), _l.gift_minor, _l.subsidy_minor, _l.closed_at,
    _l.frozen_by,
)  # fmt: skip


def read_payment(snapshot: Snapshot, payment_id: str) -> Payment:
    """A payment, whoever asks; NotFound when there is none."""
    return _present(snapshot.one(_payment, id=payment_id))


def lock_payment(snapshot: Snapshot, payment_id: str) -> Payment:
    """The same, kept from others until the commit: whoever speaks first decides what becomes of it."""
    return _present(snapshot.one(_payment_locked, id=payment_id))


def read_again(snapshot: Snapshot, leg: Leg) -> Leg:
    """A leg as it stands now: somebody may have changed it between our reading and our lock of its payment."""
    found = snapshot.one(leg_of, payment_id=leg.payment_id, seller_order_id=leg.seller_order_id)
    assert found is not None
    return found


def _present(payment: Payment | None) -> Payment:
    if payment is None:
        raise NotFound("There is no such payment")
    return payment


_payment: Prepared[Payment] = prepare(select(*PAYMENT_COLUMNS).where(_p.id == bindparam("id")), Payment)
_payment_locked: Prepared[Payment] = prepare(
    select(*PAYMENT_COLUMNS).where(_p.id == bindparam("id")).with_for_update(), Payment
)
newest_payment: Prepared[Payment] = prepare(
    select(*PAYMENT_COLUMNS).where(_p.ref == bindparam("ref")).order_by(_p.created_at.desc(), _p.id.desc()).limit(1),
    Payment,
)
# How a payment was asked for; `with_others` when gift cards or the platform pay a part of it.
asked_of: Prepared[Any] = prepare(
    select(
        _p.method, _p.capture,
        select(func.max(_l.gift_minor + _l.subsidy_minor))
        .where(_l.payment_id == _p.id).scalar_subquery().label("with_others"),
    ).where(_p.id == bindparam("id"))
)  # fmt: skip
_NAMES = [column.name for column in tables.payments.columns]
# Writes nothing while the order has a live payment: the index on live ones decides, also between two at once.
insert_payment: Prepared[Any] = prepare_text(
    f"INSERT INTO pay_payments ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    "ON CONFLICT DO NOTHING"
)
finish_payment: Prepared[Any] = prepare(
    update(tables.payments)
    .where(_p.id == bindparam("id_"))
    .values(
        state=bindparam("state_"),
        processor_ref=bindparam("processor_ref_"),
        reason=bindparam("reason_"),
        finished_at=bindparam("finished_at_"),
    )
)
set_processor_ref: Prepared[Any] = prepare(
    update(tables.payments).where(_p.id == bindparam("id_")).values(processor_ref=bindparam("processor_ref_"))
)
payment_by_processor_ref: Prepared[Payment] = prepare(
    select(*PAYMENT_COLUMNS)
    .where(_p.processor_ref == bindparam("processor_ref"), _p.processor == bindparam("processor"))
    .limit(1),
    Payment,
)
legs_of: Prepared[Leg] = prepare(
    select(*LEG_COLUMNS).where(_l.payment_id == bindparam("payment_id")).order_by(_l.seller_order_id), Leg
)
leg_of: Prepared[Leg] = prepare(
    select(*LEG_COLUMNS).where(
        _l.payment_id == bindparam("payment_id"), _l.seller_order_id == bindparam("seller_order_id")
    ),
    Leg,
)
captured_leg: Prepared[Leg] = prepare(
    select(*LEG_COLUMNS)
    .join_from(tables.legs, tables.payments, _l.payment_id == _p.id)
    .where(_l.seller_order_id == bindparam("seller_order_id"), _p.state.in_(("captured", "authorised"))),
    Leg,
)
open_legs: Prepared[Leg] = prepare(
    select(*LEG_COLUMNS).where(_l.merchant_id == bindparam("merchant_id"), _l.closed_at.is_(None)), Leg
)
insert_leg: Prepared[Any] = prepare(
    insert(tables.legs).values({column.name: bindparam(column.name) for column in tables.legs.columns})
)
_g = tables.gift_uses.c
insert_gift_use: Prepared[Any] = prepare(
    insert(tables.gift_uses).values({column.name: bindparam(column.name) for column in tables.gift_uses.columns})
)
gifts_of: Prepared[LegGift] = prepare(
    select(_g.seller_order_id, _g.card_id, _g.amount_minor)
    .where(_g.payment_id == bindparam("payment_id"))
    .order_by(_g.seller_order_id, _g.card_id),
    LegGift,
)
close_legs: Prepared[Any] = prepare(
    update(tables.legs).where(_l.payment_id == bindparam("payment_id_")).values(closed_at=bindparam("now_"))
)
close_leg: Prepared[Any] = prepare(
    update(tables.legs)
    .where(_l.payment_id == bindparam("payment_id_"), _l.seller_order_id == bindparam("seller_order_id_"))
    .values(closed_at=bindparam("now_"))
)
# Keeps a merchant's accounts in a currency from payouts, settlements and refunds until the commit.
keep_payee: Prepared[Any] = prepare_text(
    "INSERT INTO pay_payees (merchant_id, currency) VALUES (:merchant_id, :currency) "
    "ON CONFLICT (merchant_id, currency) DO UPDATE SET currency = excluded.currency"
)
