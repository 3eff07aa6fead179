"""Pictures, under addresses that name their content and therefore never change."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import catalog

from .house import House
from .params import Sha256, Slug
from .visit import Visit

_IMMUTABLE = "public, max-age=31536000, immutable"


@get("/m/{sha256:str}/{file_name:str}", include_in_schema=False)
async def picture(visit: Visit, sha256: Sha256, file_name: Slug) -> Response[bytes]:
    """A stored picture at a width; the rendition is made when somebody first asks for it."""
    width = int(file_name.removesuffix(".webp")) if file_name in _NAMES else 0
    etag = f'"{sha256}-{width}"'
    headers = {"ETag": etag, "Cache-Control": _IMMUTABLE, "Cross-Origin-Resource-Policy": "cross-origin"}
    if visit.request.headers.get("if-none-match") == etag and width:
        return Response(b"", status_code=304, media_type="image/webp", headers=headers)
    blobs = visit.entrepot.blobs
    house: House = visit.request.app.state.house
    async with house.drawing:  # apart from passwords, so that pictures never wait for people who sign in
        content = await visit.on_thread(lambda: blobs.get(catalog.rendition(blobs, sha256, width)))
    return Response(content, media_type="image/webp", headers=headers)


_NAMES = frozenset(f"{width}.webp" for width in (160, 320, 640, 1280))

ROUTES: tuple[ControllerRouterHandler, ...] = (picture,)
