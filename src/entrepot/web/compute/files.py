"""Files for batches: sent, listed, read, deleted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.params import QueryParameter
from litestar.response import File
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.cloud import Upload
from entrepot.kernel import new_id

from ..endpoints import endpoint
from ..params import ID, NO_NUL, Id, OptionalKey
from ..policy import FEED_BYTES_MAX, MEBIBYTE
from ..refusals import Unreadable
from ..visit import CurrentVisit, Visit
from .told import told

MULTIPART = "multipart/form-data"
NAME_LENGTH_MAX = 200
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file", "purpose"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "JSON Lines: a call a line"},
        "purpose": {"enum": ["batch"]},
    },
}

Cursor = Annotated[str | None, QueryParameter(name="after", pattern=ID, description="`last_id` of the page before")]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=100, description="Items a page")]

FileLimit = Annotated[int, QueryParameter(name="limit", ge=1, le=10_000, description="Items a page")]
Purpose = Annotated[
    str, QueryParameter(name="purpose", max_length=64, pattern=NO_NUL, description="Only files of this purpose")
]
Order = Annotated[Literal["asc", "desc"], QueryParameter(name="order", description="By when they were made")]


class FileTold(msgspec.Struct, frozen=True):
    """A file. Times in seconds since 1970."""

    id: str
    bytes: int
    created_at: int
    filename: str
    purpose: str
    expires_at: int | None = None
    object: Literal["file"] = "file"
    status: Literal["processed"] = "processed"


class FileList(msgspec.Struct, frozen=True):
    """A page of files."""

    data: list[FileTold]
    has_more: bool
    first_id: str | None
    last_id: str | None
    object: Literal["list"] = "list"


class FileDeleted(msgspec.Struct, frozen=True):
    """It is gone."""

    id: str
    object: Literal["file"] = "file"
    deleted: bool = True


class _Stored(msgspec.Struct, frozen=True):
    id: str


@endpoint(
    "POST",
    "/v1/files",
    tells=FileTold,
    access="member",
    rate="write",
    status=200,
    bytes_max=FEED_BYTES_MAX + MEBIBYTE,
    accepts=(MULTIPART,),
    form=_FORM,
)
async def create_file(visit: Visit, key: OptionalKey = None) -> Response[Any]:
    """Send a file whose lines are calls, for a batch."""
    form = await visit.request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Unreadable("Send the file in the field `file`", fields={"file": "a file"})
    cloud.check_purpose(str(form.get("purpose", "")))
    return told(_told(await _store(visit, file, key)))


@endpoint("GET", "/v1/files", tells=FileList, access="member")
async def list_files(
    visit: Visit, after: Cursor = None, limit: FileLimit = 100, purpose: Purpose = "", order: Order = "desc"
) -> Response[Any]:
    """Your files, the newest first; or the oldest, or those of one purpose."""
    found = await visit.read(
        lambda s: cloud.list_uploads(s, visit.scope, after, limit + 1, purpose=purpose, oldest_first=order == "asc")
    )
    here = [_told(each) for each in found[:limit]]
    return told(FileList(here, len(found) > limit, here[0].id if here else None, here[-1].id if here else None))


@endpoint("GET", "/v1/files/{upload_id:str}", tells=FileTold, access="member")
async def get_file(visit: Visit, upload_id: Id) -> Response[Any]:
    """One of your files."""
    return told(_told(await visit.glance(lambda s: cloud.get_upload(s, visit.scope, upload_id))))


@endpoint("GET", "/v1/files/{upload_id:str}/content", answers="application/octet-stream", access="member")
async def get_file_content(visit: Visit, upload_id: Id) -> File:
    """What is in one of your files."""
    upload = await visit.glance(lambda s: cloud.get_upload(s, visit.scope, upload_id))
    path = cloud.uploads_in(visit.entrepot.blobs, upload.id).path(upload.sha256)
    return File(
        path, filename=upload.name, media_type="application/octet-stream", headers={"cache-control": "no-store"}
    )


@endpoint("DELETE", "/v1/files/{upload_id:str}", tells=FileDeleted, access="member", status=200)
async def delete_file(visit: Visit, upload_id: Id) -> Response[Any]:
    """Delete one of your files; not while a batch reads it."""
    upload = await visit.write(lambda tx: cloud.delete_upload(tx, visit.scope, upload_id))
    await visit.on_thread(lambda: cloud.uploads_in(visit.entrepot.blobs, upload.id).delete(upload.sha256))
    return told(FileDeleted(upload.id))


async def _store(visit: CurrentVisit, file: UploadFile, key: str | None) -> Upload:
    """Store the bytes, then note the file; of the same request again only the first one's stay."""
    blobs, upload_id = visit.entrepot.blobs, new_id("file", visit.now, visit.entrepot.database.random)
    content: Any = file.file
    name = file.filename.replace("\0", "")[:NAME_LENGTH_MAX] or "file.jsonl"
    sha256, size = await visit.on_thread(lambda: cloud.receive_upload(blobs, upload_id, content))
    stored = None
    try:
        stored = await visit.once(
            key,
            lambda tx: _Stored(cloud.add_upload(tx, visit.scope, upload_id, name, sha256, size).id),
            _Stored,
            stands_for=f"{name}\n{sha256}".encode(),
        )
    finally:
        if stored is None or stored.id != upload_id:
            await visit.on_thread(lambda: cloud.uploads_in(blobs, upload_id).delete(sha256))
    return await visit.read(lambda s: cloud.get_upload(s, visit.scope, stored.id))


def _told(upload: Upload) -> FileTold:
    expires_at = None if upload.expires_at is None else upload.expires_at // 1_000_000
    return FileTold(upload.id, upload.bytes, upload.created_at // 1_000_000, upload.name, upload.purpose, expires_at)


ROUTES: tuple[ControllerRouterHandler, ...] = (create_file, list_files, get_file, get_file_content, delete_file)
