"""Reading a file into the books: in batches, each in a command of its own, so that a large one keeps nobody waiting."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any, TypeVar

import msgspec
from sqlalchemy import bindparam, func, select, update

from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import (
    Database,
    Invalid,
    Lane,
    NotFound,
    Prepared,
    Refused,
    Snapshot,
    TooLarge,
    Tx,
    prepare,
    prepare_text,
)

from .. import tables
from .formats import BYTES_MAX, FileLine, Mapping, Unusable, read_file
from .matching import BATCH, fee_breaks, find_missing, look_again, record_lines
from .types import File, FileSummary, Line, Upload

T = TypeVar("T")

NAME_LENGTH_MAX = 200


def import_file(
    database: Database, scope: Scope, upload: Upload, content: IO[bytes], mapping: Mapping | None = None
) -> File:
    """Read a provider's or bank's file, match its lines and open what breaks there are. For the operator.

    The same file again gives the same answer and changes nothing; one that broke off is read on. Invalid when it is not
    of its format: what was read before that stays, for each line counts once.
    """
    require_operator(scope)
    digest = _digest(content)
    file = database.write_now(lambda tx: _begin(tx, scope, upload, digest))
    if file.state == "done":
        return file
    seen: Counter[str] = Counter()
    lines = skipped = 0
    problem = None
    try:
        for batch in _batches(read_file(upload.format, content, mapping)):
            good = [each for each in batch if isinstance(each, FileLine)]
            problem = problem or next((_said(each) for each in batch if isinstance(each, Unusable)), None)
            skipped += len(batch) - len(good)
            lines += len(good)
            _record(database, file, good, seen)
    except Refused:
        if not lines:
            database.write_now(lambda tx: tx.run(_forget, id=file.id))
        raise
    if not lines:
        database.write_now(lambda tx: tx.run(_forget, id=file.id))
        raise Invalid(problem or "There is no line in this file")
    done = database.write_now(lambda tx: _finish(tx, file, lines, skipped, problem))
    look_again(database)
    return done


def _record(database: Database, file: File, lines: list[FileLine], seen: Counter[str]) -> None:
    """A batch in a command of its own. Tried again, it counts what it says from where it began."""
    before = seen.copy()

    def command(tx: Tx) -> None:
        seen.clear()
        seen.update(before)
        record_lines(tx, file, lines, seen)

    database.write_now(command, Lane.BULK)


def list_files(snapshot: Snapshot, scope: Scope, most: int = 50) -> list[File]:
    """The files that were read, newest first; for the operator."""
    require_operator(scope)
    return snapshot.all(_files, most=most)


def get_file(snapshot: Snapshot, scope: Scope, file_id: str) -> File:
    """A file; for the operator."""
    require_operator(scope)
    file = snapshot.one(_file, id=file_id)
    if file is None:
        raise NotFound("There is no such file")
    return file


def summarise_file(snapshot: Snapshot, scope: Scope, file_id: str) -> list[FileSummary]:
    """How the lines of a file fared."""
    get_file(snapshot, scope, file_id)
    rows = snapshot.all(_summary, file_id=file_id)
    return [FileSummary(row.state, row.currency, int(row.lines), int(row.amount), int(row.fee)) for row in rows]


def list_lines(snapshot: Snapshot, scope: Scope, file_id: str, after: int = 0, most: int = 200) -> list[Line]:
    """The lines of a file, in its order, behind the number `after`."""
    get_file(snapshot, scope, file_id)
    return snapshot.all(_lines, file_id=file_id, after=after, most=min(most, 1_000))


def _begin(tx: Tx, scope: Scope, upload: Upload, digest: str) -> File:
    name = upload.name.strip()[:NAME_LENGTH_MAX] or "file"
    file = File(
        tx.new_id("fil"), upload.processor, upload.format, name, digest, "reading", 0, 0, None, None, tx.now,
        scope.actor, None,
    )  # fmt: skip
    tx.run(_insert, **msgspec.structs.asdict(file))
    kept = tx.one(_same, processor=upload.processor, sha256=digest)
    assert kept is not None
    if kept.id == file.id:
        audit(tx, scope, "pay.import_file", file.id, {"name": name, "processor": upload.processor})
    return kept


def _finish(tx: Tx, file: File, lines: int, skipped: int, problem: str | None) -> File:
    span = tx.one(_span, file_id=file.id)
    first_at, last_at = (span.first, span.last) if span is not None else (None, None)
    tx.run(_end, id_=file.id, lines_=lines, skipped_=skipped, first_=first_at, last_=last_at, problem_=problem)
    fee_breaks(tx, file)
    if first_at is not None and last_at is not None:
        find_missing(tx, file.processor, first_at, last_at)
    return get_file(tx, Scope.system(), file.id)


def _digest(content: IO[bytes]) -> str:
    digest, size = hashlib.sha256(), 0
    while part := content.read(1_000_000):
        size += len(part)
        if size > BYTES_MAX:
            raise TooLarge(f"This file is larger than {BYTES_MAX // 1_000_000} MB: bring it in parts")
        digest.update(part)
    content.seek(0)
    return digest.hexdigest()


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def _said(line: Unusable) -> str:
    return f"Line {line.number}: {line.reason}"


_f, _l = tables.files.c, tables.file_lines.c
_COLUMNS = tuple(_f[name] for name in File.__struct_fields__)
_file: Prepared[File] = prepare(select(*_COLUMNS).where(_f.id == bindparam("id")), File)
_files: Prepared[File] = prepare(select(*_COLUMNS).order_by(_f.id.desc()).limit(bindparam("most")), File)
_same: Prepared[File] = prepare(
    select(*_COLUMNS).where(_f.processor == bindparam("processor"), _f.sha256 == bindparam("sha256")), File
)
_NAMES = File.__struct_fields__
_insert: Prepared[Any] = prepare_text(
    f"INSERT INTO pay_files ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    "ON CONFLICT (processor, sha256) DO NOTHING"
)
_forget: Prepared[Any] = prepare_text("DELETE FROM pay_files WHERE id = :id AND state = 'reading'")
_span: Prepared[Any] = prepare(
    select(func.min(_l.at).label("first"), func.max(_l.at).label("last")).where(_l.file_id == bindparam("file_id"))
)
_end: Prepared[Any] = prepare(
    update(tables.files)
    .where(_f.id == bindparam("id_"))
    .values(
        state="done", lines=bindparam("lines_"), skipped=bindparam("skipped_"), first_at=bindparam("first_"),
        last_at=bindparam("last_"), problem=bindparam("problem_"),
    )
)  # fmt: skip
_summary: Prepared[Any] = prepare(
    select(
        _l.state, _l.currency, func.count().label("lines"), func.sum(_l.amount_minor).label("amount"),
        func.sum(_l.fee_minor).label("fee"),
    )
    .where(_l.file_id == bindparam("file_id"))
    .group_by(_l.state, _l.currency)
    .order_by(_l.currency, _l.state)
)  # fmt: skip
_lines: Prepared[Line] = prepare(
    select(*(_l[name] for name in Line.__struct_fields__))
    .where(_l.file_id == bindparam("file_id"), _l.number > bindparam("after"))
    .order_by(_l.number)
    .limit(bindparam("most")),
    Line,
)
