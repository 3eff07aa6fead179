"""How often promotions are used: counted when an order is placed, given back when it comes to nothing.

A limit is a row that the database counts up only while it is below the limit, so buyers at the same moment cannot pass
it together. The rows are taken in one order, before any account of the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from entrepot.kernel import Conflict, Prepared, Snapshot, Tx, in_set, prepare, prepare_text

from .. import rule_tables as tables
from .. import tables as order_tables
from ..types import OrderStatus
from .conditions import NOBODY, Buyer
from .terms import Promotion

EVERYBODY = ""
_LIVE = (OrderStatus.AWAITING_PAYMENT.value, OrderStatus.PAID.value)


class Cost(NamedTuple):
    """What a promotion took off an order, and who bears it."""

    seller_minor: int
    platform_minor: int


class Usage(msgspec.Struct, frozen=True):
    """What a promotion did in one currency: orders that used it, and its cost, without those that came to nothing."""

    promotion_id: str
    currency: str
    orders: int
    seller_minor: int
    platform_minor: int


def buyer_key(owner: str, email: str | None) -> str:
    """Who a buyer is to limits: the person, or a guest's e-mail address as a digest; the session before it is known."""
    if owner.startswith("usr_") or not email:
        return owner
    return "mail_" + hashlib.sha256(email.strip().casefold().encode()).hexdigest()[:40]


def read_buyer(snapshot: Snapshot, promotions: Sequence[Promotion], owner: str, email: str | None) -> Buyer:
    """What limits need to know of a buyer; nothing is read while no promotion is limited."""
    limited = [each.id for each in promotions if each.terms.is_limited]
    if not limited:
        return NOBODY
    key = buyer_key(owner, email)
    counts = snapshot.all(_counts, ids=limited, buyers=[EVERYBODY, key])
    first = any(each.terms.first_order for each in promotions)
    return Buyer(
        ordered_before=first and bool(snapshot.value(_ordered, owner=owner, email=email or "")),
        used_by_all={row.promotion_id: row.used for row in counts if row.buyer == EVERYBODY},
        used_by_buyer={row.promotion_id: row.used for row in counts if row.buyer == key},
    )


def record_uses(
    tx: Tx, order_id: str, used: Mapping[str, tuple[Promotion, Cost]], owner: str, email: str, currency: str
) -> None:
    """Count the promotions of an order that is being placed. Conflict when somebody took the last use just now."""
    key = buyer_key(owner, email)
    for promotion_id in sorted(used):
        promotion = used[promotion_id][0]
        if not promotion.terms.is_limited:
            continue  # nobody waits for anybody where nothing is counted
        _count(tx, promotion, EVERYBODY, promotion.terms.limit_total)
        _count(tx, promotion, key, promotion.terms.buyer_limit)
    rows = [
        {
            "promotion_id": promotion_id, "order_id": order_id, "buyer": key, "currency": currency,
            "seller_minor": cost.seller_minor, "platform_minor": cost.platform_minor, "used_at": tx.now,
            "released_at": None,
        }
        for promotion_id, (_, cost) in used.items()
    ]  # fmt: skip
    tx.run_many(_insert, rows)


def give_back(tx: Tx, order_id: str) -> None:
    """An order came to nothing: what it used may be used again. Once, however often it is said."""
    for row in sorted(tx.all(_release, order_id_=order_id, now_=tx.now)):
        for buyer in (EVERYBODY, row[1]):
            tx.send(_less, promotion_id_=row[0], buyer_=buyer)


def recount(tx: Tx, promotion_id: str) -> None:
    """Count the uses so far of a promotion that is given a limit."""
    tx.send(_forget, promotion_id_=promotion_id)
    tx.send(_recount_all, promotion_id=promotion_id)
    tx.send(_recount_buyers, promotion_id=promotion_id)


def usage_of(snapshot: Snapshot, promotion_ids: Sequence[str]) -> dict[str, list[Usage]]:
    """What promotions did so far, by currency."""
    found: dict[str, list[Usage]] = {promotion_id: [] for promotion_id in promotion_ids}
    for usage in snapshot.all(_usage, ids=list(promotion_ids)) if promotion_ids else []:
        found[usage.promotion_id].append(usage)
    return found


def _count(tx: Tx, promotion: Promotion, buyer: str, limit: int | None) -> None:
    tx.send(_begin, promotion_id=promotion.id, buyer=buyer)
    if not tx.run(_more, promotion_id_=promotion.id, buyer_=buyer, limit_=_NO_LIMIT if limit is None else limit):
        who = "You have used" if buyer else "Others have just used"
        raise Conflict(
            f"{who} {promotion.code or promotion.name} as often as it may be. Look at the new total and place it again",
            fields={f"promotions.{promotion.id}": "used up"},
        )


_NO_LIMIT = 2**62
_o = order_tables.orders.c
_ordered: Prepared[Any] = prepare(
    select(func.count().label("orders"))
    .select_from(order_tables.orders)
    .where(or_(_o.owner == bindparam("owner"), _o.email == bindparam("email")), _o.status.in_(_LIVE))
)
_c, _u = tables.promotion_counts.c, tables.promotion_uses.c
_counts: Prepared[Any] = prepare(
    select(_c.promotion_id, _c.buyer, _c.used).where(in_set(_c.promotion_id, "ids"), in_set(_c.buyer, "buyers"))
)
_begin: Prepared[Any] = prepare_text(
    "INSERT INTO orders_promotion_counts (promotion_id, buyer, used) VALUES (:promotion_id, :buyer, 0) "
    "ON CONFLICT DO NOTHING"
)
_row = (_c.promotion_id == bindparam("promotion_id_"), _c.buyer == bindparam("buyer_"))
_more: Prepared[Any] = prepare(
    update(tables.promotion_counts).where(*_row, _c.used < bindparam("limit_")).values(used=_c.used + 1)
)
_less: Prepared[Any] = prepare(update(tables.promotion_counts).where(*_row, _c.used > 0).values(used=_c.used - 1))
_forget: Prepared[Any] = prepare(delete(tables.promotion_counts).where(_c.promotion_id == bindparam("promotion_id_")))
_RECOUNT = "INSERT INTO orders_promotion_counts (promotion_id, buyer, used) "
_USES = "FROM orders_promotion_uses WHERE promotion_id = :promotion_id AND released_at IS NULL "
_recount_all: Prepared[Any] = prepare_text(
    _RECOUNT + "SELECT promotion_id, '', count(*) " + _USES + "GROUP BY promotion_id"
)
_recount_buyers: Prepared[Any] = prepare_text(
    _RECOUNT + "SELECT promotion_id, buyer, count(*) " + _USES + "GROUP BY promotion_id, buyer"
)
_insert: Prepared[Any] = prepare(
    insert(tables.promotion_uses).values(
        {column.name: bindparam(column.name) for column in tables.promotion_uses.columns}
    )
)
_release: Prepared[Any] = prepare(
    update(tables.promotion_uses)
    .where(_u.order_id == bindparam("order_id_"), _u.released_at.is_(None))
    .values(released_at=bindparam("now_"))
    .returning(_u.promotion_id, _u.buyer)
)
_usage: Prepared[Usage] = prepare(
    select(
        _u.promotion_id, _u.currency, func.count().label("orders"), func.sum(_u.seller_minor).label("seller_minor"),
        func.sum(_u.platform_minor).label("platform_minor"),
    )
    .where(in_set(_u.promotion_id, "ids"), _u.released_at.is_(None))
    .group_by(_u.promotion_id, _u.currency)
    .order_by(_u.currency),
    lambda promotion_id, currency, orders, seller, platform: Usage(
        promotion_id, currency, int(orders), int(seller), int(platform)
    ),
)  # fmt: skip
