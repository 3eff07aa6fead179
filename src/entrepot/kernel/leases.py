"""Leases: one holder at a time for relay, schedule and index, each with a fencing number.

A holder that was asleep past its time may still believe that it holds. So what it writes is checked against the fence
in the same transaction: `still_held` refuses when a later holder has taken over.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from . import tables
from .clock import SECOND
from .errors import Conflict
from .sql import Prepared, prepare, prepare_text
from .tx import Tx

LEASE_S = 10
_PASSED = "the lease {} has passed to another process"


def acquire(tx: Tx, name: str, holder: str, seconds: int = LEASE_S) -> int | None:
    """Take or renew a lease; returns its fencing number, or None while somebody else holds it."""
    until_at = tx.now + seconds * SECOND
    return tx.value(_take, name=name, holder=holder, until_at=until_at, now=tx.now)  # type: ignore[no-any-return]


def renew(tx: Tx, name: str, holder: str, fence: int) -> None:
    """Keep a lease that was taken with this number. Refuse with Conflict when it has passed to another holder since."""
    if acquire(tx, name, holder) != fence:
        raise Conflict(_PASSED.format(name))


def release(tx: Tx, name: str, holder: str) -> None:
    """Let go of a lease at once, so that another process need not wait for its end."""
    tx.send(_release, name_=name, holder_=holder, now_=tx.now)


def still_held(tx: Tx, name: str, fence: int) -> None:
    """Refuse with Conflict when the lease has passed to another holder since it was taken with this number."""
    if tx.value(_fence, name=name) != fence:
        raise Conflict(_PASSED.format(name))


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
_fence: Prepared[Any] = prepare(
    select(tables.leases.c.fence).where(tables.leases.c.name == bindparam("name")).with_for_update()
)
