"""Spreadsheets as text (CSV), read record by record, whatever the program that wrote them.

A record goes on over lines while its quotes are open; a quote within a cell that has none around it, as in 15" screen,
opens nothing. A quote that nobody closes, or that closes astray, spoils its own line and no other: the lines behind it
are read again as records of their own.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from entrepot.kernel import Invalid, unguarded

from .reading import LINE_BYTES_MAX, VALUE_LENGTH_MAX, Line, Problem, read_lines, too_long

RECORD_BYTES_MAX: Final = LINE_BYTES_MAX
DELIMITERS: Final = (",", ";", "\t", "|")
COLUMNS_MAX: Final = 2_000
REASON_COLUMNS: Final = ("entrepot line", "entrepot field", "entrepot reason")
"""What a download of refused rows adds to them. They are passed over when it comes back."""
BETWEEN: Final = "\x1f"
"""Joins the cells of a column that may stand several times."""

# The module's own bound is 128 KiB a cell, below what long descriptions need; ours is that of a line.
csv.field_size_limit(RECORD_BYTES_MAX)

Record = tuple[int, dict[str, str]]
"""A line number, and the cells by the name of their column."""


class Sheet:
    """A file of records with a header. Iterating gives records, and problems for those that cannot be read.

    A column that stands twice is refused, unless `repeats` says that its cells belong together: then they are joined by
    `BETWEEN`. `header` are the columns as the file writes them, `columns` the names under which their cells come.
    `guarded`: what
    keeps a spreadsheet from computing a cell is taken off.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        name_of: Callable[[str], str] = str.lower,
        repeats: Callable[[str], bool] | None = None,
        *,
        guarded: bool = True,
    ) -> None:
        self._guarded = guarded
        self._lines = _Lines(read_lines(file))
        first = self._first(name)
        try:
            text = first.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid(f"{name} is not UTF-8: save it as CSV (UTF-8)") from None
        self.delimiter = find_delimiter(text)
        if text[:4].lower() == "sep=" and len(text.strip()) <= 5:  # a spreadsheet's own hint in a line of its own
            self.delimiter = text[4:5] or self.delimiter
            text = self._first(name).decode("utf-8", "replace")
        self.header = [cell.strip() for cell in _header_cells(text, self.delimiter, name)]
        self.columns = ["" if self._is_ours(cell) else name_of(cell) for cell in self.header]
        self._twice = self._repeated(name, repeats)

    def _first(self, name: str) -> bytes:
        line = next((line for line in self._lines if line.content is None or line.content.strip()), None)
        if line is None:
            raise Invalid(f"{name} is empty: the first line must name the columns")
        if line.content is None:
            raise Invalid(
                f"The first line of {name} has more than {LINE_BYTES_MAX // 2**20} MiB: is it a sheet at all?"
            )
        return line.content

    def _is_ours(self, cell: str) -> bool:
        return cell.lower() in REASON_COLUMNS

    def _repeated(self, name: str, repeats: Callable[[str], bool] | None) -> bool:
        counts = Counter(column for column in self.columns if column)
        twice = [column for column, count in counts.items() if count > 1]
        if wrong := next((column for column in twice if repeats is None or not repeats(column)), None):
            shown = self.header[self.columns.index(wrong)]
            raise Invalid(f"{name} has the column {shown[:100]!r} twice: leave one of them out, or name it otherwise")
        return bool(twice)

    def __iter__(self) -> Iterator[Record | Problem]:
        for number, record in _records(self._lines, self.delimiter):
            if isinstance(record, Problem):
                yield record
            elif record.strip(f'{self.delimiter} \t\r\n"'):
                yield self._record(number, record)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The cells of each record as they stand; of one that cannot be read its text in one cell."""
        for number, record in _records(self._lines, self.delimiter):
            if isinstance(record, Problem):
                yield number, [record.value]
                continue
            try:
                yield number, _cells(record, self.delimiter)
            except csv.Error:
                yield number, [record]

    def _record(self, number: int, text: str) -> Record | Problem:
        try:
            cells = _cells(text, self.delimiter)
        except csv.Error:
            return Problem(number, "row", _ASTRAY, text[:VALUE_LENGTH_MAX])
        if len(cells) > len(self.columns) and any(cell.strip() for cell in cells[len(self.columns) :]):
            reason = f"This row has {len(cells)} cells and the header {len(self.columns)}: a quote or comma is astray"
            return Problem(number, "row", reason, text[:VALUE_LENGTH_MAX])
        cells += [""] * (len(self.columns) - len(cells))
        if self._guarded and ("'" in text or '="' in text):
            cells = [unguarded(cell) for cell in cells]
        if self._twice:
            return number, _joined(self.columns, cells)
        record = dict(zip(self.columns, cells, strict=False))
        record.pop("", None)
        return number, record


def find_delimiter(text: str) -> str:
    """What parts the cells of a header: the sign that stands most often outside of quotes."""
    bare = _QUOTED.sub("", text)
    return max(DELIMITERS, key=bare.count)


def _header_cells(text: str, delimiter: str, name: str) -> list[str]:
    try:
        cells = _cells(text, delimiter)
    except csv.Error as error:
        raise Invalid(f"The first line of {name} does not name columns: {error}") from None
    if len(cells) > COLUMNS_MAX:
        raise Invalid(f"{name} has {len(cells):,} columns: at most {COLUMNS_MAX:,} are read")
    return cells


def _joined(columns: list[str], cells: list[str]) -> dict[str, str]:
    record: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        if name:
            record[name] = f"{record[name]}{BETWEEN}{cell}" if record.get(name) else cell
    return record


_QUOTED: Final = re.compile(r'"[^"]*"')
_NEVER_CLOSED: Final = "A quote is opened here and never closed: close it, or write it twice"
_ASTRAY: Final = (
    "A quote or a line break is astray in this row: put a cell that has one in quotes, and write each quote in it twice"
)


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


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[int, str | Problem]]:
    for line in lines:
        is_open = (line.content or b"").count(b'"') % 2 == 1 and not _is_whole([line], delimiter)
        record = _whole(line, lines) if is_open else [line]
        if record is None:
            yield line.number, Problem(line.number, "row", _NEVER_CLOSED, _shown(line))
        elif len(record) > 1 and not _is_whole(record, delimiter):
            lines.put_back(record[1:])
            yield line.number, Problem(line.number, "row", _ASTRAY, _shown(line))
        else:
            yield line.number, _text(record)


def _is_whole(record: list[Line], delimiter: str) -> bool:
    """Whether these lines read as one record."""
    text = _text(record)
    if isinstance(text, Problem):
        return len(record) > 1  # nothing becomes better by reading them one by one
    try:
        _cells(text, delimiter)
    except csv.Error:
        return False
    return True


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
