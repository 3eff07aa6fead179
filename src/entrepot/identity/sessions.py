"""Sessions: a browser's, of a guest or of a signed-in person. The cookie holds a random token, the table its digest."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, insert, select, update

from entrepot.kernel import NotFound, Prepared, Secret, Snapshot, Tx, prepare

from . import tables
from .accounts import User, check_language
from .tokens import digest, new_token
from .types import Scope


class Session(msgspec.Struct, frozen=True):
    """Who sits before a browser, with which rights, and in which language they read."""

    id: str
    scope: Scope
    user: User | None
    language: str
    expires_at: int


def open_session(tx: Tx, user_id: str | None, ttl: int, language: str = "en") -> tuple[Session, Secret]:
    """A new session for a person, or for a guest when there is none, lasting `ttl` microseconds; and its token.

    A person's session acts for the organisation that they joined first and speaks their language. Open a new one at
    each sign-in, so that a token which somebody planted before is worth nothing after.
    """
    token = new_token()
    row = {"id": tx.new_id("ses"), "token_sha256": digest(token), "created_at": tx.now, "expires_at": tx.now + ttl}
    organisation = None
    if user_id is not None:
        language = tx.value(_language, id=user_id) or language
        organisation = tx.value(_first_organisation, user_id=user_id)
    tx.run(_insert, **row, user_id=user_id, organisation=organisation, language=check_language(language))
    session = find_session(tx, token)
    assert session is not None
    return session, token


def find_session(snapshot: Snapshot, token: Secret) -> Session | None:
    """The session of a token; None when there is none or its time is over.

    Rights are read anew each time: who leaves an organisation acts for it no longer.
    """
    row = snapshot.one(_find, token_sha256=digest(token), now=snapshot.now)
    if row is None:
        return None
    if row.user_id is None:
        return Session(row.id, Scope.guest(row.id), None, row.language, row.expires_at)
    roles = frozenset() if row.role is None else frozenset((row.role,))
    scope = Scope(row.user_id, row.organisation if row.role is not None else None, roles)
    user = User(row.user_id, row.email, row.name, row.own_language, row.created_at, row.confirmed_at)
    return Session(row.id, scope, user, row.language, row.expires_at)


def switch_organisation(tx: Tx, session: Session, organisation: str | None) -> Session:
    """Act for another organisation of one's own, or for none; NotFound when the person is no member."""
    role = None
    if organisation is not None:
        role = tx.value(_role, organisation=organisation, user_id=session.scope.actor)
        if role is None:
            raise NotFound("There is no such organisation")
    tx.run(_set_organisation, id_=session.id, organisation_=organisation)
    roles = frozenset() if role is None else frozenset((role,))
    return msgspec.structs.replace(session, scope=Scope(session.scope.actor, organisation, roles))


def set_language(tx: Tx, session: Session, language: str) -> Session:
    """Read the pages in another language from now on; a signed-in person's mails follow."""
    tx.run(_set_language, id_=session.id, language_=check_language(language))
    if session.user is not None:
        tx.run(_set_own_language, id_=session.user.id, language_=language)
    return msgspec.structs.replace(session, language=language)


def close_session(tx: Tx, session_id: str) -> None:
    """End a session now."""
    tx.run(_close, id_=session_id, now_=tx.now)


def close_sessions_of(tx: Tx, user_id: str, but: str = "") -> None:
    """End all sessions of a person, except the one named."""
    tx.run(_close_all, user_id_=user_id, now_=tx.now, but_=but)


_s, _u, _m = tables.sessions.c, tables.users.c, tables.memberships.c
_insert: Prepared[Any] = prepare(
    insert(tables.sessions).values({column.name: bindparam(column.name) for column in tables.sessions.columns})
)
_language: Prepared[Any] = prepare(select(_u.language).where(_u.id == bindparam("id")))
_first_organisation: Prepared[Any] = prepare(
    select(_m.organisation).where(_m.user_id == bindparam("user_id")).order_by(_m.created_at, _m.organisation).limit(1)
)
_find: Prepared[Any] = prepare(
    select(
        _s.id,
        _s.user_id,
        _s.organisation,
        _s.language,
        _s.expires_at,
        _u.email,
        _u.name,
        _u.language.label("own_language"),
        _u.created_at,
        _u.confirmed_at,
        _m.role,
    )
    .select_from(
        tables.sessions.outerjoin(tables.users, _u.id == _s.user_id).outerjoin(
            tables.memberships, and_(_m.organisation == _s.organisation, _m.user_id == _s.user_id)
        )
    )
    .where(_s.token_sha256 == bindparam("token_sha256"), _s.expires_at > bindparam("now"))
)
_role: Prepared[Any] = prepare(
    select(_m.role).where(_m.organisation == bindparam("organisation"), _m.user_id == bindparam("user_id"))
)
_set_organisation: Prepared[Any] = prepare(
    update(tables.sessions).where(_s.id == bindparam("id_")).values(organisation=bindparam("organisation_"))
)
_set_language: Prepared[Any] = prepare(
    update(tables.sessions).where(_s.id == bindparam("id_")).values(language=bindparam("language_"))
)
_set_own_language: Prepared[Any] = prepare(
    update(tables.users).where(_u.id == bindparam("id_")).values(language=bindparam("language_"))
)
_close: Prepared[Any] = prepare(
    update(tables.sessions)
    .where(_s.id == bindparam("id_"), _s.expires_at > bindparam("now_"))
    .values(expires_at=bindparam("now_"))
)
_close_all: Prepared[Any] = prepare(
    update(tables.sessions)
    .where(_s.user_id == bindparam("user_id_"), _s.expires_at > bindparam("now_"), _s.id != bindparam("but_"))
    .values(expires_at=bindparam("now_"))
)
