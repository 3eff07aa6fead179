"""What was taken off and what tax is in it, as buyers see it: of carts and of orders. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from entrepot import pay

from .cart_views import Reduction, TaxView
from .tax import TaxSum, sum_taxes
from .types import Discount, Line, SellerOrder


def reductions_of(discounts: Iterable[Discount]) -> tuple[Reduction, ...]:
    """What each promotion takes off, as a buyer sees it: whoever bears it."""
    found: dict[str, Reduction] = {}
    for promotion_id, name, seller_minor, platform_minor in discounts:
        was = found.get(promotion_id)
        amount_minor = seller_minor + platform_minor + (was.amount_minor if was else 0)
        found[promotion_id] = Reduction(promotion_id, name, amount_minor)
    return tuple(found.values())


def tax_view(tax: TaxSum) -> TaxView:
    """A tax as it is shown. Where several rates met in a delivery, the percentage is left out."""
    return TaxView(
        tax.name, pay.percent_of(tax.ppm) if tax.ppm or not tax.tax_minor else "", tax.base_minor, tax.tax_minor
    )


def taxes_of(seller: SellerOrder, lines: Sequence[Line]) -> tuple[TaxView, ...]:
    """The taxes of a merchant's part by rate, as they were frozen."""
    sums = [
        TaxSum(line.tax_name, line.tax_ppm, line.goods_minor - line.seller_discount_minor, line.tax_minor)
        for line in lines
        if line.tax_name
    ]
    if seller.shipping_tax_name:
        base_minor = seller.shipping_minor - seller.shipping_seller_discount_minor
        sums.append(TaxSum(seller.shipping_tax_name, seller.shipping_tax_ppm, base_minor, seller.shipping_tax_minor))
    return tuple(tax_view(each) for each in sum_taxes(sums))


def sum_views(found: Iterable[TaxView]) -> tuple[TaxView, ...]:
    """The taxes of several parts together."""
    sums: dict[tuple[str, str], TaxView] = {}
    for each in found:
        was = sums.get((each.name, each.percent), TaxView(each.name, each.percent, 0, 0))
        sums[each.name, each.percent] = TaxView(
            each.name, each.percent, was.base_minor + each.base_minor, was.tax_minor + each.tax_minor
        )
    return tuple(sums.values())


def sum_reductions(found: Iterable[Reduction]) -> tuple[Reduction, ...]:
    """What each promotion takes off several parts together."""
    sums: dict[str, Reduction] = {}
    for each in found:
        was = sums.get(each.promotion_id)
        amount_minor = each.amount_minor + (was.amount_minor if was else 0)
        sums[each.promotion_id] = Reduction(each.promotion_id, each.name, amount_minor)
    return tuple(sums.values())
