"""What categories, attributes and merchants are called: read now and then, kept in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import msgspec

from entrepot import catalog
from entrepot.kernel import Database, Snapshot

from .index.filters import CATEGORY, MERCHANT
from .types import Facet, FacetValue

KEPT_S = 5.0

_FIXED = {
    "category": {"en": "Category", "zh": "分类"},
    "price": {"en": "Price", "zh": "价格"},
    "brand": {"en": "Brand", "zh": "品牌"},
    "rating": {"en": "Rating", "zh": "评分"},
    "merchant": {"en": "Seller", "zh": "卖家"},
}


class _Known(msgspec.Struct, frozen=True):
    until: float
    categories: dict[str, dict[str, str]]
    attributes: dict[str, catalog.AttributeDefinition]


class Names:
    """Names by language, at most KEPT_S seconds old."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = _Known(0.0, {}, {})
        self._lock = threading.Lock()

    def facet_names(self) -> tuple[str, ...]:
        """The attributes that lists offer as filters."""
        return tuple(code for code, definition in self._fresh().attributes.items() if definition.facet)

    def category(self, path: str, language: str) -> str:
        """A category's name; its path's last part where it has none."""
        names = self._fresh().categories.get(path, {})
        return names.get(language) or names.get("en") or path.rpartition("/")[2].replace("-", " ")

    def categories(self) -> dict[str, dict[str, str]]:
        """The names of every category by its path."""
        return self._fresh().categories

    def label(self, facets: Iterable[Facet], language: str) -> tuple[Facet, ...]:
        """Facets with names for people."""
        facets = tuple(facets)
        ids = [value.value for facet in facets if facet.name == MERCHANT for value in facet.values]
        merchants = self._database.read_now(lambda snapshot: catalog.merchants_of(snapshot, ids)) if ids else {}
        labelled = []
        for facet in facets:
            values = facet.values
            if facet.name == CATEGORY:
                values = tuple(_called(value, self.category(value.value, language)) for value in values)
            elif facet.name == MERCHANT:
                known = {merchant_id: merchant.name for merchant_id, merchant in merchants.items()}
                values = tuple(_called(value, known.get(value.value, value.value)) for value in values)
            labelled.append(Facet(facet.name, values, self._facet_label(facet.name, language)))
        return tuple(labelled)

    def _facet_label(self, name: str, language: str) -> str:
        definition = self._fresh().attributes.get(name)
        names = _FIXED.get(name) or (definition.names if definition else {})
        return names.get(language) or names.get("en") or name.replace("_", " ").capitalize()

    def _fresh(self) -> _Known:
        known = self._known
        if known.until < time.monotonic():
            with self._lock:
                if self._known is known:
                    self._known = self._database.read_now(_read)
        return self._known


def _read(snapshot: Snapshot) -> _Known:
    categories = {category.slug: category.names for category in catalog.list_categories(snapshot)}
    attributes = {definition.code: definition for definition in catalog.list_attributes(snapshot)}
    return _Known(time.monotonic() + KEPT_S, categories, attributes)


def _called(value: FacetValue, label: str) -> FacetValue:
    return FacetValue(value.value, value.count, label)
