"""Import jobs: their row, their counts, and the report of what could not be taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import deliver
from entrepot.identity import Scope
from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, from_json, prepare, to_json

from .. import tables
from ..merchants import get_merchant, require_merchant
from ..stock import check_location
from .feeds import FeedRef
from .mappings import MAPPED, Mapping, check_mapping, find_mapping, keep_mapping
from .reading import VALUE_LENGTH_MAX, Problem

ImportState = Literal["mapping", "waiting", "running", "done", "failed"]
ERRORS_KEPT_MAX = 10_000


class RunImport(msgspec.Struct, frozen=True):
    """The body of the task that runs an import."""

    import_id: str


class Overtaken(Conflict):
    """Somebody else runs the same import: whoever comes second lets it be."""


class Counts(msgspec.Struct, frozen=True):
    """What became of the rows of a feed so far.

    `notes` are parts left out of rows that came in; `delisted` are products that a full feed left out.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    notes: int = 0
    delisted: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))

    @property
    def rows(self) -> int:
        """How many rows that is."""
        return self.created + self.changed + self.unchanged + self.refused


class Import(msgspec.Struct, frozen=True):
    """An import as it stands. `done` of `total` is in the reader's own measure, `cursor` in rows of the feed.

    `full`: what the feed leaves out is taken off sale when it ends. `mapping` says what the columns of a foreign sheet
    mean; an import in the state `mapping` waits until somebody has said so. `size_bytes` is that of an upload, 0 once
    its file is no longer kept.
    """

    id: str
    merchant_id: str
    location_id: str | None
    name: str
    format: str
    origin: str
    place: str
    fingerprint: str
    dry_run: bool
    full: bool
    mapping: Mapping | None
    size_bytes: int
    state: ImportState
    cursor: int
    done: int
    total: int
    counts: Counts
    errors: int
    failure: str | None
    actor: str
    started_at: int
    finished_at: int | None


class ReportLine(msgspec.Struct, frozen=True):
    """A line of the report. `refused` tells whether the row stayed out, or came in without this part."""

    number: int
    line: int
    field: str
    reason: str
    value: str
    refused: bool


def start_import(
    tx: Tx,
    scope: Scope,
    merchant_id: str,
    feed: FeedRef,
    *,
    location_id: str | None = None,
    dry_run: bool = False,
    full: bool = False,
    mapping: Mapping | None = None,
) -> Import:
    """Begin to import a feed for a merchant; counted stock lies at `location_id`, else at its first location.

    What the feed leaves out stays as it is, unless it is `full`: then it is taken off sale. An import of the same feed
    that did not come to its end is taken up again. An upload is done by a task; a feed named on the command line by
    `run_import` there. A sheet whose columns nobody has explained (by `mapping`, or for the last one with this header)
    waits for `map_columns`. NotFound for a merchant that the caller does not act for.
    """
    require_merchant(scope, merchant_id)
    get_merchant(tx, merchant_id)
    location_id = import_location(tx, merchant_id, location_id)
    values: dict[str, Any] = {"merchant_id": merchant_id, "place": feed.place, "fingerprint": feed.fingerprint}
    values |= {"format": feed.format, "dry_run": int(dry_run), "full": int(full)}
    mapping = _known_mapping(tx, merchant_id, feed, mapping)
    begun = tx.one(_unfinished, **values, location_id=location_id or "")
    if begun is not None and mapping is not None and begun.state == "mapping":
        tx.run(_map, id_=begun.id, mapping_=to_json(mapping))
    elif begun is not None and begun.mapping and from_json(begun.mapping, Mapping) != mapping:
        begun = None  # its columns mean something else now, so its rows so far were read otherwise
    import_id: str = begun.id if begun is not None else tx.new_id("imp")
    if begun is None:
        row = {"id": import_id, **values, "location_id": location_id, "name": feed.name[:200], "origin": feed.origin}
        state = "mapping" if feed.format == MAPPED and mapping is None else "waiting"
        row |= {"mapping": to_json(mapping) if mapping else None, "size_bytes": feed.size_bytes, "state": state}
        tx.run(_insert, **row, actor=scope.actor, now=tx.now)
    else:
        tx.run(_keep_size, id_=import_id, size_bytes_=feed.size_bytes)  # its file is here again
    job = get_import(tx, scope, import_id)
    if feed.origin == "upload" and job.state != "mapping":
        enqueue_import(tx, import_id)
    return job


def _known_mapping(tx: Tx, merchant_id: str, feed: FeedRef, said: Mapping | None) -> Mapping | None:
    """What the columns of a foreign sheet mean: as somebody says now, else as was said last; None for other formats."""
    if feed.format != MAPPED:
        return None
    if said is None:
        return find_mapping(tx, merchant_id, feed.header)
    check_mapping(said)
    keep_mapping(tx, merchant_id, said)
    return said


def map_columns(tx: Tx, scope: Scope, import_id: str, mapping: Mapping) -> Import:
    """Say what the columns of a foreign sheet mean; the import goes on, and the next sheet with this header knows.

    Invalid, naming the part, for a mapping without what makes a product. Conflict when the import already runs.
    """
    job = get_import(tx, scope, import_id)
    check_mapping(mapping)
    if tx.run(_map, id_=import_id, mapping_=to_json(mapping)) != 1:
        raise Conflict("The columns of this import are settled: import the file again to say it anew")
    keep_mapping(tx, job.merchant_id, mapping)
    if job.origin == "upload":
        enqueue_import(tx, import_id)
    return get_import(tx, scope, import_id)


def enqueue_import(tx: Tx, import_id: str) -> None:
    """Have an upload imported after the commit."""
    tx.enqueue("catalog.import", RunImport(import_id), key=f"{import_id}:{tx.new_id('try')}")


def import_location(snapshot: Snapshot, merchant_id: str, location_id: str | None) -> str | None:
    """Where counted stock of an import lies: the place that is named, else the merchant's first, else nowhere."""
    if location_id is not None:
        check_location(snapshot, merchant_id, location_id)
        return location_id
    places = deliver.locations_of(snapshot, [merchant_id])[merchant_id]
    return places[0].id if places else None


def get_import(snapshot: Snapshot, scope: Scope, import_id: str) -> Import:
    """One of the caller's own imports; NotFound for anybody else's."""
    found = snapshot.one(_get, id=import_id)
    if found is None or (found.merchant_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such import")
    return found


def list_imports(
    snapshot: Snapshot, scope: Scope, merchant_id: str, *, before: str = "", most: int = 50
) -> list[Import]:
    """A merchant's imports, newest first; `before` is the id of the last one seen."""
    require_merchant(scope, merchant_id)
    return snapshot.all(_list, merchant_id=merchant_id, before=before or "j", most=most)


def list_import_errors(
    snapshot: Snapshot, scope: Scope, import_id: str, *, after: int = 0, most: int = 100
) -> list[ReportLine]:
    """The report of one of the caller's own imports, in the feed's order. At most 10,000 lines are kept."""
    get_import(snapshot, scope, import_id)
    return snapshot.all(_errors, import_id=import_id, after=after, most=most)


def lock_import(tx: Tx, import_id: str, cursor: int) -> Import:
    """An import that somebody is about to move on from a row. Overtaken when somebody else has moved it meanwhile."""
    found = tx.one(_lock, id=import_id)
    if found is None:
        raise NotFound("There is no such import")
    if found.cursor != cursor:
        raise Overtaken("This import is being run by somebody else")
    return found


def move_on(
    tx: Tx,
    job: Import,
    cursor: int,
    progress: tuple[int, int],
    counts: Counts,
    problems: Sequence[tuple[Problem, bool]],
) -> Import:
    """Store what became of the next rows, with their problems (and whether each kept its row out)."""
    rows = [
        _error_row(job.id, job.errors + number, problem, refused)
        for number, (problem, refused) in enumerate(problems, start=1)
        if job.errors + number <= ERRORS_KEPT_MAX
    ]
    tx.run_many(_insert_error, rows)
    counts = job.counts + counts
    values = {f"{name}_": getattr(counts, name) for name in counts.__struct_fields__}
    done, total = progress
    errors = job.errors + len(problems)
    tx.run(_move, id_=job.id, cursor_=cursor, done_=done, total_=total, errors_=errors, **values)
    return msgspec.structs.replace(
        job, state="running", cursor=cursor, done=done, total=total, counts=counts, errors=errors
    )


def finish(tx: Tx, job: Import, failure: str | None) -> Import:
    """Mark the end: done, or failed for a reason that a person can act on; it may then be started again."""
    state: ImportState = "failed" if failure else "done"
    tx.run(_finish, id_=job.id, state_=state, failure_=failure, now_=tx.now)
    return msgspec.structs.replace(job, state=state, failure=failure, finished_at=tx.now)


def _error_row(import_id: str, number: int, problem: Problem, refused: bool) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "number": number,
        "line": problem.line,
        "field": _storable(problem.field),
        "reason": _storable(problem.reason),
        "value": _storable(problem.value),
        "refused": int(refused),
    }


def _storable(text: str) -> str:
    """A raw value as a report can hold it: PostgreSQL keeps no NUL, and nobody can read a control sign."""
    kept = text[:VALUE_LENGTH_MAX].encode("utf-8", "replace").decode()
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in kept)


def _read(*values: Any) -> Import:
    flags, mapping = (values[8] == 1, values[9] == 1), values[10]
    known = from_json(mapping, Mapping) if mapping else None
    return Import(*(*values[:8], *flags, known, *values[11:16], Counts(*values[16:22]), *values[22:]))


def _read_error(number: int, line: int, field: str, reason: str, value: str, refused: int) -> ReportLine:
    return ReportLine(number, line, field, reason, value, refused == 1)


_i, _e = tables.imports.c, tables.import_errors.c
_all = select(
    _i.id, _i.merchant_id, _i.location_id, _i.name, _i.format, _i.origin, _i.place, _i.fingerprint, _i.dry_run,
    _i.full, _i.mapping, _i.size_bytes, _i.state, _i.cursor, _i.done, _i.total, _i.created, _i.changed, _i.unchanged,
    _i.refused, _i.notes, _i.delisted, _i.errors, _i.failure, _i.actor, _i.started_at, _i.finished_at,
)  # fmt: skip
_get: Prepared[Import] = prepare(_all.where(_i.id == bindparam("id")), _read)
_lock: Prepared[Import] = prepare(_all.where(_i.id == bindparam("id")).with_for_update(), _read)
_list: Prepared[Import] = prepare(
    _all.where(_i.merchant_id == bindparam("merchant_id"), _i.id < bindparam("before"))
    .order_by(_i.id.desc())
    .limit(bindparam("most")),
    _read,
)
_unfinished: Prepared[Any] = prepare(
    select(_i.id, _i.state, _i.mapping)
    .where(
        _i.merchant_id == bindparam("merchant_id"),
        _i.place == bindparam("place"),
        _i.fingerprint == bindparam("fingerprint"),
        _i.format == bindparam("format"),
        _i.dry_run == bindparam("dry_run"),
        _i.full == bindparam("full"),
        _i.state != "done",
        (_i.location_id == bindparam("location_id")) | (_i.location_id.is_(None) & (bindparam("location_id") == "")),
    )
    .order_by(_i.id.desc())
    .limit(1)
)
_counted = (*Counts.__struct_fields__, "cursor", "done", "total", "errors")
_insert: Prepared[Any] = prepare(
    insert(tables.imports).values(
        **{
            name: bindparam(name)
            for name in ("id", "merchant_id", "location_id", "name", "format", "origin", "place", "fingerprint",
                         "dry_run", "full", "mapping", "size_bytes", "actor", "state")
        },
        started_at=bindparam("now"),
        **dict.fromkeys(_counted, 0),
    )
)  # fmt: skip
_keep_size: Prepared[Any] = prepare(
    update(tables.imports).where(_i.id == bindparam("id_")).values(size_bytes=bindparam("size_bytes_"))
)
_map: Prepared[Any] = prepare(
    update(tables.imports)
    .where(_i.id == bindparam("id_"), _i.state == "mapping")
    .values(state="waiting", mapping=bindparam("mapping_"))
)
_move: Prepared[Any] = prepare(
    update(tables.imports)
    .where(_i.id == bindparam("id_"))
    .values(
        state="running",
        failure=None,
        finished_at=None,
        **{name: bindparam(f"{name}_") for name in _counted},
    )
)
_finish: Prepared[Any] = prepare(
    update(tables.imports)
    .where(_i.id == bindparam("id_"))
    .values(state=bindparam("state_"), failure=bindparam("failure_"), finished_at=bindparam("now_"))
)
_errors: Prepared[ReportLine] = prepare(
    select(_e.number, _e.line, _e.field, _e.reason, _e.value, _e.refused)
    .where(_e.import_id == bindparam("import_id"), _e.number > bindparam("after"))
    .order_by(_e.number)
    .limit(bindparam("most")),
    _read_error,
)
_insert_error: Prepared[Any] = tables.inserting(tables.import_errors)
