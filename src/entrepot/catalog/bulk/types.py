"""What an edit of many listings says: which ones, and what to do to them. Amounts are in minor units of `currency`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ..types import PRICE_MINOR_MAX, QUANTITY_MAX, ListingStatus

LISTINGS_MAX = 1_000
"""How many listings may be named one by one; more are selected by what they are."""
PERCENT_BPS_MAX = 100_000

How = Literal["set", "raise", "lower"]
Field = Literal["price", "stock", "low_stock_at", "status", "category", "tags"]
EditState = Literal["waiting", "running", "done", "failed"]

AmountMinor = Annotated[int, Meta(ge=0, le=PRICE_MINOR_MAX)]
Bps = Annotated[int, Meta(ge=0, le=PERCENT_BPS_MAX)]
Text = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=200)]


class Selection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which of a merchant's listings: those named, else all that fit.

    `q` is a part of the title or the start of the external id, `category` a path of slugs with all below it, `status`
    one of a listing's (left out: all but the delisted), `low_stock` those with an offer that has run low.
    """

    listing_ids: Annotated[tuple[str, ...], Meta(max_length=LISTINGS_MAX)] = ()
    q: Text = ""
    status: ListingStatus | None = None
    category: Text = ""
    tag: Text = ""
    brand: Text = ""
    price_from_minor: AmountMinor | None = None
    price_to_minor: AmountMinor | None = None
    low_stock: bool = False


class PriceChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The regular price: set to an amount, or raised or lowered by an amount or hundredths of a percent.

    The result is the nearest price that ends on `ending_minor` in steps of `step_minor`: 100 and 99 make 19.99.
    """

    how: How
    amount_minor: AmountMinor | None = None
    percent_bps: Bps | None = None
    step_minor: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    ending_minor: Annotated[int, Meta(ge=0, le=999_999)] = 0


class SaleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A sale: at a price, or by hundredths of a percent below the regular one; or none any more (`end`). RFC 3339."""

    price_minor: AmountMinor | None = None
    percent_bps: Bps | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    step_minor: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    ending_minor: Annotated[int, Meta(ge=0, le=999_999)] = 0
    end: bool = False


class StockChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What lies at a place, those held for orders included: set, or raised or lowered by so many."""

    location_id: str
    how: How
    quantity: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]


class StatusChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Publish, schedule (`publish_at`, RFC 3339), hide or delist."""

    status: Literal["published", "scheduled", "hidden", "delisted"]
    publish_at: str | None = None


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is done to every listing that is selected; what is left out stays. `low_stock_at` of -1 takes it away."""

    price: PriceChange | None = None
    sale: SaleChange | None = None
    stock: StockChange | None = None
    low_stock_at: Annotated[int, Meta(ge=-1, le=QUANTITY_MAX)] | None = None
    status: StatusChange | None = None
    category: Text | None = None
    add_tags: Annotated[tuple[Annotated[Text, Meta(min_length=1)], ...], Meta(max_length=20)] = ()
    remove_tags: Annotated[tuple[Annotated[Text, Meta(min_length=1)], ...], Meta(max_length=20)] = ()


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is selected, and what is done to it. Amounts mean `currency`; offers in another are left as they are."""

    selection: Selection
    change: Change
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class Line(msgspec.Struct, frozen=True):
    """What is done to a field of a listing or of one of its offers, or why it is not."""

    listing_id: str
    offer_id: str | None
    field: Field
    before: object
    after: object
    reason: str | None = None


class BulkPreview(msgspec.Struct, frozen=True):
    """What an edit would do: how many listings it meets, how many values change, stay and are refused, and the first of
    the lines. `complete` is false where only the first listings were looked at."""

    listings: int
    changed: int
    unchanged: int
    refused: int
    lines: tuple[NamedLine, ...]
    complete: bool


class NamedLine(msgspec.Struct, frozen=True):
    """A line with the listing's title and the offer's own id, for reading."""

    listing_id: str
    title: str
    external_id: str
    field: Field
    before: str
    after: str
    reason: str | None


class BulkEdit(msgspec.Struct, frozen=True):
    """An edit and how far it is. `undoes` names the one that it takes back, `undone_by` the one that took it back."""

    id: str
    merchant_id: str
    state: EditState
    total: int
    done: int
    changed: int
    unchanged: int
    refused: int
    undoes: str | None
    undone_by: str | None
    failure: str | None
    started_at: int
    finished_at: int | None
