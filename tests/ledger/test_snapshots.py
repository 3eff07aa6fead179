"""Snapshots change nothing but the work that a balance takes."""

from pathlib import Path

import pytest

from entrepot import ledger
from entrepot.kernel import Database, Snapshot, prepare_text
from entrepot.kernel.testing import open_file
from entrepot.ledger import Balance, Capture, snapshots
from tests.ledger.acts import ALICE, BANK, MAKER, SHELF, balance, hold, move, post, prove, seal

TAKEN = prepare_text("SELECT account, position, transfers, balance, pending_debits FROM ledger_snapshots")


def take(database: Database, least: int = 1) -> list[int]:
    """Take snapshots until everything was looked through; returns how many positions each time."""
    counts = []
    while count := database.write_now(lambda tx: ledger.snapshot_accounts(tx, least)):
        counts.append(count)
    return counts


def taken(database: Database) -> dict[str, tuple[int, int, str, str]]:
    def query(snapshot: Snapshot) -> dict[str, tuple[int, int, str, str]]:
        return {row[0]: tuple(row[1:]) for row in snapshot.all(TAKEN)}

    return database.read_now(query)


def test_a_snapshot_holds_what_is_sealed_and_the_rest_is_added(database: Database) -> None:
    post(database, move("m1", BANK, ALICE, 7), hold("h1", BANK, ALICE, 5))
    seal(database)
    post(database, Capture("c1", "h1", 2, "test", "ref"))
    before = balance(database, BANK)
    assert take(database) == [2]
    assert taken(database) == {BANK.id: (2, 2, "-7", "5")}
    assert balance(database, BANK) == before == Balance(-9, pending_debits=3)
    seal(database)
    assert balance(database, BANK) == before
    assert take(database) == [1]
    assert taken(database) == {BANK.id: (3, 3, "-9", "3")}
    assert balance(database, BANK) == before
    prove(database)


def test_only_accounts_without_bounds_need_them(database: Database) -> None:
    post(database, move("m1", MAKER, SHELF, 7))
    seal(database)
    take(database)
    assert set(taken(database)) == {MAKER.id}


def test_an_account_with_few_transfers_waits_and_none_is_forgotten(database: Database) -> None:
    post(database, *[move(f"m{n}", BANK, ALICE, 1) for n in range(3)], move("x", MAKER, SHELF, 1))
    seal(database)
    assert take(database, least=4) == [4]
    assert taken(database) == {}
    post(database, move("m3", BANK, ALICE, 1))
    seal(database)
    assert take(database, least=4) == [1]
    assert taken(database) == {BANK.id: (5, 4, "-4", "0")}
    prove(database)


def test_a_long_history_is_looked_through_in_parts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "POSITIONS_MAX", 10)
    post(database, *[move(f"m{n}", BANK, ALICE, 1) for n in range(25)])
    seal(database)
    assert take(database) == [10, 10, 5]
    assert balance(database, BANK) == Balance(-25)
    prove(database)


def test_a_lost_snapshot_is_made_again_whole(database: Database) -> None:
    post(database, *[move(f"m{n}", BANK, ALICE, 1) for n in range(5)])
    seal(database)
    take(database)
    database.write_now(lambda tx: tx.run(prepare_text("DELETE FROM ledger_snapshots")))
    assert balance(database, BANK) == Balance(-5)
    post(database, move("m5", BANK, ALICE, 1))
    seal(database)
    take(database)
    assert taken(database) == {BANK.id: (6, 6, "-6", "0")}
    prove(database)


def test_nothing_is_taken_before_anything_is_sealed(database: Database) -> None:
    post(database, move("m1", BANK, ALICE, 7))
    assert take(database) == []


def test_a_balance_reads_only_what_is_behind_the_snapshot(tmp_path: Path) -> None:
    """SQLite's plan of the statement walks the indexes of both sides and the unsealed, and no whole table."""
    from entrepot.ledger.balances import _sums

    database = open_file(tmp_path)
    explain = prepare_text("EXPLAIN QUERY PLAN " + _sums.sqlite)
    plan = [str(row[3]) for row in database.read_now(lambda s: s.all(explain, ids="[]"))]
    walked = [line.partition(" USING ")[2] for line in plan if line.startswith(("SEARCH t ", "SCAN t "))]
    unsealed = "INDEX ix_ledger_transfers_unsealed"
    assert walked == [
        "INDEX ix_ledger_transfers_debit (debit=? AND position>?)",
        unsealed,
        "INDEX ix_ledger_transfers_credit (credit=? AND position>?)",
        unsealed,
    ]
    database.close()
