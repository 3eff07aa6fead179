"""Records of a sheet that is none of our formats: rows of CSV or TSV, or objects of JSON, as cells by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO, Final

import msgspec

from entrepot.kernel import Invalid

from .reading import VALUE_LENGTH_MAX, Feed, Problem, first_bytes, read_lines, too_long
from .sheets import BETWEEN, COLUMNS_MAX, Sheet, find_delimiter

SAMPLE_ROWS: Final = 10
HEADER_OBJECTS: Final = 200
_DEPTH_MAX: Final = 6
_objects = msgspec.json.Decoder(dict[str, Any])

Record = tuple[int, dict[str, str], int]
"""Line, cells by column, and about how many bytes that is."""


def is_table(feed: Feed) -> bool:
    """Whether a file may be a sheet with a header, or lines of objects."""
    begin = first_bytes(feed)
    if not begin.strip() or b"\0" in begin[:1_024] or begin.lstrip().startswith((b"<", b"%PDF", b"PK")):
        return False
    if begin.lstrip().startswith(b"{"):
        return True
    line = begin.lstrip(b"\r\n").split(b"\n", 1)[0]
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return (
        text.count(find_delimiter(text)) >= 1 and sum(not sign.isprintable() for sign in text) <= text.count("\t") + 1
    )


def open_records(feed: Feed, file: BinaryIO) -> tuple[tuple[str, ...], Iterator[Record | Problem]]:
    """The columns, and the records. Invalid when the file names no columns."""
    file.seek(0)
    if first_bytes(feed).lstrip().startswith(b"{"):
        header = _header_of_objects(file)
        file.seek(0)
        return header, _object_records(file)
    sheet = Sheet(file, feed.name, str.strip)
    return tuple(name for name in sheet.columns if name), _sheet_records(sheet)


def sample_rows(feed: Feed) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """The columns and the first rows that can be read."""
    with feed.path.open("rb") as file:
        header, records = open_records(feed, file)
        rows = [each[1] for each in islice(records, 50) if not isinstance(each, Problem)]
    return header, rows[:SAMPLE_ROWS]


def _sheet_records(sheet: Sheet) -> Iterator[Record | Problem]:
    for record in sheet:
        if isinstance(record, Problem):
            yield record
        else:
            yield record[0], record[1], sum(map(len, record[1].values()))


def _header_of_objects(file: BinaryIO) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for line in islice(read_lines(file), HEADER_OBJECTS):
        if line.content and isinstance(flat := _flat(line.number, line.content), tuple):
            names.update(dict.fromkeys(flat[1]))
        if len(names) > COLUMNS_MAX:
            raise Invalid(f"These objects have more than {COLUMNS_MAX:,} different fields: it is no list of products")
    if not names:
        raise Invalid("There is no object with fields in this file")
    return tuple(names)


def _object_records(file: BinaryIO) -> Iterator[Record | Problem]:
    for line in read_lines(file):
        if line.content is None:
            yield too_long(line.number)
        elif line.content.strip():
            yield _flat(line.number, line.content)


def _flat(number: int, content: bytes) -> Record | Problem:
    try:
        values = _objects.decode(content)
        cells: dict[str, str] = {}
        _flatten(values, "", cells, 0)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = "This nests too deeply" if isinstance(error, RecursionError) else f"This is no object in JSON: {error}"
        return Problem(number, "row", reason, content[:VALUE_LENGTH_MAX].decode("utf-8", "replace"))
    return number, cells, len(content)


def _flatten(values: Mapping[str, Any], above: str, cells: dict[str, str], depth: int) -> None:
    """{"a": {"b": 1}} as the cell `a.b`; what a list holds stands in one cell."""
    if depth > _DEPTH_MAX:
        raise RecursionError
    for name, value in values.items():
        at = f"{above}.{name}" if above else name
        if isinstance(value, Mapping):
            _flatten(value, at, cells, depth + 1)
        elif isinstance(value, list):
            cells[at] = BETWEEN.join(text for each in value if (text := _text(each)))
        elif text := _text(value):
            cells[at] = text


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return next((_text(each) for name, each in value.items() if name in ("url", "src", "name", "value")), "")
    return "" if value is None else str(value).strip()
