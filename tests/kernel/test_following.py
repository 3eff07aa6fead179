"""Following: whoever waits in this process is told of what it announces, once it is committed."""

from __future__ import annotations

import pytest

from entrepot.kernel import Database, Tx
from tests.kernel.things import AlsoHappened, Happened, announce


def test_an_event_is_told_to_those_who_follow_its_kind_after_its_commit(database: Database) -> None:
    told: list[str] = []
    database.follow(Happened, lambda event: told.append(event.what))

    def command(tx: Tx) -> None:
        tx.announce(Happened("a"), Happened("b"), AlsoHappened("c"))
        assert told == [], "not before the commit"

    database.write_now(command)
    announce(database, "d")
    assert told == ["a", "b", "d"]


def test_what_a_failed_command_announced_is_told_to_nobody(database: Database) -> None:
    told: list[str] = []
    database.follow(Happened, lambda event: told.append(event.what))

    def command(tx: Tx) -> None:
        tx.announce(Happened("a"))
        raise LookupError("no")

    with pytest.raises(LookupError):
        database.write_now(command)
    assert told == []
