"""Explain this page: what each hit's score is the sum of, which rules hold, and what the page is without each of them.

1. The page is asked for as a shopper would, with the parts of each score beside it.
2. Then once more without each rule and each reason that had a part in it. So where a hit would stand without one is
   what the index answers, and not what somebody thinks that it would.

Numbers are rounded to ten-thousandths, and so that the parts still add up to the score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from entrepot import identity
from entrepot.identity import Scope

from .index.base import IndexPage, IndexQuery
from .rules import Rule
from .searching import Searcher
from .types import LIMIT_MAX, Hit, SearchRequest

UNIT = 10_000


class Contribution(msgspec.Struct, frozen=True):
    """A part of a score: a reason's name, or a rule's id."""

    name: str
    value: float


class ExplainedHit(msgspec.Struct, frozen=True):
    """A hit at its `place`, from one. The contributions sum to the score. `pinned_by` and `included_by` name rules that
    placed it, or that it is there for, whatever its score."""

    place: int
    hit: Hit
    score: float
    contributions: tuple[Contribution, ...]
    pinned_by: str | None = None
    included_by: str | None = None


class Moved(msgspec.Struct, frozen=True):
    """Where a hit stands, and where it would: None where it is not among the first 600."""

    id: str
    place: int | None
    place_without: int | None


class Effect(msgspec.Struct, frozen=True):
    """What one rule (by its id) or reason does to this page: without it there would be `total_without` results, and
    these hits, of the page as it is and as it would be, stand elsewhere."""

    name: str
    is_rule: bool
    total_without: int
    moved: tuple[Moved, ...]


class Explanation(msgspec.Struct, frozen=True):
    """A page, explained. `rules` hold for it, in no order: in which order they act is fixed. `without` is what was left
    aside on request."""

    hits: tuple[ExplainedHit, ...]
    total: int
    rules: tuple[Rule, ...]
    effects: tuple[Effect, ...]
    without: tuple[str, ...]
    corrected: str | None = None


def explain_page(searcher: Searcher, scope: Scope, request: SearchRequest, without: Iterable[str] = ()) -> Explanation:
    """Explain the page that a request gets, as if some rules and reasons were not there. Operators only."""
    identity.require_operator(scope)
    left = frozenset(without)
    rules = [rule for rule in searcher.rules_for(request) if rule.id not in left]
    page, query, understood = searcher.find(request, "", rules, explained=True, without=left)
    hits = {hit.id: hit for hit in searcher.hits(page, query, request.language)}
    names = dict.fromkeys([*(rule.id for rule in rules), *(name for hit in page.hits for name, _ in hit.contributions)])
    effects = tuple(_effect(searcher, request, rules, left | {name}, name, page) for name in names)
    explained = tuple(
        ExplainedHit(
            place, hits[found.id], *in_parts(found.score, found.contributions), *_placed(found.id, query, rules)
        )
        for place, found in enumerate(page.hits, request.offset + 1)
        if found.id in hits
    )
    corrected = (understood.corrected if understood else None) or page.corrected
    return Explanation(explained, page.total, tuple(rules), effects, tuple(sorted(left)), corrected)


def in_parts(score: float, parts: Sequence[tuple[str, float]]) -> tuple[float, tuple[Contribution, ...]]:
    """A score and its parts in ten-thousandths that add up, by largest remainder: whole parts stay as they are."""
    whole = round(score * UNIT)
    units = [math.floor(round(part * UNIT, 3)) for _, part in parts]
    remainders = [part * UNIT - unit for (_, part), unit in zip(parts, units, strict=True)]
    for place in sorted(range(len(parts)), key=lambda at: (-remainders[at], at))[: whole - sum(units)]:
        units[place] += 1
    told = [(name, unit) for (name, _), unit in zip(parts, units, strict=True) if unit]
    return whole / UNIT, tuple(Contribution(name, unit / UNIT) for name, unit in told)


def _effect(
    searcher: Searcher, request: SearchRequest, rules: Sequence[Rule], left: frozenset[str], name: str, page: IndexPage
) -> Effect:
    """Ask again without one more."""
    remaining = [rule for rule in rules if rule.id != name]
    asked = msgspec.structs.replace(request, offset=0, limit=LIMIT_MAX, facets=False)
    found, _, _ = searcher.find(asked, "", remaining, without=left)
    places = {hit.id: place for place, hit in enumerate(found.hits, 1)}
    now = {hit.id: place for place, hit in enumerate(page.hits, request.offset + 1)}
    instead = [hit.id for hit in found.hits[request.offset : request.offset + request.limit]]
    moved = tuple(
        Moved(each, now.get(each), places.get(each))
        for each in dict.fromkeys((*now, *instead))
        if now.get(each) != places.get(each)
    )
    return Effect(name, len(remaining) < len(rules), found.total, moved)


def _placed(product_id: str, query: IndexQuery, rules: Sequence[Rule]) -> tuple[str | None, str | None]:
    """The rules that a hit's place, or its being there, may come from."""
    arranged = query.rules
    if arranged is None:
        return None, None
    pins = [pin.name for pin in arranged.pins if pin.id == product_id] if query.sort == "relevance" else []
    including = (rule.id for rule in rules if rule.draft.action == "include" and product_id in rule.draft.products)
    return min(pins, default=None), next(including, None)
