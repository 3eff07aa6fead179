"""What was used, row by row and by surface: where cost per search is read."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot.identity import Scope, require_operator
from entrepot.kernel import Prepared, Snapshot, prepare

from . import tables
from .types import Usage


class SurfaceUse(msgspec.Struct, frozen=True):
    """What one surface used of one meter; price in nano units."""

    surface: str
    meter: str
    requests: int
    quantity: int
    price: int


def list_usage(snapshot: Snapshot, scope: Scope, since: int, most: int = 1_000) -> list[Usage]:
    """Usage rows since a time, oldest first. The operator's."""
    require_operator(scope)
    return snapshot.all(_rows, since=since, most=most)


def use_by_surface(snapshot: Snapshot, scope: Scope, since: int) -> list[SurfaceUse]:
    """What each surface used since a time. The operator's."""
    require_operator(scope)
    return [SurfaceUse(*row[:2], *map(int, row[2:])) for row in snapshot.all(_by_surface, since=since)]


_u = tables.usage.c
_rows: Prepared[Usage] = prepare(
    select(*(_u[name] for name in Usage.__struct_fields__))
    .where(_u.at >= bindparam("since"))
    .order_by(_u.at, _u.request, _u.meter)
    .limit(bindparam("most")),
    Usage,
)
_by_surface: Prepared[Any] = prepare(
    select(
        _u.surface,
        _u.meter,
        func.count().label("requests"),
        func.sum(_u.quantity).label("quantity"),
        func.sum(_u.price).label("price"),
    )
    .where(_u.at >= bindparam("since"))
    .group_by(_u.surface, _u.meter)
    .order_by(_u.surface, _u.meter)
)
