"""What an order comes to, to the unit: discounts, taxes and fees of every line and delivery. Pure.

Prices come in the order's currency. Promotions are applied first, then the tax on what each seller gets, then the
platform's fees on that without the tax. Nothing is looked up here, so a cart, a checkout and an order agree when they
are given the same goods, deliveries and rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from entrepot.pay import TaxArea, TaxRate, reversed_area

from .fees import Charged, FeeRule, charge_fees, rate_of
from .promotions.applying import Delivery, Reduced, reduce
from .promotions.conditions import Good
from .promotions.terms import Promotion
from .tax import NO_TAX, Rounding, Taxed, TaxSum, sum_taxes, tax_lines, tax_shipping
from .types import Discount, Fee


class Want(msgspec.Struct, frozen=True):
    """Goods to be priced: so many pieces at a price in the order's currency."""

    merchant_id: str
    product_id: str
    category: str | None
    tax_category: str | None
    quantity: int
    price_minor: int
    collections: frozenset[str] = frozenset()

    @property
    def goods_minor(self) -> int:
        """Quantity times price."""
        return self.quantity * self.price_minor


class Terms(msgspec.Struct, frozen=True):
    """The rules that hold for one order: its area's taxes, the promotions that may be used, the fees."""

    currency: str
    area: TaxArea = TaxArea()
    rounding: Rounding = "line"
    promotions: tuple[Promotion, ...] = ()
    fees: tuple[FeeRule, ...] = ()
    commission_bps: Mapping[str, int] = {}
    """What was agreed with each merchant."""
    reverse: frozenset[str] = frozenset()
    """The merchants for whose goods the buyer accounts for the tax: prices come without it."""

    def area_of(self, merchant_id: str) -> TaxArea:
        """The rates for one merchant's goods."""
        return reversed_area(self.area) if merchant_id in self.reverse else self.area


class PricedLine(msgspec.Struct, frozen=True):
    """A line with everything that is frozen of it."""

    goods_minor: int
    discounts: tuple[Discount, ...]
    tax: Taxed
    fees: tuple[Fee, ...] = ()

    @property
    def seller_discount_minor(self) -> int:
        """Borne by the seller."""
        return sum(each.seller_minor for each in self.discounts)

    @property
    def platform_discount_minor(self) -> int:
        """Borne by the platform."""
        return sum(each.platform_minor for each in self.discounts)

    @property
    def discount_minor(self) -> int:
        """All that was taken off."""
        return self.seller_discount_minor + self.platform_discount_minor

    @property
    def base_minor(self) -> int:
        """What the seller gets for it before tax and fees: what is taxed."""
        return self.goods_minor - self.seller_discount_minor

    @property
    def commission_minor(self) -> int:
        """All fees."""
        return sum(fee.amount_minor for fee in self.fees)


class PricedPart(msgspec.Struct, frozen=True):
    """One merchant's goods and their delivery, priced."""

    merchant_id: str
    places: tuple[int, ...]
    """Which of the goods they are."""
    lines: tuple[PricedLine, ...]
    delivery: Delivery
    shipping_discounts: tuple[Discount, ...]
    shipping_tax: Taxed
    tax_included: bool
    taxes: tuple[TaxSum, ...]
    commission_bps: int
    reverse_charge: bool = False

    @property
    def items_minor(self) -> int:
        """The goods, before discounts."""
        return sum(line.goods_minor for line in self.lines)

    @property
    def discount_minor(self) -> int:
        """What is taken off the goods."""
        return sum(line.discount_minor for line in self.lines)

    @property
    def shipping_discount_minor(self) -> int:
        """What is taken off the delivery."""
        return sum(each.seller_minor + each.platform_minor for each in self.shipping_discounts)

    @property
    def subsidy_minor(self) -> int:
        """What the platform pays in the buyer's place."""
        of_shipping = sum(each.platform_minor for each in self.shipping_discounts)
        return sum(line.platform_discount_minor for line in self.lines) + of_shipping

    @property
    def tax_minor(self) -> int:
        """All tax, whether included or on top."""
        return sum(line.tax.tax_minor for line in self.lines) + self.shipping_tax.tax_minor

    @property
    def total_minor(self) -> int:
        """What the buyer pays for it."""
        goods = self.items_minor - self.discount_minor
        on_top = 0 if self.tax_included else self.tax_minor
        return goods + self.delivery.amount_minor - self.shipping_discount_minor + on_top


class Sums(msgspec.Struct, frozen=True):
    """A whole order, priced."""

    parts: tuple[PricedPart, ...]
    used: tuple[Promotion, ...]
    tax_included: bool

    @property
    def items_minor(self) -> int:
        """All goods, before discounts."""
        return sum(part.items_minor for part in self.parts)

    @property
    def discount_minor(self) -> int:
        """What is taken off goods."""
        return sum(part.discount_minor for part in self.parts)

    @property
    def shipping_minor(self) -> int:
        """All deliveries, before discounts."""
        return sum(part.delivery.amount_minor for part in self.parts)

    @property
    def shipping_discount_minor(self) -> int:
        """What is taken off deliveries."""
        return sum(part.shipping_discount_minor for part in self.parts)

    @property
    def tax_minor(self) -> int:
        """All tax."""
        return sum(part.tax_minor for part in self.parts)

    @property
    def taxes(self) -> tuple[TaxSum, ...]:
        """All tax, by rate."""
        return sum_taxes(each for part in self.parts for each in part.taxes)

    @property
    def total_minor(self) -> int:
        """What the buyer pays."""
        return sum(part.total_minor for part in self.parts)


def price_order(wants: Sequence[Want], deliveries: Sequence[Delivery], terms: Terms) -> Sums:
    """Price goods, and the delivery of each merchant's.

    A part for each delivery, in their order; every merchant with goods has just one. For a cart that does not know its
    deliveries yet, give them at 0.
    """
    assert {want.merchant_id for want in wants} == {each.merchant_id for each in deliveries}
    reduced = reduce(terms.promotions, [_good(want) for want in wants], deliveries, terms.currency)
    parts = tuple(_part(place, wants, deliveries, terms, reduced) for place in range(len(deliveries)))
    return Sums(parts, reduced.used, terms.area.included)


def _part(at: int, wants: Sequence[Want], deliveries: Sequence[Delivery], terms: Terms, reduced: Reduced) -> PricedPart:
    delivery, area = deliveries[at], terms.area_of(deliveries[at].merchant_id)
    places = tuple(place for place, want in enumerate(wants) if want.merchant_id == delivery.merchant_id)
    mine = [wants[place] for place in places]
    lines = [PricedLine(wants[place].goods_minor, reduced.lines[place], NO_TAX) for place in places]
    rates = [area.rate_for(want.tax_category, want.category) for want in mine]
    lines = _with_taxes(lines, rates, terms)
    to_tax_minor = delivery.amount_minor - sum(each.seller_minor for each in reduced.deliveries[at])
    shipping_tax, sums = tax_shipping(to_tax_minor, area, [line.base_minor for line in lines], rates)
    agreed_bps = terms.commission_bps.get(delivery.merchant_id, 0)
    charged = [_charged(want, line, area.included) for want, line in zip(mine, lines, strict=True)]
    fees = charge_fees(charged, terms.fees, delivery.merchant_id, agreed_bps, terms.currency)
    return PricedPart(
        merchant_id=delivery.merchant_id,
        places=places,
        lines=tuple(msgspec.structs.replace(line, fees=each) for line, each in zip(lines, fees, strict=True)),
        delivery=delivery,
        shipping_discounts=reduced.deliveries[at],
        shipping_tax=shipping_tax,
        tax_included=area.included,
        taxes=sum_taxes((*_tax_sums(lines, rates), *sums)),
        commission_bps=rate_of(charged, terms.fees, delivery.merchant_id, agreed_bps),
        reverse_charge=delivery.merchant_id in terms.reverse,
    )


def _with_taxes(lines: Sequence[PricedLine], rates: Sequence[TaxRate | None], terms: Terms) -> list[PricedLine]:
    taxes = tax_lines([line.base_minor for line in lines], rates, terms.area.included, terms.rounding)
    return [msgspec.structs.replace(line, tax=tax) for line, tax in zip(lines, taxes, strict=True)]


def _tax_sums(lines: Sequence[PricedLine], rates: Sequence[TaxRate | None]) -> list[TaxSum]:
    return [
        TaxSum(rate.name, rate.ppm, line.base_minor, line.tax.tax_minor)
        for line, rate in zip(lines, rates, strict=True)
        if rate is not None
    ]


def _charged(want: Want, line: PricedLine, included: bool) -> Charged:
    net_minor = line.base_minor - (line.tax.tax_minor if included else 0)
    return Charged(net_minor, want.quantity, want.category)


def _good(want: Want) -> Good:
    return Good(
        want.merchant_id, want.product_id, want.category, want.collections, want.quantity, want.price_minor
    )  # fmt: skip
