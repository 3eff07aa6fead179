"""What the kernel's tests act on: a plain table of counted names, and an event."""

from typing import Any

from entrepot.kernel import Database, Event, Snapshot, Tx, prepare_text

CREATE = prepare_text("CREATE TABLE things (name TEXT PRIMARY KEY, count BIGINT NOT NULL)")
DROP = prepare_text("DROP TABLE things")
_add: Any = prepare_text(
    "INSERT INTO things (name, count) VALUES (:name, 1) ON CONFLICT (name) DO UPDATE SET count = things.count + 1"
)
_count: Any = prepare_text("SELECT count FROM things WHERE name = :name")
_names: Any = prepare_text("SELECT name FROM things ORDER BY name")


class Happened(Event, frozen=True):
    """Something happened."""

    what: str


class AlsoHappened(Event, frozen=True):
    """Something else, which nobody reacts to."""

    what: str = ""


def make_table(database: Database) -> None:
    """Make the table of things."""
    database.write_now(lambda tx: tx.run(CREATE))


def drop_table(database: Database) -> None:
    """Have no table of things any more."""
    database.write_now(lambda tx: tx.run(DROP))


def add(tx: Tx, name: str) -> None:
    """Count a thing once more."""
    tx.run(_add, name=name)


def count(database: Database, name: str) -> int:
    """How often a thing was counted."""
    return database.read_now(lambda snapshot: int(snapshot.value(_count, name=name) or 0))


def names(snapshot: Snapshot) -> list[str]:
    """Every thing that was counted."""
    return [row[0] for row in snapshot.all(_names)]


def announce(database: Database, *whats: str) -> None:
    """Announce one `Happened` for each, in one command each."""
    for what in whats:
        database.write_now(lambda tx, what=what: tx.announce(Happened(what)))  # type: ignore[misc]
