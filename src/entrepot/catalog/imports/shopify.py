"""Shopify's product CSV, as its exporter writes it, in the columns of today and of before 2025.

Rows with one handle are one product: the first has its title and words, each row with a price or an option is a
variant, and rows that have only a picture add it. What we do not sell or show (gift cards, costs, search-engine fields)
is left aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from entrepot.kernel import Invalid

from ..drafts import VARIANTS_MAX
from .reading import Bad, Feed, Good, Problem, first_bytes
from .rejected import SheetSource
from .sheets import Sheet, find_delimiter
from .shopify_rows import NAMES, Group, read_columns, read_group

GROUP_ROWS_MAX: Final = 2 * VARIANTS_MAX
GROUP_CHARACTERS_MAX: Final = 8 * 2**20


class ShopifyReader:
    """Reads Shopify's CSV."""

    format = "shopify"

    def recognises(self, feed: Feed) -> bool:
        """A header that names a handle, and a title or a price."""
        header = first_bytes(feed).split(b"\n", 1)[0].decode("utf-8", "replace").lower()
        cells = {cell.strip('" \r\t') for cell in header.split(find_delimiter(header))}
        return bool(cells & set(NAMES["handle"])) and bool(cells & {*NAMES["title"], *NAMES["price"]})

    def open(self, feed: Feed) -> ShopifySource:
        """Invalid when columns without which there is no product are missing."""
        return ShopifySource(feed)


class ShopifySource(SheetSource):
    """A Shopify export, opened."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed)
        try:
            self._sheet = Sheet(self.file, feed.name)
            self._columns = read_columns(self._sheet.columns, self._sheet.header)
            for column in ("handle", "title", "price"):
                if column not in self._columns.named:
                    raise Invalid(f"{feed.name} has no column {NAMES[column][0]!r}: export the products once more")
        except BaseException:
            self.file.close()
            raise

    def rows(self) -> Iterator[Good | Bad]:
        """A product for each run of rows with one handle."""
        group: Group | None = None
        named = self._columns.named["handle"]
        for record in self._sheet:
            if isinstance(record, Problem):
                # Nobody knows which product a broken row belonged to: it stands for itself.
                yield Bad((record,), (record.line,))
                continue
            handle = record[1][named].strip()
            if group is None or handle != group.handle:
                if group is not None:
                    yield read_group(group, self.feed.currency, self._columns)
                group = Group(handle, record[0])
            group.add(record, GROUP_ROWS_MAX, GROUP_CHARACTERS_MAX)
        if group is not None:
            yield read_group(group, self.feed.currency, self._columns)
