"""“Helpful”: one vote a person, taken back by voting again; nobody votes for their own words."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, delete, select

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import NotAllowed, NotFound, Prepared, Snapshot, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import tables


def vote_helpful(tx: Tx, scope: Scope, subject_id: str) -> int:
    """Say that a review, question or answer was helpful; a second time takes it back. Returns how many say so."""
    user_id = identity.require_person(scope)
    prefix = subject_id[:3]
    found = tx.one(_SUBJECT[prefix], id=subject_id) if prefix in _SUBJECT else None
    if found is None or found.state != "shown":
        raise NotFound("There is nothing of this kind to vote for")
    if found.author_id == user_id:
        raise NotAllowed("Your own words are for others to find helpful")
    if not tx.run(_vote, subject_id=subject_id, user_id=user_id, voted_at=tx.now):
        tx.run(_unvote, subject_id=subject_id, user_id=user_id)
    tx.run(_COUNT[prefix], id=subject_id)
    return int(tx.value(_COUNTED[prefix], id=subject_id) or 0)


def voted_for(snapshot: Snapshot, scope: Scope, subject_ids: list[str]) -> set[str]:
    """Those of these that the caller found helpful."""
    if not scope.is_person or not subject_ids:
        return set()
    return {row.subject_id for row in snapshot.all(_mine, ids=sorted(subject_ids), user_id=scope.actor)}


_v = tables.helpful_votes.c
_TABLES: Final = {"rev": tables.reviews, "qst": tables.questions, "ans": tables.answers}
_SUBJECT: Final[dict[str, Prepared[Any]]] = {
    prefix: prepare(select(table.c.author_id, table.c.state).where(table.c.id == bindparam("id")).with_for_update())
    for prefix, table in _TABLES.items()
}
_COUNTED: Final[dict[str, Prepared[Any]]] = {
    prefix: prepare(select(table.c.helpful).where(table.c.id == bindparam("id"))) for prefix, table in _TABLES.items()
}
_COUNT: Final[dict[str, Prepared[Any]]] = {
    prefix: prepare_text(
        f"UPDATE {table.name} SET helpful = (SELECT count(*) FROM catalog_helpful_votes WHERE subject_id = :id) "
        "WHERE id = :id"
    )
    for prefix, table in _TABLES.items()
}
_vote: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_helpful_votes (subject_id, user_id, voted_at) VALUES (:subject_id, :user_id, :voted_at) "
    "ON CONFLICT DO NOTHING"
)
_unvote: Prepared[Any] = prepare(
    delete(tables.helpful_votes).where(_v.subject_id == bindparam("subject_id"), _v.user_id == bindparam("user_id"))
)
_mine: Prepared[Any] = prepare(
    select(_v.subject_id).where(in_set(_v.subject_id, "ids"), _v.user_id == bindparam("user_id"))
)
