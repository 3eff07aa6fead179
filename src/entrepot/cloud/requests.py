"""Requests: an attempt at a call as it is stored, and what it holds on the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from entrepot.kernel import derive_id, insert_new, to_json

from . import tables
from .asks import Ask
from .rating import PriceBook


class Request(msgspec.Struct, frozen=True):
    """An attempt at a call, as it is stored. `tab` is the one it was settled on: then it held nothing by itself."""

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
    tab: str | None = None


def open_request(ask: Ask, book: PriceBook, held: int, budgets: Sequence[str], holder: str, now: int) -> Request:
    """The row of a call that is let in: `held` for it, in nano units, on its credit and on those of `budgets`."""
    return Request(
        id=ask.request, attempt=ask.attempt, organisation=ask.organisation, actor=ask.actor, model=ask.model,
        price_book=book.id, surface=ask.surface, ref=ask.ref, limits=ask.limits, held=held, budgets=tuple(budgets),
        state="open", seen={}, seen_at=None, holder=holder, outcome=None, price=0, opened_at=now, closed_at=None,
    )  # fmt: skip


def hold_id(request: str, attempt: int, source: str = "") -> str:
    """The hold of an attempt on the organisation's credit, or on a budget's account."""
    return derive_id("hld", request, str(attempt), source)


def row_of(request: Request) -> dict[str, Any]:
    """What is written of an attempt that is new."""
    return {
        **msgspec.structs.asdict(request), "limits": to_json(request.limits), "budgets": to_json(request.budgets),
        "seen": to_json(request.seen), "evidence": None,
    }  # fmt: skip


NEW_REQUESTS = insert_new(tables.requests, [column.name for column in tables.requests.columns], "id", "attempt")
"""Writes attempts that must be new."""
