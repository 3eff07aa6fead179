"""The rows of a feed that were refused, in the format they came in, with what is wrong beside each.

A merchant mends them there and imports the file: columns that say what was wrong are passed over. They are read from
the feed itself, so they can be had as long as it is kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol, runtime_checkable

from entrepot.kernel import guarded

from .reading import Bad, FileSource, Good, Problem, Source
from .sheets import REASON_COLUMNS, Sheet

Reasons = Mapping[int, list[Problem]]
"""What is wrong, by the line under which it was reported."""
FLUSH_BYTES: Final = 64 * 1024


@runtime_checkable
class Returns(Protocol):
    """A source that can give its rows back. `suffix` ends the name of such a file, such as .csv."""

    suffix: str
    media_type: str

    def refused(self, lines: Reasons) -> Iterator[bytes]:
        """A feed of the rows that stand on these lines, with their reasons."""
        ...


def rows_with(source: Source, reasons: Reasons) -> dict[int, list[Problem]]:
    """Every line that belongs to a product of which a line was refused; its reasons stand at the product's first.

    A product is mended as a whole: a variant without the row that names the product would be refused again.
    """
    found: dict[int, list[Problem]] = {}
    for row in source.rows():
        lines = row.lines or _own(row)
        wrong = [problem for line in lines for problem in reasons.get(line, ())]
        if wrong:
            found |= {line: found.get(line, []) for line in lines}
            for problem in wrong:
                found.setdefault(problem.line, []).append(problem)
    return found


def _own(row: Good | Bad) -> tuple[int, ...]:
    return (row.line,) if isinstance(row, Good) else tuple({problem.line for problem in row.problems})


class SheetSource(FileSource):
    """A sheet of rows that can be given back: the same columns, with three more in front."""

    suffix = ".csv"
    media_type = "text/csv"

    def rows(self) -> Iterator[Good | Bad]:
        """What a format makes of the sheet."""
        raise NotImplementedError

    def refused(self, lines: Reasons) -> Iterator[bytes]:
        """The refused rows as they came, in the sheet's own columns and with its own separator."""
        wanted = rows_with(self, lines)
        with self.feed.path.open("rb") as file:
            yield from written_back(Sheet(file, self.feed.name, str, _always), wanted)


def written_back(sheet: Sheet, wanted: Mapping[int, list[Problem]]) -> Iterator[bytes]:
    """The wanted records of a sheet, as a sheet."""
    out = _Rows(sheet.delimiter)
    kept = [place for place, name in enumerate(sheet.columns) if name]
    yield from out.add([*REASON_COLUMNS, *(sheet.header[place] for place in kept)])
    for number, cells in sheet.records():
        if number in wanted:
            wrong = wanted[number]
            reasons = [str(number), "; ".join(p.field for p in wrong), "; ".join(p.reason for p in wrong)]
            yield from out.add([*reasons, *(cells[place] if place < len(cells) else "" for place in kept)])
    yield from out.rest()


class _Rows:
    """Rows as bytes, a block at a time. It begins with a byte order mark, by which spreadsheets know UTF-8."""

    def __init__(self, delimiter: str) -> None:
        self._text = io.StringIO()
        self._text.write("\ufeff")
        self._writer = csv.writer(self._text, delimiter=delimiter)

    def add(self, cells: Iterable[str]) -> Iterator[bytes]:
        self._writer.writerow([guarded(cell) for cell in cells])
        if self._text.tell() >= FLUSH_BYTES:
            yield from self.rest()

    def rest(self) -> Iterator[bytes]:
        if content := self._text.getvalue():
            yield content.encode("utf-8", "replace")
        self._text.seek(0)
        self._text.truncate()


def _always(name: str) -> bool:
    return True
