"""From what was understood of a query to what the index is asked, and what is left out where that finds nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from msgspec.structs import replace

from entrepot import catalog, pay
from entrepot.kernel import Database, Snapshot
from entrepot.pay import Rates

from .index.arrangement import Arrangement, Lift, Target
from .index.base import IndexQuery
from .index.filters import Terms
from .index.matching import Synonym
from .index.served import ServedIndex
from .rewriting import key_of, list_rewrites
from .text import fold
from .types import SearchRequest, Understood, Wish
from .understanding import Asker, understand

KEPT_S = 5.0
LIFTED = "understood."
"""Contributions to a score by what was understood are named so, with the attribute behind it."""


class _Known(NamedTuple):
    """The rates, by the code of an attribute its unit and its names, and by the words of a search those that serve
    better; until when that is fresh enough."""

    until: float
    rates: Rates
    units: dict[str, str]
    names: dict[str, dict[str, str]]
    rewrites: dict[str, str]


class Meaning:
    """What queries mean to this market now: its index, its currency, the packs."""

    def __init__(self, database: Database, index: ServedIndex) -> None:
        self._database = database
        self._index = index
        self._known = _Known(0.0, Rates(""), {}, {}, {})

    def of(
        self,
        request: SearchRequest,
        q: str,
        synonyms: tuple[Synonym, ...] = (),
        given_up: frozenset[str] = frozenset(),
    ) -> Understood | None:
        """What a query means where some of it is given up (`relaxing`); None where it is to be taken word by word, or
        says nothing."""
        if request.exact or not q:
            return None
        known = self._fresh()
        rates, rewrites = known.rates, known.rewrites
        rewrite = None if "rewrite" in request.ignore or not rewrites else rewrites.get(key_of(q))
        asker = Asker(
            rates.home,
            request.language,
            lambda minor, currency: rates.convert(minor, currency, rates.home),
            synonyms,
            frozenset(request.ignore),
            known.units,
            given_up,
            known.names,
        )
        understood = understand(rewrite or q, self._index.current, packs(), asker)
        return (
            understood if rewrite is None else replace(understood, corrected=understood.corrected or rewrite, typed=q)
        )

    def forget(self) -> None:
        """Read anew what is kept, at the next search."""
        self._known = self._known._replace(until=0.0)

    def _fresh(self) -> _Known:
        if self._known.until < time.monotonic():
            self._known = self._database.read_now(_read)
        return self._known


def asked(query: IndexQuery, understood: Understood | None) -> IndexQuery:
    """A query with what was understood from its words. What the shopper filters by goes before what the words say.

    An order that the shopper chose shows no preferences, so what is preferred is asked for then.
    """
    if understood is None:
        return query
    query = replace(query, subject=understood.subject)
    if understood.is_plain:
        return query
    filters = understood.filters if query.sort == "relevance" else {**_preferred(understood), **understood.filters}
    chosen = {name: values for name, values in filters.items() if name not in query.filters}
    wishes = [wish for wish in understood.wishes if wish.name not in query.filters]
    return replace(
        query,
        text=understood.text,
        filters={**query.filters, **chosen},
        synonyms=(*query.synonyms, *understood.synonyms),
        unwanted=understood.unwanted,
        cheap=understood.cheap,
        rules=_with_wishes(query.rules, wishes, understood.must_not),
    )


def _preferred(understood: Understood) -> dict[str, tuple[str, ...]]:
    """The values that a query names, as filters; a brand too, but for what is made to fit it."""
    kinds = ("attribute", "brand") if understood.role in (None, "device") else ("attribute",)
    return {chip.name: (chip.value,) for chip in understood.chips if chip.kind in kinds}


def _with_wishes(
    rules: Arrangement | None, wishes: Sequence[Wish], must_not: dict[str, tuple[str, ...]]
) -> Arrangement | None:
    """An operator's rules, and the shopper's wishes as lifts beside them."""
    if not wishes and not must_not:
        return rules
    rules = rules or Arrangement()
    lifts = [Lift(f"{LIFTED}{wish.name}", wish.weight, _target(wish.name, wish.values)) for wish in wishes]
    excluded = [_target(name, values) for name, values in must_not.items()]
    return replace(rules, lifts=(*rules.lifts, *lifts), excluded=(*rules.excluded, *excluded))


def _target(name: str, values: Sequence[str]) -> Target:
    return Target(filters=(Terms(name, frozenset(map(fold, values))),))


def _read(snapshot: Snapshot) -> _Known:
    attributes = catalog.list_attributes(snapshot)
    return _Known(
        time.monotonic() + KEPT_S,
        pay.read_rates(snapshot),
        {each.code: each.unit for each in attributes if each.unit},
        {each.code: each.names for each in attributes},
        _rewrites(snapshot),
    )


def _rewrites(snapshot: Snapshot) -> dict[str, str]:
    return {key_of(each.query): each.better for each in list_rewrites(snapshot)}


@cache
def packs() -> tuple[catalog.Pack, ...]:
    """The packs by which queries are understood: every industry's, and what is common to all goods."""
    common = catalog.pack_named("common")
    return (*catalog.list_packs(), *((common,) if common else ()))
