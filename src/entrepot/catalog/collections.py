"""Collections: goods put together by hand or by a rule, a merchant's or the market's own, each a page of its own.

What is in a collection is rows, so that lists and search read it like anything else. A rule's rows follow events: when
products change, each rule that may concern them is asked again, and what came or went is announced once more, so that
search follows. A rule that is new or changed is asked of all goods by a task. Nothing but visible goods is in a rule's
collection; one by hand keeps what is hidden for when it is seen again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import bindparam, delete, func, or_, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import tables
from .cards import list_cards
from .merchants import get_merchant
from .texts import clean_html, clean_line, clean_title, slug_of
from .types import Card
from .visibility import announce_listed, visible_ids

PRODUCTS_MAX = 1_000
TITLE_LENGTH_MAX = 120
TEXT_LENGTH_MAX = 20_000
COLLECTIONS_MAX = 500
"""How many a merchant may have, and the market."""

Words = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=100)]
AmountMinor = Annotated[int, Meta(ge=0, le=10**12)]


class CollectionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goods must be: of each part that is given, one of its values.

    `categories` are paths with all below them, `attributes` values by code, `merchants` ids (for the market's own).
    Prices are those of the offer proposed first, in `currency`. `tags` are merchants' own words.
    """

    categories: Words = ()
    brands: Words = ()
    tags: Words = ()
    merchants: Words = ()
    attributes: Annotated[dict[str, Words], Meta(max_length=20)] = {}
    price_from_minor: AmountMinor | None = None
    price_to_minor: AmountMinor | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    in_stock: bool = False


class CollectionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A collection as somebody writes it. `text` is HTML, cleaned; `picture` the sha256 of a stored one. With a `rule`
    it fills itself, else `product_ids` are its goods in their order."""

    title: Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX)]
    text: Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)] = ""
    picture: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    rule: CollectionRule | None = None
    product_ids: Annotated[tuple[str, ...], Meta(max_length=PRODUCTS_MAX)] = ()
    position: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    published: bool = True


class Collection(msgspec.Struct, frozen=True):
    """A collection. `merchant_id` is None for the market's own; `products` counts its goods, seen or not; `filling` is
    whether its rule is still being asked of all goods."""

    id: str
    slug: str
    merchant_id: str | None
    title: str
    text: str
    picture: str | None
    rule: CollectionRule | None
    position: int
    published: bool
    filling: bool
    products: int
    changed_at: int


class FillCollection(msgspec.Struct, frozen=True):
    """Ask this collection's rule of all goods."""

    collection_id: str


FILL = "catalog.fill_collection"


def save_collection(tx: Tx, scope: Scope, draft: CollectionDraft, collection_id: str | None = None) -> Collection:
    """Make a collection of the caller's organisation, or change one; an operator's is the market's own.

    Its address is made of its first title and stays.
    """
    owner = _owner(scope)
    _check(draft, owner)
    before = None
    if collection_id is None:
        collection_id = _insert_new(tx, owner, draft)
    else:
        before = _lock_own(tx, scope, collection_id)
    values = {
        "title": clean_title(draft.title), "text": clean_html(draft.text), "picture": draft.picture,
        "rule": to_json(draft.rule) if draft.rule else None, "position": draft.position,
        "published": int(draft.published), "cursor": "" if draft.rule else None,
    }  # fmt: skip
    tx.run(_change, id_=collection_id, now_=tx.now, **{f"{name}_": value for name, value in values.items()})
    if draft.rule is None:
        set_products(tx, collection_id, owner, draft.product_ids)
    else:
        tx.enqueue(FILL, FillCollection(collection_id))
    if before is not None and (bool(before.published) != draft.published):
        _announce_all(tx, collection_id)
    return get_collection(tx, scope, collection_id)


def arrange_collection(tx: Tx, scope: Scope, collection_id: str, product_ids: Sequence[str]) -> None:
    """Put these goods of a collection by hand first, in this order; the others follow as they stood.

    Conflict for a collection that a rule fills; what is not in it is left out.
    """
    row = _lock_own(tx, scope, collection_id)
    if row.rule is not None:
        raise Conflict("A rule fills this collection: its goods have no order of their own")
    held = product_ids_of(tx, collection_id)
    first = [each for each in dict.fromkeys(product_ids) if each in set(held)]
    set_products(tx, collection_id, _owner(scope), [*first, *(each for each in held if each not in set(first))])


def delete_collection(tx: Tx, scope: Scope, collection_id: str) -> None:
    """Take a collection away; its goods stay."""
    _lock_own(tx, scope, collection_id)
    _announce_all(tx, collection_id)
    tx.run(_forget_products, id=collection_id)
    tx.run(_delete, id=collection_id)


def get_collection(snapshot: Snapshot, scope: Scope, collection_id: str) -> Collection:
    """One of the caller's own, or of the market's for the operator; NotFound for anybody else's."""
    row = snapshot.one(_get, key=collection_id)
    if row is None or row.merchant_id != _owner(scope):
        raise NotFound("There is no such collection")
    return _view(row)


def find_collection(snapshot: Snapshot, slug: str) -> Collection:
    """A published collection by its slug, as buyers see it; NotFound when there is none."""
    row = snapshot.one(_get, key=slug)
    if row is None or row.slug != slug or not row.published or row.status not in (None, "approved"):
        raise NotFound("There is no such collection")
    return _view(row)


def list_collections(snapshot: Snapshot, scope: Scope, after: str = "", most: int = 50) -> list[Collection]:
    """The caller's own, or the market's for the operator, newest first; `after` is the id of the last one seen."""
    owner = _owner(scope)
    found = snapshot.all(_list, owner=owner or "", market=int(owner is None), before=after or "d", most=most)
    return [_view(row) for row in found]


def list_collection_cards(
    snapshot: Snapshot, collection_id: str, after: tuple[int, str] | None = None, most: int = 40
) -> tuple[list[Card], tuple[int, str] | None]:
    """Cards of what is in a collection and seen, in its order, and where the next page begins."""
    position, product_id = after or (-1, "")
    rows = snapshot.all(_page, id=collection_id, position=position, product_id=product_id, most=most + 1)
    cards = list_cards(snapshot, [row.product_id for row in rows[:most]])
    return cards, (rows[most - 1].position, rows[most - 1].product_id) if len(rows) > most else None


def product_ids_of(snapshot: Snapshot, collection_id: str, most: int = PRODUCTS_MAX) -> list[str]:
    """What is in a collection, seen or not, in its order."""
    rows = snapshot.all(_page, id=collection_id, position=-1, product_id="", most=most)
    return [row.product_id for row in rows]


def set_products(tx: Tx, collection_id: str, owner: str | None, product_ids: Sequence[str]) -> None:
    """Make these the goods of a collection by hand, in this order. A merchant's holds only what it sells."""
    ids = list(dict.fromkeys(product_ids))
    known = {row.product_id for row in tx.all(_sold, ids=sorted(ids), owner=owner or "", any=int(owner is None))}
    if strange := [each for each in ids if each not in known]:
        raise Invalid(f"{strange[0]} is nothing that you sell", fields={"product_ids": strange[0]})
    before = {row.product_id for row in tx.all(_page, id=collection_id, position=-1, product_id="", most=10**6)}
    tx.run(_forget_products, id=collection_id)
    tx.run_many(insert_item, [{"id": collection_id, "product_id": each, "position": n} for n, each in enumerate(ids)])
    announce_listed(tx, visible_ids(tx, before ^ set(ids)))


def _announce_all(tx: Tx, collection_id: str) -> None:
    ids = {row.product_id for row in tx.all(_page, id=collection_id, position=-1, product_id="", most=10**6)}
    announce_listed(tx, visible_ids(tx, ids))


def _owner(scope: Scope) -> str | None:
    """Whose collections the caller keeps: the market's own (None) for an operator."""
    return None if scope.is_operator else identity.require_organisation(scope)


def _check(draft: CollectionDraft, owner: str | None) -> None:
    if not clean_title(draft.title):
        raise Invalid("A collection needs a title", fields={"title": "write a title"})
    rule = draft.rule
    if rule is not None and draft.product_ids:
        raise Invalid("A collection is filled by hand or by its rule, not by both", fields={"rule": "or product_ids"})
    if rule is not None and rule == CollectionRule():
        raise Invalid("Say what its goods have in common", fields={"rule": "give at least one condition"})
    if rule is not None and owner is not None and rule.merchants:
        raise Invalid("A shop's collection holds its own goods", fields={"rule": "leave merchants out"})
    has_price = rule is not None and (rule.price_from_minor is not None or rule.price_to_minor is not None)
    if rule is not None and has_price and rule.currency is None:
        raise Invalid("Say in which currency the prices are", fields={"currency": "such as USD"})


def _insert_new(tx: Tx, owner: str | None, draft: CollectionDraft) -> str:
    if int(tx.value(_count, owner=owner or "", market=int(owner is None)) or 0) >= COLLECTIONS_MAX:
        raise Conflict(f"There are {COLLECTIONS_MAX} collections: take one away first")
    collection_id = tx.new_id("col")
    start = f"{get_merchant(tx, owner).slug}-" if owner else ""
    slug = f"{start}{slug_of(draft.title) or 'collection'}"
    row = {"id": collection_id, "merchant_id": owner, "title": clean_line(draft.title), "now": tx.now}
    if not tx.run(_insert, slug=slug, **row):
        tx.run(_insert, slug=f"{slug}-{collection_id[-6:].lower()}", **row)
    return collection_id


def _lock_own(tx: Tx, scope: Scope, collection_id: str) -> Any:
    row = tx.one(_lock, id=collection_id)
    if row is None or row.merchant_id != _owner(scope):
        raise NotFound("There is no such collection")
    return row


def _view(row: Any) -> Collection:
    rule = from_json(row.rule, CollectionRule) if row.rule is not None else None
    return Collection(
        row.id, row.slug, row.merchant_id, row.title, row.text, row.picture, rule, row.position, bool(row.published),
        row.cursor is not None, int(row.products), row.changed_at,
    )  # fmt: skip


_c, _i, _o, _m = tables.collections.c, tables.collection_products.c, tables.offers.c, tables.merchants.c
_held = select(func.count()).where(_i.collection_id == _c.id).scalar_subquery()
_whole = (
    select(
        _c.id, _c.slug, _c.merchant_id, _c.title, _c.text, _c.picture, _c.rule, _c.position, _c.published, _c.cursor,
        _c.changed_at, _held.label("products"), _m.status,
    )
    .select_from(tables.collections.outerjoin(tables.merchants, _m.id == _c.merchant_id))
)  # fmt: skip
_is_owners = or_(_c.merchant_id == bindparam("owner"), (bindparam("market") == 1) & _c.merchant_id.is_(None))
_get: Prepared[Any] = prepare(_whole.where(or_(_c.id == bindparam("key"), _c.slug == bindparam("key"))))
_lock: Prepared[Any] = prepare(
    select(_c.id, _c.merchant_id, _c.published, _c.rule).where(_c.id == bindparam("id")).with_for_update()
)
_list: Prepared[Any] = prepare(
    _whole.where(_is_owners, _c.id < bindparam("before")).order_by(_c.id.desc()).limit(bindparam("most"))
)
_count: Prepared[Any] = prepare(select(func.count().label("rows")).select_from(tables.collections).where(_is_owners))
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_collections (id, merchant_id, slug, title, text, position, published, created_at, changed_at) "
    "VALUES (:id, :merchant_id, :slug, :title, '', 0, 0, :now, :now) ON CONFLICT DO NOTHING"
)
_change: Prepared[Any] = prepare(
    update(tables.collections)
    .where(_c.id == bindparam("id_"))
    .values(
        title=bindparam("title_"),
        text=bindparam("text_"),
        picture=bindparam("picture_"),
        rule=bindparam("rule_"),
        position=bindparam("position_"),
        published=bindparam("published_"),
        cursor=bindparam("cursor_"),
        changed_at=bindparam("now_"),
    )
)
_delete: Prepared[Any] = prepare(delete(tables.collections).where(_c.id == bindparam("id")))
_forget_products: Prepared[Any] = prepare(delete(tables.collection_products).where(_i.collection_id == bindparam("id")))
insert_item: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_collection_products (collection_id, product_id, position) "
    "VALUES (:id, :product_id, :position) ON CONFLICT (collection_id, product_id) DO NOTHING"
)
_page: Prepared[Any] = prepare(
    select(_i.position, _i.product_id)
    .where(
        _i.collection_id == bindparam("id"),
        or_(
            _i.position > bindparam("position"),
            (_i.position == bindparam("position")) & (_i.product_id > bindparam("product_id")),
        ),
    )
    .order_by(_i.position, _i.product_id)
    .limit(bindparam("most"))
)
_sold: Prepared[Any] = prepare(
    select(_o.product_id)
    .where(
        in_set(_o.product_id, "ids"), _o.state != "gone",
        or_(bindparam("any") == 1, _o.merchant_id == bindparam("owner")),
    )
    .distinct()
)  # fmt: skip
