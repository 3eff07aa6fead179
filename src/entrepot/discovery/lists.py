"""Lists that stand still while somebody reads them page by page: kept in files for an hour, for every process.

The promise: each product of the list as it was begun comes once, in that order, on exactly one page, unless it can no
longer be bought, or no longer passes the filters, when its page is read. What comes later is not in it. Prices and
stock are those of now.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import msgspec

from entrepot.kernel import Invalid

from .passing import NAME, keep
from .types import Understood

LIST_MAX = 20_000
"""So many results a list holds at most; who wants more narrows the search."""
LISTS_MAX = 500
START = "*"
_TOKEN = re.compile(rf"^({NAME})\.([0-9]{{1,6}})$")


class Kept(msgspec.Struct, frozen=True):
    """A list: what was asked and how it was understood, and the products that it held."""

    q: str
    filters: dict[str, tuple[str, ...]]
    sort: str
    ids: tuple[str, ...]
    corrected: str | None = None
    understood: Understood | None = None


class Lists:
    """The lists of a home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, kept: Kept) -> str:
        """Keep a list; returns its name. Invalid when it is too long."""
        if len(kept.ids) > LIST_MAX:
            raise Invalid(
                f"This list has {len(kept.ids):,} results, and a cursor leads through at most {LIST_MAX:,}: "
                "narrow it by a filter",
                fields={"cursor": f"at most {LIST_MAX:,} results"},
            )
        return keep(self._folder, ".json", msgspec.json.encode(kept), LISTS_MAX)

    def find(self, cursor: str) -> tuple[str, Kept, int]:
        """The name and the list that a cursor leads through, and where its page begins. Invalid for what is none."""
        match = _TOKEN.match(cursor)
        if match:
            with suppress(OSError, msgspec.MsgspecError):
                kept = msgspec.json.decode((self._folder / f"{match[1]}.json").read_bytes(), type=Kept)
                return match[1], kept, int(match[2])
        raise Invalid(
            "This list is no longer kept: begin it again with cursor=*", fields={"cursor": "begin again with *"}
        )


def cursor_at(name: str, offset: int) -> str:
    """The cursor that leads to a page of a list."""
    return f"{name}.{offset}"
