"""What a rate sheet asks, as pure arithmetic.

1. The rate: the steps of the zone that fits the address most closely, else the sheet's own.
2. The counted weight of each parcel: its weight, or its volume by the sheet's divisor where that is more.
3. A flat sheet asks its price once; one by weight asks, for each parcel, the first step that holds its weight.
4. Added are the parts per parcel and per kilogram begun, and each surcharge for each parcel that it meets.
5. From `free_over_minor` on, nothing is asked.

What nobody weighed is taken by flat sheets alone, and never counted as nothing. What nobody measured counts by weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from .packing import Packed, pack
from .places import Closeness, Target, closest
from .types import QuoteRequest, RateSheet, Surcharge, Zone, ZoneRate


class Rate(msgspec.Struct, frozen=True):
    """Steps and days that a sheet has for an address."""

    steps: tuple[tuple[int, int], ...]
    days_min: int
    days_max: int


NO_ZONES: Mapping[str, Zone] = {}


def price_by(
    sheet: RateSheet,
    request: QuoteRequest,
    zones: Mapping[str, Zone] = NO_ZONES,
    parcels: Sequence[Packed] | None = None,
) -> int | None:
    """What this sheet asks for a delivery, in minor units; None where it does not apply.

    It applies to its countries and zones and its currency, up to its heaviest step; by weight, only where the weight is
    known. Without `parcels` everything is one parcel.
    """
    if sheet.currency != request.currency:
        return None
    rate = rate_for(sheet, target_of(request), zones)
    if rate is None:
        return None
    amount_minor = _asked(sheet, rate, request, one_parcel(request) if parcels is None else parcels)
    if amount_minor is not None and sheet.free_over_minor is not None:
        return 0 if request.subtotal_minor >= sheet.free_over_minor else amount_minor
    return amount_minor


def rate_for(sheet: RateSheet, target: Target, zones: Mapping[str, Zone] = NO_ZONES) -> Rate | None:
    """The sheet's rate for an address; of zones that fit equally closely, the one that stands first."""
    found: list[tuple[Closeness, int, Rate | None]] = []
    own = closest(sheet.countries, target)
    if own is not None:
        rate = Rate(sheet.steps, sheet.days_min, sheet.days_max)
        found.append((own, -len(sheet.terms.zones), rate))
    for position, each in enumerate(sheet.terms.zones):
        zone = zones.get(each.zone_id)
        fit = None if zone is None else closest(zone.places, target)
        if fit is not None:
            found.append((fit, -position, _rate_in(sheet, each) if each.steps else None))
    return max(found, key=lambda one: one[:2])[2] if found else None


def _rate_in(sheet: RateSheet, zone: ZoneRate) -> Rate:
    days_min = sheet.days_min if zone.days_min is None else zone.days_min
    days_max = sheet.days_max if zone.days_max is None else zone.days_max
    return Rate(zone.steps, days_min, max(days_min, days_max))


def serves(sheet: RateSheet, target: Target, zones: Mapping[str, Zone] = NO_ZONES) -> bool:
    """Whether a sheet is for this address."""
    return rate_for(sheet, target, zones) is not None


def target_of(request: QuoteRequest) -> Target:
    """Where a request wants it brought."""
    return Target(request.country, request.region, request.postal_code)


def one_parcel(request: QuoteRequest) -> tuple[Packed, ...]:
    """Everything in one parcel: with what is known of its items, else with the weight alone."""
    return pack(request.items, ()) if request.items else (Packed(request.weight_g, None, None),)


def counted_g(sheet: RateSheet, parcel: Packed) -> int | None:
    """What a parcel counts as, in grams: its weight, or more where it is large; None where nobody weighed it."""
    divisor = sheet.terms.divisor_cm3_per_kg
    if parcel.weight_g is None or divisor is None or parcel.volume_mm3 is None:
        return parcel.weight_g
    # mm³ ÷ 1,000 is cm³, ÷ divisor is kg, × 1,000 is g: the thousands cancel.
    return max(parcel.weight_g, -(-parcel.volume_mm3 // divisor))


def takes(sheet: RateSheet, parcel: Packed) -> bool:
    """Whether a parcel is within the sheet's largest sizes, as far as they and it are known."""
    terms = sheet.terms
    if terms.parcel_g_max is not None and parcel.weight_g is not None and parcel.weight_g > terms.parcel_g_max:
        return False
    if parcel.sides is None:
        return True
    if terms.longest_mm_max is not None and parcel.sides[0] > terms.longest_mm_max:
        return False
    return terms.girth_mm_max is None or _girth(parcel) <= terms.girth_mm_max


def _asked(sheet: RateSheet, rate: Rate, request: QuoteRequest, parcels: Sequence[Packed]) -> int | None:
    if not all(takes(sheet, parcel) for parcel in parcels):
        return None
    terms, total_minor = sheet.terms, 0
    if sheet.kind == "flat":
        total_minor = rate.steps[0][1]
    for parcel in parcels:
        weight_g = counted_g(sheet, parcel)
        if sheet.kind == "weight":
            step = None if weight_g is None else _step(rate, weight_g)
            if step is None:
                return None
            total_minor += step
        if terms.per_kg_minor:
            if weight_g is None:
                return None
            total_minor += terms.per_kg_minor * -(-weight_g // 1_000)
        total_minor += terms.per_parcel_minor
        total_minor += sum(each.amount_minor for each in terms.surcharges if _meets(each, parcel, request))
    return total_minor


def _step(rate: Rate, weight_g: int) -> int | None:
    return next((amount for weight_g_max, amount in rate.steps if weight_g <= weight_g_max), None)


def _meets(surcharge: Surcharge, parcel: Packed, request: QuoteRequest) -> bool:
    if surcharge.places and closest(surcharge.places, target_of(request)) is not None:
        return True
    if surcharge.over_g is not None and parcel.weight_g is not None and parcel.weight_g > surcharge.over_g:
        return True
    if parcel.sides is None:
        return False
    if surcharge.over_longest_mm is not None and parcel.sides[0] > surcharge.over_longest_mm:
        return True
    return surcharge.over_girth_mm is not None and _girth(parcel) > surcharge.over_girth_mm


def _girth(parcel: Packed) -> int:
    """Length and girth, as carriers measure it: the longest side and twice the two others."""
    assert parcel.sides is not None
    return parcel.sides[0] + 2 * (parcel.sides[1] + parcel.sides[2])
