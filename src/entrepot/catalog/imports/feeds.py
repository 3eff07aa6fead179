"""What names a feed that is to be imported, apart from how it is read."""

from __future__ import annotations

import msgspec


class FeedRef(msgspec.Struct, frozen=True):
    """A feed that may be imported: where it lies, its format, and what tells it from another at the same place.

    Made by `local_feed` on the command line and by `uploaded_feed` for what a browser sent, and by nothing else.
    `header` are the columns of a sheet that is none of our formats; `size_bytes` is an upload's.
    """

    name: str
    format: str
    origin: str
    place: str
    fingerprint: str
    header: tuple[str, ...] = ()
    size_bytes: int = 0
