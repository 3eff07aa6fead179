"""What a rule would make of a page, before it is written: the page with it beside the page without it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot import identity
from entrepot.identity import Scope

from .rules import Rule, RuleDraft, check_rule
from .searching import Searcher
from .types import Hit, SearchRequest

DRAFT = "rul_draft"


class PreviewedHit(msgspec.Struct, frozen=True):
    """A hit at its place, from one, and where it stood without the rule: None where it was not on the page."""

    place: int
    place_before: int | None
    hit: Hit


class Preview(msgspec.Struct, frozen=True):
    """The page with a rule, how many results there are with and without it, and which hits leave the page. `holds` is
    whether the rule is about this search at all."""

    hits: tuple[PreviewedHit, ...]
    gone: tuple[Hit, ...]
    total: int
    total_before: int
    holds: bool


def preview_rule(
    searcher: Searcher, scope: Scope, request: SearchRequest, draft: RuleDraft, replacing: str | None = None
) -> Preview:
    """The page that a request would get if the draft held now, in place of the rule with an id or beside all that hold.

    Its dates do not matter. Operators only; Invalid, by field, for a draft that could not be kept either.
    """
    identity.require_operator(scope)
    checked = msgspec.structs.replace(check_rule(draft), starts_at=None, ends_at=None)
    before = searcher.rules_for(request)
    others = [rule for rule in before if rule.id != replacing]
    proposed = Rule(replacing or DRAFT, checked, scope.actor, 0, 0, None)
    holds = searcher.would_hold(proposed, request)
    hits, total = _page(searcher, request, before)
    with_it, total_with = _page(searcher, request, [*others, proposed] if holds else others)
    places = {hit.id: place for place, hit in enumerate(hits, request.offset + 1)}
    stay = {hit.id for hit in with_it}
    return Preview(
        hits=tuple(
            PreviewedHit(place, places.get(hit.id), hit) for place, hit in enumerate(with_it, request.offset + 1)
        ),
        gone=tuple(hit for hit in hits if hit.id not in stay),
        total=total_with,
        total_before=total,
        holds=holds,
    )


def _page(searcher: Searcher, request: SearchRequest, rules: Sequence[Rule]) -> tuple[Sequence[Hit], int]:
    page, query, _ = searcher.find(msgspec.structs.replace(request, facets=False), "", rules)
    return searcher.hits(page, query, request.language), page.total
