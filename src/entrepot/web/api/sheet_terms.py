"""What a rate sheet says beside its price by weight, as it is sent."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from entrepot.deliver import SheetTerms, Surcharge, ZoneRate

from ..params import ID, NO_NUL, Amount, Name

PlaceText = Annotated[str, Meta(pattern=NO_NUL, min_length=1, max_length=100, examples=["DE:80000-81999"])]
Bound = Annotated[int, Meta(ge=1, le=100_000_000)]
Days = Annotated[int, Meta(ge=0, le=365)]


class ZoneStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to this weight, this price."""

    weight_g_max: Annotated[int, Meta(ge=0, le=100_000_000)]
    amount_minor: Amount


class SaveZoneRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The price in a zone; without steps the sheet does not go there. Days left out are the sheet's."""

    zone_id: Annotated[str, Meta(pattern=ID)]
    steps: Annotated[list[ZoneStep], Meta(max_length=50)] = []
    days_min: Days | None = None
    days_max: Days | None = None


class SaveSurcharge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asked for each parcel above a bound, or to one of the places."""

    name: Name
    amount_minor: Amount
    over_longest_mm: Bound | None = None
    over_girth_mm: Bound | None = None
    over_g: Bound | None = None
    places: Annotated[list[PlaceText], Meta(max_length=1_000)] = []


class SaveTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Zones, volume, parts per parcel and kilogram, surcharges, largest sizes, and whether it goes to pickup points."""

    zones: Annotated[list[SaveZoneRate], Meta(max_length=100)] = []
    divisor_cm3_per_kg: Bound | None = None
    per_parcel_minor: Amount = 0
    per_kg_minor: Amount = 0
    surcharges: Annotated[list[SaveSurcharge], Meta(max_length=20)] = []
    longest_mm_max: Bound | None = None
    girth_mm_max: Bound | None = None
    parcel_g_max: Bound | None = None
    goes_to: Literal["door", "pickup_point"] = "door"

    def plain(self) -> SheetTerms:
        """As the room has it."""
        zones = tuple(
            ZoneRate(
                each.zone_id, tuple((step.weight_g_max, step.amount_minor) for step in each.steps), each.days_min,
                each.days_max,
            )
            for each in self.zones
        )  # fmt: skip
        surcharges = tuple(
            Surcharge(
                each.name, each.amount_minor, each.over_longest_mm, each.over_girth_mm, each.over_g, tuple(each.places)
            )
            for each in self.surcharges
        )
        return SheetTerms(
            zones, self.divisor_cm3_per_kg, self.per_parcel_minor, self.per_kg_minor, surcharges,
            self.longest_mm_max, self.girth_mm_max, self.parcel_g_max, self.goes_to,
        )  # fmt: skip
