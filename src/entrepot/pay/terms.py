"""When a merchant is paid, from which amount on, and how much is kept back for a while: their own, or the market's."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot.identity import Scope, audit, require_operator, require_organisation
from entrepot.kernel import DAY, SECOND, Invalid, Prepared, Snapshot, Tx, in_set, prepare, prepare_text

from . import tables

EVERYBODY = "*"
"""Stands for each merchant without terms of their own."""

Schedule = Literal["daily", "weekly", "monthly", "by_hand"]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class PayoutTerms(msgspec.Struct, frozen=True):
    """When and how a merchant is paid. `day` is of the week (1 is Monday), or of the month; UTC counts.

    `minimum_minor` is in minor units of each currency; `reserve_bps` of a settled order's share are kept for
    `reserve_days`.
    """

    schedule: Schedule = "daily"
    day: Annotated[int, msgspec.Meta(ge=1, le=31)] = 1
    minimum_minor: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000_000)] = 1_000
    reserve_bps: BasisPoints = 0
    reserve_days: Annotated[int, msgspec.Meta(ge=0, le=3_650)] = 0


def terms_of(
    snapshot: Snapshot, merchant_ids: Sequence[str], default: PayoutTerms | None = None
) -> dict[str, PayoutTerms]:
    """The terms of each of these merchants: their own, else the market's, else `default`."""
    found = {row.merchant_id: row for row in snapshot.all(_terms, merchant_ids=[*merchant_ids, EVERYBODY])}
    market = _terms_from(found[EVERYBODY]) if EVERYBODY in found else default or PayoutTerms()
    return {each: _terms_from(found[each]) if each in found else market for each in merchant_ids}


def get_terms(snapshot: Snapshot, scope: Scope, default: PayoutTerms | None = None) -> PayoutTerms:
    """The terms of the caller's organisation."""
    merchant_id = require_organisation(scope)
    return terms_of(snapshot, [merchant_id], default)[merchant_id]


def choose_schedule(
    tx: Tx, scope: Scope, schedule: Schedule, day: int, minimum_minor: int, default: PayoutTerms | None = None
) -> PayoutTerms:
    """Have the caller's organisation paid by another schedule. The reserve stays as the operator set it."""
    merchant_id = require_organisation(scope)
    old = terms_of(tx, [merchant_id], default)[merchant_id]
    return _save(tx, scope, merchant_id, msgspec.structs.replace(old, schedule=schedule, day=day,
                                                                 minimum_minor=minimum_minor))  # fmt: skip


def set_terms(tx: Tx, scope: Scope, merchant_id: str, terms: PayoutTerms) -> PayoutTerms:
    """Set a merchant's terms, or everybody's who has none of their own (`*`). For the operator.

    Who chose other paydays still has the market's reserve: a new one is theirs too, where theirs was the market's.
    """
    require_operator(scope)
    if merchant_id == EVERYBODY:
        was = terms_of(tx, [EVERYBODY])[EVERYBODY]
        tx.run(
            _follow, bps_=terms.reserve_bps, days_=terms.reserve_days, was_bps=was.reserve_bps,
            was_days=was.reserve_days,
        )  # fmt: skip
    return _save(tx, scope, merchant_id, terms)


def _save(tx: Tx, scope: Scope, merchant_id: str, terms: PayoutTerms) -> PayoutTerms:
    try:
        terms = msgspec.convert(msgspec.structs.asdict(terms), PayoutTerms)
    except msgspec.ValidationError as error:
        raise Invalid(f"These terms cannot be: {error}") from None
    if terms.schedule == "weekly" and terms.day > 7:
        raise Invalid("A week has seven days", fields={"day": "A week has seven days"})
    tx.run(_upsert, merchant_id=merchant_id, changed_at=tx.now, **msgspec.structs.asdict(terms))
    audit(tx, scope, "pay.set_payout_terms", merchant_id, msgspec.structs.asdict(terms))
    return terms


def last_due(terms: PayoutTerms, now: int) -> int | None:
    """When the newest payday that has begun by now began, in microseconds; None when payouts begin by hand."""
    today = datetime.fromtimestamp(now // SECOND, UTC).date()
    match terms.schedule:
        case "daily":
            return _midnight(today)
        case "weekly":
            return _midnight(today - timedelta(days=(today.isoweekday() - terms.day) % 7))
        case "monthly":
            this = _in_month(today.year, today.month, terms.day)
            return _midnight(this if this <= today else _in_month(*_month_before(today), terms.day))
    return None


def next_due(terms: PayoutTerms, now: int) -> int | None:
    """When the next payday begins, in microseconds; None when payouts begin by hand."""
    if terms.schedule == "by_hand":
        return None
    at = now
    while (found := last_due(terms, at)) is not None and found <= now:
        at += DAY
    return found


def _in_month(year: int, month: int, day: int) -> date:
    """That day of a month, or its last one where it is shorter."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _month_before(today: date) -> tuple[int, int]:
    return (today.year - 1, 12) if today.month == 1 else (today.year, today.month - 1)


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND


def _terms_from(row: Any) -> PayoutTerms:
    return PayoutTerms(row.schedule, row.day, row.minimum_minor, row.reserve_bps, row.reserve_days)


_t = tables.payout_terms.c
_terms: Prepared[Any] = prepare(select(*_t).where(in_set(_t.merchant_id, "merchant_ids")))
_follow: Prepared[Any] = prepare(
    update(tables.payout_terms)
    .where(_t.reserve_bps == bindparam("was_bps"), _t.reserve_days == bindparam("was_days"))
    .values(reserve_bps=bindparam("bps_"), reserve_days=bindparam("days_"))
)
_upsert: Prepared[Any] = prepare_text(
    "INSERT INTO pay_payout_terms "
    "(merchant_id, schedule, day, minimum_minor, reserve_bps, reserve_days, changed_at) "
    "VALUES (:merchant_id, :schedule, :day, :minimum_minor, :reserve_bps, :reserve_days, :changed_at) "
    "ON CONFLICT (merchant_id) DO UPDATE SET schedule = excluded.schedule, day = excluded.day, "
    "minimum_minor = excluded.minimum_minor, reserve_bps = excluded.reserve_bps, "
    "reserve_days = excluded.reserve_days, changed_at = excluded.changed_at"
)
