"""What must be true of people and organisations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, select

from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare

from . import tables
from .types import OrganisationKind


def _roles_fit(snapshot: Snapshot) -> Finding:
    rows = snapshot.all(_members)
    breaches = [
        f"{row.user_id} is {row.role} in {row.organisation}, which is a {row.kind} organisation"
        for row in rows
        if row.role != OrganisationKind(row.kind).role
    ]
    return Finding(len(rows), breaches)


def _sessions_fit(snapshot: Snapshot) -> Finding:
    rows = snapshot.all(_sessions)
    breaches = [f"{row.id} acts for {row.organisation} without a member" for row in rows if row.role is None]
    return Finding(len(rows), breaches)


PROOFS = (
    Proof("identity.roles", "every member's role is the one that their organisation's kind gives", _roles_fit),
    Proof("identity.sessions", "every session acts for an organisation of its own person", _sessions_fit),
)

_m, _o, _s = tables.memberships.c, tables.organisations.c, tables.sessions.c
_members: Prepared[Any] = prepare(
    select(_m.user_id, _m.organisation, _m.role, _o.kind).join_from(
        tables.memberships, tables.organisations, _o.id == _m.organisation
    )
)
_sessions: Prepared[Any] = prepare(
    select(_s.id, _s.organisation, _m.role)
    .join_from(
        tables.sessions,
        tables.memberships,
        and_(_m.organisation == _s.organisation, _m.user_id == _s.user_id),
        isouter=True,
    )
    .where(_s.organisation.is_not(None))
)
