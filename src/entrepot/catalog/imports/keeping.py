"""How long uploaded feeds are kept, and how much of them.

A feed is kept some days after its import ended, so that its refused rows can be downloaded; then its file is deleted
and its import stays as a row. What a merchant has uploaded and is still kept may not exceed a bound.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, func, select, update

from entrepot.kernel import DAY, Blobs, Lane, Prepared, Snapshot, TaskKind, TaskRun, TooLarge, Tx, in_set, prepare

from .. import tables
from ..settings import Settings
from .formats import feeds_in

AT_ONCE_MAX: Final = 200


class Tidy(msgspec.Struct, frozen=True):
    """The task's empty body."""


def check_quota(snapshot: Snapshot, merchant_id: str, size_bytes: int, settings: Settings) -> None:
    """TooLarge, with the figures, when one more feed of this size is more than a merchant may have uploaded."""
    kept = int(snapshot.value(_kept, merchant_id=merchant_id) or 0)
    if kept + size_bytes > settings.feed_quota_bytes:
        raise TooLarge(
            f"Your uploaded files take {kept / 1e6:,.0f} MB and this one {size_bytes / 1e6:,.0f} MB, of "
            f"{settings.feed_quota_bytes / 1e6:,.0f} MB: they are deleted {settings.feed_kept_days} days after their "
            "import, or ask the operator for more"
        )


def forget_feeds(tx: Tx, before: int) -> list[str]:
    """Give up uploads whose import ended before a time; returns the files that nobody needs any more."""
    rows = tx.all(_over, before=before, most=AT_ONCE_MAX)
    if not rows:
        return []
    tx.run(_forget, ids=[row.id for row in rows])
    places = sorted({row.place for row in rows})
    needed = {row.place for row in tx.all(_needed, places=places)}
    return [place for place in places if place not in needed]


def tidy_task(blobs: Blobs, settings: Settings) -> TaskKind[Tidy]:
    """The kind of task that deletes feeds. To be scheduled once a day."""

    def act(run: TaskRun, body: Tidy) -> None:
        before = run.database.clock.now() - settings.feed_kept_days * DAY
        while not run.closing:
            gone = run.database.write_now(
                lambda tx: (forget_feeds(tx, before), tx.value(_any_over, before=before)), Lane.BULK
            )
            for place in gone[0]:
                feeds_in(blobs).delete(place)
            if gone[1] is None:
                return

    return TaskKind("catalog.tidy_feeds", Tidy, act, slow=True)


_i = tables.imports.c
_uploads = (
    select(_i.place, func.max(_i.size_bytes).label("size"))
    .where(_i.merchant_id == bindparam("merchant_id"), _i.size_bytes > 0)
    .group_by(_i.place)
    .subquery()
)
_kept: Prepared[Any] = prepare(select(func.sum(_uploads.c.size).label("size")))
_is_over = (_i.size_bytes > 0) & (
    (_i.state.in_(["done", "failed"]) & (_i.finished_at < bindparam("before")))
    | ((_i.state == "mapping") & (_i.started_at < bindparam("before")))
)
_over: Prepared[Any] = prepare(select(_i.id, _i.place).where(_is_over).order_by(_i.id).limit(bindparam("most")))
_any_over: Prepared[Any] = prepare(select(_i.id).where(_is_over).limit(1))
_forget: Prepared[Any] = prepare(update(tables.imports).where(in_set(_i.id, "ids")).values(size_bytes=0))
_needed: Prepared[Any] = prepare(select(_i.place).where(in_set(_i.place, "places"), _i.size_bytes > 0).distinct())
