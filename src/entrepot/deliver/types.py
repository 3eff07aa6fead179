"""What deliver speaks of: places goods leave from, what the way costs, parcels, and the scans that tell of them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from entrepot.identity import Address

SheetKind = Literal["flat", "weight"]
ScanCode = Literal["label", "handed_over", "in_transit", "out_for_delivery", "delivered", "failed", "returned"]
ParcelState = Literal["booked", "handed_over", "in_transit", "out_for_delivery", "delivered", "failed", "returned"]

PLATFORM = "platform"
"""Who owns the sheets that serve merchants without any of their own."""
EVERYWHERE = "*"
SANDBOX = "sandbox"
"""The carrier that drives its parcels itself; every other carrier's scans are told by the merchant or the operator."""


class Settings(msgspec.Struct, frozen=True):
    """The section `[deliver]`."""

    sandbox_step_s: Annotated[int, msgspec.Meta(ge=0)] = 30
    """Seconds between two scans of the sandbox carrier."""
    quote_minutes: Annotated[int, msgspec.Meta(ge=1, le=1_440)] = 30
    """How long a quoted price of delivery stands."""


class Location(msgspec.Struct, frozen=True):
    """A place of an organisation that goods leave from."""

    id: str
    organisation: str
    name: str
    address: Address


class RateSheet(msgspec.Struct, frozen=True):
    """What delivery costs, and how many business days it takes.

    `steps` are (heaviest weight in grams, price in minor units), lightest first; a `flat` sheet has one, whose weight
    does not matter. From a subtotal of `free_over_minor` on, delivery is free. `countries` are ISO 3166 alpha-2 codes,
    or `*` for everywhere.
    """

    id: str
    organisation: str
    name: str
    kind: SheetKind
    countries: tuple[str, ...]
    currency: str
    steps: tuple[tuple[int, int], ...]
    free_over_minor: int | None
    days_min: int
    days_max: int


class RateSheetDraft(msgspec.Struct, frozen=True):
    """A sheet to be saved; with an `id` it replaces the one of that id. An operator's is the platform's default."""

    name: str
    kind: SheetKind
    countries: tuple[str, ...]
    currency: str
    steps: tuple[tuple[int, int], ...]
    free_over_minor: int | None = None
    days_min: int = 2
    days_max: int = 5
    id: str | None = None


class Item(msgspec.Struct, frozen=True):
    """Pieces of one kind that are to be packed: weight and sides of one piece, None where nobody said them."""

    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    quantity: int = 1


class QuoteRequest(msgspec.Struct, frozen=True):
    """What a buyer wants delivered from one merchant; `weight_g` is None where the merchant did not say it.

    With `items` the goods are packed, and every parcel has its price; without, they travel as one parcel. Region,
    postal code and city choose zones and pickup points; empty, only the country counts.
    """

    owner: str
    merchant_id: str
    weight_g: int | None
    subtotal_minor: int
    currency: str
    country: str
    items: tuple[Item, ...] = ()
    region: str = ""
    postal_code: str = ""
    city: str = ""


class Want(msgspec.Struct, frozen=True):
    """One piece of a merchant's goods that somebody in a country looks at; `size_mm` its length, width and height."""

    merchant_id: str
    weight_g: int | None
    size_mm: tuple[int, int, int] | None
    subtotal_minor: int
    currency: str
    country: str


class Estimate(msgspec.Struct, frozen=True):
    """What bringing it would cost by the cheapest sheet, before anybody asked for a quote."""

    amount_minor: int
    days_min: int
    days_max: int
    name: str
    by_platform: bool


class Quote(msgspec.Struct, frozen=True):
    """A price of delivery that stands until `expires_at`, for goods as they were asked about.

    Between `earliest_at` and `promised_at` the parcel arrives, if the order is placed before the quote expires.
    `by_platform` says that the platform's own sheet priced it, so that the money is the carrier's and not the
    seller's; `pickup_point_id` where the buyer collects it, None for the door; `parcels` how many were reckoned with.
    """

    id: str
    owner: str
    merchant_id: str
    sheet_id: str
    name: str
    amount_minor: int
    currency: str
    country: str
    weight_g: int | None
    subtotal_minor: int
    days_min: int
    days_max: int
    earliest_at: int
    promised_at: int
    expires_at: int
    by_platform: bool = False
    pickup_point_id: str | None = None
    parcels: int = 1


class Booking(msgspec.Struct, frozen=True):
    """A parcel to be sent; `ref` is the seller order, `carrier` `sandbox`, `own` or a carrier's name."""

    ref: str
    organisation: str
    carrier: str
    tracking_no: str | None
    quote_id: str | None
    address: Address


class Parcel(msgspec.Struct, frozen=True):
    """A parcel as its scans tell it; `promised_at` is what the buyer was told when paying."""

    id: str
    ref: str
    organisation: str
    carrier: str
    tracking_no: str | None
    quote_id: str | None
    state: ParcelState
    promised_at: int | None
    booked_at: int
    handed_over_at: int | None
    delivered_at: int | None


class Scan(msgspec.Struct, frozen=True):
    """What a carrier saw: `at` is when it happened, `source_id` the carrier's own number of this scan."""

    parcel_id: str
    code: ScanCode
    at: int
    place: str
    source_id: str


class Tracking(msgspec.Struct, frozen=True):
    """A parcel and its scans, in the order in which they happened."""

    parcel: Parcel
    scans: tuple[Scan, ...]
