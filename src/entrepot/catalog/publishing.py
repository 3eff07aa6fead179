"""The life of a listing: draft, scheduled, published, hidden, delisted.

| it is | buyers | how it comes there |
|---|---|---|
| draft | do not see it | a feed or form says it is not published yet |
| scheduled | do not see it before its time | `publish_at`; a task opens it (`sales`) |
| published | see it, once its merchant is approved | |
| hidden | do not see it for now | by hand, or a feed that says so |
| delisted | do not see it any more | by hand: the merchant does not sell it any more |

Offers follow their listing, so that every read, cart and search sees the same. Who delists a product that nobody else
sells lets go of its GTINs: the next merchant who lists one begins with words of their own. Where others sell it, the
product keeps its GTINs and its words. Delisting is no deletion: orders, reviews and prices of before stay, and the
listing can be published again; a GTIN that somebody else has taken meanwhile stays theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotFound, Prepared, Tx, in_set, prepare

from . import tables
from .matching import claim_products
from .sales import OPEN, enqueue_at
from .types import ListingStatus
from .visibility import announce_listed, announce_withdrawn, visible_ids

LISTINGS_MAX = 500


def set_listing_status(
    tx: Tx, scope: Scope, listing_ids: Sequence[str], status: ListingStatus, publish_at: int | None = None
) -> int:
    """Bring the caller's own listings to a status; returns how many were another before.

    `scheduled` needs a time ahead. `hidden` takes out of sight what was published or would be; a draft stays a draft.
    NotFound when one of them is not the caller's.
    """
    if len(listing_ids) > LISTINGS_MAX:
        raise Invalid(f"Change at most {LISTINGS_MAX} listings at a time: there are {len(listing_ids)}")
    _check(tx, status, publish_at)
    rows = tx.all(_lock, ids=sorted(set(listing_ids)), merchant_id=identity.require_organisation(scope))
    if len(rows) < len(set(listing_ids)):
        raise NotFound("There is no such listing")
    changing = [row for row in rows if (row.status, row.publish_at) != (status, publish_at) and _may(row, status)]
    if changing:
        write_status(tx, changing, status, publish_at)
    return len(changing)


def _check(tx: Tx, status: ListingStatus, publish_at: int | None) -> None:
    if status == "draft":
        raise Invalid("A listing is a draft before it is published: hide it, or delist it")
    if status == "scheduled" and (publish_at is None or publish_at <= tx.now):
        raise Invalid("Say when it should be shown: a time ahead of now", fields={"publish_at": "a time ahead of now"})
    if status != "scheduled" and publish_at is not None:
        raise Invalid("Only what is scheduled has a time", fields={"publish_at": "leave it empty"})


def _may(row: Any, status: ListingStatus) -> bool:
    return not (status == "hidden" and row.status == "draft")


def write_status(tx: Tx, rows: Sequence[Any], status: ListingStatus, publish_at: int | None) -> None:
    """Write a status of locked rows of listings, and all that follows from it."""
    ids = [row.id for row in rows]
    products = {row.product_id for row in rows}
    is_shown = status == "published"
    tx.run(_set_status, ids=ids, status_=status, publish_at_=publish_at, hidden_=int(not is_shown), now_=tx.now)
    tx.run(_set_offers, ids=ids, state_="active" if is_shown else "hidden", now_=tx.now)
    if status == "delisted":
        tx.run(_free_gtins, ids=sorted(products))
    elif back := {row.product_id for row in rows if row.status == "delisted"}:
        claim_products(tx, back)
    if is_shown:
        announce_listed(tx, visible_ids(tx, products))
    elif shown := {row.product_id for row in rows if row.status == "published"}:
        announce_withdrawn(tx, shown)
    enqueue_at(tx, OPEN, [publish_at])


_l, _o, _g, _v = tables.listings.c, tables.offers.c, tables.gtins.c, tables.variants.c
_others = tables.listings.alias("others")
_lock: Prepared[Any] = prepare(
    select(_l.id, _l.product_id, _l.status, _l.publish_at)
    .where(in_set(_l.id, "ids"), _l.merchant_id == bindparam("merchant_id"))
    .order_by(_l.id)
    .with_for_update()
)
_set_status: Prepared[Any] = prepare(
    update(tables.listings)
    .where(in_set(_l.id, "ids"))
    .values(
        status=bindparam("status_"),
        hidden=bindparam("hidden_"),
        publish_at=bindparam("publish_at_"),
        changed_at=bindparam("now_"),
    )
)
_set_offers: Prepared[Any] = prepare(
    update(tables.offers)
    .where(in_set(_o.listing_id, "ids"), _o.state != "gone")
    .values(state=bindparam("state_"), changed_at=bindparam("now_"))
)
_free_gtins: Prepared[Any] = prepare(
    delete(tables.gtins).where(
        _g.variant_id.in_(select(_v.id).where(in_set(_v.product_id, "ids"))),
        ~select(_others.c.id).where(_others.c.product_id == _g.product_id, _others.c.status != "delisted").exists(),
    )
)
