"""What was used, row by row and by surface: where cost per search, per listing and per surface is read.

Every figure is a sum over usage rows, so whoever adds the rows up comes to the same. What was answered from memory has
no row, costs nothing, and is counted beside them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot.identity import Scope, require_operator
from entrepot.kernel import DAY, Prepared, Snapshot, prepare

from . import tables
from .types import SHOP, Usage


class SurfaceCost(msgspec.Struct, frozen=True):
    """What one surface of the shop cost, in nano units: `items` searches or listings were done by a model, in
    `requests` pieces of work, and `spared` more were answered from memory."""

    surface: str
    requests: int
    items: int
    spared: int
    price: int

    @property
    def each(self) -> Fraction:
        """What one item cost on average, in nano units, those from memory included; exact."""
        return Fraction(self.price, max(self.items + self.spared, 1))


class OrganisationSpend(msgspec.Struct, frozen=True):
    """What one organisation used: so many requests, for so many nano units."""

    organisation: str
    requests: int
    price: int


def list_usage(snapshot: Snapshot, scope: Scope, since: int, most: int = 1_000) -> list[Usage]:
    """Usage rows since a time, oldest first. The operator's."""
    require_operator(scope)
    return snapshot.all(_rows, since=since, most=most)


def cost_by_surface(snapshot: Snapshot, scope: Scope, since: int, until: int) -> list[SurfaceCost]:
    """What each surface of the shop cost from one time up to, not including, another, the dearest first.

    The operator's. What was answered from memory is counted by whole days (UTC), so the times should begin days.
    """
    require_operator(scope)
    paid = {row[0]: tuple(map(int, row[1:])) for row in snapshot.all(_costs, owner=SHOP, since=since, until=until)}
    spared = {row[0]: int(row[1]) for row in snapshot.all(_spared, since=since - since % DAY, until=until)}
    found = []
    for surface in paid.keys() | spared.keys():
        requests, items, price = paid.get(surface, (0, 0, 0))
        found.append(SurfaceCost(surface, requests, items, spared.get(surface, 0), price))
    return sorted(found, key=lambda each: (-each.price, each.surface))


def spend_by_organisation(
    snapshot: Snapshot, scope: Scope, since: int, until: int, most: int = 50
) -> list[OrganisationSpend]:
    """Who used compute from one time up to, not including, another, the largest spending first. The operator's."""
    require_operator(scope)
    rows = snapshot.all(_by_organisation, since=since, until=until, most=most)
    return [OrganisationSpend(row[0], int(row[1]), int(row[2])) for row in rows]


_u, _s = tables.usage.c, tables.spared.c
_rows: Prepared[Usage] = prepare(
    select(*(_u[name] for name in Usage.__struct_fields__))
    .where(_u.at >= bindparam("since"))
    .order_by(_u.at, _u.request, _u.attempt, _u.meter)
    .limit(bindparam("most")),
    Usage,
)
_in_time = (_u.at >= bindparam("since")) & (_u.at < bindparam("until"))
# A call of a text model has a row for each meter: it is one request, and its items count once.
_works = (
    select(_u.surface, _u.request, func.max(_u["items"]).label("items"), func.sum(_u.price).label("price"))
    .where(_u.organisation == bindparam("owner"), _in_time)
    .group_by(_u.surface, _u.request)
    .subquery()
)
_w = _works.c
_costs: Prepared[Any] = prepare(
    select(
        _w.surface,
        func.count().label("requests"),
        func.sum(_w["items"]).label("items"),
        func.sum(_w.price).label("price"),
    ).group_by(_w.surface)
)
_spared: Prepared[Any] = prepare(
    select(_s.surface, func.sum(_s["items"]).label("items"))
    .where(_s.day >= bindparam("since"), _s.day < bindparam("until"))
    .group_by(_s.surface)
)
_price = func.sum(_u.price)
_by_organisation: Prepared[Any] = prepare(
    select(_u.organisation, func.count(_u.request.distinct()).label("requests"), _price.label("price"))
    .where(_in_time)
    .group_by(_u.organisation)
    .order_by(_price.desc(), _u.organisation)
    .limit(bindparam("most"))
)
