"""Bundles: an offer made of other offers of the same merchant, at a price of its own.

A bundle is listed as any product is. It has no stock: there are as many as its parts allow, an order holds and sends
the parts (`stock.hold_stock`), and what happens to a part's stock is seen in every bundle that it is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import bindparam, delete, select, update

from entrepot.identity import Scope
from entrepot.kernel import Invalid, Prepared, Tx, in_set, prepare

from . import tables
from .drafts import ProductDraft
from .products import save_products
from .stock import announce_stock
from .texts import clean_line
from .visibility import announce_offers

PARTS_MAX = 50
PIECES_MAX = 1_000


class BundlePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many pieces of an offer in one bundle."""

    offer_id: str
    quantity: Annotated[int, Meta(ge=1, le=PIECES_MAX)] = 1


def save_bundle(tx: Tx, scope: Scope, merchant_id: str, draft: ProductDraft, parts: Sequence[BundlePart]) -> str:
    """List a bundle, or change one; returns its product's id.

    The draft has one variant without stock of its own, in the currency of the parts. Where it says no weight, it
    weighs what its parts weigh. Invalid for parts that are not the merchant's own single goods on its list.
    """
    variant = draft.variants[0]
    if len(draft.variants) != 1 or variant.is_counted:
        raise Invalid("A bundle has one variant, and no stock of its own: its parts have it")
    rows = _check_parts(tx, merchant_id, parts, variant.currency)
    if variant.weight_g is None and all(row.weight_g is not None for row in rows.values()):
        weight_g = sum(rows[part.offer_id].weight_g * part.quantity for part in parts)
        draft = msgspec.structs.replace(draft, variants=(msgspec.structs.replace(variant, weight_g=weight_g),))
    saved = save_products(tx, scope, merchant_id, [draft], None)
    external_id = clean_line(draft.external_id)
    offer = tx.one(_own, merchant_id=merchant_id, external_id=external_id)
    assert offer is not None, "a saved product has an offer"
    if offer.id in rows or tx.one(_is_part, id=offer.id) is not None:
        raise Invalid("This is a part of a bundle itself: a bundle is made of single goods", fields={"parts": "single"})
    tx.run(_set_bundled, id_=offer.id)
    tx.run(_forget_parts, id=offer.id)
    tx.run_many(_insert_part, [
        {"offer_id": offer.id, "part_offer_id": part.offer_id, "quantity": part.quantity} for part in parts
    ])  # fmt: skip
    announce_offers(tx, [offer.product_id])
    announce_stock(tx, [offer.id])
    return saved.products[external_id]


def _check_parts(tx: Tx, merchant_id: str, parts: Sequence[BundlePart], currency: str) -> dict[str, Any]:
    ids = [part.offer_id for part in parts]
    if not 1 <= len(parts) <= PARTS_MAX or len(set(ids)) < len(ids):
        raise Invalid(f"A bundle has 1 to {PARTS_MAX} parts, each named once", fields={"parts": f"1 to {PARTS_MAX}"})
    if sum(part.quantity for part in parts) < 2 or any(not 1 <= part.quantity <= PIECES_MAX for part in parts):
        raise Invalid("A bundle has at least two pieces", fields={"parts": "at least two pieces"})
    rows = {row.id: row for row in tx.all(_parts, ids=sorted(ids))}
    for offer_id in ids:
        row = rows.get(offer_id)
        if row is None or row.merchant_id != merchant_id or row.state == "gone":
            raise Invalid("A part is not an offer of this shop", fields={"parts": offer_id})
        if row.bundled:
            raise Invalid("A bundle cannot be a part of another", fields={"parts": offer_id})
        if row.currency != currency:
            raise Invalid(f"The parts are sold in {row.currency}: price the bundle in it", fields={"currency": ""})
    return rows


_o, _l, _b = tables.offers.c, tables.listings.c, tables.bundle_parts.c
_parts: Prepared[Any] = prepare(
    select(_o.id, _o.merchant_id, _o.state, _o.bundled, _o.currency, _o.weight_g)
    .where(in_set(_o.id, "ids"))
    .order_by(_o.id)
    .with_for_update()
)
_own: Prepared[Any] = prepare(
    select(_o.id, _o.product_id)
    .join_from(tables.offers, tables.listings, _l.id == _o.listing_id)
    .where(_l.merchant_id == bindparam("merchant_id"), _l.external_id == bindparam("external_id"), _o.state != "gone")
)
_is_part: Prepared[Any] = prepare(select(_b.offer_id).where(_b.part_offer_id == bindparam("id")))
_set_bundled: Prepared[Any] = prepare(
    update(tables.offers).where(_o.id == bindparam("id_")).values(bundled=1, counted=0)
)
_forget_parts: Prepared[Any] = prepare(delete(tables.bundle_parts).where(_b.offer_id == bindparam("id")))
_insert_part: Prepared[Any] = tables.inserting(tables.bundle_parts)
