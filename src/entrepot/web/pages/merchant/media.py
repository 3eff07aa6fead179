"""A listing's pictures and its quality: adding, ordering, describing, removing; what its variants are shown by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import Listing, ManagedPicture, StoredPicture
from entrepot.kernel import Invalid, NotFound, Refused, TooLarge, Tx

from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, show

UPLOAD_BYTES_MAX = 100 * 2**20
FILES_MAX = 20


@get("/merchant/listings/{listing_id:str}/media", include_in_schema=False, opt=MEMBER)
async def media(visit: Visit, listing_id: Id) -> Response[str]:
    """The pictures of a listing's product, and what its listing lacks."""
    return await _show_media(visit, listing_id)


@post(
    "/merchant/listings/{listing_id:str}/media",
    include_in_schema=False,
    opt={**MEMBER, "rate": "upload"},
    request_max_body_size=UPLOAD_BYTES_MAX,
)
async def upload(visit: Visit, listing_id: Id) -> Response[Any]:
    """Take several files and put them behind those that are there."""
    listing = await _listing(visit, listing_id)
    form = await visit.request.form()
    try:
        await visit.read(lambda s: catalog.list_pictures(s, visit.scope, listing.product_id))  # before any work is done
        files = [each for each in form.getall("pictures", []) if isinstance(each, UploadFile) and each.filename]
        if not files:
            raise Invalid(visit.say("media.no_file"))
        if len(files) > FILES_MAX:
            raise TooLarge(f"Upload at most {FILES_MAX} pictures at a time")
        stored = [await _store(visit, file) for file in files]
        alt, licence = str(form.get("alt") or ""), str(form.get("licence") or "")
        await visit.write(lambda tx: _add(tx, visit, listing.product_id, stored, alt, licence))
    except Refused as refusal:
        return await _show_media(visit, listing_id, refusal)
    return _done(visit, listing_id)


@post("/merchant/listings/{listing_id:str}/media/order", include_in_schema=False, opt=MEMBER)
async def order(visit: Visit, listing_id: Id) -> Response[Any]:
    """Set the order: whole, as script sends it, or by moving one picture a place or to the front."""
    listing = await _listing(visit, listing_id)
    form = await visit.form()
    now = await visit.read(lambda s: catalog.list_pictures(s, visit.scope, listing.product_id))
    wanted = _order([each.position for each in now], form)
    return await _change(
        visit, listing_id, lambda tx: catalog.arrange_pictures(tx, visit.scope, listing.product_id, wanted)
    )


@post("/merchant/listings/{listing_id:str}/media/describe", include_in_schema=False, opt=MEMBER)
async def describe(visit: Visit, listing_id: Id) -> Response[Any]:
    """Say what a picture shows, and its licence."""
    listing = await _listing(visit, listing_id)
    form = await visit.form()
    alt, licence, position = form.get("alt", ""), form.get("licence"), _position(form)
    return await _change(
        visit,
        listing_id,
        lambda tx: catalog.describe_picture(tx, visit.scope, listing.product_id, position, alt, licence),
    )


@post("/merchant/listings/{listing_id:str}/media/remove", include_in_schema=False, opt=MEMBER)
async def remove(visit: Visit, listing_id: Id) -> Response[Any]:
    """Take a picture away."""
    listing = await _listing(visit, listing_id)
    position = _position(await visit.form())
    return await _change(
        visit, listing_id, lambda tx: catalog.remove_picture(tx, visit.scope, listing.product_id, position)
    )


@post("/merchant/listings/{listing_id:str}/media/variant", include_in_schema=False, opt=MEMBER)
async def variant(visit: Visit, listing_id: Id) -> Response[Any]:
    """Say which picture shows a variant."""
    listing = await _listing(visit, listing_id)
    form = await visit.form()
    chosen, sha256 = form.get("variant_id", ""), form.get("sha256") or None
    return await _change(
        visit,
        listing_id,
        lambda tx: catalog.set_variant_picture(tx, visit.scope, listing.product_id, chosen, sha256),
    )


@post("/merchant/listings/{listing_id:str}/media/retry", include_in_schema=False, opt=MEMBER)
async def retry(visit: Visit, listing_id: Id) -> Response[Any]:
    """Ask again for what could not be fetched."""
    listing = await _listing(visit, listing_id)
    await visit.write(lambda tx: catalog.retry_pictures(tx, visit.scope, listing.product_id))
    visit.flash("media.retried")
    return redirect(f"/merchant/listings/{listing_id}/media")


async def _store(visit: Visit, file: UploadFile) -> StoredPicture:
    """A file made into a picture of ours, outside any transaction; its name stands in what is refused."""
    content, blobs = await file.read(), visit.entrepot.blobs
    house = visit.request.app.state.house
    try:
        async with house.drawing:
            return await visit.on_thread(lambda: catalog.store_picture(blobs, content))
    except Refused as refusal:
        raise type(refusal)(f"{file.filename[:80]}: {refusal.sentence}") from None


def _add(tx: Tx, visit: Visit, product_id: str, stored: list[StoredPicture], alt: str, licence: str) -> None:
    catalog.record_pictures(tx, stored)
    catalog.add_pictures(tx, visit.scope, product_id, stored, alt, licence)


async def _listing(visit: Visit, listing_id: str) -> Listing:
    return await visit.read(lambda s: catalog.get_listing(s, visit.scope, listing_id))


async def _change(visit: Visit, listing_id: str, command: Callable[[Tx], Any]) -> Response[Any]:
    try:
        await visit.write(command)
    except NotFound:
        raise
    except Refused as refusal:
        return await _show_media(visit, listing_id, refusal)
    return _done(visit, listing_id)


def _done(visit: Visit, listing_id: str) -> Response[Any]:
    visit.flash("media.saved")
    return redirect(f"/merchant/listings/{listing_id}/media")


def _position(form: dict[str, str]) -> int:
    text = form.get("position", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


def _order(there: list[int], form: dict[str, str]) -> list[int]:
    """The new order: `order` is a list of positions with commas; else `position` moves by `step` places, 0 to front."""
    if form.get("order"):
        parts = [
            part for part in form["order"].split(",")[:100] if part.isascii() and part.isdecimal() and len(part) < 9
        ]
        return [position for position in map(int, parts) if position in there]
    position, step = _position(form), form.get("step", "0")
    if position not in there:
        return there
    at = there.index(position)
    to = 0 if step == "0" else min(max(at + (1 if step == "1" else -1), 0), len(there) - 1)
    rest = [each for each in there if each != position]
    return [*rest[:to], position, *rest[to:]]


async def _show_media(visit: Visit, listing_id: str, refusal: Refused | None = None) -> Response[str]:
    scope = visit.scope
    listing = await _listing(visit, listing_id)
    view = await visit.read(lambda s: catalog.get_product(s, listing.product_id, scope))
    is_owner = listing.owned or scope.is_operator
    pictures: list[ManagedPicture] = []
    if is_owner:
        pictures = await visit.read(lambda s: catalog.list_pictures(s, scope, listing.product_id))
    return await show(
        visit,
        "listings",
        "media.html",
        refusal=refusal,
        listing=listing,
        view=view,
        is_owner=is_owner,
        managed=pictures,
        twins=await visit.read(lambda s: catalog.find_lookalikes(s, scope, listing.product_id)) if is_owner else [],
        fetching=visit.entrepot.settings.catalog.fetch_pictures,
        quality=catalog.check_listing(view, listing.offers),
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (media, upload, order, describe, remove, variant, retry)
