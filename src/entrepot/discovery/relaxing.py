"""Finding something where nothing has all that was asked for: conditions are given up in the order a shopper would.

1. what is soft: a colour, a style, any word that is no part of the thing;
2. the price, which is widened to the nearest that has the thing, with and then without the soft;
3. bounds of other quantities, likewise;
4. brands and figures; and then all of it together.

The thing itself is never given up while the shop has it: what only mentions it does not count as found. What a shopper
chose as a filter, and what is not wanted, stays so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from .index.base import IndexPage, IndexQuery
from .index.filters import read_range
from .types import Relaxed, Understood
from .understanding.relaxing import BOUNDS, FIRM, PRICE, SOFT

NEAREST = 12
"""The price is widened so far that so many products are within it."""
LADDER = (
    {SOFT}, {PRICE}, {SOFT, PRICE}, {BOUNDS}, {SOFT, BOUNDS}, {PRICE, BOUNDS}, {SOFT, PRICE, BOUNDS}, {SOFT, FIRM},
    {SOFT, FIRM, PRICE, BOUNDS},
)  # fmt: skip


class Answer(NamedTuple):
    """What the index answers, to which query, and how the words were understood for it."""

    page: IndexPage
    query: IndexQuery
    understood: Understood | None

    @property
    def is_one(self) -> bool:
        """Whether something was found, and not only what mentions the thing."""
        return self.page.total > 0 if self.page.about is None else self.page.about > 0


Read = Callable[[frozenset[str]], Understood | None]
"""What the words mean where some of it is given up."""
Ask = Callable[[Understood | None], Answer]
Search = Callable[[IndexQuery], IndexPage]


def answer(read: Read, ask: Ask, search: Search) -> Answer:
    """The answer to as much of what was asked as there is something for."""
    first = ask(read(frozenset()))
    if first.is_one:
        return first
    found = first if first.page.total else None
    for given_up in rungs(first.understood):
        looser = ask(read(given_up))
        if looser.is_one:
            return _nearest(looser, first, ask, search) if PRICE in given_up else looser
        found = found or (looser if looser.page.total else None)
    return found or first


def rungs(understood: Understood | None) -> Iterator[frozenset[str]]:
    """What may be given up, less first; without what is not there to be given up."""
    if understood is None:
        return
    attributes = any(chip.strict and chip.kind == "attribute" for chip in understood.chips)
    there = {
        name
        for name, is_there in (
            (SOFT, bool(understood.soft) or attributes),
            (PRICE, understood.price is not None),
            (BOUNDS, any(chip.kind == "measure" for chip in understood.chips)),
            (FIRM, bool(understood.firm)),
        )
        if is_there
    }
    seen: set[frozenset[str]] = set()
    for rung in LADDER:
        given_up = frozenset(rung & there)
        if given_up and given_up not in seen:
            seen.add(given_up)
            yield given_up


def _nearest(looser: Answer, first: Answer, ask: Ask, search: Search) -> Answer:
    """The same within the price of the nearest, and saying what that is."""
    understood, asked = looser.understood, first.understood
    if understood is None or asked is None or asked.price is None:
        return looser
    low, high = read_range(PRICE, asked.price)
    sides = [_prices(looser.query, search, f"{high + 1}..", "price") if high is not None else [],
             _prices(looser.query, search, f"..{low - 1}", "-price") if low else []]  # fmt: skip
    above, below = sides
    if above and (not below or low is None or high is None or above[0] - high <= low - below[0]):
        price, nearest = f"{'' if low is None else low}..{above[-1]}", above[0]
    elif below:
        price, nearest = f"{below[-1]}..{'' if high is None else high}", below[0]
    else:
        return looser
    told = tuple(_with_nearest(each, nearest) if each.kind == PRICE else each for each in understood.relaxed)
    widened = replace(understood, filters={**understood.filters, PRICE: (price,)}, price=price, relaxed=told)
    return ask(widened)


def _prices(query: IndexQuery, search: Search, price: str, sort: str) -> list[int]:
    """The nearest prices on one side of what was asked for."""
    page = search(replace(query, filters={**query.filters, PRICE: (price,)}, sort=sort, offset=0, limit=NEAREST,
                          facets=False))  # fmt: skip
    return [hit.price_minor for hit in page.hits if hit.price_minor is not None]


def _with_nearest(relaxed: Relaxed, nearest: int) -> Relaxed:
    return replace(relaxed, nearest=nearest)
