"""A plain model of prices: the same rules, said once more in the slowest and simplest way, to compare with.

Nothing here is taken from the code: whole minor units are dealt out one by one, sets of promotions are all tried, rates
are fractions to the end.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any


def deal(amount: int, weights: list[int]) -> list[int]:
    """Share an amount out by largest remainder, unit by unit."""
    if not weights:
        return []
    total = sum(weights)
    if total == 0:
        return [amount] + [0] * (len(weights) - 1)
    exact = [Fraction(amount * weight, total) for weight in weights]
    parts = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(weights)), key=lambda at: (-(exact[at] - parts[at]), at))
    for at in order[: amount - sum(parts)]:
        parts[at] += 1
    return parts


def half_up(value: Fraction) -> int:
    """Nearest whole, halves up."""
    return int((value + Fraction(1, 2)) // 1)


def even(value: Fraction) -> int:
    """Nearest whole, halves to even."""
    return round(value)


def within(category: str | None, of: str) -> bool:
    """Below or the same."""
    return of == "" or (category is not None and (category + "/").startswith(of + "/"))


def is_for(promotion: Any, want: Any) -> bool:
    """Whether a promotion is for these goods."""
    terms = promotion.terms
    if promotion.owner == "platform":
        if terms.merchants and want.merchant_id not in terms.merchants:
            return False
    elif promotion.owner != want.merchant_id:
        return False
    everything = not terms.products and not terms.categories and not terms.collections
    return (
        everything
        or want.product_id in terms.products
        or any(within(want.category, each) for each in terms.categories)
        or any(each in want.collections for each in terms.collections)
    )


def take_off(chosen: list[Any], wants: list[Any], brings: list[Any], currency: str) -> dict[str, Any]:
    """Apply promotions one after another; what each took of line or delivery, as (promotion, seller, platform)."""
    lines: list[list[tuple[str, int, int]]] = [[] for _ in wants]
    shipping: list[list[tuple[str, int, int]]] = [[] for _ in brings]
    lone = [each for each in chosen if each.owner == "platform" and not each.terms.combines]
    chosen = lone or chosen
    ordered = sorted(
        chosen, key=lambda each: (each.owner == "platform", -each.terms.priority, each.created_at, each.id)
    )
    used = []
    for promotion in ordered:
        platforms = promotion.owner == "platform"
        shut = {each.owner for each in used if each.owner != "platform" and not each.terms.combines}
        mine = [
            at
            for at, want in enumerate(wants)
            if is_for(promotion, want) and not (platforms and want.merchant_id in shut)
        ]
        left = {
            at: wants[at].quantity * wants[at].price_minor - sum(each[1] + each[2] for each in lines[at]) for at in mine
        }
        terms = promotion.terms
        off: dict[int, int] = {}
        if promotion.kind == "percentage":
            whole = even(Fraction(sum(left.values()) * terms.bps, 10_000))
            whole = min(whole, terms.amount_max.get(currency, whole))
            off = dict(zip(mine, deal(whole, [left[at] for at in mine]), strict=True))
        elif promotion.kind == "amount":
            whole = min(terms.amounts.get(currency, 0), sum(left.values()))
            off = dict(zip(mine, deal(whole, [left[at] for at in mine]), strict=True))
        elif promotion.kind == "buy_x_get_y":
            pieces = sorted((wants[at].price_minor, at) for at in mine for _ in range(wants[at].quantity))
            free = len(pieces) // (terms.buy_quantity + terms.get_quantity) * terms.get_quantity
            for at in mine:
                worth = sum(price for price, each in pieces[:free] if each == at)
                off[at] = min(even(Fraction(worth * terms.bps, 10_000)), left[at])
        else:
            touched = False
            for at, bring in enumerate(brings):
                if not any(wants[each].merchant_id == bring.merchant_id for each in mine):
                    continue
                if bring.by_platform and not platforms:
                    continue
                rest = bring.amount_minor - sum(each[1] + each[2] for each in shipping[at])
                amount = min(rest, terms.amount_max.get(currency, rest))
                seller = 0 if bring.by_platform else even(Fraction(amount * terms.seller_bps, 10_000))
                if amount:
                    shipping[at].append((promotion.id, seller, amount - seller))
                    touched = True
            if touched:
                used.append(promotion)
            continue
        for merchant in {wants[at].merchant_id for at in mine}:
            places = [at for at in mine if wants[at].merchant_id == merchant]
            amounts = [off[at] for at in places]
            borne = deal(even(Fraction(sum(amounts) * terms.seller_bps, 10_000)), amounts)
            for at, amount, seller in zip(places, amounts, borne, strict=True):
                if amount:
                    lines[at].append((promotion.id, seller, amount - seller))
        if any(off.values()):
            used.append(promotion)
    total = sum(each[1] + each[2] for found in (*lines, *shipping) for each in found)
    return {"lines": lines, "shipping": shipping, "used": used, "total": total}


def may_stand_together(chosen: tuple[Any, ...], given: list[Any]) -> bool:
    """Whether a set of promotions is within the rules."""
    for promotion in chosen:
        rivals = [
            each
            for each in given
            if each.owner == promotion.owner
            and (each.terms.group or each.id) == (promotion.terms.group or promotion.id)
        ]
        if promotion.terms.priority < max(each.terms.priority for each in rivals):
            return False
        if any(each in chosen for each in rivals if each is not promotion):
            return False
        same = [each for each in chosen if each.owner == promotion.owner]
        if not promotion.terms.combines and len(same) > 1:
            return False
    return True


def best_total(given: list[Any], wants: list[Any], brings: list[Any], currency: str) -> int:
    """The most that any allowed set of these promotions takes off."""
    sets = itertools.chain.from_iterable(itertools.combinations(given, size) for size in range(len(given) + 1))
    return max(
        take_off(list(chosen), wants, brings, currency)["total"] for chosen in sets if may_stand_together(chosen, given)
    )


def tax_in(amount: int, ppm: int, included: bool) -> Fraction:
    """The exact tax of an amount."""
    rate = Fraction(ppm, 1_000_000)
    return amount * rate / (1 + rate) if included else amount * rate


def plain_legs(items: int, bps: int) -> tuple[int, int]:
    """What the seller gets of goods without discount or tax, and the commission on them: halves to the even unit."""
    commission = round(Fraction(items * bps, 10_000))
    return items - commission, commission
