"""What was kept long enough goes; what somebody still needs stays."""

import pytest

from entrepot.kernel import (
    DAY,
    Aging,
    Database,
    Event,
    Kept,
    ManualClock,
    Relay,
    Tidy,
    Tx,
    Workers,
    forget_events,
    forgotten_up_to,
    last_position,
    list_events,
    move_cursor,
    prepare_text,
    tidy_task,
)
from entrepot.kernel.tables import facts


class Rang(Event, frozen=True):
    number: int


def ring(database: Database, *numbers: int) -> None:
    """Announce, one command each."""
    for number in numbers:
        database.write_now(lambda tx: tx.announce(Rang(number)))  # noqa: B023


def numbers(database: Database) -> list[int]:
    """What can still be followed."""
    return [
        each.event.number for each in database.read_now(lambda s: list_events(s, 0)) if isinstance(each.event, Rang)
    ]


def forget(database: Database) -> int:
    """Forget what is older than a day, to the end."""
    total = 0
    while gone := database.write_now(lambda tx: forget_events(tx, tx.now - DAY)):
        total += gone
    return total


def pass_days(database: Database, days: int) -> None:
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(days * DAY)


def test_old_events_go_and_the_last_stays_so_that_positions_go_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.kernel.tidying.AT_ONCE_MAX", 2)
    relay = Relay(database, {}, "one")
    ring(database, 1, 2, 3, 4, 5)
    relay.drain()
    assert forget(database) == 0, "they are young"
    pass_days(database, 2)
    assert forget(database) == 4
    assert numbers(database) == [5]
    assert database.read_now(forgotten_up_to) == 4
    ring(database, 6)
    relay.drain()
    assert numbers(database) == [5, 6]
    assert database.read_now(last_position) == 6
    assert forget(database) == 1, "the sixth is young"


def test_what_a_reader_has_not_passed_stays(database: Database) -> None:
    ring(database, 1, 2, 3)
    pass_days(database, 2)
    assert forget(database) == 0, "not even the relay has passed them"
    Relay(database, {}, "one").drain()
    database.write_now(lambda tx: move_cursor(tx, "slow", 2))
    assert forget(database) == 1
    assert numbers(database) == [2, 3]


def test_an_event_whose_reaction_failed_stays_until_it_is_done(database: Database) -> None:
    broken = [True]

    def answer(tx: Tx, event: Rang) -> None:
        if broken and event.number == 1:
            raise RuntimeError("not today")

    relay = Relay(database, {Rang: (answer,)}, "one")
    ring(database, 1, 2, 3)
    relay.drain()
    pass_days(database, 2)
    assert forget(database) == 1
    assert numbers(database) == [1, 3]
    broken.clear()
    relay.drain()
    assert forget(database) == 1
    left = database.read_now(lambda s: s.all(prepare_text("SELECT event_id FROM kernel_reactions")))
    assert len(left) == 1, "what became of the reactions went with the events"


def test_the_round_keeps_for_ever_what_has_no_days(database: Database) -> None:
    asked: list[int] = []

    def forget(tx: Tx, before: int) -> int:
        asked.append((tx.now - before) // DAY)
        return len(asked) % 2

    database.write_now(lambda tx: tx.enqueue("kernel.tidy", Tidy()))
    Workers(database, [tidy_task(Kept(forget, 30), Kept(forget, 0))], "one").drain()
    assert asked == [30, 30]


def test_rows_go_from_the_oldest_on_and_a_young_one_ends_the_round(database: Database) -> None:
    aging = Aging(facts, facts.c.name, facts.c.written_at)
    add = prepare_text("INSERT INTO kernel_facts (name, value, written_at) VALUES (:name, '1', :at)")
    rows = [{"name": f"aging {n}", "at": at} for n, at in enumerate((1, 2, 9, 3))]
    database.write_now(lambda tx: tx.run_many(add, rows))
    assert database.write_now(lambda tx: aging.forget(tx, 1)) == 0
    assert database.write_now(lambda tx: aging.forget(tx, 5)) == 3
    left = database.read_now(lambda s: s.all(prepare_text("SELECT name FROM kernel_facts WHERE name LIKE 'aging%'")))
    assert [row[0] for row in left] == ["aging 2"]
