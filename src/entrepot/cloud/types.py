"""What the cloud speaks of: what was used, by whom and for what; and work that it was asked to do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

SHOP = "platform"
"""Who pays for what the market itself uses: the operator's own compute account, through the meter that all use."""


class Settings(msgspec.Struct, frozen=True):
    """The section `[cloud]`."""

    currency: str = "USD"
    """Compute is counted in nano units (thousand-millionths) of this currency."""
    standing_hold: Annotated[int, msgspec.Meta(ge=1)] = 10_000_000_000
    """How much a serving process sets aside at a time for what it is about to use, in nano units."""


class UsageClass(StrEnum):
    """How sure a usage row is."""

    EXACT = "exact"
    """Counted."""
    CHECKPOINTED = "checkpointed"
    """Counted up to the last look at a stream that broke off: no more than what came was billed."""
    ESTIMATED = "estimated"
    """What a crash left uncounted, reckoned from what was counted before; borne by the shop."""


class Usage(msgspec.Struct, frozen=True):
    """So much of one meter, used by one attempt at one request. `surface` and `ref` say what for: cost per search is a
    sum over them. `price` in nano units; `at` in microseconds."""

    request: str
    meter: str
    quantity: int
    model: str
    surface: str
    at: int
    ref: str | None = None
    attempt: int = 1
    organisation: str = SHOP
    price: int = 0
    usage_class: str = UsageClass.EXACT


class Job(msgspec.Struct, frozen=True):
    """Work that somebody asked for. `state` is waiting, running, done or stuck; `done` of `total` steps."""

    id: str
    kind: str
    state: str
    done: int | None
    total: int | None
    error: str | None
    created_at: int
    finished_at: int | None
