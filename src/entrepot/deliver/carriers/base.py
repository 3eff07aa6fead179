"""The port: what a carrier's adapter does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

import msgspec

from entrepot.kernel import NotFound, NotSignedIn

from ..types import ScanCode


class NotSigned(NotSignedIn):
    """What came is not signed as this carrier signs."""


class CarrierScan(msgspec.Struct, frozen=True):
    """What a carrier tells of a parcel, by its tracking number.

    `source_id` is the carrier's own number of this scan: the same one may come again and counts once. `corrects` names
    an earlier scan that was wrong, in whose place this one stands. `at` is in microseconds UTC.
    """

    tracking_no: str
    code: ScanCode
    at: int
    source_id: str
    place: str = ""
    corrects: str | None = None
    note: str = ""


class Carrier(Protocol):
    """A carrier. An adapter touches no database: it reads what its carrier says, and names numbers and pages."""

    @property
    def name(self) -> str:
        """Its code, kept with every parcel: lower case, such as `post`."""

    @property
    def title(self) -> str:
        """What people call it."""

    def tracking_no(self, parcel_id: str) -> str | None:
        """The number of a new parcel, the same whenever it is asked; None when the sender writes it."""

    def tracking_url(self, tracking_no: str) -> str | None:
        """The carrier's own page about a parcel; None when it has none."""

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[CarrierScan, ...]:
        """The scans that a webhook tells, its signature checked. `headers` are in lower case.

        `NotSigned` for a wrong, old or missing signature; Invalid for what is signed and cannot be read.
        """


class TrackingOnly(msgspec.Struct, frozen=True):
    """A carrier of which nothing is known but the number: its scans are told by the merchant or the operator.

    `url` is its tracking page with `{tracking_no}` where the number goes.
    """

    name: str
    title: str
    url: str = ""

    def tracking_no(self, parcel_id: str) -> str | None:
        """The sender writes it."""
        return None

    def tracking_url(self, tracking_no: str) -> str | None:
        """Its page, with the number made safe for an address."""
        return self.url.replace("{tracking_no}", quote(tracking_no, safe="")) or None

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[CarrierScan, ...]:
        """It sends none."""
        raise NotFound("This carrier sends no webhooks")
