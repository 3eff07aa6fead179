"""The port of imports: a reader turns a feed into drafts, one after another, and says what it could not read.

A reader never holds more than one product and never stops at a bad row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from entrepot.kernel import Invalid

from ..drafts import ProductDraft
from .mappings import Mapping as ColumnMapping

LINE_BYTES_MAX: Final = 4 * 2**20
VALUE_LENGTH_MAX: Final = 500


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, and where: the line of the feed, the field by the feed's own name, a sentence, the raw value."""

    line: int
    field: str
    reason: str
    value: str


Columns = Mapping[str, str]
_OF_VARIANT: Final = re.compile(r"^variants\[(\d+)\]\.?(.*)$")


def located(
    field: str, reason: str, value: str, line: int, variant_lines: Sequence[int] = (), columns: Columns | None = None
) -> Problem:
    """A problem with one of our fields, at the line where the feed says it and by the feed's own name."""
    found = _OF_VARIANT.match(field)
    rest = found[2] if found else field
    if found and int(found[1]) < len(variant_lines):
        line = variant_lines[int(found[1])]
    if columns:
        whole = re.split(r"[.\[]", rest, maxsplit=1)[0]
        own = (f"variant.{rest}", f"variant.{whole}") if found else ()
        field = next((columns[name] for name in (*own, rest, whole) if name in columns), rest or "row")
    return Problem(line, field, reason, value[:VALUE_LENGTH_MAX])


class Good(msgspec.Struct, frozen=True):
    """A product that could be read; `notes` are about parts that were left out, `size` is about its length in bytes.

    `lines` are those of all its rows, where it has several; `variant_lines` that of each variant; `columns` what the
    feed calls our fields, with `variant.` before those of a variant. `is_bounded`: the reader has held the draft to the
    bounds of its types.
    """

    line: int
    draft: ProductDraft
    notes: tuple[Problem, ...] = ()
    size: int = 0
    lines: tuple[int, ...] = ()
    variant_lines: tuple[int, ...] = ()
    columns: Columns = {}
    is_bounded: bool = False

    def problem(self, field: str, reason: str, value: str = "") -> Problem:
        """What is wrong with one of our fields, such as `variants[2].gtin`, in the feed's own line and words."""
        return located(field, reason, value, self.line, self.variant_lines, self.columns)


class Bad(msgspec.Struct, frozen=True):
    """A product that could not be read. `external_id` is its merchant's name for it, as far as that could be read."""

    problems: tuple[Problem, ...]
    lines: tuple[int, ...] = ()
    external_id: str = ""


class Feed(msgspec.Struct, frozen=True):
    """Where a feed lies: a file or a folder. `name` is its owner's; `currency` is meant where the feed names none.

    `is_local` says that files beside it, in `folder`, may be read: it was named on the command line, or came in one
    archive with them. `mapping` says what the columns of a foreign sheet mean.
    """

    path: Path
    name: str
    currency: str
    is_local: bool
    folder: Path | None = None
    mapping: ColumnMapping | None = None


class Source(Protocol):
    """An opened feed."""

    @property
    def total(self) -> int:
        """How much there is to read, in a measure of the format's own."""
        ...

    @property
    def done(self) -> int:
        """How much of it is read."""
        ...

    def rows(self) -> Iterator[Good | Bad]:
        """Every product in the feed's order; the same feed always gives the same."""
        ...

    def picture(self, reference: str) -> bytes:
        """The file that a draft's picture names. Invalid, with a sentence, when it cannot be had."""
        ...

    def close(self) -> None:
        """Let go of the feed."""
        ...


class Reader(Protocol):
    """A format."""

    @property
    def format(self) -> str:
        """Its name on the command line."""
        ...

    def recognises(self, feed: Feed) -> bool:
        """Whether a feed looks like this format, by its beginning and its name."""
        ...

    def open(self, feed: Feed) -> Source:
        """Begin to read. Invalid, with a sentence, when the feed as a whole cannot be read."""
        ...


class Line(msgspec.Struct, frozen=True):
    """A line of a file; `content` is None for one that is too long to be kept."""

    number: int
    content: bytes | None


def read_lines(file: BinaryIO) -> Iterator[Line]:
    """The lines of a file without their ends, never more than 4 MiB at once. A byte order mark is left out."""
    number = 0
    while piece := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if number == 1:
            piece = piece.removeprefix(b"\xef\xbb\xbf")
        is_whole = len(piece) <= LINE_BYTES_MAX or piece.endswith(b"\n")
        while not is_whole:
            rest = file.readline(LINE_BYTES_MAX)
            is_whole = not rest or rest.endswith(b"\n")
            piece = b""
        yield Line(number, piece.rstrip(b"\r\n") if piece else None)


def too_long(line: int) -> Problem:
    """The problem of a line that is not kept."""
    return Problem(line, "row", f"This line has more than {LINE_BYTES_MAX // 2**20} MiB: split it", "")


def first_bytes(feed: Feed, most: int = 65_536) -> bytes:
    """The beginning of a file, without a byte order mark; nothing for a folder."""
    if not feed.path.is_file():
        return b""
    with feed.path.open("rb") as file:
        return file.read(most).removeprefix(b"\xef\xbb\xbf")


class FileSource:
    """What sources of one file have in common: how far they are, and pictures beside the file."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        try:
            self.file: BinaryIO = feed.path.open("rb")
        except OSError as error:
            raise Invalid(f"{feed.name} cannot be read: {error.strerror}") from error
        self.total = feed.path.stat().st_size

    @property
    def done(self) -> int:
        """Bytes that are read."""
        return min(self.file.tell(), self.total)

    def picture(self, reference: str) -> bytes:
        """A file in the feed's folder, or below it; of an upload none."""
        return read_beside(self.feed, reference)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def read_beside(feed: Feed, reference: str, bytes_max: int = 25 * 2**20) -> bytes:
    """A file beside a feed that was named on the command line. Invalid for anything outside the feed's folder."""
    if not feed.is_local:
        raise Invalid("Only web addresses work in an uploaded feed: write the picture's https address")
    folder = (feed.folder or (feed.path if feed.path.is_dir() else feed.path.parent)).resolve()
    try:
        path = (folder / reference).resolve()
        if not path.is_relative_to(folder):
            raise Invalid("A picture must lie in the folder of the feed, or below it")
        if not path.is_file():
            raise Invalid("There is no such file beside the feed")
        if path.stat().st_size > bytes_max:
            raise Invalid(f"The picture has more than {bytes_max // 2**20} MiB: save it smaller")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise Invalid("The picture's file cannot be read") from error
