"""Positions come after the commit, and each reaction is done once, whatever fails in between."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from entrepot.kernel import (
    Database,
    Event,
    Handler,
    Invalid,
    ManualClock,
    Reactions,
    Recorded,
    Relay,
    RelayThread,
    Tx,
    Unavailable,
    last_position,
    list_events,
    list_failed_reactions,
    prepare_text,
    retry_reaction,
)
from entrepot.kernel.clock import HOUR, SECOND
from entrepot.kernel.leases import acquire
from entrepot.kernel.relay import LEASE
from entrepot.kernel.testing import open_existing
from tests.kernel import things
from tests.kernel.things import AlsoHappened, Happened, add, announce, count
from tests.waiting import WAIT_S


def effect(tx: Tx, event: Happened) -> None:
    add(tx, event.what)


def other_effect(tx: Tx, event: Happened) -> None:
    add(tx, f"other {event.what}")


def relay_of(database: Database, *handlers: Handler, holder: str = "one") -> Relay:
    reactions: Reactions = {Happened: handlers}
    return Relay(database, reactions, holder)


def events(database: Database, after: int = 0) -> list[Recorded]:
    return database.read_now(lambda snapshot: list_events(snapshot, after))


def whats(recorded: list[Recorded]) -> list[str]:
    return [event.event.what for event in recorded]  # type: ignore[attr-defined]


@pytest.fixture
def second(database: Database, database_url: str) -> Iterator[Database]:
    """The same database, as another process has it open."""
    with closing(open_existing(database_url, seed=2)) as second:
        yield second


def test_an_event_has_no_position_until_the_relay_has_seen_its_commit(database: Database) -> None:
    announce(database, "a")
    assert events(database) == []
    relay_of(database).drain()
    assert [(event.position, event.event) for event in events(database)] == [(1, Happened("a"))]


def test_positions_follow_the_order_of_announcing(database: Database) -> None:
    database.write_now(lambda tx: tx.announce(*(Happened(f"{n}") for n in range(5))))
    announce(database, "5", "6")
    relay_of(database).drain()
    announce(database, "7")
    relay_of(database).drain()
    assert whats(events(database)) == [f"{n}" for n in range(8)]
    assert [event.position for event in events(database)] == list(range(1, 9))
    assert whats(events(database, after=6)) == ["6", "7"]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer: no commit comes late
def test_a_commit_that_comes_late_is_not_skipped(database: Database) -> None:
    """The first writes its event, waits, and commits after the second's was placed and read."""
    written, go_on = threading.Event(), threading.Event()

    def late(tx: Tx) -> None:
        tx.announce(Happened("late"))
        tx.flush()
        written.set()
        assert go_on.wait(WAIT_S)

    run = database.submit(late)
    assert written.wait(WAIT_S)
    announce(database, "early")
    relay = relay_of(database, effect)
    relay.drain()
    (early,) = events(database)
    go_on.set()
    run.result(WAIT_S)
    relay.drain()
    assert whats(events(database, after=early.position)) == ["late"]
    assert (count(database, "early"), count(database, "late")) == (1, 1)


def test_a_reaction_is_done_once_for_each_event_and_handler(database: Database) -> None:
    announce(database, "a", "b")
    for holder in ("one", "one", "two"):
        relay_of(database, effect, other_effect, holder=holder).drain()
    assert [count(database, name) for name in ("a", "b", "other a", "other b")] == [1, 1, 1, 1]


def test_events_of_one_handler_are_reacted_to_in_their_order(database: Database) -> None:
    order: list[str] = []
    announce(database, *(f"{n}" for n in range(30)))
    relay_of(database, lambda tx, event: order.append(event.what)).drain()
    assert order == [f"{n}" for n in range(30)]


def test_a_crash_between_the_effect_and_the_cursor_repeats_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = relay_of(database, effect)
    with monkeypatch.context() as crash:
        crash.setattr(relay, "_advance", lambda *args: 1 / 0)
        announce(database, "a", "b")
        with pytest.raises(ZeroDivisionError):
            relay.drain()
    assert count(database, "a") == 1
    relay.drain()
    assert (count(database, "a"), count(database, "b")) == (1, 1)


def test_a_handler_that_may_act_once_in_a_command_gets_commands_of_its_own(database: Database) -> None:
    """As whoever posts to the ledger: reactions that share a command would refuse each other."""

    def posts_once(tx: Tx, event: Happened) -> None:
        if not tx.is_first("post"):
            raise RuntimeError("a command posts once")
        add(tx, event.what)

    announce(database, "a", "b", "c")
    relay_of(database, posts_once).drain()
    assert [count(database, what) for what in "abc"] == [1, 1, 1]
    assert database.read_now(list_failed_reactions) == []


def test_a_failing_reaction_is_retried_alone_and_the_others_go_on(database: Database) -> None:
    broken = True

    def fragile(tx: Tx, event: Happened) -> None:
        add(tx, f"fragile {event.what}")
        if broken and event.what == "b":
            raise Invalid("the neighbour is out")

    relay = relay_of(database, fragile, other_effect)
    announce(database, "a", "b", "c")
    relay.drain()
    assert database.read_now(things.names) == ["fragile a", "fragile c", "other a", "other b", "other c"]
    broken = False
    relay.drain()
    assert count(database, "fragile b") == 0, "it waits for its time"
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(2 * SECOND)
    relay.drain()
    assert (count(database, "fragile b"), count(database, "other b")) == (1, 1)
    assert database.read_now(list_failed_reactions) == []


def test_a_failing_reaction_is_visible_and_gives_up_in_the_end_until_somebody_asks_again(database: Database) -> None:
    broken = True

    def fragile(tx: Tx, event: Happened) -> None:
        if broken:
            raise Invalid("the neighbour is out")
        add(tx, event.what)

    relay = relay_of(database, fragile)
    announce(database, "a")
    assert isinstance(database.clock, ManualClock)
    for attempt in range(1, 13):
        relay.drain()
        (failed,) = database.read_now(list_failed_reactions)
        assert failed.attempts == min(attempt, 10)
        database.clock.advance(2 * HOUR)
    assert failed.retry_at is None
    assert failed.error == "Invalid: the neighbour is out"
    assert failed.handler.endswith("fragile")
    assert failed.event_name == Happened.name
    broken = False
    database.write_now(lambda tx: retry_reaction(tx, failed.event_id, failed.handler))
    relay.drain()
    assert count(database, "a") == 1
    assert database.read_now(list_failed_reactions) == []


def test_a_reaction_that_may_not_happen_is_logged_and_recorded(database: Database) -> None:
    announce(database, "a")
    relay_of(database, lambda tx, event: 1 // 0).drain()
    (failed,) = database.read_now(list_failed_reactions)
    assert failed.error.startswith("ZeroDivisionError")


def test_an_event_announced_by_a_reaction_is_reacted_to(database: Database) -> None:
    def chain(tx: Tx, event: Happened) -> None:
        add(tx, event.what)
        if len(event.what) < 4:
            tx.announce(Happened(event.what + "a"))

    announce(database, "a")
    relay_of(database, chain).drain()
    assert database.read_now(things.names) == ["a", "aa", "aaa", "aaaa"]


def test_events_that_nobody_reacts_to_are_passed_without_a_command_each(database: Database) -> None:
    for _ in range(3):
        database.write_now(lambda tx: tx.announce(*[AlsoHappened()] * 150))
    announce(database, "a")
    relay_of(database, effect).drain()
    assert count(database, "a") == 1
    assert database.read_now(last_position) == 451


def test_a_backlog_larger_than_a_batch_and_a_round_is_reacted_to_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.kernel.relay.REACTED_MAX", 10)
    monkeypatch.setattr("entrepot.kernel.relay.BATCHES_MAX", 2)
    database.write_now(lambda tx: tx.announce(*(Happened(f"{n:02d}") for n in range(57))))
    relay_of(database, effect, other_effect).drain()
    assert database.read_now(things.names) == sorted(f"{who}{n:02d}" for who in ("", "other ") for n in range(57))


def test_events_that_no_room_declares_any_more_stop_nobody(database: Database) -> None:
    announce(database, "a")
    old = prepare_text("UPDATE kernel_events SET name = 'gone.Happened'")
    for n in range(12):
        database.write_now(lambda tx: tx.announce(*[Happened("old")] * 50))
        database.write_now(lambda tx: tx.run(old))
        assert n < 12
    announce(database, "b")
    relay_of(database, effect).drain()
    assert database.read_now(things.names) == ["b"]
    assert whats(events(database)) == ["b"]


def test_an_idle_relay_writes_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    relay = relay_of(database, effect)
    announce(database, "a")
    relay.drain()
    monkeypatch.setattr(database, "submit", lambda *args: pytest.fail("an idle relay wrote"))
    assert relay.round() == 0


def test_while_one_process_holds_the_lease_another_places_nothing(database: Database, second: Database) -> None:
    database.write_now(lambda tx: acquire(tx, LEASE, "one"))
    announce(second, "a")
    assert relay_of(second, effect, holder="two").round() == 0
    relay_of(database, effect, holder="one").drain()
    assert count(database, "a") == 1


def test_an_idle_relay_holds_no_lease_so_that_another_process_need_not_wait(
    database: Database, second: Database
) -> None:
    announce(database, "a")
    relay_of(database, effect, holder="one").drain()
    announce(second, "b")
    relay_of(second, effect, holder="two").drain()
    assert database.read_now(things.names) == ["a", "b"]


def test_a_relay_that_slept_past_its_lease_moves_no_cursor(database: Database, second: Database) -> None:
    def sleepy(tx: Tx, event: Happened) -> None:
        add(tx, event.what)

    relay = relay_of(database, sleepy, holder="one")
    announce(database, "a")
    react = relay._react

    def sleep_meanwhile(reactions: Any) -> Any:
        failures = react(reactions)
        assert isinstance(second.clock, ManualClock)
        second.clock.advance(HOUR)
        relay_of(second, sleepy, holder="two").drain()
        return failures

    relay._react = sleep_meanwhile  # type: ignore[method-assign]
    with pytest.raises(Invalid.__base__, match="passed to another"):  # type: ignore[arg-type]
        relay.round()
    assert count(database, "a") == 1


def test_many_relays_and_writers_at_once_do_everything_once(database: Database, second: Database) -> None:
    relays = [relay_of(database, effect, holder="one"), relay_of(second, effect, holder="two")]
    writing = threading.Event()

    def write(n: int) -> None:
        database.write_now(lambda tx: tx.announce(Happened(f"{n:03d}")))

    def run(relay: Relay) -> None:
        while not writing.is_set():
            relay.round()

    with ThreadPoolExecutor(8) as threads:
        running = [threads.submit(run, relay) for relay in relays]
        list(threads.map(write, range(100)))
        writing.set()
        for each in running:
            each.result(WAIT_S)
    for relay in relays:
        relay.drain()
    assert [event.position for event in events(database)] == list(range(1, 101))
    assert all(count(database, f"{n:03d}") == 1 for n in range(100))


def test_the_thread_reacts_soon_and_survives_a_database_that_refuses(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()

    def last(tx: Tx, event: Event) -> None:
        done.set()

    relay = relay_of(database, last)
    thread = RelayThread(database, relay)
    turn = relay.round
    refusals: list[Callable[[], int]] = [refuse, refuse]
    monkeypatch.setattr(relay, "round", lambda: (refusals.pop() if refusals else turn)())
    thread.start()
    announce(database, "a")
    assert done.wait(WAIT_S)
    thread.stop()
    assert not refusals


def refuse() -> int:
    raise Unavailable("the disk is full")
