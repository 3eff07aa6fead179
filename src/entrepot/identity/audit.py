"""The audit log: what operators, and people with rights over others' things, did. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from random import Random
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, insert, select

from entrepot.kernel import Prepared, Snapshot, Tx, from_json, new_id, prepare, to_json

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
    snapshot: Snapshot,
    scope: Scope,
    *,
    actor: str | None = None,
    act: str | None = None,
    subject: str | None = None,
    since: int | None = None,
    before: str | None = None,
    most: int = 100,
) -> list[Audited]:
    """What was recorded, newest first, for the operator; `before` is the id of the last one seen.

    Only by one actor, of one act, about one thing, and since a time in microseconds, where that is asked for.
    """
    require_operator(scope)
    wanted = {name: value for name, value in (("actor", actor), ("act", act), ("subject", subject)) if value}
    after = new_id("aud", since, _FIRST) if since is not None and since > 0 else "aud_"
    return snapshot.all(
        _LISTS[frozenset(wanted)], **wanted, after=after, before=before or _LAST, most=most
    )  # fmt: skip


def _audited(id: str, at: int, actor: str, organisation: str | None, act: str, subject: str, details: str) -> Audited:
    return Audited(id, at, actor, organisation, act, subject, from_json(details))


_a = tables.audit.c
_fields = (_a.id, _a.at, _a.actor, _a.organisation, _a.act, _a.subject, _a.details)
_insert: Prepared[Any] = prepare(insert(tables.audit).values({field.name: bindparam(field.name) for field in _fields}))


class _First(Random):
    """Draws nothing but noughts: an id made with it stands before every other of its millisecond."""

    def getrandbits(self, k: int, /) -> int:
        return 0


_FIRST: Final = _First(0)
_LAST: Final = "b"
"""Behind every id, which begin with aud_."""


def _list_by(names: tuple[str, ...]) -> Prepared[Audited]:
    """Those that fit each of these fields: an index with each of them begins with it and goes on by id."""
    within = (_a.id >= bindparam("after"), _a.id < bindparam("before"))
    fitting = [_a[name] == bindparam(name) for name in names]
    return prepare(
        select(*_fields).where(*fitting, *within).order_by(_a.id.desc()).limit(bindparam("most")), _audited
    )  # fmt: skip


_FILTERS: Final = ("actor", "act", "subject")
_LISTS: Final = {
    frozenset(names): _list_by(names)
    for chosen in product((False, True), repeat=len(_FILTERS))
    for names in [tuple(name for name, yes in zip(_FILTERS, chosen, strict=True) if yes)]
}
