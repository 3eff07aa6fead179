"""Search by a photograph."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar.datastructures import UploadFile
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from entrepot import discovery
from entrepot.discovery import SearchRequest

from ..endpoints import endpoint
from ..params import Photo
from ..photos import PHOTO_BYTES_MAX, see_photo
from ..refusals import Unreadable
from ..visit import Visit
from .search import FILTERS, read_filters

MULTIPART = "multipart/form-data"
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["photo"],
    "properties": {"photo": {"type": "string", "format": "binary", "description": "JPEG, PNG, WebP or GIF"}},
}
Page = Annotated[int, QueryParameter(name="limit", ge=0, le=120, description="Hits a page")]
Skipped = Annotated[int, QueryParameter(name="offset", ge=0, le=120, description="Hits to skip")]


class PhotoPage(msgspec.Struct, frozen=True):
    """What a photograph finds, the likest first; `photo` names it for an hour, for more pages and filters."""

    photo: str
    page: discovery.SearchPage


@endpoint(
    "POST", "/api/search/image", rate="photo", status=200, bytes_max=PHOTO_BYTES_MAX, accepts=(MULTIPART,), form=_FORM,
    parameters=FILTERS,
)  # fmt: skip
async def search_by_photo(visit: Visit, limit: Page = 24, offset: Skipped = 0) -> PhotoPage:
    """Find products by a photograph, sent as the part `photo`.

    The photograph is not kept, only a thumbnail and what it looks like in numbers, for an hour.
    """
    photo = (await visit.request.form()).get("photo")
    if not isinstance(photo, UploadFile):
        raise Unreadable("Send the picture as the part `photo`, with a file name", fields={"photo": "is missing"})
    return await _page(visit, await see_photo(visit, photo), limit, offset)


@endpoint("GET", "/api/search/image/{photo:str}", rate="search", parameters=FILTERS)
async def list_found_by_photo(visit: Visit, photo: Photo, limit: Page = 24, offset: Skipped = 0) -> PhotoPage:
    """Another page of what a photograph finds, or with other filters."""
    return await _page(visit, photo, limit, offset)


async def _page(visit: Visit, photo: str, limit: int, offset: int) -> PhotoPage:
    session = visit.session.id if visit.session else None
    request = SearchRequest(
        filters=read_filters(visit), limit=limit, offset=offset, session=session, language=visit.language
    )
    pictures = visit.entrepot.pictures
    return PhotoPage(photo, await visit.on_thread(lambda: pictures.search(visit.scope, photo, request)))


ROUTES: tuple[ControllerRouterHandler, ...] = (search_by_photo, list_found_by_photo)
