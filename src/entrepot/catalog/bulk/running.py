"""Edits of many listings: looked at beforehand, run a batch a command, listed with what each did, taken back.

An edit goes through its listings in the order of their ids and saves its cursor with each batch, so that it may stop
anywhere and go on. Every value that it changed is kept as a line of before and after; taking an edit back puts back
each value that is still what the edit made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import (
    Conflict,
    Invalid,
    Lane,
    NotFound,
    Prepared,
    Refused,
    Snapshot,
    TaskKind,
    TaskRun,
    Tx,
    from_json,
    from_rfc3339,
    prepare,
    to_json,
)

from .. import tables
from ..categories import find_category_id
from ..stock import check_location
from .applying import apply_lines
from .planning import plan_lines, undo_lines
from .selecting import Found, count_selected, read_found, select_ids
from .sheet import Sheet, listings_of, plan_sheet
from .types import BulkEdit, BulkPreview, Change, Edit, Line, NamedLine

BATCH = 250
LOOKED_AT_MAX = 5_000
SHOWN = 50
LINES_MOST = 1_000
KIND = "catalog.bulk_edit"


class RunBulkEdit(msgspec.Struct, frozen=True):
    """Run this edit to its end."""

    edit_id: str


def preview_edit(snapshot: Snapshot, scope: Scope, edit: Edit) -> BulkPreview:
    """What an edit would do now, of the first 5,000 listings that it means; writes nothing."""
    merchant_id = identity.require_organisation(scope)
    _check(snapshot, merchant_id, edit)
    total = count_selected(snapshot, merchant_id, edit.selection)
    category_id = _category_id(snapshot, edit)
    lines: list[Line] = []
    named: list[NamedLine] = []
    after, seen = "", 0
    while seen < LOOKED_AT_MAX and (ids := select_ids(snapshot, merchant_id, edit.selection, after, BATCH)):
        found = read_found(snapshot, ids, lock=False, stock=edit.change.stock is not None)
        fresh = list(plan_lines(edit, found, category_id, snapshot.now))
        named += _named(found, (line for line in fresh if _changes(line) or line.reason))[: SHOWN - len(named)]
        lines += fresh
        after, seen = ids[-1], seen + len(ids)
    changed, unchanged, refused = _counts(lines)
    return BulkPreview(total, changed, unchanged, refused, tuple(named), seen >= total)


def start_edit(tx: Tx, scope: Scope, edit: Edit) -> BulkEdit:
    """Have an edit run in the background. Invalid when it says nothing, or something that cannot be."""
    merchant_id = identity.require_organisation(scope)
    _check(tx, merchant_id, edit)
    return _start(tx, scope, merchant_id, to_json(edit), count_selected(tx, merchant_id, edit.selection), None)


def start_sheet(tx: Tx, scope: Scope, sheet: Sheet) -> BulkEdit:
    """Have a sheet that came back done in the background, row by row, as an edit that can be taken back."""
    merchant_id = identity.require_organisation(scope)
    if not sheet.rows:
        raise Invalid("The sheet has no rows below its first line")
    for location_id in sorted({place for row in sheet.rows for place in row.stock}):
        check_location(tx, merchant_id, location_id)
    return _start(tx, scope, merchant_id, to_json(sheet), len(sheet.rows), None)


def undo_edit(tx: Tx, scope: Scope, edit_id: str) -> BulkEdit:
    """Take a finished edit back: an edit of its own. Values that changed since stay. Conflict when it was already."""
    row = _own(tx.one(_lock, id=edit_id), scope)
    if row.state not in ("done", "failed") or row.undone_by is not None or row.undoes is not None:
        raise Conflict("This cannot be taken back: it is still running, or was taken back already")
    total = int(tx.value(_count_lines, edit_id=edit_id) or 0)
    made = _start(tx, scope, row.merchant_id, row.edit, total, edit_id)
    tx.run(_set_undone, id_=edit_id, undone_by_=made.id)
    return made


def get_edit(snapshot: Snapshot, scope: Scope, edit_id: str) -> BulkEdit:
    """One of the caller's own edits; NotFound for anybody else's."""
    return _view(_own(snapshot.one(_get, id=edit_id), scope))


def list_edits(snapshot: Snapshot, scope: Scope, before: str = "", most: int = 20) -> list[BulkEdit]:
    """The caller's own edits, newest first."""
    merchant_id = identity.require_organisation(scope)
    return [_view(row) for row in snapshot.all(_list, merchant_id=merchant_id, before=before or "c", most=most)]


def list_edit_lines(
    snapshot: Snapshot, scope: Scope, edit_id: str, after: int = 0, most: int = LINES_MOST
) -> list[tuple[int, NamedLine]]:
    """What an edit did, by number."""
    get_edit(snapshot, scope, edit_id)
    rows = snapshot.all(_lines, edit_id=edit_id, after=after, most=most)
    found = read_found(snapshot, sorted({row.listing_id for row in rows}), lock=False, stock=False)
    return [(row.number, named) for row, named in zip(rows, _named(found, map(_line, rows)), strict=True)]


def run_batch(tx: Tx, edit_id: str) -> BulkEdit:
    """The next batch of an edit; returns how it stands then."""
    row = tx.one(_lock, id=edit_id)
    if row is None or row.state in ("done", "failed"):
        raise Conflict("This edit has ended")
    planned, found, cursor = _plan(tx, row)
    doing = [line for line in planned if line.reason is None and _changes(line)]
    apply_lines(tx, found, doing, edit_id)
    _write_lines(tx, edit_id, [line for line in planned if line.reason is not None or _changes(line)])
    changed, unchanged, refused = _counts(planned)
    done = row.total if not cursor else min(row.done + BATCH, row.total)
    tx.run(
        _move_on, id_=edit_id, cursor_=cursor or row.cursor, done_=done, changed_=row.changed + changed,
        unchanged_=row.unchanged + unchanged, refused_=row.refused + refused,
        state_="running" if cursor else "done", finished_at_=None if cursor else tx.now,
    )  # fmt: skip
    if not cursor:
        _tell(tx, row, row.changed + changed, row.unchanged + unchanged, row.refused + refused)
    return _view(tx.one(_get, id=edit_id))


def bulk_task() -> TaskKind[RunBulkEdit]:
    """The kind of task that runs edits."""
    return TaskKind(KIND, RunBulkEdit, _act, slow=True)


def _act(run: TaskRun, body: RunBulkEdit) -> None:
    while True:
        try:
            edit = run.database.write_now(lambda tx: run_batch(tx, body.edit_id), Lane.BULK)
        except Conflict:
            return
        except Refused as refusal:
            return _give_up(run, body.edit_id, refusal.sentence)
        if edit.state == "done":
            return
        if run.closing:
            return run.later(1)
        run.progress(edit.done, edit.total)


def _give_up(run: TaskRun, edit_id: str, sentence: str) -> None:
    run.database.write_now(lambda tx: tx.run(_fail, id_=edit_id, failure_=sentence, now_=tx.now))


def _plan(tx: Tx, row: Any) -> tuple[list[Line], Found, str]:
    """The lines of the next batch, what they are about, and where the batch behind it begins; empty at the end."""
    if row.undoes:
        return _undoing(tx, row)
    said = from_json(row.edit)
    return _reading(tx, row, msgspec.convert(said, Sheet)) if "rows" in said else _editing(tx, row)


def _reading(tx: Tx, row: Any, sheet: Sheet) -> tuple[list[Line], Found, str]:
    first = int(row.cursor or 0)
    rows = sheet.rows[first : first + BATCH]
    found = read_found(tx, listings_of(tx, row.merchant_id, rows), lock=True, stock=any(each.stock for each in rows))
    following = first + len(rows)
    return list(plan_sheet(rows, found)), found, str(following) if following < len(sheet.rows) else ""


def _editing(tx: Tx, row: Any) -> tuple[list[Line], Found, str]:
    edit = from_json(row.edit, Edit)
    ids = select_ids(tx, row.merchant_id, edit.selection, row.cursor, BATCH)
    found = read_found(tx, ids, lock=True, stock=edit.change.stock is not None)
    lines = list(plan_lines(edit, found, _category_id(tx, edit), tx.now))
    return lines, found, ids[-1] if len(ids) == BATCH else ""


def _undoing(tx: Tx, row: Any) -> tuple[list[Line], Found, str]:
    rows = tx.all(_done_lines, edit_id=row.undoes, after=int(row.cursor or 0), most=BATCH)
    lines = [_line(each) for each in rows]
    ids = sorted({line.listing_id for line in lines})
    found = read_found(tx, ids, lock=True, stock=any(line.field == "stock" for line in lines))
    return list(undo_lines(lines, found)), found, str(rows[-1].number) if len(rows) == BATCH else ""


def _start(tx: Tx, scope: Scope, merchant_id: str, edit: str, total: int, undoes: str | None) -> BulkEdit:
    edit_id = tx.new_id("blk")
    row = dict.fromkeys((column.name for column in tables.bulk_edits.columns), None) | {
        "id": edit_id, "merchant_id": merchant_id, "edit": edit, "state": "waiting", "cursor": "",
        "total": total, "done": 0, "changed": 0, "unchanged": 0, "refused": 0, "undoes": undoes, "actor": scope.actor,
        "started_at": tx.now,
    }  # fmt: skip
    tx.run(_insert, **row)
    tx.enqueue(KIND, RunBulkEdit(edit_id))
    return get_edit(tx, scope, edit_id)


def _check(snapshot: Snapshot, merchant_id: str, edit: Edit) -> None:
    change = edit.change
    if change == Change():
        raise Invalid("Say what to change")
    fields = dict(_change_faults(change))
    if fields:
        raise Invalid("; ".join(fields.values()), fields=fields)
    if change.stock:
        check_location(snapshot, merchant_id, change.stock.location_id)
    _category_id(snapshot, edit)


def _change_faults(change: Change) -> Iterable[tuple[str, str]]:
    price, sale, status = change.price, change.sale, change.status
    if price and (price.amount_minor is None) == (price.percent_bps is None):
        yield "price", "Give an amount or a percentage"
    if price and price.how == "set" and not price.amount_minor:
        yield "price", "A price is set to an amount above nothing"
    if sale and not sale.end and (sale.price_minor is None) == (sale.percent_bps is None):
        yield "sale", "Give the sale's price or a percentage"
    times = (sale.starts_at, sale.ends_at) if sale else ()
    for name, text in (*(("sale", each) for each in times), ("status", status.publish_at if status else None)):
        if text is not None and not _is_time(text):
            yield name, "Write a time such as 2026-01-31T12:00:00Z"
    if status and (status.publish_at is None) == (status.status == "scheduled"):
        yield "status", "Give a time to what is scheduled, and to nothing else"


def _is_time(text: str) -> bool:
    try:
        from_rfc3339(text)
    except (ValueError, OverflowError):
        return False
    return True


def _category_id(snapshot: Snapshot, edit: Edit) -> str | None:
    """Invalid for a category that there is not; an empty one takes goods out of any."""
    slug = (edit.change.category or "").strip("/")
    if not slug:
        return None
    found = find_category_id(snapshot, slug)
    if found is None:
        raise Invalid("There is no such category", fields={"category": "choose one of the list"})
    return found


def _changes(line: Line) -> bool:
    return line.before != line.after


def _counts(lines: Sequence[Line]) -> tuple[int, int, int]:
    refused = sum(line.reason is not None for line in lines)
    changed = sum(line.reason is None and _changes(line) for line in lines)
    return changed, len(lines) - changed - refused, refused


def _named(found: Found, lines: Iterable[Line]) -> list[NamedLine]:
    titles = {listing.id: (listing.title, listing.external_id) for listing in found.listings}
    names = {offer.id: offer.external_id for some in found.offers.values() for offer in some}
    return [
        NamedLine(
            line.listing_id, titles.get(line.listing_id, ("", ""))[0],
            names.get(line.offer_id or "", titles.get(line.listing_id, ("", ""))[1]),
            line.field, to_json(line.before), to_json(line.after), line.reason,
        )
        for line in lines
    ]  # fmt: skip


def _write_lines(tx: Tx, edit_id: str, lines: Sequence[Line]) -> None:
    first = int(tx.value(_last_number, edit_id=edit_id) or 0) + 1
    rows = []
    for number, line in enumerate(lines, first):
        values: dict[str, Any] = {
            "listing_id": line.listing_id,
            "offer_id": line.offer_id,
            "field": line.field,
            "reason": line.reason,
        }
        values |= {"edit_id": edit_id, "number": number, "before": to_json(line.before), "after": to_json(line.after)}
        rows.append(values)
    tx.run_many(_insert_line, rows)


def _line(row: Any) -> Line:
    return Line(row.listing_id, row.offer_id, row.field, from_json(row.before), from_json(row.after), row.reason)


def _tell(tx: Tx, row: Any, changed: int, unchanged: int, refused: int) -> None:
    params = {"changed": str(changed), "unchanged": str(unchanged), "refused": str(refused)}
    link = f"/merchant/edits/{row.id}"
    identity.notify(tx, identity.Notice(to=row.merchant_id, kind="catalog.bulk_done", params=params, link=link))


def _own(row: Any, scope: Scope) -> Any:
    if row is None or (row.merchant_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such edit")
    return row


def _view(row: Any) -> BulkEdit:
    return BulkEdit(
        row.id, row.merchant_id, row.state, row.total, row.done, row.changed, row.unchanged, row.refused, row.undoes,
        row.undone_by, row.failure, row.started_at, row.finished_at,
    )  # fmt: skip


_e, _n = tables.bulk_edits.c, tables.bulk_lines.c
_whole = select(*_e)
_get: Prepared[Any] = prepare(_whole.where(_e.id == bindparam("id")))
_lock: Prepared[Any] = prepare(_whole.where(_e.id == bindparam("id")).with_for_update())
_list: Prepared[Any] = prepare(
    _whole.where(_e.merchant_id == bindparam("merchant_id"), _e.id < bindparam("before"))
    .order_by(_e.id.desc())
    .limit(bindparam("most"))
)
_insert: Prepared[Any] = tables.inserting(tables.bulk_edits)
_insert_line: Prepared[Any] = tables.inserting(tables.bulk_lines)
_move_on: Prepared[Any] = prepare(
    update(tables.bulk_edits)
    .where(_e.id == bindparam("id_"))
    .values(
        cursor=bindparam("cursor_"),
        done=bindparam("done_"),
        changed=bindparam("changed_"),
        unchanged=bindparam("unchanged_"),
        refused=bindparam("refused_"),
        state=bindparam("state_"),
        finished_at=bindparam("finished_at_"),
    )
)
_fail: Prepared[Any] = prepare(
    update(tables.bulk_edits)
    .where(_e.id == bindparam("id_"))
    .values(state="failed", failure=bindparam("failure_"), finished_at=bindparam("now_"))
)
_set_undone: Prepared[Any] = prepare(
    update(tables.bulk_edits).where(_e.id == bindparam("id_")).values(undone_by=bindparam("undone_by_"))
)
_in_order = select(*_n).where(_n.edit_id == bindparam("edit_id"), _n.number > bindparam("after")).order_by(_n.number)
_lines: Prepared[Any] = prepare(_in_order.limit(bindparam("most")))
_done_lines: Prepared[Any] = prepare(_in_order.where(_n.reason.is_(None)).limit(bindparam("most")))
_count_lines: Prepared[Any] = prepare(
    select(func.count().label("rows")).where(_n.edit_id == bindparam("edit_id"), _n.reason.is_(None))
)
_last_number: Prepared[Any] = prepare(
    select(func.max(_n.number).label("last")).where(_n.edit_id == bindparam("edit_id"))
)
