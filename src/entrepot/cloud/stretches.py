"""Stretches: one process's metered work under one standing hold.

A process sets an amount aside once, admits from it in memory and writes usage in groups (`flushing`), each captured
from the hold as it is written, so that metering costs a request nothing but an append. When the stretch ends, what is
left of the hold is given back. A process that dies leaves its stretch open; the next one that starts closes it, and
records what had not been written yet as rows classed `estimated`, which the stretch's owner bears.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot import ledger
from entrepot.kernel import MINUTE, SECOND, Prepared, Snapshot, Tx, derive_id, in_set, is_dead, prepare

from . import accounts, tables
from .meters import METERS
from .pricing import read_price_books
from .rating import PriceBook, price_of
from .types import SHOP, Usage, UsageClass
from .usage import write_usage

GRANT_TIMES = 1_000
"""A grant covers so many standing holds: the shop's own compute account is funded by the platform."""
SILENT_MAX = 10 * MINUTE
"""A stretch that was not heard of for so long belongs to a process that is gone, wherever it ran."""
UNWRITTEN_MAX = SECOND
"""Usage waits at most this long before it is written, so no more than this much of it is lost."""
LOOKED_BACK = MINUTE
"""How far before its last sign of life a dead process's work is looked at, to estimate what it left unwritten."""


class Stretch(msgspec.Struct, frozen=True):
    """A stretch as it is stored; its hold on the ledger has an id derived from it."""

    id: str
    organisation: str
    holder: str
    unit: str
    amount: int
    state: str
    opened_at: int
    alive_at: int
    closed_at: int | None

    @property
    def hold(self) -> str:
        """The standing hold."""
        return hold_of(self.id)


def hold_of(stretch_id: str) -> str:
    """The id of a stretch's standing hold."""
    return derive_id("hld", stretch_id)


def begin(tx: Tx, organisation: str, holder: str, unit: str, amount: int, mine: Sequence[str]) -> str:
    """Open a stretch, first closing what dead processes left open; returns its id.

    `mine` are the holders that live in this very process. The shop's account is filled from the platform's grants when
    it cannot cover the hold; Insufficient for anybody else's.
    """
    dead = _lock_dead(tx, mine)
    ends = {each.id: _end_of(tx, each) for each in dead}
    stretch_id = tx.new_id("str")
    plan = ledger.Plan(tuple(step for each in ends.values() for step in each.plan))
    ledger.post(tx, plan + _standing(tx, organisation, unit, amount, stretch_id))
    for each in dead:
        write_usage(tx, ends[each.id].estimates, each.id)
        tx.run(_close, id_=each.id, state_="crashed", now_=tx.now)
    tx.run(
        _insert, id=stretch_id, organisation=organisation, holder=holder, unit=unit, amount=amount, state="open",
        opened_at=tx.now, alive_at=tx.now,
    )  # fmt: skip
    return stretch_id


def end(tx: Tx, stretch_id: str) -> None:
    """Close a stretch and give back what is left of its hold; one that is closed stays as it is."""
    if (stretch := lock_open(tx, stretch_id)) is not None:
        ledger.post(tx, _give_back(stretch.id))
        tx.run(_close, id_=stretch_id, state_="closed", now_=tx.now)


def lock_open(tx: Tx, stretch_id: str) -> Stretch | None:
    """A stretch that is open, kept from others until the commit; None when it is not."""
    stretch = tx.one(_locked, id=stretch_id)
    return stretch if stretch is not None and stretch.state == "open" else None


def note_alive(tx: Tx, stretch_id: str) -> None:
    """Note a sign of life."""
    tx.run(_alive, id_=stretch_id, now_=tx.now)


def list_open(snapshot: Snapshot) -> list[Stretch]:
    """The stretches under way, or left open by a process that died."""
    return snapshot.all(_seen_open)


def _lock_dead(tx: Tx, mine: Sequence[str]) -> list[Stretch]:
    """What dead processes left open; the living are not kept waiting for it."""
    dead = [each.id for each in list_open(tx) if each.holder not in mine and _is_gone(each, tx.now)]
    return tx.all(_open, ids=dead) if dead else []


def _is_gone(stretch: Stretch, now: int) -> bool:
    return is_dead(stretch.holder) or stretch.alive_at <= now - SILENT_MAX


def _standing(tx: Tx, organisation: str, unit: str, amount: int, stretch_id: str) -> ledger.Plan:
    """The standing hold, and a grant before it where the shop's account cannot cover it."""
    account = accounts.compute(organisation, unit)
    steps: list[ledger.Step] = []
    if organisation == SHOP and ledger.balance_of(tx, account).available < amount:
        grant = derive_id("trf", stretch_id, "grant")
        filled = min(amount * GRANT_TIMES, ledger.AMOUNT_MAX)
        steps.append(ledger.Move(grant, accounts.grants(unit), account, filled, accounts.GRANT, stretch_id))
    hold = hold_of(stretch_id)
    steps.append(ledger.Hold(hold, account, accounts.earned(unit), amount, accounts.STANDING, stretch_id))
    return ledger.Plan(tuple(steps))


def _give_back(stretch_id: str) -> ledger.Plan:
    hold = hold_of(stretch_id)
    return ledger.Plan.of(ledger.Void(derive_id("trf", stretch_id, "end"), hold, accounts.END, stretch_id))


class _End(msgspec.Struct, frozen=True):
    """How a dead process's stretch ends: what it is estimated to have left unwritten, and the steps that settle it."""

    estimates: tuple[Usage, ...]
    plan: ledger.Plan


def _end_of(tx: Tx, stretch: Stretch) -> _End:
    """Of each model as much as it used in the busiest second of its last minute: the owner bears the error.

    What the hold does not cover is not estimated, so that no crash costs more than was set aside.
    """
    hold = ledger.holds_of(tx, [stretch.hold])[stretch.hold]
    used = tx.all(_busiest, stretch=stretch.id, since=stretch.alive_at - LOOKED_BACK, second=UNWRITTEN_MAX)
    books = read_price_books(tx, sorted({row.price_book for row in used if row.price_book}))
    estimates: list[Usage] = []
    left = hold.left
    for number, row in enumerate(used, 1):
        book = books.get(row.price_book)
        quantity = _affordable(book, row.meter, int(row.quantity), left)
        price = price_of(book, row.meter, quantity) if book else 0
        left -= price
        estimates.append(_estimate(stretch, tx.now, row, number, quantity, price))
    if not estimates:
        estimates.append(_estimate(stretch, tx.now, None, 1, 0, 0))
    spent = hold.left - left
    if not spent:
        return _End(tuple(estimates), _give_back(stretch.id))
    capture = ledger.Capture(
        derive_id("trf", stretch.id, "crash"), stretch.hold, spent, accounts.USE, stretch.id, final=True
    )
    return _End(tuple(estimates), ledger.Plan.of(capture))


def _affordable(book: PriceBook | None, meter: str, quantity: int, left: int) -> int:
    """As much of a quantity as what is left pays for."""
    if book is None or price_of(book, meter, quantity) <= left:
        return quantity
    return left * METERS[meter].per // book.nano[meter]


def _estimate(stretch: Stretch, now: int, row: Any, number: int, quantity: int, price: int) -> Usage:
    return Usage(
        request=stretch.id, attempt=number, meter=row.meter if row else "embedding_tokens", quantity=quantity,
        model=row.model if row else "", surface="crash", ref=stretch.id, organisation=stretch.organisation,
        usage_class=UsageClass.ESTIMATED, at=now, price=price, price_book=row.price_book if row else None,
    )  # fmt: skip


_s, _u = tables.stretches.c, tables.usage.c
_columns = tuple(tables.stretches.columns)
_open: Prepared[Stretch] = prepare(
    select(*_columns).where(_s.state == "open", in_set(_s.id, "ids")).order_by(_s.id).with_for_update(), Stretch
)
_seen_open: Prepared[Stretch] = prepare(select(*_columns).where(_s.state == "open").order_by(_s.id), Stretch)
_locked: Prepared[Stretch] = prepare(select(*_columns).where(_s.id == bindparam("id")).with_for_update(), Stretch)
_insert: Prepared[Any] = prepare(
    insert(tables.stretches).values({c.name: bindparam(c.name) for c in _columns if c.name != "closed_at"})
)
_alive: Prepared[Any] = prepare(
    update(tables.stretches).where(_s.id == bindparam("id_"), _s.state == "open").values(alive_at=bindparam("now_"))
)
_close: Prepared[Any] = prepare(
    update(tables.stretches)
    .where(_s.id == bindparam("id_"))
    .values(state=bindparam("state_"), closed_at=bindparam("now_"))
)
_by_second = (
    select(_u.model, _u.meter, _u.price_book, func.sum(_u.quantity).label("quantity"))
    .where(_u.stretch == bindparam("stretch"), _u.at >= bindparam("since"))
    .group_by(_u.model, _u.meter, _u.price_book, _u.at - _u.at % bindparam("second"))
    .subquery()
)
_b = _by_second.c
_busiest: Prepared[Any] = prepare(
    select(_b.model, _b.meter, _b.price_book, func.max(_b.quantity).label("quantity"))
    .group_by(_b.model, _b.meter, _b.price_book)
    .order_by(_b.model, _b.meter, _b.price_book)
)
