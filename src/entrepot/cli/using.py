"""Reading and telling the use of compute, for the command line."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from entrepot import cloud, identity
from entrepot.app import open_database
from entrepot.identity import Scope
from entrepot.kernel import Snapshot
from entrepot.settings import read_settings


class Use(msgspec.Struct, frozen=True):
    """What compute cost over so many days, in nano units of the currency, and the calls that are open."""

    currency: str
    days: int
    surfaces: list[cloud.SurfaceCost]
    organisations: list[cloud.OrganisationSpend]
    names: dict[str, str]
    under_way: cloud.UnderWay


def read_use(home: Path, days: int) -> Use:
    """The use of compute in a home. Refused when there is none."""
    currency = read_settings(home, os.environ).cloud.currency
    operator = Scope.system()

    def read(snapshot: Snapshot) -> Use:
        since, until = cloud.days_of(snapshot.now, cloud.UsageWish(days))
        spends = cloud.spend_by_organisation(snapshot, operator, since, until)
        known = identity.organisations_of(snapshot, [each.organisation for each in spends])
        names = {name: each.name for name, each in known.items()} | {cloud.SHOP: "the shop"}
        surfaces = cloud.cost_by_surface(snapshot, operator, since, until)
        return Use(currency, days, surfaces, spends, names, cloud.all_under_way(snapshot))

    with open_database(home) as database:
        return database.read_now(read)


def render(use: Use) -> str:
    """Tables for people."""
    lines = [f"{'surface':<12} {'by a model':>12} {'from memory':>12} {'cost':>18} {'for a thousand':>18}"]
    for each in use.surfaces:
        thousand = cloud.write_nano(each.price * 1_000 // max(each.items + each.spared, 1))
        cost = cloud.write_nano(each.price)
        lines.append(f"{each.surface:<12} {each.items:>12,} {each.spared:>12,} {cost:>18} {thousand:>18}")
    lines += ["", f"{'organisation':<44} {'calls':>12} {'cost':>18}"]
    for spend in use.organisations:
        name = f"{use.names.get(spend.organisation, '')} ({spend.organisation})".strip()
        lines.append(f"{name:<44} {spend.requests:>12,} {cloud.write_nano(spend.price):>18}")
    held = cloud.write_nano(use.under_way.held)
    return "\n".join(
        [*lines, "", f"{use.under_way.calls:,} calls are under way, {held} {use.currency} is held for them"]
    )


def to_json(use: Use) -> str:
    """The same for programs; prices are whole nano units."""
    return msgspec.json.format(msgspec.json.encode(use), indent=2).decode()
