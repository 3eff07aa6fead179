"""Google Merchant's product data as XML: RSS 2.0 with `item`, or Atom with `entry`, attributes in the namespace g.

Read as a stream, an item at a time. Entities, external references and document types are refused: no feed needs them,
and they are how a small file becomes a large one or reads the server's own files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO, Final
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from .gathering import gather
from .google_items import Item, attribute_name, group_of, read_items
from .reading import LINE_BYTES_MAX, Bad, Feed, FileSource, Good, Problem, first_bytes
from .rejected import Reasons, rows_with

ITEM_TAGS: Final = frozenset({"item", "entry"})
DEPTH_MAX: Final = 50
SILENCE_BYTES_MAX: Final = 2 * LINE_BYTES_MAX
_BLOCK: Final = 64 * 1024
_DECLARATION: Final = re.compile(rb"^(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>)?")
_GOOGLE: Final = b"base.google.com/ns/1"
_DETAIL: Final = "product_detail"


class GoogleXmlReader:
    """Reads the XML."""

    format = "google-xml"

    def recognises(self, feed: Feed) -> bool:
        """XML that names Google's namespace, or is a channel of items."""
        begin = first_bytes(feed).lstrip()
        return begin.startswith(b"<") and (_GOOGLE in begin or (b"<rss" in begin and b"<item" in begin))

    def open(self, feed: Feed) -> GoogleXmlSource:
        """Begin to read."""
        return GoogleXmlSource(feed)


class GoogleXmlSource(FileSource):
    """The XML, opened."""

    suffix = ".xml"
    media_type = "application/xml"

    def rows(self) -> Iterator[Good | Bad]:
        """A product for each group of items."""
        for group in gather(self._items, group_of):
            if isinstance(group, Problem):
                yield Bad((group,), (group.line,))
            else:
                yield read_items(group, self.feed.currency)

    def refused(self, lines: Reasons) -> Iterator[bytes]:
        """The refused items as RSS, each with what is wrong in a comment before it."""
        wanted = rows_with(self, lines)
        yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
        yield b'<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>\n'
        for item in self._items():
            if isinstance(item, Item) and item.line in wanted:
                yield "".join(_written(item, wanted[item.line])).encode("utf-8", "replace")
        yield b"</channel></rss>\n"

    def _items(self) -> Iterator[Item | Problem]:
        self.file.seek(0)
        return read_xml(self.file)


def read_xml(file: BinaryIO) -> Iterator[Item | Problem]:
    """The items of a stream. Where it is no well-formed XML, or means harm, a last problem says so."""
    handler = _Items()
    parser = create_parser(forbid_dtd=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    handler.setDocumentLocator(parser)
    silent = 0
    # What it says of its encoding is no longer so: it was made UTF-8 when it was opened.
    first = _DECLARATION.sub(b"", file.read(_BLOCK))
    try:
        for block in chain([first], iter(lambda: file.read(_BLOCK), b"")):
            events = handler.events
            parser.feed(block)
            silent = 0 if handler.events != events else silent + len(block)
            if silent > SILENCE_BYTES_MAX:
                raise _Stop(f"A tag has more than {LINE_BYTES_MAX // 2**20} MiB")
            yield from handler.take()
        parser.close()
        yield from handler.take()
    except DefusedXmlException:
        yield from handler.take()
        yield Problem(handler.line, "row", "A document type or entity stands here: a feed needs none. Take it out", "")
    except (SAXException, _Stop, ValueError, AssertionError) as error:
        yield from handler.take()
        yield Problem(handler.line, "row", f"The XML breaks off here and the rest is not read: {_words(error)}", "")


def _written(item: Item, problems: Sequence[Problem]) -> Iterator[str]:
    for problem in problems:
        words = f"line {problem.line}, {problem.field}: {problem.reason}".replace("-", "\u2010")
        yield f"<!-- {words} -->\n"
    yield "<item>\n"
    for name, values in item.values.items():
        yield from (f"<g:{name}>{escape(value)}</g:{name}>\n" for value in values)
    for section, name, value in item.details:
        yield (
            f"<g:product_detail><g:section_name>{escape(section)}</g:section_name>"
            f"<g:attribute_name>{escape(name)}</g:attribute_name>"
            f"<g:attribute_value>{escape(value)}</g:attribute_value></g:product_detail>\n"
        )
    yield "</item>\n"


class _Stop(Exception):
    """The rest is not worth reading."""


def _words(error: Exception) -> str:
    get: Any = getattr(error, "getMessage", None)
    return str(get() if get is not None else error)[:200]


class _Items(ContentHandler):
    """Gathers the items of a feed from the events of a parser."""

    def __init__(self) -> None:
        super().__init__()
        self.events = 0
        self._locator: Any = None
        self._ready: list[Item | Problem] = []
        self._depth = 0
        self._item_depth = 0
        self._new(0)

    @property
    def line(self) -> int:
        """Where the parser stands."""
        return int(self._locator.getLineNumber() or 0) if self._locator is not None else 0

    def take(self) -> list[Item | Problem]:
        """What is complete since this was last asked."""
        ready, self._ready = self._ready, []
        return ready

    def _new(self, line: int) -> None:
        self._start = line
        self._values: dict[str, list[str]] = {}
        self._details: list[tuple[str, str, str]] = []
        self._detail: dict[str, str] = {}
        self._text: list[str] = []
        self._size = 0

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802
        self._locator = locator

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Any) -> None:  # noqa: N802
        self.events += 1
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _Stop("tags are nested too deeply")
        tag = attribute_name(name[1])
        if not self._item_depth and tag in ITEM_TAGS:
            self._item_depth = self._depth
            self._new(self.line)
        elif self._item_depth and tag == "link" and (href := attrs.get((None, "href"))):
            self._add("link", href)
        self._text = []
        self._size += len(name[1]) + 16  # empty tags take room, too

    def characters(self, content: str) -> None:
        self.events += 1
        if not self._item_depth:
            return
        self._size += len(content)
        if self._size <= LINE_BYTES_MAX:
            self._text.append(content)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802
        self.events += 1
        tag, depth = attribute_name(name[1]), self._depth
        self._depth -= 1
        if not self._item_depth:
            return
        if depth == self._item_depth:
            self._end_item()
        elif depth == self._item_depth + 1:
            self._end_attribute(tag)
        elif depth == self._item_depth + 2:
            self._detail[tag] = "".join(self._text).strip()
            self._text = []

    def _end_attribute(self, tag: str) -> None:
        if tag == _DETAIL:
            detail = self._detail
            section = detail.get("section_name", "")
            self._details.append((section, detail.get("attribute_name", ""), detail.get("attribute_value", "")))
        elif text := "".join(self._text).strip():
            self._add(tag, text)
        self._detail = {}
        self._text = []

    def _add(self, tag: str, text: str) -> None:
        if self._size <= LINE_BYTES_MAX:
            self._values.setdefault(tag, []).append(text)

    def _end_item(self) -> None:
        self._item_depth = 0
        if self._size > LINE_BYTES_MAX:
            reason = f"This item has more than {LINE_BYTES_MAX // 2**20} MiB: make it shorter"
            self._ready.append(Problem(self._start, "row", reason, self._values.get("id", [""])[0][:500]))
            return
        if "summary" in self._values and "description" not in self._values:  # Atom's own word
            self._values["description"] = self._values["summary"]
        self._ready.append(Item(self._start, self._values, self._details, self._size))
