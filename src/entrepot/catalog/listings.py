"""A merchant's listings: the list in the console, and hiding and showing products."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, or_, select, union, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare

from . import tables
from .bulk.selecting import select_newest
from .bulk.types import Selection
from .offers import OFFERS, offer_view, total_left
from .publishing import set_listing_status
from .stock import left_of
from .texts import clean_line
from .types import Listing, OfferView
from .visibility import announce_listed, announce_withdrawn, visible_ids


def list_listings(snapshot: Snapshot, scope: Scope, q: str = "", after: str = "", most: int = 50) -> list[Listing]:
    """The caller's own listings, newest first; `q` is a part of the title or the start of the external id, `after` the
    id of the last one seen. Five reads however many."""
    merchant_id = identity.require_organisation(scope)
    words = clean_line(q).lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = snapshot.all(
        _list, merchant_id=merchant_id, part=f"%{words}%", start=f"{words}%", before=after or "m", most=most
    )
    return _listings(snapshot, found)


def find_listings(
    snapshot: Snapshot, scope: Scope, selection: Selection, before: str = "", most: int = 50
) -> list[Listing]:
    """The caller's own listings that a selection means, newest first; `before` is the id of the last one seen."""
    ids = select_newest(snapshot, identity.require_organisation(scope), selection, before, most)
    rows = {row.id: row for row in snapshot.all(_some, ids=ids)} if ids else {}
    return _listings(snapshot, [rows[each] for each in ids])


def find_handles(snapshot: Snapshot, names: Sequence[str], scope: Scope) -> dict[str, str]:
    """The products that a person means by their own article numbers, addresses (`/p/…`) or ids; two reads. Others are
    left out. An operator means any product by its address or id."""
    keys = {name: name.rstrip("/").rsplit("/p/", 1)[-1].partition("?")[0] for name in names}
    rows = snapshot.all(
        _handles, keys=sorted(set(keys.values())), merchant_id=scope.organisation or "", any=int(scope.is_operator)
    )
    found = {
        row.external_id: row.product_id
        for row in snapshot.all(_named_offers, merchant_id=scope.organisation or "", names=sorted(set(keys.values())))
    }
    found |= {key: row.product_id for row in rows for key in (row.product_id, row.slug, row.external_id) if key}
    return {name: found[key] for name, key in keys.items() if key in found}


def find_offers(snapshot: Snapshot, merchant_id: str, names: Sequence[str]) -> dict[str, str]:
    """A merchant's offers by the article number of their variant; those that two have, or none, are left out."""
    rows = snapshot.all(_named_offers, merchant_id=merchant_id, names=sorted(set(names)))
    counts = Counter(row.external_id for row in rows)
    return {row.external_id: row.id for row in rows if counts[row.external_id] == 1}


def handles_of(snapshot: Snapshot, product_ids: Sequence[str], scope: Scope) -> list[str]:
    """How a person calls these products, in their order: by their own article number, else by the address."""
    rows = snapshot.all(
        _handles, keys=sorted(product_ids), merchant_id=scope.organisation or "", any=int(scope.is_operator)
    )
    names = {row.product_id: row.external_id or f"/p/{row.slug}" for row in rows}
    return [names[each] for each in product_ids if each in names]


def get_listing(snapshot: Snapshot, scope: Scope, listing_id: str) -> Listing:
    """One of the caller's own listings; NotFound for anybody else's."""
    found = snapshot.all(_get, id=listing_id)
    if not found or (found[0].merchant_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such listing")
    return _listings(snapshot, found)[0]


def hide_product(tx: Tx, scope: Scope, product_id: str, reason: str = "") -> None:
    """Take a product out of sight: a merchant hides its own offers of it, the operator hides it from everybody."""
    _set_hidden(tx, scope, product_id, hidden=True, reason=reason)


def publish_product(tx: Tx, scope: Scope, product_id: str) -> None:
    """Show a product again: a merchant its own offers of it, the operator what the operator hid."""
    _set_hidden(tx, scope, product_id, hidden=False, reason="")


def _set_hidden(tx: Tx, scope: Scope, product_id: str, *, hidden: bool, reason: str) -> None:
    listings = tx.all(_mine, product_id=product_id, merchant_id=scope.organisation or "")
    if listings:
        set_listing_status(tx, scope, [listing.id for listing in listings], "hidden" if hidden else "published")
        return
    if not scope.is_operator or not tx.run(_hide_product, id_=product_id, hidden_=int(hidden)):
        raise NotFound("There is no such product")
    act = "catalog.hide_product" if hidden else "catalog.publish_product"
    identity.audit(tx, scope, act, product_id, {"reason": reason})
    if hidden:
        announce_withdrawn(tx, [product_id])
    else:
        announce_listed(tx, visible_ids(tx, [product_id]))


def _listings(snapshot: Snapshot, found: list[Any]) -> list[Listing]:
    if not found:
        return []
    rows = snapshot.all(_offers, ids=[row.id for row in found])
    left = left_of(snapshot, rows)
    offers: dict[str, list[OfferView]] = defaultdict(list)
    for row in rows:
        offers[row.listing_id].append(offer_view(row, left.get(row.id), snapshot.now))
    seen = visible_ids(snapshot, {row.product_id for row in found})
    return [_listing(row, offers[row.id], row.product_id in seen) for row in found]


def _listing(row: Any, offers: list[OfferView], seen: bool) -> Listing:
    live = [offer for offer in offers if offer.state != "gone"]
    prices = [offer.price_minor for offer in live] or [0]
    return Listing(
        id=row.id,
        external_id=row.external_id,
        product_id=row.product_id,
        slug=row.slug,
        title=row.title,
        picture=row.picture,
        hidden=bool(row.hidden),
        visible=seen and row.merchant_status == "approved" and any(offer.state == "active" for offer in live),
        owned=bool(row.owned),
        price_minor=min(prices),
        price_minor_max=max(prices),
        currency=live[0].currency if live else row.currency,
        offers=tuple(live),
        available=total_left(live),
        changed_at=row.changed_at,
        status=row.status,
        publish_at=row.publish_at,
        tags=tuple(from_json(row.tags, list[str])),
        category=row.category,
    )


_l, _p, _o, _m, _c = (
    tables.listings.c, tables.products.c, tables.offers.c, tables.merchants.c, tables.categories.c,
)  # fmt: skip
_all = select(
    _l.id, _l.merchant_id, _l.external_id, _l.product_id, _p.slug, _p.title, _p.picture, _l.hidden,
    ((_p.owner_id == _l.merchant_id) & (_p.external_id == _l.external_id)).label("owned"),
    _m.status.label("merchant_status"), _m.currency, _l.changed_at,
    _l.status, _l.publish_at, _l.tags, _c.slug.label("category"),
).select_from(
    tables.listings.join(tables.products, _p.id == _l.product_id)
    .join(tables.merchants, _m.id == _l.merchant_id)
    .outerjoin(tables.categories, _c.id == _p.category_id)
)  # fmt: skip
_own = (_l.product_id == _p.id) & (_l.merchant_id == bindparam("merchant_id"))
_shown = (_p.joined_to.is_(None), or_(bindparam("any") == 1, _l.id.is_not(None)))
_handle = select(_p.id.label("product_id"), _p.slug, _l.external_id)
_seen = _handle.select_from(tables.products.outerjoin(tables.listings, _own)).where(*_shown)
_named = _handle.select_from(tables.listings.join(tables.products, _own)).where(_p.joined_to.is_(None))
_handles: Prepared[Any] = prepare(  # each part walks an index of its own: one condition would read every product
    union(
        *(
            part.where(in_set(column, "keys"))
            for part, column in ((_seen, _p.id), (_seen, _p.slug), (_named, _l.external_id))
        )
    )
)
_named_offers: Prepared[Any] = prepare(
    select(_o.id, _o.external_id, _o.product_id).where(
        _o.merchant_id == bindparam("merchant_id"), in_set(_o.external_id, "names"), _o.state != "gone"
    )
)
_get: Prepared[Any] = prepare(_all.where(_l.id == bindparam("id")))
_some: Prepared[Any] = prepare(_all.where(in_set(_l.id, "ids")))
_list: Prepared[Any] = prepare(
    _all.where(
        _l.merchant_id == bindparam("merchant_id"),
        _l.id < bindparam("before"),
        or_(
            func.lower(_p.title).like(bindparam("part"), escape="\\"),
            func.lower(_l.external_id).like(bindparam("start"), escape="\\"),
        ),
    )
    .order_by(_l.id.desc())
    .limit(bindparam("most"))
)
_offers: Prepared[Any] = prepare(OFFERS.where(in_set(_o.listing_id, "ids")).order_by(_o.listing_id, _o.id))
_mine: Prepared[Any] = prepare(
    select(_l.id).where(_l.product_id == bindparam("product_id"), _l.merchant_id == bindparam("merchant_id"))
)
_hide_product: Prepared[Any] = prepare(
    update(tables.products).where(_p.id == bindparam("id_")).values(hidden=bindparam("hidden_"))
)
