"""What a list may be narrowed by: facets as links and boxes, the filters that are on, and a range of prices.

All of it stands in the address. A facet of which one value excludes the others (a category, a price, a rating) is shown
as links; of others several boxes may be ticked, and the form around them keeps what it does not show in hidden fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlencode

import msgspec

from entrepot.discovery import Facet, FacetValue, SearchRequest
from entrepot.kernel import Invalid, decimals_of, parse_money

from ..formats import money
from ..texts import has_text
from ..visit import Visit

FILTER = "filter."
BY_LINK = frozenset({"category", "price", "rating", "in_stock", "on_sale"})
SHOWN = 6
DEPTH_MAX = 2
DIGITS_MAX = 18

Pairs = list[tuple[str, str]]


class Link(msgspec.Struct, frozen=True):
    """Words that lead somewhere."""

    name: str
    url: str


class Place(msgspec.Struct, frozen=True):
    """Where a list is: a category, a brand, a merchant's shop, a collection. Its address stands for its filter.

    `crumbs` lead to what is above it, `parts` to what it divides into. `html` is cleaned.
    """

    kind: str
    name: str
    address: str
    filter: tuple[str, str]
    crumbs: tuple[Link, ...] = ()
    parts: tuple[Link, ...] = ()
    text: str = ""
    html: str = ""
    country: str = ""
    since: int | None = None


class Chip(msgspec.Struct, frozen=True):
    """A filter that is on, and the address without it."""

    label: str
    without: str


class ShownValue(msgspec.Struct, frozen=True):
    """A facet's value, and the address that turns it on or off; `depth` is how far below the first level it stands,
    `colour` the family of a colour."""

    value: str
    label: str
    count: int | None
    on: bool
    url: str
    depth: int = 0
    colour: str = ""


class ShownFacet(msgspec.Struct, frozen=True):
    """A facet: the values that are seen at once, and the rest of them."""

    name: str
    label: str
    on: bool
    by_link: bool
    first: tuple[ShownValue, ...]
    rest: tuple[ShownValue, ...]


class Filters:
    """The filters of a list as a page shows them; `kept` is what the address holds besides the page's number."""

    def __init__(
        self, visit: Visit, facets: Sequence[Facet], kept: Pairs, currency: str, place: Place | None = None
    ) -> None:
        self._visit = visit
        self._place = place
        own = place.filter[0] if place is not None and place.kind != "category" else ""
        self._facets = [facet for facet in facets if facet.values and facet.name != own]
        self._kept = kept
        self._currency = currency
        self._labels = {
            (facet.name, value.value): value.label or value.value for facet in facets for value in facet.values
        }

    def shown(self) -> list[ShownFacet]:
        """Every facet, in order."""
        return [self._shown(facet) for facet in self._facets]

    def applied(self) -> list[Chip]:
        """The filters that are on."""
        chips = []
        for name, value in self._kept:
            if name.startswith(FILTER):
                key = name.removeprefix(FILTER)
                label = self._value_label(key, value, self._labels.get((key, value), ""))
                chips.append(Chip(label, self.address(pair for pair in self._kept if pair != (name, value))))
        return chips

    def held(self) -> Pairs:
        """What the form of the boxes carries along unseen: all that none of its own fields says."""
        boxes = {
            (FILTER + facet.name, value.value)
            for facet in self._facets
            if facet.name not in BY_LINK
            for value in facet.values
        }
        return [pair for pair in self._kept if pair not in boxes and pair[0] != "filter.price"]

    def name_of(self, facet: str, value: str) -> str | None:
        """The words for a value of a facet, where it has any here."""
        return self._labels.get((facet, value))

    def label_of(self, name: str, value: str) -> str:
        """The words for a filter's value, whether a facet shows it or not."""
        return self._value_label(name, value, self._labels.get((name, value), ""))

    def money(self, minor: int) -> str:
        """A sum in the currency by which the list is filtered."""
        return money(minor, self._currency, self._visit.language)

    def _shown(self, facet: Facet) -> ShownFacet:
        name = FILTER + facet.name
        on = {value for key, value in self._kept if key == name}
        if facet.name == "category":
            first, rest = self._categories(facet, next(iter(on), ""))
        else:
            shown = [self._value(facet, value, on) for value in facet.values]
            first, rest = _in_two(shown)
        label = facet.label or _facet_label(facet.name, self._visit)
        return ShownFacet(facet.name, label, bool(on), facet.name in BY_LINK, tuple(first), tuple(rest))

    def address(self, pairs: Iterable[tuple[str, str]], base: str | None = None) -> str:
        """The address of this place, or of another one, with what else it is asked."""
        query = urlencode(list(pairs))
        path = base or (self._place.address if self._place else "/search")
        return f"{path}?{query}" if query else path

    def _value(self, facet: Facet, value: FacetValue, on: set[str]) -> ShownValue:
        name = FILTER + facet.name
        is_on = value.value in on or (facet.kind == "boolean" and bool(on))
        others = [pair for pair in self._kept if pair[0] != name]
        url = self.address(others if is_on else [*others, (name, value.value)])
        colour = value.value.replace(" ", "-") if facet.kind == "color" else ""
        label = self._value_label(facet.name, value.value, value.label)
        return ShownValue(value.value, label, value.count, is_on, url, colour=colour)

    def _categories(self, facet: Facet, on: str) -> tuple[list[ShownValue], list[ShownValue]]:
        """The way down the tree: from the top to where one is, and what lies below; beside a leaf, its siblings."""
        place, is_place = self._place, self._place is not None and self._place.kind == "category"
        here = place.filter[1] if place is not None and is_place else on
        others = [pair for pair in self._kept if pair[0] != "filter.category"]
        parents = {_parent(value.value) for value in facet.values}
        middle = here if here in parents else _parent(here)
        seen = [value for value in facet.values if _parent(value.value) == middle or _is_above(value.value, here)]
        links = []
        for value in sorted(seen, key=lambda each: each.value.split("/")):
            base = f"/category/{quote(value.value)}" if is_place else None
            url = self.address(others if is_place else [*others, ("filter.category", value.value)], base)
            depth = min(value.value.count("/"), DEPTH_MAX)
            label, is_here = value.label or value.value, value.value == here
            links.append(ShownValue(value.value, label, value.count, is_here, url, depth))
        if here:
            top = self.address(others, "/search" if is_place else None)
            return [ShownValue("", self._visit.say("search.all"), None, False, top), *links], []
        return _in_two(sorted(links, key=lambda link: -(link.count or 0)), 12)

    def _value_label(self, name: str, value: str, label: str) -> str:
        if name == "price" and ".." in value:
            return self._range_label(*value.split("..", 1))
        if name == "rating":
            return self._visit.say("facet.rating_from", stars=value.split("..")[0])
        if name == "on_sale":
            return self._visit.say("facet.on_sale_yes" if value in ("yes", "true") else "facet.on_sale_no")
        if name == "in_stock":
            return self._visit.say("facet.in_stock_yes" if value == "true" else "facet.in_stock_no")
        return label or value

    def _range_label(self, low: str, high: str) -> str:
        currency, language = self._currency, self._visit.language
        shown = [money(int(end), currency, language) if _is_number(end) else "" for end in (low, high)]
        if not shown[0]:
            return self._visit.say("facet.price_to", high=shown[1])
        if not shown[1]:
            return self._visit.say("facet.price_from", low=shown[0])
        return f"{shown[0]} – {shown[1]}"


def with_price(pairs: Pairs, currency: str) -> Pairs:
    """The two boxes of a price range as the one filter that they mean."""
    values = dict(pairs)
    kept = [pair for pair in pairs if pair[0] not in ("price_from", "price_to", "filter.price", "page")]
    low, high = (_minor(values.get(name, ""), currency) for name in ("price_from", "price_to"))
    if low or high:
        kept.append(("filter.price", f"{low}..{high}"))
    return kept


def price_bounds(request: SearchRequest, currency: str) -> tuple[str, str]:
    """The range that is on, as people write it."""
    low, _, high = next(iter(request.filters.get("price", ("..",)))).partition("..")
    return major(low, currency), major(high, currency)


def major(minor: str, currency: str) -> str:
    """Minor units as people write them, without a mark; empty for what is no number."""
    if not _is_number(minor):
        return ""
    decimals = decimals_of(currency)
    whole, rest = divmod(int(minor), 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals and rest else str(whole)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _is_above(path: str, here: str) -> bool:
    return here == path or here.startswith(f"{path}/")


def _in_two(values: list[ShownValue], at: int = SHOWN) -> tuple[list[ShownValue], list[ShownValue]]:
    """Those that are seen at once and the rest; what is on comes first. One alone is not hidden."""
    ordered = sorted(values, key=lambda value: not value.on) if len(values) > at + 1 else values
    at = max(at, sum(value.on for value in ordered))
    return (ordered[:at], ordered[at:]) if len(ordered) > at + 1 else (ordered, [])


def _facet_label(name: str, visit: Visit) -> str:
    key = f"facet.{name}"
    return visit.say(key) if has_text(key) else name.replace("_", " ").capitalize()


def _minor(text: str, currency: str) -> str:
    try:
        return str(max(parse_money(text, currency), 0)) if text.strip() else ""
    except Invalid:
        return ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX
