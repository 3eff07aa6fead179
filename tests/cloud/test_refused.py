"""Refused calls leave a trace: counted in memory, written together, shown to those who made them and to nobody else."""

from __future__ import annotations

import pytest

from entrepot import cloud
from entrepot.cloud import refused
from entrepot.cloud.refusals import Busy, TooLong
from entrepot.cloud.refused import Refusals
from entrepot.kernel import HOUR, Conflict, Database, Invalid, NotAllowed, NotSignedIn, Refused, TooMany
from tests.cloud.money import BRUNO, CHEN

ME = str(CHEN.organisation)
SPENT = cloud.OverBudget("The budget 'tests' does not cover what this could cost: raise it")


def written(database: Database, refusals: Refusals) -> int:
    """Write what waits; returns how many rows that was."""
    rows = refusals.take()
    database.write_now(lambda tx: cloud.write_refused(tx, rows))
    return len(rows)


def shown(database: Database, **wish: str) -> list[tuple[str, str, str, int, str]]:
    found = database.read_now(lambda s: cloud.list_refused(s, CHEN, cloud.UsageWish(**wish)))  # type: ignore[arg-type]
    return [(each.caller, each.model, each.reason, each.calls, each.said) for each in found]


def test_a_flood_of_refusals_is_one_row_that_says_how_many_and_by_which_budget(database: Database) -> None:
    refusals, now = Refusals(), database.clock.now()
    for _ in range(1_000):
        refusals.note(ME, "key_1", "talker", SPENT, now)
    other = cloud.OverBudget("The budget 'more' does not cover what this could cost: raise it")
    refusals.note(ME, "key_1", "talker", other, now - 1)
    assert written(database, refusals) == 2
    assert written(database, refusals) == 0, "each is written once"
    assert shown(database) == [
        ("key_1", "talker", "budget", 1_000, SPENT.sentence), ("key_1", "talker", "budget", 1, other.sentence)
    ]  # fmt: skip


def test_what_two_processes_and_two_hours_counted_is_added_up_with_what_was_said_last(database: Database) -> None:
    one, other, now = Refusals(), Refusals(), database.clock.now()
    one.note(ME, "key_1", "talker", TooLong("zz: 9 tokens", fields={"messages": "x"}), now - HOUR)
    one.note(ME, "key_1", "talker", TooLong("5 tokens", fields={"messages": "x"}), now)
    other.note(ME, "key_1", "talker", TooLong("7 tokens", fields={"messages": "x"}), now + 1)
    assert (written(database, one), written(database, other)) == (2, 1)
    assert shown(database) == [("key_1", "talker", "too_long", 3, "7 tokens")]
    assert database.read_now(lambda s: cloud.count_refused(s, CHEN, now - 2 * HOUR)) == 3


def test_refusals_are_shown_to_the_organisation_that_made_them_alone(database: Database) -> None:
    refusals, now = Refusals(), database.clock.now()
    refusals.note(ME, "key_1", "talker", SPENT, now)
    refusals.note(ME, "key_2", "other", TooMany("too fast"), now)
    written(database, refusals)
    assert database.read_now(lambda s: cloud.list_refused(s, BRUNO, cloud.UsageWish())) == []
    assert database.read_now(lambda s: cloud.count_refused(s, BRUNO, 0)) == 0
    assert [row[0] for row in shown(database, key="key_2")] == ["key_2"]
    assert [row[1] for row in shown(database, model="talker")] == ["talker"]


def test_models_that_do_not_exist_fill_no_disk(database: Database) -> None:
    refusals, now = Refusals(), database.clock.now()
    for number in range(10_000):
        refusals.note(ME, "key_1", f"no-such-{number}", TooLong("x"), now)
    assert written(database, refusals) <= refused.ROWS_MAX + 1
    rows = database.read_now(lambda s: cloud.count_refused(s, CHEN, 0))
    assert rows == 10_000, "none is left out of the count"


def test_what_could_not_be_written_waits(database: Database) -> None:
    refusals, now = Refusals(), database.clock.now()
    refusals.note(ME, "key_1", "talker", SPENT, now)
    rows = refusals.take()
    refusals.note(ME, "key_1", "talker", SPENT, now)
    refusals.give_back(rows)
    assert written(database, refusals) == 1
    assert shown(database)[0][3] == 2


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [(SPENT, "budget"), (cloud.OutOfCredit("x"), "credit"), (TooMany("x"), "pace"), (Busy("x"), "busy"),
     (NotSignedIn("x"), "key"), (cloud.UnknownModel("x"), "model"), (Invalid("x"), "invalid"),
     (Conflict("x"), "conflict"), (NotAllowed("x"), "not_allowed")],
)  # fmt: skip
def test_each_refusal_has_its_reason(refusal: Refused, reason: str) -> None:
    assert refused.reason_of(refusal) == reason


def test_what_is_old_is_forgotten(database: Database) -> None:
    refusals, now = Refusals(), database.clock.now()
    refusals.note(ME, "key_1", "talker", SPENT, now - refused.KEPT - HOUR)
    refusals.note(ME, "key_1", "talker", SPENT, now)
    written(database, refusals)
    assert database.write_now(refused.forget_refused) == 1
    assert database.read_now(lambda s: cloud.count_refused(s, CHEN, 0)) == 1
