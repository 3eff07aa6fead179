"""Refused products of schema.org as a feed to mend: JSON-LD, a document a line, with what is wrong beside each.

Each stands for itself: what it refers to by `@id` is put in its place, once, and the page's path of categories where it
has no category. What could not be read as JSON comes last, as it was, on a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from .jsonl import ERRORS
from .jsonld_nodes import Node
from .reading import Problem

CONTEXT: Final = "https://schema.org"
FIRST: Final = msgspec.json.encode({"@context": CONTEXT, "@graph": []}) + b"\n"
"""A feed of lines is known by its first, which therefore is one that can be read."""


def product_line(nodes: Sequence[Node], problems: Sequence[Problem]) -> bytes:
    """A product, with all that it is made of."""
    seen: set[str] = set()
    wholes = [_with_category(node, _whole(node, node.values, seen)) for node in nodes]
    errors = [f"{each.field}: {each.reason}" for each in problems]
    given = wholes[0] if len(wholes) == 1 else {"@graph": wholes}
    return msgspec.json.encode({ERRORS: errors, "@context": CONTEXT} | given) + b"\n"


def unread_lines(content: bytes, problems: Sequence[Problem]) -> bytes:
    """What is no JSON, on one line, below one that says what is wrong."""
    return product_line([], problems) + b" ".join(content.split()) + b"\n"


def _with_category(node: Node, values: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in values.items() if name not in ("@context", ERRORS)}
    return plain | ({"category": node.breadcrumb} if node.breadcrumb and not plain.get("category") else {})


def _whole(node: Node, value: Any, seen: set[str]) -> Any:
    """A value with what it refers to in place of the first reference to it; the others find it there."""
    if isinstance(value, list):
        return [_whole(node, each, seen) for each in value]
    if not isinstance(value, Mapping):
        return value
    named = value.get("@id")
    if isinstance(named, str):
        found = value if named in seen else node.resolve(value)
        seen.add(named)
        value = found
    return {name: _whole(node, each, seen) for name, each in value.items()}
