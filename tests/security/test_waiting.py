"""Work that takes long, or waits for somebody who does not answer, must not keep payments waiting."""

import threading
import time

import msgspec

from entrepot.kernel import Database, TaskKind, TaskRun, Workers
from entrepot.kernel.clock import SECOND
from tests.waiting import WAIT_S


class Nothing(msgspec.Struct, frozen=True):
    """What these tasks carry."""


def test_slow_tasks_leave_threads_to_the_quick(database: Database) -> None:
    over, charged, slow_at_once = threading.Event(), threading.Event(), []
    begun = threading.Semaphore(0)

    def feed(run: TaskRun, body: Nothing) -> None:
        slow_at_once.append(run.task_id)
        begun.release()
        over.wait(WAIT_S)

    def charge(run: TaskRun, body: Nothing) -> None:
        charged.set()

    kinds = [TaskKind("test.feed", Nothing, feed, slow=True), TaskKind("test.charge", Nothing, charge)]
    workers = Workers(database, kinds, "one", threads=4)
    for number in range(6):
        at = database.clock.now() - SECOND
        database.write_now(lambda tx, n=number, at=at: tx.enqueue("test.feed", Nothing(), key=f"{n}", run_at=at))
    workers.start()
    try:
        assert begun.acquire(timeout=60)
        assert begun.acquire(timeout=60)
        database.write_now(lambda tx: tx.enqueue("test.charge", Nothing()))
        assert charged.wait(60), "a charge waits for somebody's feeds"
        time.sleep(0.7)
        assert len(slow_at_once) == 2
    finally:
        over.set()
        workers.stop()
