"""What comes again by the clock comes once per slot."""

import threading

import msgspec
import pytest

from entrepot.kernel import (
    Database,
    ManualClock,
    Scheduled,
    ScheduleThread,
    TaskKind,
    Tidy,
    Workers,
    enqueue_due,
    prepare_text,
    tidy_task,
)
from entrepot.kernel.clock import DAY, SECOND
from entrepot.kernel.leases import acquire
from entrepot.kernel.schedule import LEASE
from tests.waiting import WAIT_S


class Sweep(msgspec.Struct, frozen=True):
    """The tests' scheduled task."""


SCHEDULE = [Scheduled("test.sweep", Sweep(), every_s=60)]


def test_a_slot_is_enqueued_once_whoever_asks_and_the_next_one_again(database: Database) -> None:
    def due() -> int:
        return database.write_now(lambda tx: enqueue_due(tx, SCHEDULE))

    assert [due(), due()] == [1, 0]
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(59 * SECOND)
    assert due() == 0
    database.clock.advance(1 * SECOND)
    assert [due(), due()] == [1, 0]


def test_two_threads_enqueue_a_slot_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.kernel.schedule.TICK_S", 0.01)
    enqueued = threading.Event()
    database.when_enqueued(enqueued.set)
    schedules = [ScheduleThread(database, SCHEDULE, holder) for holder in ("one", "two")]
    for schedule in schedules:
        schedule.start()
    assert enqueued.wait(WAIT_S)
    for schedule in schedules:
        schedule.stop()
    done: list[int] = []
    kind = TaskKind("test.sweep", Sweep, lambda run, body: done.append(1))
    Workers(database, [kind], "one").drain()
    assert done == [1]


def test_a_slot_whose_holder_ended_is_enqueued_by_another(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.kernel.schedule.TICK_S", 0.01)
    enqueued = threading.Event()
    database.when_enqueued(enqueued.set)
    database.write_now(lambda tx: acquire(tx, LEASE, "ended", seconds=30))
    schedule = ScheduleThread(database, SCHEDULE, "two")
    schedule.start()
    assert not enqueued.wait(0.1)
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(30 * SECOND)
    assert enqueued.wait(WAIT_S)
    schedule.stop()


def test_tidying_forgets_what_was_done_long_ago_and_remembers_what_is_once_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.kernel.tidying.AT_ONCE_MAX", 2)
    sweep = TaskKind("test.sweep", Sweep, lambda run, body: None)

    def enqueue(*keys: str | None) -> None:
        database.write_now(lambda tx: [tx.enqueue("test.sweep", Sweep(), key=key) for key in keys])

    enqueue(None, None, None, "slot 1", "slot 2", "order 1")
    Workers(database, [sweep], "one").drain()
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(8 * DAY)
    enqueue(None)
    database.write_now(lambda tx: tx.enqueue("kernel.tidy", Tidy()))
    Workers(database, [tidy_task(), sweep], "one").drain()
    left = database.read_now(
        lambda snapshot: snapshot.all(prepare_text("SELECT key FROM kernel_tasks WHERE kind = 'test.sweep'"))
    )
    assert sorted(str(row[0]) for row in left) == ["None", "order 1"]
