"""The rules that an order is priced by, read at once for all of its goods, and applied to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from entrepot import catalog, pay
from entrepot.kernel import Snapshot

from .cart_types import Cart
from .fee_rules import fees_for
from .fees import FeeRule
from .promotions.applying import Delivery
from .promotions.conditions import NOBODY, Buyer, Good, why_not
from .promotions.rows import automatic_for, coded_for
from .promotions.terms import PLATFORM, Promotion, code_key
from .promotions.uses import read_buyer
from .reverse_charge import Where, reverse_charged
from .sums import Sums, Terms, Want, price_order
from .tax import Rounding
from .tax_rounding import tax_rounding


class Rules(msgspec.Struct, frozen=True):
    """Everything that may change what a cart comes to, as it holds now."""

    now: int
    rates: tuple[pay.TaxRate, ...] = ()
    rounding: Rounding = "line"
    automatic: tuple[Promotion, ...] = ()
    coded: tuple[Promotion, ...] = ()
    buyer: Buyer = NOBODY
    fees: tuple[FeeRule, ...] = ()
    collections: Mapping[str, frozenset[str]] = {}
    reverse: frozenset[str] = frozenset()
    """The merchants for whose goods the buyer accounts for the tax."""

    def area(self, where: Where) -> pay.TaxArea:
        """The rates where it goes."""
        address = where.address
        country, region = (address.country, address.region) if address else ("", "")
        return pay.tax_area_of(self.rates, country, region, self.now)

    @property
    def promotions(self) -> tuple[Promotion, ...]:
        """All that could apply."""
        return (*self.automatic, *self.coded)


class Price(msgspec.Struct, frozen=True):
    """What one piece costs in a cart's currency, and what it was converted from."""

    amount_minor: int
    base_currency: str | None = None
    base_minor: int | None = None
    rate: str | None = None


def read_rules(snapshot: Snapshot, cart: Cart, offers: Mapping[str, catalog.CartOffer], where: Where) -> Rules:
    """The rules for a cart: one short read each for taxes, promotions, codes and fees, however many goods."""
    merchants = sorted({offer.merchant_id for offer in offers.values()})
    owners = [PLATFORM, *merchants]
    asked, fees = automatic_for(snapshot, owners), fees_for(snapshot, merchants)
    rates = pay.tax_rates_for(snapshot, where.address.country) if where.address else []
    automatic = asked()
    coded = coded_for(snapshot, owners, cart.codes) if cart.codes else []
    return Rules(
        now=snapshot.now,
        rates=tuple(rates),
        rounding=tax_rounding(snapshot) if rates else "line",
        automatic=tuple(automatic),
        coded=tuple(coded),
        buyer=read_buyer(snapshot, [*automatic, *coded], cart.owner, where.email),
        fees=tuple(fees()),
        collections=_collections(snapshot, [*automatic, *coded], offers),
        reverse=reverse_charged(snapshot, where, merchants, rates),
    )


def read_exchange(snapshot: Snapshot, currency: str, offers: Mapping[str, catalog.CartOffer]) -> pay.Rates | None:
    """The exchange rates, where something in the cart has no price in its currency."""
    if all(currency == offer.currency or currency in offer.prices for offer in offers.values()):
        return None
    return pay.read_rates(snapshot)


def price_in(offer: catalog.CartOffer, currency: str, exchange: pay.Rates | None) -> Price | None:
    """An offer's price in a currency: its own there, else the converted one, half up; None where no rate is known."""
    if offer.currency == currency:
        return Price(offer.price_minor)
    if (own := offer.prices.get(currency)) is not None:
        return Price(own)
    rate = exchange.rate(offer.currency, currency) if exchange else None
    if rate is None:
        return None
    amount_minor = pay.convert_by(rate, offer.price_minor, offer.currency, currency)
    return Price(amount_minor, offer.currency, offer.price_minor, str(rate))


def want_of(offer: catalog.CartOffer, quantity: int, price_minor: int, rules: Rules) -> Want:
    """Goods as prices see them."""
    return Want(
        offer.merchant_id, offer.product_id, offer.category, offer.tax_category, quantity, price_minor,
        rules.collections.get(offer.product_id, frozenset()),
    )  # fmt: skip


def usable(rules: Rules, wants: Sequence[Want], currency: str) -> dict[str, str | None]:
    """Of each promotion why it cannot be used for these goods; None where it can."""
    goods = [
        Good(want.merchant_id, want.product_id, want.category, want.collections, want.quantity, want.price_minor)
        for want in wants
    ]
    return {each.id: why_not(each, goods, currency, rules.buyer, rules.now) for each in rules.promotions}


def sums_of(
    rules: Rules,
    wants: Sequence[Want],
    deliveries: Sequence[Delivery],
    currency: str,
    where: Where,
    commission_bps: Mapping[str, int],
) -> Sums:
    """What these goods come to by the rules."""
    refused = usable(rules, wants, currency)
    terms = Terms(
        currency=currency,
        area=rules.area(where),
        reverse=rules.reverse,
        rounding=rules.rounding,
        promotions=tuple(each for each in rules.promotions if refused[each.id] is None),
        fees=rules.fees,
        commission_bps=commission_bps,
    )
    return price_order(wants, deliveries, terms)


def coded_by(rules: Rules, code: str) -> list[Promotion]:
    """The promotions that a code stands for."""
    key = code_key(code)
    return [each for each in rules.coded if code_key(each.code or "") == key]


def _collections(
    snapshot: Snapshot, promotions: Sequence[Promotion], offers: Mapping[str, catalog.CartOffer]
) -> dict[str, frozenset[str]]:
    """Which collections the goods are in, where a promotion asks for it."""
    if not any(each.terms.collections for each in promotions):
        return {}
    found = catalog.collections_with(snapshot, sorted({offer.product_id for offer in offers.values()}))
    return {product_id: frozenset(ids) for product_id, ids in found.items()}
