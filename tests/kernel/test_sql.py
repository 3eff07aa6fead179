"""Statements are written once and are text for both databases."""

from importlib import import_module
from pkgutil import walk_packages

import pytest
from sqlalchemy import and_, bindparam, insert, or_, select

import entrepot
from entrepot.kernel import Database, Prepared, in_set, prepare, prepare_text
from entrepot.kernel.tables import facts, tasks

TASK = tasks.c


def test_constants_stand_in_the_text_so_that_partial_indexes_are_used() -> None:
    statement = prepare(
        select(TASK.id).where(TASK.state == "waiting", TASK.attempts < 3, TASK.run_at <= bindparam("now"))
    )
    assert "state = 'waiting'" in statement.sqlite
    assert "attempts < 3" in statement.postgres
    assert ":now" in statement.sqlite
    assert "%(now)s" in statement.postgres


@pytest.mark.parametrize("text", ["it's", "a :name inside", "back\\slash", "\\1", "'; DROP TABLE things; --", "??"])
def test_a_constant_comes_back_as_it_was_written(database: Database, text: str) -> None:
    database.write_now(lambda tx: tx.run(prepare(insert(facts).values(name=text, value='"v"', written_at=1))))
    row = database.read_now(lambda s: s.one(prepare(select(facts.c.name).where(facts.c.name == text))))
    assert row is not None
    assert row.name == text


def test_a_list_of_any_length_is_one_parameter(database: Database) -> None:
    named = prepare(select(facts.c.name).where(in_set(facts.c.name, "names")).order_by(facts.c.name))
    numbered = prepare(select(facts.c.name).where(in_set(facts.c.written_at, "times")))
    add = prepare(insert(facts).values(name=bindparam("name"), value='"v"', written_at=bindparam("at")))
    database.write_now(lambda tx: tx.run_many(add, [{"name": f"n{n}", "at": n} for n in range(10)]))

    def names(**sets: list[object]) -> list[str]:
        statement = named if "names" in sets else numbered
        return [row.name for row in database.read_now(lambda snapshot: snapshot.all(statement, **sets))]

    assert names(names=["n3", "n1", "nowhere", "n1"]) == ["n1", "n3"]
    assert names(names=[]) == []
    assert names(names=[f"n{n}" for n in range(5_000)]) == [f"n{n}" for n in range(10)]
    assert names(times=[7]) == ["n7"]


def test_a_list_of_constants_needs_no_parameter(database: Database) -> None:
    kinds = prepare(select(TASK.id).where(TASK.kind.in_(("a", "it's")), TASK.run_at > bindparam("now")))
    assert "'a', 'it''s'" in kinds.sqlite
    assert database.read_now(lambda snapshot: snapshot.all(kinds, now=1)) == []
    with pytest.raises(AssertionError, match="empty"):
        print(prepare(select(TASK.id).where(TASK.kind.in_(()))).sqlite)


def test_a_list_that_core_would_expand_is_refused() -> None:
    with pytest.raises(AssertionError, match="in_set"):
        print(prepare(select(TASK.id).where(TASK.kind.in_(bindparam("kinds", expanding=True)))).postgres)


def test_every_statement_of_the_program_is_text_for_both_databases() -> None:
    """They are compiled when they are first run: one that cannot be is found here."""
    seen = 0
    for module in walk_packages(entrepot.__path__, "entrepot."):
        if not module.name.startswith(("entrepot.cli.bench", "entrepot.migrations", "entrepot.__main__")):
            for statement in vars(import_module(module.name)).values():
                if isinstance(statement, Prepared):
                    seen += 1
                    assert statement.sqlite is not None
                    assert statement.postgres
    assert seen > 1_000


def test_the_lists_of_a_statement_are_known_whichever_text_was_asked_for_first() -> None:
    for first in ("sets", "sqlite", "postgres"):
        statement = prepare(select(TASK.id).where(in_set(TASK.kind, "kinds"), in_set(TASK.id, "ids")))
        getattr(statement, first)
        assert statement.sets == ("kinds", "ids")
        assert "= ANY(%(kinds)s::text[])" in statement.postgres
        assert "json_each(:ids)" in statement.sqlite


def test_several_lists_and_a_parameter_go_together(database: Database) -> None:
    either = or_(in_set(TASK.kind, "kinds"), in_set(TASK.id, "ids"))
    statement = prepare(select(TASK.id).where(and_(either, TASK.run_at > bindparam("now"))))
    assert database.read_now(lambda snapshot: snapshot.all(statement, kinds=["a"], ids=["b"], now=1)) == []


def test_a_list_parameter_of_the_caller_is_left_as_it_was(database: Database) -> None:
    named = prepare(select(facts.c.name).where(in_set(facts.c.name, "names")))
    names = {"names": ["a", "b"]}
    database.read_now(lambda snapshot: snapshot.all(named, **names))
    assert names == {"names": ["a", "b"]}


def test_hand_written_text_serves_both(database: Database) -> None:
    upsert = prepare_text(
        "INSERT INTO kernel_facts (name, value, written_at) VALUES (:name, :value2, :now) "
        "ON CONFLICT (name) DO UPDATE SET written_at = kernel_facts.written_at + excluded.written_at "
        "RETURNING written_at"
    )
    like = prepare_text("SELECT count(*) FROM kernel_facts WHERE name LIKE 'a%' AND CAST(written_at AS TEXT) = :at")
    for total in (3, 6):
        assert database.write_now(lambda tx: tx.value(upsert, name="abc", value2="1", now=3)) == total
    assert database.read_now(lambda snapshot: snapshot.value(like, at="6")) == 1


def test_rows_have_the_names_of_their_columns_or_become_what_is_asked(database: Database) -> None:
    database.write_now(lambda tx: tx.run(prepare(insert(facts).values(name="a", value='"v"', written_at=5))))
    plain = prepare(select(facts.c.name, facts.c.written_at))
    pairs = prepare(select(facts.c.name, facts.c.written_at), lambda name, at: f"{name} at {at}")
    row = database.read_now(lambda snapshot: snapshot.one(plain))
    assert row is not None
    assert (row.name, row.written_at) == ("a", 5)
    assert database.read_now(lambda snapshot: snapshot.all(pairs)) == ["a at 5"]


def test_a_wrong_type_is_refused_where_it_is_written(database: Database) -> None:
    statement = prepare_text("INSERT INTO kernel_facts (name, value, written_at) VALUES ('a', '1', :at)")
    with pytest.raises(Exception, match=r"(?i)integer|cannot be stored"):
        database.write_now(lambda tx: tx.run(statement, at="soon"))
