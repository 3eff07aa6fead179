"""Files that are made while they are sent: a feed of any size, a block at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from litestar.response import Stream

from .visit import Visit


async def download(visit: Visit, name: str, media_type: str, blocks: Iterable[bytes]) -> Stream:
    """A file to keep. Its beginning is made first, so that a refusal is still an answer of its own."""
    made = iter(blocks)
    first = await visit.on_thread(lambda: next(made, b""))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(_rest(first, made), media_type=media_type, headers=headers)


def _rest(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield from chain((first,), rest)
