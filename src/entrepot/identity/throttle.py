"""Sign-in attempts: after some failures an account, and an address, must wait longer and longer.

An attempt counts as failed from its beginning, and is forgiven when the password was right. So a hundred attempts at
once are counted before the first password is checked. What was typed is kept as a digest: people type passwords into
the wrong field.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any

from sqlalchemy import bindparam, delete, update

from entrepot.kernel import HOUR, MINUTE, SECOND, Prepared, TooMany, Tx, prepare, prepare_text

from . import tables
from .emails import normal_email

FREE_FOR_ACCOUNT = 5
FREE_FOR_ADDRESS = 30
PAUSE_S_MAX = 900
FORGOTTEN_AFTER = 12 * HOUR


def begin_attempt(tx: Tx, email: str, ip: str) -> None:
    """Count an attempt as failed until `forgive_attempt` says that it succeeded; TooMany while the caller must wait."""
    for blocked_until in _count_failure(tx, email, ip):
        _refuse_until(blocked_until, tx.now)


def forgive_attempt(tx: Tx, email: str, ip: str) -> None:
    """An attempt that was begun has succeeded: forget all failures of the account, and this one of the address.

    Of the address only this one: signing in to an account of one's own buys no guesses at others.
    """
    account, address = _subjects(email, ip)
    tx.run(_forget, subject_=account)
    tx.run(_forgive_one, subject_=address, now_=tx.now)


def network_of(ip: str) -> str:
    """Whom an address counts as: an IPv6 customer has a whole /64 to change addresses in; it counts as one."""
    if ":" not in ip:
        return ip
    try:
        address = ipaddress.IPv6Address(ip)
    except ValueError:
        return ip
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def _count_failure(tx: Tx, email: str, ip: str) -> list[int]:
    """Count one more for the account and the address; returns until when each was blocked before."""
    blocked = []
    for subject, free in sorted(_subjects(email, ip).items()):
        row = tx.one(_count, subject=subject, now=tx.now, forgotten=tx.now - FORGOTTEN_AFTER)
        assert row is not None
        failures, blocked_until = row
        if failures > free:
            pause_s = min(2 ** min(failures - free - 1, 20), PAUSE_S_MAX)
            tx.run(_block, subject_=subject, until_=tx.now + pause_s * SECOND)
        blocked.append(blocked_until)
    return blocked


def forgive_account(tx: Tx, email: str) -> None:
    """Forget an account's failures: its owner has proved who they are in another way."""
    account, _ = _subjects(email, "")
    tx.run(_forget, subject_=account)


def _subjects(email: str, ip: str) -> dict[str, int]:
    """The digests of the account and of the address, in this order, with how many failures each has free."""
    named = {f"account {normal_email(email)}": FREE_FOR_ACCOUNT, f"address {network_of(ip)}": FREE_FOR_ADDRESS}
    return {hashlib.sha256(name.encode("utf-8", "replace")).hexdigest(): free for name, free in named.items()}


def _refuse_until(until: int, now: int) -> None:
    if until > now:
        wait_s = -((now - until) // SECOND)
        shown = f"{wait_s} seconds" if wait_s < 2 * 60 else f"{-(-(until - now) // MINUTE)} minutes"
        raise TooMany(f"Too many attempts: try again in {shown}", retry_after_s=wait_s)


_a = tables.attempts.c
_count: Prepared[tuple[int, int]] = prepare_text(
    "INSERT INTO identity_attempts (subject_sha256, failures, failed_at, blocked_until) VALUES (:subject, 1, :now, 0) "
    "ON CONFLICT (subject_sha256) DO UPDATE SET failed_at = excluded.failed_at, failures = "
    "CASE WHEN identity_attempts.failed_at < :forgotten THEN 1 ELSE identity_attempts.failures + 1 END "
    "RETURNING failures, blocked_until"
)
_block: Prepared[Any] = prepare(
    update(tables.attempts).where(_a.subject_sha256 == bindparam("subject_")).values(blocked_until=bindparam("until_"))
)
_forget: Prepared[Any] = prepare(delete(tables.attempts).where(_a.subject_sha256 == bindparam("subject_")))
_forgive_one: Prepared[Any] = prepare(
    update(tables.attempts)
    .where(_a.subject_sha256 == bindparam("subject_"), _a.failures > 0)
    .values(failures=_a.failures - 1, blocked_until=bindparam("now_"))
)
