"""The audit log: what operators, and people with rights over others' things, did. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select

from entrepot.kernel import Prepared, Snapshot, Tx, from_json, prepare, to_json

from . import tables
from .types import Scope, require_operator


class Audited(msgspec.Struct, frozen=True):
    """Who did what to what, and when (microseconds)."""

    id: str
    at: int
    actor: str
    organisation: str | None
    act: str
    subject: str
    details: dict[str, Any]


def audit(tx: Tx, scope: Scope, act: str, subject: str, details: Mapping[str, object] | None = None) -> None:
    """Record an act such as `catalog.approve_merchant` on the thing with this id, in the transaction that does it."""
    tx.run(
        _insert,
        id=tx.new_id("aud"),
        at=tx.now,
        actor=scope.actor,
        organisation=scope.organisation,
        act=act,
        subject=subject,
        details=to_json(dict(details or {})),
    )


def list_audit(
    snapshot: Snapshot, scope: Scope, *, subject: str | None = None, before: str | None = None, most: int = 100
) -> list[Audited]:
    """What was recorded, newest first, for the operator; `before` is the id of the last one seen."""
    require_operator(scope)
    before = before or "b"  # behind every id, which begin with aud_
    if subject is None:
        return snapshot.all(_newest, before=before, most=most)
    return snapshot.all(_about, subject=subject, before=before, most=most)


def _audited(id: str, at: int, actor: str, organisation: str | None, act: str, subject: str, details: str) -> Audited:
    return Audited(id, at, actor, organisation, act, subject, from_json(details))


_a = tables.audit.c
_fields = (_a.id, _a.at, _a.actor, _a.organisation, _a.act, _a.subject, _a.details)
_insert: Prepared[Any] = prepare(insert(tables.audit).values({field.name: bindparam(field.name) for field in _fields}))
_newest: Prepared[Audited] = prepare(
    select(*_fields).where(_a.id < bindparam("before")).order_by(_a.id.desc()).limit(bindparam("most")), _audited
)
_about: Prepared[Audited] = prepare(
    select(*_fields)
    .where(_a.subject == bindparam("subject"), _a.id < bindparam("before"))
    .order_by(_a.id.desc())
    .limit(bindparam("most")),
    _audited,
)
