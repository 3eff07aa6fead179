"""What was trained for search, kept with what it was trained on and how it did; and which of it serves.

Everything that was trained is kept, whether it passed the gate or not. What serves is one row for each kind and
encoder, so going back, to an older one or to none, is that row and nothing else.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, select

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotFound, Prepared, Snapshot, Tx, from_json, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import tables
from .events import LearnedChanged

LearnedKind = Literal["ranker", "encoder"]
LISTED_MAX = 200


class Draft(msgspec.Struct, frozen=True):
    """What was trained: its file and its ratings as blobs, what served then (`base`), its scores, and the decision."""

    kind: LearnedKind
    encoder: str
    sha256: str
    judgments: str
    base: str | None
    scores: dict[str, Any]
    passed: bool
    reason: str


class Learned(msgspec.Struct, frozen=True):
    """The same, kept. `used` while it serves."""

    id: str
    draft: Draft
    created_by: str
    created_at: int
    used: bool = False


def keep_learned(tx: Tx, scope: Scope, draft: Draft, *, use: bool) -> Learned:
    """Keep what was trained, and let it serve when it passed the gate and `use` says so. Operators only."""
    identity.require_operator(scope)
    learned = Learned(tx.new_id("lrn"), draft, scope.actor, tx.now, use and draft.passed)
    row = {**msgspec.structs.asdict(draft), "scores": to_json(draft.scores), "passed": int(draft.passed)}
    tx.run(_insert, id=learned.id, **row, created_by=scope.actor, created_at=tx.now)
    identity.audit(tx, scope, "discovery.keep_learned", learned.id, {"passed": draft.passed, "reason": draft.reason})
    if learned.used:
        _use(tx, scope, draft.kind, draft.encoder, learned.id)
    return learned


def use_learned(tx: Tx, scope: Scope, kind: LearnedKind, encoder: str, learned_id: str | None) -> None:
    """Let another one serve, or none. Operators only; Invalid for one that goes with another encoder or kind."""
    identity.require_operator(scope)
    if learned_id is not None:
        draft = get_learned(tx, scope, learned_id).draft
        if (draft.kind, draft.encoder) != (kind, encoder):
            raise Invalid(f"This is a {draft.kind} for the encoder {draft.encoder}, not a {kind} for {encoder}")
    _use(tx, scope, kind, encoder, learned_id)


def get_learned(snapshot: Snapshot, scope: Scope, learned_id: str) -> Learned:
    """One by its id. Operators only."""
    identity.require_operator(scope)
    found = snapshot.one(_get, id=learned_id)
    if found is None:
        raise NotFound("Nothing of this id was trained")
    return found


def list_learned(snapshot: Snapshot, scope: Scope, kind: LearnedKind) -> list[Learned]:
    """What was trained, the newest first. Operators only."""
    identity.require_operator(scope)
    return snapshot.all(_list, kind=kind, most=LISTED_MAX)


def find_used(snapshot: Snapshot, kind: LearnedKind, encoder: str) -> Learned | None:
    """What serves now beside an encoder; None where nothing learned does."""
    return snapshot.one(_used, kind=kind, encoder=encoder)


def _use(tx: Tx, scope: Scope, kind: str, encoder: str, learned_id: str | None) -> None:
    tx.run(_set, kind=kind, encoder=encoder, learned=learned_id, actor=scope.actor, now=tx.now)
    identity.audit(tx, scope, "discovery.use_learned", learned_id or "", {"kind": kind, "encoder": encoder})
    tx.announce(LearnedChanged(kind, encoder, learned_id))


def _read(
    id: str, kind: LearnedKind, encoder: str, sha256: str, judgments: str, base: str | None, scores: str, passed: int,
    reason: str, created_by: str, created_at: int, used: str | None,
) -> Learned:  # fmt: skip
    draft = Draft(kind, encoder, sha256, judgments, base, from_json(scores), bool(passed), reason)
    return Learned(id, draft, created_by, created_at, used == id)


_l, _u = tables.learned.c, tables.in_use.c
_rows = select(*tables.learned.columns, _u.learned).outerjoin(
    tables.in_use, (_u.kind == _l.kind) & (_u.encoder == _l.encoder)
)
_insert: Prepared[Any] = prepare(
    insert(tables.learned).values({column.name: bindparam(column.name) for column in tables.learned.columns})
)
_get: Prepared[Learned] = prepare(_rows.where(_l.id == bindparam("id")), _read)
_list: Prepared[Learned] = prepare(
    _rows.where(_l.kind == bindparam("kind")).order_by(_l.created_at.desc(), _l.id).limit(bindparam("most")), _read
)
_used: Prepared[Learned] = prepare(
    _rows.where(_u.kind == bindparam("kind"), _u.encoder == bindparam("encoder"), _u.learned == _l.id), _read
)
_set: Prepared[Any] = prepare_text(
    "INSERT INTO discovery_in_use (kind, encoder, learned, changed_by, changed_at) "
    "VALUES (:kind, :encoder, :learned, :actor, :now) ON CONFLICT (kind, encoder) DO UPDATE SET "
    "learned = excluded.learned, changed_by = excluded.changed_by, changed_at = excluded.changed_at"
)
