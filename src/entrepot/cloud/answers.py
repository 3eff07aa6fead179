"""Kept answers: the same request sent again under an Idempotency-Key gets the same answer, and is billed once.

A key is claimed before its call is let in; the answer is stored in the commit that settles the call. So a key is either
free, or open (somebody is answering), or done with an answer that was billed once. A call that was refused or failed
frees its key. One whose process died is taken over under the same request, as its next attempt. Keys are kept for ever,
answers for `KEPT`: after that the key is refused instead of being answered, and billed, anew.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from entrepot.kernel import DAY, MINUTE, Conflict, Prepared, RequestKey, Snapshot, Tx, is_dead, prepare
from entrepot.kernel.sql import prepare_text

from . import tables

KEPT = DAY
SILENT_MAX = 30 * MINUTE
"""A key of another machine's process that has been open for so long may be taken over."""


class Claim(msgspec.Struct, frozen=True):
    """The right to answer under a key: `request` names the call, `attempts` were made at it before."""

    key: RequestKey
    request: str
    holder: str
    takes: int
    attempts: int = 0


class KeptAnswer(msgspec.Struct, frozen=True):
    """What was answered."""

    request: str
    media_type: str
    answer: str


def claim_answer(tx: Tx, key: RequestKey, request: str, holder: str) -> Claim | KeptAnswer | None:
    """Take a key in order to answer under it; what was answered, when it was; None while somebody else answers.

    Conflict when the key was used with another body, and when its answer is kept no more.
    """
    scoped = {"actor": key.actor, "route": key.route, "key": key.key}
    if tx.run(_insert, **key._asdict(), request=request, holder=holder, now=tx.now):
        return Claim(key, request, holder, 1)
    row = tx.one(_lock, **scoped)
    if row is None:  # it was freed in this very moment
        return None
    if row.body_sha256 != key.body_sha256:
        raise Conflict("This Idempotency-Key was used for a different request: send a new key with a new request")
    if row.state == "done":
        if row.answer is None:
            raise Conflict("The answer under this Idempotency-Key is kept no more: send a new key to ask again")
        return KeptAnswer(row.request, row.media_type, row.answer)
    died = row.holder != holder and is_dead(row.holder)
    if not died and row.created_at > tx.now - SILENT_MAX:
        return None
    tx.run(_take, **{f"{name}_": value for name, value in scoped.items()}, holder_=holder, now_=tx.now)
    return Claim(key, row.request, holder, row.takes + 1, last_attempt(tx, row.request))


def store_answer(tx: Tx, claim: Claim, media_type: str, answer: str) -> None:
    """Store what is answered, in the transaction that bills it. Conflict when somebody else has taken the key over."""
    if tx.run(_store, **_mine(claim), media_type_=media_type, answer_=answer, now_=tx.now):
        return
    row = tx.one(_lock, actor=claim.key.actor, route=claim.key.route, key=claim.key.key)
    if row is None or (row.holder, row.takes, row.state) != (claim.holder, claim.takes, "done"):
        raise Conflict("Somebody else answers under this Idempotency-Key now")


def free_answer(tx: Tx, claim: Claim) -> None:
    """Let go of a key whose call brought no answer, so that it may be tried again."""
    tx.run(_free, **_mine(claim))


def forget_answers(tx: Tx) -> int:
    """Drop answers that are older than `KEPT`; their keys stay. Returns how many."""
    return tx.run(_forget, before_=tx.now - KEPT)


def last_attempt(snapshot: Snapshot, request: str) -> int:
    """How many attempts were made at a call."""
    return int(snapshot.value(_attempts, request=request) or 0)


def _mine(claim: Claim) -> dict[str, Any]:
    key = claim.key
    return {"actor_": key.actor, "route_": key.route, "key_": key.key, "holder_": claim.holder, "takes_": claim.takes}


_a, _r = tables.answers.c, tables.requests.c
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO cloud_answers (actor, route, key, body_sha256, request, holder, takes, state, created_at) "
    "VALUES (:actor, :route, :key, :body_sha256, :request, :holder, 1, 'open', :now) ON CONFLICT DO NOTHING"
)
_lock: Prepared[Any] = prepare(
    select(_a.body_sha256, _a.request, _a.holder, _a.takes, _a.state, _a.media_type, _a.answer, _a.created_at)
    .where(_a.actor == bindparam("actor"), _a.route == bindparam("route"), _a.key == bindparam("key"))
    .with_for_update()
)
_take: Prepared[Any] = prepare(
    update(tables.answers)
    .where(_a.actor == bindparam("actor_"), _a.route == bindparam("route_"), _a.key == bindparam("key_"))
    .values(holder=bindparam("holder_"), takes=_a.takes + 1, created_at=bindparam("now_"))
)
_is_mine = (
    (_a.actor == bindparam("actor_"))
    & (_a.route == bindparam("route_"))
    & (_a.key == bindparam("key_"))
    & (_a.holder == bindparam("holder_"))
    & (_a.takes == bindparam("takes_"))
    & (_a.state == "open")
)
_store: Prepared[Any] = prepare(
    update(tables.answers)
    .where(_is_mine)
    .values(
        state="done",
        media_type=bindparam("media_type_"),
        answer=bindparam("answer_"),
        closed_at=bindparam("now_"),
    )
)
_free: Prepared[Any] = prepare(delete(tables.answers).where(_is_mine))
_forget: Prepared[Any] = prepare(
    update(tables.answers).where(_a.closed_at < bindparam("before_"), _a.answer.is_not(None)).values(answer=None)
)
_attempts: Prepared[Any] = prepare(select(func.max(_r.attempt).label("attempts")).where(_r.id == bindparam("request")))
