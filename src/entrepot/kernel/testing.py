"""Public fakes and fixtures for tests of any room: a database of its own, a clock that is told, chance from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from .clock import ManualClock
from .database import Database, sqlite_url
from .reactions import Reactions
from .relay import Relay
from .sql import METADATA
from .tasks import TaskKind, Workers

NOON = 1_767_268_800_000_000
"""2026-01-01 12:00 UTC, when tests begin."""


def open_database(url: str, *, seed: int = 1, now: int = NOON) -> Database:
    """A database with a manual clock and seeded chance; its tables are made from what the imported rooms declare."""
    create_tables(url)
    return open_existing(url, seed=seed, now=now)


def open_existing(url: str, *, seed: int = 1, now: int = NOON) -> Database:
    """The same for a database that has its tables."""
    return Database(url, clock=ManualClock(now), random=Random(seed))


def open_file(folder: Path, *, seed: int = 1, now: int = NOON) -> Database:
    """The same, in a file in this folder."""
    return open_database(sqlite_url(folder / "entrepot.db"), seed=seed, now=now)


def create_tables(url: str) -> None:
    """Make the declared tables that are missing."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(url, poolclass=NullPool)
    METADATA.create_all(engine)
    engine.dispose()


def settle(database: Database, reactions: Reactions, kinds: Sequence[TaskKind[Any]] = ()) -> None:
    """Run reactions and due tasks on this thread until nothing is left to do."""
    relay = Relay(database, reactions, "test")
    workers = Workers(database, kinds, "test")
    while relay.drain() + workers.drain():
        pass
