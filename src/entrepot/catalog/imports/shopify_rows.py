"""One product of a Shopify export: a run of rows with the same handle becomes a draft, or the problems it has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from entrepot.kernel import Invalid

from ..drafts import PICTURES_MAX, AttributeValue, ProductDraft, VariantDraft
from ..gtin import find_gtin
from .amounts import parse_count, parse_price, parse_weight
from .reading import VALUE_LENGTH_MAX, Bad, Good, Problem
from .sheets import Record

T = TypeVar("T")

# Ours: theirs of before 2025, theirs of today.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "handle": ("handle", "url handle"),
    "title": ("title",),
    "body": ("body (html)", "description"),
    "vendor": ("vendor",),
    "category": ("product category",),
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
    "variant_image": ("variant image", "variant image url"),
    "gift_card": ("gift card",),
}
_GOOGLE: Final = {
    "google shopping / gender": "gender",
    "google shopping / age group": "age group",
    "google shopping / condition": "condition",
}
_METAFIELD: Final = re.compile(r"^(.+) \(product\.metafields\.[^)]+\)$")
_YES: Final = {"true", "yes", "1", "continue"}
_NO: Final = {"false", "no", "0", "deny"}


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

    def __init__(self, record: Record, problems: list[Problem]) -> None:
        self.line, self.cells = record
        self._problems = problems

    def text(self, name: str) -> str:
        """A cell, empty where there is none. A spreadsheet's guard before a formula is taken off."""
        cell = next((self.cells[theirs] for theirs in NAMES[name] if theirs in self.cells), "").strip()
        return cell[1:] if cell[:1] == "'" and cell[1:2] in "=+-@" else cell

    def option(self, number: int, part: str) -> str:
        """The name or value of one of the three options."""
        return self.cells.get(f"option{number} {part}", "").strip()

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """A cell as something else than text; None where it is empty or cannot be understood."""
        if not (text := self.text(name)):
            return None
        try:
            return parse(text)
        except Invalid as problem:
            self.problem(name, problem.sentence, text)
            return None

    def problem(self, name: str, reason: str, value: str = "") -> None:
        """Note what is wrong, under the exporter's own name of the column."""
        theirs = next((each for each in NAMES.get(name, ()) if each in self.cells), NAMES.get(name, (name,))[0])
        self._problems.append(Problem(self.line, theirs, reason, value[:VALUE_LENGTH_MAX]))

    @property
    def is_variant(self) -> bool:
        """Whether it is more than another picture."""
        return bool(self.text("price") or self.text("sku") or self.option(1, "value"))


def read_group(group: Group, currency: str) -> Good | Bad:
    """The product of a run of rows; every problem of every row when there is one."""
    problems: list[Problem] = []
    rows = [_Row(record, problems) for record in group.rows]
    _check_group(group, rows[0])
    names = [name for number in (1, 2, 3) if (name := _option_name(rows, number))]
    variants = _variants(rows, names, currency)
    if not variants and not problems:
        rows[0].problem("price", "This product has no variant with a price")
    if problems:
        return Bad(tuple(problems))
    draft = _draft(group, rows, names, variants)
    return _checked(group, draft)


def _check_group(group: Group, first: _Row) -> None:
    if not group.handle:
        first.problem("handle", "Every row needs the handle of its product")
    if not first.text("title"):
        first.problem(
            "title", "The first row of a product needs a title: keep the rows of a handle together", group.handle
        )
    if first.text("gift_card").lower() in _YES:
        first.problem("gift_card", "Gift cards are not sold here: leave this product out", "true")
    if group.is_too_long:
        first.problem("handle", f"A product has at most this many rows: {len(group.rows)}", group.handle)


def _option_name(rows: list[_Row], number: int) -> str:
    """Only the first row of a product names its options. A product without choices has one called Title."""
    name = rows[0].option(number, "name")
    values = {row.option(number, "value") for row in rows if row.is_variant}
    if not name and values - {""}:
        name = f"Option {number}"
    return "" if name == "Title" and values <= {"Default Title", ""} else name


def _variants(rows: list[_Row], names: list[str], currency: str) -> tuple[VariantDraft, ...]:
    found = [row for row in rows if row.is_variant]
    skus = [row.text("sku") for row in found]
    variants = []
    for row, sku in zip(found, skus, strict=True):
        variant = _variant(row, names, currency, sku if skus.count(sku) == 1 else "")
        if variant is not None:
            variants.append(variant)
    return tuple(variants)


def _variant(row: _Row, names: list[str], currency: str, sku: str) -> VariantDraft | None:
    values = [row.option(number, "value") for number in range(1, len(names) + 1)]
    for name, value in zip(names, values, strict=True):
        if not value:
            row.problem(f"option{names.index(name) + 1} value", f"This variant does not say its {name}")
    price = row.read("price", lambda text: parse_price(text, currency))
    if not row.text("price"):
        row.problem("price", "A variant needs a price")
    elif price == 0:
        row.problem("price", "A price is more than nothing", row.text("price"))
    before = row.read("list_price", lambda text: parse_price(text, currency))
    weight, quantity = _weight(row), _quantity(row)
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
        gtin=row.text("barcode") if find_gtin(row.text("barcode")) else None,
        picture=row.text("variant_image") or None,
    )


def _quantity(row: _Row) -> int | None:
    """None where nothing is tracked, or where it sells when there is none left; tracked without a figure means none."""
    has_tracker = any(name in row.cells for name in NAMES["tracker"])
    is_tracked = bool(row.text("tracker")) if has_tracker else bool(row.text("quantity"))
    counted = row.read("quantity", parse_count)
    return (counted or 0) if is_tracked and row.text("policy").lower() not in _YES else None


def _weight(row: _Row) -> int | None:
    if row.text("grams"):
        return row.read("grams", parse_weight)
    unit = row.text("weight_unit") or "g"
    return row.read("weight", lambda text: parse_weight(text, unit))


def _draft(group: Group, rows: list[_Row], names: list[str], variants: tuple[VariantDraft, ...]) -> ProductDraft:
    first = rows[0]
    category = first.text("category") or first.text("type")
    return ProductDraft(
        external_id=group.handle,
        title=first.text("title"),
        description=first.text("body"),
        brand=first.text("vendor") or None,
        category=category or None,
        attributes=_attributes(first),
        options=tuple(names),
        variants=variants,
        pictures=_pictures(rows),
        published=_is_published(first),
    )


def _attributes(first: _Row) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {}
    if tags := [tag.strip() for tag in first.text("tags").split(",") if tag.strip()]:
        found["tags"] = list(tags)
    if first.text("category") and first.text("type"):
        found["type"] = first.text("type")
    for column, cell in first.cells.items():
        if column in _GOOGLE:
            found[_GOOGLE[column]] = cell.strip()
        elif match := _METAFIELD.match(column):
            values = [value.strip() for value in cell.split(";") if value.strip()]
            found[match.group(1)] = list(values) if len(values) > 1 else cell.strip()
    return found


def _pictures(rows: list[_Row]) -> tuple[str, ...]:
    """By their position where rows give one, then those of variants; each once."""
    placed = []
    for order, row in enumerate(rows):
        if image := row.text("image"):
            position = row.text("image_position")
            placed.append((int(position) if position.isdecimal() and len(position) < 6 else 10**6, order, image))
    images = [image for _, _, image in sorted(placed)] + [row.text("variant_image") for row in rows]
    return tuple(dict.fromkeys(image for image in images if image))[:PICTURES_MAX]


def _is_published(first: _Row) -> bool:
    status = first.text("status").lower()
    return status in ("", "active") and first.text("published").lower() not in _NO


def _checked(group: Group, draft: ProductDraft) -> Good | Bad:
    """Bounds of the types, which building a draft does not check."""
    try:
        return Good(group.line, msgspec.convert(msgspec.to_builtins(draft), ProductDraft), size=group.size)
    except msgspec.ValidationError as error:
        return Bad((Problem(group.line, "row", str(error), draft.external_id[:VALUE_LENGTH_MAX]),))
