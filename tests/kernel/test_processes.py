"""What a process that died held is free at once; what a living one holds, or one of another machine, is not."""

import os
import subprocess
import sys

import msgspec
import pytest

from entrepot.kernel import Database, TaskKind, TaskRun, Workers, acquire, free_from_the_dead, is_dead, process_name


class Nothing(msgspec.Struct, frozen=True):
    """A task's body."""


@pytest.fixture
def dead() -> str:
    """The name of a process that ran on this machine."""
    code = "from entrepot.kernel import process_name; print(process_name())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def living() -> str:
    """The name of another process that runs."""
    return process_name().replace(f"/{os.getpid()}/", f"/{os.getppid()}/")


def test_a_process_is_dead_when_it_surely_runs_no_more(dead: str, living: str) -> None:
    assert is_dead(dead)
    assert not is_dead(living)
    assert not is_dead(dead.replace("/", "-far-away/", 1)), "nobody here can tell"
    assert not is_dead("whatever")


def test_a_name_with_our_own_number_is_of_a_process_before_us() -> None:
    assert process_name() != process_name()
    assert is_dead(process_name())


def test_leases_of_the_dead_are_free_and_no_others(database: Database, dead: str, living: str) -> None:
    database.write_now(lambda tx: (acquire(tx, "relay", dead), acquire(tx, "index", living)))
    assert database.write_now(free_from_the_dead) == [dead]
    assert database.write_now(lambda tx: (acquire(tx, "relay", "new"), acquire(tx, "index", "new"))) == (2, None)
    assert database.write_now(free_from_the_dead) == []


def test_a_task_whose_worker_died_is_done_by_the_next_at_once(database: Database, dead: str) -> None:
    done: list[int] = []

    def act(run: TaskRun, body: Nothing) -> None:
        done.append(run.attempt)

    kinds = [TaskKind("test.dead", Nothing, act)]
    database.write_now(lambda tx: tx.enqueue("test.dead", Nothing()))
    assert len(Workers(database, kinds, dead)._claim(1, 1)) == 1, "taken, and then it died"
    assert Workers(database, kinds, "new").drain() == 0
    database.write_now(free_from_the_dead)
    assert Workers(database, kinds, "new").drain() == 1
    assert done == [2]
