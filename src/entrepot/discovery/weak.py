"""Searches that served people badly: those that found nothing, and those whose results nobody chose.

Read from the latest signals when an operator asks. A search counts once for each session; only what several people
asked for is told.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from entrepot import identity, signals
from entrepot.identity import Scope
from entrepot.kernel import Snapshot

from .text import fold, query_words

LOOKED_AT_MAX = 200_000
"""So many of the latest signals are looked at."""
LISTED_MAX = 50
SESSIONS_LEAST = 3
"""Whether few choose can be told from so many."""
CHOSEN_SHARE = 0.2


class QueryOutcome(msgspec.Struct, frozen=True):
    """A search: by how many sessions it was asked, of how many it found nothing, and how many chose something."""

    query: str
    sessions: int
    empty: int
    chosen: int


class WeakQueries(msgspec.Struct, frozen=True):
    """`empty` found nothing for some session, `unchosen` something that fewer than one in five chose; the most asked
    first. `looked_at` searches were read."""

    empty: tuple[QueryOutcome, ...]
    unchosen: tuple[QueryOutcome, ...]
    looked_at: int


def weak_queries(snapshot: Snapshot, scope: Scope) -> WeakQueries:
    """The searches to write a synonym or a rule for. Operators only."""
    identity.require_operator(scope)
    searches = signals.search_outcomes(snapshot, LOOKED_AT_MAX)
    asked: dict[tuple[str, ...], dict[str, list[signals.SearchOutcome]]] = defaultdict(lambda: defaultdict(list))
    for search in searches:
        asked[query_words(search.query) or (fold(search.query),)][search.session].append(search)
    outcomes = sorted(
        (_outcome(sessions) for sessions in asked.values()), key=lambda each: (-each.sessions, each.query)
    )
    empty = [each for each in outcomes if each.empty]
    unchosen = [
        each
        for each in outcomes
        if not each.empty and each.sessions >= SESSIONS_LEAST and each.chosen < CHOSEN_SHARE * each.sessions
    ]
    return WeakQueries(tuple(empty[:LISTED_MAX]), tuple(unchosen[:LISTED_MAX]), len(searches))


def _outcome(sessions: dict[str, list[signals.SearchOutcome]]) -> QueryOutcome:
    """A session found nothing when its last search of these words did; it chose when it ever did."""
    written = [search.query for searches in sessions.values() for search in searches]
    return QueryOutcome(
        query=min(set(written), key=lambda query: (-written.count(query), query)),
        sessions=len(sessions),
        empty=sum(searches[-1].shown == 0 for searches in sessions.values()),
        chosen=sum(any(search.chosen for search in searches) for searches in sessions.values()),
    )
