"""The shop pays for its own compute, each row once: crashes, lost answers and short holds included."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import cloud, ledger
from entrepot.cloud import Meter, Usage, accounts, flushing, metering, stretches
from entrepot.identity import Scope
from entrepot.kernel import SECOND, Database, Lane, ManualClock, Unavailable
from entrepot.kernel.testing import NOON, open_existing, open_file
from tests.proof import count
from tests.waiting import WAIT_S

UNIT = "USD9"
OPERATOR = Scope("usr_dana", "org_platform", frozenset({"operator"}))
MODEL = "a-model"
PER_TOKEN = 7


@pytest.fixture
def meter(database: Database) -> Iterator[Meter]:
    """A meter on a database of its own, where a token costs 7 nano units."""
    set_price(database, PER_TOKEN)
    meter = Meter(database)
    yield meter
    meter.close()


def set_price(database: Database, per_token: int) -> None:
    database.write_now(lambda tx: cloud.add_price_book(tx, MODEL, {"embedding_tokens": per_token * 10**6}))


def use(request: str, quantity: int = 5, at: int = NOON, **more: Any) -> Usage:
    return Usage(request, "embedding_tokens", quantity, MODEL, "search", at, **more)


def rows(database: Database) -> list[Usage]:
    return database.read_now(lambda snapshot: cloud.list_usage(snapshot, OPERATOR, 0, 100_000))


def assert_sound(database: Database) -> None:
    """Every proof holds, every row replays, and the shop's account has paid what its rows cost."""
    for proof in (*cloud.PROOFS, *ledger.PROOFS):
        assert list(database.read_now(proof.check).breaches) == []
    again = database.read_now(lambda snapshot: cloud.replay(snapshot, cloud.SHOP, 0, 2**62))
    assert (again.differences, again.charged) == ((), again.rated)
    earned = database.read_now(lambda snapshot: ledger.balance_of(snapshot, accounts.earned(UNIT)))
    assert earned.balance == sum(row.price for row in rows(database))


class Lossy:
    """A database whose answer to some commits is lost: the work is done, and the caller is told that it failed."""

    def __init__(self, database: Database, lost: Sequence[bool]) -> None:
        self._database = database
        self._lost = list(lost)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write_now(self, command: Callable[[Any], Any], lane: Lane = Lane.INTERACTIVE) -> Any:
        answer = self._database.write_now(command, lane)
        if isinstance(answer, flushing.Written) and self._lost and self._lost.pop(0):
            raise Unavailable("the connection was lost")
        return answer


def test_what_the_shop_uses_is_rated_and_captured(database: Database, meter: Meter) -> None:
    meter.record(use("req_1", 3, ref="req_page"))
    meter.record(use("req_2", 4))
    meter.flush()
    assert [(row.price, row.ref) for row in rows(database)] == [(21, "req_page"), (28, None)]
    assert all(row.price_book is not None for row in rows(database))
    assert_sound(database)
    meter.close()
    account = database.read_now(lambda snapshot: ledger.balance_of(snapshot, accounts.compute(cloud.SHOP, UNIT)))
    assert account.balance == cloud.Settings().standing_hold * stretches.GRANT_TIMES - 49
    assert account.pending_debits == 0
    assert_sound(database)


def test_a_row_costs_what_held_when_it_was_used_whenever_it_is_written(database: Database, meter: Meter) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    before = clock.now()
    clock.advance(SECOND)
    set_price(database, 11)
    meter.record(use("req_before", 1, at=before))
    meter.record(use("req_after", 1, at=clock.now()))
    meter.record(use("req_long_before", 1, at=before - SECOND))
    meter.flush()
    assert {row.request: row.price for row in rows(database)} == {
        "req_before": 7, "req_after": 11, "req_long_before": 7,
    }  # fmt: skip
    assert_sound(database)


def test_a_model_without_prices_costs_nothing(database: Database) -> None:
    meter = Meter(database)
    meter.record(use("req_1"))
    meter.flush()
    meter.close()
    assert [(row.price, row.price_book) for row in rows(database)] == [(0, None)]
    assert_sound(database)


def test_the_shop_pays_the_standard_price_for_models_that_have_none(database: Database) -> None:
    meter = Meter(database, standard=cloud.STANDARD)
    meter.record(use("req_1", 1_000))
    meter.record(Usage("req_2", "cpu_ms", 90, MODEL, "image", NOON))
    meter.flush()
    meter.record(use("req_3", 1_000))
    meter.close()
    assert [row.price for row in rows(database)] == [10_000, 1_000, 10_000]
    assert len({row.price_book for row in rows(database)}) == 1, "the prices are set once"
    assert_sound(database)


def test_a_group_whose_answer_was_lost_is_paid_once(
    database: Database, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Meter, "start", lambda self: None)
    lossy: Any = Lossy(database, [True, True, False])
    other = Meter(lossy)
    other.record(use("req_1"))
    for more in ("req_2", "req_3"):
        with pytest.raises(Unavailable):
            other.flush()
        other.record(use(more))
    other.flush()
    other.close()
    assert sorted(row.request for row in rows(database)) == ["req_1", "req_2", "req_3"]
    assert_sound(database)


def test_the_same_row_twice_in_one_group_counts_once(database: Database, meter: Meter) -> None:
    for quantity in (5, 5, 9):
        meter.record(use("req_1", quantity))
    meter.flush()
    assert [(row.quantity, row.price) for row in rows(database)] == [(5, 35)]
    assert_sound(database)


def test_a_hold_that_is_nearly_used_up_is_replaced_before_anybody_waits(database: Database) -> None:
    set_price(database, PER_TOKEN)
    meter = Meter(database, settings=cloud.Settings(standing_hold=100))
    meter.flush()
    for number in range(9):
        meter.record(use(f"req_{number}"))  # 35 each: three of them do not fit in 100
        meter.flush()
        assert_sound(database)
    meter.close()
    assert sum(row.price for row in rows(database)) == 9 * 35
    assert_sound(database)


def test_work_that_costs_more_than_the_hold_gets_a_larger_one(database: Database) -> None:
    set_price(database, PER_TOKEN)
    meter = Meter(database, settings=cloud.Settings(standing_hold=100))
    meter.record(use("req_0"))
    meter.flush()
    admitted = meter.admit(MODEL, "embedding_tokens", 1_000_000)
    assert admitted == 7_000_000
    [stretch] = database.read_now(stretches.list_open)
    assert stretch.amount > admitted
    meter.record(use("req_1", 900_000), admitted)
    meter.flush()
    meter.close()
    assert_sound(database)


def test_what_is_admitted_is_set_aside_in_memory(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Meter, "start", lambda self: None)  # which would have a larger hold before anybody waits
    set_price(database, 1)
    meter = Meter(database, settings=cloud.Settings(standing_hold=1_000))
    meter.record(use("req_0", 1))
    meter.flush()
    held = [meter.admit(MODEL, "embedding_tokens", 400) for _ in range(2)]
    assert [stretch.amount for stretch in database.read_now(stretches.list_open)] == [1_000]
    meter.release(held[0])
    meter.admit(MODEL, "embedding_tokens", 400)
    assert [stretch.amount for stretch in database.read_now(stretches.list_open)] == [1_000]
    meter.admit(MODEL, "embedding_tokens", 400)
    [larger] = database.read_now(stretches.list_open)
    assert larger.amount > 1_200, "three times 400 are under way"
    meter.close()


def test_nobody_but_the_shop_is_given_credit(database: Database) -> None:
    meter = Meter(database, organisation="org_chen")
    with pytest.raises(ledger.Insufficient):
        meter.flush()
    meter.close()
    assert database.read_now(stretches.list_open) == []


@pytest.fixture(scope="module")
def small_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for every example of the property test."""
    database = open_file(tmp_path_factory.mktemp("stretches"))
    set_price(database, PER_TOKEN)
    yield database
    database.close()


class Away:
    """A database that nothing can be written to while it is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_away = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write_now(self, command: Callable[[Any], Any], lane: Lane = Lane.INTERACTIVE) -> Any:
        if self.is_away:
            raise Unavailable("the disk is full")
        return self._database.write_now(command, lane)


def test_nothing_is_dropped_while_the_database_is_away(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    set_price(database, PER_TOKEN)
    monkeypatch.setattr(metering, "NOTED_MAX", 50)
    monkeypatch.setattr(Meter, "start", lambda self: None)
    away: Any = Away(database)
    meter = Meter(away)
    for number in range(50):
        meter.record(use(f"req_{number}"), meter.admit(MODEL, "embedding_tokens", 5))
    with pytest.raises(Unavailable):
        meter.admit(MODEL, "embedding_tokens", 5)
    query = cloud.embed_query(meter, f"nobody asked this before on {database.dialect}", surface="search")
    assert not query.any()
    assert query.shape == (cloud.DIMENSIONS,)
    assert meter.waiting == 50
    away.is_away = False
    assert cloud.embed_query(meter, f"nobody asked this before on {database.dialect}", surface="search").any()
    meter.close()
    assert len(rows(database)) == 51
    assert_sound(database)


def test_what_is_remembered_is_counted_and_costs_nothing(database: Database, meter: Meter) -> None:
    text = f"remembered on {database.dialect}"
    for _ in range(4):
        cloud.embed_query(meter, text, surface="search")
    meter.flush()
    assert [(row.surface, row.items) for row in rows(database)] == [("search", 1)]
    costs = database.read_now(lambda snapshot: cloud.cost_by_surface(snapshot, OPERATOR, 0, 2**62))
    assert [(each.surface, each.items, each.spared) for each in costs] == [("search", 1, 3)]


CRASH = """
    import os
    from entrepot.cloud import Meter, Usage
    from entrepot.kernel.testing import open_existing
    database = open_existing({url!r})
    meter = Meter(database)
    meter.flush()
    for number in range({written}):
        at = {noon} + number * 500_000
        meter.record(Usage(f"req_{{number}}", "embedding_tokens", 50, "a-model", "search", at))
    meter.flush()
    if {under_way}:
        meter.admit("a-model", "embedding_tokens", 50)
        meter._noted.append(Usage("req_lost", "embedding_tokens", 50, "a-model", "search", {noon}))
    os._exit(9)
"""


@pytest.mark.parametrize(("written", "expected"), [(0, [0]), (1, [50]), (9, [100])])
def test_a_kill_between_admission_and_flush_is_estimated_and_paid_by_the_shop(
    database_url: str, written: int, expected: list[int]
) -> None:
    database = open_existing(database_url, seed=2)
    set_price(database, PER_TOKEN)
    program = CRASH.format(url=database_url, written=written, noon=NOON, under_way=True)
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, timeout=WAIT_S)
    [left] = database.read_now(stretches.list_open)
    meter = Meter(database)
    meter.flush()
    [open_now] = database.read_now(stretches.list_open)
    assert open_now.id != left.id
    estimates = [row for row in rows(database) if row.usage_class == cloud.UsageClass.ESTIMATED]
    assert [row.quantity for row in estimates] == expected, "two rows a second: the busiest second has 100"
    assert [row.price for row in estimates] == [each * PER_TOKEN for each in expected]
    assert {row.organisation for row in estimates} == {cloud.SHOP}
    assert_sound(database)
    meter.close()
    assert_sound(database)
    database.close()


def test_an_estimate_never_costs_more_than_was_set_aside(database: Database) -> None:
    set_price(database, PER_TOKEN)
    stretch = database.write_now(lambda tx: stretches.begin(tx, cloud.SHOP, "elsewhere:1:x", UNIT, 1_000, []))
    database.write_now(lambda tx: flushing.write(tx, stretch, [use("req_1", 100)]))
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(stretches.SILENT_MAX)
    meter = Meter(database)
    meter.flush()
    [estimate] = [row for row in rows(database) if row.usage_class == cloud.UsageClass.ESTIMATED]
    assert (estimate.quantity, estimate.price) == (42, 294), "300 are left of the hold, and a token costs 7"
    assert_sound(database)
    meter.close()


BUSY = """
    import sys
    from entrepot.cloud import Meter, Usage
    from entrepot.kernel.testing import open_existing
    database = open_existing({url!r}, seed={seed})
    meter = Meter(database)
    for number in range(1_000_000):
        admitted = meter.admit("a-model", "embedding_tokens", 9)
        meter.record(Usage(f"req_{seed}_{{number}}", "embedding_tokens", 3, "a-model", "search", {noon}), admitted)
        if number % 7 == 0:
            meter.flush()
        if number == 0:
            print("ready", flush=True)
"""


def test_killed_in_the_middle_of_writing_every_row_is_paid_once(
    database_url: str, report_count: Callable[[str, int], None]
) -> None:
    database = open_existing(database_url, seed=99)
    set_price(database, PER_TOKEN)
    kills = count(2, 50)
    random = Random(4)
    for seed in range(kills):
        program = textwrap.dedent(BUSY.format(url=database_url, seed=seed, noon=NOON))
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as busy:
            assert busy.stdout is not None
            assert busy.stdout.readline() == b"ready\n"
            time.sleep(random.random() * 0.3)
            busy.kill()
        meter = Meter(database)
        meter.flush()
        assert len(database.read_now(stretches.list_open)) == 1, "what the dead one left is closed"
        meter.close()
        assert_sound(database)
    written = rows(database)
    assert sum(row.usage_class == cloud.UsageClass.ESTIMATED for row in written) == kills
    assert {row.price for row in written if row.usage_class == cloud.UsageClass.EXACT} == {3 * PER_TOKEN}
    report_count("processes killed while they wrote usage", kills)
    database.close()


WORK = """
    import sys
    from entrepot.cloud import Meter, Usage
    from entrepot.kernel.testing import open_existing
    database = open_existing({url!r}, seed={seed})
    meter = Meter(database)
    for number in range({rows}):
        meter.record(Usage(f"req_{seed}_{{number}}", "embedding_tokens", 3, "a-model", "search", {noon}))
        if number % 20 == 0:
            meter.flush()
    meter.close()
    database.close()
"""


def test_two_processes_meter_side_by_side(database_url: str) -> None:
    database = open_existing(database_url, seed=9)
    set_price(database, PER_TOKEN)
    each = count(200, 5_000)
    programs = [WORK.format(url=database_url, seed=seed, rows=each, noon=NOON) for seed in (1, 2)]
    working = [subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)]) for program in programs]
    assert [process.wait(timeout=2 * WAIT_S) for process in working] == [0, 0]
    assert len(rows(database)) == 2 * each
    assert {row.price for row in rows(database)} == {3 * PER_TOKEN}
    assert database.read_now(stretches.list_open) == []
    assert_sound(database)
    database.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(0, 400)),
        st.tuples(st.just("again"), st.integers(0, 5)),
        st.tuples(st.just("flush"), st.booleans()),
        st.tuples(st.just("price"), st.integers(0, 20)),
        st.tuples(st.just("close elsewhere"), st.just(0)),
        st.tuples(st.just("another meter"), st.just(0)),
    ),
    max_size=25,
)


@given(steps=STEPS)
def test_whatever_happens_each_row_is_paid_once(steps: list[tuple[str, int]], small_database: Database) -> None:
    database = small_database
    before = {row.request for row in rows(database)}
    lossy: Any = Lossy(database, [])
    settings = cloud.Settings(standing_hold=3_000)
    meter, recorded = Meter(lossy, settings=settings), {}
    meter.start = lambda: None  # type: ignore[method-assign]
    for number, (step, value) in enumerate(steps):
        if step == "record":
            name = f"req_{len(before)}_{number}"
            recorded[name] = use(name, value, at=database.clock.now())
            meter.record(recorded[name], meter.admit(MODEL, "embedding_tokens", value))
        elif step == "again" and recorded:
            meter.record(recorded[sorted(recorded)[value % len(recorded)]])
        elif step == "flush":
            lossy._lost = [bool(value)]
            try:
                meter.flush()
            except Unavailable:
                meter.flush()
            lossy._lost = []
        elif step == "price":
            database.clock.advance(SECOND)  # type: ignore[attr-defined]
            set_price(database, value)
        elif step == "close elsewhere":
            for stretch in database.read_now(stretches.list_open):
                database.write_now(lambda tx, stretch=stretch: stretches.end(tx, stretch.id))
        elif step == "another meter":
            meter.close()
            meter = Meter(lossy, settings=settings)
            meter.start = lambda: None  # type: ignore[method-assign]
    meter.close()
    written = {row.request: row.quantity for row in rows(database) if row.request not in before}
    assert written == {name: row.quantity for name, row in recorded.items()}
    assert database.read_now(stretches.list_open) == []
    assert_sound(database)
