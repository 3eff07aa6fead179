"""What an offer costs at a moment, and what it cost before. Pure: it reads no clock and no rows.

An offer has a regular price and perhaps a sale, a lower price from a border to a border. The price now follows from
both and the time, so every read is right from the border on. The lowest price of the 30 days before a reduction is what
EU law wants said beside it (Directive 98/6/EC, article 6a): it is fixed when the reduction begins, stays while the
price only falls further, and begins anew when the price rises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from entrepot.kernel import DAY

LOOK_BACK = 30 * DAY

Step = tuple[int, int]
"""A moment, and the price from then on."""


class Terms(NamedTuple):
    """What decides the price of an offer at any moment. A sale without a border is on on that side for ever."""

    regular_price_minor: int
    sale_price_minor: int | None = None
    sale_starts_at: int | None = None
    sale_ends_at: int | None = None
    list_price_minor: int | None = None

    def price_at(self, at: int) -> int:
        """The price at a moment: the first moment of a sale belongs to it, its end does not."""
        if self.sale_price_minor is None:
            return self.regular_price_minor
        has_begun = self.sale_starts_at is None or self.sale_starts_at <= at
        has_ended = self.sale_ends_at is not None and self.sale_ends_at <= at
        return self.sale_price_minor if has_begun and not has_ended else self.regular_price_minor

    def next_border(self, after: int) -> int | None:
        """When the price changes next by itself."""
        return min((border for border in self._borders() if border > after), default=None)

    def steps(self, since: int, until: int) -> list[Step]:
        """The changes by itself from `since` to `until`, both included."""
        return [(border, self.price_at(border)) for border in self._borders() if since <= border <= until]

    def is_reduced(self, price_minor: int) -> bool:
        """Whether this price is announced as less than another one."""
        return price_minor < max(self.regular_price_minor, self.list_price_minor or 0)

    def _borders(self) -> list[int]:
        if self.sale_price_minor is None:
            return []
        return sorted(border for border in (self.sale_starts_at, self.sale_ends_at) if border is not None)


NO_SALE = Terms(0)


class Standing(NamedTuple):
    """How an offer stands: its price, the lowest before its reduction, when it changes next."""

    price_minor: int
    lowest_30d_minor: int | None
    switch_at: int | None


def terms_of(row: Any) -> Terms:
    """The terms in an offer's row."""
    return Terms(
        row.regular_price_minor, row.sale_price_minor, row.sale_starts_at, row.sale_ends_at, row.list_price_minor
    )


def prices_now(prices: Mapping[str, int], terms: Terms, price_minor: int) -> dict[str, int]:
    """Prices in other currencies as of now: a sale reduces them in the same proportion, rounded half up, once."""
    regular = terms.regular_price_minor
    if price_minor == regular:
        return dict(prices)
    return {each: max((2 * amount * price_minor + regular) // (2 * regular), 1) for each, amount in prices.items()}


def lowest_before(history: Sequence[Step], at: int) -> int | None:
    """The lowest price in force in the 30 days before a moment; None where there was none.

    `history` is in order of time and begins with the price in force when those days began, where there was one.
    """
    lowest: int | None = None
    for place, (since, price_minor) in enumerate(history):
        until = history[place + 1][0] if place + 1 < len(history) else at
        if since < at and min(until, at) > at - LOOK_BACK:
            lowest = price_minor if lowest is None else min(lowest, price_minor)
    return lowest


def follow(
    before: Terms, standing: Standing, after: Terms, history: Sequence[Step], now: int
) -> tuple[Standing, list[Step]]:
    """How an offer stands now that its terms are others (or the same): and the steps its price took to get there.

    Borders that passed unseen are steps too, at their own time.
    """
    told = list(history)
    steps: list[Step] = []
    price, lowest, switch_at = standing
    missed = before.steps(switch_at, now) if switch_at is not None and switch_at <= now else []
    was_reduced = before.is_reduced(price)
    for at, next_price, terms in [*((at, each, before) for at, each in missed), (now, after.price_at(now), after)]:
        is_reduced = terms.is_reduced(next_price)
        if not is_reduced:
            lowest = None
        elif not was_reduced or next_price > price:
            lowest = lowest_before(told, at)
        if next_price != price:
            steps.append((at, next_price))
            told.append((at, next_price))
        price, was_reduced = next_price, is_reduced
    return Standing(price, lowest, after.next_border(now)), steps
