"""The tree of categories: the market's own, and what feeds bring that it does not have.

A feed's category finds ours in this order:

1. what the operator resolved it to for this merchant;
2. the same path (`electronics/audio/headphones`);
3. another way to say one of ours: a path of a taxonomy that was loaded, in any of its languages or Google's words, or
   where one of ours stood before it was moved or merged;
4. the only one of ours whose path ends with the whole of it (`audio/headphones`, or just `headphones`), or, where it
   is a single word, with another word for the same that a pack knows (`notebooks` for `laptops`);
5. else it is made as the feed writes it, with its parents, and remembers the merchant it came from; a merchant may
   bring a bounded number, and beyond it the nearest parent that exists is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json
from entrepot.kernel.sql import prepare_text
from entrepot.kernel.tx import Again

from . import tables
from .packs import same_words
from .texts import clean_title, slug_of
from .types import Category, CategoryDraft, CategoryNode
from .values import plain
from .visibility import SEEN

DEPTH_MAX = 8
PART_LENGTH_MAX = 80
BROUGHT_MAX = 1_000
"""How many categories one merchant's feeds may add to the tree."""

Path = tuple[tuple[str, str], ...]
"""A category from the top: (slug, name) of each part."""


def save_categories(tx: Tx, scope: Scope, drafts: Sequence[CategoryDraft]) -> dict[str, str]:
    """Set the names and places of the market's own categories, by path; parents that are missing are made.

    Returns the id of each by its path. Operators only.
    """
    identity.require_operator(scope)
    wanted: dict[str, CategoryDraft] = {}
    for draft in drafts:
        path = parse_path(draft.slug)
        if slug_path(path) != draft.slug or not draft.names.get("en"):
            raise Invalid(f"{draft.slug!r} is no category: write a path such as electronics/audio and an English name")
        for depth in range(1, len(path)):
            above = slug_path(path[:depth])
            wanted.setdefault(above, CategoryDraft(above, {"en": path[depth - 1][1]}))
        wanted[draft.slug] = draft
    _insert_missing(tx, {slug: draft.names for slug, draft in wanted.items()}, None)
    named = {draft.slug for draft in drafts}
    tx.run_many(_rename, [_renamed(wanted[slug]) for slug in sorted(named)])
    return {row.slug: row.id for row in tx.all(_by_slugs, slugs=list(wanted))}


def list_categories(snapshot: Snapshot) -> list[Category]:
    """Every category, parents before children."""
    return snapshot.all(_list)


def category_tree(snapshot: Snapshot) -> tuple[CategoryNode, ...]:
    """The categories in which something is visible, with those above them, as a tree."""
    by_slug = {category.slug: category for category in list_categories(snapshot)}
    used: set[str] = set()
    for row in snapshot.all(_used):
        parts = row.slug.split("/")
        used.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    below: dict[str | None, list[Category]] = {}
    for slug in sorted(used):
        category = by_slug[slug]
        below.setdefault(category.parent_id, []).append(category)
    return _nodes(below, None)


def get_category(snapshot: Snapshot, key: str) -> Category:
    """A category by id or path, also by the path that it had before it was moved; NotFound when there is none."""
    category = snapshot.one(_get, key=key) or snapshot.one(_get_moved, words=words_of(key))
    if category is None:
        raise NotFound("There is no such category")
    return category


def find_category_id(snapshot: Snapshot, slug: str) -> str | None:
    """The id of the category with this path of slugs."""
    return _read_ids(snapshot, {slug}).get(slug)


def paths_of(snapshot: Snapshot, category_ids: Iterable[str | None]) -> dict[str, tuple[Category, ...]]:
    """The way to each category from the top of the tree, by id."""
    ids = sorted({each for each in category_ids if each is not None})
    slugs: dict[str, str] = {row.id: row.slug for row in snapshot.all(_slugs_of, ids=ids)} if ids else {}
    parts = {slug: _prefixes(slug) for slug in slugs.values()}
    wanted = sorted({prefix for prefixes in parts.values() for prefix in prefixes})
    by_slug = {row.slug: row for row in snapshot.all(_whole_by_slugs, slugs=wanted)} if wanted else {}
    return {id: tuple(by_slug[each] for each in parts[slug] if each in by_slug) for id, slug in slugs.items()}


def resolve_categories(tx: Tx, merchant_id: str, texts: Iterable[str]) -> dict[str, str | None]:
    """The category's id for each text of a feed, as this module says; None for a text that names none.

    A handful of statements, however many texts.
    """
    wanted = set(texts)
    paths = {text: parse_path(text) for text in wanted}
    named, known = _find(tx, merchant_id, paths)
    missing = {path for text, path in paths.items() if path and text not in named and slug_path(path) not in known}
    if missing:
        _bring(tx, merchant_id, missing, known)
    return {text: named.get(text) or _nearest(slug_path(path), known) for text, path in paths.items()}


def map_categories(snapshot: Snapshot, merchant_id: str, texts: Iterable[str]) -> dict[str, str | None]:
    """The id of the category that each text of a feed means already; None for one that a feed would bring along.

    Changes nothing. A handful of reads for a whole batch.
    """
    paths = {text: parse_path(text) for text in set(texts)}
    named, known = _find(snapshot, merchant_id, paths)
    return {text: named.get(text) or known.get(slug_path(path)) for text, path in paths.items()}


def words_of(text: str) -> str:
    """A category's path as other ways to say it are kept: small letters, parts joined by ` > `."""
    parts = (plain(clean_title(part))[:PART_LENGTH_MAX] for part in text.split(">" if ">" in text else "/"))
    return " > ".join(part for part in parts if part)


def _find(snapshot: Snapshot, merchant_id: str, paths: Mapping[str, Path]) -> tuple[dict[str, str], dict[str, str]]:
    """What is known of the paths of texts: ids by text where a name says so, and ids by slug, their parents' too."""
    slugs = {text: slug_path(path) for text, path in paths.items() if path}
    known = _read_ids(snapshot, {each for slug in slugs.values() for each in _prefixes(slug)})
    said = _read_names(snapshot, merchant_id, {text: (words_of(slug), words_of(text)) for text, slug in slugs.items()})
    named = {text: id for text, (id, is_own) in said.items() if is_own or slugs[text] not in known}
    known |= _match_ends(snapshot, {slug for text, slug in slugs.items() if slug not in known and text not in named})
    return named, known


def _read_names(
    snapshot: Snapshot, merchant_id: str, wordings: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, bool]]:
    """(category, whether it was said for this merchant) of each text that has a name in one of its wordings; what was
    said for the merchant counts."""
    if not wordings:
        return {}
    wanted = sorted({each for words in wordings.values() for each in words})
    rows = snapshot.all(_names, words=wanted, merchant_id=merchant_id)
    found = {row.words: (row.category_id, False) for row in rows if not row.merchant_id}
    found |= {row.words: (row.category_id, True) for row in rows if row.merchant_id}
    said = {text: [found[each] for each in words if each in found] for text, words in wordings.items()}
    return {text: max(names, key=lambda name: name[1]) for text, names in said.items() if names}


def parse_path(text: str) -> Path:
    """The parts of a category as a feed writes it: `Shoes > Boots`, or `shoes/boots`; at most eight."""
    named = ">" in text
    parts = (clean_title(part)[:PART_LENGTH_MAX] for part in text.split(">" if named else "/"))
    return tuple((_part_slug(part), _part_name(part)) for part in parts if part)[:DEPTH_MAX]


def slug_path(path: Path) -> str:
    """The path's own slug."""
    return "/".join(slug for slug, _ in path)


def _part_slug(part: str) -> str:
    """A name without a Latin letter gets a slug made of its digest."""
    return slug_of(part) or "c-" + hashlib.blake2b(part.encode(), digest_size=5).hexdigest()


def _part_name(part: str) -> str:
    return part.replace("-", " ").capitalize() if part == slug_of(part) else part


def _prefixes(slug: str) -> list[str]:
    parts = slug.split("/")
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _nearest(slug: str, known: Mapping[str, str]) -> str | None:
    while slug:
        if slug in known:
            return known[slug]
        slug = slug.rpartition("/")[0]
    return None


def _read_ids(snapshot: Snapshot, slugs: set[str]) -> dict[str, str]:
    return {row.slug: row.id for row in snapshot.all(_by_slugs, slugs=sorted(slugs))} if slugs else {}


def _match_ends(snapshot: Snapshot, slugs: set[str]) -> dict[str, str]:
    """Ours whose path ends with one of these, where there is only one."""
    if not slugs:
        return {}
    leaves = {slug: slug.rpartition("/")[2] for slug in slugs}
    alike = {slug: _slugs_alike(slug) for slug in slugs if "/" not in slug}  # Stationery > Notebooks are no laptops
    ours = snapshot.all(_ours_by_leaf, leaves=sorted(set(leaves.values()).union(*alike.values())))
    found: dict[str, list[str]] = {}
    by_leaf: dict[str, list[str]] = {}
    for row in ours:
        parts = row.slug.split("/")
        by_leaf.setdefault(parts[-1], []).append(row.id)
        for start in range(1, len(parts)):
            found.setdefault("/".join(parts[start:]), []).append(row.id)
    matched = {slug: found[slug][0] for slug in slugs if len(found.get(slug, ())) == 1}
    for slug, others in alike.items():
        ids = {id for other in others for id in by_leaf.get(other, ())}
        if slug not in matched and slug not in found and len(ids) == 1:
            matched[slug] = ids.pop()
    return matched


def _slugs_alike(leaf: str) -> set[str]:
    """Last parts of paths that mean the same: `notebooks` and `laptops`, in singular and plural."""
    word = leaf.replace("-", " ")
    alike = {slug_of(each) for one in {word, word.removesuffix("s")} for each in same_words(one)} - {""}
    return {each + end for each in alike for end in ("", "s")} - {leaf}


def _bring(tx: Tx, merchant_id: str, missing: set[Path], known: dict[str, str]) -> None:
    """Make what a merchant's feed names, parents first, up to the bound."""
    names: dict[str, dict[str, str]] = {}
    for path in sorted(missing):
        for depth in range(1, len(path) + 1):
            slug = slug_path(path[:depth])
            if slug not in known:
                names.setdefault(slug, {"en": path[depth - 1][1]})
    room = BROUGHT_MAX - int(tx.value(_count_brought, source=merchant_id) or 0)
    chosen = dict(sorted(names.items(), key=lambda item: (item[0].count("/"), item[0]))[: max(room, 0)])
    if chosen:
        _insert_missing(tx, chosen, merchant_id, known)
        known |= _read_ids(tx, set(chosen))


def _insert_missing(
    tx: Tx, names: Mapping[str, Mapping[str, str]], source: str | None, known: Mapping[str, str] | None = None
) -> None:
    """Insert categories that do not exist; when somebody else makes one of them meanwhile, the command runs again."""
    ids = dict(known) if known is not None else _read_ids(tx, set(names))
    fresh = [slug for slug in sorted(names, key=lambda slug: (slug.count("/"), slug)) if slug not in ids]
    rows = []
    for slug in fresh:
        ids[slug] = tx.new_id("cat")
        above, _, leaf = slug.rpartition("/")
        row = {"id": ids[slug], "slug": slug, "leaf": leaf, "names": to_json(names[slug])}
        rows.append({**row, "parent_id": ids.get(above), "position": 0, "source": source})
    tx.run_many(_insert, rows)
    made = _read_ids(tx, set(fresh))
    if any(made[slug] != ids[slug] for slug in fresh):
        raise Again("another command made the same category, under which this one's would hang")


def _renamed(draft: CategoryDraft) -> dict[str, Any]:
    return {"slug": draft.slug, "names": to_json(draft.names), "position": draft.position}


def _nodes(below: Mapping[str | None, list[Category]], parent_id: str | None) -> tuple[CategoryNode, ...]:
    ordered = sorted(below.get(parent_id, ()), key=lambda category: (category.position, category.slug))
    return tuple(CategoryNode(category, _nodes(below, category.id)) for category in ordered)


def _read(id: str, slug: str, names: str, parent_id: str | None, position: int, source: str | None) -> Category:
    return Category(id, slug, from_json(names, dict[str, str]), parent_id, position, source)


_c, _p = tables.categories.c, tables.products.c
_whole = select(_c.id, _c.slug, _c.names, _c.parent_id, _c.position, _c.source)
_n = tables.category_names.c
_names: Prepared[Any] = prepare(
    select(_n.words, _n.merchant_id, _n.category_id).where(
        in_set(_n.words, "words"), or_(_n.merchant_id == "", _n.merchant_id == bindparam("merchant_id"))
    )
)
_get_moved: Prepared[Category] = prepare(
    _whole.join_from(tables.categories, tables.category_names, _n.category_id == _c.id).where(
        _n.words == bindparam("words"), _n.merchant_id == "", _n.kind == "moved"
    ),
    _read,
)
_list: Prepared[Category] = prepare(_whole.order_by(_c.slug), _read)
_get: Prepared[Category] = prepare(_whole.where(or_(_c.id == bindparam("key"), _c.slug == bindparam("key"))), _read)
_whole_by_slugs: Prepared[Category] = prepare(_whole.where(in_set(_c.slug, "slugs")), _read)
_by_slugs: Prepared[Any] = prepare(select(_c.slug, _c.id).where(in_set(_c.slug, "slugs")))
_slugs_of: Prepared[Any] = prepare(select(_c.id, _c.slug).where(in_set(_c.id, "ids")))
_ours_by_leaf: Prepared[Any] = prepare(
    select(_c.slug, _c.id).where(in_set(_c.leaf, "leaves"), _c.source.is_(None)).order_by(_c.slug)
)
_used: Prepared[Any] = prepare(select(_c.slug).where(select(_p.id).where(_p.category_id == _c.id, SEEN).exists()))
_count_brought: Prepared[Any] = prepare(
    select(func.count().label("rows")).select_from(tables.categories).where(_c.source == bindparam("source"))
)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_categories (id, slug, leaf, names, parent_id, position, source) "
    "VALUES (:id, :slug, :leaf, :names, :parent_id, :position, :source) ON CONFLICT (slug) DO NOTHING"
)
_rename: Prepared[Any] = prepare_text(
    "UPDATE catalog_categories SET names = :names, position = :position, source = NULL WHERE slug = :slug"
)
