"""schema.org's JSON-LD, as shops put it into their pages: one page, a file of pages, a folder of them, or plain JSON.

A document is what one script element holds, or a line of a file of JSON lines. Its nodes are read together, so that a
reference by `@id` finds its node within it. A page is read as a stream: of the rest of it nothing is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from entrepot.kernel import Invalid

from ..drafts import find_faults
from .gathering import Group, gather
from .jsonld_nodes import Node, products_in
from .jsonld_products import group_of, read_nodes
from .jsonld_returned import FIRST, product_line, unread_lines
from .reading import (
    LINE_BYTES_MAX,
    VALUE_LENGTH_MAX,
    Bad,
    Feed,
    Good,
    Problem,
    first_bytes,
    read_beside,
    read_lines,
    too_long,
)
from .rejected import Reasons

PAGES: Final = (".html", ".htm", ".xhtml")
DOCUMENTS: Final = (".json", ".jsonld", ".json-ld")
JSON_BYTES_MAX: Final = 64 * 2**20
FILES_MAX: Final = 200_000
_BLOCK: Final = 256 * 1024
# One tag is looked at for itself alone: tags that never end would be read again from each of their beginnings.
_OPEN: Final = re.compile(rb"<script\b(?=[^<>]{0,2000}?application/ld\+json)[^<>]{0,4000}>", re.IGNORECASE)
_CLOSE: Final = re.compile(rb"</script\s*>", re.IGNORECASE)
_TAIL: Final = 8_192  # an opening tag may stand across two blocks
_TYPES: Final = (b"@type", b"@graph", b"@context")


class JsonLdReader:
    """Reads pages and documents."""

    format = "schema-org"

    def recognises(self, feed: Feed) -> bool:
        """A page with a script of this kind, JSON with a context, or a folder with pages."""
        if feed.path.is_dir():
            return any(_begins_well(file) for file, _ in zip(_files(feed.path), range(50), strict=False))
        begin = first_bytes(feed, 2**20)
        plain = begin.lstrip()
        if plain.startswith((b"{", b"[")):
            return any(name in plain[:4_096] for name in _TYPES)
        return plain.startswith(b"<") and _OPEN.search(begin) is not None

    def open(self, feed: Feed) -> JsonLdSource:
        """Begin to read."""
        return JsonLdSource(feed)


class Document(NamedTuple):
    """What stands in one place: JSON not yet decoded."""

    line: int
    content: bytes


class JsonLdSource:
    """Pages, opened."""

    suffix = ".jsonld"
    media_type = "application/ld+json"

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self._paths = list(_files(feed.path)) if feed.path.is_dir() else [feed.path]
        if len(self._paths) > FILES_MAX:
            raise Invalid(f"{feed.name} holds more than {FILES_MAX:,} files: import it in parts")
        self.total = sum(path.stat().st_size for path in self._paths)
        self.done = 0

    def rows(self) -> Iterator[Good | Bad]:
        """A product for each that is described, with the variants that name it as theirs."""
        for group in gather(self._nodes, group_of):
            if isinstance(group, Problem):
                yield Bad((group,), (group.line,))
            else:
                yield self._read(group)

    def refused(self, lines: Reasons) -> Iterator[bytes]:
        """The refused products, a document a line. Others of the same page are left out."""
        yield FIRST
        for group in gather(self._nodes, group_of):
            if not isinstance(group, Problem) and (wrong := self._wrong_with(group, lines)):
                yield product_line(group.rows, wrong)
        for document, line, name, is_by_line in self._places():
            if isinstance(document, Document) and line in lines:
                first = next(_decoded(document, line, name, is_by_line=is_by_line), None)
                if isinstance(first, Problem):
                    yield unread_lines(document.content, [first])

    def _wrong_with(self, group: Group, lines: Reasons) -> list[Problem]:
        """What was wrong with a product; nothing where only another of its line was refused."""
        reasons = [
            problem for line in dict.fromkeys(node.line for node in group.rows) for problem in lines.get(line, ())
        ]
        row = self._read(group) if reasons else None
        if isinstance(row, Bad):
            return list(row.problems)
        if row is None or any(find_faults(row.draft)):
            return reasons
        return [problem for problem in reasons if problem.value == row.draft.external_id[:VALUE_LENGTH_MAX]]

    def picture(self, reference: str) -> bytes:
        """A file beside the pages."""
        return read_beside(self.feed, reference)

    def close(self) -> None:
        """Nothing stays open."""

    def _read(self, group: Group) -> Good | Bad:
        try:
            return read_nodes(group, self.feed.currency)
        except RecursionError:
            line = group.rows[0].line
            return Bad((Problem(line, "row", "This refers to itself, or nests too deeply", ""),), (line,))

    def _nodes(self) -> Iterator[Node | Problem]:
        for document, line, name, is_by_line in self._places():
            yield from _decoded(document, line, name, is_by_line=is_by_line)

    def _places(self) -> Iterator[tuple[Document | Problem, int, str, bool]]:
        """Every document, with the line that a report names, its file's name, and whether that is its own line."""
        self.done = 0
        is_one = len(self._paths) == 1
        for number, path in enumerate(self._paths, start=1):
            # A folder's line is its file: the products of a page have one line in the report, and its name.
            with _open(path) as file:
                for document in _documents(file):
                    yield document, document.line if is_one else number, path.name, is_one
            self.done += path.stat().st_size


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Invalid(f"{path.name} cannot be read: {error.strerror}") from error


def _files(folder: Path) -> Iterator[Path]:
    """Pages and documents of a folder and below it, in the order of their names. Links that lead outside are left."""
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (*PAGES, *DOCUMENTS) and path.is_file() and path.resolve().is_relative_to(root):
            yield path


def _begins_well(path: Path) -> bool:
    with path.open("rb") as file:
        begin = file.read(2**20)
    return _OPEN.search(begin) is not None or (begin.lstrip()[:1] in (b"{", b"[") and b"@type" in begin)


def _documents(file: BinaryIO) -> Iterator[Document | Problem]:
    begin = file.read(4_096).lstrip(b"\xef\xbb\xbf \t\r\n")
    file.seek(0)
    if begin.startswith(b"["):
        yield from _elements(file)
    elif begin.startswith(b"{"):
        yield from _lines(file)
    else:
        yield from _scripts(file)


def _elements(file: BinaryIO) -> Iterator[Document | Problem]:
    """A list: as one document, or when it is long each of its elements, which then do not refer to each other."""
    content = file.read(JSON_BYTES_MAX + 1)
    if len(content) > JSON_BYTES_MAX:
        raise Invalid(f"One JSON document of more than {JSON_BYTES_MAX // 2**20} MiB: write an object a line instead")
    if len(content) <= LINE_BYTES_MAX:
        yield Document(1, content)
        return
    try:
        for raw in msgspec.json.decode(content, type=list[msgspec.Raw]):
            yield Document(1, bytes(raw))
    except (msgspec.DecodeError, RecursionError) as error:
        yield Problem(1, "row", f"This is not JSON: {error}", content[:100].decode("utf-8", "replace"))


def _lines(file: BinaryIO) -> Iterator[Document | Problem]:
    """An object a line, or one object over all lines."""
    first = file.readline(LINE_BYTES_MAX + 1)
    file.seek(0)
    if not _is_whole(first):
        content = file.read(JSON_BYTES_MAX + 1)
        if len(content) > JSON_BYTES_MAX:
            raise Invalid(f"One JSON document of more than {JSON_BYTES_MAX // 2**20} MiB: write an object a line")
        yield Document(1, content.removeprefix(b"\xef\xbb\xbf"))
        return
    for line in read_lines(file):
        if line.content is None:
            yield too_long(line.number)
        elif line.content.strip():
            yield Document(line.number, line.content)


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"), type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _scripts(file: BinaryIO) -> Iterator[Document | Problem]:
    """What stands in the script elements of this kind, however large the page."""
    buffer, line = b"", 1
    while block := file.read(_BLOCK):
        buffer += block
        while (begin := _OPEN.search(buffer)) is not None:
            end = _CLOSE.search(buffer, begin.end())
            at = line + buffer.count(b"\n", 0, begin.end())
            if end is not None:
                yield Document(at, buffer[begin.end() : end.start()])
                cut = end.end()
            elif len(buffer) - begin.end() > LINE_BYTES_MAX:
                yield too_long(at)
                cut = begin.end()
            else:
                break  # its end is in a block to come
            line, buffer = line + buffer.count(b"\n", 0, cut), buffer[cut:]
        else:
            cut = max(len(buffer) - _TAIL, 0)
            line, buffer = line + buffer.count(b"\n", 0, cut), buffer[cut:]


def _decoded(document: Document | Problem, line: int, name: str, *, is_by_line: bool) -> Iterator[Node | Problem]:
    """The products of a document. JSON-LD without one (a breadcrumb, an organisation) is passed over."""
    if isinstance(document, Problem):
        yield document
        return
    shown = document.content[: VALUE_LENGTH_MAX * 4].decode("utf-8", "replace").strip()[:VALUE_LENGTH_MAX]
    try:
        bare = _BRACKETS.sub(b"", document.content).strip().rstrip(b";")
        content = _CONTROL.sub(b" ", bare)  # line breaks within texts, which browsers forgive
        products = products_in(msgspec.json.decode(content))
        starts = _starts(content) if len(products) > 1 and is_by_line else [0]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        yield Problem(line, "row", f"This is not JSON: {error} ({name[:100]})", shown)
    except RecursionError:
        yield Problem(line, "row", f"This nests too deeply ({name[:100]})", shown)
    else:
        above = document.content.find(bare)
        for product in products:
            end = above + starts[product.line] if product.line < len(starts) else above
            at = line + document.content.count(b"\n", 0, end) if is_by_line else line
            yield product._replace(line=at, size=len(content))


_BRACKETS: Final = re.compile(
    rb"^\s*(?:<!--|/\*<!\[CDATA\[\*/|//<!\[CDATA\[|<!\[CDATA\[)|(?:(?://\s*)?-->|/\*\]\]>\*/|(?://\s*)?\]\]>)[\s;]*$"
)
"""What page builders wrap around a document, to hide it from the browsers of long ago."""
_CONTROL: Final = re.compile(rb"[\x00-\x1f]")


class _Graph(msgspec.Struct):
    elements: list[msgspec.Raw] = msgspec.field(default_factory=list, name="@graph")


def _starts(content: bytes) -> list[int]:
    """Where each element of a list, or of a document's graph, begins."""
    if content.startswith(b"["):
        at, elements = 0, msgspec.json.decode(content, type=list[msgspec.Raw])
    else:
        at, elements = max(content.find(b'"@graph"'), 0), msgspec.json.decode(content, type=_Graph).elements
    starts = []
    for element in elements:
        at = content.find(element, at)
        starts.append(at)
        at += len(bytes(element))
    return starts
