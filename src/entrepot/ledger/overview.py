"""The ledger at a glance, for an operator: how much lies in each kind of account, and what moved last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot.kernel import Prepared, Snapshot, in_set, prepare

from . import tables
from .balances import read_balances
from .history import MOST_MAX
from .types import Account, Transfer


class KindTotal(msgspec.Struct, frozen=True):
    """The accounts of one kind and unit that hold something, together."""

    kind: str
    unit: str
    accounts: int
    balance: int


def sum_by_kind(snapshot: Snapshot) -> list[KindTotal]:
    """How much lies in each kind of account, for each currency, by name."""
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in snapshot.all(_bounded):
        totals[row.kind, row.unit] = [int(row.accounts), int(row.balance)]
    unbounded = snapshot.all(_unbounded)
    balances = read_balances(snapshot, [row.id for row in unbounded])
    for row in unbounded:
        total = totals[row.kind, row.unit]
        total[0] += 1
        total[1] += balances[row.id].balance
    return [KindTotal(kind, unit, *total) for (kind, unit), total in sorted(totals.items())]


def list_newest(snapshot: Snapshot, most: int = 50) -> list[Transfer]:
    """The transfers that were posted last, the newest first."""
    return snapshot.all(_newest, most=max(1, min(most, MOST_MAX)))


def accounts_of(snapshot: Snapshot, account_ids: Iterable[str]) -> dict[str, Account]:
    """Whose accounts these are, and of what, by id: what a transfer says of its two sides is an id."""
    wanted = sorted(set(account_ids))
    found = snapshot.all(_by_id, ids=wanted) if wanted else []
    return {row.id: Account(row.owner, row.kind, row.unit, row.floor, row.ceiling) for row in found}


def list_units(snapshot: Snapshot, kind: str) -> list[str]:
    """The units in which there are accounts of a kind."""
    return snapshot.all(_units, kind=kind)


_a, _t = tables.accounts.c, tables.transfers.c
_bounded: Prepared[Any] = prepare(
    select(_a.kind, _a.unit, func.count().label("accounts"), func.sum(_a.balance).label("balance"))
    .where(tables.MONEY, _a.balance.is_not(None))
    .group_by(_a.kind, _a.unit)
)
_unbounded: Prepared[Any] = prepare(select(_a.id, _a.kind, _a.unit).where(tables.MONEY, _a.balance.is_(None)))
_by_id: Prepared[Any] = prepare(
    select(_a.id, _a.owner, _a.kind, _a.unit, _a.floor, _a.ceiling).where(in_set(_a.id, "ids"))
)
_units: Prepared[str] = prepare(
    select(_a.unit).where(_a.kind == bindparam("kind")).distinct().order_by(_a.unit), lambda unit: unit
)
_newest: Prepared[Transfer] = prepare(
    select(
        _t.id, _t.kind, _t.debit, _t.credit, _t.unit, _t.amount, _t.code, _t.ref, _t.hold, _t.final, _t.expires_at,
        _t.at, _t.position,
    )
    .order_by(_t.serial.desc())
    .limit(bindparam("most")),
    Transfer,
)  # fmt: skip
