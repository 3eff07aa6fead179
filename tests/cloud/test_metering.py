"""The meter: noting costs nothing, writing happens once, a crash leaves nothing open."""

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator

import pytest

from entrepot import cloud, ledger
from entrepot.cloud import Meter, Usage, accounts, stretches
from entrepot.identity import Scope
from entrepot.kernel import MINUTE, Database, ManualClock, Proof
from entrepot.kernel.testing import NOON
from tests.waiting import WAIT_S, eventually

UNIT = "USD9"
OPERATOR = Scope("usr_dana", "org_platform", frozenset({"operator"}))


@pytest.fixture
def meter(database: Database) -> Iterator[Meter]:
    """A meter on a database of its own."""
    meter = Meter(database)
    yield meter
    meter.close()


def use(request: str, quantity: int = 5, **more: object) -> Usage:
    return Usage(request, "embedding_tokens", quantity, "a-model", "search", NOON, **more)  # type: ignore[arg-type]


def rows(database: Database) -> list[Usage]:
    return database.read_now(lambda snapshot: cloud.list_usage(snapshot, OPERATOR, 0))


def breaches(database: Database, *proofs: Proof) -> list[str]:
    found = [database.read_now(proof.check) for proof in proofs or (*cloud.PROOFS, *ledger.PROOFS)]
    return [breach for finding in found for breach in finding.breaches]


def test_what_is_recorded_is_written_with_surface_and_ref(database: Database, meter: Meter) -> None:
    meter.record(use("req_1", 7, ref="req_page"))
    meter.flush()
    assert rows(database) == [use("req_1", 7, ref="req_page")]
    assert breaches(database) == []


def test_recorded_usage_is_in_the_database_within_a_second(database: Database, meter: Meter) -> None:
    meter.record(use("req_1"))
    eventually(lambda: rows(database))
    assert len(rows(database)) == 1


def test_the_same_use_counts_once(database: Database, meter: Meter) -> None:
    for _ in range(3):
        meter.record(use("req_1"))
        meter.flush()
    meter.record(use("req_1", attempt=2))
    meter.flush()
    assert len(rows(database)) == 2


def test_a_stretch_holds_from_the_shops_account_and_gives_everything_back(database: Database) -> None:
    meter = Meter(database)
    meter.flush()
    account = accounts.compute(cloud.SHOP, UNIT)
    held = database.read_now(lambda snapshot: ledger.balance_of(snapshot, account))
    assert held.pending_debits == cloud.Settings().standing_hold
    assert breaches(database) == []
    meter.close()
    after = database.read_now(lambda snapshot: ledger.balance_of(snapshot, account))
    assert (after.pending_debits, after.balance) == (0, held.balance)
    assert breaches(database) == []
    assert database.read_now(stretches.list_open) == []


def test_two_meters_of_one_process_leave_each_other_alone(database: Database, meter: Meter) -> None:
    other = Meter(database)
    meter.flush()
    other.flush()
    assert len(database.read_now(stretches.list_open)) == 2
    other.close()
    assert len(database.read_now(stretches.list_open)) == 1


def test_a_stretch_that_another_process_closed_is_replaced(database: Database, meter: Meter) -> None:
    meter.record(use("req_1"))
    meter.flush()
    [stretch] = database.read_now(stretches.list_open)
    database.write_now(lambda tx: stretches.end(tx, stretch.id))
    meter.record(use("req_2"))
    meter.flush()
    assert {row.request for row in rows(database)} == {"req_1", "req_2"}
    assert breaches(database) == []


def test_a_stretch_of_another_machine_is_closed_only_when_it_has_long_been_silent(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    database.write_now(lambda tx: stretches.begin(tx, cloud.SHOP, "elsewhere:1:x", UNIT, 1_000, []))
    for minutes, still_open in ((5, 2), (6, 1)):
        clock.advance(minutes * MINUTE)
        meter = Meter(database)
        meter.flush()
        assert len(database.read_now(stretches.list_open)) == still_open
        meter.close()
    assert breaches(database) == []


@pytest.mark.parametrize("settled", [True, False])
def test_the_next_start_closes_what_a_killed_process_left_and_estimates_the_rest(
    database_url: str, settled: bool
) -> None:
    program = f"""
        import os
        from entrepot.cloud import Meter, Usage
        from entrepot.kernel.testing import open_existing
        database = open_existing({database_url!r})
        meter = Meter(database)
        meter.flush()
        if {settled}:
            meter.record(Usage("req_1", "embedding_tokens", 50, "a-model", "search", {NOON}))
            meter.flush()
        os._exit(9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, timeout=WAIT_S)
    from entrepot.kernel.testing import open_existing

    database = open_existing(database_url, seed=2)
    meter = Meter(database)
    assert len(database.read_now(stretches.list_open)) == 1
    meter.flush()
    assert len(database.read_now(stretches.list_open)) == 1
    estimates = [row for row in rows(database) if row.usage_class == cloud.UsageClass.ESTIMATED]
    assert [row.quantity for row in estimates] == [50 if settled else 0]
    assert breaches(database) == []
    meter.close()
    assert breaches(database) == []
    database.close()


def test_a_hold_changed_by_hand_is_found(database: Database, meter: Meter) -> None:
    meter.flush()
    [stretch] = database.read_now(stretches.list_open)
    meter.close()
    from entrepot.kernel import prepare_text

    database.write_now(
        lambda tx: tx.run(prepare_text("UPDATE cloud_stretches SET amount = amount + 1 WHERE id = :id"), id=stretch.id)
    )
    assert breaches(database, *cloud.PROOFS) != []


def test_recording_costs_no_more_than_an_append(database: Database, meter: Meter) -> None:
    meter.record(use("req_first"))
    one = use("req_1")
    began = time.thread_time()
    for _ in range(10_000):
        meter.record(one)
    assert (time.thread_time() - began) / 10_000 < 0.000_3, "a page may not be slower by more than 0.3 ms for metering"


def test_only_the_operator_reads_usage(database: Database) -> None:
    from entrepot.kernel import NotAllowed, NotFound

    bruno = Scope("usr_bruno", "org_bruno", frozenset({"merchant"}))
    with pytest.raises((NotAllowed, NotFound)):
        database.read_now(lambda snapshot: cloud.list_usage(snapshot, bruno, 0))
