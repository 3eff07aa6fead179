"""What deliver speaks of: places goods leave from, what the way costs, parcels, and the scans that tell of them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from entrepot.identity import Address

SheetKind = Literal["flat", "weight"]
ScanCode = Literal[
    "label",
    "handed_over",
    "in_transit",
    "out_for_delivery",
    "failed",
    "at_pickup_point",
    "lost",
    "returning",
    "returned",
    "delivered",
]
ParcelState = Literal[
    "booked",
    "handed_over",
    "in_transit",
    "out_for_delivery",
    "failed",
    "at_pickup_point",
    "lost",
    "returning",
    "returned",
    "delivered",
]

PLATFORM = "platform"
"""Who owns the sheets that serve merchants without any of their own."""
SANDBOX = "sandbox"
"""The carrier that drives its parcels itself; every other carrier's scans are told by the merchant or the operator."""
FLEET = "fleet"
"""The platform's own vans, whose scans come from its drivers."""
OWN = "own"
"""Whatever a merchant brings its parcels with itself."""


class Settings(msgspec.Struct, frozen=True):
    """The section `[deliver]`."""

    sandbox_step_s: Annotated[int, msgspec.Meta(ge=0)] = 30
    """Seconds between two scans of the sandbox carrier."""
    sandbox_fault_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    """How many of a hundred parcels of the sandbox carrier go wrong: late, twice, out of order, lost, returned."""
    quote_minutes: Annotated[int, msgspec.Meta(ge=1, le=1_440)] = 30
    """How long a quoted price of delivery stands."""
    lost_after_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    """A parcel of which nothing was heard for so many days counts as lost, until somebody sees it."""
    route_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 20
    """How long the routes of a day are improved."""
    road_factor_percent: Annotated[int, msgspec.Meta(ge=100, le=300)] = 130
    """How much longer a road is than the straight way, in percent."""
    speed_km_h: Annotated[int, msgspec.Meta(ge=1, le=130)] = 30
    """How fast the fleet drives, all in all."""
    promise_target_percent: Annotated[int, msgspec.Meta(ge=50, le=99)] = 90
    """How many of a hundred parcels should arrive when promised; below it promises are widened."""
    promise_parcels_min: Annotated[int, msgspec.Meta(ge=10, le=100_000)] = 50
    """So many arrived parcels of a sheet and lane, and its promises follow from what they took."""


class Location(msgspec.Struct, frozen=True):
    """A place of an organisation that goods leave from."""

    id: str
    organisation: str
    name: str
    address: Address


class Zone(msgspec.Struct, frozen=True):
    """A part of the world that delivery prices are made for; `places` are written as `places.py` reads them."""

    id: str
    organisation: str
    name: str
    places: tuple[str, ...]


class ZoneRate(msgspec.Struct, frozen=True):
    """What a sheet asks in one zone instead of its own steps; without steps it does not go there.

    `days_min` and `days_max` None are the sheet's.
    """

    zone_id: str
    steps: tuple[tuple[int, int], ...] = ()
    days_min: int | None = None
    days_max: int | None = None


class Surcharge(msgspec.Struct, frozen=True):
    """What a sheet asks more for each parcel that is bulky, or goes to a remote place.

    It is asked when any bound that is set is exceeded, or the address lies in one of `places`.
    """

    name: str
    amount_minor: int
    over_longest_mm: int | None = None
    over_girth_mm: int | None = None
    over_g: int | None = None
    places: tuple[str, ...] = ()


class SheetTerms(msgspec.Struct, frozen=True):
    """What a sheet says beside its price by weight. Nothing of it applies unless it is set.

    `divisor_cm3_per_kg`: a parcel counts with its volume in cm³ divided by this, in kilograms rounded up to the gram,
    where that is more than its weight (5,000 is customary). `per_kg_minor` is asked for each kilogram begun,
    `per_parcel_minor` for each parcel. A parcel with a side above `longest_mm_max`, with length + 2 × (width + height)
    above `girth_mm_max`, or heavier than `parcel_g_max` is not taken.
    """

    zones: tuple[ZoneRate, ...] = ()
    divisor_cm3_per_kg: int | None = None
    per_parcel_minor: int = 0
    per_kg_minor: int = 0
    surcharges: tuple[Surcharge, ...] = ()
    longest_mm_max: int | None = None
    girth_mm_max: int | None = None
    parcel_g_max: int | None = None
    goes_to: Literal["door", "pickup_point"] = "door"


class RateSheet(msgspec.Struct, frozen=True):
    """What delivery costs, and how many business days it takes.

    `steps` are (heaviest weight in grams, price in minor units), lightest first; a `flat` sheet has one, whose weight
    does not matter. From a subtotal of `free_over_minor` on, delivery is free. `countries` are ISO 3166 alpha-2 codes,
    or `*` for everywhere; where a zone of `terms` fits the address more closely, its steps count.
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
    terms: SheetTerms = SheetTerms()


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
    terms: SheetTerms = SheetTerms()


class Box(msgspec.Struct, frozen=True):
    """A box that goods are packed into: its sides inside, what it weighs empty, and what it carries at most."""

    id: str
    organisation: str
    name: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int
    load_g_max: int


class Handling(msgspec.Struct, frozen=True):
    """How long an organisation takes until goods leave.

    Orders before `cut_off` (minutes after midnight in `timezone`) leave `days` of its business days later, others a
    business day after these. None: a sheet's days are counted from the order itself, handling included. `weekdays` are
    the days on which it works, 0 for Monday. With `with_platform` the platform's sheets are offered beside its own.
    """

    cut_off: int | None = None
    days: int = 0
    timezone: str = "UTC"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    with_platform: bool = False


class Holidays(msgspec.Struct, frozen=True):
    """Days without delivery, by country: `2026-04-03`, or `12-25` for every year."""

    days: dict[str, tuple[str, ...]] = {}


class Transit(msgspec.Struct, frozen=True):
    """Business days that parcels of a lane took: nearly none came sooner, as many as wanted came by `days_max`."""

    days_min: int
    days_max: int
    parcels: int


class Van(msgspec.Struct, frozen=True):
    """A vehicle of the fleet, with who drives it. Its shift is in minutes after midnight; None is without a bound.

    It starts at a location and ends there, or at another. `skills` are what parcels may need: parcels above 30 kg need
    `heavy`. `link` numbers the driver's link: raised when an old one must stop working.
    """

    id: str
    organisation: str
    name: str
    driver: str
    location_id: str
    end_location_id: str | None = None
    capacity_g: int | None = None
    capacity_l: int | None = None
    stops_max: int | None = None
    shift_start: int = 480
    shift_end: int = 1_020
    skills: tuple[str, ...] = ()
    is_active: bool = True
    link: int = 1


class Learned(msgspec.Struct, frozen=True):
    """What a sheet's own parcels took, by lane (`DE>FR`), where enough of them have arrived."""

    sheet_id: str
    lanes: dict[str, Transit] = {}


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
    volume_cm3: int | None = None
    counted_from: int = 0
    """When the days on the way begin: with the order, or with the day on which the goods leave."""


class Booking(msgspec.Struct, frozen=True):
    """A parcel to be sent; `ref` is the seller order, `carrier` `sandbox`, `own` or a carrier's name."""

    ref: str
    organisation: str
    carrier: str
    tracking_no: str | None
    quote_id: str | None
    address: Address
    weight_g: int | None = None
    """What it weighs; None: what the quote was made for, divided by its parcels."""
    needs: tuple[str, ...] = ()
    """What a van must be able to do to bring it, such as `cold`."""


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
    pickup_point_id: str | None = None
    attempts: int = 0
    """How often the carrier stood before a closed door."""


class Scan(msgspec.Struct, frozen=True):
    """What a carrier saw: `at` is when it happened, `source_id` the carrier's own number of this scan.

    `corrects` names a scan that was wrong, and in whose place this one stands. `note` says why, such as why nobody took
    the parcel.
    """

    parcel_id: str
    code: ScanCode
    at: int
    place: str
    source_id: str
    corrects: str | None = None
    note: str = ""


class Tracking(msgspec.Struct, frozen=True):
    """A parcel and its scans, in the order in which they happened."""

    parcel: Parcel
    scans: tuple[Scan, ...]
