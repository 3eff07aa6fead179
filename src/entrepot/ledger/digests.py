"""Digests over what must never change: a transfer, what an account is, a block of the chain.

A digest is the SHA-256 of a JSON list, because a list says where each of its values ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from .types import Account, Transfer

_encode = msgspec.json.Encoder().encode
_sha256 = hashlib.sha256


def digest_transfer(t: Transfer) -> str:
    """Over everything of a transfer but its place in the chain, which the block tells."""
    content = (t.id, t.kind, t.debit, t.credit, t.unit, t.amount, t.code, t.ref, t.hold, t.final, t.expires_at, t.at)
    return _sha256(_encode(content)).hexdigest()


def digest_account(account: Account, opened_at: int) -> str:
    """Over what an account is; its totals change and are proved by adding up its transfers."""
    content = (account.owner, account.kind, account.unit, account.floor, account.ceiling, opened_at)
    return _sha256(_encode(content)).hexdigest()


def digest_block(
    before: str,
    number: int,
    sealed_at: int,
    transfers: Sequence[tuple[int, int, str]],
    accounts: Sequence[tuple[str, str]],
) -> str:
    """Over the block before, each transfer's (position, serial, digest) and each account's (id, digest) in it."""
    return _sha256(_encode((before, number, sealed_at, transfers, accounts))).hexdigest()
