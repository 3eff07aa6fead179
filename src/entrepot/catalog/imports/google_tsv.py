"""Google Merchant's product data as a sheet: tabs as Google asks for, or the commas of a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .gathering import gather
from .google_items import REPEATS, Item, attribute_name, group_of, read_items
from .reading import Bad, Feed, Good, Problem, first_bytes
from .rejected import SheetSource
from .sheets import BETWEEN, Record, Sheet, find_delimiter

_SURE: Final = frozenset({"image_link", "availability", "google_product_category", "item_group_id", "product_type",
                          "identifier_exists", "sale_price", "additional_image_link", "condition"})  # fmt: skip
_PIECES: Final = re.compile(r"\\.|[,:]|[^\\,:]+|\\", re.DOTALL)
_ADDRESSES: Final = re.compile(r",\s*(?=https?://)")


class GoogleTsvReader:
    """Reads the sheet."""

    format = "google-tsv"

    def recognises(self, feed: Feed) -> bool:
        """A header with an id, a title and a price, and two names that only Google's has."""
        header = first_bytes(feed).split(b"\n", 1)[0].decode("utf-8", "replace").replace('"', "")
        names = {attribute_name(cell) for cell in header.split(find_delimiter(header))}
        return {"id", "title", "price"} <= names and len(names & _SURE) >= 2

    def open(self, feed: Feed) -> GoogleTsvSource:
        """Begin to read."""
        return GoogleTsvSource(feed)


class GoogleTsvSource(SheetSource):
    """The sheet, opened."""

    suffix = ".tsv"
    media_type = "text/tab-separated-values"

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed)
        try:
            self._sheet()  # refused now rather than later
        except BaseException:
            self.file.close()
            raise

    def rows(self) -> Iterator[Good | Bad]:
        """A product for each group of items."""
        for group in gather(self._items, group_of):
            if isinstance(group, Problem):
                yield Bad((group,), (group.line,))
            else:
                yield read_items(group, self.feed.currency)

    def _sheet(self) -> Sheet:
        self.file.seek(0)
        return Sheet(self.file, self.feed.name, attribute_name, REPEATS.__contains__, guarded=False)

    def _items(self) -> Iterator[Item | Problem]:
        for record in self._sheet():
            yield record if isinstance(record, Problem) else _item(record)


def _item(record: Record) -> Item:
    line, cells = record
    values = {name: _values(name, cell) for name, cell in cells.items() if cell.strip() and name != "product_detail"}
    details = [detail for cell in cells.get("product_detail", "").split(BETWEEN) for detail in _details(cell)]
    return Item(line, values, details, sum(map(len, cells.values())))


def _values(name: str, cell: str) -> list[str]:
    if name not in REPEATS:
        return [cell.strip()]
    parts = [part for each in cell.split(BETWEEN) for part in _split(name, each)]
    return [part.strip() for part in parts if part.strip()]


def _split(name: str, cell: str) -> list[str]:
    """Addresses may hold commas, so only a comma before the next one parts them; a category holds them freely."""
    if name == "additional_image_link":
        return _ADDRESSES.split(cell)
    if name == "product_highlight" and cell.startswith('"'):
        return [part.strip('"') for part in re.split(r'"\s*,\s*"', cell)]
    return [cell] if name == "product_type" else cell.split(",")


def _details(cell: str) -> Iterator[tuple[str, str, str]]:
    """`section:name:value`, with commas between several; a colon or comma within one has a backslash before it."""
    for part in _parted(cell, ","):
        fields = _parted(part.strip(), ":")
        if len(fields) >= 3:
            section, name, value = fields[0], fields[1], ":".join(fields[2:])
            yield _bare(section), _bare(name), _bare(value)


def _parted(text: str, sign: str) -> list[str]:
    """The parts between a sign, where no backslash stands before it; what a backslash stands before goes with it."""
    parts = [""]
    for piece in _PIECES.findall(text):
        if piece == sign:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _bare(field: str) -> str:
    return re.sub(r"\\([\\:,])", r"\1", field).strip()
