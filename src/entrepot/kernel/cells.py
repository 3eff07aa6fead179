"""Cells that a spreadsheet would compute: kept from it on the way out, and as they were on the way in.

A text that begins with a sign of formulas gets an apostrophe in front, and one more where it has apostrophes already:
so whatever was written out comes back the same. People write ="0012" so that a spreadsheet keeps the zeros: that is
0012.
"""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = re.compile(r"^'*[=+\-@\t\r|%]")
_FORCED: Final = re.compile(r'^="([^"]*)"$')
_GUARDED: Final = re.compile(r"^'+[=+\-@\t\r|%]")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet computes."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """A cell as it was before it was guarded; others as they are."""
    if (text := _FORCED.match(cell)) is not None:
        return text[1]
    return cell[1:] if _GUARDED.match(cell) else cell
