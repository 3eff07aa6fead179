"""Somebody changes a row by hand, in SQL: a proof names it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Table

from entrepot import ledger
from entrepot.kernel import Database, Snapshot, Tx, prepare_text
from entrepot.kernel.testing import NOON
from entrepot.ledger import Capture, Expire, Void, tables
from tests.ledger.acts import ALICE, BANK, BRUNO, CHEN, MAKER, SHELF, breaches_in, hold, move, post, prove, seal

TABLES = [tables.accounts, tables.transfers, tables.holds, tables.blocks, tables.snapshots]


class Undo(Exception):
    """Ends a command that is to leave no trace."""


@pytest.fixture
def full(database: Database) -> Database:
    """A ledger with every kind of row, most of it sealed."""
    post(database, move("m1", BANK, ALICE, 90), move("m2", MAKER, SHELF, 5), move("m3", BANK, CHEN, 30))
    for number in range(1, 5):
        post(database, hold(f"h{number}", ALICE, BRUNO, 10, NOON + 10))
    post(database, Capture("c1", "h1", 4, "test", "ref"), Capture("c2", "h2", 4, "test", "ref", final=True))
    post(database, Capture("c3", "h1", 6, "test", "ref"), Void("v3", "h3", "test", "ref"))
    database.write_now(ledger.seal)
    database.clock.advance(10)  # type: ignore[attr-defined]
    post(database, Expire("e4", "h4", "test", "ref"), hold("h5", BANK, CHEN, 7))
    seal(database)
    database.write_now(lambda tx: ledger.snapshot_accounts(tx, least=1))
    post(database, move("m9", BANK, MAKER_OF_MONEY, 3), hold("h6", ALICE, BRUNO, 1))
    prove(database)
    return database


MAKER_OF_MONEY = ledger.Account("platform", "processor", "USD")


def rows_of(database: Database, table: Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.c]
    query = prepare_text(f"SELECT {', '.join(names)} FROM {table.name}")

    def read(snapshot: Snapshot) -> list[dict[str, Any]]:
        return [dict(zip(names, row, strict=True)) for row in snapshot.all(query)]

    return database.read_now(read)


def others(table: Table, column: str, value: Any) -> list[Any]:
    """What somebody might write instead."""
    if column == "state":
        return [state for state in ("open", "captured", "voided", "expired") if state != value]
    if column == "kind" and table is tables.transfers:
        return [kind for kind in ("move", "hold", "capture", "void", "expire") if kind != value]
    if value is None:
        return [1_000_001] if str(table.c[column].type) != "TEXT" else ["x"]
    if isinstance(value, int):
        return [1 - value] if column == "final" else [value + 1, value + 1_000_000]
    if table is tables.snapshots and column != "account":
        return [str(int(value) + 1)]
    return [value + "x"]


def found_after(database: Database, change: Callable[[Tx], object]) -> list[str] | None:
    """What the proofs say after a change, which is then undone; None when the database itself refuses it."""
    found: list[str] = []

    def command(tx: Tx) -> None:
        change(tx)
        found.extend(breaches_in(tx))
        raise Undo

    try:
        database.write_now(command)
    except Undo:
        return found
    except Exception:
        return None
    raise AssertionError


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_any_value_changed_by_hand_is_found(full: Database, table: Table) -> None:
    key = table.primary_key.columns[0].name
    tried, missed = 0, []
    for row in rows_of(full, table):
        for column, value in row.items():
            if is_not_sealed_yet(table, row, column):
                continue
            for other in others(table, column, value):
                change = prepare_text(f"UPDATE {table.name} SET {column} = :other WHERE {key} = :key")
                found = found_after(full, lambda tx: tx.run(change, other=other, key=row[key]))  # noqa: B023
                tried += found is not None
                if found == []:
                    missed.append(f"{row[key]}.{column}: {value!r} -> {other!r}")
    assert missed == []
    assert tried > 2 * len(table.c)
    prove(full)


def is_not_sealed_yet(table: Table, row: dict[str, Any], column: str) -> bool:
    """Before it is sealed, only the order of a transfer among the unsealed is not yet fixed."""
    return table is tables.transfers and column == "serial" and row["position"] is None


@pytest.mark.parametrize("table", [t for t in TABLES if t is not tables.snapshots], ids=lambda table: table.name)
def test_any_row_deleted_by_hand_is_found(full: Database, table: Table) -> None:
    key = table.primary_key.columns[0].name
    missed = []
    for row in rows_of(full, table):
        if row.get("id") == "m9":
            continue  # between two accounts without bounds and not sealed: nothing else knows of it yet
        change = prepare_text(f"DELETE FROM {table.name} WHERE {key} = :key")
        if found_after(full, lambda tx: tx.run(change, key=row[key])) == []:  # noqa: B023
            missed.append(row[key])
    assert missed == []


def test_a_changed_amount_is_named(full: Database) -> None:
    change = prepare_text("UPDATE ledger_transfers SET amount = amount + 1 WHERE id = 'm3'")
    found = found_after(full, lambda tx: tx.run(change))
    assert found is not None
    assert "ledger.transfers: the transfer m3 is not what was posted" in found
    assert any(CHEN.id in each for each in found)


def test_two_rows_that_change_places_are_found(full: Database) -> None:
    def swap(tx: Tx) -> None:
        for old, new in ((1, -1), (2, 1), (-1, 2)):
            tx.run(prepare_text("UPDATE ledger_transfers SET position = :new WHERE position = :old"), old=old, new=new)

    found = found_after(full, swap)
    assert found
    assert any("ledger.chain: block 1" in each for each in found)


def test_a_change_with_a_digest_to_match_breaks_the_chain(full: Database) -> None:
    """Whoever knows how digests are made still cannot change what is sealed."""
    from entrepot.ledger.digests import digest_account, digest_transfer

    def forge(tx: Tx) -> None:
        transfer = next(each for each in ledger.list_transfers(tx) if each.id == "m1")
        forged = digest_transfer(type(transfer)(**{**{f: getattr(transfer, f) for f in transfer.__struct_fields__},
                                                   "ref": "other"}))  # fmt: skip
        tx.run(prepare_text("UPDATE ledger_transfers SET ref = 'other', digest = :d WHERE id = 'm1'"), d=forged)

    def forge_account(tx: Tx) -> None:
        deeper = ledger.Account(CHEN.owner, CHEN.kind, CHEN.unit, floor=-5_000, ceiling=CHEN.ceiling)
        digest = digest_account(deeper, NOON)
        tx.run(
            prepare_text("UPDATE ledger_accounts SET floor = -5000, digest = :d WHERE id = :id"), d=digest, id=CHEN.id
        )

    for act in (forge, forge_account):
        found = found_after(full, act)
        assert found
        assert all(each.startswith("ledger.chain: block") for each in found)


def test_history_shows_an_account_that_was_once_below_its_floor(database: Database) -> None:
    """Balances that are right in the end do not hide a step that was not."""
    post(database, move("m1", BANK, ALICE, 5), move("m2", ALICE, BANK, 5), move("m3", BANK, ALICE, 5))
    swap = (("m2", -1), ("m1", 2), ("m2", 1))

    def reorder(tx: Tx) -> None:
        for id, serial in swap:
            tx.run(prepare_text("UPDATE ledger_transfers SET serial = :serial WHERE id = :id"), id=id, serial=serial)

    found = found_after(database, reorder)
    assert found == [f"ledger.bounds: the transfer m2 took the account {ALICE.id} outside its bounds"]


def test_an_empty_ledger_has_nothing_to_prove(database: Database) -> None:
    findings = [database.read_now(proof.check) for proof in ledger.PROOFS]
    assert [(finding.rows, list(finding.breaches)) for finding in findings] == [(0, [])] * len(ledger.PROOFS)
