"""Settling: an attempt at a call ends once, with what it used, or with nothing.

The usage rows, the captures of its holds and the maker's share are one transaction, and the row of the request is what
claims it: whoever settles it again gets what was settled before. Nobody pays for more than was held: what an engine
counts beyond the limits it was given stays in the evidence and is not billed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot import ledger
from entrepot.kernel import NotFound, Prepared, Snapshot, Tx, derive_id, from_json, prepare, to_json

from . import accounts, tables
from .admission import hold_id
from .pricing import read_price_books
from .rating import PriceBook, Rated, rate, total_of
from .types import Usage, UsageClass
from .usage import write_usage


class Settled(msgspec.Struct, frozen=True):
    """How an attempt ended: the price in nano units, and what was billed of each meter. `outcome` is a usage class, or
    `void` when nothing was."""

    request: str
    attempt: int
    outcome: str
    price: int
    quantities: dict[str, int]


class Request(msgspec.Struct, frozen=True):
    """An attempt at a call, as it is stored."""

    id: str
    attempt: int
    organisation: str
    actor: str
    model: str
    price_book: str
    surface: str
    ref: str | None
    limits: dict[str, int]
    held: int
    budgets: tuple[str, ...]
    state: str
    seen: dict[str, int]
    seen_at: int | None
    holder: str
    outcome: str | None
    price: int
    opened_at: int
    closed_at: int | None


VOID = "void"


def settle(
    tx: Tx, request: str, attempt: int, used: Mapping[str, int], unit: str, *,
    outcome: UsageClass = UsageClass.EXACT, maker: str | None = None, evidence: Mapping[str, object] | None = None,
) -> Settled:  # fmt: skip
    """End an attempt with what it used of each meter. Settling again changes nothing and tells what was settled.

    `maker` is the organisation that earns the model's share, `evidence` what the engine itself counted. NotFound when
    there is no such attempt.
    """
    row = lock_request(tx, request, attempt)
    if row.state != "open":
        return find_settled(tx, row)
    billed = {meter: min(quantity, row.limits.get(meter, 0)) for meter, quantity in used.items() if quantity > 0}
    book = read_price_books(tx, [row.price_book])[row.price_book]
    rows = rate(book, billed)
    price = total_of(rows)
    assert price <= row.held, "what was held is what the limits cost"
    ledger.post(tx, _capture(row, price, unit) + _share(row, book, rows, maker, unit))
    write_usage(tx, [_usage(row, each, outcome, tx.now, maker) for each in rows], stretch=row.id)
    _close(tx, row, "settled", str(outcome), price, evidence)
    return Settled(row.id, row.attempt, str(outcome), price, {each.meter: each.quantity for each in rows})


def void(tx: Tx, request: str, attempt: int, evidence: Mapping[str, object] | None = None) -> Settled:
    """End an attempt that is not billed: it was refused by the engine, or failed before it brought anything."""
    row = lock_request(tx, request, attempt)
    if row.state != "open":
        return find_settled(tx, row)
    ledger.post(tx, _release(row))
    _close(tx, row, VOID, VOID, 0, evidence)
    return Settled(row.id, row.attempt, VOID, 0, {})


def lock_request(tx: Tx, request: str, attempt: int) -> Request:
    """An attempt, kept from others until the commit."""
    row = tx.one(_lock, id=request, attempt=attempt)
    if row is None:
        raise NotFound("There is no such request")
    return row


def list_open_requests(snapshot: Snapshot) -> list[Request]:
    """The attempts that are under way, or were left by a process that died; oldest first."""
    return snapshot.all(_open)


def find_settled(snapshot: Snapshot, row: Request) -> Settled:
    """How an attempt that has ended was settled."""
    billed = {each.meter: int(each.quantity) for each in snapshot.all(_billed, request=row.id, attempt=row.attempt)}
    return Settled(row.id, row.attempt, row.outcome or VOID, row.price, billed)


def _capture(row: Request, price: int, unit: str) -> ledger.Plan:
    if not price:
        return _release(row)
    return ledger.Plan(
        tuple(
            ledger.Capture(derive_id("trf", hold, "use"), hold, price, accounts.USE, row.id, final=True)
            for hold in _holds(row)
        )
    )


def _release(row: Request) -> ledger.Plan:
    return ledger.Plan(
        tuple(ledger.Void(derive_id("trf", hold, "release"), hold, accounts.RELEASE, row.id) for hold in _holds(row))
    )


def _holds(row: Request) -> Sequence[str]:
    if not row.held:
        return ()
    return [hold_id(row.id, row.attempt, source) for source in ("", *row.budgets)]


def _share(row: Request, book: PriceBook, rows: Sequence[Rated], maker: str | None, unit: str) -> ledger.Plan:
    amount = sum(each.maker for each in rows)
    if not amount or maker is None:
        return ledger.Plan()
    share = derive_id("trf", row.id, str(row.attempt), "maker")
    return ledger.Plan.of(
        ledger.Move(share, accounts.earned(unit), accounts.maker(maker, unit), amount, accounts.MAKER, row.id)
    )


def _usage(row: Request, each: Rated, outcome: UsageClass, now: int, maker: str | None) -> Usage:
    return Usage(
        request=row.id, attempt=row.attempt, meter=each.meter, quantity=each.quantity, model=row.model,
        organisation=row.organisation, surface=row.surface, ref=row.ref, price=each.price, usage_class=outcome, at=now,
        price_book=row.price_book, share=each.maker if maker is not None else 0,
    )  # fmt: skip


def _close(tx: Tx, row: Request, state: str, outcome: str, price: int, evidence: Mapping[str, object] | None) -> None:
    tx.run(
        _end, id_=row.id, attempt_=row.attempt, state_=state, outcome_=outcome, price_=price,
        evidence_=to_json(dict(evidence)) if evidence else None, now_=tx.now,
    )  # fmt: skip


def _read(*columns: Any) -> Request:
    values = dict(zip(Request.__struct_fields__, columns, strict=True))
    values["limits"] = from_json(values["limits"], dict[str, int])
    values["budgets"] = from_json(values["budgets"], tuple[str, ...])
    values["seen"] = from_json(values["seen"], dict[str, int])
    return Request(**values)


_r, _u = tables.requests.c, tables.usage.c
_rows = select(*(_r[name] for name in Request.__struct_fields__))
_lock: Prepared[Request] = prepare(
    _rows.where(_r.id == bindparam("id"), _r.attempt == bindparam("attempt")).with_for_update(), _read
)
_open: Prepared[Request] = prepare(_rows.where(_r.state == "open").order_by(_r.opened_at, _r.id, _r.attempt), _read)
_billed: Prepared[Any] = prepare(
    select(_u.meter, _u.quantity).where(_u.request == bindparam("request"), _u.attempt == bindparam("attempt"))
)
_end: Prepared[Any] = prepare(
    update(tables.requests)
    .where(_r.id == bindparam("id_"), _r.attempt == bindparam("attempt_"))
    .values(
        state=bindparam("state_"),
        outcome=bindparam("outcome_"),
        price=bindparam("price_"),
        evidence=bindparam("evidence_"),
        closed_at=bindparam("now_"),
    )
)
