"""Spreadsheets as text (CSV), read record by record, whatever the program that wrote them.

A record goes on over lines while its quotes are open. A quote that nobody closes spoils its own line and no other:
after a bound the lines behind it are read again as records of their own.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

from entrepot.kernel import Invalid

from .reading import LINE_BYTES_MAX, VALUE_LENGTH_MAX, Line, Problem, read_lines, too_long

RECORD_BYTES_MAX: Final = LINE_BYTES_MAX
DELIMITERS: Final = (",", ";", "\t")

# The module's own bound is 128 KiB a cell, below what long descriptions need; ours is that of a line.
csv.field_size_limit(RECORD_BYTES_MAX)

Record = tuple[int, dict[str, str]]
"""A line number, and the cells by the name of their column (in small letters)."""


class Sheet:
    """A file of records with a header. Iterating gives records, and problems for those that cannot be read."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._lines = _Lines(read_lines(file))
        header = next(iter(self._lines), None)
        if header is None or header.content is None:
            raise Invalid(f"{name} is empty: the first line must name the columns")
        try:
            text = header.content.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid(f"{name} is not UTF-8: save it as CSV (UTF-8)") from None
        self.delimiter = max(DELIMITERS, key=text.count)
        self.columns = [cell.strip().lower() for cell in _cells(text, self.delimiter)]

    def __iter__(self) -> Iterator[Record | Problem]:
        for number, record in _records(self._lines):
            if isinstance(record, Problem):
                yield record
            elif record.strip(f'{self.delimiter} \t\r\n"'):
                yield self._record(number, record)

    def _record(self, number: int, text: str) -> Record | Problem:
        try:
            cells = _cells(text, self.delimiter)
        except csv.Error as error:
            return Problem(number, "row", f"This row cannot be read: {error}", text[:VALUE_LENGTH_MAX])
        if any(cell.strip() for cell in cells[len(self.columns) :]):
            reason = f"This row has {len(cells)} cells and the header {len(self.columns)}: a quote or comma is astray"
            return Problem(number, "row", reason, text[:VALUE_LENGTH_MAX])
        cells += [""] * (len(self.columns) - len(cells))
        return number, {name: cell for name, cell in zip(self.columns, cells, strict=False) if name}


class _Lines:
    """Lines that can be put back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._back: deque[Line] = deque()

    def __iter__(self) -> Iterator[Line]:
        while True:
            line = self._back.popleft() if self._back else next(self._lines, None)
            if line is None:
                return
            yield line

    def put_back(self, lines: list[Line]) -> None:
        self._back.extendleft(reversed(lines))


def _records(lines: _Lines) -> Iterator[tuple[int, str | Problem]]:
    for line in lines:
        record = _whole(line, lines) if (line.content or b"").count(b'"') % 2 else [line]
        if record is None:
            reason = "A quote is opened here and never closed: close it, or write it twice"
            yield line.number, Problem(line.number, "row", reason, _shown(line))
            continue
        yield line.number, _text(record)


def _whole(first: Line, lines: _Lines) -> list[Line] | None:
    """The lines of a record whose quotes are open after its first; None, and the others put back, when none closes."""
    taken, size = [first], len(first.content or b"")
    for line in lines:
        if line.content is None or size > RECORD_BYTES_MAX:
            lines.put_back([*taken[1:], line])
            return None
        taken.append(line)
        size += len(line.content) + 1
        if line.content.count(b'"') % 2:
            return taken
    lines.put_back(taken[1:])
    return None


def _text(record: list[Line]) -> str | Problem:
    if record[0].content is None:
        return too_long(record[0].number)
    joined = b"\n".join(line.content for line in record if line.content is not None)
    try:
        return joined.decode("utf-8")
    except UnicodeDecodeError:
        return Problem(
            record[0].number, "row", "This row is not UTF-8: save the file as CSV (UTF-8)", _shown(record[0])
        )


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


def _shown(line: Line) -> str:
    return (line.content or b"")[: VALUE_LENGTH_MAX * 4].decode("utf-8", "replace")[:VALUE_LENGTH_MAX]
