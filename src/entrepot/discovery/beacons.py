"""What the browser sends back: this product, at this place of that answer, was on the screen or was clicked."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from entrepot.identity import sign, unsign
from entrepot.kernel import DAY, NotFound, Secret

PURPOSE = "discovery.beacon"
COUNTED = DAY


class Beacon(msgspec.Struct, frozen=True, array_like=True):
    """A hit of an answer; `position` counts from 0 over all pages. `variant` is the one that was shown, where it is not
    the product's own choice. It counts for the session it was made for, for a day, and once (`signals`)."""

    request_id: str
    product_id: str
    position: int
    variant: str = ""
    session: str = ""
    at: int = 0

    def counts_for(self, session: str, now: int) -> bool:
        """Whether what this session reports of it is to be believed."""
        return self.session in ("", _mark(session)) and (self.at == 0 or 0 <= now - self.at <= COUNTED)


def beacon_token(
    secret: Secret, request_id: str, product_id: str, position: int, variant: str = "", session: str = "", at: int = 0
) -> str:
    """A token for a hit, which nobody can make for another one; for one session, where that is given."""
    beacon = Beacon(request_id, product_id, position, variant, _mark(session) if session else "", at)
    return sign(secret, PURPOSE, msgspec.json.encode(beacon).decode())


def read_beacon(secret: Secret, token: str, now: int = 0) -> Beacon:
    """The hit that a token stands for. NotFound for a token that was not made here."""
    try:
        return msgspec.json.decode(unsign(secret, PURPOSE, token, now), type=Beacon)
    except (msgspec.MsgspecError, UnicodeError, ValueError):
        raise NotFound("This link leads nowhere: check that it was copied whole") from None


def _mark(session: str) -> str:
    """A session's mark: tokens are readable, and its id is nobody's business."""
    return blake2b(session.encode(), digest_size=9).hexdigest()
