"""Our own style sheets, scripts and signs, from memory, under addresses that change with their content.

They go out packed to whoever takes gzip: a first visit waits for the style sheet, which is a quarter as long then.
Pages are not packed: each holds a secret against forged forms beside words of the visitor's, and how short the two
pack together would give the secret away, letter by letter (BREACH).
"""

from __future__ import annotations

import functools
import gzip
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
    packed: bytes
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
    packed = gzip.compress(content, 9, mtime=0)
    return StaticFile(content, packed, media_type, hashlib.sha256(content).hexdigest()[:16])


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
    is_packed = _takes_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{file.digest}-gzip"' if is_packed else f'"{file.digest}"'
    headers = {"ETag": etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, media_type=file.media_type, headers=headers)
    current = request.query_params.get("v") == file.digest
    headers["Cache-Control"] = _IMMUTABLE if current else "no-cache"
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return Response(file.packed if is_packed else file.content, media_type=file.media_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether gzip is named, and not only to be ruled out by a quality of 0."""
    named = [part.replace(" ", "").lower().partition(";q=") for part in accepted.split(",")]
    return any(name == "gzip" and (not told or quality.strip("0.") != "") for name, told, quality in named)
