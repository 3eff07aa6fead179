"""API keys of organisations. A key is shown once, when it is made; the table keeps its digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot.kernel import NotAllowed, NotFound, Prepared, Query, Secret, Snapshot, Tx, in_set, prepare

from . import tables
from .accounts import check_name
from .audit import audit
from .tokens import digest, new_token
from .types import OrganisationKind, Scope, require_organisation

PREFIX = "ent_"


class ApiKey(msgspec.Struct, frozen=True):
    """A key as its owner sees it later: `shown` is its end, enough to tell it from others."""

    id: str
    name: str
    shown: str
    created_by: str
    created_at: int
    revoked_at: int | None


def create_key(tx: Tx, scope: Scope, name: str) -> tuple[ApiKey, Secret]:
    """A new key of one's organisation, and the secret itself, which nobody can show again."""
    organisation = _require_person_of(scope)
    token = new_token(PREFIX)
    key = ApiKey(tx.new_id("key"), check_name(name), token.reveal()[-4:], scope.actor, tx.now, None)
    row = msgspec.structs.asdict(key) | {"organisation": organisation, "token_sha256": digest(token)}
    tx.run(_insert, **row)
    audit(tx, scope, "identity.create_key", key.id, {"name": key.name})
    return key, token


def find_key(snapshot: Snapshot, token: Secret) -> Scope | None:
    """The scope that a key gives: its organisation's, with the role of its kind. None when unknown or revoked."""
    row = snapshot.one(_find, token_sha256=digest(token))
    if row is None:
        return None
    return Scope(row.id, row.organisation, frozenset((OrganisationKind(row.kind).role,)))


def find_revoked_key(snapshot: Snapshot, token: Secret) -> Scope | None:
    """The scope that a key gave until it was revoked: it gives no right, and says whose calls are refused now."""
    row = snapshot.one(_find_revoked, token_sha256=digest(token))
    return None if row is None else Scope(row.id, row.organisation, frozenset((OrganisationKind(row.kind).role,)))


def query_live_keys(ids: Sequence[str]) -> Query:
    """The query for the ids of those of these keys that have not been revoked: to be asked where it counts, by whoever
    recognised them before."""
    return _live, {"ids": ids}


def list_keys(snapshot: Snapshot, scope: Scope) -> list[ApiKey]:
    """The keys of one's organisation, revoked ones too, newest first."""
    return snapshot.all(_all, organisation=require_organisation(scope))


def revoke_key(tx: Tx, scope: Scope, key_id: str) -> None:
    """End a key now. NotFound for another organisation's; a revoked one stays as it is."""
    organisation = _require_person_of(scope)
    if tx.value(_own, id=key_id, organisation=organisation) is None:
        raise NotFound("There is no such key")
    if tx.run(_revoke, id_=key_id, now_=tx.now):
        audit(tx, scope, "identity.revoke_key", key_id)


def owner_of_key(snapshot: Snapshot, key_id: str) -> str | None:
    """The organisation whose key this is; None when there is none. For the program's own commands."""
    owner: str | None = snapshot.value(_owner, id=key_id)
    return owner


def keys_of(snapshot: Snapshot, ids: list[str]) -> dict[str, tuple[str, str]]:
    """The name and the organisation of keys, by id, for verbs that have checked already who may see them."""
    return {row.id: (row.name, row.organisation) for row in snapshot.all(_some, ids=ids)}


def _require_person_of(scope: Scope) -> str:
    organisation = require_organisation(scope)
    if not scope.is_person and not scope.is_system:
        raise NotAllowed("A key cannot make or revoke keys: sign in to do this")
    return organisation


_k, _o = tables.keys.c, tables.organisations.c
_fields = (_k.id, _k.name, _k.shown, _k.created_by, _k.created_at, _k.revoked_at)
_insert: Prepared[Any] = prepare(
    insert(tables.keys).values({column.name: bindparam(column.name) for column in tables.keys.columns})
)
_of_token = (
    select(_k.id, _k.organisation, _o.kind)
    .join_from(tables.keys, tables.organisations, _o.id == _k.organisation)
    .where(_k.token_sha256 == bindparam("token_sha256"))
)
_find: Prepared[Any] = prepare(_of_token.where(_k.revoked_at.is_(None)))
_find_revoked: Prepared[Any] = prepare(_of_token.where(_k.revoked_at.is_not(None)))
_live: Prepared[Any] = prepare(select(_k.id).where(in_set(_k.id, "ids"), _k.revoked_at.is_(None)))
_all: Prepared[ApiKey] = prepare(
    select(*_fields).where(_k.organisation == bindparam("organisation")).order_by(_k.id.desc()), ApiKey
)
_some: Prepared[Any] = prepare(select(_k.id, _k.name, _k.organisation).where(in_set(_k.id, "ids")))
_own: Prepared[Any] = prepare(
    select(_k.id).where(_k.id == bindparam("id"), _k.organisation == bindparam("organisation"))
)
_owner: Prepared[Any] = prepare(select(_k.organisation).where(_k.id == bindparam("id")))
_revoke: Prepared[Any] = prepare(
    update(tables.keys).where(_k.id == bindparam("id_"), _k.revoked_at.is_(None)).values(revoked_at=bindparam("now_"))
)
