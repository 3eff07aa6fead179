"""The operator's view of compute: what the engines can do and who waits for them, who pays what, what is stuck."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import msgspec

from entrepot import cloud, identity
from entrepot.kernel import DAY, Snapshot

from .texts import has_text
from .visit import Visit

TENANTS = 50
THOUSANDTH = Decimal("0.001")


class SurfaceLine(msgspec.Struct, frozen=True):
    """What one surface of the shop cost: `price` in nano units of the home currency for `requests` pieces of work,
    which served `items` searches or listings; `spared` more were answered from memory. `each` is what one of them all
    cost, in nano units, a decimal with three places."""

    surface: str
    requests: int
    items: int
    spared: int
    price: int
    each: str


class TenantSpend(msgspec.Struct, frozen=True):
    """What one organisation used, in nano units of the home currency."""

    organisation: str
    name: str
    requests: int
    price: int


class Reserves(msgspec.Struct, frozen=True):
    """What calls under way hold, in nano units; those that are stuck, whose process is gone or silent."""

    open: int
    held: int
    stuck: tuple[cloud.Reserve, ...]


class ComputeView(msgspec.Struct, frozen=True):
    """Compute as its operator sees it, over so many days up to now (UTC). `capacity` and `unwritten`, the usage rows
    that wait to be written, are those of the process that answered."""

    currency: str
    days: int
    shop_price: int
    surfaces: tuple[SurfaceLine, ...]
    tenants: tuple[TenantSpend, ...]
    reserves: Reserves
    standing: tuple[cloud.StandingHold, ...]
    unwritten: int
    capacity: cloud.Capacity

    @property
    def search(self) -> SurfaceLine | None:
        """What searching cost, where anybody searched."""
        return next((line for line in self.surfaces if line.surface == "search"), None)


async def read_compute(visit: Visit, days: int) -> ComputeView:
    """How compute stands now. The operator's."""
    entrepot = visit.entrepot
    scope, holder, capacity, waiting = visit.scope, entrepot.name, entrepot.gateway.look(), entrepot.meter.waiting

    def read(snapshot: Snapshot) -> ComputeView:
        since, until = cloud.days_of(snapshot.now, cloud.UsageWish(days))
        surfaces = tuple(_line(each) for each in cloud.cost_by_surface(snapshot, scope, since, until))
        reserves = cloud.list_reserves(snapshot, scope, [holder])
        return ComputeView(
            currency=entrepot.settings.cloud.currency,
            days=(until - since) // DAY,
            shop_price=sum(line.price for line in surfaces),
            surfaces=surfaces,
            tenants=_tenants(snapshot, cloud.spend_by_organisation(snapshot, scope, since, until, TENANTS)),
            reserves=Reserves(
                len(reserves), sum(each.held for each in reserves), tuple(each for each in reserves if each.is_stuck)
            ),
            standing=tuple(cloud.list_standing_holds(snapshot, scope)),
            unwritten=waiting,
            capacity=capacity,
        )

    return await visit.read(read)


def names_of(snapshot: Snapshot, organisations: list[str]) -> dict[str, str]:
    """What organisations are called; the shop's own account has no name of its own."""
    found = identity.organisations_of(snapshot, sorted(set(organisations) - {cloud.SHOP}))
    return {name: organisation.name for name, organisation in found.items()}


def surface_name(visit: Visit, surface: str) -> str:
    """What a surface is called; its own name where it has no other."""
    key = f"compute.surface.{surface}"
    return visit.say(key) if has_text(key) else surface


def _tenants(snapshot: Snapshot, spends: list[cloud.OrganisationSpend]) -> tuple[TenantSpend, ...]:
    names = names_of(snapshot, [each.organisation for each in spends])
    return tuple(
        TenantSpend(each.organisation, names.get(each.organisation, ""), each.requests, each.price) for each in spends
    )


def _line(cost: cloud.SurfaceCost) -> SurfaceLine:
    return SurfaceLine(cost.surface, cost.requests, cost.items, cost.spared, cost.price, _decimal(cost.each))


def _decimal(value: Fraction) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(THOUSANDTH, ROUND_HALF_EVEN))
