"""Deliver: where goods leave from, what the way costs, and where each parcel is."""

from .events import ParcelDelivered, ParcelHandedOver
from .locations import add_location, list_locations, locations_of
from .parcels import book, get_parcel, list_parcels, list_tracking, record_scan
from .proofs import PROOFS
from .quotes import Undeliverable, estimate, quote, take_quotes
from .rates import delete_rate_sheet, list_rate_sheets, save_rate_sheet
from .sandbox import tasks
from .tracking import Whereabouts, fold
from .types import (
    PLATFORM,
    SANDBOX,
    Booking,
    Estimate,
    Item,
    Location,
    Parcel,
    ParcelState,
    Quote,
    QuoteRequest,
    RateSheet,
    RateSheetDraft,
    Scan,
    ScanCode,
    Settings,
    Tracking,
    Want,
)

__all__ = [
    "PLATFORM",
    "PROOFS",
    "SANDBOX",
    "Booking",
    "Estimate",
    "Item",
    "Location",
    "Parcel",
    "ParcelDelivered",
    "ParcelHandedOver",
    "ParcelState",
    "Quote",
    "QuoteRequest",
    "RateSheet",
    "RateSheetDraft",
    "Scan",
    "ScanCode",
    "Settings",
    "Tracking",
    "Undeliverable",
    "Want",
    "Whereabouts",
    "add_location",
    "book",
    "delete_rate_sheet",
    "estimate",
    "fold",
    "get_parcel",
    "list_locations",
    "list_parcels",
    "list_rate_sheets",
    "list_tracking",
    "locations_of",
    "quote",
    "record_scan",
    "save_rate_sheet",
    "take_quotes",
    "tasks",
]
