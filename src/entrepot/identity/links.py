"""Links that work once: they confirm an address or let a forgotten password be replaced. Kept as digests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, select, update

from entrepot.kernel import DAY, HOUR, Invalid, Prepared, Secret, Snapshot, Tx, derive_id, prepare, prepare_text

from . import tables
from .letters import LinkPurpose
from .tokens import digest

LASTS = {LinkPurpose.RESET: HOUR, LinkPurpose.CONFIRM: 7 * DAY}
AN_HOUR_MAX = 5


def has_links_left(snapshot: Snapshot, user_id: str) -> bool:
    """Whether another link may be mailed to this person now: nobody's mailbox is to be flooded."""
    return int(snapshot.value(_lately, user_id=user_id, since=snapshot.now - HOUR)) < AN_HOUR_MAX


def write_link(tx: Tx, cause: str, user_id: str, purpose: LinkPurpose, token: Secret) -> None:
    """Keep a link's digest. Writing again for the same cause replaces the token: the letter was sent anew."""
    tx.run(
        _write,
        id=derive_id("lnk", cause),
        purpose=purpose.value,
        user_id=user_id,
        token_sha256=digest(token),
        now=tx.now,
        expires_at=tx.now + LASTS[purpose],
    )


def use_link(tx: Tx, token: Secret, purpose: LinkPurpose) -> str:
    """Use a link up and return whose it is; Invalid when it was used, has expired or never was."""
    user_id: str | None = tx.value(_take, token_=digest(token), purpose_=purpose.value, now_=tx.now)
    if user_id is None:
        raise Invalid("This link was used already or has expired: ask for a new one")
    return user_id


_l = tables.links.c
_lately: Prepared[Any] = prepare(
    select(func.count().label("links")).where(_l.user_id == bindparam("user_id"), _l.created_at > bindparam("since"))
)
_write: Prepared[Any] = prepare_text(
    "INSERT INTO identity_links (id, purpose, user_id, token_sha256, created_at, expires_at) "
    "VALUES (:id, :purpose, :user_id, :token_sha256, :now, :expires_at) "
    "ON CONFLICT (id) DO UPDATE SET token_sha256 = excluded.token_sha256, expires_at = excluded.expires_at"
)
_take: Prepared[Any] = prepare(
    update(tables.links)
    .where(
        _l.token_sha256 == bindparam("token_"),
        _l.purpose == bindparam("purpose_"),
        _l.used_at.is_(None),
        _l.expires_at > bindparam("now_"),
    )
    .values(used_at=bindparam("now_"))
    .returning(_l.user_id)
)
