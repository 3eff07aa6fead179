"""The formats we write, and a merchant's whole feed in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

import msgspec

from entrepot.identity import Scope
from entrepot.kernel import Invalid, Snapshot

from ..merchants import require_merchant
from .drafts import Exported, ExportPage, export_page
from .google import GoogleTsvWriter, GoogleXmlWriter
from .jsonl import JsonlWriter
from .shopify import ShopifyWriter
from .writing import Site, Writer

T = TypeVar("T")

_WRITERS: Final[tuple[Writer, ...]] = (JsonlWriter(), ShopifyWriter(), GoogleXmlWriter(), GoogleTsvWriter())
WRITERS: Final[Mapping[str, Writer]] = {writer.format: writer for writer in _WRITERS}
EXPORT_FORMATS: Final = tuple(WRITERS)
Read = Callable[[Callable[[Snapshot], T]], T]


def find_writer(format: str) -> Writer:
    """The writer of a format. Invalid, naming those that there are, for another."""
    if format not in WRITERS:
        raise Invalid(f"{format[:50]!r} is no format we write: there are {', '.join(EXPORT_FORMATS)}")
    return WRITERS[format]


def export_feed(
    read: Read[ExportPage],
    scope: Scope,
    merchant_id: str,
    format: str,
    site: Site,
    progress: Callable[[int], None] | None = None,
) -> Iterator[bytes]:
    """Everything that a merchant lists, drafts and hidden goods too, in blocks. `read` runs a query.

    NotFound for a merchant that the caller does not act for; Invalid for a format that we do not write.
    """
    require_merchant(scope, merchant_id)
    return find_writer(format).write(lambda: _listings(read, merchant_id, progress), site)


def export_public_feed(read: Read[ExportPage], merchant_id: str, format: str, site: Site) -> Iterator[bytes]:
    """What buyers see of a merchant, for engines that compare prices. It says what is there, not how many."""
    if format not in PUBLIC_FORMATS:
        raise Invalid(f"There are these feeds: {', '.join(PUBLIC_FORMATS)}")
    return find_writer(format).write(
        lambda: (_uncounted(each) for each in _listings(read, merchant_id, None) if each.visible), site
    )


def _uncounted(each: Exported) -> Exported:
    """The listing without how many there are."""
    variants = tuple(msgspec.structs.replace(variant, quantity=None, stock={}) for variant in each.draft.variants)
    return msgspec.structs.replace(each, draft=msgspec.structs.replace(each.draft, variants=variants))


PUBLIC_FORMATS: Final = (GoogleXmlWriter.format, GoogleTsvWriter.format)


def _listings(read: Read[ExportPage], merchant_id: str, progress: Callable[[int], None] | None) -> Iterator[Exported]:
    after, count = "", 0
    while (page := read(_page(merchant_id, after))).after:
        yield from page.listings
        after, count = page.after, count + len(page.listings)
        if progress is not None:
            progress(count)


def _page(merchant_id: str, after: str) -> Callable[[Snapshot], ExportPage]:
    return lambda snapshot: export_page(snapshot, merchant_id, after)
