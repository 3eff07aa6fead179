"""Products that may be one, for a person to join or to keep apart.

A task goes through new products and compares each with what other merchants list: a GTIN that another product has
claimed (it was listed before its merchant was approved), a brand's model number, else a title that says nearly the same
within a brand and a category. What was kept apart is not proposed again. The operator decides, and so does the merchant
of the newer product, who may only give up words of their own.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import bindparam, func, or_, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import (
    MINUTE,
    Conflict,
    Database,
    Lane,
    NotFound,
    Prepared,
    Scheduled,
    Snapshot,
    TaskKind,
    TaskRun,
    Tx,
    find_fact,
    from_json,
    in_set,
    prepare,
    to_json,
    write_fact,
)
from entrepot.kernel.sql import prepare_text

from . import tables
from .events import MerchantApproved
from .joining import Moved, join_products, split_products

KIND = "catalog.find_twins"
EVERY_S = 300
BATCH = 200
GROUP_MAX = 500
"""Products of one brand and category that are looked at; where there are more, none is compared by its title."""
SETTLED = MINUTE
"""A command may commit ids that are older than those of another that was quicker: the youngest are left for later."""
ALIKE_BPS = 7_500
MOST_ALIKE = 5
"""So many are proposed for one product by its title; nobody compares it with more."""
SURE = 10_000
_CURSOR = "catalog.twins"

TwinState = Literal["open", "joined", "apart"]


class FindTwins(msgspec.Struct, frozen=True):
    """Go on where it stood."""


class TwinSide(msgspec.Struct, frozen=True):
    """One of two products."""

    id: str
    slug: str
    title: str
    brand: str | None
    picture: str | None
    owner_id: str
    owner_name: str


class Twin(msgspec.Struct, frozen=True):
    """Two products that may be one. `product` is the older and would stay; `score_bps` is how alike they are."""

    id: str
    product: TwinSide
    other: TwinSide
    reason: Literal["gtin", "model", "title"]
    score_bps: int
    state: TwinState
    found_at: int
    decided_at: int | None


def list_twins(
    snapshot: Snapshot, scope: Scope, state: TwinState = "open", after: str = "", most: int = 50
) -> list[Twin]:
    """What waits for a decision, or was decided, oldest first: the operator sees all, a merchant those of its own."""
    mine = "" if scope.is_operator else identity.require_organisation(scope)
    rows = snapshot.all(_list, state=state, after=after, mine=mine, all=int(scope.is_operator), most=most)
    ids = {row.product_id for row in rows} | {row.other_id for row in rows}
    sides = {side.id: side for side in snapshot.all(_sides, ids=sorted(ids))}
    return [_twin(row, sides) for row in rows]


def join_twins(tx: Tx, scope: Scope, twin_id: str) -> str:
    """Make one product of the two; returns its id. For the operator and the merchant of the newer one."""
    row = _lock_own(tx, scope, twin_id)
    if row.state == "joined":
        raise Conflict("These products are joined already")
    moved = join_products(tx, row.product_id, row.other_id)
    tx.run(_decide, id_=twin_id, state_="joined", moved_=to_json(moved), now_=tx.now, by_=scope.actor)
    identity.audit(tx, scope, "catalog.join_products", row.other_id, {"to": row.product_id})
    return str(row.product_id)


def keep_apart(tx: Tx, scope: Scope, twin_id: str) -> None:
    """Say that they are two: they are not proposed again. What was joined is split."""
    row = _lock_own(tx, scope, twin_id)
    if row.state == "joined":
        split_products(tx, row.product_id, row.other_id, from_json(row.moved, Moved))
        identity.audit(tx, scope, "catalog.split_products", row.other_id, {"from": row.product_id})
    tx.run(_decide, id_=twin_id, state_="apart", moved_=None, now_=tx.now, by_=scope.actor)


def propose_twin(tx: Tx, scope: Scope, one_id: str, other_id: str) -> str:
    """Have two products compared that a person found; returns the pair's id. Operators only."""
    identity.require_operator(scope)
    rows = sorted(tx.all(_some, ids=[one_id, other_id]), key=lambda row: (row.created_at, row.id))
    if len(rows) < 2:
        raise NotFound("There is no such product")
    _insert_all(tx, [Likely(rows[0].id, rows[1].id, "title", alike_bps(rows[0].title, rows[1].title))])
    found = tx.one(_pair, product_id=rows[0].id, other_id=rows[1].id)
    assert found is not None
    return str(found.id)


class Likely(NamedTuple):
    """A pair to propose: the older first."""

    product_id: str
    other_id: str
    reason: str
    score: int


class _Look(NamedTuple):
    """What was found of the products from the cursor on; `last` is empty when there are none."""

    cursor: str
    last: str
    looked: int
    pairs: list[Likely]


class _Listed(NamedTuple):
    """A product that others are compared with."""

    id: str
    title: str
    brand: str
    category_id: str | None
    owner_id: str
    created_at: int


def find_twins(database: Database) -> int:
    """Look at the next products and propose what they may be the same as; returns how many it looked at.

    Nobody waits for the looking: only what was found is written, unless the cursor was moved meanwhile."""
    look = database.read_now(_look)
    if look.last:
        database.write_now(lambda tx: _keep(tx, look), Lane.BULK)
    return look.looked


def _look(snapshot: Snapshot) -> _Look:
    cursor = str(find_fact(snapshot, _CURSOR) or "")
    fresh = snapshot.all(_next, after=cursor, before=snapshot.now - SETTLED, most=BATCH)
    return _Look(cursor, fresh[-1].id if fresh else "", len(fresh), find_likely(snapshot, fresh) if fresh else [])


def _keep(tx: Tx, look: _Look) -> None:
    if str(find_fact(tx, _CURSOR) or "") == look.cursor:
        _insert_all(tx, look.pairs)
        write_fact(tx, _CURSOR, look.last)


def look_again(tx: Tx, event: MerchantApproved) -> None:
    """A merchant's goods may be the same as others' from its approval on: go through them (again)."""
    first = tx.value(_first_of, merchant_id=event.merchant_id)
    cursor = str(find_fact(tx, _CURSOR) or "")
    if first is not None and first <= cursor:
        write_fact(tx, _CURSOR, first[:-1])
    tx.enqueue(KIND, FindTwins())


def find_likely(snapshot: Snapshot, fresh: Sequence[Any]) -> list[Likely]:
    """Likely pairs of these products with any other, in three reads."""
    ids = [row.id for row in fresh]
    pairs: dict[tuple[str, str], Likely] = {}
    for row in snapshot.all(_same_gtin, ids=ids):
        _note(pairs, row, "gtin", SURE)
    for row in snapshot.all(_same_model, ids=ids):
        if row.gtin is None or row.their_gtin is None or row.gtin == row.their_gtin:
            _note(pairs, row, "model", SURE)
    for one, other, score in _alike(fresh, snapshot.all(_of_kinds, ids=ids, most=GROUP_MAX + 1)):
        older, newer = sorted((one, other), key=lambda each: (each.created_at, each.id))
        pairs.setdefault((older.id, newer.id), Likely(older.id, newer.id, "title", score))
    return list(pairs.values())


def alike_bps(one: str, other: str) -> int:
    """How alike two titles are, of 10,000: the share of their words that both have. Words with digits must be the same
    in both, because an iPhone 12 is no iPhone 13. Pure."""
    a, b = words_of_title(one), words_of_title(other)
    return _share(a, b) if _numbers(a) == _numbers(b) else 0


def _share(a: frozenset[str], b: frozenset[str]) -> int:
    return len(a & b) * SURE // len(a | b) if a and b else 0


def words_of_title(title: str) -> frozenset[str]:
    """The words of a title, whatever their case, width or accents."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", title).casefold() if not unicodedata.combining(letter)
    )
    return frozenset("".join(letter if letter.isalnum() else " " for letter in plain).split())


def _numbers(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(letter.isdigit() for letter in word))


def _alike(fresh: Sequence[Any], others: Sequence[_Listed]) -> Iterator[tuple[Any, _Listed, int]]:
    """Each with the few that are most like it, of those whose words with digits are the same."""
    groups: dict[Any, list[tuple[_Listed, frozenset[str]]]] = defaultdict(list)
    for other in others:
        words = words_of_title(other.title)
        groups[other.brand, other.category_id, _numbers(words)].append((other, words))
    for row in fresh:
        words = words_of_title(row.title)
        group = groups.get((row.brand, row.category_id, _numbers(words)), ())
        scores = ((other, _share(words, theirs)) for other, theirs in group if other.owner_id != row.owner_id)
        likely = [each for each in scores if each[1] >= ALIKE_BPS]
        yield from ((row, *each) for each in nlargest(MOST_ALIKE, likely, key=lambda each: each[1]))


def _note(pairs: dict[tuple[str, str], Likely], row: Any, reason: str, score: int) -> None:
    older, newer = sorted(((row.created_at, row.id), (row.their_created_at, row.their_id)))
    pairs.setdefault((older[1], newer[1]), Likely(older[1], newer[1], reason, score))


def _insert_all(tx: Tx, pairs: Iterable[Likely]) -> None:
    tx.run_many(_insert, [{"id": tx.new_id("twn"), "now": tx.now, **pair._asdict()} for pair in pairs])


def _lock_own(tx: Tx, scope: Scope, twin_id: str) -> Any:
    row = tx.one(_lock, id=twin_id)
    if row is None or (not scope.is_operator and (not scope.organisation or row.newer_owner != scope.organisation)):
        raise NotFound("There is no such proposal")
    return row


def _twin(row: Any, sides: dict[str, TwinSide]) -> Twin:
    return Twin(
        row.id, sides[row.product_id], sides[row.other_id], row.reason, row.score, row.state, row.found_at,
        row.decided_at,
    )  # fmt: skip


def _act(run: TaskRun, _body: FindTwins) -> None:
    while find_twins(run.database) == BATCH:
        if run.closing:
            return run.later(1)


TASKS: tuple[TaskKind[FindTwins], ...] = (TaskKind(KIND, FindTwins, _act, slow=True),)
SCHEDULE: tuple[Scheduled, ...] = (Scheduled(KIND, FindTwins(), EVERY_S),)

_t, _p, _v, _g, _m = tables.twins.c, tables.products.c, tables.variants.c, tables.gtins.c, tables.merchants.c
_other = tables.products.alias("other").c
_their = tables.variants.alias("their").c
_columns = (_p.id, _p.title, _p.brand, _p.category_id, _p.owner_id, _p.created_at)
_live = (_p.joined_to.is_(None), _m.status == "approved")
_with_owner = tables.products.join(tables.merchants, _m.id == _p.owner_id)
_next: Prepared[Any] = prepare(
    select(*_columns)
    .select_from(_with_owner)
    .where(_p.id > bindparam("after"), _p.created_at <= bindparam("before"), *_live)
    .order_by(_p.id)
    .limit(bindparam("most"))
)
_first_of: Prepared[Any] = prepare(
    select(func.min(_p.id).label("first")).where(_p.owner_id == bindparam("merchant_id"))
)
_some: Prepared[Any] = prepare(select(*_columns).where(in_set(_p.id, "ids"), _p.joined_to.is_(None)))
_KINDS = """
SELECT p.id, p.title, p.brand, p.category_id, p.owner_id, p.created_at
FROM (SELECT DISTINCT brand, category_id FROM catalog_products WHERE brand <> '' AND id {ids}) AS kind
CROSS JOIN catalog_products AS p CROSS JOIN catalog_merchants AS m
WHERE (
  SELECT count(*) FROM (SELECT 1 FROM catalog_products AS q WHERE q.brand = kind.brand AND {counted} LIMIT {most}) AS n
) < {most}
AND p.brand = kind.brand AND {same} AND p.joined_to IS NULL AND m.id = p.owner_id AND m.status = 'approved'
ORDER BY p.id
"""
_SAME = "({0}.category_id = kind.category_id OR ({0}.category_id IS NULL AND kind.category_id IS NULL))"
_of_kinds: Prepared[_Listed] = Prepared(
    _KINDS.format(
        ids="IN (SELECT value FROM json_each(:ids))", most=":most", same="p.category_id IS kind.category_id",
        counted="q.category_id IS kind.category_id",
    ),
    _KINDS.format(ids="= ANY(%(ids)s::text[])", most="%(most)s", same=_SAME.format("p"), counted=_SAME.format("q")),
    ("ids",),
    _Listed,
)  # fmt: skip
_pairs = (
    _p.id, _p.created_at, _other.id.label("their_id"), _other.created_at.label("their_created_at"), _v.gtin,
    _their.gtin.label("their_gtin"),
)  # fmt: skip
_both_live = (_p.joined_to.is_(None), _other.joined_to.is_(None), _other.owner_id != _p.owner_id)
_same_gtin: Prepared[Any] = prepare(
    select(*_pairs)
    .select_from(
        tables.products.join(tables.variants, _v.product_id == _p.id)
        .join(tables.gtins, _g.gtin == _v.gtin)
        .join(_their.id.table, _their.id == _g.variant_id)
        .join(_other.id.table, _other.id == _g.product_id)
    )
    .where(in_set(_p.id, "ids"), _g.product_id != _p.id, *_both_live)
)
_same_model: Prepared[Any] = prepare(
    select(*_pairs)
    .select_from(
        tables.products.join(tables.variants, _v.product_id == _p.id)
        .join(_their.id.table, _their.model_key == _v.model_key)
        .join(_other.id.table, _other.id == _their.product_id)
        .join(tables.merchants, _m.id == _other.owner_id)
    )
    .where(in_set(_p.id, "ids"), _their.product_id != _p.id, _m.status == "approved", *_both_live)
)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_twins (id, product_id, other_id, reason, score, state, found_at) "
    "VALUES (:id, :product_id, :other_id, :reason, :score, 'open', :now) ON CONFLICT (product_id, other_id) DO NOTHING"
)
_whole = (
    select(
        _t.id, _t.product_id, _t.other_id, _t.reason, _t.score, _t.state, _t.found_at, _t.decided_at, _t.moved,
        _p.owner_id.label("newer_owner"),
    )
    .join_from(tables.twins, tables.products, _p.id == _t.other_id)
)  # fmt: skip
_lock: Prepared[Any] = prepare(_whole.where(_t.id == bindparam("id")).with_for_update(of=tables.twins))
_pair: Prepared[Any] = prepare(
    select(_t.id).where(_t.product_id == bindparam("product_id"), _t.other_id == bindparam("other_id"))
)
_list: Prepared[Any] = prepare(
    _whole.where(
        _t.state == bindparam("state"),
        _t.id > bindparam("after"),
        or_(bindparam("all") == 1, _p.owner_id == bindparam("mine")),
    )
    .order_by(_t.id)
    .limit(bindparam("most"))
)
_sides: Prepared[TwinSide] = prepare(
    select(_p.id, _p.slug, _p.title, _p.brand, _p.picture, _p.owner_id, _m.name)
    .select_from(_with_owner)
    .where(in_set(_p.id, "ids")),
    TwinSide,
)
_decide: Prepared[Any] = prepare(
    update(tables.twins)
    .where(_t.id == bindparam("id_"))
    .values(
        state=bindparam("state_"), moved=bindparam("moved_"), decided_at=bindparam("now_"), decided_by=bindparam("by_")
    )
)
