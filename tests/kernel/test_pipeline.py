"""Statements that go out without waiting: what was not asked is durable all the same, and no failure is lost."""

import psycopg
import pytest

from entrepot.kernel import Database, Invalid, Prepared, Snapshot, Tx, prepare_text
from entrepot.kernel.pipeline import PLANNED_ANEW_FROM, PREPARED_AFTER, UNANSWERED_MAX
from tests.kernel.things import add, count, names

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

INSERT: Prepared[object] = prepare_text("INSERT INTO things (name, count) VALUES (:name, :count)")


def put(tx: Tx, *names: str) -> None:
    for name in names:
        tx.send(INSERT, name=name, count=1)


def test_what_was_sent_without_a_question_is_there_after_the_commit(database: Database) -> None:
    database.write_now(lambda tx: put(tx, "a", "b"))
    assert database.read_now(names) == ["a", "b"]


def test_a_question_sees_what_was_sent_before_it(database: Database) -> None:
    def command(tx: Tx) -> list[str]:
        put(tx, "b", "a")
        return names(tx)

    assert database.write_now(command) == ["a", "b"]


def test_more_than_fit_on_the_way_are_sent_in_their_order(database: Database) -> None:
    many = [f"{n:04}" for n in range(2 * UNANSWERED_MAX + 50)]

    def command(tx: Tx) -> list[str]:
        put(tx, *many)
        return names(tx)

    assert database.write_now(command) == many


def test_a_failure_that_nobody_asked_for_is_raised_by_the_commit_and_keeps_nothing(database: Database) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.write_now(lambda tx: put(tx, "a", "b", "a"))
    database.write_now(lambda tx: put(tx, "c"))
    assert database.read_now(names) == ["c"]


def test_a_failure_that_nobody_asked_for_is_raised_by_the_next_question(database: Database) -> None:
    reached: list[str] = []

    def command(tx: Tx) -> None:
        put(tx, "a", "a")
        reached.append("sent")
        names(tx)
        reached.append("answered")

    with pytest.raises(psycopg.errors.UniqueViolation):
        database.write_now(command)
    assert reached == ["sent"]


def test_a_statement_prepared_behind_a_failure_is_prepared_again(database: Database) -> None:
    """The server skips whatever follows a failure, so what was to be prepared there is not."""
    other: Prepared[object] = prepare_text("UPDATE things SET count = count + :more WHERE name = :name")
    database.write_now(lambda tx: add(tx, "a"))

    def command(tx: Tx) -> None:
        put(tx, "a")  # taken: fails
        for _ in range(PREPARED_AFTER + 1):
            tx.send(other, name="a", more=1)

    for _ in range(2):
        with pytest.raises(psycopg.errors.UniqueViolation):
            database.write_now(command)
    for _ in range(PREPARED_AFTER + 1):
        database.write_now(lambda tx: tx.send(other, name="a", more=1))
    assert count(database, "a") == 1 + PREPARED_AFTER + 1


def test_one_statement_takes_numbers_of_every_size_and_none(database: Database) -> None:
    give: Prepared[object] = prepare_text("UPDATE things SET count = :count WHERE name = 'a'")
    database.write_now(lambda tx: add(tx, "a"))
    for number in (0, 40_000, 3_000_000_000, 2**63 - 1) * 2:
        database.write_now(lambda tx: tx.run(give, count=number))  # noqa: B023
        assert count(database, "a") == number
    with pytest.raises(Invalid):
        database.write_now(lambda tx: tx.run(give, count=2**63))


def test_a_value_that_cannot_be_stored_leaves_the_answers_of_the_others_in_place(database: Database) -> None:
    find: Prepared[str] = prepare_text("SELECT name FROM things WHERE name = :name", str)
    database.write_now(lambda tx: put(tx, "a", "b"))

    def query(tx: Tx) -> list[str]:
        with pytest.raises(Invalid):
            tx.all_of((find, {"name": "a"}), (find, {"name": "\0"}))
        return tx.all(find, name="b")

    assert database.write_now(query) == ["b"]


@pytest.mark.timeout(120)
def test_more_than_fits_between_the_two_ends_goes_both_ways(database: Database) -> None:
    long: Prepared[int] = prepare_text("SELECT length(CAST(:text AS text))", int)
    twice: Prepared[str] = prepare_text("SELECT CAST(:text AS text) || CAST(:text AS text)", str)
    text = "x" * 20_000_000
    assert database.read_now(lambda look: look.value(long, text=text)) == len(text)
    answers = database.read_now(lambda look: look.all_of(*[(twice, {"text": text[:1_000_000]})] * 20))
    assert [len(only) for (only,) in answers] == [2_000_000] * 20


def test_plans_made_anew_disturb_neither_questions_nor_commands(database: Database) -> None:
    for _ in range(2 * PLANNED_ANEW_FROM + 2):
        database.write_now(lambda tx: add(tx, "a"))
    for _ in range(2 * PLANNED_ANEW_FROM + 2):
        assert database.read_now(names) == ["a"]
    assert count(database, "a") == 2 * PLANNED_ANEW_FROM + 2


def test_lists_arrive_as_they_were_given(database: Database) -> None:
    words: Prepared[tuple[str]] = prepare_text("", postgres="SELECT unnest(:words::text[])")
    numbers: Prepared[tuple[int]] = prepare_text("", postgres="SELECT unnest(:numbers::bigint[])")
    texts = ["a", 'b"c', "d\\e", "{x,y}", "", None, "NULL", "ü,\n", 'a\\"b', "'"]
    sizes = [1, -5, 2**62, None]

    def query(snapshot: Snapshot) -> None:
        assert [row[0] for row in snapshot.all(words, words=texts)] == texts
        assert [row[0] for row in snapshot.all(numbers, numbers=sizes)] == sizes
        assert snapshot.all(words, words=[]) == []
        with pytest.raises(Invalid):
            snapshot.all(words, words=["\0"])

    database.read_now(query)


def test_questions_asked_ahead_are_answered_as_of_when_they_were_asked(database: Database) -> None:
    find: Prepared[str] = prepare_text("SELECT name FROM things ORDER BY name", str)

    def command(tx: Tx) -> None:
        before = tx.later(find)
        put(tx, "a")
        between = tx.later(find)
        put(tx, "b")
        assert (names(tx), between(), before()) == (["a", "b"], ["a"], [])

    database.write_now(command)
