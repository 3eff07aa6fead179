"""What learning and ranking read of the signals."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, case, func, select

from entrepot.kernel import Prepared, Snapshot, prepare

from . import tables
from .types import Signal

WEIGHTS = {"click": 1, "cart": 4, "order": 10}
"""How much more a thing in a cart or an order says than a click."""


class Stored(msgspec.Struct, frozen=True):
    """A signal with its number in the table."""

    number: int
    signal: Signal


def list_signals(snapshot: Snapshot, after: int = 0, most: int = 1_000) -> list[Stored]:
    """Signals behind a number, in the order in which they were written."""
    return snapshot.all(_behind, after=after, most=most)


def popularity(snapshot: Snapshot, since: int, most: int = 10_000) -> list[tuple[str, int]]:
    """The products that people clicked, carted or ordered since a time, with their weight, the heaviest first."""
    return [(row.product_id, int(row.weight)) for row in snapshot.all(_popularity, since=since, most=most)]


class SearchOutcome(msgspec.Struct, frozen=True):
    """A search in a session: how many hits its first page held, and how often one was chosen from it."""

    query: str
    session: str
    shown: int
    chosen: int


def search_outcomes(snapshot: Snapshot, most: int) -> list[SearchOutcome]:
    """What came of the searches among the latest `most` signals, the eldest first.

    Of the eldest one a part may lie before them.
    """
    return snapshot.all(_outcomes, most=most)


def _stored(number: int, **fields: Any) -> Stored:
    return Stored(number, Signal(**fields))


_s = tables.signals.c
_names = [column.name for column in tables.signals.columns if column.name not in ("number", "once")]
_behind: Prepared[Stored] = prepare(
    select(_s.number, *(_s[name] for name in _names))
    .where(_s.number > bindparam("after"))
    .order_by(_s.number)
    .limit(bindparam("most")),
    lambda number, *values: _stored(number, **dict(zip(_names, values, strict=True))),
)
_weight = func.sum(case(*((_s.kind == kind, weight) for kind, weight in WEIGHTS.items()), else_=0)).label("weight")
_popularity: Prepared[Any] = prepare(
    select(_s.product_id, _weight)
    .where(_s.at >= bindparam("since"), _s.kind.in_(tuple(WEIGHTS)), _s.product_id.is_not(None))
    .group_by(_s.product_id)
    .order_by(_weight.desc(), _s.product_id)
    .limit(bindparam("most"))
)


def _times(*kinds: str) -> Any:
    return func.sum(case((_s.kind.in_(kinds), 1), else_=0))


_last = select(func.max(_s.number)).scalar_subquery()
_outcomes: Prepared[SearchOutcome] = prepare(
    select(func.max(_s.query), func.max(_s.session), _times("shown"), _times("click", "cart", "order"))
    .where(_s.number > _last - bindparam("most"), _s.request_id.is_not(None))
    .group_by(_s.request_id)
    .having(func.max(_s.query).is_not(None))
    .order_by(func.max(_s.number)),
    lambda query, session, shown, chosen: SearchOutcome(query, session, int(shown), int(chosen)),
)
