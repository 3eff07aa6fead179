"""Attributes and values of which feeds have several words for one: `farbe` is color, `rd` is red, in the whole shop.

Products keep what their feeds say. A lens is laid over it wherever it is read for the index, for collections and for
product pages, so that taking a merging back is to take the lens away. The products that it touches are announced in
batches by a task; facets and filters follow the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, Lane, NotFound, Prepared, Snapshot, TaskKind, TaskRun, Tx, prepare
from entrepot.kernel.sql import from_json, prepare_text

from . import tables
from .packs import attribute_of
from .texts import clean_line, code_of
from .visibility import announce_listed, visible_ids

Words = Mapping[str, tuple[str, ...]]
KIND = "catalog.follow_merging"
BATCH = 500
KEPT_MAX = 2_000
WORD_LENGTH_MAX = 200


class Merging(msgspec.Struct, frozen=True):
    """An attribute that is another one, or, with a `word`, a value of it that is another value."""

    attribute: str
    word: str
    into: str
    merged_at: int


class FollowMerging(msgspec.Struct, frozen=True):
    """Announce the products that have one of these attributes, from one id on."""

    codes: tuple[str, ...]
    after: str = ""


class Lens(NamedTuple):
    """Attributes by the code they are said with, and values by attribute and word in small letters."""

    codes: Mapping[str, str]
    values: Mapping[tuple[str, str], str]

    def see(self, words: Words) -> dict[str, tuple[str, ...]]:
        """Attributes and their values as they are meant: each once, in their order."""
        if not self.codes and not self.values:
            return dict(words)
        found: dict[str, dict[str, None]] = {}
        for code, values in words.items():
            meant = self.codes.get(code, code)
            known = _known(meant)
            here = found.setdefault(meant, {})
            here.update((self.values.get((known, value.casefold()), value), None) for value in values)
        return {code: tuple(values) for code, values in found.items()}


def read_lens(snapshot: Snapshot) -> Lens:
    """All that was merged; one read."""
    rows = snapshot.all(_all)
    return Lens(
        {row.attribute: row.into for row in rows if not row.word},
        {(row.attribute, row.word): row.into for row in rows if row.word},
    )


def list_mergings(snapshot: Snapshot, scope: Scope) -> list[Merging]:
    """All of them, by attribute and word. Operators only."""
    identity.require_operator(scope)
    return snapshot.all(_all)


def merge_attribute(tx: Tx, scope: Scope, name: str, into: str) -> Merging:
    """Have one attribute mean another one everywhere, by code or name. Operators only.

    Invalid for one that is the other already; Conflict where it would make a chain.
    """
    code, other = _code(name, "attribute"), _code(into, "into")
    lens = read_lens(tx)
    if _known(code) == _known(other):
        raise Invalid(f"{name} and {into} mean the same already", fields={"into": "name another attribute"})
    if other in lens.codes:
        raise Conflict(f"{into} is {lens.codes[other]}: merge it into that")
    if code in lens.codes.values():
        raise Conflict(f"Others were merged into {name}: take those back first, or merge the other way")
    return _save(tx, scope, Merging(code, "", other, tx.now), (code,))


def merge_value(tx: Tx, scope: Scope, name: str, word: str, into: str) -> Merging:
    """Have a value of an attribute mean another value of it, whatever its capitals. Operators only."""
    lens, code = read_lens(tx), _code(name, "attribute")
    known = _known(lens.codes.get(code, code))
    folded, meant = _word(word, "word").casefold(), _word(into, "into")
    if folded == meant.casefold():
        raise Invalid("Both are the same value", fields={"into": "name another value"})
    if chain := lens.values.get((known, meant.casefold())):
        raise Conflict(f"{into} is {chain}: merge it into that")
    if any(of == known and value.casefold() == folded for (of, _), value in lens.values.items()):
        raise Conflict(f"Others were merged into {word}: take those back first, or merge the other way")
    return _save(tx, scope, Merging(known, folded, meant, tx.now), _said_as(lens, known))


def undo_merging(tx: Tx, scope: Scope, attribute: str, word: str = "") -> None:
    """Take a merging back: what feeds say is read as it stands again. Operators only; NotFound where there is none."""
    identity.require_operator(scope)
    lens = read_lens(tx)
    if not tx.run(_delete, attribute=attribute, word=word):
        raise NotFound("Nothing was merged by this name")
    identity.audit(tx, scope, "catalog.undo_merging", attribute, {"word": word})
    tx.enqueue(KIND, FollowMerging(_said_as(lens, attribute) if word else (attribute,)))


def _save(tx: Tx, scope: Scope, merging: Merging, codes: tuple[str, ...]) -> Merging:
    identity.require_operator(scope)
    if len(tx.all(_all)) >= KEPT_MAX:
        raise Conflict(f"{KEPT_MAX:,} mergings are kept already: take some back first")
    tx.run(_insert, **msgspec.structs.asdict(merging))
    said = {"word": merging.word, "into": merging.into}
    identity.audit(tx, scope, "catalog.merge_attribute", merging.attribute, said)
    tx.enqueue(KIND, FollowMerging(codes))
    return merging


def _code(name: str, field: str) -> str:
    code = code_of(name)
    if not code or len(code) > WORD_LENGTH_MAX:
        raise Invalid("Name an attribute, such as color", fields={field: "name an attribute"})
    return code


def _word(text: str, field: str) -> str:
    word = clean_line(text)
    if not word or len(word) > WORD_LENGTH_MAX:
        raise Invalid("Write the value, such as red", fields={field: "write a value"})
    return word


def _known(code: str) -> str:
    """The code by which packs know an attribute, whatever it is called in a language; else its own."""
    known = attribute_of(code)
    return known.code if known else code


def _said_as(lens: Lens, known: str) -> tuple[str, ...]:
    """The codes that mean an attribute."""
    return (known, *(code for code, into in lens.codes.items() if _known(into) == known))


def _act(run: TaskRun, body: FollowMerging) -> None:
    """A batch a command, in the order of ids; it may stop anywhere and goes on where it stood."""
    after, done, wanted = body.after, 0, {_known(code) for code in body.codes} | set(body.codes)
    while rows := run.database.read_now(lambda s: s.all(_products, after=after, most=BATCH)):  # noqa: B023
        ids = [row.id for row in rows if not wanted.isdisjoint(_codes_of(row))]
        if ids:
            run.database.write_now(lambda tx: announce_listed(tx, visible_ids(tx, ids)), Lane.BULK)  # noqa: B023
        after, done = rows[-1].id, done + len(rows)
        if run.closing:
            run.settle(lambda tx: tx.enqueue(KIND, FollowMerging(body.codes, after)))  # noqa: B023
            return
        run.progress(done, None)


def _codes_of(row: Any) -> Iterable[str]:
    codes = {code for code, _ in from_json(row.attributes, list[tuple[str, Any]])}
    codes |= {code_of(name) for name in from_json(row.options, list[str])}
    return codes | {_known(code) for code in codes}


_m, _p = tables.mergings.c, tables.products.c
_all: Prepared[Merging] = prepare(
    select(_m.attribute, _m.word, _m.into, _m.merged_at).order_by(_m.attribute, _m.word), Merging
)
_insert: Prepared[Any] = prepare_text(
    'INSERT INTO catalog_mergings (attribute, word, "into", merged_at) VALUES (:attribute, :word, :into, :merged_at) '
    'ON CONFLICT (attribute, word) DO UPDATE SET "into" = excluded."into", merged_at = excluded.merged_at'
)
_delete: Prepared[Any] = prepare(
    delete(tables.mergings).where(_m.attribute == bindparam("attribute"), _m.word == bindparam("word"))
)
_products: Prepared[Any] = prepare(
    select(_p.id, _p.attributes, _p.options).where(_p.id > bindparam("after")).order_by(_p.id).limit(bindparam("most"))
)
TASKS: tuple[TaskKind[FollowMerging], ...] = (TaskKind(KIND, FollowMerging, _act, slow=True),)
