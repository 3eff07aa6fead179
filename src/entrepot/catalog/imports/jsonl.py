"""Our own format: JSON Lines, one product a line, as `ProductDraft` says. Documented in `docs/feeds/jsonl.md`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import msgspec

from ..drafts import ProductDraft, fault_of
from .reading import VALUE_LENGTH_MAX, Bad, Feed, FileSource, Good, Line, Problem, first_bytes, read_lines, too_long

_decoder = msgspec.json.Decoder(ProductDraft)


class JsonlReader:
    """Reads our JSON Lines."""

    format = "jsonl"

    def recognises(self, feed: Feed) -> bool:
        """A first line that is an object, or the beginning of a long one."""
        begin = first_bytes(feed).lstrip()
        return begin.startswith(b"{") and b'"' in begin[:200]

    def open(self, feed: Feed) -> JsonlSource:
        """Begin to read."""
        return JsonlSource(feed)


class JsonlSource(FileSource):
    """A file of JSON Lines, opened."""

    def rows(self) -> Iterator[Good | Bad]:
        """A product for each line that is not empty."""
        for line in read_lines(self.file):
            if line.content is None:
                yield Bad((too_long(line.number),))
            elif line.content.strip():
                yield _row(line, line.content)


def feed_schema() -> dict[str, Any]:
    """The JSON Schema of a line."""
    schema = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(ProductDraft)))
    for kind in schema["$defs"].values():
        kind["description"] = inspect.cleandoc(kind["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A line of an Entrepot feed", **schema}


def _row(line: Line, content: bytes) -> Good | Bad:
    try:
        return Good(line.number, _decoder.decode(content), size=len(content))
    except msgspec.ValidationError as error:
        fault = fault_of(error, _plain(content))
        return Bad((Problem(line.number, fault.field, fault.reason, fault.value),))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "This nests too deeply" if isinstance(error, RecursionError) else f"This is not JSON: {error}"
        shown = content[: VALUE_LENGTH_MAX * 4].decode("utf-8", "replace")[:VALUE_LENGTH_MAX]
        return Bad((Problem(line.number, "row", reason, shown),))


def _plain(content: bytes) -> Any:
    """The line without types, to show the value at fault; valid JSON as far as anybody knows."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
