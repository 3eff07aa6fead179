"""Claiming rows of usage for an invoice, a slice at a time, so that a million of them keep nobody else from writing.

A draft stands for the invoice from its first slice on: every slice marks rows with the invoice's id and adds them to
the draft's sums, in one transaction. Whatever dies in between, the next round goes on behind the last slice: no row is
lost, and none is summed twice. The invoice is made of the sums when no row is left, and the draft ends with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from entrepot.kernel import Prepared, Snapshot, Tx, from_json, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import tables
from .types import SHOP

SLICE = 5_000
"""Rows that are claimed in one transaction."""


class LineSum(msgspec.Struct, frozen=True):
    """What rows of one model, meter and version of prices come to."""

    model: str
    meter: str
    price_book: str | None
    rows: int
    quantity: int
    price: int


class ClaimedRow(NamedTuple):
    """A row of usage as it was claimed."""

    model: str
    meter: str
    price_book: str | None
    quantity: int
    price: int
    at: int


class Draft(msgspec.Struct, frozen=True):
    """An invoice that is being made of what was used before `until`; `since` is the first row's time."""

    organisation: str
    invoice_id: str
    until: int
    since: int | None
    rows: int
    price: int
    sums: tuple[LineSum, ...]
    begun_at: int


def begin_draft(tx: Tx, organisation: str, until: int) -> Draft | None:
    """The draft of what an organisation used before `until`, or the one that is under way; None when nothing is to be
    invoiced. The shop's own use is invoiced to nobody.

    The caller holds the organisation's row, so that nobody begins a second one.
    """
    if organisation == SHOP:
        return None
    draft = lock_draft(tx, organisation)
    if draft is not None:
        return draft
    if tx.value(_any, organisation=organisation, until=until) is None:
        return None
    draft = Draft(organisation, tx.new_id("civ"), until, None, 0, 0, (), tx.now)
    tx.run(_insert, **msgspec.structs.asdict(draft) | {"sums": to_json(draft.sums)})
    return draft


def claim_slice(tx: Tx, organisation: str, most: int = SLICE) -> tuple[Draft, bool] | None:
    """Claim the next rows of a draft; returns it, and whether that were the last. None when there is no draft."""
    draft = lock_draft(tx, organisation)
    if draft is None:
        return None
    rows = tx.all(
        _claim, invoice_=draft.invoice_id, organisation_=organisation, until_=draft.until, most_=most
    )  # fmt: skip
    if rows:
        draft = _with_rows(draft, rows)
        tx.run(
            _grow, organisation_=organisation, since_=draft.since, rows_=draft.rows, price_=draft.price,
            sums_=to_json(draft.sums),
        )  # fmt: skip
    return draft, len(rows) < most


def end_draft(tx: Tx, draft: Draft) -> None:
    """The invoice is made: the draft is no more."""
    tx.run(_end, organisation_=draft.organisation)


def lock_draft(tx: Tx, organisation: str) -> Draft | None:
    """An organisation's draft, kept from others until the commit."""
    return tx.one(_lock, organisation=organisation)


def find_draft(snapshot: Snapshot, organisation: str) -> Draft | None:
    """The invoice that is being made for an organisation."""
    return snapshot.one(_find, organisation=organisation)


def list_drafts(snapshot: Snapshot) -> list[Draft]:
    """Every invoice that is being made."""
    return snapshot.all(_every)


def is_long(snapshot: Snapshot, organisation: str, until: int, most: int) -> bool:
    """Whether more rows than so many wait to be claimed."""
    return snapshot.value(_behind, organisation=organisation, until=until, most=most) is not None


def _with_rows(draft: Draft, rows: Sequence[ClaimedRow]) -> Draft:
    sums = {(each.model, each.meter, each.price_book): each for each in draft.sums}
    for row in rows:
        key = (row.model, row.meter, row.price_book)
        was = sums.get(key) or LineSum(*key, 0, 0, 0)
        sums[key] = LineSum(*key, was.rows + 1, was.quantity + row.quantity, was.price + row.price)
    first = min(row.at for row in rows)
    return msgspec.structs.replace(
        draft,
        since=first if draft.since is None else min(first, draft.since),
        rows=draft.rows + len(rows),
        price=draft.price + sum(row.price for row in rows),
        sums=tuple(sorted(sums.values(), key=lambda each: (each.model, each.meter, each.price_book or ""))),
    )


def _read(*columns: Any) -> Draft:
    values = dict(zip(Draft.__struct_fields__, columns, strict=True))
    return Draft(**values | {"sums": from_json(values["sums"], tuple[LineSum, ...])})


_u, _d = tables.usage.c, tables.invoice_drafts.c
_mine = (_u.organisation == bindparam("organisation"), _u.invoice.is_(None), _u.at < bindparam("until"))
_any: Prepared[Any] = prepare(select(_u.at).where(*_mine, _u.price > 0).limit(1))
_behind: Prepared[Any] = prepare(select(_u.at).where(*_mine).order_by(_u.at).limit(1).offset(bindparam("most")))
_claim: Prepared[ClaimedRow] = prepare_text(
    "UPDATE cloud_usage SET invoice = :invoice_ WHERE (request, attempt, meter) IN ("
    "SELECT request, attempt, meter FROM cloud_usage WHERE organisation = :organisation_ AND invoice IS NULL "
    "AND at < :until_ ORDER BY at LIMIT :most_) RETURNING model, meter, price_book, quantity, price, at",
    ClaimedRow,
)
_drafts = select(*(_d[name] for name in Draft.__struct_fields__))
_find: Prepared[Draft] = prepare(_drafts.where(_d.organisation == bindparam("organisation")), _read)
_lock: Prepared[Draft] = prepare(_drafts.where(_d.organisation == bindparam("organisation")).with_for_update(), _read)
_every: Prepared[Draft] = prepare(_drafts.order_by(_d.organisation), _read)
_insert: Prepared[Any] = prepare(
    insert(tables.invoice_drafts).values(
        {column.name: bindparam(column.name) for column in tables.invoice_drafts.columns}
    )
)
_grow: Prepared[Any] = prepare(
    update(tables.invoice_drafts)
    .where(_d.organisation == bindparam("organisation_"))
    .values(since=bindparam("since_"), rows=bindparam("rows_"), price=bindparam("price_"), sums=bindparam("sums_"))
)
_end: Prepared[Any] = prepare(delete(tables.invoice_drafts).where(_d.organisation == bindparam("organisation_")))
