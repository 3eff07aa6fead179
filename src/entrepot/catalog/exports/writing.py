"""What every writer of a feed needs: where this market is found, rows as bytes, money as figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

import msgspec

from entrepot.kernel import decimals_of, guarded

from ..drafts import PictureDraft, ProductDraft, picture_url
from .drafts import Exported

FLUSH_CHARACTERS: Final = 64 * 1024
PICTURE_WIDTH: Final = 1280


class Site(msgspec.Struct, frozen=True):
    """Where this market is found, such as https://shop.example; and where its stored pictures are, by their sha256."""

    url: str
    picture: Callable[[str], str] | None = None

    def product(self, slug: str, variant_id: str | None = None) -> str:
        """A product's page, with one of its variants chosen."""
        return f"{self.url}/p/{slug}" + (f"?variant={variant_id}" if variant_id else "")

    def picture_url(self, source: str) -> str:
        """A picture's address: its own where it lies elsewhere, ours where it is stored here."""
        if "://" in source:
            return source
        return self.picture(source) if self.picture is not None else f"{self.url}/m/{source}/{PICTURE_WIDTH}.webp"

    def placed(self, draft: ProductDraft) -> ProductDraft:
        """A draft whose pictures have addresses."""
        pictures = tuple(self._placed(each) for each in draft.pictures)
        variants = tuple(
            msgspec.structs.replace(variant, picture=self.picture_url(variant.picture)) if variant.picture else variant
            for variant in draft.variants
        )
        return msgspec.structs.replace(draft, pictures=pictures, variants=variants)

    def _placed(self, picture: str | PictureDraft) -> str | PictureDraft:
        url = self.picture_url(picture_url(picture))
        return url if isinstance(picture, str) else msgspec.structs.replace(picture, url=url)


Source = Callable[[], Iterable[Exported]]
"""The listings to write. A format whose header depends on all of them asks twice."""


class Writer(Protocol):
    """A format to write. `suffix` ends a file's name."""

    @property
    def format(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    @property
    def media_type(self) -> str: ...

    def write(self, exports: Source, site: Site) -> Iterator[bytes]:
        """The whole file, a block at a time."""
        ...


class Rows:
    """Rows of a sheet as bytes. For people's programs `guard` keeps every text from being computed."""

    def __init__(self, delimiter: str = ",", *, guard: bool = True, mark: bool = False) -> None:
        self._text = io.StringIO()
        if mark:
            self._text.write("\ufeff")
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\n")
        self._guard = guard

    def add(self, cells: Iterable[str]) -> Iterator[bytes]:
        """A row, and whatever is ready to be sent."""
        self._writer.writerow([guarded(cell) for cell in cells] if self._guard else list(cells))
        if self._text.tell() >= FLUSH_CHARACTERS:
            yield from self.rest()

    def rest(self) -> Iterator[bytes]:
        """What is left."""
        if content := self._text.getvalue():
            yield content.encode("utf-8", "replace")
        self._text.seek(0)
        self._text.truncate()


def in_blocks(parts: Iterable[str]) -> Iterator[bytes]:
    """Texts as bytes, in blocks worth sending."""
    kept: list[str] = []
    size = 0
    for part in parts:
        kept.append(part)
        size += len(part)
        if size >= FLUSH_CHARACTERS:
            yield "".join(kept).encode("utf-8", "replace")
            kept, size = [], 0
    if kept:
        yield "".join(kept).encode("utf-8", "replace")


def is_shown(draft: ProductDraft) -> bool:
    """Whether a feed without a place for its time may show it: what is scheduled would come back on sale too early."""
    return draft.published and draft.publish_at is None


def figure(amount_minor: int, currency: str) -> str:
    """An amount with a point for its decimals: 1250 USD is 12.50."""
    decimals = decimals_of(currency)
    if not decimals:
        return str(amount_minor)
    whole, rest = divmod(amount_minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}"
