"""Taking goods out again: downloads of everything, and the addresses of feeds for engines that compare prices."""

from __future__ import annotations

from litestar import Response, get
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.kernel import NotFound

from ...downloads import download
from ...params import Slug
from ...visit import Visit
from .console import MEMBER, own_merchant, show


@get("/merchant/exports", include_in_schema=False, opt=MEMBER)
async def exports(visit: Visit) -> Response[str]:
    """The formats, and the feeds' addresses."""
    merchant = await own_merchant(visit)
    site = visit.entrepot.settings.public_url
    feeds = [(each, f"{site}/feeds/{merchant.slug}/{each}{catalog.find_writer(each).suffix}") for each in FEEDS]
    return await show(visit, "imports", "exports.html", formats=catalog.EXPORT_FORMATS, feeds=feeds)


@get("/merchant/exports/{export_format:str}", include_in_schema=False, opt=MEMBER)
async def export(visit: Visit, export_format: Slug) -> Stream:
    """Everything that the merchant lists, in a format."""
    merchant = await own_merchant(visit)
    if export_format not in catalog.EXPORT_FORMATS:
        raise NotFound("There is nothing at this address")
    writer = catalog.find_writer(export_format)
    site = catalog.Site(visit.entrepot.settings.public_url)
    read = visit.entrepot.database.read_now
    blocks = catalog.export_feed(read, visit.scope, merchant.id, export_format, site)
    return await download(visit, f"{merchant.slug}{writer.suffix}", writer.media_type, blocks)


FEEDS = catalog.PUBLIC_FORMATS
ROUTES: tuple[ControllerRouterHandler, ...] = (exports, export)
