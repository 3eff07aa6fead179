"""The demo home's cast, who sign in by a click: only in a home that was made as a demo, and only on loopback."""

from __future__ import annotations

import ipaddress

import msgspec

from entrepot import identity
from entrepot.kernel import NotAllowed, find_fact

from .visit import Visit

CAST = "demo.cast"
"""The fact that lists the cast of a demo home; other homes do not have it."""

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""What proxies add: whoever sends one of these does not sit at this machine."""


class Player(msgspec.Struct, frozen=True):
    """One of the cast: their name, account, the organisation they act for, and where their work begins."""

    name: str
    user_id: str
    organisation: str | None
    start: str


async def list_cast(visit: Visit) -> list[Player]:
    """Who may sign in by a click here: nobody, except in a demo home that is visited from its own machine."""
    if not _is_local(visit):
        return []
    value = await visit.read(lambda s: find_fact(s, CAST))
    return msgspec.convert(value or [], list[Player])


async def sign_in_as(visit: Visit, name: str) -> str:
    """Begin a session as one of the cast; returns the path of where their work begins."""
    player = next((player for player in await list_cast(visit) if player.name == name), None)
    if player is None:
        raise NotAllowed("There is no such sign-in here")
    session = await visit.begin_session(player.user_id)
    if player.organisation is not None:
        organisation = player.organisation
        visit.session = await visit.write(lambda tx: identity.switch_organisation(tx, session, organisation))
        visit.scope = visit.session.scope
    return player.start


def _is_local(visit: Visit) -> bool:
    """Whether both ends are this machine; a proxy in front shows another host name, or says for whom it asks."""
    if any(name in visit.request.headers for name in FORWARDED):
        return False
    host = visit.request.url.hostname or ""
    try:
        return ipaddress.ip_address(visit.ip).is_loopback and (
            host == "localhost" or ipaddress.ip_address(host).is_loopback
        )
    except ValueError:
        return False
