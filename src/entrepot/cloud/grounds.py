"""Grounds: what it is decided by whether calls are let in, read at one moment behind the organisation's row.

The row, the keys that ask, the models that are asked, their prices and the budgets go to the server in one turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from entrepot import identity
from entrepot.kernel import Query, Tx

from .asks import Ask
from .budgets import Budget, query_budgets
from .customers import Customer, Limits, lock_customer, query_locked
from .pricing import find_begun_price_books, newest_of, query_price_books
from .rating import PriceBook, Tier
from .registry import live_id, query_live


class Grounds(msgspec.Struct, frozen=True):
    """The customer's row, locked; the prices that hold, by model and tier; the budgets that are not over; which of the
    keys that are to live do; and which version each name means."""

    customer: Customer
    books: dict[tuple[str, Tier], PriceBook]
    budgets: list[Budget]
    keys: frozenset[str]
    versions: dict[str, str | None]

    def book(self, ask: Ask) -> PriceBook | None:
        """The prices that a call is rated by; None when its model is not for sale."""
        return self.books.get((ask.model, ask.tier))


def read_grounds(
    tx: Tx, organisation: str, asks: Sequence[Ask], limits: Limits, *more: Query
) -> tuple[Grounds, list[list[Any]]]:
    """What calls of an organisation are decided by; and what `more` queries find, asked behind the lock of its row."""
    models = sorted({ask.model for ask in asks})
    rows, keys, versions, books, budgets, *others = tx.all_of(
        query_locked(organisation),
        identity.query_live_keys(sorted({ask.key_id for ask in asks if ask.checks_key and ask.key_id})),
        query_live(names := sorted({ask.asked_as for ask in asks if ask.version})),
        query_price_books(models, tx.now),
        query_budgets(organisation),
        *more,
    )
    customer = rows[0] if rows else lock_customer(tx, organisation, limits)
    found = newest_of(books)
    if missing := {ask.model for ask in asks if (ask.model, ask.tier) not in found}:
        # A clock that was set back does not undo prices that began when they were made.
        found = find_begun_price_books(tx, sorted(missing)) | found
    meant = {name: live_id(versions, name) for name in names}
    return Grounds(customer, found, budgets, frozenset(row[0] for row in keys), meant), others
