"""The inbox of people and organisations: what happened that concerns them, and a mail where it matters."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, func, insert, literal_column, select, union_all, update

from entrepot.kernel import NotFound, NotSignedIn, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json
from entrepot.kernel.sql import String

from . import tables
from .letters import Letter, enqueue_letter
from .notice_kinds import notice_kind, write_notice
from .types import Scope

UNREAD_MAX = 99


class Notice(msgspec.Struct, frozen=True):
    """Something to tell `to`: a person (`usr_`), an organisation (`org_`), or an e-mail address that has no inbox.

    `link` is a path of the market. `language` counts for an address only: people are told in their own.
    """

    to: str
    kind: str
    params: dict[str, str]
    language: str = "en"
    link: str | None = None


class InboxNotice(msgspec.Struct, frozen=True):
    """A notice as its reader sees it; times in microseconds."""

    id: str
    kind: str
    title: str
    text: str
    link: str | None
    created_at: int
    read_at: int | None


def notify(tx: Tx, notice: Notice) -> None:
    """Put a notice into the inbox, and mail it when its kind is mailed (for an organisation, to each of its people)."""
    write_notice(notice.kind, notice.params, "en")  # a missing parameter shows here, not in the reader's inbox
    has_inbox = notice.to.startswith(("usr_", "org_"))
    if has_inbox:
        row = {"id": tx.new_id("ntc"), "owner": notice.to, "kind": notice.kind, "params": to_json(notice.params)}
        tx.send(_insert, **row, link=notice.link, created_at=tx.now)
    if notice_kind(notice.kind).mailed:
        readers = tx.all(_readers, owner=notice.to) if has_inbox else [(notice.to, notice.language)]
        for email, language in readers:
            enqueue_letter(tx, Letter(email, notice.kind, notice.params, language, notice.link))


def list_notices(
    snapshot: Snapshot, scope: Scope, language: str = "en", *, before: str | None = None, most: int = 50
) -> list[InboxNotice]:
    """One's own notices and one's organisation's, newest first; `before` is the id of the last one seen."""
    person, *more = _owners(scope)
    whose = {"person": person, "organisation": more[0] if more else ""}
    rows = snapshot.all(_newest, before=before or "o", most=most, **whose)  # ids begin with ntc_
    return [_inbox_notice(row, language) for row in rows]


def count_unread(snapshot: Snapshot, scope: Scope) -> int:
    """How many notices wait to be read; more than `UNREAD_MAX` are not counted."""
    return int(snapshot.value(_unread, owners=_owners(scope)))


def mark_read(tx: Tx, scope: Scope, notice_id: str) -> None:
    """Remember that a notice was read; NotFound for anybody else's."""
    if not tx.run(_mark, id_=notice_id, owners=_owners(scope), now_=tx.now):
        raise NotFound("There is no such notice")


def _owners(scope: Scope) -> list[str]:
    if not (scope.is_person or scope.organisation):
        raise NotSignedIn("Sign in to read your notices")
    return [scope.actor, scope.organisation] if scope.organisation else [scope.actor]


def _inbox_notice(row: Any, language: str) -> InboxNotice:
    title, text = write_notice(row.kind, from_json(row.params), language)
    return InboxNotice(row.id, row.kind, title, text, row.link, row.created_at, row.read_at)


_n, _u, _m = tables.notices.c, tables.users.c, tables.memberships.c
_fields = (_n.id, _n.owner, _n.kind, _n.params, _n.link, _n.created_at)
_insert: Prepared[Any] = prepare(
    insert(tables.notices).values({field.name: bindparam(field.name) for field in _fields})
)
_owner: BindParameter[str] = bindparam("owner", type_=String)
_readers: Prepared[Any] = prepare(
    select(_u.email, _u.language)
    .where(_u.id.in_(union_all(select(_owner), select(_m.user_id).where(_m.organisation == _owner))))
    .order_by(_u.id)
)


def _newest_of(owner: str) -> Any:
    """A page of one inbox, along its index."""
    page = (
        select(_n.id, _n.kind, _n.params, _n.link, _n.created_at, _n.read_at)
        .where(_n.owner == bindparam(owner), _n.id < bindparam("before"))
        .order_by(_n.id.desc())
        .limit(bindparam("most"))
    )
    return select(page.subquery())


_both = union_all(_newest_of("person"), _newest_of("organisation")).subquery()
_newest: Prepared[Any] = prepare(select(*_both.c).order_by(_both.c.id.desc()).limit(bindparam("most")))
_few = (
    select(literal_column("1").label("one"))
    .select_from(tables.notices)
    .where(in_set(_n.owner, "owners"), _n.read_at.is_(None))
    .limit(UNREAD_MAX + 1)
    .subquery()
)
_unread: Prepared[Any] = prepare(select(func.count().label("unread")).select_from(_few))
_mark: Prepared[Any] = prepare(
    update(tables.notices)
    .where(_n.id == bindparam("id_"), in_set(_n.owner, "owners"))
    .values(read_at=func.coalesce(_n.read_at, bindparam("now_")))
)
