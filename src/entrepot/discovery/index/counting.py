"""Filters and facets by looking at every offer of every document: what the plain index answers with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..types import Document, Facet, Offer
from .base import IndexQuery
from .facets import (
    ON_SALE_VALUE,
    RATING_STEPS,
    by_number,
    choose,
    price_edges,
    price_places,
    price_values,
    rating_values,
    show,
    summary_of,
)
from .filters import (
    IN_STOCK,
    ON_SALE,
    PRICE,
    RATING,
    Filter,
    Ranges,
    Terms,
    collection_terms,
    offer_terms,
    read_range,
    terms_of,
)
from .numbers import holds, number_of, number_ranges, range_text

Passing = tuple[Document, list[Offer]]
"""A document, and its offers that pass."""


def passing(document: Document, filters: Sequence[Filter]) -> list[Offer]:
    """The offers of a document that can be bought and pass every filter, in order."""
    return [
        offer for offer in document.offers if offer.sellable and all(passes(document, offer, each) for each in filters)
    ]


def facets_of(
    candidates: Sequence[Document], filters: Sequence[Filter], total: int, query: IndexQuery
) -> tuple[Facet, ...]:
    """Counts for each name over the offers that pass every filter but its own."""
    names = {name for each in candidates for offer in each.offers for name, _ in _terms(each, offer)}
    counts: dict[str, dict[str, int]] = {}
    shown: dict[str, dict[str, int]] = {}
    for name in sorted(names | {PRICE, RATING, ON_SALE}):
        others = [each for each in filters if each.name != name]
        found = [(each, offers) for each in candidates if (offers := passing(each, others))]
        counts[name] = _count(name, found)
        if name in query.numbers:
            shown[name] = _count_numbers(name, found, counts[name])
    summaries = {name: summary_of([*filter(None, values.values())]) for name, values in counts.items() if values}
    return tuple(
        show(name, shown.get(name, counts[name]), filters, as_given=name in shown)
        for name in choose(summaries, total, filters, query)
    )


def count_values(name: str, found: Sequence[Passing]) -> dict[str, int]:
    """By value, how many documents have it with one of these offers."""
    return dict(
        Counter(
            value
            for document, offers in found
            for value in {value for offer in offers for term, value in _terms(document, offer) if term == name}
        )
    )


def passes(document: Document, offer: Offer, each: Filter) -> bool:
    """Whether an offer of a document passes a filter."""
    if isinstance(each, Terms):
        return each.holds(_terms(document, offer))
    if isinstance(each, Ranges):
        return each.holds(offer.price_minor if each.name == PRICE else document.rating_centi or None)
    return (offer.in_stock if each.name == IN_STOCK else offer.reduced) in each.wanted


def _terms(document: Document, offer: Offer) -> set[tuple[str, str]]:
    return terms_of(document) | collection_terms(document.collections) | offer_terms(offer)


def _count(name: str, found: Sequence[Passing]) -> dict[str, int]:
    if name == PRICE:
        return _count_prices(found)
    if name == RATING:
        steps = zip(rating_values(), RATING_STEPS, strict=True)
        return {value: sum(document.rating_centi >= step for document, _ in found) for value, step in steps}
    if name == ON_SALE:
        return {ON_SALE_VALUE: sum(any(offer.reduced for offer in offers) for _, offers in found)}
    return count_values(name, found)


def _count_prices(found: Sequence[Passing]) -> dict[str, int]:
    first = sorted(offers[0].price_minor for _, offers in found if offers[0].price_minor is not None)
    values = price_values(price_edges([first[place] for place in price_places(len(first))]))
    ranges = {value: Ranges(PRICE, (read_range(PRICE, value),)) for value in values}
    return {
        value: sum(any(each.holds(offer.price_minor) for offer in offers) for _, offers in found)
        for value, each in ranges.items()
    }


def _count_numbers(name: str, found: Sequence[Passing], values: dict[str, int]) -> dict[str, int]:
    ranges = number_ranges(values)
    if not ranges:
        return by_number(values)
    return {
        range_text(each): sum(
            any(holds((each,), number_of(value)) for offer in offers for term, value in _terms(document, offer)
                if term == name)
            for document, offers in found
        )
        for each in ranges
    }  # fmt: skip
