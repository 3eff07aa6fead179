"""The formats we read, and how a feed's own is recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from entrepot.kernel import Blobs, Invalid

from .feeds import FeedRef
from .jsonl import JsonlReader
from .magento import MagentoReader
from .reading import Feed, Reader, first_bytes
from .shopify import ShopifyReader

READERS: Final[Mapping[str, Reader]] = {
    reader.format: reader for reader in (JsonlReader(), ShopifyReader(), MagentoReader())
}
FORMATS: Final = tuple(READERS)
_ALIASES: Final = {"magento": "magento-luma", "magento_luma": "magento-luma"}
AUTO: Final = "auto"


def local_feed(path: Path, format: str = AUTO) -> FeedRef:
    """A file or folder named on the command line. Invalid when it is not there or its format is not recognised."""
    path = path.absolute()
    if not path.exists():
        raise Invalid(f"There is no file or folder {path}: check its path")
    feed = Feed(path, path.name, "USD", is_local=True)
    return FeedRef(path.name, resolve_format(feed, format), "local", str(path), fingerprint(path))


def uploaded_feed(blobs: Blobs, sha256: str, name: str, format: str = AUTO) -> FeedRef:
    """A file that was uploaded and lies in the blobs. Invalid when its format is not recognised."""
    feed = Feed(blobs.path(sha256), name, "USD", is_local=False)
    return FeedRef(name, resolve_format(feed, format), "upload", sha256, sha256)


def resolve_format(feed: Feed, format: str) -> str:
    """The format by its name, or by the feed's beginning. Invalid, naming the formats, when it is none."""
    if format != AUTO:
        found = _ALIASES.get(format, format)
        if found not in READERS:
            raise Invalid(f"{format!r} is no format we read: there are {', '.join(FORMATS)}")
        return found
    begin = first_bytes(feed)
    if feed.path.is_file() and not begin.strip():
        raise Invalid(f"{feed.name} is empty: there is nothing to import")
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid(f"{feed.name} is UTF-16: save it as CSV (UTF-8) and import that")
    for reader in READERS.values():
        if reader.recognises(feed):
            return reader.format
    raise Invalid(f"The format of {feed.name} is not recognised: name it with --format, one of {', '.join(FORMATS)}")


def fingerprint(path: Path) -> str:
    """What changes when a file or folder does: names, sizes, times and the first bytes."""
    digest = hashlib.sha256()
    for each in sorted(path.iterdir()) if path.is_dir() else [path]:
        status = each.stat()
        digest.update(f"{each.name}\x00{status.st_size}\x00{status.st_mtime_ns}\x00".encode())
    if path.is_file():
        with path.open("rb") as file:
            digest.update(file.read(65_536))
    return digest.hexdigest()
