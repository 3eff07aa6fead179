"""Files at `/v1/files`: what customers send for their batches, and what the batches answer.

Each lies in a folder of its own, so that two organisations never share bytes and one that is deleted is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select

from entrepot.identity import Scope
from entrepot.kernel import (
    DAY,
    Blobs,
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    TooLarge,
    Tx,
    in_set,
    prepare,
)

from . import tables
from .accounting import account_owner

MEBIBYTE = 1 << 20
BYTES_MAX = 100 * MEBIBYTE
QUOTA_BYTES = 1_024 * MEBIBYTE
"""What all files of an organisation may come to."""
OUTPUT_KEPT = 30 * DAY
INPUT, OUTPUT = "batch", "batch_output"


class Upload(msgspec.Struct, frozen=True):
    """A file; `name` is its owner's. Times in microseconds."""

    id: str
    organisation: str
    actor: str
    name: str
    purpose: str
    bytes: int
    sha256: str
    created_at: int
    expires_at: int | None = None


def uploads_in(blobs: Blobs, upload_id: str) -> Blobs:
    """Where the bytes of a file lie."""
    return blobs.below("uploads").below(upload_id)


def check_purpose(purpose: str) -> None:
    """Invalid for a purpose that files have elsewhere and not here."""
    if purpose != INPUT:
        raise Invalid("Files are for batches here: send the purpose batch", fields={"purpose": "batch"})


def receive_upload(blobs: Blobs, upload_id: str, file: BinaryIO, *, bounded: bool = True) -> tuple[str, int]:
    """Store the bytes of a file; returns their sha256 and how many they are. TooLarge beyond `BYTES_MAX`."""
    size = file.seek(0, 2)
    if bounded and size > BYTES_MAX:
        raise TooLarge(f"A file may have {BYTES_MAX // MEBIBYTE} MiB: send it in parts")
    file.seek(0)
    return uploads_in(blobs, upload_id).put_stream(file), size


def add_upload(
    tx: Tx, scope: Scope, upload_id: str, name: str, sha256: str, size: int, *, purpose: str = INPUT
) -> Upload:  # fmt: skip
    """Note a file whose bytes are stored. TooLarge when the organisation has no room left for it; for what its batches
    answer there always is."""
    owner = account_owner(scope)
    if purpose == INPUT and int(tx.value(_sum, organisation=owner) or 0) + size > QUOTA_BYTES:
        raise TooLarge(f"Your files may come to {QUOTA_BYTES // MEBIBYTE} MiB together: delete some first")
    expires_at = tx.now + OUTPUT_KEPT if purpose == OUTPUT else None
    upload = Upload(upload_id, owner, scope.actor, name, purpose, size, sha256, tx.now, expires_at)
    tx.run(_insert, **msgspec.structs.asdict(upload))
    return upload


def get_upload(snapshot: Snapshot, scope: Scope, upload_id: str) -> Upload:
    """One of the caller's files."""
    upload = snapshot.one(_get, id=upload_id, organisation=account_owner(scope))
    if upload is None:
        raise NotFound("There is no such file")
    return upload


def list_uploads(
    snapshot: Snapshot, scope: Scope, after: str | None, most: int, *, purpose: str = "", oldest_first: bool = False
) -> list[Upload]:
    """The caller's files, the newest first unless the oldest shall be, from the one after `after` on; of one purpose
    alone, where it is given."""
    wish = {"organisation": account_owner(scope), "purpose": purpose, "most": most}
    if oldest_first:
        return snapshot.all(_list_oldest, after=after or "", **wish)
    return snapshot.all(_list, after=after or "~", **wish)


def delete_upload(tx: Tx, scope: Scope, upload_id: str) -> Upload:
    """Let go of a file; its bytes are deleted after the commit, by the caller. Conflict while a batch reads it."""
    upload = get_upload(tx, scope, upload_id)
    if tx.one(_read_by, upload_id=upload_id) is not None:
        raise Conflict("A batch reads this file: cancel it first, or wait for its end")
    tx.run(_delete, ids=[upload_id])
    return upload


def forget_uploads(tx: Tx) -> Sequence[Upload]:
    """Let go of answers of batches that were kept long enough; their bytes are deleted after the commit."""
    old = tx.all(_expired, now=tx.now)
    if old:
        tx.run(_delete, ids=[upload.id for upload in old])
    return old


_u, _b = tables.uploads.c, tables.batches.c
_rows = select(*(_u[name] for name in Upload.__struct_fields__))
_insert: Prepared[Any] = prepare(
    insert(tables.uploads).values({column.name: bindparam(column.name) for column in tables.uploads.columns})
)
_sum: Prepared[Any] = prepare(
    select(func.sum(_u.bytes).label("bytes")).where(_u.organisation == bindparam("organisation"))
)
_get: Prepared[Upload] = prepare(
    _rows.where(_u.id == bindparam("id"), _u.organisation == bindparam("organisation")), Upload
)
_of_purpose = _rows.where(
    _u.organisation == bindparam("organisation"),
    (bindparam("purpose") == "") | (_u.purpose == bindparam("purpose")),
).limit(bindparam("most"))
_list: Prepared[Upload] = prepare(_of_purpose.where(_u.id < bindparam("after")).order_by(_u.id.desc()), Upload)
_list_oldest: Prepared[Upload] = prepare(_of_purpose.where(_u.id > bindparam("after")).order_by(_u.id), Upload)
_expired: Prepared[Upload] = prepare(_rows.where(_u.expires_at <= bindparam("now")).limit(500), Upload)
_delete: Prepared[Any] = prepare(delete(tables.uploads).where(in_set(_u.id, "ids")))
_read_by: Prepared[Any] = prepare(
    select(_b.id)
    .where(
        _b.input_file == bindparam("upload_id"),
        _b.state.in_(("validating", "in_progress", "finalizing", "cancelling")),
    )
    .limit(1)
)
