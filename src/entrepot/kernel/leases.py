"""Leases: one holder at a time for relay, schedule and index, each with a fencing number.

A holder that was asleep past its time may still believe that it holds. So it renews by its number in the transaction
in which it writes, and is refused when a later holder has taken over.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam

from . import tables
from .clock import SECOND
from .errors import Conflict
from .sql import Prepared, prepare, prepare_text
from .tx import Tx

LEASE_S = 10


def acquire(tx: Tx, name: str, holder: str, seconds: int = LEASE_S) -> int | None:
    """Take or renew a lease; returns its fencing number, or None while somebody else holds it."""
    until_at = tx.now + seconds * SECOND
    return tx.value(_take, name=name, holder=holder, until_at=until_at, now=tx.now)  # type: ignore[no-any-return]


def renew(tx: Tx, name: str, holder: str, fence: int) -> None:
    """Keep a lease that was taken with this number. Refuse with Conflict when it has passed to another holder since."""
    if acquire(tx, name, holder) != fence:
        raise Conflict(f"the lease {name} has passed to another process")


def release(tx: Tx, name: str, holder: str) -> None:
    """Let go of a lease at once, so that another process need not wait for its end."""
    tx.send(_release, name_=name, holder_=holder, now_=tx.now)


_take: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_leases (name, holder, fence, until_at) VALUES (:name, :holder, 1, :until_at) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at, "
    "fence = kernel_leases.fence + CASE WHEN kernel_leases.holder = excluded.holder THEN 0 ELSE 1 END "
    "WHERE kernel_leases.holder = excluded.holder OR kernel_leases.until_at <= :now RETURNING fence"
)
_release: Prepared[Any] = prepare(
    tables.leases.update()
    .where(tables.leases.c.name == bindparam("name_"), tables.leases.c.holder == bindparam("holder_"))
    .values(until_at=bindparam("now_"))
)
