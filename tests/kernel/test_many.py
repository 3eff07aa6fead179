"""Sets of rows are written, and queries asked together, in one turn to the server, with one end on both databases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Column, MetaData, Table, select

from entrepot.kernel import (
    Conflict,
    Database,
    Invalid,
    Prepared,
    Tx,
    in_set,
    insert_new,
    insert_rows,
    prepare,
    prepare_text,
    update_rows,
)
from entrepot.kernel.many import FEW_MAX
from entrepot.kernel.tables import facts

_add = insert_rows(facts, ["name", "value", "written_at"], "name")
_new = insert_new(facts, ["name", "value", "written_at"], "name")
_forget: Prepared[object] = prepare_text("DELETE FROM kernel_facts WHERE name LIKE 'many.%'")
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


def test_a_query_that_is_asked_again_finds_the_same(database: Database) -> None:
    database.write_now(lambda tx: tx.write_all((_add, rows(1))))
    named: Prepared[tuple[str]] = prepare(select(facts.c.name).where(in_set(facts.c.name, "names")))
    query = (named, {"names": ["many.1"]})
    first, again = database.read_now(lambda s: (s.all_of(query), s.all_of(query)))
    assert first == again == [[("many.1",)]]


def test_a_failure_among_them_leaves_nothing(database: Database) -> None:
    columns = [Column(each.name, each.type) for each in facts.columns]
    nowhere = update_rows(Table("nowhere", MetaData(), *columns), ["value"], "name")
    gone = [{"name_": "many.1", "value_": "1"}]
    with pytest.raises(Exception, match="nowhere"):
        database.write_now(lambda tx: tx.write_all((_add, rows(1)), (nowhere, gone), (_add, rows(2))))
    assert database.read_now(lambda s: s.all(_all)) == []
    database.write_now(lambda tx: tx.write_all((_add, rows(1))))
    assert len(database.read_now(lambda s: s.all(_all))) == 1


def test_what_cannot_be_stored_is_said_plainly(database: Database) -> None:
    bad = [{"name": "many.1", "value": "1", "written_at": 1 << 70}]
    with pytest.raises(Invalid, match="too large"):
        database.write_now(lambda tx: tx.write_all((_add, rows(2)), (_add, bad)))
    assert database.read_now(lambda s: s.all(_all)) == []


def test_one_few_and_many_rows_end_the_same(database: Database) -> None:
    """Each value named, or in arrays: by the number of rows another statement is sent."""
    for count in (1, 2, FEW_MAX, FEW_MAX + 1, 40):
        several = rows(*range(100, 100 + count))
        assert database.write_now(lambda tx: tx.write_all((_add, several))) == [count]  # noqa: B023
        assert database.write_now(lambda tx: tx.write_all((_add, several[::-1]))) == [0]  # noqa: B023
        changed = [{"name_": row["name"], "value_": '{"said": "it\\n\\\\is"}'} for row in several]
        assert database.write_now(lambda tx: tx.write_all((_change, changed))) == [count]  # noqa: B023
        found = database.read_now(lambda s: s.all(_all))
        assert [json.loads(row[1]) for row in found] == [{"said": "it\n\\is"}] * count
        database.write_now(lambda tx: tx.run(_forget))


def test_a_row_that_must_be_new_fails_the_command_as_was_said(database: Database) -> None:
    for count in (1, FEW_MAX + 1):
        database.write_now(lambda tx: tx.send_new((_new, rows(count), Conflict("taken"))))  # noqa: B023
        with pytest.raises(Conflict, match="taken"):
            database.write_now(lambda tx: tx.send_new((_new, rows(*range(count + 1)), Conflict("taken"))))  # noqa: B023
        assert [row[0] for row in database.read_now(lambda s: s.all(_all))] == [f"many.{count}"]
        database.write_now(lambda tx: tx.run(_forget))


def test_a_row_that_must_be_new_is_told_by_the_next_question_too(database: Database) -> None:
    database.write_now(lambda tx: tx.send_new((_new, rows(1), Conflict("taken"))))

    def command(tx: Tx) -> None:
        tx.send_new((_new, rows(1), Conflict("taken")))
        tx.all(_all)

    with pytest.raises(Conflict, match="taken"):
        database.write_now(command)
