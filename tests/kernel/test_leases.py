"""One holder at a time, and a number that unmasks who slept past their time."""

import pytest

from entrepot.kernel import Conflict, Database, ManualClock, acquire, release
from entrepot.kernel.clock import SECOND
from entrepot.kernel.leases import renew


def take(database: Database, holder: str) -> int | None:
    return database.write_now(lambda tx: acquire(tx, "index", holder, seconds=10))


def advance(database: Database, seconds: int) -> None:
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(seconds * SECOND)


def test_a_lease_has_one_holder_until_its_time_is_over(database: Database) -> None:
    assert take(database, "one") == 1
    assert take(database, "two") is None
    advance(database, 9)
    assert take(database, "one") == 1, "renewed, with the same number"
    advance(database, 9)
    assert take(database, "two") is None
    advance(database, 1)
    assert take(database, "two") == 2


def test_who_lost_a_lease_is_found_out_in_its_own_transaction(database: Database) -> None:
    fence = take(database, "one")
    assert fence is not None
    database.write_now(lambda tx: renew(tx, "index", "one", fence))
    for next_holder in ("two", "one"):
        advance(database, 10)
        take(database, next_holder)
        with pytest.raises(Conflict, match="passed to another"):
            database.write_now(lambda tx: renew(tx, "index", "one", fence))


def test_a_released_lease_is_free_at_once_and_only_its_holder_releases_it(database: Database) -> None:
    take(database, "one")
    database.write_now(lambda tx: release(tx, "index", "two"))
    assert take(database, "two") is None
    database.write_now(lambda tx: release(tx, "index", "one"))
    assert take(database, "two") == 2


def test_leases_of_different_names_know_nothing_of_each_other(database: Database) -> None:
    take(database, "one")
    assert database.write_now(lambda tx: acquire(tx, "other", "two")) == 1
