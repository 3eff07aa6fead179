"""Opening a market: a one-time link for an empty home, and what its owner decides with it."""

from __future__ import annotations

import hashlib
import secrets

from entrepot import group, identity
from entrepot.group import Market
from entrepot.identity import SignUp
from entrepot.kernel import Database, NotFound, Secret, Snapshot, Tx, find_fact, write_fact

from .visit import Visit

LINK = "setup.link"
"""The fact that holds the digest of the link's token; empty once the market is open."""


def make_link(database: Database) -> str | None:
    """The path that sets the market up, with a fresh token; None when it is open already. Older links end."""
    token = secrets.token_urlsafe(24)

    def command(tx: Tx) -> bool:
        if group.find_market(tx) is not None:
            return False
        write_fact(tx, LINK, _digest(Secret(token)))
        return True

    return f"/operator/setup?token={token}" if database.write_now(command) else None


def check_link(snapshot: Snapshot, token: Secret) -> None:
    """Refuse a link that is not the newest, or whose market is open."""
    known = find_fact(snapshot, LINK)
    if not known or not secrets.compare_digest(str(known), _digest(token)):
        raise NotFound("This link is not valid any more: start `entrepot serve` on an empty home to get a new one")


async def open_market(visit: Visit, token: Secret, market: Market, name: str, email: str, password: Secret) -> None:
    """Make the market and its owner's account, in one command, and sign the owner in as operator."""
    await visit.read(lambda s: check_link(s, token))
    hashed = await visit.work(lambda: identity.hash_password(password))
    owner = SignUp(email, hashed, name, visit.language)

    def command(tx: Tx) -> tuple[str, str]:
        check_link(tx, token)
        write_fact(tx, LINK, "")
        return group.open_market(tx, market, owner)

    user_id, organisation = await visit.write(command)
    session = await visit.begin_session(user_id)
    visit.session = await visit.write(lambda tx: identity.switch_organisation(tx, session, organisation))
    visit.scope = visit.session.scope


def _digest(token: Secret) -> str:
    return hashlib.sha256(token.reveal().encode()).hexdigest()
