"""Which listings a selection means, and everything that an edit needs to know of them, set-wise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, cast, func, or_, select

from entrepot.kernel import Prepared, Snapshot, in_set, prepare, to_json

from .. import tables
from ..stock import on_hand_of
from ..texts import clean_line
from .types import Selection

NEWEST = "m"
"""Behind every listing's id."""


class Found(NamedTuple):
    """Listings with their offers, and what lies where."""

    listings: list[Any]
    offers: dict[str, list[Any]]
    on_hand: dict[str, dict[str, int]]


def count_selected(snapshot: Snapshot, merchant_id: str, selection: Selection) -> int:
    """How many listings it means."""
    return int(snapshot.value(_count, **_params(snapshot, merchant_id, selection)) or 0)


def select_ids(snapshot: Snapshot, merchant_id: str, selection: Selection, after: str, most: int) -> list[str]:
    """The next of them, in the order of their ids."""
    params = _params(snapshot, merchant_id, selection)
    return [row.id for row in snapshot.all(_next, **params, after=after, most=most)]


def select_newest(snapshot: Snapshot, merchant_id: str, selection: Selection, before: str, most: int) -> list[str]:
    """The same, the newest first."""
    params = _params(snapshot, merchant_id, selection)
    return [row.id for row in snapshot.all(_newest, **params, before=before or NEWEST, most=most)]


def read_found(snapshot: Snapshot, listing_ids: Sequence[str], *, lock: bool, stock: bool) -> Found:
    """Everything of some listings: three reads, however many. With `lock`, kept from other writers until the commit."""
    ids = sorted(listing_ids)
    listings = snapshot.all(_listings_locked if lock else _listings, ids=ids)
    offers: dict[str, list[Any]] = defaultdict(list)
    for offer in snapshot.all(_offers_locked if lock else _offers, ids=ids):
        offers[offer.listing_id].append(offer)
    every = [offer.id for some in offers.values() for offer in some]
    return Found(listings, offers, on_hand_of(snapshot, every) if stock else {})


def _params(snapshot: Snapshot, merchant_id: str, selection: Selection) -> dict[str, Any]:
    words = _like(clean_line(selection.q).lower())
    tag = to_json(clean_line(selection.tag))
    return {
        "merchant_id": merchant_id,
        "ids": selection.listing_ids,
        "any_id": int(not selection.listing_ids),
        "part": f"%{words}%",
        "start": f"{words}%",
        "status": selection.status or "",
        "category": selection.category.strip("/"),
        "below": f"{_like(selection.category.strip('/'))}/%",
        "tagged": f"%{_like(tag)}%" if selection.tag else "%",
        "brand": clean_line(selection.brand).lower(),
        "price_from": selection.price_from_minor or 0,
        "price_to": selection.price_to_minor if selection.price_to_minor is not None else 2**62,
        "low": int(selection.low_stock),
    }


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_l, _p, _o, _c = tables.listings.c, tables.products.c, tables.offers.c, tables.categories.c
_matching = (
    _l.merchant_id == bindparam("merchant_id"),
    or_(bindparam("any_id") == 1, in_set(_l.id, "ids")),
    or_(
        func.lower(_p.title).like(bindparam("part"), escape="\\"),
        func.lower(_l.external_id).like(bindparam("start"), escape="\\"),
    ),
    or_(_l.status == bindparam("status"), (bindparam("status") == "") & (_l.status != "delisted")),
    or_(
        bindparam("category") == "",
        select(_c.id)
        .where(
            _c.id == _p.category_id,
            or_(_c.slug == bindparam("category"), _c.slug.like(bindparam("below"), escape="\\")),
        )
        .exists(),
    ),
    cast(_l.tags, Text).like(bindparam("tagged"), escape="\\"),
    or_(bindparam("brand") == "", func.lower(_p.brand) == bindparam("brand")),
    select(_o.id)
    .where(
        _o.listing_id == _l.id,
        _o.state != "gone",
        _o.price_minor.between(bindparam("price_from"), bindparam("price_to")),
        _o.low_stock >= bindparam("low"),
    )
    .exists(),
)
_joined = tables.listings.join(tables.products, _p.id == _l.product_id)
_count: Prepared[Any] = prepare(select(func.count().label("rows")).select_from(_joined).where(*_matching))
_next: Prepared[Any] = prepare(
    select(_l.id)
    .select_from(_joined)
    .where(*_matching, _l.id > bindparam("after"))
    .order_by(_l.id)
    .limit(bindparam("most"))
)
_newest: Prepared[Any] = prepare(
    select(_l.id)
    .select_from(_joined)
    .where(*_matching, _l.id < bindparam("before"))
    .order_by(_l.id.desc())
    .limit(bindparam("most"))
)
_some = (
    select(
        _l.id, _l.external_id, _l.product_id, _l.status, _l.publish_at, _l.tags, _p.title, _p.category_id,
        ((_p.owner_id == _l.merchant_id) & (_p.external_id == _l.external_id)).label("owned"),
    )
    .select_from(_joined)
    .where(in_set(_l.id, "ids"))
    .order_by(_l.id)
)  # fmt: skip
_listings: Prepared[Any] = prepare(_some)
_listings_locked: Prepared[Any] = prepare(_some.with_for_update(of=tables.listings))
_of_listings = (
    select(
        _o.id, _o.listing_id, _o.product_id, _o.external_id, _o.price_minor, _o.regular_price_minor,
        _o.sale_price_minor, _o.sale_starts_at, _o.sale_ends_at, _o.list_price_minor, _o.lowest_30d_minor, _o.switch_at,
        _o.currency, _o.counted, _o.bundled, _o.low_stock_at,
    )
    .where(in_set(_o.listing_id, "ids"), _o.state != "gone")
    .order_by(_o.id)
)  # fmt: skip
_offers: Prepared[Any] = prepare(_of_listings)
_offers_locked: Prepared[Any] = prepare(_of_listings.with_for_update())
