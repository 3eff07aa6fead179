"""One product of a Shopify export: a run of rows with the same handle becomes a draft, or the problems it has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from entrepot.kernel import Invalid

from ..drafts import (
    NAME_LENGTH_MAX,
    PICTURES_MAX,
    TAGS_MAX,
    TITLE_LENGTH_MAX,
    AttributeValue,
    PictureDraft,
    ProductDraft,
    VariantDraft,
)
from ..gtin import find_gtin, gtin_fault
from ..types import Condition
from .amounts import parse_count, parse_price_in, parse_weight
from .answers import NO, YES
from .google_items import checked
from .reading import VALUE_LENGTH_MAX, Bad, Columns, Good, Problem
from .sheets import Record

T = TypeVar("T")

# Ours: theirs of before 2025, theirs of today.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "handle": ("handle", "url handle"),
    "title": ("title",),
    "body": ("body (html)", "description"),
    "vendor": ("vendor",),
    "category": ("product category",),
    "standard_type": ("standardized product type", "standard product type"),
    "type": ("type", "custom product type"),
    "tags": ("tags",),
    "published": ("published", "published on online store"),
    "status": ("status",),
    "sku": ("variant sku", "sku"),
    "barcode": ("variant barcode", "barcode"),
    "price": ("variant price", "price"),
    "list_price": ("variant compare at price", "compare-at price"),
    "tracker": ("variant inventory tracker", "inventory tracker"),
    "quantity": ("variant inventory qty", "inventory quantity"),
    "policy": ("variant inventory policy", "continue selling when out of stock"),
    "grams": ("variant grams", "weight value (grams)"),
    "weight": ("variant weight",),
    "weight_unit": ("variant weight unit",),
    "image": ("image src", "product image url"),
    "image_position": ("image position",),
    "image_alt": ("image alt text",),
    "variant_image": ("variant image", "variant image url"),
    "gift_card": ("gift card",),
    "google_category": ("google shopping / google product category",),
    "mpn": ("google shopping / mpn",),
    "condition": ("google shopping / condition",),
    "tax_code": ("variant tax code", "tax code"),
}
_OPTION: Final = {
    (number, part): f"option{number} {part}" for number in (1, 2, 3) for part in ("name", "value")
}  # fmt: skip
_GOOGLE: Final = {"google shopping / gender": "gender", "google shopping / age group": "age group"}
_METAFIELD: Final = re.compile(r"^(.+) \(product\.metafields\.[^)]+\)$")
_PLACE: Final = re.compile(r"^inventory available: *(.+)$")
_TAX_CATEGORY: Final = re.compile(r"^[a-z0-9][a-z0-9_-]{0,39}$")
CONDITIONS: Final[Mapping[str, Condition]] = {"new": "new", "refurbished": "refurbished", "used": "used"}
_STATUSES: Final = ("active", "draft", "archived", "unlisted")
_OURS: Final = {
    "external_id": "handle", "title": "title", "description": "body", "brand": "vendor", "category": "category",
    "tags": "tags", "pictures": "image", "quantity": "quantity", "variant.external_id": "sku",
    "variant.price_minor": "price", "variant.currency": "price", "variant.list_price_minor": "list_price",
    "variant.quantity": "quantity", "variant.weight_g": "grams", "variant.gtin": "barcode", "variant.mpn": "mpn",
    "variant.picture": "variant_image", "variant.tax_category": "tax_code",
}  # fmt: skip
"""Which of their columns our fields stand in."""


class ShopifyColumns(NamedTuple):
    """What the columns of one export are: those of our names, the stock at each place, attributes, and what it calls
    our fields."""

    named: Mapping[str, str]
    places: Mapping[str, str]
    attributes: Mapping[str, str]
    columns: Columns


class Group:
    """The rows of one handle."""

    def __init__(self, handle: str, line: int) -> None:
        self.handle = handle
        self.line = line
        self.rows: list[Record] = []
        self.size = 0
        self.is_too_long = False

    def add(self, record: Record, rows_max: int, characters_max: int) -> None:
        """Keep a row; beyond the bounds only remember that there were more."""
        size = sum(map(len, record[1].values()))
        if self.rows and (len(self.rows) >= rows_max or self.size + size > characters_max):
            self.is_too_long = True
            return
        self.rows.append(record)
        self.size += size


class _Row:
    """Cells by our names; what cannot be understood is noted and reading goes on."""

    def __init__(self, record: Record, named: Mapping[str, str], problems: list[Problem]) -> None:
        self.line, self.cells = record
        self._named = named
        self._problems = problems

    def has(self, name: str) -> bool:
        """Whether the export has such a column."""
        return name in self._named

    def column(self, name: str) -> str:
        """What the export calls it, or would."""
        return self._named.get(name) or NAMES.get(name, (name,))[0]

    def text(self, name: str) -> str:
        """A cell, empty where there is none."""
        theirs = self._named.get(name)
        return self.cells[theirs].strip() if theirs else ""

    def option(self, number: int, part: str) -> str:
        """The name or value of one of the three options."""
        return self.cells.get(_OPTION[number, part], "").strip()

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """A cell as something else than text; None where it is empty or cannot be understood."""
        if not (text := self.text(name)):
            return None
        try:
            return parse(text)
        except Invalid as problem:
            self.problem(name, problem.sentence, text)
            return None

    def code(self, name: str) -> str:
        """A cell of digits, without the apostrophe that the exporter puts before them so that no zero is lost."""
        text = self.text(name)
        return text[1:] if text.startswith("'") and text[1:].isdigit() else text

    def problem(self, name: str, reason: str, value: str = "") -> None:
        """Note what is wrong, under the exporter's own name of the column."""
        self._problems.append(Problem(self.line, self.column(name), reason, value[:VALUE_LENGTH_MAX]))

    @property
    def is_variant(self) -> bool:
        """Whether it is more than another picture."""
        return bool(self.text("price") or self.text("sku") or self.option(1, "value"))


def read_columns(columns: Sequence[str], header: Sequence[str]) -> ShopifyColumns:
    """What the columns of an export are, by their names and as its header writes them."""
    named = {ours: found for ours, theirs in NAMES.items() if (found := next((n for n in theirs if n in columns), ""))}
    places = {
        column: written.partition(":")[2].strip()
        for column, written in zip(columns, header, strict=True)
        if _PLACE.match(column)
    }
    ours = {field: named[name] for field, name in _OURS.items() if name in named}
    ours |= {"options": "option1 value", "variant.options": "option1 value"}
    return ShopifyColumns(named, places, _attribute_columns(columns), ours)


def _attribute_columns(columns: Sequence[str]) -> dict[str, str]:
    """The columns that say something of the product, with its name."""
    found = {}
    for column in columns:
        if column in _GOOGLE:
            found[column] = _GOOGLE[column]
        elif match := _METAFIELD.match(column):
            found[column] = match.group(1)
    return found


def read_group(group: Group, currency: str, sheet: ShopifyColumns) -> Good | Bad:
    """The product of a run of rows; every problem of every row when there is one."""
    lines = tuple(line for line, _ in group.rows)
    problems: list[Problem] = []
    rows = [_Row(record, sheet.named, problems) for record in group.rows]
    found = [row for row in rows if row.is_variant]
    _check_group(group, rows[0])
    names = [name for number in (1, 2, 3) if (name := _option_name(rows[0], found, number))]
    variants = _variants(found, names, currency, sheet.places)
    if not variants and not problems:
        rows[0].problem("price", "This product has no variant with a price")
    if problems:
        return Bad(tuple(problems), lines, group.handle)
    draft = _draft(group, rows, names, variants, sheet.attributes)
    variant_lines = tuple(row.line for row in found)
    read = checked(draft, lines, group.size, variant_lines=variant_lines, columns=sheet.columns)
    notes = tuple(note for row in found if (note := _barcode_note(row)) is not None)
    return msgspec.structs.replace(read, notes=notes) if notes and isinstance(read, Good) else read


def _barcode_note(row: _Row) -> Problem | None:
    """Why a bar code is not taken. A shop may have numbers of its own there, so it keeps no product out."""
    written = row.code("barcode")
    if not written or find_gtin(written):
        return None
    reason = f"{gtin_fault(written)}. It came in without one"
    return Problem(row.line, row.column("barcode"), reason, written[:VALUE_LENGTH_MAX])


def _check_group(group: Group, first: _Row) -> None:
    if not group.handle:
        first.problem("handle", "Every row needs the handle of its product")
    if not first.text("title"):
        first.problem(
            "title", "The first row of a product needs a title: keep the rows of a handle together", group.handle
        )
    if first.text("gift_card").lower() in YES:
        first.problem("gift_card", "Gift cards are not sold here: leave this product out", "true")
    if (status := first.text("status")) and status.lower() not in _STATUSES:
        first.problem("status", "This is active, draft or archived", status)
    if (published := first.text("published")) and published.lower() not in YES | NO:
        first.problem("published", "This is TRUE or FALSE", published)
    if group.is_too_long:
        first.problem("handle", f"A product has at most this many rows: {len(group.rows)}", group.handle)


def _option_name(first: _Row, variants: list[_Row], number: int) -> str:
    """Only the first row of a product names its options. A product without choices has one called Title."""
    name = first.option(number, "name")
    values = {row.option(number, "value") for row in variants}
    if not name and values - {""}:
        name = f"Option {number}"
    return "" if name == "Title" and values <= {"Default Title", ""} else name


def _variants(
    found: list[_Row], names: list[str], currency: str, places: Mapping[str, str]
) -> tuple[VariantDraft, ...]:
    skus = [row.code("sku") for row in found]
    counts = Counter(skus)
    variants = []
    for row, sku in zip(found, skus, strict=True):
        variant = _variant(row, names, currency, sku if counts[sku] == 1 else "", places)
        if variant is not None:
            variants.append(variant)
    return tuple(variants)


def _variant(row: _Row, names: list[str], currency: str, sku: str, places: Mapping[str, str]) -> VariantDraft | None:
    values = [row.option(number, "value") for number in range(1, len(names) + 1)]
    for name, value in zip(names, values, strict=True):
        if not value:
            row.problem(f"option{names.index(name) + 1} value", f"This variant does not say its {name}")
    price = row.read("price", lambda text: parse_price_in(text, currency))
    if not row.text("price"):
        row.problem("price", "A variant needs a price")
    elif price == 0:
        row.problem("price", "A price is more than nothing", row.text("price"))
    before = row.read("list_price", lambda text: parse_price_in(text, currency))
    weight, stock = _weight(row), _stock(row, places)
    quantity = None if stock else _quantity(row)
    tax_code = row.text("tax_code")
    if not price:
        return None
    return VariantDraft(
        external_id=sku,
        options=dict(zip(names, values, strict=True)),
        price_minor=price,
        list_price_minor=before if before and before > price else None,
        currency=currency,
        quantity=quantity,
        weight_g=weight,
        gtin=row.code("barcode") if find_gtin(row.code("barcode")) else None,
        picture=row.text("variant_image") or None,
        mpn=row.text("mpn")[:NAME_LENGTH_MAX] or None,
        condition=CONDITIONS.get(row.text("condition").lower(), "new"),
        stock=stock,
        tax_category=tax_code if _TAX_CATEGORY.match(tax_code) else None,
    )


def _stock(row: _Row, places: Mapping[str, str]) -> dict[str, int]:
    """What lies at each place; a cell that is empty, or says that nothing is stocked there, counts nothing."""
    found = {}
    for column, place in places.items():
        if (cell := row.cells.get(column, "").strip()) and cell.lower() != "not stocked":
            try:
                found[place] = parse_count(cell)
            except Invalid as problem:
                row.problem(column, problem.sentence, cell)
    return found


def _quantity(row: _Row) -> int | None:
    """None where nothing is tracked, or where it sells when there is none left; tracked without a figure means none."""
    is_tracked = bool(row.text("tracker" if row.has("tracker") else "quantity"))
    counted = row.read("quantity", parse_count)
    return (counted or 0) if is_tracked and row.text("policy").lower() not in {*YES, "continue"} else None


def _weight(row: _Row) -> int | None:
    if row.text("grams"):
        return row.read("grams", parse_weight)
    unit = row.text("weight_unit") or "g"
    return row.read("weight", lambda text: parse_weight(text, unit))


def _draft(
    group: Group, rows: list[_Row], names: list[str], variants: tuple[VariantDraft, ...], attributes: Mapping[str, str]
) -> ProductDraft:
    first = rows[0]
    category = first.text("category") or first.text("standard_type") or _path(first) or first.text("type")
    return ProductDraft(
        external_id=group.handle,
        title=first.text("title"),
        description=first.text("body"),
        brand=first.text("vendor") or None,
        category=category or None,
        attributes=_attributes(first, attributes),
        options=tuple(names),
        variants=variants,
        pictures=_pictures(rows),
        published=_is_published(first),
        tags=_tags(first),
    )


def _path(first: _Row) -> str:
    """Google's category, where it is a path and not a number."""
    named = first.text("google_category")
    return "" if named.isdigit() else named


def _tags(first: _Row) -> tuple[str, ...]:
    named = dict.fromkeys(tag.strip()[:NAME_LENGTH_MAX] for tag in first.text("tags").split(","))
    return tuple(tag for tag in named if tag)[:TAGS_MAX]


def _attributes(first: _Row, columns: Mapping[str, str]) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {}
    if first.text("category") and first.text("type"):
        found["type"] = first.text("type")
    for column, name in columns.items():
        cell = first.cells[column].strip()
        found[name] = cell if column in _GOOGLE else metafield_value(cell)
    return {name: value for name, value in found.items() if value not in ("", [])}


def metafield_value(cell: str) -> AttributeValue:
    """A metafield as it is exported: true or false, a JSON list, words between semicolons, or a text."""
    if cell in ("true", "false"):
        return cell == "true"
    if cell.startswith("["):
        try:
            values = msgspec.json.decode(cell, type=list[str | int | float | bool])
        except (msgspec.MsgspecError, RecursionError):
            return cell
        return values if len(values) > 1 else (values[0] if values else "")
    parts = [part.strip() for part in cell.split(";") if part.strip()]
    return list(parts) if len(parts) > 1 else cell


def _pictures(rows: list[_Row]) -> tuple[str | PictureDraft, ...]:
    """By their position where rows give one, then those of variants; each once, with its words where it has some."""
    placed = []
    words: dict[str, str] = {}
    for order, row in enumerate(rows):
        if image := row.text("image"):
            position = row.text("image_position")
            placed.append((int(position) if position.isdecimal() and len(position) < 6 else 10**6, order, image))
            words.setdefault(image, row.text("image_alt")[:TITLE_LENGTH_MAX])
    images = [image for _, _, image in sorted(placed)] + [row.text("variant_image") for row in rows]
    unique = list(dict.fromkeys(image for image in images if image))[:PICTURES_MAX]
    return tuple(PictureDraft(image, words[image]) if words.get(image) else image for image in unique)


def _is_published(first: _Row) -> bool:
    status = first.text("status").lower()
    return status in ("", "active") and first.text("published").lower() not in NO
