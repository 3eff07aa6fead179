"""Single facts about this home, by name: its market's name, its secret key, which generation of an index is served."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from . import tables
from .sql import Prepared, from_json, prepare, prepare_text, to_json
from .tx import Snapshot, Tx


def find_fact(snapshot: Snapshot, name: str) -> Any:
    """The fact's value, or None."""
    text = snapshot.value(_find, name=name)
    return None if text is None else from_json(text)


def write_fact(tx: Tx, name: str, value: object) -> None:
    """Set a fact."""
    tx.run(_write, name=name, value=to_json(value), now=tx.now)


_INSERT = "INSERT INTO kernel_facts (name, value, written_at) VALUES (:name, :value, :now) "
_write: Prepared[Any] = prepare_text(
    _INSERT + "ON CONFLICT (name) DO UPDATE SET value = excluded.value, written_at = excluded.written_at"
)
_find: Prepared[Any] = prepare(select(tables.facts.c.value).where(tables.facts.c.name == bindparam("name")))
