"""What must be true of reconciliation: what is called matched agrees, and what was booked is on the ledger."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import func, select

from entrepot import ledger
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare

from .. import accounts, tables
from .breaks import booking_plan
from .subjects import read_subjects
from .types import BOOKED, Break


def matched(snapshot: Snapshot) -> Finding:
    """The lines that are matched with something of ours come to what the ledger has of it."""
    rows = snapshot.all(_matched)
    breaches = []
    for start in range(0, len(rows), 500):
        batch = rows[start : start + 500]
        subjects = read_subjects(snapshot, [row.subject for row in batch])
        for row in batch:
            subject = subjects.get(row.subject)
            fits = subject is not None and (int(row.amount) == subject.ours_minor or subject.kind == "chargeback")
            if not fits:
                breaches.append(f"files say {row.amount} of {row.subject}, and that is called matched")
    return Finding(len(rows), breaches)


def booked(snapshot: Snapshot) -> Finding:
    """Fees, transfers and differences on the ledger are those of resolved breaks, to the unit."""
    rows = [row for row in snapshot.all(_resolved) if row.resolution in BOOKED]
    expected: Counter[tuple[ledger.Account, str]] = Counter()
    for row in rows:
        for step in booking_plan(row, row.resolution or "explained"):
            assert isinstance(step, ledger.Move)
            other, sign = (step.credit, 1) if row.difference_minor > 0 else (step.debit, -1)
            expected[other, row.currency] += sign * step.amount
    kinds = (accounts.processor_fees, accounts.own_bank, accounts.differences)
    every = {kind(currency) for kind in kinds for currency in {row.currency for row in rows}}
    balances = ledger.balances_of(snapshot, sorted(every, key=lambda account: account.id))
    breaches = [
        f"{account.kind} has {balances[account.id].balance} {account.unit}, resolved breaks booked "
        f"{expected[account, account.unit]}"
        for account in every
        if balances[account.id].balance != expected[account, account.unit]
    ]
    return Finding(len(rows), breaches)


PROOFS = (
    Proof("pay.matched", "lines of files that are matched come to what the ledger has", matched),
    Proof("pay.booked", "what resolved breaks booked is on the ledger", booked),
)

_l, _b = tables.file_lines.c, tables.breaks.c
_matched: Prepared[Any] = prepare(
    select(_l.subject, func.sum(_l.amount_minor).label("amount"))
    .where(_l.state == "matched", _l.subject.isnot(None))
    .group_by(_l.subject)
)
_resolved: Prepared[Break] = prepare(
    select(*(_b[name] for name in Break.__struct_fields__)).where(_b.resolution.isnot(None)), Break
)
