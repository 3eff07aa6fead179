"""Tasks: work outside a transaction, with retry, a lease while it runs, and its outcome recorded once.

A verb records what it intends and enqueues a task in the same transaction. The task acts (a network call, a model, a
long computation) and hands its outcome to `settle`, which records it and ends the task in one commit. A worker that
dies leaves its lease to run out; the task is then taken by another. So a task may act twice and must carry an
idempotency key to whatever it acts on; it settles once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from sqlalchemy import bindparam, or_, select, update

from . import tables
from .clock import SECOND
from .database import Database
from .errors import Conflict, NotFound, Refused, Unavailable
from .lanes import Lane
from .sql import Prepared, from_json, in_set, prepare
from .stopping import NEVER, Deadline
from .tx import Snapshot, Tx

B = TypeVar("B", bound=msgspec.Struct)
T = TypeVar("T")

LEASE_S = 60
RENEW_S = 15
POLL_S = 0.5
RETRY_S = (1, 3, 10, 30, 120, 600, 1_800, 3_600)

log = structlog.get_logger(__name__)


class TaskKind(msgspec.Struct, Generic[B], frozen=True):
    """What a kind of task carries, and who does it.

    `slow` are those that may take minutes or wait for somebody else: they get half of a process's threads at most, so
    that four large feeds, or a mail server that does not answer, never keep a payment waiting.
    """

    name: str
    body: type[B]
    act: Callable[[TaskRun, B], None]
    attempts_max: int = 8
    slow: bool = False


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
            if not tx.run(_finish, **self._mine(), now_=tx.now):
                raise Conflict(f"the task {self.task_id} has passed to another worker")
            return outcome(tx)

        result = self.database.write_now(command)
        self.settled = True
        return result

    def progress(self, done: int, total: int | None) -> None:
        """Say how far it is, and keep the lease. Conflict when another worker has taken the task over."""

        def command(tx: Tx) -> None:
            until = tx.now + LEASE_S * SECOND
            if not tx.run(_progress, **self._mine(), done_=done, total_=total, until_=until):
                raise Conflict(f"the task {self.task_id} has passed to another worker")

        self.database.write_now(command, Lane.BULK)

    def later(self, seconds: int) -> None:
        """End this attempt without a result and be tried again after a while; it does not count as a failure."""
        self.database.write_now(lambda tx: tx.run(_later, **self._mine(), run_at_=tx.now + seconds * SECOND))
        self.settled = True

    def fail(self, error: Exception, attempts_max: int) -> None:
        """End this attempt with an error: tried again later and later, or stuck when it was the last."""
        stuck = self.attempt >= attempts_max
        pause_s = RETRY_S[min(self.attempt, len(RETRY_S)) - 1]
        self.database.write_now(
            lambda tx: tx.run(
                _fail,
                **self._mine(),
                error_=f"{type(error).__name__}: {error}"[:2_000],
                state_="stuck" if stuck else "waiting",
                run_at_=tx.now + pause_s * SECOND,
                finished_at_=tx.now if stuck else None,
            )
        )

    def _mine(self) -> dict[str, Any]:
        """What the row says as long as this attempt has the task."""
        return {"id_": self.task_id, "worker_": self._worker, "attempt_": self.attempt}


def get_task(snapshot: Snapshot, task_id: str) -> Task:
    """A task by id; NotFound when there is none."""
    task = snapshot.one(_get, id=task_id)
    if task is None:
        raise NotFound("There is no such task")
    return task


def retry_stuck_tasks(tx: Tx) -> int:
    """Give every stuck task its attempts back; returns how many there were."""
    again = tx.run(_retry_all, now_=tx.now)
    tx.enqueued = tx.enqueued or again > 0
    return again


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
        self._running: dict[str, TaskKind[Any]] = {}
        self._full = False
        self._renew_at = 0.0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, "entrepot-task")
        self._loop_thread = threading.Thread(target=self._loop, name="entrepot-tasks", daemon=True)
        database.when_enqueued(self._wake.set)

    def start(self) -> None:
        """Begin to take tasks."""
        self._loop_thread.start()

    def stop(self, deadline: Deadline = NEVER) -> None:
        """Take no more; wait for those under way, which are told through `TaskRun.closing`."""
        self._closing.set()
        self._wake.set()
        deadline.require(self._loop_thread, "The task queue is still at work")
        if not deadline.finish(self._pool.shutdown):
            with self._lock:
                kinds = sorted({kind.name for kind in self._running.values()})
            raise Unavailable(f"Tasks are still at work, which another start takes up again: {', '.join(kinds)}")

    def drain(self) -> int:
        """Do every task that is due, on this thread, until none is left; returns how many."""
        total = 0
        while claimed := self._claim(1, 1):
            for row in claimed:
                self._run(row)
                total += 1
        return total

    def _loop(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            claimed: list[Any] = []
            try:
                self._renew()
                claimed = self._claim_for_free()
            except Refused as refusal:
                log.warning("the task queue pauses", reason=refusal.sentence)
            except Exception:
                log.exception("the task queue pauses")
            for row in claimed:
                with self._lock:
                    self._running[row.id] = self._kinds[row.kind]
                self._pool.submit(self._run, row)
            self._wake.wait(POLL_S)

    def _claim_for_free(self) -> list[Any]:
        """Take due tasks for the threads that are free: quick ones first, slow ones for what is left of their half."""
        with self._lock:
            self._full = True  # until we know better: whoever ends meanwhile has us look again
            free = self._threads - len(self._running)
            free_for_slow = max(self._threads // 2, 1) - sum(kind.slow for kind in self._running.values())
        claimed = self._claim(free, free_for_slow) if free > 0 else []
        slow = sum(self._kinds[row.kind].slow for row in claimed)
        self._full = len(claimed) >= free or slow >= free_for_slow
        return claimed

    def _claim(self, most: int, most_slow: int) -> list[Any]:
        """Take due tasks. Asks with a read first, so that an idle queue writes nothing."""
        quick = {name: kind.attempts_max for name, kind in self._kinds.items() if not kind.slow}
        slow = {name: kind.attempts_max for name, kind in self._kinds.items() if kind.slow and most_slow > 0}

        def look(snapshot: Snapshot) -> list[bool]:
            return [bool(rows) for rows in snapshot.all_of(*(_ask(kinds, snapshot.now) for kinds in (quick, slow)))]

        def command(tx: Tx) -> list[Any]:
            claimed = _claim(tx, quick, self._name, most) if quick_due else []
            room = min(most - len(claimed), most_slow) if slow_due else 0
            return claimed + _claim(tx, slow, self._name, room) if room > 0 else claimed

        quick_due, slow_due = self._database.read_now(look)
        return self._database.write_now(command) if quick_due or slow_due else []

    def _run(self, row: Any) -> None:
        kind = self._kinds[row.kind]
        run = TaskRun(self._database, row.id, row.attempts, self._name, self._closing)
        try:
            self._act(kind, run, row.body)
        except Exception:
            log.exception("what became of a task could not be recorded; its lease runs out", task_id=row.id)
        finally:
            with self._lock:
                self._running.pop(row.id, None)
                if self._full:  # others may wait for a thread
                    self._wake.set()

    def _act(self, kind: TaskKind[Any], run: TaskRun, body: str) -> None:
        try:
            kind.act(run, from_json(body, kind.body))
            if not run.settled:
                run.settle(lambda tx: None)
        except Exception as error:
            if not isinstance(error, Refused):
                log.error("a task failed", kind=kind.name, task_id=run.task_id, attempt=run.attempt, exc_info=error)
            run.fail(error, kind.attempts_max)

    def _renew(self) -> None:
        """Keep the leases of what is under way, a few times within their length."""
        with self._lock:
            running = sorted(self._running)
        if not running or time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + RENEW_S
        self._database.write_now(
            lambda tx: tx.run(_renew, ids=running, worker_=self._name, until_=tx.now + LEASE_S * SECOND)
        )


def _ask(kinds: Iterable[str], now: int) -> tuple[Prepared[Any], dict[str, Any]]:
    """Whether a task of these kinds is due."""
    return _any_due, {"kinds": kinds, "now": now}


def _claim(tx: Tx, attempts_max: Mapping[str, int], worker: str, most: int) -> list[Any]:
    """Take due tasks, also those whose worker's lease ran out; one that keeps ending its worker is stuck."""
    due = tx.all(_due, kinds=sorted(attempts_max), now=tx.now, most=most)
    rows = [row for row in due if row.attempts < attempts_max[row.kind]]
    lost = [row.id for row in due if row.attempts >= attempts_max[row.kind]]
    if lost:
        tx.send(_give_up, ids=lost, now_=tx.now)
    if rows:
        tx.send(_take, ids=[row.id for row in rows], worker_=worker, until_=tx.now + LEASE_S * SECOND)
    return [row._replace(attempts=row.attempts + 1) for row in rows]


_t = tables.tasks.c
_is_due = or_(
    (_t.state == "waiting") & (_t.run_at <= bindparam("now")),
    (_t.state == "running") & (_t.leased_until <= bindparam("now")),
)
_any_due: Prepared[Any] = prepare(select(_t.id).where(_is_due, in_set(_t.kind, "kinds")).limit(1))
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
_give_up: Prepared[Any] = prepare(
    update(tables.tasks)
    .where(in_set(_t.id, "ids"))
    .values(state="stuck", error="its worker ended before it did, each time", finished_at=bindparam("now_"))
)
_mine = (
    (_t.id == bindparam("id_"))
    & (_t.worker == bindparam("worker_"))
    & (_t.attempts == bindparam("attempt_"))
    & (_t.state == "running")
)
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
_retry_all: Prepared[Any] = prepare(
    update(tables.tasks)
    .where(_t.state == "stuck")
    .values(state="waiting", attempts=0, run_at=bindparam("now_"), finished_at=None)
)
_seen = (
    _t.id, _t.kind, _t.state, _t.attempts, _t.run_at, _t.error, _t.done, _t.total, _t.created_at, _t.finished_at,
)  # fmt: skip
_get: Prepared[Task] = prepare(select(*_seen).where(_t.id == bindparam("id")), Task)
_stuck: Prepared[Task] = prepare(
    select(*_seen).where(_t.state == "stuck").order_by(_t.finished_at).limit(bindparam("most")), Task
)
