"""What reconciliation speaks of: files, how their lines fared, and breaks that wait for somebody."""

from __future__ import annotations

from typing import Literal

import msgspec

from .formats import FileFormat

LineState = Literal["matched", "timing", "differs", "missing_here", "fee", "transfer"]
BreakKind = Literal["missing_here", "missing_there", "differs", "fee", "transfer"]
Resolution = Literal["fee", "transfer", "difference", "explained", "matched"]
"""`fee`, `transfer` and `difference` post the amount; `explained` posts nothing; `matched`: a later line settled it."""
BOOKED: tuple[Resolution, ...] = ("fee", "transfer", "difference")


class Upload(msgspec.Struct, frozen=True):
    """A file that the operator brings: whose it is, its format and its name."""

    processor: str
    format: FileFormat
    name: str


class File(msgspec.Struct, frozen=True):
    """A file as it was read. `lines` could be read, `skipped` could not; `first_at` to `last_at` is its time."""

    id: str
    processor: str
    format: FileFormat
    name: str
    sha256: str
    state: Literal["reading", "done"]
    lines: int
    skipped: int
    first_at: int | None
    last_at: int | None
    imported_at: int
    imported_by: str
    problem: str | None


class Line(msgspec.Struct, frozen=True):
    """A line of a file, and what it was matched with."""

    id: str
    file_id: str
    number: int
    processor: str
    kind: str
    ref: str
    key: str
    at: int
    currency: str
    amount_minor: int
    fee_minor: int
    note: str
    state: LineState
    subject: str | None


class Break(msgspec.Struct, frozen=True):
    """Where a file and the ledger do not agree. `theirs_minor` and `ours_minor` are seen from our side: above zero
    came to us.

    `difference_minor` is what the file has beyond the ledger.
    """

    id: str
    processor: str
    kind: BreakKind
    line_id: str | None
    subject: str | None
    currency: str
    theirs_minor: int | None
    ours_minor: int | None
    opened_at: int
    owner: str | None
    resolved_at: int | None
    resolved_by: str | None
    resolution: Resolution | None
    note: str | None

    @property
    def difference_minor(self) -> int:
        """What the file has beyond the ledger."""
        return (self.theirs_minor or 0) - (self.ours_minor or 0)


class FileSummary(msgspec.Struct, frozen=True):
    """How many lines of a file fared how, and what they come to, by state and currency."""

    state: str
    currency: str
    lines: int
    amount_minor: int
    fee_minor: int
