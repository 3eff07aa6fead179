"""Merchants' payout accounts: a bank account or a processor's own, checked, shown masked, stored sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from entrepot.kernel import Prepared, Snapshot, Unavailable, prepare

from . import tables
from .sealing import Sealer


def payout_address(snapshot: Snapshot, account_id: str | None, sealer: Sealer | None) -> tuple[str, str]:
    """The holder and the number that a payout goes to; empty where it goes to the processor's own account of theirs."""
    if account_id is None:
        return "", ""
    row = snapshot.one(_account, id=account_id)
    if row is None or sealer is None:
        raise Unavailable("The account of this payout cannot be read: the home's key is needed")
    return row.holder, sealer.open(row.sealed, account_id)


_a = tables.payout_accounts.c
_account: Prepared[Any] = prepare(select(_a.holder, _a.sealed).where(_a.id == bindparam("id")))
