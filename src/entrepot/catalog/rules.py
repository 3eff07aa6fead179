"""Keeping collections by rule up to date: asked of what changed, by events; asked of everything, by a task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from entrepot.kernel import Conflict, Lane, Prepared, Snapshot, TaskKind, TaskRun, Tx, from_json, in_set, prepare

from . import tables
from .cards import documents_of
from .collections import FILL, CollectionRule, FillCollection, insert_item
from .documents import ProductDocument
from .events import OffersChanged, ProductsHidden, ProductsListed, StockChanged
from .visibility import announce_listed, visible_ids

BATCH = 500


def matches(rule: CollectionRule, product: ProductDocument, tags: Iterable[str]) -> bool:
    """Whether a product is what a rule asks for. Pure."""
    category = product.category or ""
    return (
        _one_of(rule.brands, [product.brand or ""])
        and _one_of(rule.tags, tags)
        and _one_of(rule.merchants, product.merchant_ids)
        and (not rule.categories or any(_is_below(category, each.strip("/")) for each in rule.categories))
        and all(_one_of(words, product.attributes.get(code, ())) for code, words in rule.attributes.items())
        and _in_price(rule, product)
        and (product.sellable or not rule.in_stock)
    )


def follow_rules(tx: Tx, event: ProductsListed | OffersChanged | ProductsHidden | StockChanged) -> None:
    """Ask every rule that may concern these products again."""
    ids = sorted(set(event.product_ids))
    sellers = {row.merchant_id for row in tx.all(_sellers, ids=ids)}
    rules = tx.all(_rules, owners=sorted(sellers))
    if rules:
        _ask(tx, rules, ids)


def fill_batch(tx: Tx, collection_id: str) -> bool:
    """Ask a collection's rule of the next products; False when it has been asked of all."""
    row = tx.one(_filling, id=collection_id)
    if row is None or row.rule is None or row.cursor is None:
        return False
    ids = [each.product_id for each in tx.all(_next_of[row.merchant_id is not None], after=row.cursor,
                                              owner=row.merchant_id or "", most=BATCH)]  # fmt: skip
    if not row.cursor:
        tx.run(_forget_others, id=collection_id)
    if ids:
        _ask(tx, [row], ids)
    tx.run(_move_on, id_=collection_id, cursor_=ids[-1] if len(ids) == BATCH else None)
    return len(ids) == BATCH


def _ask(tx: Tx, rules: Sequence[Any], ids: Sequence[str]) -> None:
    """Put in what fits, take out what does not, and announce what came or went."""
    documents = {document.id: document for document in documents_of(tx, ids)}
    tags = _tags_of(tx, ids)
    held = defaultdict(set)
    for row in tx.all(_held, ids=list(ids), collections=[row.id for row in rules]):
        held[row.collection_id].add(row.product_id)
    come, gone = [], []
    for row in rules:
        rule = from_json(row.rule, CollectionRule)
        fitting = {
            each
            for each, document in documents.items()
            if (row.merchant_id is None or row.merchant_id in document.merchant_ids)
            and matches(rule, document, tags[each, row.merchant_id])
        }
        come += [{"id": row.id, "product_id": each, "position": 0} for each in sorted(fitting - held[row.id])]
        gone += [(row.id, each) for each in held[row.id] - fitting]
    tx.run_many(insert_item, come)
    tx.run_many(_take_out, [{"collection_id_": one, "product_id_": other} for one, other in sorted(gone)])
    announce_listed(tx, visible_ids(tx, {row["product_id"] for row in come} | {each for _, each in gone}))


def _tags_of(snapshot: Snapshot, ids: Sequence[str]) -> dict[tuple[str, str | None], list[str]]:
    """The words of each merchant for each product, and of all of them together (None)."""
    found: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for row in snapshot.all(_tags, ids=list(ids)):
        for owner in (row.merchant_id, None):
            found[row.product_id, owner] += from_json(row.tags, list[str])
    return found


def _one_of(wanted: Iterable[str], have: Iterable[str]) -> bool:
    folded = {each.casefold() for each in wanted}
    return not folded or not folded.isdisjoint(each.casefold() for each in have)


def _is_below(category: str, top: str) -> bool:
    return category == top or category.startswith(f"{top}/")


def _in_price(rule: CollectionRule, product: ProductDocument) -> bool:
    if rule.price_from_minor is None and rule.price_to_minor is None:
        return True
    low = rule.price_from_minor or 0
    high = rule.price_to_minor if rule.price_to_minor is not None else product.price_minor
    return product.currency == rule.currency and low <= product.price_minor <= high


def _act(run: TaskRun, body: FillCollection) -> None:
    while run.database.write_now(lambda tx: fill_batch(tx, body.collection_id), Lane.BULK):
        if run.closing:
            return run.later(1)
        try:
            run.progress(0, None)
        except Conflict:
            return


TASKS: tuple[TaskKind[FillCollection], ...] = (TaskKind(FILL, FillCollection, _act, slow=True),)

_c, _i, _o, _l, _p = (
    tables.collections.c, tables.collection_products.c, tables.offers.c, tables.listings.c, tables.products.c,
)  # fmt: skip
_sellers: Prepared[Any] = prepare(select(_o.merchant_id).where(in_set(_o.product_id, "ids")).distinct())
_rules: Prepared[Any] = prepare(
    select(_c.id, _c.merchant_id, _c.rule)
    .where(_c.rule.is_not(None), or_(_c.merchant_id.is_(None), in_set(_c.merchant_id, "owners")))
    .order_by(_c.id)
)
_filling: Prepared[Any] = prepare(
    select(_c.id, _c.merchant_id, _c.rule, _c.cursor).where(_c.id == bindparam("id")).with_for_update()
)
_held: Prepared[Any] = prepare(
    select(_i.collection_id, _i.product_id).where(in_set(_i.product_id, "ids"), in_set(_i.collection_id, "collections"))
)
_tags: Prepared[Any] = prepare(
    select(_l.product_id, _l.merchant_id, _l.tags).where(in_set(_l.product_id, "ids"), _l.status == "published")
)
_take_out: Prepared[Any] = prepare(
    delete(tables.collection_products).where(
        _i.collection_id == bindparam("collection_id_"), _i.product_id == bindparam("product_id_")
    )
)
_forget_others: Prepared[Any] = prepare(
    update(tables.collection_products).where(_i.collection_id == bindparam("id")).values(position=0)
)
_move_on: Prepared[Any] = prepare(
    update(tables.collections).where(_c.id == bindparam("id_")).values(cursor=bindparam("cursor_"))
)
_next_of: dict[bool, Prepared[Any]] = {
    True: prepare(
        select(_o.product_id)
        .where(_o.merchant_id == bindparam("owner"), _o.product_id > bindparam("after"))
        .distinct()
        .order_by(_o.product_id)
        .limit(bindparam("most"))
    ),
    False: prepare(
        select(_p.id.label("product_id"))
        .where(_p.id > bindparam("after"), bindparam("owner") == "")
        .order_by(_p.id)
        .limit(bindparam("most"))
    ),
}
