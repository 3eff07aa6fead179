"""Usage: what was used and spent, live, by day, model and key, with plots drawn here and a file to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity
from entrepot.kernel import DAY, Snapshot

from ...capacity import surface_name
from ...csv_files import csv_file
from ...formats import machine_time
from ...params import MaybeInQuery
from ...visit import Visit
from .console import MEMBER, currency_of, show

SPANS = (7, 30, 90)
SPAN = 30
TONES = 4
"""So many models have a colour of their own; the rest share the last."""
LABELS_MAX = 10
WAYS_OUT = {
    "budget": "/cloud/budgets", "credit": "/cloud/credit#add", "key": "/cloud/keys", "model": "/cloud/models",
    "not_allowed": "/cloud/models",
}  # fmt: skip
"""Where something is done about calls that are refused for a reason."""


class Part(msgspec.Struct, frozen=True):
    """A part of a bar, from `y` (0 is the top) downwards, of 100."""

    tone: int
    y: float
    height: float


class Bar(msgspec.Struct, frozen=True):
    """A day: its parts, what they come to, and whether the day is written below."""

    day: int
    price: int
    requests: int
    parts: tuple[Part, ...]
    labelled: bool


class Read(msgspec.Struct, frozen=True):
    """Everything that the page shows."""

    cells: list[cloud.UsageCell]
    all_cells: list[cloud.UsageCell]
    under_way: cloud.UnderWay
    keys: list[identity.ApiKey]
    days: list[int]
    refused: list[cloud.RefusedCalls]


@get("/cloud/usage", include_in_schema=False, opt=MEMBER)
async def usage(
    visit: Visit, days: MaybeInQuery = None, model: MaybeInQuery = None, key: MaybeInQuery = None,
    surface: MaybeInQuery = None,
) -> Response[str]:  # fmt: skip
    """What was used, as it stands now."""
    wish = _wish(days, model, key, surface)
    read = await _read(visit, wish)
    models = cloud.sum_usage(read.cells, lambda cell: cell.model)
    tones = {each.name: min(place, TONES + 1) for place, each in enumerate(models, 1)}
    totals = cloud.sum_usage(read.cells, lambda _: "")
    return await show(
        visit,
        "usage",
        "usage.html",
        wish=wish,
        spans=SPANS,
        total=totals[0] if totals else cloud.UsageSum(""),
        under_way=read.under_way,
        refused=read.refused,
        ways=WAYS_OUT,
        bars=draw_bars(read.days, read.cells, tones),
        by_day=_by_day(read.cells),
        by_model=models,
        by_key=cloud.sum_usage(read.cells, lambda cell: cell.caller),
        by_surface=cloud.sum_usage(read.cells, lambda cell: cell.surface),
        tones=tones,
        surface=lambda name: surface_name(visit, name),
        names=_names(visit, read.keys),
        choices={
            name: sorted({value for cell in read.all_cells if (value := getattr(cell, field))})
            for name, field in (("model", "model"), ("key", "caller"), ("surface", "surface"))
        },
        query={name: value for name, value in msgspec.structs.asdict(wish).items() if value},
    )


@get("/cloud/usage.csv", include_in_schema=False, opt=MEMBER)
async def usage_file(
    visit: Visit, days: MaybeInQuery = None, model: MaybeInQuery = None, key: MaybeInQuery = None,
    surface: MaybeInQuery = None,
) -> Response[str]:  # fmt: skip
    """The same as a file: a line for each day, model, key and surface."""
    read = await _read(visit, _wish(days, model, key, surface))
    names = {each.id: each.name for each in read.keys}
    currency = currency_of(visit)
    rows: list[list[object]] = [
        ["day", "model", "key", "key_name", "surface", "requests", "tokens_read", "tokens_written", "tokens_embedded",
         "cost", "currency", "cost_nano"]
    ]  # fmt: skip
    for cell in read.cells:
        rows.append(
            [machine_time(cell.day)[:10], cell.model, cell.caller, names.get(cell.caller, ""), cell.surface,
             cell.requests, cell.tokens_read, cell.tokens_written, cell.tokens_embedded, cloud.write_nano(cell.price),
             currency, cell.price]
        )  # fmt: skip
    return csv_file("usage.csv", rows)


def draw_bars(days: Sequence[int], cells: Sequence[cloud.UsageCell], tones: dict[str, int]) -> list[Bar]:
    """A bar for each day, its models stacked, the tallest 100 high. Without spending the bars are calls."""
    paid = any(cell.price for cell in cells)
    heights: dict[int, dict[int, int]] = {day: {} for day in days}
    for cell in cells:
        parts, tone = heights[cell.day], tones[cell.model]
        parts[tone] = parts.get(tone, 0) + (cell.price if paid else cell.requests)
    top = max((sum(parts.values()) for parts in heights.values()), default=0)
    every = -(-len(days) // LABELS_MAX)
    return [
        Bar(
            day,
            sum(cell.price for cell in cells if cell.day == day),
            sum(cell.requests for cell in cells if cell.day == day),
            _stack(heights[day], top),
            (len(days) - 1 - place) % every == 0,
        )
        for place, day in enumerate(days)
    ]


def _stack(parts: dict[int, int], top: int) -> tuple[Part, ...]:
    stacked, below = [], 0
    for tone, amount in sorted(parts.items()):
        below += amount
        if amount:
            stacked.append(Part(tone, round(100 - below * 100 / top, 2), max(round(amount * 100 / top, 2), 0.5)))
    return tuple(stacked)


def _by_day(cells: Sequence[cloud.UsageCell]) -> list[tuple[int, cloud.UsageSum]]:
    sums = cloud.sum_usage(cells, lambda cell: str(cell.day))
    return sorted(((int(each.name), each) for each in sums), key=lambda pair: -pair[0])


def _wish(days: str | None, model: str | None, key: str | None, surface: str | None) -> cloud.UsageWish:
    """What was chosen; a span that is not offered is the usual one."""
    span = next((each for each in SPANS if str(each) == days), SPAN)
    return cloud.UsageWish(span, model or "", key or "", surface or "")


async def _read(visit: Visit, wish: cloud.UsageWish) -> Read:
    def read(snapshot: Snapshot) -> Read:
        cells = cloud.usage_cells(snapshot, visit.scope, wish)
        whole = cloud.UsageWish(wish.days)
        since, until = cloud.days_of(snapshot.now, wish)
        return Read(
            cells,
            cells if wish == whole else cloud.usage_cells(snapshot, visit.scope, whole),
            cloud.calls_under_way(snapshot, visit.scope),
            identity.list_keys(snapshot, visit.scope),
            list(range(since, until, DAY)),
            cloud.list_refused(snapshot, visit.scope, wish),
        )

    return await visit.read(read)


def _names(visit: Visit, keys: Sequence[identity.ApiKey]) -> Any:
    """What a caller is called: a key by its name, the shop's own work and people by what they are."""
    known = {key.id: key.name for key in keys}

    def name(caller: str) -> str:
        if not caller:
            return visit.say("compute.shop")
        return known.get(caller) or (visit.say("compute.signed_in") if caller.startswith("usr_") else caller)

    return name


ROUTES: tuple[ControllerRouterHandler, ...] = (usage, usage_file)
