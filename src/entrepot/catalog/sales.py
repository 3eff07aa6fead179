"""Prices over time: what they were, and the tasks that follow the borders of sales and open what was scheduled.

Every read computes the price now from the terms and its own time (`prices`), so nothing waits for these tasks but the
price column, the history and the events that search follows. A border is done with by a task for its very moment; each
run looks for the earliest border that is left and enqueues the next. A run of the schedule catches what was missed
while the program was down; history then has the borders at their own times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update

from entrepot.kernel import Prepared, Scheduled, Snapshot, TaskKind, TaskRun, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .batch import Batch
from .prices import LOOK_BACK, Standing, Step, Terms, follow, terms_of
from .visibility import announce_listed, announce_offers, visible_ids

SWITCH = "catalog.switch_prices"
OPEN = "catalog.open_scheduled"
AT_ONCE_MAX = 500
CATCH_UP_S = 60


class Due(msgspec.Struct, frozen=True):
    """Do what is due; it carries nothing, because the rows say what that is."""


def settle_prices(tx: Tx, batch: Batch) -> None:
    """Bring the prices of a batch's offers and their history up to now, before they are written."""
    rows = [row for row in batch.changed_offers if _moves(batch.offers_before[row["id_"]], row)]
    told = read_history(tx, [row["id_"] for row in rows], _oldest_look(batch, rows, tx.now))
    steps = [{"offer_id": row["id"], "at": tx.now, "price_minor": row["price_minor"]} for row in batch.new_offers]
    for row in rows:
        before = batch.offers_before[row["id_"]]
        after = Terms(*(row[f"{name}_"] for name in Terms._fields))
        standing, taken = follow(terms_of(before), standing_of(before), after, told[before.id], tx.now)
        row |= {f"{name}_": value for name, value in standing._asdict().items()}
        steps += [{"offer_id": before.id, "at": at, "price_minor": price} for at, price in taken]
    tx.run_many(insert_step, steps)


def enqueue_borders(tx: Tx, batch: Batch) -> None:
    """Have the next border of these offers seen to at its moment."""
    borders = [row["switch_at"] for row in batch.new_offers] + [row["switch_at_"] for row in batch.changed_offers]
    enqueue_at(tx, SWITCH, borders)


def enqueue_openings(tx: Tx, batch: Batch) -> None:
    """Have the next scheduled listing of these opened at its moment."""
    times = [row["publish_at"] for row in batch.new_listings] + [row["publish_at_"] for row in batch.changed_listings]
    enqueue_at(tx, OPEN, times)


def enqueue_at(tx: Tx, kind: str, times: Iterable[int | None]) -> None:
    """One task for the earliest of these moments, if any is ahead: it looks for the others itself."""
    if ahead := [at for at in times if at is not None and at > tx.now]:
        tx.enqueue(kind, Due(), key=str(min(ahead)), run_at=min(ahead))


def switch_prices(tx: Tx) -> int:
    """Let the next prices follow the borders that have passed, and announce them; returns how many offers it did."""
    rows = tx.all(_due_offers, now=tx.now, most=AT_ONCE_MAX)
    since = min((row.switch_at for row in rows), default=tx.now)
    told = read_history(tx, [row.id for row in rows], since)
    changed, steps = [], []
    for row in rows:
        standing, taken = follow(terms_of(row), standing_of(row), terms_of(row), told[row.id], tx.now)
        changed.append({"id_": row.id} | {f"{name}_": value for name, value in standing._asdict().items()})
        steps += [{"offer_id": row.id, "at": at, "price_minor": price} for at, price in taken]
    tx.run_many(_switch, changed)
    tx.run_many(insert_step, steps)
    announce_offers(tx, {row.product_id for row in rows})
    enqueue_at(tx, SWITCH, [tx.value(_next_switch, now=tx.now)])
    return len(rows)


def open_scheduled(tx: Tx) -> int:
    """Show the next listings whose time has come, and announce them; returns how many."""
    rows = tx.all(_due_listings, now=tx.now, most=AT_ONCE_MAX)
    ids = [row.id for row in rows]
    if ids:
        tx.run(_publish, ids=ids, now_=tx.now)
        tx.run(_activate, ids=ids, now_=tx.now)
        announce_listed(tx, visible_ids(tx, {row.product_id for row in rows}))
    enqueue_at(tx, OPEN, [tx.value(_next_opening, now=tx.now)])
    return len(rows)


def read_history(snapshot: Snapshot, offer_ids: Sequence[str], since: int) -> Mapping[str, list[Step]]:
    """The prices of offers in the 30 days before a moment and after it, beginning with the one in force then."""
    found: dict[str, list[Step]] = defaultdict(list)
    if offer_ids:
        for row in snapshot.all(_history, ids=sorted(offer_ids), since=since - LOOK_BACK):
            found[row.offer_id].append((row.at, row.price_minor))
    return found


def standing_of(row: Any) -> Standing:
    """How an offer's row says that it stands."""
    return Standing(row.price_minor, row.lowest_30d_minor, row.switch_at)


def write_steps(tx: Tx, offer_id: str, steps: Iterable[Step]) -> None:
    """Remember the steps that a price took."""
    tx.run_many(insert_step, [{"offer_id": offer_id, "at": at, "price_minor": price} for at, price in steps])


def _act(verb: Any) -> Any:
    def act(task: TaskRun, _body: Due) -> None:
        while task.database.write_now(verb) == AT_ONCE_MAX:
            if task.closing:
                return task.later(1)

    return act


def _moves(before: Any, row: Mapping[str, Any]) -> bool:
    return before.price_minor != row["price_minor_"] or any(
        getattr(before, name) != row[f"{name}_"] for name in Terms._fields
    )


def _oldest_look(batch: Batch, rows: Sequence[Mapping[str, Any]], now: int) -> int:
    """The earliest moment at which a price of these may have changed unseen."""
    return min((batch.offers_before[row["id_"]].switch_at or now for row in rows), default=now)


TASKS: tuple[TaskKind[Due], ...] = (
    TaskKind(SWITCH, Due, _act(switch_prices)),
    TaskKind(OPEN, Due, _act(open_scheduled)),
)
SCHEDULE: tuple[Scheduled, ...] = (Scheduled(SWITCH, Due(), CATCH_UP_S), Scheduled(OPEN, Due(), CATCH_UP_S))

_o, _l, _h = tables.offers.c, tables.listings.c, tables.price_history.c
_earlier = tables.price_history.alias("earlier").c
_history: Prepared[Any] = prepare(
    select(_h.offer_id, _h.at, _h.price_minor)
    .where(
        in_set(_h.offer_id, "ids"),
        _h.at
        >= func.coalesce(
            select(func.max(_earlier.at))
            .where(_earlier.offer_id == _h.offer_id, _earlier.at <= bindparam("since"))
            .scalar_subquery(),
            0,
        ),
    )
    .order_by(_h.offer_id, _h.at)
)
insert_step: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_price_history (offer_id, at, price_minor) VALUES (:offer_id, :at, :price_minor) "
    "ON CONFLICT (offer_id, at) DO UPDATE SET price_minor = excluded.price_minor"
)
_due_offers: Prepared[Any] = prepare(
    select(
        _o.id, _o.product_id, _o.price_minor, _o.regular_price_minor, _o.sale_price_minor, _o.sale_starts_at,
        _o.sale_ends_at, _o.list_price_minor, _o.lowest_30d_minor, _o.switch_at,
    )
    .where(_o.switch_at.is_not(None), _o.switch_at <= bindparam("now"))
    .order_by(_o.id)
    .limit(bindparam("most"))
    .with_for_update()
)  # fmt: skip
_switch: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(
        price_minor=bindparam("price_minor_"),
        lowest_30d_minor=bindparam("lowest_30d_minor_"),
        switch_at=bindparam("switch_at_"),
    )
)
_next_switch: Prepared[Any] = prepare(
    select(func.min(_o.switch_at).label("at")).where(_o.switch_at.is_not(None), _o.switch_at > bindparam("now"))
)
_due_listings: Prepared[Any] = prepare(
    select(_l.id, _l.product_id)
    .where(_l.publish_at.is_not(None), _l.publish_at <= bindparam("now"))
    .order_by(_l.id)
    .limit(bindparam("most"))
    .with_for_update()
)
_publish: Prepared[Any] = prepare(
    update(tables.listings)
    .where(in_set(_l.id, "ids"))
    .values(status="published", hidden=0, publish_at=None, changed_at=bindparam("now_"))
)
_activate: Prepared[Any] = prepare(
    update(tables.offers)
    .where(in_set(_o.listing_id, "ids"), _o.state == "hidden")
    .values(state="active", changed_at=bindparam("now_"))
)
_next_opening: Prepared[Any] = prepare(
    select(func.min(_l.publish_at).label("at")).where(_l.publish_at.is_not(None), _l.publish_at > bindparam("now"))
)
