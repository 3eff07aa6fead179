"""Sets of rows are written, and queries asked together, in one turn to the server, with one end on both databases."""

from __future__ import annotations

import pytest

from entrepot.kernel import Database, Invalid, Prepared, insert_rows, prepare_text, update_rows
from entrepot.kernel.tables import facts

_add = insert_rows(facts, ["name", "value", "written_at"], "name")
_change = update_rows(facts, ["value"], "name")
_all: Prepared[tuple[str, str]] = prepare_text(
    "SELECT name, value FROM kernel_facts WHERE name LIKE 'many.%' ORDER BY name",
    postgres="SELECT name, value::text FROM kernel_facts WHERE name LIKE 'many.%' ORDER BY name",
)
_count = prepare_text("SELECT count(*) FROM kernel_facts WHERE name LIKE :like")


def rows(*numbers: int) -> list[dict[str, object]]:
    return [{"name": f"many.{number}", "value": f"{number}", "written_at": number} for number in numbers]


def test_rows_that_are_there_are_left_alone_and_the_others_counted(database: Database) -> None:
    assert database.write_now(lambda tx: tx.write_all((_add, rows(2, 1)))) == [2]
    changed = [{"name_": "many.1", "value_": "7"}, {"name_": "many.9", "value_": "7"}]
    assert database.write_now(lambda tx: tx.write_all((_add, rows(1, 3)), (_add, []), (_change, changed))) == [1, 0, 1]
    found, counted = database.read_now(lambda s: s.all_of((_all, {}), (_count, {"like": "many.%"})))
    assert [tuple(row) for row in found] == [("many.1", "7"), ("many.2", "2"), ("many.3", "3")]
    assert counted[0][0] == 3


def test_a_failure_among_them_leaves_nothing(database: Database) -> None:
    nowhere: Prepared[object] = prepare_text("UPDATE nowhere SET value = 0")
    with pytest.raises(Exception, match="nowhere"):
        database.write_now(lambda tx: tx.write_all((_add, rows(1)), (nowhere, rows(1)), (_add, rows(2))))
    assert database.read_now(lambda s: s.all(_all)) == []
    database.write_now(lambda tx: tx.write_all((_add, rows(1))))
    assert len(database.read_now(lambda s: s.all(_all))) == 1


def test_what_cannot_be_stored_is_said_plainly(database: Database) -> None:
    bad = [{"name": "many.1", "value": "1", "written_at": 1 << 70}]
    with pytest.raises(Invalid, match="too large"):
        database.write_now(lambda tx: tx.write_all((_add, rows(2)), (_add, bad)))
    assert database.read_now(lambda s: s.all(_all)) == []
