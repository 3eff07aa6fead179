"""What a call asks to be let in for."""

from __future__ import annotations

import msgspec

from .rating import Tier


class Ask(msgspec.Struct, frozen=True):
    """A call that somebody wants to make. `limits` is the most it can use of each meter; `key_id` the key that asks.

    `surface` and `ref` say what for, `tier` by which prices. A later `attempt` at the same request (a fallback, a
    retry) is admitted by itself. With `checks_key` the key must not have been revoked by now; `version` is the id of
    the model's version that will answer, which must still be what its name (`asked_as`) means. One that stands `alone`
    has a row and holds of its own from the start, whatever tabs are open: it may be taken over by another process.
    """

    request: str
    organisation: str
    actor: str
    model: str
    limits: dict[str, int]
    surface: str = "api"
    ref: str | None = None
    attempt: int = 1
    key_id: str | None = None
    tier: Tier = "standard"
    checks_key: bool = False
    version: str | None = None
    asked_as: str = ""
    alone: bool = False
