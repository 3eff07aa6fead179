"""What lies where: moves between a merchant's places, the history of an offer at each, and the notice when it runs low.

Every change is a transfer on the ledger (`stock`); this reads and adds to them, and keeps no numbers of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot import identity, ledger
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, in_set, prepare
from entrepot.ledger import Insufficient, Move, Plan, Transfer

from . import tables
from .events import StockChanged
from .stock import announce_stock, check_location, keep_place, left_of, on_hand_account
from .types import QUANTITY_MAX

MOVE = "stock.move"
Reason = Literal["counted", "moved", "held", "released", "sent", "returned", "other"]
_REASONS: dict[str, Reason] = {
    "stock.count": "counted", MOVE: "moved", "stock.hold": "held", "stock.release": "released", "stock.ship": "sent",
    "stock.restock": "returned",
}  # fmt: skip


class Movement(msgspec.Struct, frozen=True):
    """A change at a place. `on_hand` and `free` are by how many pieces each changed: what is held for an order still
    lies there and is not free. `ref` is the order's line, or who counted."""

    id: str
    at: int
    reason: Reason
    on_hand: int
    free: int
    ref: str


def move_stock(tx: Tx, scope: Scope, offer_id: str, from_id: str, to_id: str, quantity: int) -> None:
    """Carry free pieces of one of the caller's offers from one place of theirs to another.

    Conflict when fewer are free there: what is held for orders stays where it is held. A command moves once.
    """
    row = tx.one(_offer, id=offer_id)
    if row is None or row.merchant_id != identity.require_organisation(scope) or row.state == "gone":
        raise NotFound("There is no such offer")
    if not row.counted or row.bundled:
        raise Conflict("This offer is not counted: count it at a place first")
    if from_id == to_id or not 1 <= quantity <= QUANTITY_MAX:
        raise Invalid("Move 1 piece or more to another place", fields={"quantity": "1 or more", "to": "another place"})
    for location_id in sorted((from_id, to_id)):
        check_location(tx, row.merchant_id, location_id)
        keep_place(tx, offer_id, location_id)
    step = Move(
        tx.new_id("trf"), on_hand_account(offer_id, from_id), on_hand_account(offer_id, to_id), quantity, MOVE,
        scope.actor,
    )  # fmt: skip
    try:
        ledger.post(tx, Plan((step,)))
    except Insufficient as short:
        sentence = f"Only {quantity - short.missing} pieces are free there: the others are held for orders"
        raise Conflict(sentence, fields={"quantity": sentence}) from None
    announce_stock(tx, [offer_id])


def list_movements(
    snapshot: Snapshot, scope: Scope, offer_id: str, location_id: str, before: str | None = None, most: int = 50
) -> list[Movement]:
    """What changed of one of the caller's offers at a place, newest first, from the one before the id `before` on."""
    row = snapshot.one(_seen_offer, id=offer_id)
    if row is None or (row.merchant_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such offer")
    account = on_hand_account(offer_id, location_id)
    found = ledger.list_latest(snapshot, account, before=before, most=most)
    return [_movement(transfer, transfer.credit == account.id) for transfer in found]


class PriceStep(msgspec.Struct, frozen=True):
    """A price, and from when on it was the price."""

    at: int
    price_minor: int


def list_prices(snapshot: Snapshot, scope: Scope, offer_id: str, most: int = 100) -> list[PriceStep]:
    """What one of the caller's offers cost, the newest price first."""
    row = snapshot.one(_seen_offer, id=offer_id)
    if row is None or (row.merchant_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such offer")
    return snapshot.all(_prices, id=offer_id, most=most)


def tell_low_stock(tx: Tx, event: StockChanged) -> None:
    """Tell sellers of offers that have come down to the number they named: once, until there is more again."""
    rows = tx.all(_watched, ids=sorted(set(event.offer_ids)))
    left = left_of(tx, rows)
    low = [row for row in rows if row.id in left and left[row.id] <= row.low_stock_at]
    for row in low:
        if not row.low_stock:
            _tell(tx, row, left[row.id])
    ids = {row.id for row in low}
    _mark(tx, [row.id for row in low if not row.low_stock], 1)
    _mark(tx, [row.id for row in rows if row.low_stock and row.id not in ids], 0)


def list_low_stock(
    snapshot: Snapshot, scope: Scope, after: str = "", most: int = 50
) -> list[tuple[str, str, str, int, int]]:
    """The caller's offers that are down to the number they named: offer, listing, title, what is left, the number."""
    merchant_id = identity.require_organisation(scope)
    rows = snapshot.all(_low, merchant_id=merchant_id, after=after, most=most)
    left = left_of(snapshot, rows)
    return [(row.id, row.listing_id, row.title, left.get(row.id, 0), row.low_stock_at) for row in rows]


def _movement(transfer: Transfer, comes: bool) -> Movement:
    sign = 1 if comes else -1
    reason = _REASONS.get(transfer.code, "other")
    on_hand, free = 0, 0
    match transfer.kind:
        case "move":
            on_hand = free = sign * transfer.amount
        case "hold":
            free = sign * transfer.amount
        case "capture":
            on_hand = sign * transfer.amount
            reason = "sent" if reason in ("held", "sent") else reason
        case _:
            free, reason = -sign * transfer.amount, "released"
    return Movement(transfer.id, transfer.at, reason, on_hand, free, transfer.ref)


def _tell(tx: Tx, row: object, left: int) -> None:
    named: Any = row
    params = {"title": named.title, "left": str(left), "at": str(named.low_stock_at)}
    link = f"/merchant/listings/{named.listing_id}"
    identity.notify(tx, identity.Notice(to=named.merchant_id, kind="catalog.low_stock", params=params, link=link))


def _mark(tx: Tx, ids: Sequence[str], low: int) -> None:
    if ids:
        tx.run(_set_low, ids=list(ids), low_=low)


_o, _p = tables.offers.c, tables.products.c
_one = select(_o.id, _o.merchant_id, _o.state, _o.counted, _o.bundled).where(_o.id == bindparam("id"))
_offer: Prepared[Any] = prepare(_one.with_for_update())
_seen_offer: Prepared[Any] = prepare(_one)
_h = tables.price_history.c
_prices: Prepared[PriceStep] = prepare(
    select(_h.at, _h.price_minor).where(_h.offer_id == bindparam("id")).order_by(_h.at.desc()).limit(bindparam("most")),
    PriceStep,
)
_with_title = select(
    _o.id, _o.merchant_id, _o.listing_id, _o.counted, _o.bundled, _o.low_stock_at, _o.low_stock, _p.title
).join_from(tables.offers, tables.products, _p.id == _o.product_id)
_watched: Prepared[Any] = prepare(
    _with_title.where(in_set(_o.id, "ids"), _o.low_stock_at.is_not(None), _o.state != "gone").order_by(_o.id)
)
_low: Prepared[Any] = prepare(
    _with_title.where(
        _o.merchant_id == bindparam("merchant_id"), _o.low_stock == 1, _o.state != "gone", _o.id > bindparam("after")
    )
    .order_by(_o.id)
    .limit(bindparam("most"))
)
_set_low: Prepared[Any] = prepare(update(tables.offers).where(in_set(_o.id, "ids")).values(low_stock=bindparam("low_")))
