"""Accounts, the five kinds of steps, plans of them, and what the ledger tells about what it holds.

Balance = credits - debits. Available = balance - pending debits. A floor bounds what is available, a ceiling bounds the
balance with its pending credits. An account with neither is never locked, so any number of plans may use it at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from entrepot.kernel import Conflict, derive_id

AMOUNT_MAX = 2**53 - 1
"""The largest amount of one transfer: exact in every reader of JSON."""
TOTAL_MAX = 2**62
"""No total of a bounded account goes beyond this, so that arithmetic in SQL stays within 64 bits."""


@lru_cache(maxsize=65_536)
def account_id(owner: str, kind: str, unit: str) -> str:
    """The id of the one account that an owner has of a kind in a unit."""
    return derive_id("acc", owner, kind, unit)


class Account(msgspec.Struct, frozen=True):
    """Somebody's account of one kind in one unit: a currency, an offer, a budget. Opened by its first transfer.

    Its bounds are part of it for ever: naming it later with others is refused.
    """

    owner: str
    kind: str
    unit: str
    floor: int | None = None
    ceiling: int | None = None

    @property
    def id(self) -> str:
        """Derived from owner, kind and unit."""
        return account_id(self.owner, self.kind, self.unit)

    @property
    def is_bounded(self) -> bool:
        """Whether it has a floor or a ceiling, and is locked when it is used."""
        return self.floor is not None or self.ceiling is not None


class Move(msgspec.Struct, frozen=True):
    """Move an amount from the account that is debited to the one that is credited."""

    id: str
    debit: Account
    credit: Account
    amount: int
    code: str
    ref: str


class Hold(msgspec.Struct, frozen=True):
    """Set an amount aside: pending on both accounts until it is captured, voided or expired.

    At `expires_at` (microseconds) and later it can no longer be captured, only voided or expired; it stays pending
    until one of these is posted.
    """

    id: str
    debit: Account
    credit: Account
    amount: int
    code: str
    ref: str
    expires_at: int | None = None


class Capture(msgspec.Struct, frozen=True):
    """Move all or part of what is left of a hold. A `final` one voids the rest."""

    id: str
    hold: str
    amount: int
    code: str
    ref: str
    final: bool = False


class Void(msgspec.Struct, frozen=True):
    """Release what is left of a hold."""

    id: str
    hold: str
    code: str
    ref: str


class Expire(msgspec.Struct, frozen=True):
    """Release what is left of a hold whose time is over; refused before that."""

    id: str
    hold: str
    code: str
    ref: str


Step = Move | Hold | Capture | Void | Expire


class Plan(msgspec.Struct, frozen=True):
    """Steps to be posted together, in this order, all or none."""

    steps: tuple[Step, ...] = ()

    @classmethod
    def of(cls, *steps: Step) -> Plan:
        """A plan of these steps."""
        return cls(steps)

    def __add__(self, other: Plan) -> Plan:
        return Plan(self.steps + other.steps)

    def __bool__(self) -> bool:
        return bool(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)


class Posted(msgspec.Struct, frozen=True):
    """The ids of the steps that moved something now, and of those that had been posted before."""

    applied: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


class Insufficient(Conflict):
    """A step would leave an account outside its bounds, by `missing` units."""

    def __init__(self, sentence: str, account: Account, missing: int) -> None:
        super().__init__(sentence)
        self.account = account
        self.missing = missing


class Balance(msgspec.Struct, frozen=True):
    """What an account holds. Nobody has used it yet: all zero."""

    balance: int = 0
    pending_debits: int = 0
    pending_credits: int = 0

    @property
    def available(self) -> int:
        """What can still be taken or set aside: the balance less what is set aside already."""
        return self.balance - self.pending_debits


class HoldState(msgspec.Struct, frozen=True):
    """A hold as it stands. `state` is open, captured, voided or expired: what ended it."""

    id: str
    debit: str
    credit: str
    unit: str
    amount: int
    captured: int
    released: int
    state: str
    expires_at: int | None

    @property
    def left(self) -> int:
        """What can still be captured, voided or expired."""
        return self.amount - self.captured - self.released


class Transfer(msgspec.Struct, frozen=True):
    """One stored step: never changed, never deleted. `debit` and `credit` are account ids, `at` microseconds.

    A void or expiry carries the amount it released. `position` is its place in the sealed chain, None until then.
    """

    id: str
    kind: str
    debit: str
    credit: str
    unit: str
    amount: int
    code: str
    ref: str
    hold: str | None
    final: int
    expires_at: int | None
    at: int
    position: int | None = None
