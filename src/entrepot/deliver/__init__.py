"""Deliver: where goods leave from, what the way costs, and where each parcel is."""

from .events import ParcelDelivered, ParcelHandedOver
from .types import (
    Booking,
    Location,
    Parcel,
    Quote,
    QuoteRequest,
    RateSheet,
    RateSheetDraft,
    Scan,
    Settings,
    Tracking,
)

__all__ = [
    "Booking",
    "Location",
    "Parcel",
    "ParcelDelivered",
    "ParcelHandedOver",
    "Quote",
    "QuoteRequest",
    "RateSheet",
    "RateSheetDraft",
    "Scan",
    "Settings",
    "Tracking",
]
