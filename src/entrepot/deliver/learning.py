"""Promises that follow from what parcels took, and how many of them were kept.

A lane is a sheet's way from country to country. Once enough of its parcels have arrived, or should have:

1. the last day promised is the one by which, by rank, the wanted share of parcels came. The rank is that of one parcel
   more than were seen, so that the next one is covered as often as wanted, whatever shape their days have;
2. a parcel that is late and not there counts as later than any;
3. where fewer of the most recent promises were kept than wanted, the last day moves behind what was promised before;
   it comes back by one day at a time.

With fewer parcels a sheet's own days stand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, case, func, or_, select

from entrepot.identity import Scope
from entrepot.kernel import DAY, Database, Lane, Prepared, Snapshot, Tx, derive_id, prepare

from . import tables
from .ownership import acting_owner
from .promises import business_days_between, calendar
from .terms import list_terms, terms_of, write_terms
from .types import PLATFORM, Holidays, Learned, Settings, Transit

LEARN_TASK = "deliver.learn"
SEEN_MAX = 500
"""Of a lane, the most recent count."""
COVERED_DAYS = 180
COVERED_MAX = 5_000
LANES_LISTED_MAX = 500
NEVER = 10_000
DAYS_MAX = 365
_Z = 1.96


class Took(msgspec.Struct, frozen=True):
    """What one parcel took: business days from where its promise began, `NEVER` while it is late; and if in time."""

    days: int
    in_time: bool


class Covered(msgspec.Struct, frozen=True):
    """How many parcels of a lane came when promised, with the interval that their number allows (95 %)."""

    sheet_id: str
    name: str
    lane: str
    parcels: int
    in_time: int
    share: float
    low: float
    high: float


def coverage(snapshot: Snapshot, scope: Scope) -> list[Covered]:
    """Of the newest parcels of the last half year, by sheet and lane, the busiest first: the caller's own, for the
    operator everybody's. A few thousand are looked at, however many there were."""
    owner = None if scope.is_operator else acting_owner(scope)
    since = snapshot.now - COVERED_DAYS * DAY
    given = {"now": snapshot.now, "since": since, "looked_at": COVERED_MAX, "most": LANES_LISTED_MAX}
    rows = snapshot.all(_covered, **given) if owner is None else snapshot.all(_covered_of, organisation=owner, **given)
    return [_row(row) for row in rows]


def wilson(in_time: int, parcels: int) -> tuple[float, float]:
    """The interval of a share (Wilson, 95 %): honest for few and for all or none."""
    if not parcels:
        return 0.0, 1.0
    share, z2 = in_time / parcels, _Z**2
    middle = share + z2 / (2 * parcels)
    wide = _Z * math.sqrt(share * (1 - share) / parcels + z2 / (4 * parcels**2))
    under = 1 + z2 / parcels
    # The ends of all and of none are exact; floats miss them by a hair.
    low = 0.0 if not in_time else (middle - wide) / under
    return low, 1.0 if in_time == parcels else (middle + wide) / under


def learn(took: Sequence[Took], before: Transit | None, target_percent: int, parcels_min: int) -> Transit | None:
    """What to promise after these parcels, oldest first; None while there are too few of them. Pure."""
    if len(took) < parcels_min:
        return None
    days = [each.days for each in took]
    days_max = by_rank(days, target_percent)
    recent = took[-parcels_min:]
    kept = sum(each.in_time for each in recent)
    if kept * 100 < target_percent * len(recent):
        days_max = max(days_max, by_rank([each.days for each in recent], target_percent))
        days_max = max(days_max, before.days_max + 1 if before else 0)
    elif before is not None:
        days_max = max(days_max, before.days_max - 1)
    days_max = min(days_max, DAYS_MAX)
    soonest = sorted(days)[len(days) // 10]
    return Transit(min(soonest, days_max), days_max, len(took))


def by_rank(days: Sequence[int], target_percent: int) -> int:
    """The day by which the wanted share of parcels came, were there one more: ⌈(n + 1) · share⌉ of n by rank."""
    rank = -(-(len(days) + 1) * target_percent // 100)
    return sorted(days)[min(rank, len(days)) - 1]


Lanes = dict[tuple[str, str], dict[str, list[Took]]]
"""How long parcels took, oldest first: by owner and sheet, and then by lane."""


def learn_all(database: Database, settings: Settings) -> int:
    """Learn every lane anew; returns how many have promises of their own.

    Half a year of parcels is read beside the writer, who waits for none of it.
    """
    lanes = database.read_now(read_lanes)
    return database.write_now(lambda tx: write_learned(tx, lanes, settings), Lane.BULK)


def read_lanes(snapshot: Snapshot) -> Lanes:
    """What the newest parcels of every lane took, in one read."""
    holidays = next(iter(list_terms(snapshot, PLATFORM, Holidays)), Holidays())
    found: Lanes = {}
    for row in snapshot.all(_seen, now=snapshot.now, since=snapshot.now - COVERED_DAYS * DAY, most=SEEN_MAX):
        lanes = found.setdefault((row.owner, row.sheet_id), {})
        lanes.setdefault(row.lane, []).append(_took(row, holidays))
    return found


def write_learned(tx: Tx, found: Lanes, settings: Settings) -> int:
    """Write what is to be promised where it is another than before; returns how many lanes have a promise."""
    terms = terms_of(tx, sorted({owner for owner, _ in found}))
    count = 0
    for (owner, sheet_id), lanes in sorted(found.items()):
        known = terms[owner].learned.get(sheet_id)
        before = known.lanes if known else {}
        learned = {
            lane: transit
            for lane, took in sorted(lanes.items())
            if (transit := learn(took, before.get(lane), settings.promise_target_percent, settings.promise_parcels_min))
        }
        count += len(learned)
        if learned != before:
            write_terms(tx, derive_id("lrn", sheet_id), owner, Learned(sheet_id, learned))
    return count


def _took(row: Any, holidays: Holidays) -> Took:
    if row.delivered_at is None:
        return Took(NEVER, in_time=False)
    destination = row.lane.partition(">")[2]
    counts = calendar(holidays.days.get(destination, ()))
    days = business_days_between(row.counted_from, row.delivered_at, counts)
    return Took(days, in_time=row.delivered_at <= row.promised_at)


def _row(row: Any) -> Covered:
    low, high = wilson(row.in_time, row.parcels)
    return Covered(row.sheet_id, row.name, row.lane, row.parcels, row.in_time, row.in_time / row.parcels, low, high)


_c, _q, _t = tables.parcels.c, tables.quotes.c, tables.terms.c
_judged = [
    _c.sheet_id.is_not(None),
    _c.promised_at > bindparam("since"),
    or_(_c.delivered_at.is_not(None), _c.promised_at < bindparam("now")),
    _c.state != "returned",
    _c.state != "returning",
    _c.state != "booked",
]


def _grouped(*whose: Any) -> Prepared[Any]:
    """The newest parcels, walked along an index, by sheet and lane."""
    newest = (
        select(_c.quote_id, _c.sheet_id, _c.lane, _c.delivered_at, _c.promised_at)
        .where(*_judged, *whose)
        .order_by(_c.promised_at.desc())
        .limit(bindparam("looked_at"))
        .subquery()
    )
    p = newest.c
    in_time = func.sum(case((p.delivered_at <= p.promised_at, 1), else_=0)).label("in_time")
    return prepare(
        select(p.sheet_id, func.max(_q.name).label("name"), p.lane, func.count().label("parcels"), in_time)
        .join_from(newest, tables.quotes, p.quote_id == _q.id)
        .group_by(p.sheet_id, p.lane)
        .order_by(func.count().desc(), p.sheet_id, p.lane)
        .limit(bindparam("most"))
    )


_covered = _grouped()
_covered_of = _grouped(_c.organisation == bindparam("organisation"))
_ranked = (
    select(
        _t.organisation.label("owner"), _c.sheet_id, _c.lane, _c.delivered_at, _c.promised_at,
        _q.counted_from.label("counted_from"),
        func.row_number()
        .over(partition_by=(_c.sheet_id, _c.lane), order_by=(_c.promised_at.desc(), _c.id.desc()))
        .label("newest"),
    )
    .join_from(tables.parcels, tables.quotes, _c.quote_id == _q.id)
    .join(tables.terms, _t.id == _c.sheet_id)
    .where(*_judged)
    .subquery()
)  # fmt: skip
_seen: Prepared[Any] = prepare(
    select(
        _ranked.c.owner, _ranked.c.sheet_id, _ranked.c.lane, _ranked.c.delivered_at, _ranked.c.promised_at,
        _ranked.c.counted_from,
    )
    .where(_ranked.c.newest <= bindparam("most"))
    .order_by(_ranked.c.sheet_id, _ranked.c.lane, _ranked.c.newest.desc())
)  # fmt: skip
