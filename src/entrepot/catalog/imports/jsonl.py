"""Our own format: JSON Lines, one product a line, as `ProductDraft` says. Documented in `docs/feeds/jsonl.md`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ..drafts import ProductDraft, fault_of
from .reading import VALUE_LENGTH_MAX, Bad, Feed, FileSource, Good, Line, Problem, first_bytes, read_lines, too_long
from .rejected import Reasons

_decoder = msgspec.json.Decoder(ProductDraft)
_plain_decoder = msgspec.json.Decoder(dict[str, Any])
ERRORS: Final = "_errors"
"""What a download of refused rows adds to an object. It is passed over when it comes back."""
_MARKED: Final = ERRORS.encode()


class JsonlReader:
    """Reads our JSON Lines."""

    format = "jsonl"

    def recognises(self, feed: Feed) -> bool:
        """A line that is an object with an `external_id`."""
        begin = first_bytes(feed).lstrip()
        return begin.startswith(b"{") and b'"external_id"' in begin

    def open(self, feed: Feed) -> JsonlSource:
        """Begin to read."""
        return JsonlSource(feed)


class JsonlSource(FileSource):
    """A file of JSON Lines, opened."""

    suffix = ".jsonl"
    media_type = "application/jsonl"

    def rows(self) -> Iterator[Good | Bad]:
        """A product for each line that is not empty."""
        for line in read_lines(self.file):
            if line.content is None:
                yield Bad((too_long(line.number),))
            elif line.content.strip():
                yield _row(line, line.content)

    def refused(self, lines: Reasons) -> Iterator[bytes]:
        """The refused lines as they came; what is wrong stands in the object, where the line is one."""
        with self.feed.path.open("rb") as file:
            for line in read_lines(file):
                if line.content and line.number in lines:
                    yield _with_errors(line.content, [f"{each.field}: {each.reason}" for each in lines[line.number]])


def feed_schema() -> dict[str, Any]:
    """The JSON Schema of a line."""
    schema = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(ProductDraft)))
    for kind in schema["$defs"].values():
        kind["description"] = inspect.cleandoc(kind["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A line of an Entrepot feed", **schema}


def _with_errors(content: bytes, errors: list[str]) -> bytes:
    try:
        values = _plain_decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return content + b"\n"
    return (
        msgspec.json.encode({ERRORS: errors} | {name: value for name, value in values.items() if name != ERRORS})
        + b"\n"
    )


def _row(line: Line, content: bytes) -> Good | Bad:
    try:
        if _MARKED in content:
            content = _without_errors(content)
        return Good(line.number, _decoder.decode(content), size=len(content), is_bounded=True)
    except msgspec.ValidationError as error:
        plain = _plain(content)
        fault = fault_of(error, plain)
        external_id = plain.get("external_id") if isinstance(plain, dict) else None
        named = external_id if isinstance(external_id, str) else ""
        return Bad((Problem(line.number, fault.field, fault.reason, fault.value),), (line.number,), named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = not_json(error)
        shown = content[: VALUE_LENGTH_MAX * 4].decode("utf-8", "replace")[:VALUE_LENGTH_MAX]
        return Bad((Problem(line.number, "row", reason, shown),))


def not_json(error: Exception) -> str:
    """What is wrong with a text that is no JSON, as a person would say it."""
    if isinstance(error, UnicodeDecodeError):
        return "This is not UTF-8: save the feed as UTF-8"
    return "This nests too deeply" if isinstance(error, RecursionError) else f"This is not JSON: {error}"


def _without_errors(content: bytes) -> bytes:
    values = _plain_decoder.decode(content)
    values.pop(ERRORS, None)
    return msgspec.json.encode(values)


def _plain(content: bytes) -> Any:
    """The line without types, to show the value at fault; valid JSON as far as anybody knows."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
