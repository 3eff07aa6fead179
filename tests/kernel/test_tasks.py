"""Tasks act outside transactions and settle once; a worker that dies loses nothing."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from entrepot.kernel import (
    Conflict,
    Database,
    Invalid,
    ManualClock,
    NotFound,
    Task,
    TaskKind,
    TaskRun,
    Workers,
    get_task,
    list_stuck_tasks,
    retry_stuck_tasks,
    retry_task,
)
from entrepot.kernel.clock import HOUR, SECOND
from entrepot.kernel.tasks import LEASE_S
from tests.kernel import things
from tests.kernel.things import add, count
from tests.waiting import WAIT_S


class Parcel(msgspec.Struct, frozen=True):
    """What the tests' tasks carry."""

    what: str


def enqueue(database: Database, what: str = "a", **how: Any) -> str | None:
    return database.write_now(lambda tx: tx.enqueue("test.send", Parcel(what), **how))


def kind(act: Callable[[TaskRun, Parcel], None], attempts_max: int = 3) -> TaskKind[Parcel]:
    return TaskKind("test.send", Parcel, act, attempts_max)


def send(run: TaskRun, parcel: Parcel) -> None:
    run.settle(lambda tx: add(tx, parcel.what))


def workers(database: Database, act: Callable[[TaskRun, Parcel], None] = send, name: str = "one") -> Workers:
    return Workers(database, [kind(act)], name)


def task(database: Database, task_id: str | None) -> Task:
    assert task_id is not None
    return database.read_now(lambda snapshot: get_task(snapshot, task_id))


def advance(database: Database, microseconds: int) -> None:
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(microseconds)


def test_a_task_is_done_and_its_outcome_recorded_in_the_commit_that_ends_it(database: Database) -> None:
    task_id = enqueue(database)
    assert task(database, task_id).state == "waiting"
    assert workers(database).drain() == 1
    assert task(database, task_id).state == "done"
    assert count(database, "a") == 1
    assert workers(database).drain() == 0


def test_a_task_that_settles_nothing_is_done_all_the_same(database: Database) -> None:
    task_id = enqueue(database)
    workers(database, lambda run, parcel: None).drain()
    assert task(database, task_id).state == "done"


def test_a_key_enqueues_once_for_ever(database: Database) -> None:
    assert enqueue(database, key="slot 1") is not None
    assert enqueue(database, key="slot 1") is None
    workers(database).drain()
    assert enqueue(database, key="slot 1") is None
    assert enqueue(database, key="slot 2") is not None


def test_a_task_of_a_refused_command_does_not_exist(database: Database) -> None:
    def command(tx: Any) -> None:
        tx.enqueue("test.send", Parcel("a"))
        raise Invalid("no")

    with pytest.raises(Invalid):
        database.write_now(command)
    assert workers(database).drain() == 0


def test_a_task_waits_for_its_time(database: Database) -> None:
    enqueue(database, run_at=database.clock.now() + HOUR)
    assert workers(database).drain() == 0
    advance(database, HOUR)
    assert workers(database).drain() == 1


def test_a_failed_attempt_is_made_again_later_and_the_last_one_sticks(database: Database) -> None:
    def fail(run: TaskRun, parcel: Parcel) -> None:
        raise Invalid("nobody at home")

    task_id, broken = enqueue(database), workers(database, fail)
    for attempt in range(1, 4):
        assert broken.drain() == 1
        assert broken.drain() == 0, "it waits before it tries again"
        assert task(database, task_id).attempts == attempt
        advance(database, HOUR)
    assert broken.drain() == 0
    (stuck,) = database.read_now(list_stuck_tasks)
    assert (stuck.id, stuck.error) == (task_id, "Invalid: nobody at home")
    database.write_now(lambda tx: retry_task(tx, stuck.id))
    assert workers(database).drain() == 1
    assert task(database, task_id).state == "done"


def test_all_that_are_stuck_are_tried_again_together(database: Database) -> None:
    def fail(run: TaskRun, parcel: Parcel) -> None:
        raise Invalid("nobody at home")

    ids, broken = [enqueue(database), enqueue(database)], workers(database, fail)
    for _ in range(3):
        broken.drain()
        advance(database, HOUR)
    assert len(database.read_now(list_stuck_tasks)) == 2
    waiting = enqueue(database)
    assert database.write_now(retry_stuck_tasks) == 2
    assert database.write_now(retry_stuck_tasks) == 0
    assert workers(database).drain() == 3
    assert [task(database, each).state for each in (*ids, waiting)] == ["done"] * 3


def test_later_is_no_failure(database: Database) -> None:
    def wait(run: TaskRun, parcel: Parcel) -> None:
        run.later(10)

    task_id = enqueue(database)
    for _ in range(9):
        assert workers(database, wait).drain() == 1
        advance(database, 10 * SECOND)
    assert task(database, task_id).attempts == 0
    assert workers(database).drain() == 1


def test_a_worker_that_died_leaves_its_task_to_another_when_its_lease_ends(database: Database) -> None:
    task_id = enqueue(database)
    died = workers(database, name="died")
    assert len(died._claim(1, 1)) == 1
    second = workers(database, name="two")
    assert second.drain() == 0
    advance(database, LEASE_S * SECOND)
    assert second.drain() == 1
    assert task(database, task_id).attempts == 2
    assert count(database, "a") == 1


def test_an_older_attempt_of_the_same_worker_does_not_settle_the_newer_one(database: Database) -> None:
    runs: list[TaskRun] = []

    def act(run: TaskRun, parcel: Parcel) -> None:
        runs.append(run)
        if run.attempt == 1:
            advance(database, LEASE_S * SECOND)
            workers(database, act).drain()
            return
        with pytest.raises(Conflict):
            runs[0].settle(lambda tx: add(tx, "a"))
        run.settle(lambda tx: add(tx, "a"))

    task_id = enqueue(database)
    workers(database, act).drain()
    assert [run.attempt for run in runs] == [1, 2]
    assert (task(database, task_id).state, count(database, "a")) == ("done", 1)


@pytest.mark.parametrize("name", ["another", "one"])
def test_who_was_taken_over_settles_nothing(database: Database, name: str) -> None:
    refused: list[Conflict] = []

    def slow(run: TaskRun, parcel: Parcel) -> None:
        if run.attempt == 1:
            advance(database, LEASE_S * SECOND)
            assert workers(database, slow, name).drain() == 1
        try:
            run.settle(lambda tx: add(tx, "a"))
        except Conflict as refusal:
            refused.append(refusal)
            raise

    task_id = enqueue(database)
    workers(database, slow).drain()
    assert len(refused) == 1
    assert count(database, "a") == 1
    assert task(database, task_id).state == "done"


def test_who_was_taken_over_learns_it_when_it_reports_progress(database: Database) -> None:
    def slow(run: TaskRun, parcel: Parcel) -> None:
        if run.attempt == 1:
            advance(database, LEASE_S * SECOND)
            workers(database, name="two").drain()
            with pytest.raises(Conflict):
                run.progress(1, 2)

    enqueue(database)
    workers(database, slow).drain()
    assert count(database, "a") == 1


def test_a_task_that_keeps_ending_its_worker_is_stuck_in_the_end(database: Database) -> None:
    task_id = enqueue(database)
    for attempt in range(3):
        assert len(workers(database, name=f"died {attempt}")._claim(1, 1)) == 1
        advance(database, LEASE_S * SECOND)
    assert workers(database).drain() == 0
    assert task(database, task_id).state == "stuck"


def test_a_failed_outcome_leaves_the_task_to_be_tried_again(database: Database) -> None:
    def half(run: TaskRun, parcel: Parcel) -> None:
        def outcome(tx: Any) -> None:
            add(tx, parcel.what)
            raise Invalid("not like this")

        run.settle(outcome)

    task_id = enqueue(database)
    workers(database, half).drain()
    assert (task(database, task_id).state, count(database, "a")) == ("waiting", 0)


def test_progress_is_seen_and_keeps_the_lease(database: Database) -> None:
    seen: list[Task] = []

    def slow(run: TaskRun, parcel: Parcel) -> None:
        for done in range(1, 4):
            advance(database, (LEASE_S - 1) * SECOND)
            run.progress(done, 3)
            assert workers(database, name="two").drain() == 0
        seen.append(task(database, run.task_id))

    enqueue(database)
    workers(database, slow).drain()
    assert (seen[0].done, seen[0].total) == (3, 3)


def test_kinds_that_this_process_does_not_know_are_left_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.write_now(lambda tx: tx.enqueue("test.other", Parcel("a")))
    monkeypatch.setattr(database, "submit", lambda *args: pytest.fail("an idle queue wrote"))
    assert workers(database).drain() == 0


def test_a_task_that_does_not_exist_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        task(database, "tsk_nowhere")


def test_threads_do_what_is_enqueued_at_once_and_each_once(database: Database) -> None:
    done = threading.Semaphore(0)

    def act(run: TaskRun, parcel: Parcel) -> None:
        run.settle(lambda tx: add(tx, parcel.what))
        done.release()

    two = [workers(database, act, name) for name in ("one", "two")]
    for each in two:
        each.start()
    for n in range(40):
        enqueue(database, f"{n:02d}")
    assert all(done.acquire(timeout=60) for _ in range(40))
    for each in two:
        each.stop()
    assert database.read_now(things.names) == [f"{n:02d}" for n in range(40)]
    assert all(count(database, f"{n:02d}") == 1 for n in range(40))


def test_stop_tells_long_tasks_and_waits_for_them(database: Database) -> None:
    begun = threading.Event()

    def long(run: TaskRun, parcel: Parcel) -> None:
        begun.set()
        while not run.closing:
            threading.Event().wait(0.01)
        run.later(0)

    task_id, running = enqueue(database), workers(database, long)
    running.start()
    assert begun.wait(WAIT_S)
    running.stop()
    assert task(database, task_id).state == "waiting"


def test_the_lease_of_a_long_task_is_renewed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.kernel.tasks.RENEW_S", 0.0)
    monkeypatch.setattr("entrepot.kernel.tasks.POLL_S", 0.01)
    begun, go_on = threading.Event(), threading.Event()

    def long(run: TaskRun, parcel: Parcel) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)

    task_id, running = enqueue(database), workers(database, long)
    running.start()
    assert begun.wait(WAIT_S)
    advance(database, (LEASE_S - 1) * SECOND)
    renewed = threading.Event()
    running._renew = lambda renew=running._renew: (renew(), renewed.set())  # type: ignore[misc, method-assign]
    assert renewed.wait(WAIT_S)
    advance(database, (LEASE_S - 1) * SECOND)
    assert workers(database, name="two").drain() == 0
    go_on.set()
    running.stop()
    assert task(database, task_id).attempts == 1
