"""What categories, attributes and merchants are called and mean: read now and then, kept in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from entrepot import catalog, pay
from entrepot.kernel import Database, Snapshot

from .index.filters import CATEGORY, FILTERS, MERCHANT
from .index.numbers import number_of, read_number_range
from .types import Facet, FacetValue

KEPT_S = 5.0

NUMBER, COLOUR, BOOLEAN, SIZE, TEXT = "number", "color", "boolean", "size", "text"
_SIZES = frozenset({"clothing_size", "shoe_size"})
_RANGE_ENDS = 2

_FIXED = {
    "category": {"en": "Category", "zh": "分类"},
    "price": {"en": "Price", "zh": "价格"},
    "brand": {"en": "Brand", "zh": "品牌"},
    "rating": {"en": "Rating", "zh": "评分"},
    "merchant": {"en": "Seller", "zh": "卖家"},
    "condition": {"en": "Condition", "zh": "成色"},
    "on_sale": {"en": "Reduced", "zh": "降价"},
}
_VALUES = {
    "new": {"en": "New", "zh": "全新"},
    "refurbished": {"en": "Refurbished", "zh": "翻新"},
    "used": {"en": "Used", "zh": "二手"},
    "yes": {"en": "Yes", "zh": "是"},
    "no": {"en": "No", "zh": "否"},
    **{family: {"zh": name} for family, name in {
        "black": "黑色", "white": "白色", "grey": "灰色", "silver": "银色", "gold": "金色", "rose gold": "玫瑰金",
        "red": "红色", "burgundy": "酒红色", "pink": "粉色", "orange": "橙色", "yellow": "黄色", "green": "绿色",
        "turquoise": "青绿色", "blue": "蓝色", "navy": "藏青色", "purple": "紫色", "brown": "棕色", "beige": "米色",
        "bronze": "古铜色", "transparent": "透明", "multicolor": "多色",
    }.items()},
}  # fmt: skip


class _Known(msgspec.Struct, frozen=True):
    until: float
    categories: dict[str, dict[str, str]]
    attributes: dict[str, catalog.AttributeDefinition]
    currency: str = ""
    facets: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()


class Names:
    """Names by language, at most KEPT_S seconds old."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = _Known(0.0, {}, {})
        self._lock = threading.Lock()

    def facet_names(self) -> tuple[str, ...]:
        """The attributes that lists offer as filters."""
        return self._fresh().facets

    def numbers(self) -> frozenset[str]:
        """Those of them whose values are numbers."""
        return self._fresh().numbers

    def preferred(self, filters: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """The attributes that goods of the category asked for are chosen by, in its pack's order."""
        pack = catalog.pack_of(next(iter(filters.get(CATEGORY, ())), None))
        return tuple(code for code, attribute in pack.attributes.items() if attribute.facet) if pack else ()

    def currency(self) -> str:
        """The home currency, in which prices are compared."""
        return self._fresh().currency

    def category(self, path: str, language: str) -> str:
        """A category's name; its path's last part where it has none."""
        names = self._fresh().categories.get(path, {})
        return names.get(language) or names.get("en") or path.rpartition("/")[2].replace("-", " ")

    def categories(self) -> dict[str, dict[str, str]]:
        """The names of every category by its path."""
        return self._fresh().categories

    def label(self, facets: Iterable[Facet], language: str, written: Callable[[str, str], str]) -> tuple[Facet, ...]:
        """Facets with names for people, and how to show them; `written` is how people write a value."""
        facets = tuple(facets)
        ids = [value.value for facet in facets if facet.name == MERCHANT for value in facet.values]
        merchants = self._database.read_now(lambda snapshot: catalog.merchants_of(snapshot, ids)) if ids else {}
        names = {merchant_id: merchant.name for merchant_id, merchant in merchants.items()}
        return tuple(self._labelled(facet, language, names, written) for facet in facets)

    def _labelled(
        self, facet: Facet, language: str, merchants: Mapping[str, str], written: Callable[[str, str], str]
    ) -> Facet:
        name, kind, unit = facet.name, TEXT, ""
        if name == CATEGORY:
            values = tuple(_called(value, self.category(value.value, language)) for value in facet.values)
        elif name == MERCHANT:
            values = tuple(_called(value, merchants.get(value.value, value.value)) for value in facet.values)
        elif name in FILTERS:
            values, kind = tuple(_called(v, _text(v.value, language)) for v in facet.values), _KINDS.get(name, TEXT)
        else:
            kind, unit = self._kind(facet)
            values = tuple(_called(v, _shown(name, v.value, kind, language, written)) for v in facet.values)
            if kind == SIZE:
                values = tuple(sorted(values, key=lambda value: catalog.normalise(name, value.value).order))
        return Facet(name, values, self._facet_label(name, language), kind, unit)

    def _kind(self, facet: Facet) -> tuple[str, str]:
        """How an attribute's values are shown, and their unit; as words where one of them is no number."""
        name = facet.name
        known, definition = catalog.attribute_of(name), self._fresh().attributes.get(name)
        kinds = {each for each in (known and known.reads, definition and definition.kind) if each}
        if NUMBER in kinds:
            numbers = [number_of(each.value) or read_number_range(each.value) for each in facet.values]
            return (TEXT, "") if None in numbers else (NUMBER, _common_unit(numbers))
        if known is not None and known.reads in (COLOUR, BOOLEAN):
            return known.reads, ""
        if known is not None and known.reads in _SIZES:
            return SIZE, ""
        return (BOOLEAN, "") if BOOLEAN in kinds else (TEXT, "")

    def _facet_label(self, name: str, language: str) -> str:
        definition, known = self._fresh().attributes.get(name), catalog.attribute_of(name)
        names = _FIXED.get(name) or (definition.names if definition else {}) or (known.names if known else {})
        return names.get(language) or names.get("en") or name.replace("_", " ").capitalize()

    def _fresh(self) -> _Known:
        known = self._known
        if known.until < time.monotonic():
            with self._lock:
                if self._known is known:
                    self._known = self._database.read_now(_read)
        return self._known


def read_filters(filters: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Filters under the names and with the values that the index keeps: `1tb` and `1000 GB` ask for the same."""
    category = next(iter(filters.get(CATEGORY, ())), "")
    read: dict[str, tuple[str, ...]] = {}
    for name, values in filters.items():
        if name in FILTERS:
            code, meant = name, values
        else:
            known = catalog.attribute_of(name, category)
            code = name if known is None else known.code
            meant = tuple(each for value in values for each in _meant(code, value, category))
        read[code] = (*read.get(code, ()), *meant)
    return read


def _read(snapshot: Snapshot) -> _Known:
    categories = {category.slug: category.names for category in catalog.list_categories(snapshot)}
    attributes = {definition.code: definition for definition in catalog.list_attributes(snapshot)}
    facets = dict.fromkeys(_code(code) for code, definition in attributes.items() if definition.facet)
    numbers = {_code(code) for code, definition in attributes.items() if definition.kind == NUMBER}
    for pack in catalog.list_packs():
        numbers |= {code for code, attribute in pack.attributes.items() if attribute.reads == NUMBER}
    until = time.monotonic() + KEPT_S
    return _Known(until, categories, attributes, pay.home_currency(snapshot), tuple(facets), frozenset(numbers))


def _code(code: str) -> str:
    """The code that the index keeps an attribute under."""
    known = catalog.attribute_of(code)
    return code if known is None else known.code


def _meant(code: str, value: str, category: str) -> tuple[str, ...]:
    """A filter's value as people may write it, and as the index keeps it."""
    ends = value.split("..")
    if len(ends) == _RANGE_ENDS:
        return value, _range(code, [end.strip() for end in ends], category)
    return value, catalog.normalise(code, value, category).key


def _range(code: str, ends: Sequence[str], category: str) -> str:
    """A range of numbers in the unit that the index keeps; where the first end has no unit, it has the second's."""
    unit = next((word for word in (_unit(end) for end in reversed(ends)) if word), "")
    whole = [f"{end} {unit}" if end and not _unit(end) else end for end in ends]
    read = [catalog.normalise(code, end.strip(), category) if end else None for end in whole]
    units = {value.unit for value in read if value is not None and unit}
    return f"{'..'.join(map(_number, read))} {units.pop() if len(units) == 1 else ''}".rstrip()


def _number(value: catalog.Value | None) -> str:
    if value is None:
        return ""
    return value.key if value.number is None else f"{value.number:f}"


def _unit(end: str) -> str:
    number = number_of(end)
    return number[1] if number else ""


def _text(value: str, language: str) -> str:
    names = _VALUES.get(value, {})
    return names.get(language) or names.get("en") or value


def _shown(name: str, value: str, kind: str, language: str, written: Callable[[str, str], str]) -> str:
    """A value for people: a range of numbers, the family of a colour, yes and no, else as it is written."""
    if kind == NUMBER and ".." in value:
        low, _, high = value.partition("..")
        same = read_number_range(value)
        return high if same is not None and same[0] == same[1] else f"{low} – {high}"
    if kind in (COLOUR, BOOLEAN):
        names = _VALUES.get(value, {})
        return names.get(language) or names.get("en") or value.capitalize()
    return written(name, value)


def _common_unit(numbers: Iterable[tuple[object, ...] | None]) -> str:
    """The unit that all of these have; empty where they differ."""
    units = {str(number[-1]) for number in numbers if number is not None}
    return units.pop() if len(units) == 1 else ""


def _called(value: FacetValue, label: str) -> FacetValue:
    return FacetValue(value.value, value.count, label)


_KINDS = {"price": "price", "rating": "rating", "on_sale": BOOLEAN}
