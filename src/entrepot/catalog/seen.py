"""Where a page of a list by time ended: many things bear one time, so their ids go on within it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, or_

_ENDS_OF_TIME = (2**62, 0)


class Seen(NamedTuple):
    """The last one that somebody saw: when it was made, and its id. As text, a cursor."""

    at: int
    id: str

    def __str__(self) -> str:
        return f"{self.at}.{self.id}"


def read_seen(text: str | None) -> Seen | None:
    """A cursor that was given out; None for one that was not."""
    at, _, id_ = (text or "").partition(".")
    given = at.isascii() and at.isdecimal() and len(at) < 18 and id_.isprintable()
    return Seen(int(at), id_) if given else None


def older_than(at: Any, id_: Any) -> ColumnElement[bool]:
    """What follows the last one seen, newest first and by id."""
    return or_(at < bindparam("seen_at"), (at == bindparam("seen_at")) & (id_ > bindparam("seen_id")))


def newer_than(at: Any, id_: Any) -> ColumnElement[bool]:
    """What follows the last one seen, oldest first and by id."""
    return or_(at > bindparam("seen_at"), (at == bindparam("seen_at")) & (id_ > bindparam("seen_id")))


def from_newest(seen: Seen | None) -> dict[str, Any]:
    """The parameters of `older_than`, from the beginning where nothing was seen."""
    return {"seen_at": seen.at if seen else _ENDS_OF_TIME[0], "seen_id": seen.id if seen else ""}


def from_oldest(seen: Seen | None) -> dict[str, Any]:
    """The same of `newer_than`."""
    return {"seen_at": seen.at if seen else _ENDS_OF_TIME[1], "seen_id": seen.id if seen else ""}
