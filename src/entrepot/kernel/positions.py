"""Positions: the one order of all events, given after their commit.

An event is written without a position. The holder of the relay lease gives the next ones to whatever is committed by
then. So a reader that remembers the last position it saw misses nothing, however late a commit comes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, select, update

from . import tables
from .events import Recorded, event_type, list_event_types
from .sql import Prepared, from_json, in_set, prepare, prepare_text
from .tx import Snapshot, Tx

PLACED_MAX = 1_000


def list_events(snapshot: Snapshot, after: int, most: int = 500) -> list[Recorded]:
    """Events behind a position, in order; those that no imported room declares any more are left out."""
    names = [kind.name for kind in list_event_types()]
    return [recorded(row) for row in snapshot.all(_behind, after=after, names=names, most=most)]


def list_named(snapshot: Snapshot, names: list[str], after: int, most: int) -> list[Recorded]:
    """Events of these names behind a position, in order."""
    return [recorded(row) for row in snapshot.all(_behind, after=after, names=names, most=most)]


def list_unplaced(snapshot: Snapshot, names: list[str], most: int) -> list[Recorded]:
    """Committed events of these names that wait for their position, which is 0 here: for whoever may see them early and
    will see them again."""
    return [recorded(row) for row in snapshot.all(_early, names=names, most=most)]


def last_position(snapshot: Snapshot) -> int:
    """The position of the newest placed event; 0 when there is none."""
    return int(snapshot.value(_last) or 0)


def has_unplaced(snapshot: Snapshot) -> bool:
    """Whether an event waits for its position."""
    return snapshot.value(_unplaced, most=1) is not None


def place(tx: Tx) -> list[str]:
    """Give positions to events that have none, in the order they were announced; returns their names.

    The caller holds the relay's lease in this transaction, so that no two processes give the same position.
    """
    unplaced, ((last,),) = tx.all_of((_unplaced, {"most": PLACED_MAX}), (_last, {}))
    if unplaced:
        first = (last or 0) + 1
        tx.run_many(_set_position, [{"id_": row.id, "position_": first + n} for n, row in enumerate(unplaced)])
    return [row.name for row in unplaced]


def cursor_and_last(snapshot: Snapshot, name: str) -> tuple[int, int]:
    """How far a reader has come, and the position of the newest placed event."""
    cursors, ((last,),) = snapshot.all_of((_cursor, {"name": name}), (_last, {}))
    return (cursors[0].position if cursors else 0), last or 0


def move_cursor(tx: Tx, name: str, position: int) -> None:
    """Remember how far a reader has come."""
    tx.send(_set_cursor, name=name, position=position)


def recorded(row: Any) -> Recorded:
    """An event from its row."""
    kind = event_type(row.name)
    assert kind is not None, f"no imported room declares {row.name}"
    return Recorded(row.id, row.position or 0, row.announced_at, from_json(row.body, kind))


_events = tables.events.c
_unplaced: Prepared[Any] = prepare(
    select(_events.id, _events.name)
    .where(_events.position.is_(None))
    .order_by(_events.announced_at, _events.serial)
    .limit(bindparam("most"))
)
_early: Prepared[Any] = prepare(
    select(_events.id, _events.name, _events.body, _events.announced_at, _events.position)
    .where(_events.position.is_(None), in_set(_events.name, "names"))
    .order_by(_events.announced_at, _events.serial)
    .limit(bindparam("most"))
)
_last: Prepared[Any] = prepare(select(func.max(_events.position).label("position")))
_set_position: Prepared[Any] = prepare(
    update(tables.events).where(_events.id == bindparam("id_")).values(position=bindparam("position_"))
)
_behind: Prepared[Any] = prepare(
    select(_events.id, _events.name, _events.body, _events.announced_at, _events.position)
    .where(_events.position > bindparam("after"), in_set(_events.name, "names"))
    .order_by(_events.position)
    .limit(bindparam("most"))
)
_cursor: Prepared[Any] = prepare(select(tables.cursors.c.position).where(tables.cursors.c.name == bindparam("name")))
_set_cursor: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_cursors (name, position) VALUES (:name, :position) "
    "ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)
