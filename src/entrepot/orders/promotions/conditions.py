"""Whether a promotion may be used for an order, and if not, why: a sentence for whoever typed its code. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from entrepot.kernel import format_money, to_rfc3339

from ..fees import is_within
from .terms import Promotion


class Good(msgspec.Struct, frozen=True):
    """A line as promotions see it, at its price before any discount."""

    merchant_id: str
    product_id: str
    category: str | None
    collections: frozenset[str]
    quantity: int
    price_minor: int

    @property
    def total_minor(self) -> int:
        """Quantity times price."""
        return self.quantity * self.price_minor


class Buyer(msgspec.Struct, frozen=True):
    """Who buys, as limits see them: whether they ordered before, and what has been used, by promotion."""

    ordered_before: bool = False
    used_by_all: Mapping[str, int] = {}
    used_by_buyer: Mapping[str, int] = {}


NOBODY = Buyer()


def eligible(promotion: Promotion, goods: Sequence[Good]) -> list[int]:
    """The places of the lines that a promotion is for."""
    return [place for place, good in enumerate(goods) if is_for(promotion, good)]


def is_for(promotion: Promotion, good: Good) -> bool:
    """Whether a promotion is for this. Products, categories and collections add up; merchants narrow."""
    terms = promotion.terms
    sellers: Collection[str] = terms.merchants if promotion.is_platforms else (promotion.owner,)
    if sellers and good.merchant_id not in sellers:
        return False
    if not (terms.products or terms.categories or terms.collections):
        return True
    return (
        good.product_id in terms.products
        or any(is_within(good.category, category) for category in terms.categories)
        or not good.collections.isdisjoint(terms.collections)
    )


def why_not(promotion: Promotion, goods: Sequence[Good], currency: str, buyer: Buyer, now: int) -> str | None:
    """Why a promotion cannot be used for these goods; None when it can."""
    called, terms = promotion.code or promotion.name, promotion.terms
    return (
        _wrong_time(promotion, called, now)
        or (None if terms.sells_in(currency) else f"{called} is for orders in {_currencies(promotion)}")
        or _used_up(promotion, called, buyer)
        or _too_little(promotion, called, [goods[place] for place in eligible(promotion, goods)], currency)
    )


def _wrong_time(promotion: Promotion, called: str, now: int) -> str | None:
    if promotion.state != "active":
        return f"{called} is not valid any more"
    if promotion.starts_at > now:
        return f"{called} is valid from {to_rfc3339(promotion.starts_at)[:10]} on"
    if promotion.ends_at is not None and promotion.ends_at <= now:
        return f"{called} expired on {to_rfc3339(promotion.ends_at)[:10]}"
    return None


def _used_up(promotion: Promotion, called: str, buyer: Buyer) -> str | None:
    terms = promotion.terms
    if terms.first_order and buyer.ordered_before:
        return f"{called} is for a first order"
    if terms.limit_total is not None and buyer.used_by_all.get(promotion.id, 0) >= terms.limit_total:
        return f"{called} has been used as often as it may be"
    used = buyer.used_by_buyer.get(promotion.id, 0)
    if terms.buyer_limit is not None and used >= terms.buyer_limit:
        return f"You have used {called} already"
    return None


def _too_little(promotion: Promotion, called: str, goods: Sequence[Good], currency: str) -> str | None:
    terms = promotion.terms
    if not goods:
        return f"{called} is for other goods than those in your cart"
    missing_minor = terms.minimums.get(currency, 0) - sum(good.total_minor for good in goods)
    if missing_minor > 0:
        return f"{called} needs {format_money(missing_minor, currency)} more of the goods it is for"
    wanted = terms.minimum_quantity
    if promotion.kind == "buy_x_get_y":
        wanted = max(wanted, terms.buy_quantity + terms.get_quantity)
    missing = wanted - sum(good.quantity for good in goods)
    return f"{called} needs {missing} more of the goods it is for" if missing > 0 else None


def _currencies(promotion: Promotion) -> str:
    terms = promotion.terms
    listed = [set(each) for each in (terms.currencies, terms.amounts, terms.minimums) if each]
    return ", ".join(sorted(set.intersection(*listed))) or "no currency"
