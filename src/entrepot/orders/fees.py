"""The platform's fees on a sale: a commission, and what comes beside it. Pure; frozen on each line.

Fees are taken on what the seller gets for the goods: without tax, less the seller's own discount. A commission rule for
a merchant and a category comes before one for the merchant, that before one for the category, and that before the rate
that was agreed when the merchant was approved. Every extra fee that fits is taken as well. No line pays more fees than
its seller gets for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from entrepot.kernel import share_bps, split

from .types import Fee

COMMISSION = "commission"
"""The name of the fee that was agreed with the merchant."""
FeeKind = Literal["commission", "extra"]


class FeeRule(msgspec.Struct, frozen=True):
    """A fee: a share of the goods and, by currency, an amount for each piece. `""` stands for every merchant, category.

    A `commission` takes the place of the agreed one, an `extra` comes beside it.
    """

    id: str
    name: str
    kind: FeeKind
    merchant_id: str
    category: str
    bps: int
    fixed: Mapping[str, int]
    valid_from: int
    valid_to: int | None


class Charged(msgspec.Struct, frozen=True):
    """A line as fees see it: what the seller gets for it, how many pieces, and where it stands among categories."""

    base_minor: int
    quantity: int
    category: str | None


def charge_fees(
    lines: Sequence[Charged], rules: Sequence[FeeRule], merchant_id: str, agreed_bps: int, currency: str
) -> list[tuple[Fee, ...]]:
    """The fees of each of a merchant's lines. Each rule is rounded once, half to even, and shared out by line."""
    left = [line.base_minor for line in lines]
    found: list[list[Fee]] = [[] for _ in lines]
    agreed = FeeRule("", COMMISSION, "commission", "", "", agreed_bps, {}, 0, None)
    chosen = [_commission_for(line, rules, merchant_id, agreed) for line in lines]
    extras = [rule for rule in rules if rule.kind == "extra" and rule.merchant_id in ("", merchant_id)]
    for rule in [*{rule.id: rule for rule in chosen}.values(), *extras]:
        if rule.kind == "commission":
            places = [place for place, each in enumerate(chosen) if each.id == rule.id]
        else:
            places = [place for place, line in enumerate(lines) if is_within(line.category, rule.category)]
        for place, amount_minor in zip(places, _amounts(rule, [lines[each] for each in places], currency), strict=True):
            taken = min(amount_minor, left[place])
            if taken:
                left[place] -= taken
                found[place].append(Fee(rule.name, taken))
    return [tuple(fees) for fees in found]


def rate_of(lines: Sequence[Charged], rules: Sequence[FeeRule], merchant_id: str, agreed_bps: int) -> int:
    """The one commission rate of these lines, to be shown; the agreed one where they differ."""
    agreed = FeeRule("", COMMISSION, "commission", "", "", agreed_bps, {}, 0, None)
    rates = {_commission_for(line, rules, merchant_id, agreed).bps for line in lines}
    return rates.pop() if len(rates) == 1 else agreed_bps


def is_within(category: str | None, of: str) -> bool:
    """Whether a category is another one or lies below it; everything lies within `""`."""
    return not of or category == of or (category or "").startswith(f"{of}/")


def _commission_for(line: Charged, rules: Sequence[FeeRule], merchant_id: str, agreed: FeeRule) -> FeeRule:
    fitting = [rule for rule in rules if rule.kind == "commission" and _fits(rule, merchant_id, line.category)]
    nearest = sorted(fitting, key=lambda rule: (not rule.merchant_id, -len(rule.category), -rule.valid_from, rule.id))
    return nearest[0] if nearest else agreed


def _fits(rule: FeeRule, merchant_id: str, category: str | None) -> bool:
    """A rule for everybody and everything never replaces what was agreed: that is what the agreed rate is for."""
    is_narrow = bool(rule.merchant_id or rule.category)
    return is_narrow and rule.merchant_id in ("", merchant_id) and is_within(category, rule.category)


def _amounts(rule: FeeRule, lines: Sequence[Charged], currency: str) -> list[int]:
    if not lines:
        return []
    shares = split(share_bps(sum(line.base_minor for line in lines), rule.bps), [line.base_minor for line in lines])
    fixed_minor = rule.fixed.get(currency, 0)
    return [share + fixed_minor * line.quantity for share, line in zip(shares, lines, strict=True)]
