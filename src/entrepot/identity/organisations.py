"""Organisations, which own things for sale, keys and money, and the people who act for them."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, or_, select, update

from entrepot.kernel import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    in_set,
    prepare,
    prepare_text,
)

from . import tables
from .accounts import check_name
from .audit import audit
from .notices import Notice, notify
from .types import OrganisationKind, Scope, require_operator, require_organisation, require_person


class Organisation(msgspec.Struct, frozen=True):
    """Somebody who acts in the market: the platform itself, a merchant, or a developer."""

    id: str
    kind: OrganisationKind
    name: str
    created_at: int


class Member(msgspec.Struct, frozen=True):
    """A person in an organisation."""

    user_id: str
    name: str
    email: str
    role: str
    since: int


def create_organisation(tx: Tx, scope: Scope, kind: OrganisationKind | str, name: str) -> str:
    """Found an organisation and return its id; the person who founds it is its first member.

    The platform is founded once, by the program itself at set-up. Conflict when it is there already.
    """
    kind = _kind(kind)
    if kind is OrganisationKind.PLATFORM:
        require_operator(scope)
    elif not scope.is_system:
        require_person(scope)
    organisation_id = tx.new_id("org")
    row = {"id": organisation_id, "kind": kind.value, "name": check_name(name), "created_at": tx.now}
    if not tx.run(_insert, **row):
        raise Conflict("This market has its platform organisation already: add people to that one")
    if scope.is_person:
        tx.run(_join, organisation=organisation_id, user_id=scope.actor, role=kind.role, created_at=tx.now)
    audit(tx, scope, "identity.create_organisation", organisation_id, {"kind": kind.value, "name": name})
    return organisation_id


def add_member(tx: Tx, scope: Scope, organisation: str, user_id: str, role: str) -> None:
    """Let a person act for an organisation, by one of its members or by the operator; who is let in is told so."""
    kind = _require_member(tx, scope, organisation)
    if role != kind.role:
        raise Invalid(f"The role {role} does not belong to a {kind.value} organisation: it has the role {kind.role}")
    if tx.value(_user, id=user_id) is None:
        raise NotFound("There is no such person")
    if tx.run(_join, organisation=organisation, user_id=user_id, role=role, created_at=tx.now):
        audit(tx, scope, "identity.add_member", organisation, {"user": user_id, "role": role})
        if not scope.is_system and user_id != scope.actor:
            params = {"organisation": get_organisation(tx, scope, organisation).name}
            notify(tx, Notice(user_id, "identity.let_in", params, link="/account"))


def remove_member(tx: Tx, scope: Scope, organisation: str, user_id: str) -> None:
    """Have a person act for an organisation no longer, at once; refused for its last member."""
    _require_member(tx, scope, organisation)
    members = [member.user_id for member in tx.all(_members_locked, organisation=organisation)]
    if user_id not in members:
        raise NotFound("There is no such member")
    if len(members) == 1:
        raise Conflict("An organisation keeps its last member: add somebody else first")
    tx.run(_leave, organisation_=organisation, user_id_=user_id)
    tx.run(_leave_sessions, organisation_=organisation, user_id_=user_id)
    audit(tx, scope, "identity.remove_member", organisation, {"user": user_id})


def get_organisation(snapshot: Snapshot, scope: Scope, organisation: str) -> Organisation:
    """An organisation, for those who act for it and for the operator."""
    found = snapshot.one(_get, id=organisation)
    if found is None or not (scope.organisation == organisation or scope.is_operator):
        raise NotFound("There is no such organisation")
    return found


def organisations_of(snapshot: Snapshot, ids: list[str]) -> dict[str, Organisation]:
    """Organisations by id, for verbs that have checked already who may see them."""
    return {organisation.id: organisation for organisation in snapshot.all(_all, ids=ids)}


def find_organisations(snapshot: Snapshot, named: str) -> list[Organisation]:
    """The organisations with this id, or this very name. For the program's own commands."""
    return snapshot.all(_named, named=named)


def find_platform(snapshot: Snapshot) -> Organisation | None:
    """The market's own organisation; None before set-up."""
    return snapshot.one(_platform)


def list_own_organisations(snapshot: Snapshot, scope: Scope) -> list[Organisation]:
    """Those that the signed-in person may act for, in the order they joined."""
    return snapshot.all(_own, user_id=require_person(scope))


def list_members(snapshot: Snapshot, scope: Scope, organisation: str | None = None) -> list[Member]:
    """Who acts for one's organisation (or, for the operator, for any), in the order they joined."""
    organisation = organisation or require_organisation(scope)
    _require_member(snapshot, scope, organisation)
    return snapshot.all(_members, organisation=organisation)


def _require_member(snapshot: Snapshot, scope: Scope, organisation: str) -> OrganisationKind:
    """The organisation's kind, for a person who acts for it and for the operator. A key manages no people."""
    found = get_organisation(snapshot, scope, organisation)
    if not scope.is_person and not scope.is_system:
        raise NotAllowed("Only people manage an organisation's people, not keys")
    return found.kind


def _kind(kind: OrganisationKind | str) -> OrganisationKind:
    try:
        return OrganisationKind(kind)
    except ValueError:
        raise Invalid(f"{kind!r} is not a kind of organisation: there are {', '.join(OrganisationKind)}") from None


def _organisation(id: str, kind: str, name: str, created_at: int) -> Organisation:
    return Organisation(id, OrganisationKind(kind), name, created_at)


_o, _m, _u = tables.organisations.c, tables.memberships.c, tables.users.c
_fields = (_o.id, _o.kind, _o.name, _o.created_at)
_named: Prepared[Organisation] = prepare(
    select(*_fields).where(or_(_o.id == bindparam("named"), _o.name == bindparam("named"))).order_by(_o.id),
    _organisation,
)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO identity_organisations (id, kind, name, created_at) VALUES (:id, :kind, :name, :created_at) "
    "ON CONFLICT DO NOTHING"
)
_join: Prepared[Any] = prepare_text(
    "INSERT INTO identity_memberships (organisation, user_id, role, created_at) "
    "VALUES (:organisation, :user_id, :role, :created_at) ON CONFLICT DO NOTHING"
)
_leave: Prepared[Any] = prepare(
    delete(tables.memberships).where(_m.organisation == bindparam("organisation_"), _m.user_id == bindparam("user_id_"))
)
_leave_sessions: Prepared[Any] = prepare(
    update(tables.sessions)
    .where(
        tables.sessions.c.organisation == bindparam("organisation_"),
        tables.sessions.c.user_id == bindparam("user_id_"),
    )
    .values(organisation=None)
)
_user: Prepared[Any] = prepare(select(_u.id).where(_u.id == bindparam("id")))
_get: Prepared[Organisation] = prepare(select(*_fields).where(_o.id == bindparam("id")), _organisation)
_all: Prepared[Organisation] = prepare(select(*_fields).where(in_set(_o.id, "ids")), _organisation)
_platform: Prepared[Organisation] = prepare(select(*_fields).where(_o.kind == "platform"), _organisation)
_own: Prepared[Organisation] = prepare(
    select(*_fields)
    .join_from(tables.organisations, tables.memberships, _m.organisation == _o.id)
    .where(_m.user_id == bindparam("user_id"))
    .order_by(_m.created_at, _o.id),
    _organisation,
)
_members: Prepared[Member] = prepare(
    select(_u.id, _u.name, _u.email, _m.role, _m.created_at)
    .join_from(tables.memberships, tables.users, _u.id == _m.user_id)
    .where(_m.organisation == bindparam("organisation"))
    .order_by(_m.created_at, _u.id),
    Member,
)
_members_locked: Prepared[Any] = prepare(
    select(_m.user_id).where(_m.organisation == bindparam("organisation")).order_by(_m.user_id).with_for_update()
)
