"""Entries: what is due to somebody, or from them, beside their sales; it stands in their statement and is paid out.

Whoever earns or owes something elsewhere (a model's maker, a merchant who uses the cloud) has it booked here with a
code of its own. The payee's row is kept, as settlements keep it, so that no entry falls between two statements.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select

from entrepot import ledger
from entrepot.kernel import Prepared, Snapshot, Tx, derive_id, prepare

from . import accounts, rows, tables


class Entry(msgspec.Struct, frozen=True):
    """An amount in minor units: above zero it is due to them, below zero it is taken from what is due.

    `owed_minor` is what could not be taken, because nothing was due any more: they owe it, and later sales pay it.
    `code` says in the statement what it is, `ref` what it is for; `at` in microseconds.
    """

    id: str
    merchant_id: str
    currency: str
    amount_minor: int
    code: str
    ref: str
    at: int
    owed_minor: int = 0


def book_entry(
    tx: Tx, merchant_id: str, currency: str, amount_minor: int, code: str, ref: str, against: ledger.Account
) -> ledger.Plan:
    """Note an entry against another account of the same currency; returns the plan that the caller posts.

    The ledger refuses to take more than is due: see `due_to`, which keeps it from moving until the commit.
    """
    assert amount_minor, "an entry of nothing is none"
    tx.run(rows.keep_payee, merchant_id=merchant_id, currency=currency)
    entry = Entry(tx.new_id("ent"), merchant_id, currency, amount_minor, code, ref, tx.now)
    tx.run(_insert, **msgspec.structs.asdict(entry))
    payable = accounts.payable(merchant_id, currency)
    source, target = (against, payable) if amount_minor > 0 else (payable, against)
    return ledger.Plan.of(ledger.Move(derive_id("trf", entry.id), source, target, abs(amount_minor), code, ref))


def book_debt(
    tx: Tx, merchant_id: str, currency: str, amount_minor: int, code: str, ref: str, target: ledger.Account
) -> ledger.Plan:
    """Note that so much is taken from somebody: from what is due to them, and what is not there they owe.

    Returns the plan that the caller posts, nothing else of theirs in it.
    """
    assert amount_minor > 0, "a debt of nothing is none"
    found_minor = min(max(due_to(tx, merchant_id, currency), 0), amount_minor)
    owed_minor = amount_minor - found_minor
    entry = Entry(tx.new_id("ent"), merchant_id, currency, -found_minor, code, ref, tx.now, owed_minor)
    tx.run(_insert, **msgspec.structs.asdict(entry))
    sources = (
        ("due", accounts.payable(merchant_id, currency), found_minor),
        ("owed", accounts.receivable(merchant_id, currency), owed_minor),
    )
    return ledger.Plan(
        tuple(
            ledger.Move(derive_id("trf", entry.id, what), source, target, part_minor, code, ref)
            for what, source, part_minor in sources
            if part_minor
        )
    )


def due_to(tx: Tx, merchant_id: str, currency: str) -> int:
    """What is due to somebody and not on its way, in minor units; settlements and payouts of theirs wait."""
    tx.run(rows.keep_payee, merchant_id=merchant_id, currency=currency)
    return ledger.balance_of(tx, accounts.payable(merchant_id, currency)).available


def booked(snapshot: Snapshot) -> dict[tuple[str, str], int]:
    """What all entries come to, by organisation and currency."""
    return {(row.merchant_id, row.currency): int(row.amount_minor) for row in snapshot.all(_sums)}


def owed_by_entries(snapshot: Snapshot) -> dict[tuple[str, str], int]:
    """What of all entries could not be taken, by organisation and currency."""
    return {(row.merchant_id, row.currency): int(row.owed_minor) for row in snapshot.all(_owed)}


def booked_under(snapshot: Snapshot, code: str) -> dict[tuple[str, str], int]:
    """What the entries under a code come to, by organisation and currency."""
    return {(row.merchant_id, row.currency): int(row.amount_minor) for row in snapshot.all(_sums_under, code=code)}


_e = tables.entries.c
_insert: Prepared[Any] = prepare(
    insert(tables.entries).values({column.name: bindparam(column.name) for column in tables.entries.columns})
)
_all = select(_e.merchant_id, _e.currency, func.sum(_e.amount_minor).label("amount_minor")).group_by(
    _e.merchant_id, _e.currency
)
_sums: Prepared[Any] = prepare(_all)
_owed: Prepared[Any] = prepare(
    select(_e.merchant_id, _e.currency, func.sum(_e.owed_minor).label("owed_minor"))
    .where(_e.owed_minor > 0)
    .group_by(_e.merchant_id, _e.currency)
)
_sums_under: Prepared[Any] = prepare(_all.where(_e.code == bindparam("code")))
