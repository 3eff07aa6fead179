"""What a plan does, step by step, to the accounts and holds it touches: no SQL, no clock, nothing but the arithmetic.

The caller brings everything the plan can touch; the evaluation changes those `Book`s and `OpenHold`s in memory and
gives back what is to be stored. A refusal leaves nothing to store: all or nothing, whatever the caller does next.

A step that was posted before changes nothing when its content is the same, and the other steps of its plan are applied:
a plan is asked for again after a crash with the ids it had, perhaps beside new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import msgspec

from entrepot.kernel import Conflict, Invalid, NotFound, derive_id

from .types import (
    AMOUNT_MAX,
    TOTAL_MAX,
    Account,
    Capture,
    Expire,
    Hold,
    Insufficient,
    Move,
    Step,
    Transfer,
    Void,
)


class Book(msgspec.Struct):
    """An account with its running totals while a plan is evaluated; those of an account without bounds mean nothing."""

    account: Account
    bounded: bool
    balance: int = 0
    pending_debits: int = 0
    pending_credits: int = 0
    is_new: bool = False
    touched: bool = False


class OpenHold(msgspec.Struct):
    """A hold while a plan is evaluated."""

    id: str
    debit: str
    credit: str
    unit: str
    amount: int
    captured: int
    released: int
    state: str
    expires_at: int | None
    is_new: bool = False
    touched: bool = False


class Ledger(msgspec.Struct):
    """All that a plan can touch, as it stands: by account id, hold id, transfer id."""

    books: dict[str, Book]
    holds: dict[str, OpenHold]
    known: Mapping[str, Transfer]


class Outcome(msgspec.Struct):
    """The transfers to store, in order, and the ids of the steps by what became of them."""

    transfers: list[Transfer]
    applied: list[str]
    repeated: list[str]


def check_steps(steps: Sequence[Step]) -> None:
    """Refuse with Invalid what is wrong with a step whatever the ledger holds."""
    for step in steps:
        if not step.id:
            raise Invalid("A transfer needs an id")
        if isinstance(step, Move | Hold | Capture):
            _check_amount(step.amount)
        if isinstance(step, Move | Hold):
            _check_sides(step.debit, step.credit)


def rest_id(capture_id: str) -> str:
    """The id of the void that a final capture brings along for what it leaves."""
    return derive_id("trf", capture_id, "rest")


def evaluate(steps: Sequence[Step], ledger: Ledger, now: int) -> Outcome:
    """Apply checked steps in order. Raises Conflict, Insufficient, NotFound or Invalid, and then nothing counts."""
    run = _Run(ledger, now)
    for step in steps:
        before = run.known.get(step.id)
        if before is None:
            run.apply(step)
            run.outcome.applied.append(step.id)
        elif _is_same(step, before):
            run.outcome.repeated.append(step.id)
        else:
            raise Conflict(f"The id {step.id} was used for another transfer: take a new one")
    return run.outcome


class _Run:
    """One evaluation under way."""

    def __init__(self, ledger: Ledger, now: int) -> None:
        self.books = ledger.books
        self.holds = ledger.holds
        self.known = dict(ledger.known)
        self.now = now
        self.outcome = Outcome([], [], [])

    def apply(self, step: Step) -> None:
        if isinstance(step, Move):
            self.move(step)
        elif isinstance(step, Hold):
            self.hold(step)
        elif isinstance(step, Capture):
            self.capture(step)
        elif isinstance(step, Void):
            self.release(self.open_hold(step.hold), step.id, "void", step.code, step.ref)
        else:
            self.expire(step)

    def move(self, step: Move) -> None:
        debit, credit = self.books[step.debit.id], self.books[step.credit.id]
        if debit.bounded:
            debit.balance -= step.amount
            _check_floor(debit)
        if credit.bounded:
            credit.balance += step.amount
            _check_ceiling(credit)
        self.store(step.id, "move", debit, credit, step.amount, step.code, step.ref)

    def hold(self, step: Hold) -> None:
        if step.expires_at is not None and step.expires_at <= self.now:
            raise Invalid(f"The hold {step.id} would have expired before it begins: give it a later time")
        debit, credit = self.books[step.debit.id], self.books[step.credit.id]
        if debit.bounded:
            debit.pending_debits += step.amount
            _check_floor(debit)
        if credit.bounded:
            credit.pending_credits += step.amount
            _check_ceiling(credit)
        if step.id in self.holds:
            raise Conflict(f"The id {step.id} was used for another hold: take a new one")
        self.holds[step.id] = OpenHold(
            step.id, step.debit.id, step.credit.id, step.debit.unit, step.amount, 0, 0, "open", step.expires_at, True
        )
        self.store(step.id, "hold", debit, credit, step.amount, step.code, step.ref, expires_at=step.expires_at)

    def capture(self, step: Capture) -> None:
        hold = self.open_hold(step.hold)
        if hold.expires_at is not None and self.now >= hold.expires_at:
            raise Conflict(f"The hold {hold.id} is past its time: it can be voided, and no longer captured")
        left = hold.amount - hold.captured - hold.released
        if step.amount > left:
            raise Conflict(f"Only {left} of the hold {hold.id} is left: {step.amount} cannot be captured")
        debit, credit = self.books[hold.debit], self.books[hold.credit]
        debit.balance -= step.amount
        debit.pending_debits -= step.amount
        credit.balance += step.amount
        credit.pending_credits -= step.amount
        _check_total(debit)
        _check_total(credit)
        hold.captured += step.amount
        hold.touched = True
        self.store(
            step.id, "capture", debit, credit, step.amount, step.code, step.ref, hold=hold.id, final=int(step.final)
        )
        if step.final and step.amount < left:
            self.release(hold, rest_id(step.id), "void", step.code, step.ref)
        if step.final or step.amount == left:
            hold.state = "captured"

    def expire(self, step: Expire) -> None:
        hold = self.open_hold(step.hold)
        if hold.expires_at is None:
            raise Conflict(f"The hold {hold.id} has no time at which it expires: void it")
        if self.now < hold.expires_at:
            raise Conflict(f"The hold {hold.id} has not expired yet")
        self.release(hold, step.id, "expire", step.code, step.ref)

    def release(self, hold: OpenHold, transfer_id: str, kind: str, code: str, ref: str) -> None:
        """Give back what is left of a hold."""
        left = hold.amount - hold.captured - hold.released
        debit, credit = self.books[hold.debit], self.books[hold.credit]
        debit.pending_debits -= left
        credit.pending_credits -= left
        hold.released += left
        hold.state = "voided" if kind == "void" else "expired"
        hold.touched = True
        self.store(transfer_id, kind, debit, credit, left, code, ref, hold=hold.id)

    def open_hold(self, hold_id: str) -> OpenHold:
        hold = self.holds.get(hold_id)
        if hold is None:
            raise NotFound(f"There is no hold {hold_id}")
        if hold.state != "open":
            raise Conflict(f"The hold {hold_id} is {hold.state}: nothing of it is left")
        return hold

    def store(
        self,
        transfer_id: str,
        kind: str,
        debit: Book,
        credit: Book,
        amount: int,
        code: str,
        ref: str,
        *,
        hold: str | None = None,
        final: int = 0,
        expires_at: int | None = None,
    ) -> None:
        if transfer_id in self.known:
            raise Conflict(f"The id {transfer_id} was used for another transfer: take a new one")
        debit.touched = credit.touched = True
        one, other = debit.account, credit.account
        transfer = Transfer(
            transfer_id, kind, one.id, other.id, one.unit, amount, code, ref, hold, final, expires_at, self.now
        )
        self.known[transfer_id] = transfer
        self.outcome.transfers.append(transfer)


def _check_amount(amount: int) -> None:
    if type(amount) is not int:
        raise Invalid(f"An amount is a whole number of minor units, and {amount!r} is none")
    if amount <= 0:
        raise Invalid(f"An amount must be above zero, and {amount} is not: to move the other way, change the sides")
    if amount > AMOUNT_MAX:
        raise Invalid(f"{amount} is larger than one transfer can be: the limit is {AMOUNT_MAX}")


def _check_sides(debit: Account, credit: Account) -> None:
    if debit.unit != credit.unit:
        raise Invalid(f"A transfer stays in one unit: it cannot take {debit.unit} and give {credit.unit}")
    if debit.id == credit.id:
        raise Invalid(f"A transfer needs two accounts: {_named(debit)} stands on both sides")


def _check_floor(book: Book) -> None:
    """Refuse when less would be available than the account's floor."""
    account = book.account
    if account.floor is not None:
        missing = account.floor - (book.balance - book.pending_debits)
        if missing > 0:
            raise Insufficient(f"{_named(account)} has {missing} too little available for this", account, missing)
    _check_total(book)


def _check_ceiling(book: Book) -> None:
    """Refuse when the account would hold more than its ceiling once what is pending arrives."""
    account = book.account
    if account.ceiling is not None:
        missing = book.balance + book.pending_credits - account.ceiling
        if missing > 0:
            raise Insufficient(f"{_named(account)} has room for {missing} too little for this", account, missing)
    _check_total(book)


def _check_total(book: Book) -> None:
    if max(abs(book.balance), book.pending_debits, book.pending_credits) > TOTAL_MAX and book.bounded:
        _refuse_total(book.account)


def _refuse_total(account: Account) -> NoReturn:
    raise Conflict(f"{_named(account)} would hold more than an account can count: the limit is {TOTAL_MAX}")


def _named(account: Account) -> str:
    return f"The account {account.kind} of {account.owner} in {account.unit}"


def _is_same(step: Step, before: Transfer) -> bool:
    """Whether a step says what a stored transfer says."""
    if step.code != before.code or step.ref != before.ref:
        return False
    if isinstance(step, Move | Hold):
        expires_at = step.expires_at if isinstance(step, Hold) else None
        return (
            before.kind == ("hold" if isinstance(step, Hold) else "move")
            and (step.debit.id, step.credit.id, step.amount) == (before.debit, before.credit, before.amount)
            and expires_at == before.expires_at
        )
    if step.hold != before.hold:
        return False
    if isinstance(step, Capture):
        return before.kind == "capture" and (step.amount, step.final) == (before.amount, bool(before.final))
    return before.kind == ("void" if isinstance(step, Void) else "expire")
