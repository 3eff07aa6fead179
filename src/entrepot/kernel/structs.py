"""Types that many threads read at once.

The first time that anything is decoded into a struct, msgspec (0.22, and those before it) works out what its fields
hold, and other threads see the unfinished result: one that decodes into the same type at that moment reads a null
pointer, and the process ends. So every type is worked out by one thread, before there are others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import msgspec


def settle_structs() -> None:
    """Have msgspec work out every struct that was imported so far; for those it knows this is quick. What cannot be
    decoded at all is left alone. To be called where threads begin, and again where more was imported."""
    for each in set(_below(msgspec.Struct)):
        with suppress(TypeError, NameError):
            msgspec.json.Decoder(each)


def _below(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in base.__subclasses__():
        if not each.__module__.startswith("litestar."):  # one for each route, and each for the loop's thread alone
            yield each
            yield from _below(each)
