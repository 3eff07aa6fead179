"""Idempotency keys: the same request, sent again, has its effect once and gets the same answer.

A key is scoped to (actor, route) and kept for ever. The row is claimed, the effect done and the result stored in one
transaction; a second request with the key waits for the first one's commit on PostgreSQL and finds its row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import bindparam, select, update

from . import tables
from .errors import Conflict, Invalid
from .sql import Prepared, from_json, prepare, prepare_text, to_json
from .tx import Tx

R = TypeVar("R", bound=msgspec.Struct)

KEY_LENGTH_MAX = 200


class RequestKey(NamedTuple):
    """Who asks for what, under which key, and a digest of the body."""

    actor: str
    route: str
    key: str
    body_sha256: str


def request_key(actor: str, route: str, key: str, body: bytes) -> RequestKey:
    """A checked key. Refuses an empty or overlong one, and one that is not printable ASCII."""
    if not 0 < len(key) <= KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        raise Invalid(f"Idempotency-Key must be 1 to {KEY_LENGTH_MAX} printable ASCII characters")
    return RequestKey(actor, route, key, hashlib.sha256(body).hexdigest())


def once(tx: Tx, key: RequestKey, effect: Callable[[], R], into: type[R]) -> R:
    """Do the effect, or give back what the first request with this key got.

    Conflict when the key was used with another body. A refused effect leaves no row, so it may be tried again.
    """
    if tx.run(_claim, **key._asdict(), created_at=tx.now):
        result = effect()
        tx.send(_store, actor_=key.actor, route_=key.route, key_=key.key, result_=to_json(result))
        return result
    row = tx.one(_find, actor=key.actor, route=key.route, key=key.key)
    assert row is not None
    assert row.result is not None
    if row.body_sha256 != key.body_sha256:
        raise Conflict("This Idempotency-Key was used for a different request: send a new key with a new request")
    return from_json(row.result, into)


_i = tables.idempotency.c
_claim: Prepared[Any] = prepare_text(
    "INSERT INTO kernel_idempotency (actor, route, key, body_sha256, created_at) "
    "VALUES (:actor, :route, :key, :body_sha256, :created_at) ON CONFLICT DO NOTHING"
)
_find: Prepared[Any] = prepare(
    select(_i.body_sha256, _i.result).where(
        _i.actor == bindparam("actor"), _i.route == bindparam("route"), _i.key == bindparam("key")
    )
)
_store: Prepared[Any] = prepare(
    update(tables.idempotency)
    .where(_i.actor == bindparam("actor_"), _i.route == bindparam("route_"), _i.key == bindparam("key_"))
    .values(result=bindparam("result_"))
)
