"""What the browser sends back: this product, at this place of that answer, was on the screen or was clicked."""

from __future__ import annotations

import msgspec

from entrepot.identity import sign, unsign
from entrepot.kernel import NotFound, Secret

PURPOSE = "discovery.beacon"


class Beacon(msgspec.Struct, frozen=True, array_like=True):
    """A hit of an answer; `position` counts from 0 over all pages."""

    request_id: str
    product_id: str
    position: int


def beacon_token(secret: Secret, request_id: str, product_id: str, position: int) -> str:
    """A token for a hit, which nobody can make for another one."""
    return sign(secret, PURPOSE, msgspec.json.encode(Beacon(request_id, product_id, position)).decode())


def read_beacon(secret: Secret, token: str, now: int = 0) -> Beacon:
    """The hit that a token stands for. NotFound for a token that was not made here."""
    try:
        return msgspec.json.decode(unsign(secret, PURPOSE, token, now), type=Beacon)
    except (msgspec.MsgspecError, UnicodeError, ValueError):
        raise NotFound("This link leads nowhere: check that it was copied whole") from None
