"""Joining two products that are one, and splitting them again.

The one that stays keeps its words, its address and its owner. Of the other, offers, listings, reviews and
questions move; its id and its address lead to the one that stays, so that links and orders still find it. Each of its
variants becomes the one of the same number or choices, or is added. What moved is written down, so that a split puts it
back: what came after the join (reviews, orders) stays with the product that it was given to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, select, update

from entrepot.kernel import Conflict, Prepared, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .attributes import read_choices
from .matching import claim_products
from .ratings import refresh_ratings
from .visibility import announce_listed, announce_withdrawn, visible_ids


class Moved(msgspec.Struct, frozen=True):
    """What a join moved: offers with the variant that each was of, and the ids of the rest."""

    offers: list[tuple[str, str]] = []
    variants: list[str] = []
    listings: list[str] = []
    reviews: list[str] = []
    questions: list[str] = []
    collections: list[str] = []
    numbered: list[str] = []
    """Variants of the product that stays which took a GTIN from the other."""


def join_products(tx: Tx, stays_id: str, goes_id: str) -> Moved:
    """Make one product of two; returns what moved. Conflict when one of them was joined already."""
    _lock_both(tx, stays_id, goes_id)
    here, theirs = _variants_of(tx, stays_id), _variants_of(tx, goes_id)
    same = match_variants(here, theirs)
    offers = tx.all(_offers, product_id=goes_id)
    added = [variant.id for variant in theirs if variant.id not in same]
    moved = Moved(
        offers=[(offer.id, offer.variant_id) for offer in offers],
        variants=added,
        listings=[row.id for row in tx.all(_listings, product_id=goes_id)],
        reviews=[row.id for row in tx.all(_reviews, product_id=goes_id)],
        questions=[row.id for row in tx.all(_questions, product_id=goes_id)],
        collections=[row.collection_id for row in tx.all(_in_collections, product_id=goes_id)],
        numbered=_give_numbers(tx, here, theirs, same),
    )
    _move_variants(tx, stays_id, added, len(here))
    tx.run_many(_move_offer, [
        {"id_": offer.id, "product_id_": stays_id, "variant_id_": same.get(offer.variant_id, offer.variant_id),
         "now_": tx.now} for offer in offers
    ])  # fmt: skip
    _move_rest(tx, moved, stays_id, goes_id)
    tx.run(_free_gtins, ids=[variant.id for variant in theirs])
    tx.run(_mark, id_=goes_id, joined_to_=stays_id, now_=tx.now)
    tx.run(_move_joined, old_=goes_id, joined_to_=stays_id)
    claim_products(tx, [stays_id])
    _finish(tx, stays_id, goes_id)
    return moved


def split_products(tx: Tx, stays_id: str, goes_id: str, moved: Moved) -> None:
    """Take a join back: everything that moved and is still there returns."""
    _lock_both(tx, stays_id, goes_id, joined=True)
    tx.run(_free_gtins, ids=[*moved.variants, *moved.numbered])
    tx.run(_forget_gtins, ids=moved.numbered)
    _move_variants(tx, goes_id, moved.variants, 0)
    before = dict(moved.offers)
    offers = [row for row in tx.all(_offers_of_listings, ids=moved.listings) if row.product_id == stays_id]
    rows = []
    for offer in offers:
        variant_id = before.get(offer.id) or _copy_variant(tx, offer.variant_id, goes_id)
        rows.append({"id_": offer.id, "product_id_": goes_id, "variant_id_": variant_id, "now_": tx.now})
    tx.run_many(_move_offer, rows)
    tx.run(_move_listings, ids=moved.listings, product_id_=goes_id, joined_=0, now_=tx.now)
    tx.run(_move_reviews, ids=moved.reviews, product_id_=goes_id)
    tx.run(_move_questions, ids=moved.questions, product_id_=goes_id)
    tx.run_many(_put_in_collection, [{"id": each, "from_id": stays_id, "to_id": goes_id} for each in moved.collections])
    tx.run(_mark, id_=goes_id, joined_to_=None, now_=tx.now)
    claim_products(tx, [stays_id, goes_id])
    _finish(tx, stays_id, goes_id)


def match_variants(here: Sequence[Any], theirs: Sequence[Any]) -> dict[str, str]:
    """Which variant of one product each of another's is: by GTIN, model number or choices; an only one is an only one.

    Each is taken once. Pure.
    """
    found: dict[str, str] = {}
    for key in (_gtin, _model, _choices):
        free = {key(each): each.id for each in reversed(here) if key(each) and each.id not in found.values()}
        for variant in theirs:
            if variant.id not in found and (match := free.pop(key(variant), None)) is not None:
                found[variant.id] = match
    if not found and len(here) == len(theirs) == 1:
        return {theirs[0].id: here[0].id}
    return found


def _gtin(variant: Any) -> Any:
    return variant.gtin


def _model(variant: Any) -> Any:
    return variant.model_key


def _choices(variant: Any) -> Any:
    return tuple(sorted((name.casefold(), value.casefold()) for name, value in read_choices(variant.options).items()))


def _lock_both(tx: Tx, stays_id: str, goes_id: str, *, joined: bool = False) -> None:
    rows = {row.id: row for row in tx.all(_lock, ids=sorted({stays_id, goes_id}))}
    stays, goes = rows.get(stays_id), rows.get(goes_id)
    if stays is None or goes is None or stays is goes or stays.joined_to is not None:
        raise Conflict("One of these products is no longer there: look again")
    if (goes.joined_to == stays_id) != joined or (not joined and goes.joined_to is not None):
        raise Conflict("These products were joined or kept apart already: look again")


def _variants_of(tx: Tx, product_id: str) -> list[Any]:
    return tx.all(_variants, product_id=product_id)


def _give_numbers(tx: Tx, here: Sequence[Any], theirs: Sequence[Any], same: dict[str, str]) -> list[str]:
    """A variant without a GTIN takes that of the one that it is; returns which did."""
    numbers = {same[each.id]: each.gtin for each in theirs if each.id in same and each.gtin}
    taken = [each.id for each in here if each.id in numbers and not each.gtin]
    tx.run_many(_set_gtin, [{"id_": each, "gtin_": numbers[each]} for each in taken])
    return taken


def _move_variants(tx: Tx, product_id: str, ids: Sequence[str], first: int) -> None:
    rows = [{"id_": each, "product_id_": product_id, "position_": first + n} for n, each in enumerate(ids)]
    tx.run_many(_move_variant, rows)


def _move_rest(tx: Tx, moved: Moved, stays_id: str, goes_id: str) -> None:
    tx.run(_move_listings, ids=moved.listings, product_id_=stays_id, joined_=1, now_=tx.now)
    tx.run(_move_reviews, ids=moved.reviews, product_id_=stays_id)
    tx.run(_move_questions, ids=moved.questions, product_id_=stays_id)
    tx.run_many(_add_to_collection, [{"id": each, "product_id": stays_id} for each in moved.collections])
    tx.run(_copy_grants, old=goes_id, new=stays_id)


def _copy_variant(tx: Tx, variant_id: str, product_id: str) -> str:
    """A variant that came to the joined product later is the other's too when they part."""
    copy = tx.new_id("var")
    tx.run(_copy, copy=copy, id=variant_id, product_id=product_id)
    return copy


def _finish(tx: Tx, stays_id: str, goes_id: str) -> None:
    refresh_ratings(tx, [stays_id, goes_id])
    announce_withdrawn(tx, [goes_id])
    announce_listed(tx, visible_ids(tx, [stays_id, goes_id]))


_p, _v, _o, _l = tables.products.c, tables.variants.c, tables.offers.c, tables.listings.c
_r, _q, _g, _i = (
    tables.reviews.c, tables.questions.c, tables.gtins.c, tables.collection_products.c,
)  # fmt: skip
_of_product: BindParameter[Any] = bindparam("product_id")
_lock: Prepared[Any] = prepare(
    select(_p.id, _p.joined_to).where(in_set(_p.id, "ids")).order_by(_p.id).with_for_update()
)
_variants: Prepared[Any] = prepare(
    select(_v.id, _v.gtin, _v.model_key, _v.options).where(_v.product_id == _of_product).order_by(_v.position, _v.id)
)
_offers: Prepared[Any] = prepare(
    select(_o.id, _o.variant_id).where(_o.product_id == _of_product).order_by(_o.id).with_for_update()
)
_offers_of_listings: Prepared[Any] = prepare(
    select(_o.id, _o.variant_id, _o.product_id).where(in_set(_o.listing_id, "ids")).order_by(_o.id).with_for_update()
)
_listings: Prepared[Any] = prepare(select(_l.id).where(_l.product_id == _of_product).order_by(_l.id).with_for_update())
_reviews: Prepared[Any] = prepare(select(_r.id).where(_r.product_id == _of_product))
_questions: Prepared[Any] = prepare(select(_q.id).where(_q.product_id == _of_product))
_in_collections: Prepared[Any] = prepare(select(_i.collection_id).where(_i.product_id == _of_product))
_set_gtin: Prepared[Any] = prepare(
    update(tables.variants).where(_v.id == bindparam("id_")).values(gtin=bindparam("gtin_"))
)
_move_variant: Prepared[Any] = prepare(
    update(tables.variants)
    .where(_v.id == bindparam("id_"))
    .values(product_id=bindparam("product_id_"), position=bindparam("position_"))
)
_move_offer: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(product_id=bindparam("product_id_"), variant_id=bindparam("variant_id_"), changed_at=bindparam("now_"))
)
_move_listings: Prepared[Any] = prepare(
    update(tables.listings)
    .where(in_set(_l.id, "ids"))
    .values(product_id=bindparam("product_id_"), joined=bindparam("joined_"), changed_at=bindparam("now_"))
)
_move_reviews: Prepared[Any] = prepare(
    update(tables.reviews).where(in_set(_r.id, "ids")).values(product_id=bindparam("product_id_"))
)
_move_questions: Prepared[Any] = prepare(
    update(tables.questions).where(in_set(_q.id, "ids")).values(product_id=bindparam("product_id_"))
)
_add_to_collection: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_collection_products (collection_id, product_id, position) "
    "VALUES (:id, :product_id, 0) ON CONFLICT (collection_id, product_id) DO NOTHING"
)
_put_in_collection: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_collection_products (collection_id, product_id, position) "
    "SELECT :id, :to_id, position FROM catalog_collection_products "
    "WHERE collection_id = :id AND product_id = :from_id ON CONFLICT (collection_id, product_id) DO NOTHING"
)
_copy_grants: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_review_grants (user_id, product_id, seller_order_id, granted_at) "
    "SELECT user_id, :new, seller_order_id, granted_at FROM catalog_review_grants WHERE product_id = :old "
    "ON CONFLICT (user_id, product_id) DO NOTHING"
)
_free_gtins: Prepared[Any] = prepare(delete(tables.gtins).where(in_set(_g.variant_id, "ids")))
_forget_gtins: Prepared[Any] = prepare(update(tables.variants).where(in_set(_v.id, "ids")).values(gtin=None))
_mark: Prepared[Any] = prepare(
    update(tables.products)
    .where(_p.id == bindparam("id_"))
    .values(joined_to=bindparam("joined_to_"), changed_at=bindparam("now_"))
)
_move_joined: Prepared[Any] = prepare(
    update(tables.products).where(_p.joined_to == bindparam("old_")).values(joined_to=bindparam("joined_to_"))
)
_copy: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_variants (id, product_id, position, options, gtin, picture, mpn, model_key) "
    "SELECT :copy, :product_id, position, options, NULL, picture, mpn, model_key FROM catalog_variants WHERE id = :id"
)
