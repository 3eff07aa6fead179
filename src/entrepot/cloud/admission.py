"""Admission: a call is let in, or refused, at one moment.

In one transaction: how fast the organisation calls, which prices hold, what the call can cost at most, a hold of that
from its credit and from each budget it counts against, and the row of the request. Calls at once wait at the
organisation's row, so no two can both take the last of a budget; the ledger's floors stand behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, update

from entrepot import ledger
from entrepot.kernel import Conflict, NotFound, Prepared, Tx, derive_id, prepare, to_json

from . import accounts, budgets, tables
from .customers import Limits, lock_customer, take_rate
from .meters import get_meter
from .pricing import find_price_book
from .rating import PriceBook, rate, total_of


class OutOfCredit(Conflict):
    """The organisation's credit does not cover what the call could cost."""


class OverBudget(Conflict):
    """A budget does not cover what the call could cost."""


class Ask(msgspec.Struct, frozen=True):
    """A call that somebody wants to make. `limits` is the most it can use of each meter; `key_id` the key that asks.

    `surface` and `ref` say what for. A later `attempt` at the same request (a fallback, a retry) is admitted by itself.
    """

    request: str
    organisation: str
    actor: str
    model: str
    limits: dict[str, int]
    surface: str = "api"
    ref: str | None = None
    attempt: int = 1
    key_id: str | None = None


class Admitted(msgspec.Struct, frozen=True):
    """A call that was let in: what is held for it, in nano units, and the prices it will be rated by."""

    request: str
    attempt: int
    held: int
    book: PriceBook


def admit(tx: Tx, ask: Ask, unit: str, holder: str, limits: Limits) -> Admitted:
    """Let a call in and hold the most it can cost.

    `holder` is the process that will serve it. TooMany when it comes too fast, NotFound for a model without a price,
    OutOfCredit and OverBudget with what is missing. A refused call leaves nothing behind.
    """
    assert ask.limits, "a call uses something"
    for meter in ask.limits:
        get_meter(meter)
    customer = lock_customer(tx, ask.organisation, limits)
    take_rate(tx, customer, sum(ask.limits.values()))
    book = find_price_book(tx, ask.model, tx.now)
    if book is None:
        raise NotFound(f"The model {ask.model} is not for sale here: look at the list of models")
    held = total_of(rate(book, ask.limits))
    chosen = budgets.budgets_for(tx, ask.organisation, ask.key_id) if held else []
    bounded, filling = budgets.fund(tx, chosen)
    _post(tx, ask, unit, held, chosen, bounded, filling)
    tx.run(
        _insert, id=ask.request, attempt=ask.attempt, organisation=ask.organisation, actor=ask.actor, model=ask.model,
        price_book=book.id, surface=ask.surface, ref=ask.ref, limits=to_json(ask.limits), held=held,
        budgets=to_json([account.owner for account in bounded]), state="open", seen=to_json({}), seen_at=None,
        holder=holder, outcome=None, price=0, evidence=None, opened_at=tx.now, closed_at=None,
    )  # fmt: skip
    return Admitted(ask.request, ask.attempt, held, book)


def checkpoint(tx: Tx, request: str, attempt: int, seen: Mapping[str, int]) -> None:
    """Note what a stream has used so far: what it is settled for should its process die."""
    tx.run(_seen, id_=request, attempt_=attempt, seen_=to_json(dict(seen)), now_=tx.now)


def hold_id(request: str, attempt: int, source: str = "") -> str:
    """The hold of an attempt on the organisation's credit, or on a budget's account."""
    return derive_id("hld", request, str(attempt), source)


def _post(
    tx: Tx, ask: Ask, unit: str, held: int, chosen: Sequence[budgets.Budget], bounded: Sequence[ledger.Account],
    filling: ledger.Plan,
) -> None:  # fmt: skip
    if not held:
        return
    credit = accounts.compute(ask.organisation, unit)
    holds: list[ledger.Step] = [
        ledger.Hold(
            hold_id(ask.request, ask.attempt), credit, accounts.earned(unit), held, accounts.RESERVE, ask.request
        )
    ]
    for account in bounded:
        hold = hold_id(ask.request, ask.attempt, account.owner)
        holds.append(ledger.Hold(hold, account, accounts.budget_used(), held, accounts.RESERVE, ask.request))
    try:
        ledger.post(tx, filling + ledger.Plan(tuple(holds)))
    except ledger.Insufficient as problem:
        if problem.account.id == credit.id:
            raise OutOfCredit(
                "The credit left does not cover what this could cost: add credit, or ask for fewer tokens"
            ) from problem
        name = next(budget.name for budget in chosen if problem.account.owner.startswith(budget.id))
        raise OverBudget(
            f"The budget {name!r} does not cover what this could cost: raise it, wait for its next period, or ask for "
            "fewer tokens"
        ) from problem


_r = tables.requests.c
_insert: Prepared[Any] = prepare(
    insert(tables.requests).values({column.name: bindparam(column.name) for column in tables.requests.columns})
)
_seen: Prepared[Any] = prepare(
    update(tables.requests)
    .where(_r.id == bindparam("id_"), _r.attempt == bindparam("attempt_"), _r.state == "open")
    .values(seen=bindparam("seen_"), seen_at=bindparam("now_"))
)
