"""Which sheets goods may travel by, what each asks, and when they arrive. Pure, once the terms are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from entrepot.kernel import Snapshot

from .packing import Packed, pack
from .promises import counted_from, promised_end
from .rates import one_parcel, price_by, rate_for, serves, target_of
from .terms import Terms, terms_of
from .types import PLATFORM, Box, Handling, Quote, QuoteRequest, RateSheet


class Setting(msgspec.Struct, frozen=True):
    """One merchant's terms, beside the platform's."""

    own: Terms
    platform: Terms

    @property
    def origin(self) -> str:
        """The country that its goods leave from; empty where it has no location."""
        return self.own.origin

    @property
    def books(self) -> list[Terms]:
        """Whose sheets are offered: the merchant's own, the platform's where it has none, or both if it says so."""
        if not self.own.sheets:
            return [self.platform]
        return [self.own, self.platform] if self.own.handling.with_platform else [self.own]

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes goods are packed into: the merchant's own, else the platform's."""
        return self.own.boxes or self.platform.boxes

    @property
    def handling(self) -> Handling:
        """How long the merchant takes until goods leave."""
        return self.own.handling


class Option(msgspec.Struct, frozen=True):
    """A sheet that applies, what it asks, and within which business days of leaving, or of the order, it arrives."""

    sheet: RateSheet
    amount_minor: int
    days_min: int
    days_max: int
    parcels: int
    volume_cm3: int | None
    setting: Setting

    @property
    def by_platform(self) -> bool:
        """Whether the platform's own sheet priced it."""
        return self.sheet.organisation == PLATFORM

    @property
    def to_point(self) -> bool:
        """Whether it goes to a pickup point."""
        return self.sheet.terms.goes_to == "pickup_point"


def terms_for(snapshot: Snapshot, merchant_ids: Iterable[str]) -> dict[str, Setting]:
    """The setting of each merchant. One read."""
    merchants = sorted(set(merchant_ids))
    terms = terms_of(snapshot, [*merchants, PLATFORM])
    return {each: Setting(terms[each], terms[PLATFORM]) for each in merchants}


def offers(settings: dict[str, Setting], request: QuoteRequest) -> list[Option]:
    """The sheets that apply and what each asks, cheapest first, then fastest."""
    setting = settings[request.merchant_id]
    parcels = _parcels(setting, request)
    found = [option for terms in setting.books for option in _offered(setting, terms, request, parcels)]
    return sorted(found, key=lambda option: (option.amount_minor, option.days_max, option.sheet.id))


def quoted(
    quote_id: str, request: QuoteRequest, option: Option, now: int, expires_at: int,
    point_id: str | None = None, name: str | None = None,
) -> Quote:  # fmt: skip
    """The quote of an option, as it stands until `expires_at`."""
    sheet, setting = option.sheet, option.setting

    def end(days: int) -> int:
        holidays = setting.platform.holidays
        return promised_end(now, days, setting.handling, holidays, setting.origin, request.country)

    return Quote(
        quote_id, request.owner, request.merchant_id, sheet.id, name or sheet.name, option.amount_minor,
        sheet.currency, request.country, request.weight_g, request.subtotal_minor, option.days_min, option.days_max,
        end(option.days_min), end(option.days_max), expires_at, option.by_platform, point_id, option.parcels,
        option.volume_cm3, counted_from(now, setting.handling, setting.platform.holidays, setting.origin),
    )  # fmt: skip


def why_not(settings: dict[str, Setting], request: QuoteRequest) -> str:
    """The sentence for a buyer to whom nothing can be delivered."""
    setting, target = settings[request.merchant_id], target_of(request)
    there = [(sheet, terms) for terms in setting.books for sheet in terms.sheets if serves(sheet, target, terms.zones)]
    if not there:
        return f"This seller does not deliver to {_named(request)}"
    in_currency = [(sheet, terms) for sheet, terms in there if sheet.currency == request.currency]
    if not in_currency:
        return f"This seller has no delivery prices in {request.currency}"
    parcels = _parcels(setting, request)
    if any(parcel.weight_g is None for parcel in parcels):
        return "This seller charges delivery by weight, and an article has none: ask the seller to fill it in"
    steps = [rate.steps for sheet, terms in in_currency if (rate := rate_for(sheet, target, terms.zones)) is not None]
    heaviest_g = max(each[-1][0] for each in steps)
    weight_g = max(parcel.weight_g or 0 for parcel in parcels)
    if weight_g > heaviest_g:
        return f"This seller delivers up to {heaviest_g:,} g at once, and this weighs {weight_g:,} g: take less"
    return "This is too large or too heavy for every way in which this seller delivers: take less, or ask the seller"


def lane(origin: str, destination: str) -> str:
    """The name of the way from country to country."""
    return f"{origin}>{destination}"


def _named(request: QuoteRequest) -> str:
    return f"{request.country} {request.postal_code}".strip() if request.postal_code else request.country


def _parcels(setting: Setting, request: QuoteRequest) -> tuple[Packed, ...]:
    return pack(request.items, setting.boxes) if request.items else one_parcel(request)


def _offered(setting: Setting, terms: Terms, request: QuoteRequest, parcels: Sequence[Packed]) -> list[Option]:
    options = []
    volumes = [parcel.volume_mm3 for parcel in parcels]
    volume_cm3 = None if None in volumes else -(-sum(each or 0 for each in volumes) // 1_000)
    for sheet in terms.sheets:
        amount_minor = price_by(sheet, request, terms.zones, parcels)
        rate = None if amount_minor is None else rate_for(sheet, target_of(request), terms.zones)
        if amount_minor is None or rate is None:
            continue
        learned = terms.learned.get(sheet.id)
        took = learned.lanes.get(lane(setting.origin, request.country)) if learned else None
        days = (took.days_min, took.days_max) if took else (rate.days_min, rate.days_max)
        options.append(Option(sheet, amount_minor, *days, len(parcels), volume_cm3, setting))
    return options
