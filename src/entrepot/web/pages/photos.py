"""Search by a photograph: a form that works without script, and the list that a photograph finds."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from entrepot.discovery import SearchRequest
from entrepot.kernel import Invalid, Refused

from ..errors import STATUS
from ..params import Photo
from ..photos import PHOTO_BYTES_MAX, see_photo
from ..rendering import redirect, render
from ..shelves import tokens_of
from ..visit import Visit
from .filters import FILTER, Filters, Place, price_bounds, with_price

HERE = "/search/image"
PAGE = 30
PAGES_MAX = 10


@get(HERE, include_in_schema=False)
async def ask(visit: Visit) -> Response[str]:
    """The form to give a photograph."""
    return await _ask(visit)


@post(HERE, include_in_schema=False, opt={"rate": "photo"}, request_max_body_size=PHOTO_BYTES_MAX)
async def upload(visit: Visit) -> Response[Any]:
    """Look at a photograph, and lead to what it finds; the photograph is not kept, only a thumbnail for an hour."""
    try:
        photo = (await visit.request.form()).get("photo")
        if not isinstance(photo, UploadFile) or not photo.filename:
            raise Invalid(visit.say("photo.choose"))
        return redirect(f"{HERE}/{await see_photo(visit, photo)}")
    except Refused as refusal:
        return await _ask(visit, refusal)


@get(HERE + "/{photo:str}", include_in_schema=False, opt={"rate": "search"})
async def found_by(visit: Visit, photo: Photo) -> Response[Any]:
    """What a photograph finds, with filters; all but the photograph is in the address."""
    pairs = [(name, value) for name, value in visit.request.query_params.multi_items() if value]
    market, pictures, base = await visit.market(), visit.entrepot.pictures, f"{HERE}/{photo}"
    if any(name in ("price_from", "price_to") for name, _ in pairs):
        return redirect(f"{base}?{urlencode(with_price(pairs, market.currency))}")
    request, at = _request(visit, pairs)
    found = await visit.on_thread(lambda: pictures.search(visit.scope, photo, request))
    kept = [(name, value) for name, value in pairs if name not in ("page", "lang")]
    place = Place("photo", visit.say("photo.found"), base, ("photo", photo))
    filters = Filters(visit, found.facets, kept, market.currency, place)
    low, high = price_bounds(request, market.currency)
    return await render(
        visit,
        "photo.html",
        photo=photo,
        base=base,
        found=found,
        facets=filters.shown(),
        applied=filters.applied(),
        held=filters.held(),
        currency=market.currency,
        price_from=low,
        price_to=high,
        at=at,
        pages=-(-found.total // PAGE),
        page_url=lambda number: filters.address([*kept, ("page", str(number))]),
        tokens=tokens_of(visit, found, request.offset),
    )


@get(HERE + "/{photo:str}/thumbnail", include_in_schema=False)
async def thumbnail(visit: Visit, photo: Photo) -> Response[bytes]:
    """A photograph made small, for whoever has the address of its results."""
    kept = await visit.on_thread(lambda: visit.entrepot.pictures.photo(photo))
    return Response(kept.thumbnail, media_type="image/webp", headers={"Cache-Control": "private, no-store"})


async def _ask(visit: Visit, refusal: Refused | None = None) -> Response[str]:
    visit.entrepot.pictures.check_on()
    return await render(
        visit,
        "photo-ask.html",
        sentence=refusal.sentence if refusal else None,
        status=STATUS[refusal.kind] if refusal else 200,
    )


def _request(visit: Visit, pairs: list[tuple[str, str]]) -> tuple[SearchRequest, int]:
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name.startswith(FILTER):
            key = name.removeprefix(FILTER)
            filters[key] = (*filters.get(key, ()), value)
    page = dict(pairs).get("page", "1")
    at = min(max(int(page), 1), PAGES_MAX) if page.isascii() and page.isdecimal() and len(page) < 4 else 1
    session = visit.session.id if visit.session else None
    return SearchRequest(
        filters=filters, limit=PAGE, offset=(at - 1) * PAGE, session=session, language=visit.language
    ), at


ROUTES: tuple[ControllerRouterHandler, ...] = (ask, upload, found_by, thumbnail)
