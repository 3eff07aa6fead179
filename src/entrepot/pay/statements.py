"""Statements: why a payout is what it is, read from the ledger alone by code and ref.

A payout begins with a hold that takes all that is due. So its lines are what moved on the merchant's account between
the hold of the payout before and its own, in the order of posting; and they sum to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import select

from entrepot import ledger
from entrepot.identity import Scope
from entrepot.kernel import Prepared, Snapshot, in_set, prepare

from . import accounts, tables
from .payouts import get_payout, payout_hold_id, previous_payout
from .settlement import SETTLEMENT_COLUMNS
from .types import Payout, SettlementLegs, Statement, StatementLine

PAGE = 1_000


def get_statement(snapshot: Snapshot, scope: Scope, payout_id: str) -> Statement:
    """The statement of a payout of the caller's organisation; NotFound for another's."""
    payout = get_payout(snapshot, scope, payout_id)
    account = accounts.payable(payout.merchant_id, payout.currency)
    moved = [each for each in _since_the_last(snapshot, payout, account) if _counts(each)]
    settled = _settlements(snapshot, [transfer.ref for transfer in moved if transfer.code == accounts.SELLER])
    lines = tuple(_line(transfer, account, settled) for transfer in moved)
    totals: Counter[str] = Counter()
    for line in lines:
        totals[line.code] += line.amount_minor
    return Statement(payout, lines, dict(totals))


def _counts(transfer: ledger.Transfer) -> bool:
    """Whether a transfer moved what is due: the payouts themselves do not, they end statements."""
    return transfer.kind in ("move", "capture") and transfer.code != accounts.PAYOUT


def _since_the_last(snapshot: Snapshot, payout: Payout, account: ledger.Account) -> Iterator[ledger.Transfer]:
    """What was posted on the account after the hold of the payout before, up to this one's hold."""
    previous = snapshot.value(previous_payout, id=payout.id)
    after = None if previous is None else payout_hold_id(previous)
    end = payout_hold_id(payout.id)
    while page := ledger.list_transfers(snapshot, account=account, after=after, most=PAGE):
        for transfer in page:
            if transfer.id == end:
                return
            yield transfer
        after = page[-1].id


def _settlements(snapshot: Snapshot, refs: list[str]) -> dict[str, SettlementLegs]:
    return {legs.seller_order_id: legs for legs in snapshot.all(_settled, refs=refs)}


def _line(transfer: ledger.Transfer, account: ledger.Account, settled: dict[str, SettlementLegs]) -> StatementLine:
    amount_minor = transfer.amount if transfer.credit == account.id else -transfer.amount
    legs = settled.get(transfer.ref) if transfer.code == accounts.SELLER else None
    if legs is None:
        return StatementLine(transfer.code, transfer.ref, amount_minor, transfer.at)
    return StatementLine(
        transfer.code, transfer.ref, amount_minor, transfer.at,
        legs.total_minor, legs.commission_minor, legs.carrier_minor, legs.tax_minor,
    )  # fmt: skip


_settled: Prepared[SettlementLegs] = prepare(
    select(*SETTLEMENT_COLUMNS).where(in_set(tables.settlements.c.seller_order_id, "refs")), SettlementLegs
)
