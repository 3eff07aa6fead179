"""Tabs as they are stored, and what open ones keep of a customer's credit and budgets (`tabs`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from entrepot.kernel import Prepared, Snapshot, from_json, in_set, prepare

from . import tables


class Tab(msgspec.Struct, frozen=True):
    """A tab as it is stored: `amount` is set aside on the organisation's credit, and by each of the accounts of
    `budgets`; `charged` is None while it is open."""

    id: str
    organisation: str
    holder: str
    unit: str
    amount: int
    budgets: tuple[str, ...]
    spent: int
    charged: int | None
    opened_at: int
    closed_at: int | None


class Kept(msgspec.Struct):
    """What open tabs set aside, and what of it is spent, in nano units: the rest is as good as free."""

    amount: int = 0
    spent: int = 0

    @property
    def free(self) -> int:
        """What is given back unless more calls come."""
        return self.amount - self.spent


def list_open_tabs(snapshot: Snapshot) -> list[Tab]:
    """The tabs that are open now, or were left by a process that died; oldest first."""
    return snapshot.all(_open)


def open_tabs_of(snapshot: Snapshot, organisations: Sequence[str]) -> list[Tab]:
    """The open tabs of some organisations."""
    return snapshot.all(_open_of, organisations=list(organisations)) if organisations else []


def on_tabs(open_tabs: Iterable[Tab]) -> defaultdict[str, Kept]:
    """What tabs keep, by the organisation and by each account of a budget."""
    kept: defaultdict[str, Kept] = defaultdict(Kept)
    for tab in open_tabs:
        for name in (tab.organisation, *tab.budgets):
            kept[name].amount += tab.amount
            kept[name].spent += tab.spent
    return kept


def read_tab(*columns: Any) -> Tab:
    """A tab from its columns."""
    values = dict(zip(Tab.__struct_fields__, columns, strict=True))
    return Tab(**values | {"budgets": from_json(values["budgets"], tuple[str, ...])})


_t = tables.tabs.c
TAB_ROWS = select(*(_t[name] for name in Tab.__struct_fields__))
_open: Prepared[Tab] = prepare(TAB_ROWS.where(_t.charged.is_(None)).order_by(_t.opened_at, _t.id), read_tab)
_open_of: Prepared[Tab] = prepare(
    TAB_ROWS.where(in_set(_t.organisation, "organisations"), _t.charged.is_(None)).order_by(_t.id), read_tab
)
