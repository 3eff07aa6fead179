"""Our own style sheets, scripts and signs, from memory, under addresses that change with their content."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
from importlib import resources
from typing import Any

import msgspec
from litestar import Request, Response, get

from entrepot.kernel import NotFound

from .params import Slug

_IMMUTABLE = "public, max-age=31536000, immutable"


class StaticFile(msgspec.Struct, frozen=True):
    """A file as it is served."""

    content: bytes
    media_type: str
    digest: str


@functools.cache
def find_static(name: str) -> StaticFile | None:
    """A file of the folder `static/`; None when there is none of this name."""
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name.startswith("."):
        return None
    file = resources.files("entrepot.web") / "static" / name
    if not file.is_file():
        return None
    content = file.read_bytes()
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return StaticFile(content, media_type, hashlib.sha256(content).hexdigest()[:16])


def static_address(name: str) -> str:
    """Where a page finds the file. A name without a file is a mistake in the template."""
    file = find_static(name)
    if file is None:
        raise LookupError(f"there is no file static/{name}")
    return f"/static/{name}?v={file.digest}"


@get("/static/{name:str}", opt={"machine": True}, include_in_schema=False)
async def static_file(request: Request[Any, Any, Any], name: Slug) -> Response[bytes]:
    """One file; kept by browsers for ever when asked for by its digest."""
    file = find_static(name)
    if file is None:
        raise NotFound("There is no such file")
    if request.headers.get("if-none-match") == f'"{file.digest}"':
        return Response(b"", status_code=304, media_type=file.media_type, headers={"ETag": f'"{file.digest}"'})
    current = request.query_params.get("v") == file.digest
    headers = {"ETag": f'"{file.digest}"', "Cache-Control": _IMMUTABLE if current else "no-cache"}
    return Response(file.content, media_type=file.media_type, headers=headers)
