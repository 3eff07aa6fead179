"""The formats we read, and how a feed's own is recognised."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from entrepot.kernel import Blobs, Invalid

from .feeds import FeedRef
from .google_tsv import GoogleTsvReader
from .google_xml import GoogleXmlReader
from .guessing import guess_mapping
from .jsonl import JsonlReader
from .jsonld import JsonLdReader
from .layouts import LAYOUTS, LayoutReader
from .magento import MagentoReader
from .mappings import MAPPED
from .mappings import Mapping as ColumnMapping
from .opening import opened, sheets_in
from .parquet import EXTRA, is_parquet
from .reading import Feed, Reader, first_bytes
from .shopify import ShopifyReader
from .table import TableReader
from .table_records import sample_rows

_READERS: Final[tuple[Reader, ...]] = (
    JsonlReader(),
    ShopifyReader(),
    GoogleXmlReader(),
    GoogleTsvReader(),
    JsonLdReader(),
    MagentoReader(),
    *(LayoutReader(layout) for layout in LAYOUTS),
    TableReader(),  # takes any sheet, so it is asked last
)
READERS: Final[Mapping[str, Reader]] = {reader.format: reader for reader in _READERS}
FORMATS: Final = tuple(READERS)
_ALIASES: Final = {
    "magento": "magento-luma", "magento_luma": "magento-luma", "google": "google-xml", "json-ld": "schema-org",
    "jsonld": "schema-org", "schema.org": "schema-org", "csv": MAPPED, "icecat": "icecat-chorus",
    "bestbuy": "bestbuy-open",
}  # fmt: skip
AUTO: Final = "auto"
FILES_MAX: Final = 200_000


def local_feed(path: Path, format: str = AUTO) -> FeedRef:
    """A file or folder named on the command line. Invalid when it is not there or its format is not recognised."""
    path = path.absolute()
    if not path.is_file() and not path.is_dir():
        raise Invalid(f"There is no file or folder {path}: check its path")
    feed = Feed(path, path.name, "USD", is_local=True)
    found, header = _recognise(feed, format)
    return FeedRef(path.name, found, "local", str(path), fingerprint(path), header)


def feeds_in(blobs: Blobs) -> Blobs:
    """Where uploaded feeds lie: apart from pictures, because they are deleted after a while."""
    return blobs.below("feeds")


def uploaded_feed(blobs: Blobs, sha256: str, name: str, format: str = AUTO) -> FeedRef:
    """A file that was uploaded and lies among the feeds of the blobs. Invalid when its format is not recognised."""
    path = feeds_in(blobs).path(sha256)
    found, header = _recognise(Feed(path, name, "USD", is_local=False), format)
    return FeedRef(name, found, "upload", sha256, sha256, header, path.stat().st_size)


class ColumnSample:
    """What a foreign sheet looks like: its first rows, and what its columns probably mean."""

    def __init__(self, header: tuple[str, ...], rows: list[dict[str, str]]) -> None:
        self.header = header
        self.rows = rows
        self.guess: ColumnMapping = guess_mapping(header, rows)


def sample_columns(path: Path, name: str) -> ColumnSample:
    """The beginning of a sheet that is none of our formats. Invalid when it names no columns."""
    with opened(Feed(path, name, "USD", is_local=False)) as feed:
        return ColumnSample(*sample_rows(feed))


def resolve_format(feed: Feed, format: str) -> str:
    """The format by its name, or by the feed's beginning. Invalid, naming the formats, when it is none."""
    if format != AUTO:
        found = _ALIASES.get(format, format)
        if found not in READERS:
            raise Invalid(f"{format!r} is no format we read: there are {', '.join(FORMATS)}")
        return "google-tsv" if format == "google" and not READERS["google-xml"].recognises(feed) else found
    if feed.path.is_file() and not first_bytes(feed).strip():
        raise Invalid(f"{feed.name} is empty: there is nothing to import")
    for reader in READERS.values():
        if reader.format == MAPPED and (what := _foreign(feed)):
            raise Invalid(f"{feed.name} is {what}")
        if reader.recognises(feed):
            return reader.format
    if any(map(is_parquet, feed.path.glob("*.parquet") if feed.path.is_dir() else [feed.path])) and not _has_parquet():
        raise Invalid(EXTRA)
    if feed.path.is_dir() and len(sheets := sheets_in(feed.path)) > 1:
        shown = ", ".join(path.name[:50] for path in sheets[:3])
        raise Invalid(f"{feed.name} holds {len(sheets):,} files that may be the feed ({shown}): send them one by one")
    raise Invalid(
        f"The format of {feed.name} is not recognised: export the goods as CSV with a header, Google Merchant XML or "
        f"JSON Lines, or name the format, one of {', '.join(FORMATS)}"
    )


_UNPACK: Final = "unpack it, and send the file itself, or that file in a .gz or .zip"
_KINDS: Final = {
    b"\x1f\x8b": f"packed twice: {_UNPACK}", b"PK\x03\x04": f"an archive within another: {_UNPACK}",
    b"BZh": f"packed by bzip2: {_UNPACK}", b"\x28\xb5\x2f\xfd": f"packed by zstd: {_UNPACK}",
    b"\xfd7zXZ": f"packed by xz: {_UNPACK}", b"7z\xbc\xaf": f"packed by 7-Zip: {_UNPACK}",
    b"Rar!": f"packed by RAR: {_UNPACK}", b"\xd0\xcf\x11\xe0": "a workbook: save its sheet as CSV (UTF-8)",
    b"%PDF": "a PDF: export the goods as CSV, XML or JSON Lines", b"\x89PNG": "a picture and no feed",
    b"\xff\xd8\xff": "a picture and no feed", b"[": "one list in JSON: write an object a line (JSON Lines)",
}  # fmt: skip


_ONE_OBJECT: Final = re.compile(
    rb'\{\s*"(?:products|items|goods|offers|data|results|rows)"\s*:\s*\[\s*\{', re.IGNORECASE
)
"""As shops answer programs: {"products": [{"""


def _foreign(feed: Feed) -> str:
    """What a file is that is no sheet, and what to do; empty for what may be one."""
    begin = first_bytes(feed).lstrip()
    if _ONE_OBJECT.match(begin):
        return "one object in JSON with a list in it: write an object a line (JSON Lines)"
    return next((what for mark, what in _KINDS.items() if begin.startswith(mark)), "")


def fingerprint(path: Path) -> str:
    """What changes when a file or folder does: names, sizes, times and the first bytes."""
    digest = hashlib.sha256()
    for each in sorted(_files(path)) if path.is_dir() else [path]:
        status = each.stat()
        digest.update(f"{each.relative_to(path)}\x00{status.st_size}\x00{status.st_mtime_ns}\x00".encode())
    if path.is_file():
        with path.open("rb") as file:
            digest.update(file.read(65_536))
    return digest.hexdigest()


def _recognise(feed: Feed, format: str) -> tuple[str, tuple[str, ...]]:
    """The format, and for a foreign sheet its columns."""
    with opened(feed) as plain:
        found = resolve_format(plain, format)
        return found, sample_rows(plain)[0] if found == MAPPED else ()


def _files(folder: Path) -> Iterator[Path]:
    return islice((each for each in folder.rglob("*") if each.is_file()), FILES_MAX)


def _has_parquet() -> bool:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True
