"""The audit log is read newest first, by who, what and about what, and each way walks an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrepot import identity
from entrepot.identity.audit import _LISTS
from entrepot.kernel import HOUR, Database, ManualClock, NotAllowed, prepare_text
from entrepot.kernel.testing import open_file
from tests import cast


def test_it_is_read_by_who_what_about_and_since(database: Database) -> None:
    people, clock = cast.invite(database), database.clock
    assert isinstance(clock, ManualClock)

    def note(act: str, subject: str) -> None:
        database.write_now(lambda tx: identity.audit(tx, people.dana, act, subject))

    def read(**wish: object) -> list[str]:
        found = database.read_now(lambda s: identity.list_audit(s, people.dana, **wish))  # type: ignore[arg-type]
        return [each.subject for each in found if each.act.startswith("test.")]

    note("test.first", "one")
    clock.advance(HOUR)
    later = clock.now()
    note("test.second", "two")
    clock.advance(HOUR)
    note("test.first", "three")
    assert read() == ["three", "two", "one"]
    assert read(act="test.first") == ["three", "one"]
    assert read(subject="two") == ["two"]
    assert read(actor=people.dana.actor) == ["three", "two", "one"]
    assert read(actor=people.bruno.actor, act="test.first") == []
    assert read(since=later) == ["three", "two"], "what was done at that very moment is there"
    assert read(since=later + 1_000) == ["three"]
    assert read(act="test.first", since=later) == ["three"]
    assert read(since=-5) == read()
    with pytest.raises(NotAllowed):
        database.read_now(lambda s: identity.list_audit(s, people.bruno, act="test.first"))


def test_each_way_to_read_it_walks_an_index(tmp_path: Path) -> None:
    """The plan of SQLite; the other database's depends on its statistics."""
    database = open_file(tmp_path)
    for names, statement in _LISTS.items():
        values = dict.fromkeys(names, "x")
        explain = prepare_text("EXPLAIN QUERY PLAN " + statement.sqlite)
        plan = database.read_now(lambda s: s.all(explain, **values, after="a", before="b", most=1))  # noqa: B023
        steps = " / ".join(str(row[3]) for row in plan)
        assert "SEARCH identity_audit USING" in steps, (names, steps)
        walked = {name for name in ("actor", "act", "subject") if f"{name}=?" in steps}
        assert bool(walked) == bool(names), (names, steps)
        assert "subject" in walked or walked >= names - {"subject"}, (names, steps)
        assert "B-TREE" not in steps, (names, steps)
    database.close()
