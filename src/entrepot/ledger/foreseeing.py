"""Foreseeing: a command that knows what it will post asks for what the ledger holds of it among its own questions.

Posting reads behind locks before it decides. Where that is the only thing for which a command still has to ask, the
turn to the server is spared by asking early; what was not foreseen is read by `post` as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from entrepot.kernel import Query

from .evaluation import rest_id
from .rows import Columns, lock_queries
from .types import Account, Capture, Hold, Move, Step, Transfer


class Found(msgspec.Struct, frozen=True):
    """Holds, accounts and transfers as they stand, locked where a plan may change them; `asked` are the ids that were
    looked for, of each kind."""

    asked: tuple[frozenset[str], frozenset[str], frozenset[str]] = (frozenset(), frozenset(), frozenset())
    holds: Sequence[Columns] = ()
    accounts: Sequence[Columns] = ()
    transfers: Sequence[Transfer] = ()

    def available(self) -> dict[str, int]:
        """What is there to take of each account with bounds that was asked for, by its id: nothing of a new one."""
        left = dict.fromkeys(self.asked[1], 0)
        for *named, balance, pending_debits, _ in self.accounts:
            if balance is None:
                left.pop(Account(*named).id)
            else:
                left[Account(*named).id] = balance - pending_debits
        return left


class Foreseen(msgspec.Struct, frozen=True):
    """What posting will read: `queries` are to be asked in their order, behind every lock that the command takes."""

    asked: tuple[frozenset[str], frozenset[str], frozenset[str]]
    queries: tuple[Query | None, ...]

    def found(self, rows: Sequence[list[Any]]) -> Found:
        """What the queries found, for `post`."""
        return Found(self.asked, *rows)


def foresee(steps: Iterable[Step], accounts: Iterable[Account]) -> Foreseen:
    """What posting steps like these will read: their ids, holds and accounts count, not their amounts. `accounts` are
    those of the holds that they capture or release, as far as they are known."""
    holds, named, ids = set[str](), {account.id for account in accounts}, set[str]()
    for step in steps:
        ids.add(step.id)
        if isinstance(step, Move | Hold):
            named |= {step.debit.id, step.credit.id}
        else:
            holds.add(step.hold)
            if isinstance(step, Capture) and step.final:
                ids.add(rest_id(step.id))
    asked = frozenset(holds), frozenset(named), frozenset(ids)
    return Foreseen(asked, lock_queries(sorted(holds), named, sorted(ids)))
