"""Settling: an attempt at a call ends once, with what it used, or with nothing.

The usage rows, the captures of its holds and the maker's share are one transaction, and the row of the request is what
claims it: whoever settles it again gets what was settled before. Nobody pays for more than was held: what an engine
counts beyond the limits it was given stays in the evidence and is not billed. Attempts that end at one moment are
settled together (`rounds`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot import ledger
from entrepot.kernel import (
    SECOND,
    NotFound,
    Prepared,
    Query,
    Snapshot,
    Tx,
    derive_id,
    from_json,
    in_set,
    prepare,
    to_json,
    update_rows,
)

from . import accounts, tables
from .pricing import read_price_books
from .rating import PriceBook, Rated, rate, total_of
from .requests import Request, hold_id
from .types import Usage, UsageClass
from .usage import usage_rows


class Settled(msgspec.Struct, frozen=True):
    """How an attempt ended: the price in nano units, and what was billed of each meter. `outcome` is a usage class, or
    `void` when nothing was."""

    request: str
    attempt: int
    outcome: str
    price: int
    quantities: dict[str, int]


VOID = "void"
ALIVE_AFTER = 20 * SECOND
"""A call that is open for so long is said to be alive now and then."""


class Ending(msgspec.Struct, frozen=True):
    """How an attempt is to end: with what it `used` of each meter, or void when that is None.

    `maker` is the organisation that earns the model's share, `evidence` what the engine itself counted. `book` are the
    prices it was admitted with and `budgets` the owners of the accounts that hold for it, where they are at hand.
    `keep` does more in the transaction that settles it.
    """

    request: str
    attempt: int
    used: Mapping[str, int] | None
    outcome: UsageClass = UsageClass.EXACT
    maker: str | None = None
    evidence: Mapping[str, object] | None = None
    book: PriceBook | None = None
    keep: Callable[[Tx, Settled], None] | None = None
    budgets: tuple[str, ...] = ()


class Endings(msgspec.Struct):
    """What was decided on attempts that end, before anything is written: how each was settled, in their order; what to
    post and to write; and by how much accounts gain, by their ids, as holds are given back."""

    endings: Sequence[Ending]
    settled: list[Settled] = msgspec.field(default_factory=list)
    plan: ledger.Plan = ledger.Plan()
    freed: dict[str, int] = msgspec.field(default_factory=dict)
    usage: list[Usage] = msgspec.field(default_factory=list)
    closed: list[dict[str, Any]] = msgspec.field(default_factory=list)


def settle(
    tx: Tx, request: str, attempt: int, used: Mapping[str, int], unit: str, *,
    outcome: UsageClass = UsageClass.EXACT, maker: str | None = None, evidence: Mapping[str, object] | None = None,
) -> Settled:  # fmt: skip
    """End an attempt with what it used of each meter. Settling again changes nothing and tells what was settled.

    NotFound when there is no such attempt.
    """
    return end(tx, Ending(request, attempt, used, outcome, maker, evidence), unit)


def void(tx: Tx, request: str, attempt: int, evidence: Mapping[str, object] | None = None) -> Settled:
    """End an attempt that is not billed: it was refused by the engine, or failed before it brought anything."""
    return end(tx, Ending(request, attempt, None, evidence=evidence), "")


def end(tx: Tx, ending: Ending, unit: str) -> Settled:
    """End one attempt."""
    endings = plan_endings(tx, [ending], unit)
    ledger.post(tx, endings.plan)
    write_endings(tx, endings)
    return endings.settled[0]


def query_ending(endings: Sequence[Ending]) -> Query | None:
    """The query for the attempts that are to end, each kept from others until the commit."""
    return (_lock_these, {"ids": sorted({each.request for each in endings})}) if endings else None


def likely_steps(ending: Ending, unit: str) -> Sequence[ledger.Step]:
    """Steps like those that will end an attempt, by what is known before its row is read: see `ledger.foresee`."""
    holds = _ids(ending.request, ending.attempt, ending.budgets)
    if ending.used is None:
        return _release(ending.request, holds)
    return [*_capture(ending.request, holds, 1), *_share(ending.request, ending.attempt, 1, ending.maker, unit)]


def plan_endings(tx: Tx, endings: Sequence[Ending], unit: str, attempts: Sequence[Request] | None = None) -> Endings:
    """Decide how attempts end, each kept from others until the commit. The plan is to be posted, and the rest written,
    in this transaction. `attempts` are what `query_ending` found, where it was asked. NotFound when there is no such
    attempt."""
    rows = _by_attempt(endings, tx.all_of(query_ending(endings))[0] if attempts is None else attempts)
    books = {each.book.id: each.book for each in endings if each.book is not None}
    wanted = {row.price_book for row in rows.values() if row.state == "open"} - books.keys()
    if wanted and any(each.used for each in endings):
        books |= read_price_books(tx, sorted(wanted))
    decided, steps = Endings(endings), list[ledger.Step]()
    known: dict[tuple[str, int], Settled] = {}
    for ending in endings:
        key = (ending.request, ending.attempt)
        if key not in known:
            row = rows[key]
            if row.state == "open":
                known[key], plan = _ended(decided, row, ending, books, unit, tx.now)
                steps += plan
            else:
                known[key] = find_settled(tx, row)
        decided.settled.append(known[key])
    decided.plan = ledger.Plan(tuple(steps))
    return decided


def write_endings(tx: Tx, decided: Endings) -> None:
    """Write the usage, close the rows, and do what each ending keeps."""
    tx.send_all(usage_rows(decided.usage), (_end, decided.closed))
    for ending, settled in zip(decided.endings, decided.settled, strict=True):
        if ending.keep is not None:
            ending.keep(tx, settled)


def settle_by(book: PriceBook | None, row: Request, ending: Ending) -> tuple[Settled, tuple[Rated, ...]]:
    """How an attempt ends by the prices it was admitted with, and its usage rated: never above what was held."""
    if ending.used is None:
        return Settled(row.id, row.attempt, VOID, 0, {}), ()
    assert book is not None, "what was used is rated"
    rated = rate(book, {name: min(most, row.limits.get(name, 0)) for name, most in ending.used.items() if most > 0})
    price = total_of(rated)
    assert price <= row.held, "what was held is what the limits cost"
    return Settled(
        row.id, row.attempt, str(ending.outcome), price, {each.meter: each.quantity for each in rated}
    ), rated


def usage_of(row: Request, ending: Ending, rated: Sequence[Rated], now: int) -> list[Usage]:
    """The usage rows of an attempt that ends."""
    return [
        Usage(
            request=row.id, attempt=row.attempt, meter=each.meter, quantity=each.quantity, model=row.model,
            organisation=row.organisation, surface=row.surface, ref=row.ref, price=each.price,
            usage_class=ending.outcome, at=now, price_book=row.price_book,
            share=each.maker if ending.maker is not None else 0,
        )
        for each in rated
    ]  # fmt: skip


def closed(settled: Settled, ending: Ending, now: int) -> dict[str, Any]:
    """What is written into the row of an attempt as it ends."""
    return {
        "state": VOID if settled.outcome == VOID else "settled", "outcome": settled.outcome, "price": settled.price,
        "evidence": to_json(dict(ending.evidence)) if ending.evidence else None, "closed_at": now,
    }  # fmt: skip


def lock_request(tx: Tx, request: str, attempt: int) -> Request:
    """An attempt, kept from others until the commit."""
    row = tx.one(_lock, id=request, attempt=attempt)
    if row is None:
        raise NotFound("There is no such request")
    return row


def say_alive(tx: Tx, holder: str) -> None:
    """Note that a process still serves its calls that have been open for a while."""
    tx.run(_alive, holder_=holder, before_=tx.now - ALIVE_AFTER, now_=tx.now)


def list_open_requests(snapshot: Snapshot) -> list[Request]:
    """The attempts that are under way, or were left by a process that died; oldest first."""
    return snapshot.all(_open)


def find_settled(snapshot: Snapshot, row: Request) -> Settled:
    """How an attempt that has ended was settled."""
    billed = {each.meter: int(each.quantity) for each in snapshot.all(_billed, request=row.id, attempt=row.attempt)}
    return Settled(row.id, row.attempt, row.outcome or VOID, row.price, billed)


def _by_attempt(endings: Sequence[Ending], attempts: Sequence[Request]) -> dict[tuple[str, int], Request]:
    rows = {(row.id, row.attempt): row for row in attempts}
    for each in endings:
        if (each.request, each.attempt) not in rows:
            raise NotFound("There is no such request")
    return rows


def _ended(
    decided: Endings, row: Request, ending: Ending, books: Mapping[str, PriceBook], unit: str, now: int
) -> tuple[Settled, Sequence[ledger.Step]]:
    """How one attempt ends, and what that moves; its rows are added to what is to be written."""
    settled, rated = settle_by(books.get(row.price_book), row, ending)
    holds = _ids(row.id, row.attempt, row.budgets) if row.held else ()
    if settled.outcome == VOID:
        steps = _release(row.id, holds)
    else:
        share = sum(each.maker for each in rated)
        steps = [*_capture(row.id, holds, settled.price), *_share(row.id, row.attempt, share, ending.maker, unit)]
    for account in (accounts.compute(row.organisation, unit), *map(accounts.budget, row.budgets)):
        decided.freed[account.id] = decided.freed.get(account.id, 0) + row.held - settled.price
    decided.usage += usage_of(row, ending, rated, now)
    change = {f"{name}_": value for name, value in closed(settled, ending, now).items()}
    decided.closed.append({"id_": row.id, "attempt_": row.attempt, **change})
    return settled, steps


def _capture(request: str, holds: Sequence[str], price: int) -> Sequence[ledger.Step]:
    if not price:
        return _release(request, holds)
    return [
        ledger.Capture(derive_id("trf", hold, "use"), hold, price, accounts.USE, request, final=True) for hold in holds
    ]


def _release(request: str, holds: Sequence[str]) -> Sequence[ledger.Step]:
    return [ledger.Void(derive_id("trf", hold, "release"), hold, accounts.RELEASE, request) for hold in holds]


def _ids(request: str, attempt: int, budgets: Sequence[str]) -> Sequence[str]:
    return [hold_id(request, attempt, source) for source in ("", *budgets)]


def _share(request: str, attempt: int, amount: int, maker: str | None, unit: str) -> Sequence[ledger.Step]:
    if not amount or maker is None:
        return []
    share = derive_id("trf", request, str(attempt), "maker")
    return [ledger.Move(share, accounts.earned(unit), accounts.maker(maker, unit), amount, accounts.MAKER, request)]


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
_lock_these: Prepared[Request] = prepare(
    _rows.where(in_set(_r.id, "ids")).order_by(_r.id, _r.attempt).with_for_update(), _read
)
_open: Prepared[Request] = prepare(_rows.where(_r.state == "open").order_by(_r.opened_at, _r.id, _r.attempt), _read)
_billed: Prepared[Any] = prepare(
    select(_u.meter, _u.quantity).where(_u.request == bindparam("request"), _u.attempt == bindparam("attempt"))
)
_alive: Prepared[Any] = prepare(
    update(tables.requests)
    .where(
        _r.holder == bindparam("holder_"),
        _r.state == "open",
        _r.opened_at <= bindparam("before_"),
    )
    .values(seen_at=bindparam("now_"))
)
_end = update_rows(tables.requests, ["state", "outcome", "price", "evidence", "closed_at"], "id", "attempt")
