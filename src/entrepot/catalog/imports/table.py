"""A sheet that is none of our formats, read by what its merchant said its columns mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from entrepot.kernel import Invalid

from ..drafts import (
    NAME_LENGTH_MAX,
    PICTURES_MAX,
    TAGS_MAX,
    AttributeValue,
    ProductDraft,
    SaleDraft,
    VariantDraft,
)
from ..gtin import find_gtin, gtin_fault, is_rounded
from ..types import Condition
from .amounts import parse_count, parse_measure, parse_money_cell, parse_weight_cell
from .answers import NO
from .gathering import Group, gather
from .google_items import checked
from .mappings import MAPPED, Mapping, check_mapping
from .reading import VALUE_LENGTH_MAX, Bad, Columns, Feed, Good, Problem
from .rejected import SheetSource
from .sheets import BETWEEN
from .table_records import is_table, open_records
from .times import parse_time

T = TypeVar("T")

_CONDITIONS: Final[dict[str, Condition]] = {
    "new": "new", "全新": "new", "新": "new", "neu": "new", "refurbished": "refurbished", "翻新": "refurbished",
    "renewed": "refurbished", "used": "used", "二手": "used", "pre-owned": "used", "gebraucht": "used",
}  # fmt: skip
_OUT: Final = frozenset({*NO, "out of stock", "out_of_stock", "outofstock", "sold out", "无货", "缺货"})
_HIDDEN: Final = frozenset({*NO, "n", "draft", "hidden", "inactive", "disabled", "archived", "off",
                            "下架", "未上架", "草稿", "仓库中"})  # fmt: skip
_ROUNDED: Final = "A spreadsheet has rounded this number: format the column as text, and copy the ids in again"
_OURS: Final = {
    "external_id": "external_id", "title": "title", "description": "description", "brand": "brand",
    "category": "category", "pictures": "picture", "tags": "tag", "options": "option", "quantity": "quantity",
    "variant.external_id": "sku", "variant.options": "option", "variant.price_minor": "price",
    "variant.currency": "price", "variant.list_price_minor": "list_price", "variant.sale.price_minor": "sale_price",
    "variant.sale.starts_at": "sale_starts_at", "variant.sale.ends_at": "sale_ends_at", "variant.sale": "sale_price",
    "variant.quantity": "quantity", "variant.weight_g": "weight", "variant.mpn": "mpn", "variant.gtin": "gtin",
    "variant.picture": "picture", "variant.length_mm": "length", "variant.width_mm": "width",
    "variant.height_mm": "height",
}  # fmt: skip
"""Which column our fields stand in, by its target."""
_ADDRESSES: Final = re.compile(r"[\s,;|]+(?=https?://)|\x1f|[;|]")
_TAGS: Final = re.compile(r"[,;|，；\x1f]")
_CODE: Final = re.compile(r"^[a-z0-9][a-z0-9_-]{0,39}$")


class TableReader:
    """Reads any sheet with a header, given a mapping."""

    format = MAPPED

    def recognises(self, feed: Feed) -> bool:
        """Any sheet with columns; asked last."""
        return is_table(feed)

    def open(self, feed: Feed) -> TableSource:
        """Invalid while nobody has said what the columns mean, or when they are others by now."""
        return TableSource(feed)


class _Row(NamedTuple):
    """A record with its cells by column."""

    line: int
    cells: dict[str, str]
    size: int


class TableSource(SheetSource):
    """The sheet, opened."""

    def __init__(self, feed: Feed) -> None:
        if feed.mapping is None:
            raise Invalid(f"Say first what the columns of {feed.name} mean")
        check_mapping(feed.mapping)
        super().__init__(feed)
        self._mapping = feed.mapping
        self._named = {
            target: names[0] for target in set(self._mapping.columns.values()) if (names := self._mapping.of(target))
        }
        self._columns = {ours: self._named[target] for ours, target in _OURS.items() if target in self._named}
        try:
            header, _ = open_records(feed, self.file)
            missing = [name for name, to in self._mapping.columns.items() if to and name not in header]
            if missing and self.is_sheet:
                raise Invalid(f"{feed.name} has no column {missing[0][:100]!r} any more")
        except BaseException:
            self.file.close()
            raise

    @property
    def is_sheet(self) -> bool:
        """Whether it is rows of cells and not objects."""
        with self.feed.path.open("rb") as file:
            return not file.read(1_024).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")

    def rows(self) -> Iterator[Good | Bad]:
        """A product a row, or for each group of rows."""
        for group in gather(self._records, self._key):
            if isinstance(group, Problem):
                yield Bad((group,), (group.line,))
            else:
                yield _Reading(self._mapping, self._named, self._columns, self.feed.currency).read(group)

    def _key(self, row: _Row) -> str:
        column = self._named.get("group") or (self._named["external_id"] if "sku" in self._named else None)
        return row.cells.get(column, "").strip() if column else ""

    def _records(self) -> Iterator[_Row | Problem]:
        for record in open_records(self.feed, self.file)[1]:
            yield record if isinstance(record, Problem) else _Row(*record)


class _Reading:
    """Reads one product; what cannot be understood is noted under its column, and reading goes on."""

    def __init__(self, mapping: Mapping, named: dict[str, str], columns: Columns, currency: str) -> None:
        self.mapping, self.named, self.columns = mapping, named, columns
        self.currency = mapping.currency or currency
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []

    def read(self, group: Group) -> Good | Bad:
        rows: list[_Row] = group.rows
        lines = tuple(row.line for row in rows)
        external_id = group.key or self.text(rows[0], "external_id")
        if group.refusal:
            self.problem(rows[0], "group" if "group" in self.named else "external_id", group.refusal, group.key)
        title = next((text for row in rows if (text := self.text(row, "title"))), "")
        for needed, value in (("external_id", external_id), ("title", title)):
            if not value:
                self.problem(rows[0], needed, "Every product needs this")
        if is_rounded(external_id):
            self.problem(rows[0], "group" if "group" in self.named else "external_id", _ROUNDED, external_id)
        options = [name for name in self.mapping.of("option") if any(row.cells.get(name, "").strip() for row in rows)]
        variants = [self.variant(row, options, len(rows)) for row in rows]
        if self.problems:
            return Bad(tuple(self.problems), lines, external_id)
        draft = self.draft(rows, external_id, title, options, [each for each in variants if each is not None])
        size = sum(row.size for row in rows)
        read = checked(draft, lines, size, variant_lines=lines, columns=self.columns)
        return msgspec.structs.replace(read, notes=tuple(self.notes)) if isinstance(read, Good) else read

    def text(self, row: _Row, target: str) -> str:
        """The cell of the column with this target; empty where there is none."""
        column = self.named.get(target)
        return row.cells.get(column, "").strip() if column is not None else ""

    def cell(self, row: _Row, target: str, parse: Callable[[str], T]) -> T | None:
        """The same as something else than text."""
        if not (text := self.text(row, target)):
            return None
        try:
            return parse(text)
        except Invalid as problem:
            self.problem(row, target, problem.sentence, text)
            return None

    def problem(self, row: _Row, target: str, reason: str, value: str = "") -> None:
        column = self.named.get(target, target)
        self.problems.append(Problem(row.line, column, reason, value[:VALUE_LENGTH_MAX]))

    def variant(self, row: _Row, options: Sequence[str], count: int) -> VariantDraft | None:
        choices = {name: row.cells.get(name, "").strip() for name in options}
        for name, value in choices.items():
            if not value:
                self.problems.append(Problem(row.line, name, f"This variant does not say its {name}", ""))
        price = self._price(row)
        sale, sku = (
            self._sale(row, price),
            self.text(row, "sku") or (self.text(row, "external_id") if count > 1 else ""),
        )
        before = self.cell(row, "list_price", lambda text: parse_money_cell(text, price[1] if price else self.currency))
        weight = self.cell(row, "weight", lambda text: parse_weight_cell(text, self.mapping.weight_unit))
        sides = [self.cell(row, side, self._side) for side in ("length", "width", "height")]
        gtin, quantity, tax = self._gtin(row), self._quantity(row), self.text(row, "tax_category").lower()
        if price is None:
            return None
        return VariantDraft(
            external_id="" if count > 1 and sku == self.text(row, "group") else sku,
            options=choices,
            price_minor=price[0],
            currency=price[1],
            list_price_minor=before[0] if before and before[0] > price[0] and before[1] == price[1] else None,
            quantity=quantity,
            weight_g=weight,
            gtin=gtin,
            picture=next(iter(self.pictures(row)), None) if count > 1 else None,
            mpn=self.text(row, "mpn")[:NAME_LENGTH_MAX] or None,
            condition=_CONDITIONS.get(self.text(row, "condition").lower(), "new"),
            sale=sale,
            length_mm=sides[0] or None,
            width_mm=sides[1] or None,
            height_mm=sides[2] or None,
            tax_category=tax if _CODE.match(tax) else None,
        )

    def _price(self, row: _Row) -> tuple[int, str] | None:
        currency = self.text(row, "currency").upper() or self.currency
        price = self.cell(row, "price", lambda text: parse_money_cell(text, currency))
        if not self.text(row, "price"):
            self.problem(row, "price", "Every product needs a price")
        elif price is not None and price[0] <= 0:
            self.problem(row, "price", "A price is more than nothing", self.text(row, "price"))
        return price if price and price[0] > 0 else None

    def _sale(self, row: _Row, price: tuple[int, str] | None) -> SaleDraft | None:
        sale = self.cell(row, "sale_price", lambda text: parse_money_cell(text, price[1] if price else self.currency))
        starts = self.cell(row, "sale_starts_at", parse_time)
        ends = self.cell(row, "sale_ends_at", lambda text: parse_time(text, ends=True))
        if sale is None or price is None or not 0 < sale[0] < price[0]:
            return None
        return SaleDraft(sale[0], starts, ends)

    def _gtin(self, row: _Row) -> str | None:
        """A number that is none is left out with a note: shops put their own numbers into this column, too."""
        written = self.text(row, "gtin")
        if not written or find_gtin(written):
            return written or None
        reason = f"{gtin_fault(written)}. It came in without one"
        self.notes.append(Problem(row.line, self.named["gtin"], reason, written[:VALUE_LENGTH_MAX]))
        return None

    def _quantity(self, row: _Row) -> int | None:
        if self.text(row, "availability").lower() in _OUT:
            return 0
        return self.cell(row, "quantity", parse_count)

    def _side(self, text: str) -> int:
        return parse_measure(text, self.mapping.length_unit)

    def pictures(self, row: _Row) -> list[str]:
        """Addresses of every picture column, several in one cell parted by commas, semicolons or lines."""
        cells = [row.cells.get(name, "") for name in self.mapping.of("picture")]
        return [part.strip() for cell in cells for part in _ADDRESSES.split(cell) if part.strip()]

    def draft(
        self, rows: Sequence[_Row], external_id: str, title: str, options: list[str], variants: list[VariantDraft]
    ) -> ProductDraft:
        first = rows[0]
        pictures = dict.fromkeys(picture for row in rows for picture in self.pictures(row))
        tags = [
            tag.strip()[:NAME_LENGTH_MAX]
            for name in self.mapping.of("tag")
            for tag in _TAGS.split(first.cells.get(name, ""))
        ]
        return ProductDraft(
            external_id=external_id,
            title=title,
            description=self.text(first, "description"),
            brand=self.text(first, "brand") or None,
            category=self.text(first, "category").replace("|", " > ") or None,
            attributes={
                name: value for name in self.mapping.of("attribute") if (value := _value(first.cells.get(name, "")))
            },
            options=tuple(options),
            variants=tuple(variants),
            pictures=tuple(pictures)[:PICTURES_MAX],
            published=self.text(first, "published").lower() not in _HIDDEN,
            tags=tuple(dict.fromkeys(tag for tag in tags if tag))[:TAGS_MAX],
        )


def _value(cell: str) -> AttributeValue:
    parts = [part.strip() for part in cell.split(BETWEEN) if part.strip()]
    return list(parts) if len(parts) > 1 else cell.strip()
