"""Batches at `/v1/batches`: many calls in a file, answered when there is time for them, each billed once.

    validating -> in_progress -> finalizing -> completed | expired
         |             └-> cancelling -------> cancelled
         └-> failed

A line's answer is written in the commit that bills it, and only while the line waits. So a line that has an answer has
been billed, one that has none has not, whatever died in between, and however many processes work at a batch at once.
A line that failed costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, case, func, insert, select, update

from entrepot.identity import Scope
from entrepot.kernel import (
    DAY,
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    derive_id,
    from_json,
    in_set,
    prepare,
    to_json,
)
from entrepot.kernel.sql import prepare_text

from . import tables
from .accounting import account_owner
from .dialect.asked import PATHS
from .uploads import get_upload

TASK = "cloud.batch"
WINDOW = DAY
METADATA_MAX = 16
PROBLEMS_MAX = 20

State = Literal["validating", "in_progress", "finalizing", "completed", "failed", "cancelling", "cancelled", "expired"]
ENDED: frozenset[str] = frozenset({"completed", "failed", "cancelled", "expired"})


class RunBatch(msgspec.Struct, frozen=True):
    """The task of a batch: it takes a while of work at a time, until nothing is left."""

    batch_id: str


class Problem(msgspec.Struct, frozen=True):
    """Why a file is no batch; `line` from 1."""

    code: str
    message: str
    line: int | None = None
    param: str | None = None


class Batch(msgspec.Struct, frozen=True):
    """A batch as it is stored; times in microseconds. `ended_at` is when it came to the state it is in."""

    id: str
    organisation: str
    actor: str
    roles: tuple[str, ...]
    endpoint: str
    input_file: str
    input_sha256: str
    metadata: dict[str, str]
    state: State
    problems: tuple[Problem, ...]
    output_file: str | None
    error_file: str | None
    created_at: int
    begun_at: int | None
    finalizing_at: int | None
    cancelling_at: int | None
    ended_at: int | None
    expires_at: int

    @property
    def scope(self) -> Scope:
        """Whoever sent it: its lines are called with their rights, and count against their budgets."""
        return Scope(self.actor, self.organisation, frozenset(self.roles))


class Tally(msgspec.Struct, frozen=True):
    """How far a batch is; `price` in nano units."""

    total: int = 0
    done: int = 0
    failed: int = 0
    price: int = 0


class Line(msgspec.Struct, frozen=True):
    """One call of a batch: where it stands in the file, and the name its call has for ever."""

    line: int
    custom_id: str
    begins: int
    bytes: int
    request: str
    attempts: int = 0


class AnsweredLine(msgspec.Struct, frozen=True):
    """A line with what came of it."""

    line: int
    custom_id: str
    request: str
    state: str
    status: int | None
    answer: str | None


def add_batch(tx: Tx, scope: Scope, input_file: str, endpoint: str, metadata: Mapping[str, str]) -> Batch:
    """Have the calls of a file made within a day.

    NotFound for a file that is not the caller's; Invalid for an address that batches cannot call.
    """
    if endpoint not in PATHS:
        raise Invalid(f"A batch calls one of {', '.join(PATHS)}", fields={"endpoint": "one of these"})
    if len(metadata) > METADATA_MAX:
        raise Invalid(f"A batch may have {METADATA_MAX} pieces of metadata", fields={"metadata": "fewer"})
    upload = get_upload(tx, scope, input_file)
    batch = Batch(
        tx.new_id("batch"), account_owner(scope), scope.actor, tuple(sorted(scope.roles)), endpoint, upload.id,
        upload.sha256, dict(metadata), "validating", (), None, None, tx.now, None, None, None, None, tx.now + WINDOW,
    )  # fmt: skip
    row = msgspec.structs.asdict(batch)
    tx.run(
        _insert, **{**row, "roles": to_json(batch.roles), "metadata": to_json(batch.metadata), "problems": to_json(())}
    )
    tx.enqueue(TASK, RunBatch(batch.id))
    return batch


def get_batch(snapshot: Snapshot, scope: Scope, batch_id: str) -> Batch:
    """One of the caller's batches."""
    batch = find_batch(snapshot, batch_id)
    if batch is None or batch.organisation != account_owner(scope):
        raise NotFound("There is no such batch")
    return batch


def find_batch(snapshot: Snapshot, batch_id: str) -> Batch | None:
    """A batch, whoever's it is."""
    return snapshot.one(_get, id=batch_id)


def is_wanted(snapshot: Snapshot, batch_id: str, line: int) -> bool:
    """Whether a line waits for its answer, in a batch that is in progress."""
    return bool(snapshot.value(_wanted, batch_id=batch_id, line=line))


def list_batches(snapshot: Snapshot, scope: Scope, after: str | None, most: int) -> list[Batch]:
    """The caller's batches, the newest first, from the one after `after` on."""
    return snapshot.all(_list, organisation=account_owner(scope), after=after or "~", most=most)


def tally_batches(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, Tally]:
    """How far these batches are."""
    rows = snapshot.all(_tally, ids=list(ids))
    return {row[0]: Tally(*(int(each or 0) for each in row[1:])) for row in rows}


def cancel_batch(tx: Tx, scope: Scope, batch_id: str) -> Batch:
    """Begin no more lines: those under way end, what is done stays, billed. Conflict when the batch has ended."""
    batch = get_batch(tx, scope, batch_id)
    batch = lock_batch(tx, batch.id)
    if batch.state in ENDED:
        raise Conflict(f"This batch is {batch.state} already")
    if batch.state in ("validating", "in_progress"):
        tx.run(_cancel, id_=batch.id, now_=tx.now)
    return lock_batch(tx, batch_id)


def lock_batch(tx: Tx, batch_id: str) -> Batch:
    """A batch, kept from others until the commit."""
    batch = tx.one(_lock, id=batch_id)
    assert batch is not None, "batches are never deleted"
    return batch


# --- what its runner does


def refuse_batch(tx: Tx, batch_id: str, problems: Sequence[Problem]) -> None:
    """End a batch whose file cannot be read."""
    tx.run(_refuse, id_=batch_id, problems_=to_json(tuple(problems[:PROBLEMS_MAX])), now_=tx.now)


def add_lines(tx: Tx, batch_id: str, lines: Sequence[Line]) -> None:
    """Note lines of the file; those that are there stay as they are."""
    tx.run_many(_add_line, [{"batch_id": batch_id, **_without_attempts(line)} for line in lines])


def begin_batch(tx: Tx, batch_id: str) -> None:
    """All lines are noted: they may be called now. One that is being cancelled stays so."""
    tx.run(_begin, id_=batch_id, now_=tx.now)


def list_waiting(snapshot: Snapshot, batch_id: str, most: int) -> list[Line]:
    """Lines without an answer, in the order of the file, with the attempts that were made at each."""
    return snapshot.all(_waiting, batch_id=batch_id, most=most)


def store_line(tx: Tx, batch_id: str, line: Line, answer: str, price: int) -> None:
    """Store a line's answer, in the transaction that bills it. Conflict when it has one: this call is not billed."""
    if not tx.run(_answer, batch_id_=batch_id, line_=line.line, state_="done", status_=200, answer_=answer,
                  price_=price):  # fmt: skip
        raise Conflict("This line has an answer already")


def fail_line(tx: Tx, batch_id: str, line: Line, status: int, failure: str) -> None:
    """Store why a line has no answer; one that has an answer keeps it."""
    tx.run(_answer, batch_id_=batch_id, line_=line.line, state_="failed", status_=status, answer_=failure, price_=0)


def finalize_batch(tx: Tx, batch_id: str, failure: str) -> None:
    """No line is answered any more: those that wait fail with this, and a call under way for one is not billed."""
    tx.run(_finalize, id_=batch_id, now_=tx.now)
    tx.run(_give_up, batch_id_=batch_id, answer_=failure)


def list_answered(snapshot: Snapshot, batch_id: str, state: str, after: int, most: int) -> list[AnsweredLine]:
    """Lines in a state, in the order of the file, from the one after a line on."""
    return snapshot.all(_answered, batch_id=batch_id, state=state, after=after, most=most)


def end_batch(tx: Tx, batch_id: str, state: State, output_file: str | None, error_file: str | None) -> None:
    """End a batch with its files; their lines' answers are kept no more."""
    tx.run(_end, id_=batch_id, state_=state, output_=output_file, error_=error_file, now_=tx.now)
    tx.run(_forget, batch_id_=batch_id)


def request_of(batch_id: str, line: int) -> str:
    """The name that a line's call has, however often it is tried."""
    return derive_id("req", batch_id, str(line))


def _without_attempts(line: Line) -> dict[str, Any]:
    row = msgspec.structs.asdict(line)
    del row["attempts"]
    return row


def _read(*columns: Any) -> Batch:
    values = dict(zip(Batch.__struct_fields__, columns, strict=True))
    values["roles"] = from_json(values["roles"], tuple[str, ...])
    values["metadata"] = from_json(values["metadata"], dict[str, str])
    values["problems"] = from_json(values["problems"], tuple[Problem, ...])
    return Batch(**values)


_b, _l, _r = tables.batches.c, tables.batch_lines.c, tables.requests.c
_rows = select(*(_b[name] for name in Batch.__struct_fields__))
_insert: Prepared[Any] = prepare(
    insert(tables.batches).values({column.name: bindparam(column.name) for column in tables.batches.columns})
)
_get: Prepared[Batch] = prepare(_rows.where(_b.id == bindparam("id")), _read)
_wanted: Prepared[Any] = prepare(
    select(1)
    .select_from(tables.batches.join(tables.batch_lines, _l.batch_id == _b.id))
    .where(_b.id == bindparam("batch_id"), _b.state == "in_progress")
    .where(_l.line == bindparam("line"), _l.state == "waiting")
)
_lock: Prepared[Batch] = prepare(_rows.where(_b.id == bindparam("id")).with_for_update(), _read)
_list: Prepared[Batch] = prepare(
    _rows.where(_b.organisation == bindparam("organisation"), _b.id < bindparam("after"))
    .order_by(_b.id.desc())
    .limit(bindparam("most")),
    _read,
)
_tally: Prepared[Any] = prepare(
    select(
        _l.batch_id,
        func.count().label("total"),
        func.sum(case((_l.state == "done", 1), else_=0)).label("done"),
        func.sum(case((_l.state == "failed", 1), else_=0)).label("failed"),
        func.sum(_l.price).label("price"),
    )
    .where(in_set(_l.batch_id, "ids"))
    .group_by(_l.batch_id)
)
_cancel: Prepared[Any] = prepare(
    update(tables.batches).where(_b.id == bindparam("id_")).values(state="cancelling", cancelling_at=bindparam("now_"))
)
_refuse: Prepared[Any] = prepare(
    update(tables.batches)
    .where(_b.id == bindparam("id_"), _b.state.in_(("validating", "cancelling")))
    .values(state="failed", problems=bindparam("problems_"), ended_at=bindparam("now_"))
)
_add_line: Prepared[Any] = prepare_text(
    "INSERT INTO cloud_batch_lines (batch_id, line, custom_id, begins, bytes, request, state, price) "
    "VALUES (:batch_id, :line, :custom_id, :begins, :bytes, :request, 'waiting', 0) ON CONFLICT DO NOTHING"
)
_begin: Prepared[Any] = prepare(
    update(tables.batches)
    .where(_b.id == bindparam("id_"), _b.state == "validating")
    .values(state="in_progress", begun_at=bindparam("now_"))
)
_waiting: Prepared[Line] = prepare(
    select(
        _l.line,
        _l.custom_id,
        _l.begins,
        _l.bytes,
        _l.request,
        select(func.coalesce(func.max(_r.attempt), 0)).where(_r.id == _l.request).scalar_subquery().label("attempts"),
    )
    .where(_l.batch_id == bindparam("batch_id"), _l.state == "waiting")
    .order_by(_l.line)
    .limit(bindparam("most")),
    Line,
)
_answer: Prepared[Any] = prepare(
    update(tables.batch_lines)
    .where(_l.batch_id == bindparam("batch_id_"), _l.line == bindparam("line_"), _l.state == "waiting")
    .values(
        state=bindparam("state_"), status=bindparam("status_"), answer=bindparam("answer_"), price=bindparam("price_")
    )
)
_finalize: Prepared[Any] = prepare(
    update(tables.batches)
    .where(_b.id == bindparam("id_"), _b.finalizing_at.is_(None))
    .values(state=case((_b.state == "in_progress", "finalizing"), else_=_b.state), finalizing_at=bindparam("now_"))
)
_give_up: Prepared[Any] = prepare(
    update(tables.batch_lines)
    .where(_l.batch_id == bindparam("batch_id_"), _l.state == "waiting")
    .values(state="failed", answer=bindparam("answer_"))
)
_answered: Prepared[AnsweredLine] = prepare(
    select(_l.line, _l.custom_id, _l.request, _l.state, _l.status, _l.answer)
    .where(_l.batch_id == bindparam("batch_id"), _l.state == bindparam("state"), _l.line > bindparam("after"))
    .order_by(_l.line)
    .limit(bindparam("most")),
    AnsweredLine,
)
_end: Prepared[Any] = prepare(
    update(tables.batches)
    .where(_b.id == bindparam("id_"))
    .values(
        state=bindparam("state_"),
        output_file=bindparam("output_"),
        error_file=bindparam("error_"),
        ended_at=bindparam("now_"),
    )
)
_forget: Prepared[Any] = prepare(
    update(tables.batch_lines).where(_l.batch_id == bindparam("batch_id_")).values(answer=None)
)
