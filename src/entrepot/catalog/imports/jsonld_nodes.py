"""Nodes of a JSON-LD document: found by their type, references followed, values taken out of their wrappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

PRODUCTS: Final = frozenset({
    "Product", "ProductGroup", "ProductModel", "IndividualProduct", "SomeProducts", "Vehicle", "Car", "Book",
})  # fmt: skip
_DEPTH_MAX: Final = 12
_NODES_MAX: Final = 100_000

Values = Mapping[str, Any]


class Node(NamedTuple):
    """A product or a group of products, with the nodes of its document by `@id`, and the page's path of categories."""

    values: Values
    by_id: Mapping[str, Values]
    breadcrumb: str
    line: int = 0
    size: int = 0

    def resolve(self, value: Any) -> Any:
        """A reference as the node that it names, where that stands in the same document."""
        if isinstance(value, Mapping) and set(value) <= {"@id", "@type"} and value.get("@id") in self.by_id:
            return self.by_id[value["@id"]]
        return value

    def list(self, name: str, of: Values | None = None) -> list[Any]:
        """The values of a property, references followed."""
        return [self.resolve(each) for each in list_of((self.values if of is None else of).get(name))]

    def first(self, name: str, of: Values | None = None) -> Any:
        """The first of them."""
        return next(iter(self.list(name, of)), None)

    def text(self, name: str, of: Values | None = None) -> str:
        """The first of them as a line of text."""
        return text_of(self.first(name, of))


def list_of(value: Any) -> list[Any]:
    """A value that may be one, several or none, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    """A text, a number, or the name of a node."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float):
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        for name in ("@value", "name", "value", "url", "@id"):
            if isinstance(value.get(name), str | int | float):
                return text_of(value[name])
    if isinstance(value, list):
        return text_of(value[0]) if value else ""
    return ""


def short(name: str) -> str:
    """The last part of a name: `https://schema.org/InStock` and `schema:InStock` are InStock."""
    return name.rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(":", 1)[-1].strip()


def types_of(value: Any) -> set[str]:
    """What a node is."""
    if not isinstance(value, Mapping):
        return set()
    return {short(each) for each in list_of(value.get("@type")) if isinstance(each, str)}


def is_product(value: Any) -> bool:
    """Whether a node is a product, or a group of variants."""
    return bool(types_of(value) & PRODUCTS)


def products_in(document: Any) -> list[Node]:
    """The products of a document that are not part of another one; their `line` is the place among its elements."""
    by_id: dict[str, Values] = {}
    trail = ""
    for count, node in enumerate(_nodes(document, 0)):
        if count > _NODES_MAX:
            raise RecursionError
        if isinstance(node.get("@id"), str) and len(node) > len({"@id", "@type"} & set(node)):
            by_id.setdefault(node["@id"], node)
        if not trail and "BreadcrumbList" in types_of(node):
            trail = _breadcrumb(node)
    elements = _elements(document)
    return [Node(values, by_id, trail, place) for place, each in enumerate(elements) for values in _top(each, 0)]


def _elements(document: Any) -> list[Any]:
    """The elements of a list, or of a document that is nothing but a graph; else the document."""
    graph = document.get("@graph") if isinstance(document, Mapping) and not is_product(document) else document
    is_all = not isinstance(document, Mapping) or not set(document) & set(_CONTAINERS[1:])
    return graph if isinstance(graph, list) and is_all else [document]


def _nodes(value: Any, depth: int) -> Iterator[Values]:
    if depth > _DEPTH_MAX:
        return
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from _nodes(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _nodes(each, depth + 1)


_CONTAINERS: Final = ("@graph", "mainEntity", "itemListElement", "item", "mainEntityOfPage", "about", "hasPart")


def _top(value: Any, depth: int) -> Iterator[Values]:
    """Products that stand for themselves: in a graph, a list of items, or as what a page is about. RecursionError where
    containers stand in containers beyond what any page has."""
    if depth > _DEPTH_MAX:
        raise RecursionError
    if isinstance(value, list):
        for each in value:
            yield from _top(each, depth)
    elif isinstance(value, Mapping):
        if is_product(value) and len(value) > len({"@id", "@type"} & set(value)):
            yield value
            return
        for name in _CONTAINERS:
            if name in value:
                yield from _top(value[name], depth + 1)


def _breadcrumb(node: Values) -> str:
    """The path of a page without its first step, which is the shop, and its last, which is the product."""
    steps = [step for step in list_of(node.get("itemListElement")) if isinstance(step, Mapping)]
    steps.sort(key=lambda step: step["position"] if isinstance(step.get("position"), int) else 0)
    names = [text_of(step.get("name")) or text_of(step.get("item")) for step in steps]
    return " > ".join(name for name in names[1:-1] if name and "://" not in name)
