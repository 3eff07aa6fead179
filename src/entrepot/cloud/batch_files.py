"""The files of a batch: what is asked, a call a line, and what is answered, in OpenAI's format."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec

from .batches import AnsweredLine, Line, Problem, request_of

LINES_MAX = 50_000
LINE_BYTES_MAX = 1 << 20


class AskedLine(msgspec.Struct, frozen=True):
    """A line of the file that is sent."""

    custom_id: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    method: str
    url: str
    body: dict[str, Any]


class _Response(msgspec.Struct, frozen=True):
    status_code: int
    request_id: str
    body: msgspec.Raw


class _Answered(msgspec.Struct, frozen=True):
    id: str
    custom_id: str
    response: _Response | None
    error: msgspec.Raw | None


def read_lines(path: Path, batch_id: str, endpoint: str, problems: list[Problem]) -> Iterator[Line]:
    """The calls of a file. What is wrong with it is put into `problems`; a file with any is no batch."""
    seen: set[str] = set()
    with path.open("rb") as file:
        for number, begins, raw in _raw_lines(file):
            asked = _read_line(raw, number, endpoint, problems)
            if asked is None:
                continue
            if asked.custom_id in seen:
                problems.append(Problem("duplicate_custom_id", "Another line has this custom_id", number, "custom_id"))
            if len(seen) == LINES_MAX:
                problems.append(Problem("too_many_lines", f"A batch may have {LINES_MAX:,} lines", number))
                return
            seen.add(asked.custom_id)
            yield Line(number, asked.custom_id, begins, len(raw), request_of(batch_id, number))
    if not seen and not problems:
        problems.append(Problem("empty_file", "The file has no lines"))


def body_at(path: Path, line: Line) -> dict[str, Any]:
    """What a line asks."""
    with path.open("rb") as file:
        file.seek(line.begins)
        return _decode(file.read(line.bytes)).body


def write_answers(file: BinaryIO, pages: Callable[[int], Iterable[AnsweredLine]]) -> int:
    """Write lines with what came of them; `pages` gives those after a line. Returns how many."""
    count, after = 0, 0
    while page := list(pages(after)):
        file.writelines(_told(line) + b"\n" for line in page)
        count, after = count + len(page), page[-1].line
    return count


def _told(line: AnsweredLine) -> bytes:
    answer = msgspec.Raw((line.answer or "null").encode())
    if line.status is None:  # it was never asked
        return msgspec.json.encode(_Answered(line.request, line.custom_id, None, answer))
    response = _Response(line.status, line.request, answer)
    return msgspec.json.encode(_Answered(line.request, line.custom_id, response, None))


def _raw_lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Each line that is not empty: its number from 1, where it begins, its bytes (cut at a bound)."""
    begins, number = 0, 1
    while raw := file.readline(LINE_BYTES_MAX + 1):
        if raw.strip():
            yield number, begins, raw
        if len(raw) > LINE_BYTES_MAX and not raw.endswith(b"\n"):
            return  # the problem was noted: what follows would be read as lines of its own
        begins, number = begins + len(raw), number + 1


def _read_line(raw: bytes, number: int, endpoint: str, problems: list[Problem]) -> AskedLine | None:
    if len(raw) > LINE_BYTES_MAX:
        problems.append(Problem("line_too_large", f"A line may have {LINE_BYTES_MAX:,} bytes", number))
        return None
    try:
        asked = _decode(raw)
    except msgspec.ValidationError as error:
        problems.append(Problem("invalid_line", f"This line does not fit: {error}", number))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        problems.append(Problem("invalid_json_line", "This line is not a JSON object", number))
    else:
        if asked.method != "POST":
            problems.append(Problem("invalid_method", "The method is POST", number, "method"))
        elif asked.url != endpoint:
            problems.append(Problem("mismatched_url", f"The batch calls {endpoint}", number, "url"))
        else:
            return asked
    return None


def _decode(raw: bytes) -> AskedLine:
    """A line as it is asked; some editors begin a file with a mark of its encoding."""
    return msgspec.json.decode(raw.removeprefix(BOM_UTF8), type=AskedLine)
