"""What an operator's rules ask of one query, and in which order it is done.

1. Exclusions take away the offers that they describe; a product that has no other is gone, from totals and counts too.
2. Products to include join the set as if they matched, and so do pinned ones. Filters and stock hold for them as for
   all others.
3. Boosts and buries are added to the score.
4. Among the best SPREAD_MAX, at most n of each PAGE results are of one merchant, as long as others have some left.
   Nothing is hidden by it.
5. Pinned products stand at their positions, counted from one. They are no part of step 4.

Under an order that the shopper chose only exclusions and inclusions hold: pins, and what pins brought in, vanish.
In which order rules are given changes nothing: an exclusion is stronger than a pin, boosts add up, of several bounds
the least holds, and of two pins of one position the elder comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from ..types import Offer
from .filters import Filter

PAGE = 24
SPREAD_MAX = 600

T = TypeVar("T")


class Target(msgspec.Struct, frozen=True):
    """All offers of these products, or, without ids, the offers that pass every filter."""

    ids: frozenset[str] = frozenset()
    filters: tuple[Filter, ...] = ()


class Lift(msgspec.Struct, frozen=True):
    """`weight` is added to the score of products that `target` holds; below zero it buries. `name` is the rule's."""

    name: str
    weight: float
    target: Target


class Pin(msgspec.Struct, frozen=True):
    """A product's position, from one."""

    name: str
    position: int
    id: str


class Arrangement(msgspec.Struct, frozen=True):
    """The rules that hold for one query. `per_merchant` is 0 where nothing bounds it."""

    excluded: tuple[Target, ...] = ()
    included: tuple[str, ...] = ()
    lifts: tuple[Lift, ...] = ()
    per_merchant: int = 0
    pins: tuple[Pin, ...] = ()

    def joining(self, sort: str) -> tuple[str, ...]:
        """The products that join a query's set."""
        pinned = (pin.id for pin in self.pins) if sort == "relevance" else ()
        return tuple(dict.fromkeys((*self.included, *pinned)))


def with_pins(ranked: Sequence[T], pins: Iterable[tuple[int, T]]) -> list[T]:
    """A list without what is pinned, and that at its positions; behind the end of the list it stands at its end."""
    placed = dict[T, int]()
    for position, each in pins:
        placed.setdefault(each, position)
    order = [each for each in ranked if each not in placed]
    at = 0
    for each, position in placed.items():
        at = min(max(position - 1, at), len(order))
        order.insert(at, each)
        at += 1
    return order


def in_turn(pins: Iterable[Pin]) -> list[Pin]:
    """Pins in the order in which they are placed."""
    return sorted(pins, key=lambda pin: (pin.position, pin.name, pin.id))


def spread(ranked: Sequence[T], merchant_of: Mapping[T, str], most: int, page: int = PAGE) -> list[T]:
    """A list in which at most `most` of each `page` results are of one merchant, as long as others have some left.

    Whoever has to wait comes on a later page, in the order of the list; where nobody else is left, the page is filled
    with those who wait.
    """
    left, order = list(ranked), list[T]()
    while left:
        taken: list[T] = []
        waiting: list[T] = []
        counts: dict[str, int] = {}
        for place, each in enumerate(left):
            if len(taken) == page:
                waiting += left[place:]
                break
            merchant = merchant_of[each]
            counts[merchant] = counts.get(merchant, 0) + 1
            (taken if counts[merchant] <= most else waiting).append(each)
        filling = page - len(taken)
        order += taken + waiting[:filling]
        left = waiting[filling:]
    return order


def arranged(order: list[str], rules: Arrangement, kept: dict[str, Offer]) -> list[str]:
    """Merchants spread and pins placed, in that order."""
    pins = [(pin.position, pin.id) for pin in in_turn(rules.pins) if pin.id in kept]
    pinned = {document_id for _, document_id in pins}
    order = [document_id for document_id in order if document_id not in pinned]
    if rules.per_merchant:
        merchants = {document_id: offer.merchant for document_id, offer in kept.items()}
        order = [*spread(order[:SPREAD_MAX], merchants, rules.per_merchant), *order[SPREAD_MAX:]]
    return with_pins(order, pins)
