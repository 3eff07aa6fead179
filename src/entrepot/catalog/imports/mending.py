"""The download of an import's refused rows, from the feed as it was sent and the report of what was wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, select

from entrepot.identity import Scope
from entrepot.kernel import Blobs, NotFound, Prepared, Snapshot, prepare

from .. import tables
from .formats import READERS, feeds_in
from .jobs import ERRORS_KEPT_MAX, Import, get_import
from .opening import opened
from .reading import Feed, Problem
from .rejected import Returns

_SUFFIXES: Final = {
    "jsonl": (".jsonl", "application/jsonl"),
    "shopify": (".csv", "text/csv"),
    "google-tsv": (".tsv", "text/tab-separated-values"),
    "google-xml": (".xml", "application/xml"),
    "schema-org": (".jsonld", "application/ld+json"),
    "table": (".csv", "text/csv"),
}


class RefusedRows(msgspec.Struct, frozen=True):
    """Refused rows that can be had in the format they came in."""

    job: Import
    reasons: dict[int, list[Problem]]
    file_name: str
    media_type: str

    def blocks(self, blobs: Blobs) -> Iterator[bytes]:
        """The file, a block at a time. NotFound when the upload is no longer kept."""
        path = feeds_in(blobs).path(self.job.place)
        feed = Feed(path, self.job.name, "USD", is_local=False, mapping=self.job.mapping)
        with opened(feed) as plain, closing(READERS[self.job.format].open(plain)) as source:
            if not isinstance(source, Returns):
                raise NotFound("The rows of this format cannot be given back: download the report instead")
            yield from source.refused(self.reasons)


def gives_rows_back(job: Import) -> bool:
    """Whether the refused rows of an import can be had in the format they came in."""
    return job.format in _SUFFIXES and job.origin == "upload" and job.size_bytes > 0


def find_refused_rows(snapshot: Snapshot, scope: Scope, import_id: str) -> RefusedRows:
    """What was wrong with the rows of one of the caller's own imports. NotFound when nothing can be given back."""
    job = get_import(snapshot, scope, import_id)
    if not gives_rows_back(job):
        raise NotFound("The rows of this import cannot be given back: download its report instead")
    reasons: dict[int, list[Problem]] = defaultdict(list)
    for row in snapshot.all(_refused, import_id=import_id, most=ERRORS_KEPT_MAX):
        reasons[row.line].append(Problem(row.line, row.field, row.reason, row.value))
    suffix, media_type = _SUFFIXES[job.format]
    return RefusedRows(job, dict(reasons), f"refused-{import_id[-8:].lower()}{suffix}", media_type)


_e = tables.import_errors.c
_refused: Prepared[Any] = prepare(
    select(_e.line, _e.field, _e.reason, _e.value)
    .where(_e.import_id == bindparam("import_id"), _e.refused == 1)
    .order_by(_e.number)
    .limit(bindparam("most"))
)
