"""Tasks: work outside a transaction, with retry, a lease while it runs, and its outcome recorded once.

A verb records what it intends and enqueues a task in the same transaction. The task acts (a network call, a model, a
long computation) and hands its outcome to `settle`, which records it and ends the task in one commit. A worker that
dies leaves its lease to run out; the task is then taken by another. So a task may act twice and must carry an
idempotency key to whatever it acts on; it settles once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from sqlalchemy import bindparam, or_, select, update

from . import tables
from .clock import SECOND
from .database import Database
from .errors import Conflict, NotFound, Refused
from .lanes import Lane
from .sql import Prepared, from_json, in_set, prepare
from .tx import Snapshot, Tx

B = TypeVar("B", bound=msgspec.Struct)
T = TypeVar("T")

LEASE_S = 60
POLL_S = 0.5
RETRY_S = (1, 3, 10, 30, 120, 600, 1_800, 3_600)

log = structlog.get_logger(__name__)


class TaskKind(msgspec.Struct, Generic[B], frozen=True):
    """What a kind of task carries, and who does it."""

    name: str
    body: type[B]
    act: Callable[[TaskRun, B], None]
    attempts_max: int = 8


class Task(msgspec.Struct, frozen=True):
    """A task as its owner or the operator sees it; times in microseconds."""

    id: str
    kind: str
    state: str
    attempts: int
    run_at: int
    error: str | None
    done: int | None
    total: int | None
    created_at: int
    finished_at: int | None


class TaskRun:
    """One attempt at a task, given to its `act`."""

    def __init__(self, database: Database, task_id: str, attempt: int, worker: str, closing: threading.Event) -> None:
        self.database = database
        self.task_id = task_id
        self.attempt = attempt
        self.settled = False
        self._worker = worker
        self._closing = closing

    @property
    def closing(self) -> bool:
        """Whether the program wants to stop: long work saves where it is and returns `later`."""
        return self._closing.is_set()

    def settle(self, outcome: Callable[[Tx], T]) -> T:
        """Record the outcome and end the task, in one commit. Conflict when another worker has taken it over."""

        def command(tx: Tx) -> T:
            if not tx.run(_finish, id_=self.task_id, worker_=self._worker, now_=tx.now):
                raise Conflict(f"the task {self.task_id} has passed to another worker")
            return outcome(tx)

        result = self.database.write_now(command)
        self.settled = True
        return result

    def progress(self, done: int, total: int | None) -> None:
        """Say how far it is, and keep the lease."""
        self.database.write_now(
            lambda tx: tx.run(
                _progress,
                id_=self.task_id,
                worker_=self._worker,
                done_=done,
                total_=total,
                until_=tx.now + LEASE_S * SECOND,
            ),
            Lane.BULK,
        )

    def later(self, seconds: int) -> None:
        """End this attempt without a result and be tried again after a while; it does not count as a failure."""
        self.database.write_now(
            lambda tx: tx.run(_later, id_=self.task_id, worker_=self._worker, run_at_=tx.now + seconds * SECOND)
        )
        self.settled = True


def get_task(snapshot: Snapshot, task_id: str) -> Task:
    """A task by id; NotFound when there is none."""
    task = snapshot.one(_get, id=task_id)
    if task is None:
        raise NotFound("There is no such task")
    return task


def list_stuck_tasks(snapshot: Snapshot, most: int = 100) -> list[Task]:
    """Tasks that have no attempt left, oldest first."""
    return snapshot.all(_stuck, most=most)


def retry_task(tx: Tx, task_id: str) -> None:
    """Give a stuck task its attempts back."""
    if tx.run(_retry, id_=task_id, now_=tx.now):
        tx.enqueued = True


class Workers:
    """Threads that do the tasks that are due, of the kinds that the program declares."""

    def __init__(self, database: Database, kinds: Sequence[TaskKind[Any]], name: str, threads: int = 4) -> None:
        self._database = database
        self._kinds: Mapping[str, TaskKind[Any]] = {kind.name: kind for kind in kinds}
        self._name = name
        self._threads = threads
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._running: set[str] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, "entrepot-task")
        self._loop_thread = threading.Thread(target=self._loop, name="entrepot-tasks", daemon=True)
        database.when_enqueued(self._wake.set)

    def start(self) -> None:
        """Begin to take tasks."""
        self._loop_thread.start()

    def stop(self) -> None:
        """Take no more; wait for those under way, which are told through `TaskRun.closing`."""
        self._closing.set()
        self._wake.set()
        if self._loop_thread.is_alive():
            self._loop_thread.join()
        self._pool.shutdown(wait=True)

    def drain(self) -> int:
        """Do every task that is due, on this thread, until none is left; returns how many."""
        total = 0
        while claimed := self._claim(1):
            for row in claimed:
                self._run(row)
                total += 1
        return total

    def _loop(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            claimed: list[Any] = []
            try:
                if (free := self._threads - len(self._running)) > 0:
                    claimed = self._claim(free)
            except Exception as error:
                log.warning("the task queue pauses", reason=str(error))
            for row in claimed:
                with self._lock:
                    self._running.add(row.id)
                self._pool.submit(self._run, row)
            if not claimed:
                self._wake.wait(POLL_S)
                self._renew()

    def _claim(self, most: int) -> list[Any]:
        due = self._database.read_now(lambda snapshot: snapshot.value(_any_due, now=snapshot.now))
        if due is None:
            return []
        return self._database.write_now(lambda tx: _claim(tx, sorted(self._kinds), self._name, most))

    def _run(self, row: Any) -> None:
        kind = self._kinds[row.kind]
        run = TaskRun(self._database, row.id, row.attempts, self._name, self._closing)
        try:
            kind.act(run, from_json(row.body, kind.body))
            if not run.settled:
                run.settle(lambda tx: None)
        except Exception as error:
            self._fail(run, kind, error)
        finally:
            with self._lock:
                self._running.discard(row.id)
            self._wake.set()

    def _fail(self, run: TaskRun, kind: TaskKind[Any], error: Exception) -> None:
        if not isinstance(error, Refused):
            log.error("a task failed", kind=kind.name, task_id=run.task_id, attempt=run.attempt, exc_info=error)
        text = f"{type(error).__name__}: {error}"[:2_000]
        stuck = run.attempt >= kind.attempts_max
        pause_s = RETRY_S[min(run.attempt, len(RETRY_S)) - 1]

        def record(tx: Tx) -> None:
            tx.run(
                _fail,
                id_=run.task_id,
                worker_=self._name,
                error_=text,
                state_="stuck" if stuck else "waiting",
                run_at_=tx.now + pause_s * SECOND,
                finished_at_=tx.now if stuck else None,
            )

        try:
            self._database.write_now(record)
        except Refused as refusal:
            log.warning("a task's failure could not be recorded; its lease will run out", reason=refusal.sentence)

    def _renew(self) -> None:
        with self._lock:
            running = sorted(self._running)
        if running:
            self._database.submit(
                lambda tx: tx.run(_renew, ids=running, worker_=self._name, until_=tx.now + LEASE_S * SECOND), Lane.BULK
            )


def _claim(tx: Tx, kinds: list[str], worker: str, most: int) -> list[Any]:
    """Take due tasks, also those whose worker's lease ran out."""
    rows = tx.all(_due, kinds=kinds, now=tx.now, most=most)
    ids = [row.id for row in rows]
    if ids:
        tx.run(_take, ids=ids, worker_=worker, until_=tx.now + LEASE_S * SECOND)
    return [row._replace(attempts=row.attempts + 1) for row in rows]


_t = tables.tasks.c
_is_due = or_(
    (_t.state == "waiting") & (_t.run_at <= bindparam("now")),
    (_t.state == "running") & (_t.leased_until <= bindparam("now")),
)
_any_due: Prepared[Any] = prepare(select(_t.id).where(_is_due).limit(1))
_due: Prepared[Any] = prepare(
    select(_t.id, _t.kind, _t.body, _t.attempts)
    .where(_is_due, in_set(_t.kind, "kinds"))
    .order_by(_t.run_at, _t.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_take: Prepared[Any] = prepare(
    update(tables.tasks)
    .where(in_set(_t.id, "ids"))
    .values(state="running", worker=bindparam("worker_"), leased_until=bindparam("until_"), attempts=_t.attempts + 1)
)
_renew: Prepared[Any] = prepare(
    update(tables.tasks)
    .where(in_set(_t.id, "ids"), _t.worker == bindparam("worker_"), _t.state == "running")
    .values(leased_until=bindparam("until_"))
)
_mine = (_t.id == bindparam("id_")) & (_t.worker == bindparam("worker_")) & (_t.state == "running")
_finish: Prepared[Any] = prepare(
    update(tables.tasks).where(_mine).values(state="done", finished_at=bindparam("now_"), error=None)
)
_progress: Prepared[Any] = prepare(
    update(tables.tasks)
    .where(_mine)
    .values(done=bindparam("done_"), total=bindparam("total_"), leased_until=bindparam("until_"))
)
_later: Prepared[Any] = prepare(
    update(tables.tasks)
    .where(_mine)
    .values(state="waiting", run_at=bindparam("run_at_"), attempts=_t.attempts - 1, leased_until=None)
)
_fail: Prepared[Any] = prepare(
    update(tables.tasks)
    .where(_mine)
    .values(
        state=bindparam("state_"),
        error=bindparam("error_"),
        run_at=bindparam("run_at_"),
        finished_at=bindparam("finished_at_"),
    )
)
_retry: Prepared[Any] = prepare(
    update(tables.tasks)
    .where(_t.id == bindparam("id_"), _t.state == "stuck")
    .values(state="waiting", attempts=0, run_at=bindparam("now_"), finished_at=None)
)
_seen = (
    _t.id, _t.kind, _t.state, _t.attempts, _t.run_at, _t.error, _t.done, _t.total, _t.created_at, _t.finished_at,
)  # fmt: skip
_get: Prepared[Task] = prepare(select(*_seen).where(_t.id == bindparam("id")), Task)
_stuck: Prepared[Task] = prepare(
    select(*_seen).where(_t.state == "stuck").order_by(_t.finished_at).limit(bindparam("most")), Task
)
