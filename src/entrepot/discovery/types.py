"""What discovery speaks of: documents to be found, requests, pages of hits with their facets, suggestions."""

from __future__ import annotations

import msgspec

SORTS = ("relevance", "price", "-price", "newest", "rating")
LIMIT_MAX = 600


class Document(msgspec.Struct, frozen=True):
    """A product as an index sees it. Prices in minor units, ratings in hundredths of a star, times in microseconds.

    `attributes` are (code, value) pairs; a product of many variants has several values for one code. `keywords` are
    words that find it and are shown nowhere, such as part numbers.
    """

    id: str
    title: str
    external_id: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    category_names: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    merchants: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    price_minor: int | None = None
    currency: str = ""
    rating_centi: int = 0
    rating_count: int = 0
    created_at: int = 0
    sellable: bool = True
    in_stock: bool = True
    popularity: int = 0


class Change(msgspec.Struct, frozen=True):
    """What may change about a product without its text changing; takes effect at once, in cached lists too."""

    id: str
    price_minor: int | None
    currency: str
    rating_centi: int
    rating_count: int
    sellable: bool
    in_stock: bool
    merchants: tuple[str, ...] = ()


class FacetValue(msgspec.Struct, frozen=True):
    """A value to filter by and how many results it would leave; `label` is for people."""

    value: str
    count: int
    label: str = ""


class Facet(msgspec.Struct, frozen=True):
    """A name to filter by, with its values; counts are exact and leave out the facet's own filter."""

    name: str
    values: tuple[FacetValue, ...]
    label: str = ""


class SearchRequest(msgspec.Struct, frozen=True):
    """What a shopper asks for. Within a filter's values: or; between filters: and."""

    q: str = ""
    filters: dict[str, tuple[str, ...]] = {}
    sort: str = "relevance"
    limit: int = 24
    offset: int = 0
    session: str | None = None
    language: str = "en"
    surface: str = "search"


class Hit(msgspec.Struct, frozen=True):
    """A product on a page of results. `price` in minor units of `currency`; `why` in plain words."""

    id: str
    external_id: str
    title: str
    price: int | None
    currency: str
    merchant: str
    url: str
    image: str | None
    rating: float | None
    rating_count: int
    sponsored: bool
    why: tuple[str, ...]
    brand: str = ""


class SearchPage(msgspec.Struct, frozen=True):
    """A page of hits; `total`, `facets` and all pages speak of exactly one set. `corrected` is what was searched
    instead, when a word was taken for a mistyped one."""

    hits: tuple[Hit, ...]
    total: int
    facets: tuple[Facet, ...]
    took_ms: float
    request_id: str
    corrected: str | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """A way to go on typing: a query, a category or a brand. `filters` is what choosing it asks for."""

    text: str
    kind: str
    filters: dict[str, tuple[str, ...]] = {}
