"""Facts that a room announces in the past tense, and their form in the database.

An event is written in the transaction of the command that made it true. Its `position` is given after the commit by the
one holder of the relay lease, because serial numbers are not in the order of commits on PostgreSQL: a reader that kept
such a number as its cursor would skip the commits that came late.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

_BY_NAME: dict[str, type[Event]] = {}


class Event(msgspec.Struct, frozen=True):
    """A fact. Subclass it in a room's `events.py`; it is stored as `room.ClassName`."""

    name: ClassVar[str]

    @classmethod
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        room = cls.__module__.split(".")[1] if cls.__module__.startswith("entrepot.") else cls.__module__
        cls.name = f"{room}.{cls.__name__}"
        _BY_NAME[cls.name] = cls


class Recorded(msgspec.Struct, frozen=True):
    """An event as the database holds it, with its place in the one order that all readers share."""

    id: str
    position: int
    announced_at: int
    event: Event


def event_type(name: str) -> type[Event] | None:
    """The type of a stored name; None when no room of this program declares it any more."""
    return _BY_NAME.get(name)


def list_event_types() -> list[type[Event]]:
    """Every event that the imported rooms declare, by name."""
    return [_BY_NAME[name] for name in sorted(_BY_NAME)]
