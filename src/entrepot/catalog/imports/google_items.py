"""Google Merchant's product data: items by the names of their attributes, and the draft that a group of them makes.

The same for XML and TSV. An item is a variant; those with one `item_group_id` are a product, which differs by what
differs among them: colour, size, pattern, material, and what `product_detail` says under the section `Options`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from entrepot.kernel import Invalid
from entrepot.kernel.clock import from_rfc3339

from ..drafts import (
    NAME_LENGTH_MAX,
    PICTURES_MAX,
    TAGS_MAX,
    AttributeValue,
    ProductDraft,
    SaleDraft,
    VariantDraft,
    fault_of,
)
from ..gtin import find_gtin, gtin_fault
from ..texts import code_of
from ..types import Condition
from .amounts import parse_count, parse_measure, parse_money_cell, parse_weight_cell
from .gathering import Group
from .reading import VALUE_LENGTH_MAX, Bad, Columns, Good, Problem, located
from .times import parse_time

T = TypeVar("T")

OPTIONS: Final = ("color", "size", "pattern", "material", "size_system", "size_type", "gender", "age_group")
"""Attributes by which variants may differ, in the order in which a buyer chooses."""
_PLAIN: Final = ("gender", "age_group", "material", "pattern", "color", "size", "size_system", "size_type",
                 "energy_efficiency_class", "min_energy_efficiency_class", "max_energy_efficiency_class",
                 "unit_pricing_measure")  # fmt: skip
REPEATS: Final = frozenset({"additional_image_link", "product_detail", "product_highlight", "product_type", "tag"})
OPTIONS_SECTION: Final = "Options"
COLUMNS: Final = {
    "external_id": "item_group_id", "category": "product_type", "pictures": "image_link",
    "attributes": "product_detail", "options": "item_group_id", "tags": "tag",
    "variant.external_id": "id", "variant.options": "item_group_id",
    "variant.price_minor": "price", "variant.currency": "price", "variant.list_price_minor": "maximum_retail_price",
    "variant.sale.price_minor": "sale_price",
    "variant.sale": "sale_price_effective_date", "variant.weight_g": "shipping_weight",
    "variant.picture": "image_link", "variant.length_mm": "shipping_length", "variant.width_mm": "shipping_width",
    "variant.height_mm": "shipping_height",
}  # fmt: skip
"""What this format calls our fields, where it is another word."""
ALWAYS: Final = "1970-01-01T00:00:00Z"
FOR_EVER: Final = "2099-12-31T23:59:59Z"
"""What stands for a border that a sale does not have: the format always wants two."""
_CONDITIONS: Final[Mapping[str, Condition]] = {"new": "new", "refurbished": "refurbished", "used": "used"}
_NOT_THERE: Final = frozenset({"out_of_stock", "out of stock", "discontinued", "sold_out"})
_THERE: Final = frozenset(
    {"in_stock", "in stock", "preorder", "pre-order", "backorder", "available for order", "limited"}
)
_CODE: Final = re.compile(r"^[a-z0-9][a-z0-9_-]{0,39}$")
_TAIL: Final = " -–—|,/·:(["


class Item(NamedTuple):
    """An item: each attribute's values, in the feed's order. `details` are (section, name, value)."""

    line: int
    values: Mapping[str, Sequence[str]]
    details: Sequence[tuple[str, str, str]]
    size: int

    def text(self, name: str) -> str:
        """The first value of an attribute, empty where there is none."""
        return next((value for value in self.values.get(name, ()) if value), "")


def group_of(item: Item) -> str:
    """What its variants share."""
    return item.text("item_group_id")


def attribute_name(written: str) -> str:
    """An attribute's name as a header or a tag writes it: `g:image_link`, `image link`, `price(USD)`."""
    bare = written.split("(", 1)[0].strip().lower().removeprefix("g:")
    return bare.replace(" ", "_").replace("-", "_")


class _Cells:
    """An item's attributes as something else than text; what cannot be understood is noted, and reading goes on."""

    def __init__(self, item: Item, problems: list[Problem]) -> None:
        self.item = item
        self._problems = problems

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        text = self.item.text(name)
        if not text:
            return None
        try:
            return parse(text)
        except (Invalid, ValueError, OverflowError) as problem:
            sentence = problem.sentence if isinstance(problem, Invalid) else "This cannot be read"
            self.problem(name, sentence, text)
            return None

    def problem(self, name: str, reason: str, value: str = "") -> None:
        self._problems.append(Problem(self.item.line, name, reason, value[:VALUE_LENGTH_MAX]))


def read_items(group: Group, currency: str) -> Good | Bad:
    """The product of a group of items; every problem of every item when there is one."""
    problems: list[Problem] = []
    items: list[Item] = group.rows
    external_id = group.key or items[0].text("id")
    lines = tuple(item.line for item in items)
    if group.refusal:
        return Bad(
            (Problem(lines[0], "item_group_id", group.refusal, group.key[:VALUE_LENGTH_MAX]),), lines, external_id
        )
    options = _options(items)
    variants = [_variant(_Cells(item, problems), options, currency, len(items)) for item in items]
    title = common_title([item.text("title") for item in items])
    if not title:
        problems.append(Problem(lines[0], "title", "A product needs a title", external_id[:VALUE_LENGTH_MAX]))
    if problems:
        return Bad(tuple(problems), lines, external_id)
    made = tuple(variant for variant in variants if variant is not None)
    draft = _draft(items, external_id, title, options, made)
    size = sum(item.size for item in items)
    columns = COLUMNS if group.key else COLUMNS | {"external_id": "id"}
    return checked(draft, lines, size, variant_lines=lines, columns=columns)


def checked(
    draft: ProductDraft, lines: tuple[int, ...], size: int, *, variant_lines: tuple[int, ...], columns: Columns
) -> Good | Bad:
    """Bounds of the types, which building a draft does not check."""
    try:
        msgspec.convert(msgspec.to_builtins(draft), ProductDraft)
    except msgspec.ValidationError as error:
        fault = fault_of(error, draft)
        problem = located(fault.field, fault.reason, fault.value, lines[0], variant_lines, columns)
        return Bad((problem,), lines, draft.external_id)
    return Good(lines[0], draft, size=size, lines=lines, variant_lines=variant_lines, columns=columns, is_bounded=True)


def common_title(titles: Sequence[str]) -> str:
    """What the titles of variants share from their beginning, to a whole word; the first where that is too little."""
    given = [title for title in titles if title]
    if not given:
        return ""
    if len(set(given)) == 1:
        return given[0]
    length = next((place for place, signs in enumerate(zip(*given, strict=False)) if len(set(signs)) > 1), None)
    shared = given[0][:length] if length is not None else min(given, key=len)
    if any(title[len(shared) : len(shared) + 1].isalnum() for title in given):
        shared = re.sub(r"\w+$", "", shared)  # not in the middle of a word
    shared = shared.rstrip(_TAIL)
    return shared if len(shared) >= 3 else given[0]


# --- what variants differ by


def _options(items: Sequence[Item]) -> tuple[str, ...]:
    """The names of what the items of a group differ by; of a single item those that it names itself."""
    named = dict.fromkeys(name for item in items for section, name, _ in item.details if section == OPTIONS_SECTION)
    if named or len(items) < 2:
        return tuple(named)
    return tuple(name for name in OPTIONS if len({item.text(name) for item in items}) > 1)


def _choices(item: Item, options: Sequence[str]) -> dict[str, str]:
    detailed = {name: value for section, name, value in item.details if section == OPTIONS_SECTION}
    return {name: detailed.get(name) or item.text(name) for name in options}


def _variant(cells: _Cells, options: Sequence[str], currency: str, count: int) -> VariantDraft | None:
    item = cells.item
    _check_item(cells)
    choices = _choices(item, options)
    for name, value in choices.items():
        if not value:
            cells.problem(name, f"This variant does not say its {name}, and others of its group do")
    if not options and count > 1:
        choices = {"Variant": item.text("title") if item.text("item_group_id") else item.text("id")}
    price = cells.read("price", lambda text: parse_money_cell(text, currency))
    if not item.text("price"):
        cells.problem("price", "An item needs a price")
    elif price is not None and not price[0]:
        cells.problem("price", "A price is more than nothing", item.text("price"))
    if price is None or not price[0]:
        return None
    sale = _sale(cells, price)
    return VariantDraft(
        external_id=item.text("id"),
        options=choices,
        price_minor=price[0],
        currency=price[1],
        list_price_minor=_list_price(cells, price),
        quantity=_quantity(cells),
        weight_g=cells.read("shipping_weight", parse_weight_cell) or cells.read("product_weight", parse_weight_cell),
        gtin=item.text("gtin") if find_gtin(item.text("gtin")) else None,
        picture=item.text("image_link") if count > 1 and item.text("image_link") else None,
        mpn=item.text("mpn")[:NAME_LENGTH_MAX] or None,
        condition=_CONDITIONS.get(item.text("condition").lower(), "new"),
        sale=sale,
        length_mm=_side(cells, "length"),
        width_mm=_side(cells, "width"),
        height_mm=_side(cells, "height"),
    )


def _check_item(cells: _Cells) -> None:
    item = cells.item
    if not item.text("id"):
        cells.problem("id", "An item needs an id")
    if (condition := item.text("condition").lower()) and condition not in _CONDITIONS:
        cells.problem("condition", "This is new, refurbished or used", condition)
    availability = item.text("availability").lower()
    if availability and availability not in _THERE | _NOT_THERE:
        cells.problem("availability", "This is in_stock, out_of_stock, preorder or backorder", availability)
    gtin, is_claimed = item.text("gtin"), item.text("identifier_exists").lower() not in ("no", "false")
    if gtin and is_claimed and find_gtin(gtin) is None:
        cells.problem("gtin", gtin_fault(gtin), gtin)


def _side(cells: _Cells, name: str) -> int | None:
    side = cells.read(f"shipping_{name}", lambda text: parse_measure(text, "cm"))
    return side or cells.read(f"product_{name}", lambda text: parse_measure(text, "cm"))


def _quantity(cells: _Cells) -> int | None:
    """What is said to be out of stock counts as none; else the count where there is one, else nothing is counted."""
    if cells.item.text("availability").lower() in _NOT_THERE:
        return 0
    return cells.read("quantity", parse_count)


def _list_price(cells: _Cells, price: tuple[int, str]) -> int | None:
    """What the maker recommends, where it is more than the price."""
    listed = cells.read("maximum_retail_price", lambda text: parse_money_cell(text, price[1]))
    return listed[0] if listed and listed[1] == price[1] and listed[0] > price[0] else None


def _sale(cells: _Cells, price: tuple[int, str]) -> SaleDraft | None:
    sale = cells.read("sale_price", lambda text: parse_money_cell(text, price[1]))
    window = cells.read("sale_price_effective_date", parse_window)
    if sale is None:
        return None
    text = cells.item.text("sale_price")
    if sale[1] != price[1]:
        cells.problem("sale_price", f"The sale price is in {sale[1]} and the price in {price[1]}", text)
        return None
    if sale[0] <= 0:
        cells.problem("sale_price", "A price is more than nothing", text)
        return None
    if sale[0] >= price[0]:
        return None
    starts_at, ends_at = window or (None, None)
    return SaleDraft(sale[0], None if starts_at == ALWAYS else starts_at, None if ends_at == FOR_EVER else ends_at)


def parse_window(text: str) -> tuple[str, str]:
    """The two times of `2026-01-01T00:00+0100/2026-01-31T23:59+0100`, in RFC 3339. Invalid for others."""
    parts = [part.strip() for part in text.split("/")]
    if len(parts) != 2:
        raise Invalid("Write two times with a slash between them: 2026-01-01T00:00Z/2026-01-31T23:59Z")
    begin, end = parse_time(parts[0]), parse_time(parts[1], ends=True)
    if from_rfc3339(begin) >= from_rfc3339(end):
        raise Invalid("The sale ends before it begins")
    return begin, end


# --- the product


def _draft(
    items: Sequence[Item], external_id: str, title: str, options: tuple[str, ...], variants: tuple[VariantDraft, ...]
) -> ProductDraft:
    first = items[0]
    tax = first.text("tax_category")
    return ProductDraft(
        external_id=external_id,
        title=title,
        description=first.text("description"),
        brand=first.text("brand") or None,
        category=_category(first),
        attributes=_attributes(items, options),
        options=options or tuple(variants[0].options),
        variants=variants,
        pictures=_pictures(items),
        published=first.text("pause").lower() != "all",
        tax_category=tax if _CODE.match(tax) else None,
        tags=tuple(dict.fromkeys(tag[:NAME_LENGTH_MAX] for tag in first.values.get("tag", ()) if tag))[:TAGS_MAX],
    )


def _category(item: Item) -> str | None:
    """The shop's own path, which says more than Google's; a number of Google's taxonomy says nothing here."""
    google = item.text("google_product_category")
    return item.text("product_type") or (google if not google.isdigit() else "") or None


def _attributes(items: Sequence[Item], options: Sequence[str]) -> dict[str, AttributeValue]:
    first = items[0]
    found: dict[str, AttributeValue] = {}
    chosen = {code_of(name) for name in options}
    for name in _PLAIN:
        if name not in chosen and (value := first.text(name)):
            found[name.replace("_", " ")] = value
    if highlights := [value for value in first.values.get("product_highlight", ()) if value]:
        found["highlights"] = list(highlights) if len(highlights) > 1 else highlights[0]
    for name, value in _details(items):
        before = found.get(name)
        if before is None:
            found[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[name] = [before, value]
    return found


def _details(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    """The details of the first item that are about the product."""
    return ((name, value) for section, name, value in items[0].details if section != OPTIONS_SECTION and name and value)


def _pictures(items: Sequence[Item]) -> tuple[str, ...]:
    """The first item's own and its further ones, then those of the other variants."""
    firsts = [items[0].text("image_link"), *items[0].values.get("additional_image_link", ())]
    others = [
        url for item in items[1:] for url in (item.text("image_link"), *item.values.get("additional_image_link", ()))
    ]
    return tuple(dict.fromkeys(url for url in (*firsts, *others) if url))[:PICTURES_MAX]
