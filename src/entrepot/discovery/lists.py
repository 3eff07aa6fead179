"""Lists that stand still while somebody reads them page by page: kept in files for an hour, for every process.

The promise: each product of the list as it was begun comes once, in that order, on exactly one page, unless it can no
longer be bought, or no longer passes the filters, when its page is read. What comes later is not in it. Prices and
stock are those of now.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from entrepot.kernel import Invalid

from .types import Understood

LIST_MAX = 20_000
"""So many results a list holds at most; who wants more narrows the search."""
LISTS_MAX = 500
KEPT_S = 3_600
START = "*"
_TOKEN = re.compile(r"^([0-9a-f]{32})\.([0-9]{1,6})$")


class Kept(msgspec.Struct, frozen=True):
    """A list: what was asked and how it was understood, and the products that it held."""

    q: str
    filters: dict[str, tuple[str, ...]]
    sort: str
    ids: tuple[str, ...]
    corrected: str | None = None
    understood: Understood | None = None


class Lists:
    """The lists of a home. Files are whole or not there, so processes and restarts do not matter."""

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
        self._folder.mkdir(parents=True, exist_ok=True)
        self._tidy()
        name = secrets.token_hex(16)
        new = self._folder / f"{name}.new"
        new.write_bytes(msgspec.json.encode(kept))
        os.replace(new, self._folder / f"{name}.json")
        return name

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

    def _tidy(self) -> None:
        """Drop what is old, and the oldest of too many."""
        files = []
        for path in self._folder.iterdir():
            with suppress(OSError):
                files.append((path.stat().st_mtime, path))
        files.sort()
        least = time.time() - KEPT_S
        for place, (at, path) in enumerate(files):
            if at < least or place < len(files) - LISTS_MAX:
                path.unlink(missing_ok=True)


def cursor_at(name: str, offset: int) -> str:
    """The cursor that leads to a page of a list."""
    return f"{name}.{offset}"
