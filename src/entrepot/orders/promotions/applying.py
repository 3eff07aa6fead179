"""What promotions take off an order, within their rules the most for the buyer. Pure.

1. Those that may be used (`conditions`) are sorted by owner. Of those that share a group, the ones with the highest
   priority remain.
2. Every choice is tried: for each owner one promotion of every group, or one that does not combine alone. The choice
   that takes most off goods and delivery together wins; among equals the one with fewer promotions, then the older.
3. A choice is applied merchants' promotions first, then the platform's; by priority, then the older first. Each acts on
   what those before it left, so nothing falls below zero. An amount for several lines is shared out among them by
   largest remainder, and so is the part of it that the merchants bear.

With a promotion that does not combine nothing else applies to the same merchant's goods and delivery; where it is the
platform's, to the whole order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import msgspec

from entrepot.kernel import share_bps, split

from ..types import Discount
from .conditions import Good, eligible
from .terms import Promotion

CHOICES_MAX = 512
"""Choices tried for one order. Where there are more, each owner's best on its own is taken."""

Choice = tuple[Promotion, ...]


class Delivery(msgspec.Struct, frozen=True):
    """What one merchant's goods cost to bring. One that the platform priced is never lowered at the merchant's cost."""

    merchant_id: str
    amount_minor: int
    by_platform: bool


class Reduced(msgspec.Struct, frozen=True):
    """What was taken off each line and each delivery, by promotion."""

    lines: tuple[tuple[Discount, ...], ...]
    deliveries: tuple[tuple[Discount, ...], ...]
    used: tuple[Promotion, ...]

    @property
    def total_minor(self) -> int:
        """Everything that was taken off."""
        return sum(
            each.seller_minor + each.platform_minor for found in (*self.lines, *self.deliveries) for each in found
        )


def reduce(
    usable: Iterable[Promotion], goods: Sequence[Good], deliveries: Sequence[Delivery], currency: str
) -> Reduced:
    """The best that the buyer can have of these promotions, all of which may be used."""
    best = _Applied(goods, deliveries, currency, ()).result
    if not (given := sorted(usable, key=lambda promotion: promotion.order)):
        return best
    for choice in _choices(given, goods, deliveries, currency):
        found = _Applied(goods, deliveries, currency, choice).result
        if _rank(found) > _rank(best):
            best = found
    return best


def _rank(reduced: Reduced) -> tuple[int, int]:
    return reduced.total_minor, -len(reduced.used)


def _choices(
    given: Sequence[Promotion], goods: Sequence[Good], deliveries: Sequence[Delivery], currency: str
) -> Iterable[Choice]:
    sets = [
        _sets(list(owned))
        for _, owned in itertools.groupby(sorted(given, key=lambda each: (each.is_platforms, each.owner)), _owner)
    ]
    if math.prod(map(len, sets)) > CHOICES_MAX:
        alone = [
            max(owned, key=lambda each: _rank(_Applied(goods, deliveries, currency, each).result)) for owned in sets
        ]
        return (tuple(itertools.chain(*alone)),)
    return (tuple(itertools.chain(*choice)) for choice in itertools.product(*sets))


def _owner(promotion: Promotion) -> str:
    return promotion.owner


def _sets(owned: Sequence[Promotion]) -> list[Choice]:
    """The ways to use one owner's promotions: nothing, one that does not combine, or one of each group."""
    groups: dict[str, list[Promotion]] = {}
    for promotion in owned:
        groups.setdefault(promotion.terms.group or promotion.id, []).append(promotion)
    first = {
        group: [each for each in found if each.terms.priority == max(other.terms.priority for other in found)]
        for group, found in groups.items()
    }
    alone = [(each,) for found in first.values() for each in found if not each.terms.combines]
    together = [found for group in first.values() if (found := [each for each in group if each.terms.combines])]
    if math.prod(1 + len(found) for found in together) > CHOICES_MAX:
        return [(), *alone, tuple(found[0] for found in together)]
    # None of a group is a choice as well: what one takes off may leave others a unit less than it takes.
    ways = itertools.product(*([None, *found] for found in together))
    return [*alone, *(tuple(each for each in way if each is not None) for way in ways)]


class _Applied:
    """One choice, applied: what is left of every line and delivery, and what each promotion took."""

    def __init__(self, goods: Sequence[Good], deliveries: Sequence[Delivery], currency: str, choice: Choice) -> None:
        self._goods, self._deliveries, self._currency = goods, deliveries, currency
        self._left = [good.total_minor for good in goods]
        self._to_bring = [delivery.amount_minor for delivery in deliveries]
        self._lines: list[list[Discount]] = [[] for _ in goods]
        self._brought: list[list[Discount]] = [[] for _ in deliveries]
        used: list[Promotion] = []
        for promotion in _valid(choice):
            if self._apply(promotion, _closed_to(promotion, used)):
                used.append(promotion)
        self.result = Reduced(tuple(map(tuple, self._lines)), tuple(map(tuple, self._brought)), tuple(used))

    def _apply(self, promotion: Promotion, closed: frozenset[str]) -> bool:
        places = [each for each in eligible(promotion, self._goods) if self._goods[each].merchant_id not in closed]
        if promotion.kind == "free_shipping":
            return self._bring_free(promotion, {self._goods[place].merchant_id for place in places})
        match promotion.kind:
            case "percentage":
                off = self._percentage(promotion, places)
            case "amount":
                off = self._spread(promotion.terms.amounts.get(self._currency, 0), places)
            case _:
                off = self._cheapest(promotion, places)
        for seller_id in {self._goods[place].merchant_id for place in places}:
            mine = [at for at, place in enumerate(places) if self._goods[place].merchant_id == seller_id]
            shares = split_cost([off[at] for at in mine], promotion.terms.seller_bps)
            for at, (seller_minor, platform_minor) in zip(mine, shares, strict=True):
                self._take(self._lines, self._left, places[at], promotion, seller_minor, platform_minor)
        return any(off)

    def _take(
        self, found: list[list[Discount]], left: list[int], place: int, promotion: Promotion, seller: int, platform: int
    ) -> None:
        if seller + platform:
            found[place].append(Discount(promotion.id, promotion.name, seller, platform))
            left[place] -= seller + platform

    def _percentage(self, promotion: Promotion, places: Sequence[int]) -> list[int]:
        off_minor = share_bps(sum(self._left[place] for place in places), promotion.terms.bps)
        return self._spread(min(off_minor, promotion.terms.amount_max.get(self._currency, off_minor)), places)

    def _spread(self, amount_minor: int, places: Sequence[int]) -> list[int]:
        """So much of these lines, at most what is left of them, in proportion to what is left."""
        weights = [self._left[place] for place in places]
        return split(min(amount_minor, sum(weights)), weights) if places else []

    def _cheapest(self, promotion: Promotion, places: Sequence[int]) -> list[int]:
        """Of every so many pieces, the cheapest are reduced."""
        terms = promotion.terms
        pieces = sum(self._goods[place].quantity for place in places)
        reduced = pieces // (terms.buy_quantity + terms.get_quantity) * terms.get_quantity
        off = dict.fromkeys(places, 0)
        for place in sorted(places, key=lambda each: (self._goods[each].price_minor, each)):
            taken = min(reduced, self._goods[place].quantity)
            off[place] = min(share_bps(taken * self._goods[place].price_minor, terms.bps), self._left[place])
            reduced -= taken
        return [off[place] for place in places]

    def _bring_free(self, promotion: Promotion, sellers: set[str]) -> bool:
        took = False
        allowed_minor = promotion.terms.amount_max.get(self._currency)
        for place, delivery in enumerate(self._deliveries):
            if delivery.merchant_id not in sellers or (delivery.by_platform and not promotion.is_platforms):
                continue
            off_minor = self._to_bring[place] if allowed_minor is None else min(self._to_bring[place], allowed_minor)
            share = 0 if delivery.by_platform else promotion.terms.seller_bps
            ((seller_minor, platform_minor),) = split_cost([off_minor], share)
            self._take(self._brought, self._to_bring, place, promotion, seller_minor, platform_minor)
            took = took or off_minor > 0
        return took


def split_cost(amounts: Sequence[int], seller_bps: int) -> list[tuple[int, int]]:
    """Who bears each of one merchant's discounts: the merchant's share of all of them, rounded once, and the rest."""
    if not amounts:
        return []
    shares = split(share_bps(sum(amounts), seller_bps), amounts)
    return [(share, amount - share) for share, amount in zip(shares, amounts, strict=True)]


def _valid(choice: Choice) -> Sequence[Promotion]:
    """In the order in which they apply. Beside one of the platform's that does not combine there is nothing else."""
    ordered = sorted(choice, key=lambda promotion: promotion.order)
    alone = [each for each in ordered if each.is_platforms and not each.terms.combines]
    return alone or ordered


def _closed_to(promotion: Promotion, used: Sequence[Promotion]) -> frozenset[str]:
    """The merchants whose own promotion keeps this one away. One that took nothing off keeps nothing away."""
    if not promotion.is_platforms:
        return frozenset()
    return frozenset(each.owner for each in used if not each.is_platforms and not each.terms.combines)
