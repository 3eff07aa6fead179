"""What machines read of the goods: the map of the market for search engines, and a feed per merchant.

A feed is made at most every quarter of an hour and kept as a file, whoever asks for it how often; its ETag says
whether it is another than last time. The map is remembered for an hour.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from entrepot import catalog, kernel
from entrepot.kernel import HOUR, MINUTE, NotFound

from .params import Slug
from .visit import Visit

FRESH_FOR: Final = 15 * MINUTE
MAP_FRESH_FOR: Final = HOUR
KEPT_MAX: Final = 2_000
XML: Final = "application/xml"
_BLOCK: Final = 64 * 1024


class Made(msgspec.Struct, frozen=True):
    """A file that was made: when, and what tells it from another."""

    at: int
    etag: str


class Feeds:
    """The files that were made in this process, by their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Made] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.map: tuple[int, str] | None = None

    def path(self, name: str) -> Path:
        """Where a file lies."""
        return self._folder / name

    async def fresh(self, visit: Visit, name: str, blocks: Any) -> Made:
        """The file of this name, made now if there is none or it is old; asked twice at once it is made once."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            made = self._made.get(name)
            if made is None or visit.now - made.at > FRESH_FOR or not self.path(name).exists():
                now = visit.now
                etag = await visit.on_thread(lambda: _write(self.path(name), blocks()))
                made = Made(now, etag)
                self._made[name] = made
                while len(self._made) > KEPT_MAX:
                    old = next(iter(self._made))
                    del self._made[old]
                    self._locks.pop(old, None)
            return made


def _write(path: Path, blocks: Iterator[bytes]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            for block in blocks:
                digest.update(block)
                file.write(block)
            file.flush()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    return f'"{digest.hexdigest()[:32]}"'


def feeds_of(request: Request[Any, Any, Any]) -> Feeds:
    """This application's files."""
    state = request.app.state
    if not hasattr(state, "feeds"):
        state.feeds = Feeds(state.house.entrepot.home / "feeds")
    found: Feeds = state.feeds
    return found


@get("/feeds/{merchant:str}/{file_name:str}", include_in_schema=False)
async def merchant_feed(visit: Visit, merchant: Slug, file_name: Slug) -> Response[Any]:
    """What buyers see of an approved merchant, for engines that compare prices."""
    format, suffix = os.path.splitext(file_name)
    if format not in catalog.PUBLIC_FORMATS or catalog.find_writer(format).suffix != suffix:
        raise NotFound("There is nothing at this address")
    seller = await visit.read(lambda s: catalog.get_merchant(s, merchant))
    if seller.status != "approved":
        raise NotFound("There is nothing at this address")
    site = catalog.Site(visit.entrepot.settings.public_url)
    read = visit.entrepot.database.read_now
    feeds, name = feeds_of(visit.request), f"{seller.id}{suffix}"
    made = await feeds.fresh(visit, name, lambda: catalog.export_public_feed(read, seller.id, format, site))
    headers = {"ETag": made.etag, "Cache-Control": f"public, max-age={FRESH_FOR // 1_000_000}"}
    media_type = catalog.find_writer(format).media_type
    if visit.request.headers.get("if-none-match") == made.etag:
        return Response(b"", status_code=304, media_type=media_type, headers=headers)
    return Stream(_blocks(feeds.path(name)), media_type=media_type, headers=headers)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


@get("/sitemap.xml", include_in_schema=False)
async def sitemap(visit: Visit) -> Response[str]:
    """The index of the map."""
    feeds = feeds_of(visit.request)
    if feeds.map is None or visit.now - feeds.map[0] > MAP_FRESH_FOR:
        parts = await visit.read(catalog.list_sitemap_parts)
        feeds.map = (visit.now, catalog.write_sitemap_index(parts, visit.entrepot.settings.public_url))
    return Response(feeds.map[1], media_type=XML, headers={"Cache-Control": "public, max-age=3600"})


@get("/sitemaps/{part:str}", include_in_schema=False, opt={"rate": "search"})
async def sitemap_part(visit: Visit, part: Slug) -> Response[str]:
    """One part of it."""
    after, suffix = os.path.splitext(part)
    if suffix != ".xml" or not (after == "first" or kernel.is_id(after, "prd")):
        raise NotFound("There is nothing at this address")
    begin = "" if after == "first" else after
    addresses = await visit.read(lambda s: catalog.list_sitemap_addresses(s, begin))
    site = visit.entrepot.settings.public_url
    text = await visit.on_thread(lambda: "".join(catalog.write_sitemap_part(addresses, site)))
    return Response(text, media_type=XML, headers={"Cache-Control": "public, max-age=3600"})


ROUTES: tuple[ControllerRouterHandler, ...] = (merchant_feed, sitemap, sitemap_part)
