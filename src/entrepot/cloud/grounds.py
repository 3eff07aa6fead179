"""Grounds: what it is decided by whether calls are let in, read at one moment behind the organisation's row.

The row, the keys that ask, the models that are asked, their prices and the budgets go to the server in one turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from entrepot import identity, ledger
from entrepot.kernel import Query, Snapshot, Tx

from .asks import Ask
from .budgets import Budget, query_budgets
from .customers import Customer, Limits, lock_customer, query_locked
from .pricing import find_begun_price_books, newest_of, query_price_books
from .rating import PriceBook, Tier
from .registry import live_id, query_live

Bounds = tuple[tuple[str, int], ...]
"""Owners of budgets' accounts, and what each budget is."""


class Facts(msgspec.Struct, frozen=True):
    """The prices that hold, by model and tier; the budgets that are not over; which of the keys that are to live do;
    and which version each name means."""

    books: dict[tuple[str, Tier], PriceBook]
    budgets: list[Budget]
    keys: frozenset[str]
    versions: dict[str, str | None]

    def book(self, ask: Ask) -> PriceBook | None:
        """The prices that a call is rated by; None when its model is not for sale."""
        return self.books.get((ask.model, ask.tier))

    def bounds(self, key_id: str | None, now: int) -> Bounds:
        """What counts a key's calls beside the credit: the accounts of its budgets' present periods, and how much each
        of these may come to."""
        counted = [each for each in self.budgets if each.key_id in (None, key_id)]
        return tuple((each.account(now).owner, each.amount) for each in counted)


class Grounds(Facts, frozen=True, kw_only=True):
    """The same behind the customer's row, locked."""

    customer: Customer


class Known(msgspec.Struct, frozen=True):
    """What was read of credit and budgets behind their locks, among the grounds' own questions: what the ledger found,
    and how much was put into the accounts of the budgets that were thought of."""

    found: ledger.Found = ledger.Found()
    funded: Mapping[str, int] = {}
    thought_of: frozenset[str] = frozenset()

    def funded_of(self, budgets: Sequence[Budget]) -> Mapping[str, int] | None:
        """How much was put into these budgets' accounts; None when one of them was not thought of."""
        return self.funded if all(each.id in self.thought_of for each in budgets) else None

    def available(self, tx: Tx, accounts: Sequence[ledger.Account]) -> dict[str, int]:
        """What can be taken of these accounts, by their ids."""
        found = self.found.available()
        lacking = [account for account in accounts if account.id not in found]
        read = ledger.balances_of(tx, lacking) if lacking else {}
        return {
            account.id: found[account.id] if account.id in found else read[account.id].available for account in accounts
        }


def read_grounds(
    tx: Tx, organisation: str, asks: Sequence[Ask], limits: Limits, *more: Query | None
) -> tuple[Grounds, list[list[Any]]]:
    """What calls of an organisation are decided by; and what `more` queries find, asked behind the lock of its row."""
    rows, keys, versions, books, budgets, *others = tx.all_of(
        query_locked(organisation), *_questions(organisation, asks, tx.now), *more
    )
    customer = rows[0] if rows else lock_customer(tx, organisation, limits)
    facts = _facts(tx, asks, keys, versions, books, budgets)
    return Grounds(customer=customer, **msgspec.structs.asdict(facts)), others


def read_facts(snapshot: Snapshot, organisation: str, asks: Sequence[Ask]) -> Facts:
    """The facts at this moment, without any lock, in one turn to the server."""
    return _facts(snapshot, asks, *snapshot.all_of(*_questions(organisation, asks, snapshot.now)))


def _questions(organisation: str, asks: Sequence[Ask], now: int) -> Sequence[Query | None]:
    checked = sorted({ask.key_id for ask in asks if ask.checks_key and ask.key_id})
    names = _names(asks)
    return (
        identity.query_live_keys(checked) if checked else None,
        query_live(names) if names else None,
        query_price_books(sorted({ask.model for ask in asks}), now),
        query_budgets(organisation),
    )


def _facts(
    snapshot: Snapshot, asks: Sequence[Ask], keys: Sequence[Any], versions: list[Any], books: list[Any],
    budgets: list[Budget],
) -> Facts:  # fmt: skip
    found = newest_of(books)
    if missing := {ask.model for ask in asks if (ask.model, ask.tier) not in found}:
        # A clock that was set back does not undo prices that began when they were made.
        found = find_begun_price_books(snapshot, sorted(missing)) | found
    meant = {name: live_id(versions, name) for name in _names(asks)}
    return Facts(found, budgets, frozenset(row[0] for row in keys), meant)


def _names(asks: Sequence[Ask]) -> list[str]:
    return sorted({ask.asked_as for ask in asks if ask.version})
