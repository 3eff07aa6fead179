"""The catalogue's settings, section `[catalog]`."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Bytes = Annotated[int, msgspec.Meta(ge=1_000_000, le=1_000_000_000_000)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What merchants may bring in, and how long their files are kept."""

    feed_quota_bytes: _Bytes = 1_000_000_000
    """Of the feeds that one merchant has uploaded and that are still kept, together."""
    feed_kept_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 7
    """How long an uploaded feed is kept after its import ended: so long its refused rows can be downloaded."""
    fetch_pictures: bool = True
    """Whether pictures that feeds name by their address are fetched. Only public addresses are ever asked; without it
    they stay addresses, which no page shows."""
