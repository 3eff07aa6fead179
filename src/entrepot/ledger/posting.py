"""Posting a plan: lock what it touches, decide in memory, write what was decided.

1. the holds that it captures or releases are read and locked, in the order of their ids;
2. the accounts with bounds are read and locked, in the order of their ids; those without are only read;
3. transfers that carry its ids already are read, after the locks, so that two of the same plan cannot both find none;
4. the plan is evaluated in memory (`evaluation`), and refused there or not at all;
5. accounts that are new, transfers, holds and totals are written, a statement each. What is read goes to the server in
   one turn, unless it was asked for before (`foreseeing`); what is written goes with the command's next question, or
   with its commit.

Everybody takes holds before accounts and both in sorted order, and a command posts once: so no two commands can wait
for each other. What another command stored between step 3 and 5 (only possible where no lock is shared) makes this one
run again from the start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from entrepot.kernel import Conflict, Invalid, Tx

from .digests import digest_account, digest_transfer
from .evaluation import Book, Ledger, OpenHold, Outcome, check_steps, evaluate, rest_id
from .foreseeing import Found
from .rows import Columns, read_locked, write_rows
from .types import TOTAL_MAX, Account, Capture, Hold, Move, Plan, Posted, Transfer


def post(tx: Tx, plan: Plan, found: Found | None = None) -> Posted:
    """Apply a plan, all of it or nothing, whether or not the caller goes on after a refusal.

    Steps act one after another. A step whose id was posted before with the same content changes nothing and is reported
    as repeated; the rest of its plan is applied. An empty plan does nothing. What was `found` (see `foresee`) is not
    read again.

    A command posts once, because a second plan would take its locks out of order: join plans with `+`.

    Raises Invalid (no plan anybody could post), Insufficient (a bound would break), NotFound (no such hold) or Conflict
    (an id used for something else; more captured than is left; a hold that has ended, is past its time, or has not
    expired; an account named with other bounds than it has).
    """
    if not plan.steps:
        return Posted()
    if not tx.is_first("ledger.post"):
        raise RuntimeError("a command posts one plan: add its plans together and post their sum")
    check_steps(plan.steps)
    ledger = _read(tx, plan, found or Found())
    outcome = evaluate(plan.steps, ledger, tx.now)
    if outcome.transfers:
        tx.half_done = True
        _write(tx, ledger, outcome)
        tx.half_done = False
    return Posted(tuple(outcome.applied), tuple(outcome.repeated))


def _read(tx: Tx, plan: Plan, found: Found) -> Ledger:
    """Everything the plan can touch, locked where it may change."""
    named: dict[str, Account] = {}
    ids: list[str] = []
    hold_ids: set[str] = set()
    for step in plan.steps:
        ids.append(step.id)
        if isinstance(step, Move | Hold):
            _name(named, step.debit)
            _name(named, step.credit)
        else:
            hold_ids.add(step.hold)
            if isinstance(step, Capture) and step.final:
                ids.append(rest_id(step.id))
    rows, accounts, known = _read_more(tx, found, hold_ids, named, ids)
    holds = {row[0]: OpenHold(*row) for row in rows}
    return Ledger(_books(accounts, named), holds, {row.id: row for row in known})


def _read_more(
    tx: Tx, found: Found, holds: Collection[str], accounts: Collection[str], ids: Collection[str]
) -> tuple[Sequence[Columns], Sequence[Columns], Sequence[Transfer]]:
    """What was found, and what else the plan needs: mostly nothing, where it was foreseen at all."""
    sides = {side for row in found.holds for side in row[1:3]}
    wanted = set(holds), {*accounts, *sides}, set(ids)
    more_holds, more_accounts, more_ids = (sorted(each - had) for each, had in zip(wanted, found.asked, strict=True))
    if not (more_holds or more_accounts or more_ids):
        return found.holds, found.accounts, found.transfers
    rows, others, known = read_locked(tx, more_holds, more_accounts, more_ids)
    return [*found.holds, *rows], [*found.accounts, *others], [*found.transfers, *known]


def _name(named: dict[str, Account], account: Account) -> None:
    """Note an account of the plan; the same one must be named with the same bounds everywhere."""
    before = named.setdefault(account.id, account)
    if before is not account and before != account:
        raise Conflict(f"The plan names {_who(account)} with two different bounds: give it one")


def _books(rows: Iterable[tuple[Any, ...]], named: Mapping[str, Account]) -> dict[str, Book]:
    books: dict[str, Book] = {}
    for owner, kind, unit, floor, ceiling, balance, pending_debits, pending_credits in rows:
        account = Account(owner, kind, unit, floor, ceiling)
        account_id = account.id
        asked = named.get(account_id)
        if asked is not None and asked != account:
            raise Conflict(f"{_who(account)} was opened with other bounds: they cannot be changed by naming it")
        bounded = balance is not None
        books[account_id] = Book(account, bounded, balance or 0, pending_debits or 0, pending_credits or 0)
    for account_id, account in named.items():
        if account_id not in books:
            _check_opening(account)
            books[account_id] = Book(account, account.is_bounded, is_new=True)
    return books


def _check_opening(account: Account) -> None:
    """An account begins empty, so its bounds must leave room for that."""
    if not (account.owner and account.kind and account.unit):
        raise Invalid(f"{_who(account)} needs an owner, a kind and a unit")
    floor, ceiling = account.floor or 0, account.ceiling or 0
    if type(floor) is not int or type(ceiling) is not int or not -TOTAL_MAX <= floor <= 0 <= ceiling <= TOTAL_MAX:
        raise Invalid(f"{_who(account)} cannot be opened: an empty account would stand outside its bounds")


def _write(tx: Tx, ledger: Ledger, outcome: Outcome) -> None:
    """Store what was evaluated. Rows that another command may insert too come first, each kind in sorted order."""
    touched = [book for book in ledger.books.values() if book.touched]
    new_books = sorted((book for book in touched if book.is_new), key=_account_id)
    new_holds, holds = _hold_rows(ledger.holds.values())
    write_rows(
        tx,
        [_account_row(book, tx.now) for book in new_books],
        [(transfer, digest_transfer(transfer)) for transfer in outcome.transfers],
        new_holds,
        holds,
        [_totals_row(book) for book in touched if book.bounded and not book.is_new],
    )


def _hold_rows(holds: Iterable[OpenHold]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of new holds, and those of changed ones."""
    new, changed = [], []
    for hold in holds:
        if hold.is_new:
            new.append(
                {
                    "id": hold.id,
                    "debit": hold.debit,
                    "credit": hold.credit,
                    "unit": hold.unit,
                    "amount": hold.amount,
                    "captured": hold.captured,
                    "released": hold.released,
                    "state": hold.state,
                    "expires_at": hold.expires_at,
                }
            )
        elif hold.touched:
            changed.append(
                {"id_": hold.id, "captured_": hold.captured, "released_": hold.released, "state_": hold.state}
            )
    return new, changed


def _totals_row(book: Book) -> dict[str, Any]:
    return {
        "id_": book.account.id,
        "balance_": book.balance,
        "pending_debits_": book.pending_debits,
        "pending_credits_": book.pending_credits,
    }


def _account_row(book: Book, now: int) -> dict[str, Any]:
    account = book.account
    bounded = book.bounded
    return {
        "id": account.id,
        "owner": account.owner,
        "kind": account.kind,
        "unit": account.unit,
        "floor": account.floor,
        "ceiling": account.ceiling,
        "balance": book.balance if bounded else None,
        "pending_debits": book.pending_debits if bounded else None,
        "pending_credits": book.pending_credits if bounded else None,
        "opened_at": now,
        "digest": digest_account(account, now),
    }


def _account_id(book: Book) -> str:
    return book.account.id


def _who(account: Account) -> str:
    return f"The account {account.kind} of {account.owner} in {account.unit}"
