"""Stretches: one process's metered work under one standing hold.

A process sets an amount aside once, admits from it in memory and writes usage in groups, so that metering costs a
request nothing but an append. When the stretch ends, the hold is given back. A process that dies leaves its stretch
open; the next one that starts closes it, and records what had not been written yet as one row classed `estimated`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot import ledger
from entrepot.kernel import MINUTE, SECOND, Prepared, Snapshot, Tx, derive_id, prepare

from . import accounts, tables
from .types import Usage, UsageClass
from .usage import write_usage

GRANT_TIMES = 1_000
"""A grant covers so many standing holds: the shop's own compute account is funded by the platform."""
SILENT_MAX = 10 * MINUTE
"""A stretch of another machine that was not heard of for so long belongs to a process that is gone."""
UNWRITTEN_MAX = SECOND
"""Usage waits at most this long before it is written, so no more than this much of it is lost."""


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


def holder_name(nonce: str) -> str:
    """This process, and which of its meters: machine, process id, a name of its own."""
    return f"{socket.gethostname()}:{os.getpid()}:{nonce}"


def begin(tx: Tx, organisation: str, holder: str, unit: str, amount: int, mine: Sequence[str]) -> str:
    """Open a stretch, first closing what dead processes left open; returns its id.

    `mine` are the holders that live in this very process.
    """
    dead = [stretch for stretch in tx.all(_open, now=tx.now) if _is_gone(stretch, tx.now, mine)]
    stretch_id = tx.new_id("str")
    plan = ledger.Plan(tuple(step for each in dead for step in _give_back(each).steps))
    ledger.post(tx, plan + _standing(tx, organisation, unit, amount, stretch_id))
    for each in dead:
        _record_crash(tx, each)
    tx.run(
        _insert, id=stretch_id, organisation=organisation, holder=holder, unit=unit, amount=amount, state="open",
        opened_at=tx.now, alive_at=tx.now,
    )  # fmt: skip
    return stretch_id


def write(tx: Tx, stretch_id: str, rows: Sequence[Usage]) -> bool:
    """Write usage under a stretch, each row once; False, and nothing written, when it is no longer open."""
    if tx.run(_alive, id_=stretch_id, now_=tx.now) == 0:
        return False
    assert all(row.price == 0 for row in rows), "a price is captured from the hold, which nothing here does yet"
    write_usage(tx, rows, stretch_id)
    return True


def end(tx: Tx, stretch_id: str) -> None:
    """Close a stretch and give its hold back; one that is closed stays as it is."""
    stretch = tx.one(_locked, id=stretch_id)
    if stretch is not None and stretch.state == "open":
        ledger.post(tx, _give_back(stretch))
        tx.run(_close, id_=stretch_id, state_="closed", now_=tx.now)


def list_open(snapshot: Snapshot) -> list[Stretch]:
    """The stretches under way, or left open by a process that died."""
    return snapshot.all(_seen_open)


def _is_gone(stretch: Stretch, now: int, mine: Sequence[str]) -> bool:
    machine, _, rest = stretch.holder.partition(":")
    process = rest.partition(":")[0]
    if stretch.holder in mine:
        return False
    if machine == socket.gethostname() and process.isdigit():
        return int(process) == os.getpid() or not _is_running(int(process))
    return stretch.alive_at <= now - SILENT_MAX


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _standing(tx: Tx, organisation: str, unit: str, amount: int, stretch_id: str) -> ledger.Plan:
    """The standing hold, and a grant before it where the account cannot cover it."""
    account = accounts.compute(organisation, unit)
    steps: list[ledger.Step] = []
    if ledger.balance_of(tx, account).available < amount:
        grant = derive_id("trf", stretch_id, "grant")
        steps.append(
            ledger.Move(grant, accounts.grants(unit), account, amount * GRANT_TIMES, accounts.GRANT, stretch_id)
        )
    hold = hold_of(stretch_id)
    steps.append(ledger.Hold(hold, account, accounts.earned(unit), amount, accounts.STANDING, stretch_id))
    return ledger.Plan(tuple(steps))


def _give_back(stretch: Stretch) -> ledger.Plan:
    return ledger.Plan.of(ledger.Void(derive_id("trf", stretch.id, "end"), stretch.hold, accounts.END, stretch.id))


def _record_crash(tx: Tx, stretch: Stretch) -> None:
    """Close a dead process's stretch, with a row for what it had not written: as much as it used per second before."""
    written = int(tx.value(_quantity, stretch=stretch.id) or 0)
    worked = max(stretch.alive_at - stretch.opened_at, UNWRITTEN_MAX)
    estimate = Usage(
        request=stretch.id,
        meter="embedding_tokens",
        quantity=-(-written * UNWRITTEN_MAX // worked),
        model="",
        surface="crash",
        ref=stretch.id,
        organisation=stretch.organisation,
        usage_class=UsageClass.ESTIMATED,
        at=tx.now,
    )
    write_usage(tx, [estimate], stretch.id)
    tx.run(_close, id_=stretch.id, state_="crashed", now_=tx.now)


_s, _u = tables.stretches.c, tables.usage.c
_columns = tuple(tables.stretches.columns)
_open: Prepared[Stretch] = prepare(
    select(*_columns).where(_s.state == "open").order_by(_s.id).with_for_update(), Stretch
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
_quantity: Prepared[Any] = prepare(
    select(func.sum(_u.quantity).label("quantity")).where(_u.stretch == bindparam("stretch"))
)
