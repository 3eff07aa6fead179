"""Synonyms that an operator gives: other words for the same thing, in one language or in every.

Two-way: each of the words finds what any of them finds. One-way: the words also find the others, not the other way
round ("tablet" finds iPads; "ipad" does not find every tablet). A word may be several: "mobile phone". The shopper's
own words count a little more than their synonyms.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import bindparam, insert, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, from_json, prepare, to_json

from . import tables
from .events import RulesChanged
from .index.matching import Synonym
from .text import query_words

SYNONYMS_MAX = 5_000
WORDS_MAX = 20
PHRASE_LENGTH_MAX = 100

Kind = Literal["two_way", "one_way"]
Phrase = Annotated[str, Meta(min_length=1, max_length=PHRASE_LENGTH_MAX)]
Phrases = Annotated[tuple[Phrase, ...], Meta(max_length=WORDS_MAX)]


class SynonymDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Synonyms as an operator writes them. One-way: `words` also find `others`; two-way: `words` are all of them.
    `language` is that of the page a shopper searches on, empty for every."""

    words: Phrases
    others: Phrases = ()
    kind: Kind = "two_way"
    language: Annotated[str, Meta(pattern="^([a-z]{2})?$")] = ""


class KeptSynonym(msgspec.Struct, frozen=True):
    """Synonyms as they are kept."""

    id: str
    draft: SynonymDraft
    created_by: str
    created_at: int
    ended_at: int | None


def add_synonym(tx: Tx, scope: Scope, draft: SynonymDraft) -> KeptSynonym:
    """Let words stand for others, in every process within a second. Operators only; Invalid names the field."""
    identity.require_operator(scope)
    checked = check_synonym(draft)
    if len(tx.all(_in_force, most=SYNONYMS_MAX)) >= SYNONYMS_MAX:
        raise Conflict(f"There are {SYNONYMS_MAX:,} synonyms already: end some first")
    kept = KeptSynonym(tx.new_id("syn"), checked, scope.actor, tx.now, None)
    words = {"words": to_json(checked.words), "others": to_json(checked.others)}
    row = {"id": kept.id, "language": checked.language, "kind": checked.kind, **words, "created_by": kept.created_by}
    tx.run(_insert, **row, created_at=kept.created_at, ended_at=None)
    identity.audit(tx, scope, "discovery.add_synonym", kept.id, msgspec.to_builtins(checked))
    tx.announce(RulesChanged((kept.id,)))
    return kept


def end_synonym(tx: Tx, scope: Scope, synonym_id: str) -> None:
    """Let these words stand for others no longer. Ending them again changes nothing."""
    identity.require_operator(scope)
    if tx.one(_get, id=synonym_id) is None:
        raise NotFound("There is no such synonym")
    if tx.run(_end, id_=synonym_id, now_=tx.now):
        identity.audit(tx, scope, "discovery.end_synonym", synonym_id)
        tx.announce(RulesChanged((synonym_id,)))


def list_synonyms(snapshot: Snapshot, scope: Scope, before: str | None = None, most: int = 50) -> list[KeptSynonym]:
    """Synonyms that hold, the newest first. Operators only."""
    identity.require_operator(scope)
    return snapshot.all(_list, before=before or "~", most=most)


def synonyms_in_force(snapshot: Snapshot) -> list[KeptSynonym]:
    """Every one that holds: what a process searches by."""
    return snapshot.all(_in_force, most=SYNONYMS_MAX)


def check_synonym(draft: SynonymDraft) -> SynonymDraft:
    """A draft without repetitions. Invalid, by field, for words that say nothing or one another."""
    words, others = _phrases("words", draft.words), _phrases("others", draft.others)
    if draft.kind == "two_way":
        words, others = _phrases("words", (*words, *others)), ()
        if len(words) < 2:
            raise Invalid("Give at least two different words", fields={"words": "at least two"})
    elif not words or not set(_read(others)) - set(_read(words)):
        raise Invalid("Say which other words these also find", fields={"others": "at least one other"})
    return msgspec.structs.replace(draft, words=words, others=others)


def rewrites(kept: Iterable[KeptSynonym]) -> dict[str, list[tuple[str, Synonym]]]:
    """What an index is told, with the language it holds for, by the first word of what a shopper writes."""
    found: dict[str, list[tuple[str, Synonym]]] = {}
    for each in kept:
        words, others = _read(each.draft.words), _read(each.draft.others)
        for own in words:
            meant = tuple(other for other in (*words, *others) if other != own and (others == [] or other in others))
            if meant:
                found.setdefault(own[0], []).append((each.draft.language, Synonym(own, meant)))
    return found


def _phrases(field: str, phrases: Iterable[str]) -> tuple[str, ...]:
    """Phrases that differ in their words, as they are written."""
    by_words: dict[tuple[str, ...], str] = {}
    for phrase in phrases:
        written = " ".join(phrase.split())
        if not (words := query_words(written)):
            sentence = f"{phrase!r} has no words to search for"
            raise Invalid(sentence, fields={field: sentence})
        by_words.setdefault(words, written)
    return tuple(by_words.values())


def _read(phrases: Iterable[str]) -> list[tuple[str, ...]]:
    return list(dict.fromkeys(query_words(phrase) for phrase in phrases))


def _kept(
    id: str, language: str, kind: Kind, words: str, others: str, created_by: str, created_at: int, ended_at: int | None
) -> KeptSynonym:
    draft = SynonymDraft(tuple(from_json(words)), tuple(from_json(others)), kind, language)
    return KeptSynonym(id, draft, created_by, created_at, ended_at)


_s = tables.synonyms.c
_whole = select(*tables.synonyms.columns)
_insert: Prepared[Any] = prepare(insert(tables.synonyms))
_get: Prepared[KeptSynonym] = prepare(_whole.where(_s.id == bindparam("id")), _kept)
_list: Prepared[KeptSynonym] = prepare(
    _whole.where(_s.id < bindparam("before"), _s.ended_at.is_(None)).order_by(_s.id.desc()).limit(bindparam("most")),
    _kept,
)
_in_force: Prepared[KeptSynonym] = prepare(
    _whole.where(_s.ended_at.is_(None)).order_by(_s.id).limit(bindparam("most")), _kept
)
_end: Prepared[Any] = prepare(
    update(tables.synonyms).where(_s.id == bindparam("id_"), _s.ended_at.is_(None)).values(ended_at=bindparam("now_"))
)
