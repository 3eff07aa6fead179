"""What an offer costs when it has arrived: its price now and its delivery, in the market's own currency.

Where several merchants sell a product, the one proposed first is the one with the lowest such sum among those that can
be bought; of equal ones the one that arrives sooner, then the oldest. Delivery is what the seller's cheapest sheet asks
for one piece to the country that the buyer is in, else to the market's own. What nobody delivers there, or is in a
currency without a rate, comes behind, by its price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from entrepot import deliver, pay
from entrepot.deliver import Want
from entrepot.kernel import Snapshot, find_fact

from .types import OfferView

_MARKET = "market"
_EVERYWHERE = "*"


def land(
    snapshot: Snapshot,
    groups: Mapping[str, Sequence[OfferView]],
    countries: Mapping[str, str],
    country: str | None = None,
    *,
    every: bool = False,
) -> dict[str, list[OfferView]]:
    """The offers of products with their delivery and their sum, in three reads. `countries` are those of merchants.

    A product that one merchant sells needs no comparison and none is made, unless `every` asks for it.
    """
    wanted = [
        (offer, _destination(snapshot, offers, countries, country))
        for offers in groups.values()
        if every or is_compared(offers)
        for offer in offers
        if offer.sellable
    ]
    landed = _landed(snapshot, wanted) if wanted else {}
    return {key: [landed.get(offer.id, offer) for offer in offers] for key, offers in groups.items()}


def in_order(offers: Iterable[OfferView]) -> list[OfferView]:
    """Offers of a product, the one to propose first in front.

    Those that can be bought come first; of them the lowest sum of price and delivery, then the soonest, then the
    oldest. Where that is not known, prices decide; those of different currencies do not compare, so the ones in the
    currency of the oldest offer go before the others.
    """
    given = list(offers)
    if not given:
        return given
    home = min(given, key=lambda offer: (offer.created_at, offer.id)).currency
    if is_compared(given):
        return sorted(given, key=lambda offer: (not offer.sellable, *_sum_of(offer), *_price_of(offer, home), offer.id))
    return sorted(given, key=lambda offer: (not offer.sellable, *_price_of(offer, home), offer.id))


def is_compared(offers: Iterable[OfferView]) -> bool:
    """Whether several merchants sell it: one merchant's variants are in the order of their prices."""
    return len({offer.merchant_id for offer in offers if offer.sellable}) > 1


def why_first(offers: Sequence[OfferView]) -> str:
    """Why the first of these, in order, is proposed: the key of a text. Empty when it cannot be bought."""
    first = offers[0] if offers else None
    if first is None or not first.sellable:
        return ""
    rivals = [offer for offer in offers[1:] if offer.sellable and offer.merchant_id != first.merchant_id]
    if not rivals:
        return "only_seller"
    second = rivals[0]
    if first.landed_minor is None:
        return "lowest_price"
    if second.landed_minor is None:
        return "delivers"
    if first.landed_minor < second.landed_minor:
        return "lowest_with_delivery"
    return "sooner" if (first.days_max or 0) < (second.days_max or 0) else "first_to_list"


def _sum_of(offer: OfferView) -> tuple[Any, ...]:
    if offer.landed_minor is None:
        return (True, 0, 0, 0)
    return (False, offer.landed_minor, offer.days_max or 0, offer.created_at)


def _price_of(offer: OfferView, home: str) -> tuple[Any, ...]:
    return (offer.currency != home, offer.currency, offer.price_minor, offer.created_at)


def _landed(snapshot: Snapshot, wanted: Sequence[tuple[OfferView, str]]) -> dict[str, OfferView]:
    rates = pay.read_rates(snapshot)
    estimates = deliver.estimate(snapshot, [_want(offer, country) for offer, country in wanted])
    found = {}
    for (offer, _), estimate in zip(wanted, estimates, strict=True):
        if estimate is None:
            continue
        total = rates.convert(offer.price_minor + estimate.amount_minor, offer.currency, rates.home)
        found[offer.id] = msgspec.structs.replace(
            offer,
            delivery_minor=estimate.amount_minor,
            days_min=estimate.days_min,
            days_max=estimate.days_max,
            landed_minor=total,
        )
    return found


def _want(offer: OfferView, country: str) -> Want:
    sizes = (offer.length_mm, offer.width_mm, offer.height_mm)
    size_mm = None if None in sizes else sizes
    return Want(offer.merchant_id, offer.weight_g, size_mm, offer.price_minor, offer.currency, country)  # type: ignore[arg-type]


def _destination(
    snapshot: Snapshot, offers: Sequence[OfferView], countries: Mapping[str, str], country: str | None
) -> str:
    """For where it is compared: the buyer's country, else the market's first, else that of the oldest seller."""
    if country:
        return country
    market = find_fact(snapshot, _MARKET)
    first = str(market["countries"][0]) if market and market.get("countries") else _EVERYWHERE
    if first != _EVERYWHERE:
        return first
    oldest = min(offers, key=lambda offer: (offer.created_at, offer.id))
    return countries[oldest.merchant_id]
