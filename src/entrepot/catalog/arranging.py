"""The operator's hands on the tree: rename, move and merge categories, and settle what feeds brought along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, literal_column, or_, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import tables
from .categories import DEPTH_MAX, get_category, map_categories, words_of
from .taxonomy import move_products
from .texts import clean_line, slug_of
from .types import Category
from .visibility import announce_listed

NAME_LENGTH_MAX = 80
MERGED_MAX = 50_000
"""How many products one merge may move; more are moved part by part."""
COUNTED_MAX = 1_000
"""How many products of a category are counted for a list; one more means that there are more."""


class Brought(msgspec.Struct, frozen=True):
    """A category that a merchant's feed brought: how many products stand in it, and ours that it may mean."""

    id: str
    slug: str
    names: dict[str, str]
    merchant_id: str
    merchant_name: str
    products: int
    suggested: Category | None = None


def rename_category(tx: Tx, scope: Scope, category_id: str, names: Mapping[str, str]) -> Category:
    """Call a category otherwise, by language; its path stays, so that links hold. Operators only."""
    identity.require_operator(scope)
    category = get_category(tx, category_id)
    cleaned = {language: clean_line(name)[:NAME_LENGTH_MAX] for language, name in names.items() if clean_line(name)}
    if not cleaned.get("en"):
        raise Invalid("A category needs an English name", fields={"name_en": "Write a name"})
    merged = {**category.names, **cleaned}
    tx.run(_set_names, id_=category.id, names_=to_json(merged))
    identity.audit(
        tx, scope, "catalog.rename_category", category.id, {"from": category.names["en"], "to": cleaned["en"]}
    )
    _announce_below(tx, [category.slug])
    return get_category(tx, category.id)


def move_category(tx: Tx, scope: Scope, category_id: str, under: str | None) -> Category:
    """Hang a category, with all below it, under another; None: at the top. The old paths go on leading there.

    Conflict when something of that name is there already; Invalid when it would hang under itself. Operators only.
    """
    identity.require_operator(scope)
    category = get_category(tx, category_id)
    parent = get_category(tx, under) if under else None
    slug = f"{parent.slug}/{category.slug.rpartition('/')[2]}" if parent else category.slug.rpartition("/")[2]
    if slug == category.slug:
        return category
    if parent and (parent.id == category.id or parent.slug.startswith(category.slug + "/")):
        raise Invalid("A category cannot hang under itself", fields={"under": "Choose another"})
    below = tx.all(_with_below, slug=category.slug, start=_start(category.slug))
    deepest = max(row.slug.count("/") for row in below) - category.slug.count("/") + slug.count("/") + 1
    if deepest > DEPTH_MAX:
        raise Invalid(f"Categories are at most {DEPTH_MAX} deep", fields={"under": "Choose a higher place"})
    moved = {row.id: slug + row.slug.removeprefix(category.slug) for row in below}
    if tx.all(_slugs_taken, slugs=sorted(moved.values())):
        raise Conflict("There is a category of this name already: merge the two instead")
    for row in below:
        _leave_name(tx, row.slug, row.id)
    tx.run_many(_set_slug, [{"id_": id, "slug_": new} for id, new in moved.items()])
    tx.run(_set_parent, id_=category.id, parent_id_=parent.id if parent else None)
    identity.audit(tx, scope, "catalog.move_category", category.id, {"from": category.slug, "to": slug})
    _announce_below(tx, [slug])
    return get_category(tx, category.id)


def merge_categories(tx: Tx, scope: Scope, category_id: str, into_id: str) -> Category:
    """Make one category of two: products and children of the first go to the second, its path leads there.

    Children that both have are merged too. Operators only.
    """
    identity.require_operator(scope)
    category, into = get_category(tx, category_id), get_category(tx, into_id)
    if into.id == category.id or into.slug.startswith(category.slug + "/"):
        raise Invalid("A category cannot be merged into itself or what is below it", fields={"into": "Choose another"})
    for child in tx.all(_children, id=category.id):
        twin = f"{into.slug}/{child.slug.rpartition('/')[2]}"
        found = tx.all(_slugs_taken, slugs=[twin])
        if found:
            merge_categories(tx, scope, child.id, found[0].id)
        else:
            move_category(tx, scope, child.id, into.id)
    move_products(tx, category.id, into.id, MERGED_MAX)
    if move_products(tx, category.id, into.id, 1):
        raise Conflict(f"More than {MERGED_MAX:,} products stand in it: merge what is below it first")
    tx.run(_rename_names, from_=category.id, to_=into.id)
    _leave_name(tx, category.slug, into.id)
    tx.run(_delete, ids=[category.id])
    identity.audit(tx, scope, "catalog.merge_categories", into.id, {"from": category.slug, "to": into.slug})
    return into


def list_brought(snapshot: Snapshot, scope: Scope, after: str = "", most: int = 50) -> list[Brought]:
    """Categories that feeds brought and that are none of ours, in the order of their paths, each with ours that it may
    mean. Operators only; a handful of reads."""
    identity.require_operator(scope)
    rows = snapshot.all(_brought, after=after, most=most)
    texts = {row.id: row.slug.rpartition("/")[2] for row in rows}
    mapped = map_categories(snapshot, "", texts.values())
    targets = {id: mapped[text] for id, text in texts.items() if mapped.get(text) not in (None, id)}
    ids = sorted({id for id in targets.values() if id})
    ours = {row.id: _category(row) for row in snapshot.all(_by_ids, ids=ids)} if ids else {}
    return [
        Brought(
            row.id, row.slug, from_json(row.names, dict[str, str]), row.source, row.merchant_name or "", row.products,
            ours.get(targets.get(row.id) or ""),
        )
        for row in rows
    ]  # fmt: skip


def settle_brought(tx: Tx, scope: Scope, choices: Mapping[str, str]) -> int:
    """Say what brought categories mean: by the id of each the id of ours, or its own to keep it as one of ours.

    Its products move there, and the merchant's next feed goes there at once. Returns how many were settled. Operators
    only.
    """
    identity.require_operator(scope)
    rows = {row.id: row for row in tx.all(_by_ids, ids=sorted(choices))}
    for id in sorted(choices, key=lambda id: -rows[id].slug.count("/") if id in rows else 0):
        row = rows.get(id)
        if row is None or row.source is None:
            raise NotFound("There is no such category of a feed")
        if choices[id] == id:
            tx.run(_keep, ids=[id])
            identity.audit(tx, scope, "catalog.keep_category", id, {"slug": row.slug})
            continue
        merge_categories(tx, scope, id, choices[id])
        name = {"merchant_id": row.source, "words": words_of(row.slug), "category_id": choices[id], "kind": "resolved"}
        tx.run(_save_name, **name)
    return len(choices)


def find_categories(snapshot: Snapshot, words: str, most: int = 20) -> list[Category]:
    """Categories of ours whose path or code holds these words, the shortest paths first."""
    slug = slug_of(words)
    if not slug:
        return []
    rows = snapshot.all(_matching, part=f"%{slug}%", code=words.strip(), most=most)
    return [_category(row) for row in rows]


def list_children(
    snapshot: Snapshot, parent_id: str | None, after: str = "", most: int = 200
) -> list[tuple[Category, int]]:
    """The categories right below one (None: at the top), each with the number of products that stand in it,
    counted to a thousand and one."""
    rows = snapshot.all(_below_one if parent_id else _at_top, after=after, most=most, parent_id=parent_id or "")
    return [(_category(row), row.products) for row in rows]


def _start(slug: str) -> str:
    """The pattern of every path below one; slugs hold neither of LIKE's signs."""
    return f"{slug}/%"


def _leave_name(tx: Tx, slug: str, category_id: str) -> None:
    tx.run(_save_name, merchant_id="", words=words_of(slug), category_id=category_id, kind="moved")


def _announce_below(tx: Tx, slugs: Sequence[str]) -> None:
    """Products in and below categories say their category's name and path, so they are found anew."""
    for slug in slugs:
        announce_listed(tx, [row.id for row in tx.all(_products_below, slug=slug, start=_start(slug))])


def _category(row: Any) -> Category:
    return Category(row.id, row.slug, from_json(row.names, dict[str, str]), row.parent_id, row.position, row.source)


_c, _p, _m, _n = tables.categories.c, tables.products.c, tables.merchants.c, tables.category_names.c
_whole = (_c.id, _c.slug, _c.names, _c.parent_id, _c.position, _c.source)
_counted = (
    select(func.count())
    .select_from(
        select(literal_column("1"))
        .where(_p.category_id == _c.id)
        .limit(COUNTED_MAX + 1)
        .correlate(tables.categories)
        .subquery()
    )
    .scalar_subquery()
    .label("products")
)
_set_names: Prepared[Any] = prepare(
    update(tables.categories).where(_c.id == bindparam("id_")).values(names=bindparam("names_"))
)
_set_slug: Prepared[Any] = prepare(
    update(tables.categories).where(_c.id == bindparam("id_")).values(slug=bindparam("slug_"))
)
_set_parent: Prepared[Any] = prepare(
    update(tables.categories).where(_c.id == bindparam("id_")).values(parent_id=bindparam("parent_id_"))
)
_keep: Prepared[Any] = prepare(update(tables.categories).where(in_set(_c.id, "ids")).values(source=None))
_delete: Prepared[Any] = prepare(delete(tables.categories).where(in_set(_c.id, "ids")))
_rename_names: Prepared[Any] = prepare(
    update(tables.category_names).where(_n.category_id == bindparam("from_")).values(category_id=bindparam("to_"))
)
_save_name: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_category_names (merchant_id, words, category_id, kind) "
    "VALUES (:merchant_id, :words, :category_id, :kind) ON CONFLICT (merchant_id, words) DO UPDATE SET "
    "category_id = excluded.category_id, kind = excluded.kind"
)
_with_below: Prepared[Any] = prepare(
    select(_c.id, _c.slug)
    .where(or_(_c.slug == bindparam("slug"), _c.slug.like(bindparam("start"))))
    .order_by(_c.slug)
    .with_for_update()
)
_products_below: Prepared[Any] = prepare(
    select(_p.id).where(
        _p.category_id.in_(select(_c.id).where(or_(_c.slug == bindparam("slug"), _c.slug.like(bindparam("start")))))
    )
)
_children: Prepared[Any] = prepare(select(_c.id, _c.slug).where(_c.parent_id == bindparam("id")).order_by(_c.slug))
_slugs_taken: Prepared[Any] = prepare(select(_c.id, _c.slug).where(in_set(_c.slug, "slugs")))
_by_ids: Prepared[Any] = prepare(select(*_whole).where(in_set(_c.id, "ids")))
_brought: Prepared[Any] = prepare(
    select(*_whole, _m.name.label("merchant_name"), _counted)
    .join_from(tables.categories, tables.merchants, _m.id == _c.source, isouter=True)
    .where(_c.source.is_not(None), _c.slug > bindparam("after"))
    .order_by(_c.slug)
    .limit(bindparam("most"))
)
_matching: Prepared[Any] = prepare(
    select(*_whole)
    .where(_c.source.is_(None), or_(_c.slug.like(bindparam("part")), _c.code == bindparam("code")))
    .order_by(func.length(_c.slug), _c.slug)
    .limit(bindparam("most"))
)
_below_one: Prepared[Any] = prepare(
    select(*_whole, _counted)
    .where(_c.parent_id == bindparam("parent_id"), _c.slug > bindparam("after"))
    .order_by(_c.slug)
    .limit(bindparam("most"))
)
_at_top: Prepared[Any] = prepare(
    select(*_whole, _counted)
    .where(_c.parent_id.is_(None), _c.slug > bindparam("after"), bindparam("parent_id") == "")
    .order_by(_c.slug)
    .limit(bindparam("most"))
)
