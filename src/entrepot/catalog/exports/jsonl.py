"""Our own JSON Lines: everything that a listing says, a product a line. What is as it is by default is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .writing import Site, Source, in_blocks


class JsonlWriter:
    """Writes JSON Lines."""

    format = "jsonl"
    suffix = ".jsonl"
    media_type = "application/jsonl"

    def write(self, exports: Source, site: Site) -> Iterator[bytes]:
        """A line a product."""
        return in_blocks(encode_line(site.placed(each.draft)) for each in exports())


def encode_line(draft: msgspec.Struct) -> str:
    """A draft as a line of JSON."""
    return msgspec.json.encode(_bare(draft)).decode() + "\n"


def _default(field: Any) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _bare(value: Any) -> Any:
    """Structs as objects of what differs from its default."""
    if isinstance(value, msgspec.Struct):
        fields = {}
        for field in msgspec.structs.fields(value):
            given = getattr(value, field.name)
            if field.required or given != _default(field):
                fields[field.name] = _bare(given)
        return fields
    if isinstance(value, tuple):
        return [_bare(each) for each in value]
    return value
