"""What discovery speaks of: documents to be found, requests, pages of hits with their facets, suggestions."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot import catalog

THING, ROLE = "thing", "role"
"""The names under which an index keeps what a product is."""
SORTS = ("relevance", "price", "-price", "newest", "rating")
LIMIT_MAX = 600
OFFSET_MAX = 10_000
"""Further down a list leads only a cursor."""


class Synonym(msgspec.Struct, frozen=True):
    """Words of a query, one beside the other, and what else they may be called; all as `query_words` gives them. Where
    `in_names`, the others count only for a product that is called so: by its title, its brand or its category."""

    words: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]
    in_names: bool = False


class Offer(msgspec.Struct, frozen=True):
    """One seller's offer of one variant, as an index sees it. `attributes` are the variant's own (code, key) pairs.

    `price_minor` is in the market's home currency, whatever the seller's is; None where it cannot be compared.
    `reduced` while it costs less than before.
    """

    id: str
    merchant: str = ""
    price_minor: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    condition: str = "new"
    sellable: bool = True
    in_stock: bool = True
    reduced: bool = False
    foreign: bool = False


class Document(msgspec.Struct, frozen=True):
    """A product as an index sees it. Ratings in hundredths of a star, times in microseconds.

    `attributes` are (code, key) pairs that hold for every variant, keys as `catalog.normalise` makes them, so that "1
    TB" and "1000 GB" are one; `labels` are (code, key, label) where people write a key in another way. `offers` are all
    ways to buy it, the one to propose first in front. `keywords` are words that find it and are shown nowhere, such as
    part numbers.
    """

    id: str
    title: str
    external_id: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    category_names: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str, str], ...] = ()
    rating_centi: int = 0
    rating_count: int = 0
    created_at: int = 0
    offers: tuple[Offer, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """What may change about a product without its text changing; takes effect at once, in cached lists too."""

    id: str
    rating_centi: int = 0
    rating_count: int = 0
    collections: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()


class FacetValue(msgspec.Struct, frozen=True):
    """A value to filter by and how many results it would leave; `label` is for people."""

    value: str
    count: int
    label: str = ""


class Facet(msgspec.Struct, frozen=True):
    """A name to filter by, with its values; counts are exact and leave out the facet's own filter.

    `kind` says how to show it: as words, colours, numbers (with their `unit`), or as yes and no.
    """

    name: str
    values: tuple[FacetValue, ...]
    label: str = ""
    kind: str = "text"
    unit: str = ""


class Chip(msgspec.Struct, frozen=True):
    """One thing that was understood from a query, for people to see and to take away.

    `kind` is price, attribute, brand, measure, not, role, fits, alias or spelling; `name` and `value` are those of the
    filter that it is, or stands for. `words` are the query's that say it; with the parameters in `without` the same
    search is asked without it. A `strict` one leaves out what it does not hold for, another puts it further down.
    """

    kind: str
    label: str
    name: str = ""
    value: str = ""
    words: str = ""
    without: tuple[tuple[str, str], ...] = ()
    strict: bool = False


class Wish(msgspec.Struct, frozen=True):
    """What is preferred: `weight` more for a product with one of these values of a name; below zero, less."""

    name: str
    values: tuple[str, ...]
    weight: float


class Subject(msgspec.Struct, frozen=True):
    """Products of one of these `things`, or, where their thing is not known or no thing is asked for, those whose title
    has all words of one of the `names`, and those of one of the `categories`, whose name the query is; never one of
    another `role`, where one is given. Where it is `narrow`, of all these only what has such a title, as long as there
    is some: of all spreads only honey. The `homonyms` are things that bear its name by chance: a power bank, for
    whoever says `bank` for a sofa."""

    things: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    categories: tuple[str, ...] = ()
    role: str = ""
    narrow: bool = False
    homonyms: tuple[str, ...] = ()

    def holds(self, things: Sequence[str], roles: Sequence[str], is_called: bool) -> bool:
        """Whether a product of these things and roles is meant, that is called by a name or category or is not."""
        if self.role and roles and self.role not in roles:
            return False
        if self.things and things:
            return not set(self.things).isdisjoint(things)
        return is_called


class Relaxed(msgspec.Struct, frozen=True):
    """Something that was asked for and is not there, so that it was left out: its kind, and its words. A price, whose
    `value` is that of the filter, is widened instead; `nearest` is the price that comes next, in minor units of the
    home currency."""

    kind: str
    words: str
    label: str = ""
    value: str = ""
    nearest: int | None = None


class Understood(msgspec.Struct, frozen=True):
    """What a query means. `text` are the words that are searched, with `synonyms` for them; `text_terms` the same as
    the index compares them, and `meant` the same in the shop's own words, for comparing by meaning. Where `is_plain`
    nothing was understood, and the query is searched as it was typed.

    `filters` hold for every result, `must_not` (values by name) and `unwanted` (words of its name) for none; `wishes`
    say what is preferred. `price` is a range in minor units of the home currency, and one of the filters. `role` is
    what is looked for: a device, an accessory, a part or a consumable; `fits` what it is to fit. `corrected` is the
    query with its typos mended, `typed` as it was before. `relaxed` is what was left out because nothing had it all.
    `subject` tells what is about it from what mentions it; `soft` are the words that are given up first, `firm` those
    that are given up last, both as typed. Where it is to be `cheap`, low prices are preferred.
    """

    text: str = ""
    meant: str = ""
    text_terms: tuple[str, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    filters: dict[str, tuple[str, ...]] = {}
    must_not: dict[str, tuple[str, ...]] = {}
    unwanted: tuple[str, ...] = ()
    wishes: tuple[Wish, ...] = ()
    price: str | None = None
    role: str | None = None
    things: tuple[str, ...] = ()
    fits: tuple[str, ...] = ()
    chips: tuple[Chip, ...] = ()
    language: str = ""
    corrected: str | None = None
    typed: str = ""
    relaxed: tuple[Relaxed, ...] = ()
    subject: Subject | None = None
    soft: tuple[str, ...] = ()
    firm: tuple[str, ...] = ()
    cheap: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether nothing but words was found in it."""
        told = self.chips or self.corrected or self.relaxed
        return not (told or self.synonyms or self.unwanted or self.wishes or self.filters)


class SearchRequest(msgspec.Struct, frozen=True):
    """What a shopper asks for. Within a filter's values: or; between filters: and, for one and the same offer.

    `cursor` asks for a list that stands still while its pages are read: `*` for the first page, then `next` of the one
    before. Without `facets` they are not counted: a shelf needs none. An `exact` query is taken word by word; what is
    named in `ignore` (the `kind` of a chip) is not understood from it.
    """

    q: str = ""
    filters: dict[str, tuple[str, ...]] = {}
    sort: str = "relevance"
    limit: int = 24
    offset: int = 0
    session: str | None = None
    language: str = "en"
    surface: str = "search"
    cursor: str | None = None
    facets: bool = True
    exact: bool = False
    ignore: tuple[str, ...] = ()


class Hit(msgspec.Struct, frozen=True):
    """A product on a page of results, with the offer that fits the request best.

    `price` is in minor units of `currency`, the seller's; `home_price` is the same in the market's home currency, by
    which lists are sorted and filtered. While reduced, `was` is the price before and `lowest_30d` the lowest of the 30
    days before. `url` leads to the very variant. `why` in plain words. A `model` is paid by its `meters`; its `price`
    is the first one's, in minor units, rounded up.
    """

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
    home_price: int | None = None
    was: int | None = None
    lowest_30d: int | None = None
    offer_id: str = ""
    variant_id: str = ""
    variants: int = 1
    price_max: int | None = None
    kind: str = "thing"
    meters: tuple[catalog.MeterPrice, ...] = ()


class SearchPage(msgspec.Struct, frozen=True):
    """A page of hits; `total`, `facets` and all pages speak of exactly one set. `corrected` is what was searched
    instead, when a word was taken for a mistyped one. `currency` is what prices in filters and facets are in; `next`
    leads to the next page of a list that stands still, None at its end. `understood` is what the query was taken to
    mean, None for an exact one and for one without words."""

    hits: tuple[Hit, ...]
    total: int
    facets: tuple[Facet, ...]
    took_ms: float
    request_id: str
    corrected: str | None = None
    currency: str = ""
    next: str | None = None
    understood: Understood | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """A way to go on typing: a query, a category, a brand or a product. `filters` is what choosing it asks for, `url`
    its page; a product has its `image`, and `note` says in the shopper's language what it is."""

    text: str
    kind: str
    filters: dict[str, tuple[str, ...]] = {}
    url: str = ""
    image: str | None = None
    note: str = ""
