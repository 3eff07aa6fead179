"""A public taxonomy, read from its folder and loaded beside ours or in its place.

The folder holds `*_categories.csv` (id, path, path_zh), and may hold `*_to_google.csv` (the taxonomy's path, Google's
path) and `*_attributes.json`; each may be packed with gzip. This is how Shopify's taxonomy is published in tables.

1. its categories are made or renamed, parents first, each with its code;
2. every way to say one of them is kept: its path, the path in other languages, Google's path;
3. its attributes are defined, where nobody has defined them, with their usual values;
4. in place of ours: products move from our old categories to the one that is called the same, and what is then empty
   goes, leaving its path as another name.

Every step may run again and changes nothing the second time.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Database, Invalid, Lane, Prepared, Tx, in_set, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import tables
from .categories import DEPTH_MAX, parse_path, save_categories, slug_path, words_of
from .packs import attribute_of
from .texts import clean_line, code_of, slug_of
from .types import CategoryDraft
from .visibility import announce_listed

BATCH = 500
FILE_BYTES_MAX = 200 * 2**20
CHOICES_MAX = 1_000

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much is done and how much there is."""


class TaxonomyCategory(msgspec.Struct, frozen=True):
    """A category as a taxonomy writes it: its code, and its path by language, parts joined by ` > `."""

    code: str
    paths: dict[str, str]


class TaxonomyAttribute(msgspec.Struct, frozen=True):
    """An attribute as a taxonomy writes it, with its usual values."""

    code: str
    name: str
    values: tuple[str, ...]


class Taxonomy(msgspec.Struct, frozen=True):
    """What a folder holds. `google` are pairs of the taxonomy's path and Google's."""

    categories: tuple[TaxonomyCategory, ...]
    google: tuple[tuple[str, str], ...] = ()
    attributes: tuple[TaxonomyAttribute, ...] = ()


class Loaded(msgspec.Struct, frozen=True):
    """What loading did: categories and attributes in the taxonomy, products moved, categories of ours that went."""

    categories: int
    attributes: int
    products_moved: int
    categories_removed: int


def read_taxonomy(folder: Path) -> Taxonomy:
    """The taxonomy in a folder. Invalid, naming the file and line, for what is none."""
    categories = list(_categories(_one_file(folder, "*categories.csv*")))
    if not categories:
        raise Invalid(f"{folder} holds no category: is this the folder of a taxonomy?")
    google_file, attributes_file = _maybe_file(folder, "*google*.csv*"), _maybe_file(folder, "*attributes.json*")
    google = [(row["shopify_path"], row["google_path"]) for row in _rows(google_file)] if google_file else []
    attributes = _attributes(attributes_file) if attributes_file else []
    return Taxonomy(tuple(categories), tuple(google), tuple(attributes))


def load_taxonomy(
    database: Database, scope: Scope, taxonomy: Taxonomy, *, replace: bool = False, progress: Progress = lambda *_: None
) -> Loaded:
    """Load a taxonomy beside our categories, or in their place; in commands of some hundred rows. Operators only.

    Stopped midway, it may simply run again.
    """
    identity.require_operator(scope)
    ids: dict[str, str] = {}
    for batch in _told(taxonomy.categories, "categories", progress):
        ids |= database.write_now(partial(_save_batch, scope=scope, batch=batch), Lane.BULK)
    pairs = list(_wordings(taxonomy, ids))
    for names in _told(pairs, "names", progress):
        database.write_now(partial(_save_names, names=names), Lane.BULK)
    for some in _told(taxonomy.attributes, "attributes", progress):
        database.write_now(partial(_define, attributes=some), Lane.BULK)
    moved, removed = _replace_ours(database, scope, set(ids.values()), progress) if replace else (0, 0)
    return Loaded(len(taxonomy.categories), len(taxonomy.attributes), moved, removed)


def _told(items: Sequence[Any], what: str, progress: Progress) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
        progress(what, min(start + BATCH, len(items)), len(items))


# --- files


def _one_file(folder: Path, pattern: str) -> Path:
    found = _maybe_file(folder, pattern)
    if found is None:
        raise Invalid(f"{folder} has no file {pattern}: a taxonomy's folder has a table of its categories")
    return found


def _maybe_file(folder: Path, pattern: str) -> Path | None:
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    return found[0] if found else None


def _text(file: Path) -> str:
    """A file's text, at most so much of it: a packed one may be made to burst."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            content = opened.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise Invalid(f"{file.name} has more than {FILE_BYTES_MAX // 2**20} MiB: this is no taxonomy")
        return content.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise Invalid(f"{file.name} cannot be read: {error}") from None


def _rows(file: Path) -> Iterator[dict[str, str]]:
    try:
        yield from csv.DictReader(io.StringIO(_text(file)), strict=True)
    except csv.Error as error:
        raise Invalid(f"{file.name} is no table: {error}") from None


def _categories(file: Path) -> Iterator[TaxonomyCategory]:
    for line, row in enumerate(_rows(file), 2):
        path = row.get("path") or ""
        if not row.get("id") or not parse_path(path) or path.count(">") >= DEPTH_MAX:
            raise Invalid(f"{file.name}, line {line}: a category needs an id and a path of 1 to {DEPTH_MAX} parts")
        languages = {
            name.removeprefix("path_"): text for name, text in row.items() if name.startswith("path_") and text
        }
        yield TaxonomyCategory(row["id"], {"en": path, **languages})


def _attributes(file: Path) -> list[TaxonomyAttribute]:
    try:
        data = msgspec.json.decode(_text(file), type=_AttributesFile)
    except msgspec.DecodeError as error:
        raise Invalid(f"{file.name} is no list of attributes: {error}") from None
    return [
        TaxonomyAttribute(code_of(each.handle), each.name, tuple(value.name for value in each.values[:CHOICES_MAX]))
        for each in data.attributes
        if code_of(each.handle)
    ]


class _AttributeValue(msgspec.Struct):
    name: str


class _AttributeEntry(msgspec.Struct):
    name: str
    handle: str
    values: list[_AttributeValue] = []


class _AttributesFile(msgspec.Struct):
    attributes: list[_AttributeEntry]


# --- rows


def _save_batch(tx: Tx, scope: Scope, batch: Sequence[TaxonomyCategory]) -> dict[str, str]:
    """The id of each category by its English path."""
    slugs = {each.paths["en"]: slug_path(parse_path(each.paths["en"])) for each in batch}
    drafts = [CategoryDraft(slugs[each.paths["en"]], _leaf_names(each)) for each in batch]
    ids = save_categories(tx, scope, drafts)
    tx.run_many(_set_code, [{"id_": ids[slugs[each.paths["en"]]], "code_": each.code} for each in batch])
    return {path: ids[slug] for path, slug in slugs.items()}


def _leaf_names(each: TaxonomyCategory) -> dict[str, str]:
    return {language: clean_line(path.rpartition(">")[2]) for language, path in each.paths.items()}


def _wordings(taxonomy: Taxonomy, ids: dict[str, str]) -> Iterator[dict[str, str]]:
    """Every way to say a category; the taxonomy's own path outranks Google's, which several may share."""
    for each in taxonomy.categories:
        for language, path in each.paths.items():
            kind = "path" if language == "en" else "name"
            yield {"merchant_id": "", "words": words_of(path), "category_id": ids[each.paths["en"]], "kind": kind}
    nearest: dict[str, str] = {}
    for ours, google in taxonomy.google:
        words = words_of(google)
        if ours in ids and (words not in nearest or len(ours) < len(nearest[words])):
            nearest[words] = ours  # of several that Google calls the same, the most general one
    for words, ours in nearest.items():
        yield {"merchant_id": "", "words": words, "category_id": ids[ours], "kind": "google"}


def _save_names(tx: Tx, names: Sequence[dict[str, str]]) -> None:
    tx.run_many(_save_name, list({(each["merchant_id"], each["words"]): each for each in names}.values()))


def _define(tx: Tx, attributes: Sequence[TaxonomyAttribute]) -> None:
    rows = []
    for each in attributes:
        known = attribute_of(each.code)
        names = known.names if known and known.code == each.code else {"en": clean_line(each.name)}
        choices = to_json([[slug_of(value) or value, {"en": clean_line(value)}] for value in each.values])
        rows.append({"code": each.code, "names": to_json(names), "choices": choices})
    tx.run_many(_define_attribute, rows)


# --- in place of ours


def _replace_ours(database: Database, scope: Scope, theirs: set[str], progress: Progress) -> tuple[int, int]:
    old = database.read_now(lambda s: [row for row in s.all(_of_ours) if row.id not in theirs])
    targets = database.read_now(lambda s: _targets(s, old, theirs))
    moved = removed = 0
    for place, row in enumerate(sorted(old, key=lambda row: -row.slug.count("/"))):
        to = targets.get(row.id)
        moved += _move_all(database, row.id, to) if to else 0
        removed += database.write_now(partial(_remove, row=row, to_id=to), Lane.BULK)
        progress("old categories", place + 1, len(old))
    return moved, removed


def _targets(snapshot: Any, old: Sequence[Any], theirs: set[str]) -> dict[str, str]:
    """For each old category the only new one with the same last part, or a parent's of it."""
    by_leaf: dict[str, set[str]] = {}
    for row in snapshot.all(_leaves):
        if row.id in theirs:
            by_leaf.setdefault(row.leaf, set()).add(row.id)
    targets = {}
    for row in old:
        for part in reversed(row.slug.split("/")):
            if len(ids := by_leaf.get(part, set())) == 1:
                targets[row.id] = next(iter(ids))
                break
    return targets


def _move_all(database: Database, from_id: str, to_id: str) -> int:
    """Products of one category go to another, some hundred a command."""
    moved = 0
    while part := database.write_now(lambda tx: move_products(tx, from_id, to_id, BATCH), Lane.BULK):
        moved += part
    return moved


def move_products(tx: Tx, from_id: str, to_id: str, most: int) -> int:
    """Move at most so many products of a category to another; returns how many."""
    ids = [row.id for row in tx.all(_products_of, category_id=from_id, most=most)]
    if ids:
        tx.run(_set_category, ids=ids, category_id_=to_id, changed_at_=tx.now)
        announce_listed(tx, ids)
    return len(ids)


def _remove(tx: Tx, row: Any, to_id: str | None) -> int:
    if tx.value(_has_product, id=row.id) or tx.value(_has_child, id=row.id):
        return 0
    if to_id:
        _save_names(tx, [{"merchant_id": "", "words": words_of(row.slug), "category_id": to_id, "kind": "moved"}])
    tx.run(_delete, ids=[row.id])
    return 1


_c, _p = tables.categories.c, tables.products.c
_set_code: Prepared[Any] = prepare(
    update(tables.categories).where(_c.id == bindparam("id_")).values(code=bindparam("code_"))
)
_save_name: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_category_names (merchant_id, words, category_id, kind) "
    "VALUES (:merchant_id, :words, :category_id, :kind) ON CONFLICT (merchant_id, words) DO UPDATE SET "
    "category_id = excluded.category_id, kind = excluded.kind WHERE excluded.kind != 'google'"
)
_define_attribute: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_attributes (code, kind, names, unit, facet, variant, choices) "
    "VALUES (:code, 'choice', :names, NULL, 0, 0, :choices) "
    "ON CONFLICT (code) DO UPDATE SET choices = excluded.choices"
)
_of_ours: Prepared[Any] = prepare(select(_c.id, _c.slug).where(_c.source.is_(None)).order_by(_c.slug))
_leaves: Prepared[Any] = prepare(select(_c.id, _c.leaf))
_products_of: Prepared[Any] = prepare(
    select(_p.id)
    .where(_p.category_id == bindparam("category_id"))
    .order_by(_p.id)
    .limit(bindparam("most"))
    .with_for_update()
)
_set_category: Prepared[Any] = prepare(
    update(tables.products)
    .where(in_set(_p.id, "ids"))
    .values(category_id=bindparam("category_id_"), changed_at=bindparam("changed_at_"))
)
_has_product: Prepared[Any] = prepare(select(func.count().label("n")).where(_p.category_id == bindparam("id")))
_has_child: Prepared[Any] = prepare(select(func.count().label("n")).where(_c.parent_id == bindparam("id")))
_delete: Prepared[Any] = prepare(delete(tables.categories).where(in_set(_c.id, "ids")))
