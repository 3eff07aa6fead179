"""Our own JSON Lines: everything that a listing says, a product a line. What is as it is by default is left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
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


@cache
def _defaults(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """A struct's fields with what each is by default: reading them anew resolves every type that they name."""
    return tuple((field.name, _default(field)) for field in msgspec.structs.fields(kind))


def _default(field: Any) -> Any:
    """What a field is when nothing is said; NODEFAULT, which nothing equals, for one that has to be said."""
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _bare(value: Any) -> Any:
    """Structs as objects of what differs from its default."""
    if isinstance(value, msgspec.Struct):
        given = ((name, getattr(value, name), default) for name, default in _defaults(type(value)))
        return {name: _bare(each) for name, each, default in given if each != default}
    if isinstance(value, tuple):
        return [_bare(each) for each in value]
    return value
