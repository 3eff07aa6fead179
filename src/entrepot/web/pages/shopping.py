"""Finding things: the list of a search or a category with its filters, and the page of a product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import AttributeDefinition, OfferView, ProductView, ReviewText, VariantView
from entrepot.discovery import SORTS, Facet, SearchPage, SearchRequest
from entrepot.kernel import Invalid, Refused, decimals_of, parse_money

from ..formats import money
from ..params import Slug
from ..rendering import redirect, render
from ..shelves import list_industries, tokens_of
from ..texts import has_text
from ..visit import Visit

PAGE = 24
HITS_MAX = 600
RELATED = 6
FILTER = "filter."
LENGTH_MAX = 200
DEPTH_MAX = 2


class Chip(msgspec.Struct, frozen=True):
    """A filter that is on, and the address without it."""

    label: str
    without: str


class ShownValue(msgspec.Struct, frozen=True):
    """A facet's value as a link that turns it on or off; `depth` is how far below the first level it stands."""

    label: str
    count: int
    on: bool
    url: str
    depth: int = 0


class ShownFacet(msgspec.Struct, frozen=True):
    """A facet with its links."""

    name: str
    label: str
    on: bool
    values: tuple[ShownValue, ...]


class Choice(msgspec.Struct, frozen=True):
    """Something to choose a variant by."""

    name: str
    chosen: str
    values: tuple[ChoiceValue, ...]


class ChoiceValue(msgspec.Struct, frozen=True):
    """A value, the address of the variant that has it, and whether that variant can be had."""

    label: str
    on: bool
    there: bool
    url: str


@get("/search", include_in_schema=False, opt={"rate": "search"})
async def search(visit: Visit) -> Response[Any]:
    """Hits with their filters. All of it is in the address, so that it can be kept and sent on."""
    pairs = [(name, value) for name, value in visit.request.query_params.multi_items() if value]
    market = await visit.market()
    if any(name in ("price_from", "price_to") for name, _ in pairs):
        return redirect(f"/search?{urlencode(_with_price(pairs, market.currency))}")
    request, at = _request(visit, pairs)
    found = await visit.search(request)
    kept = [(name, value) for name, value in pairs if name != "page" and name != "lang"]
    facets = [_shown(facet, kept, visit, market.currency) for facet in found.facets]
    industries = await visit.read(lambda s: list_industries(s, visit.language))
    labels = {(facet.name, value.value): value.label or value.value for facet in found.facets for value in facet.values}
    pages = -(-min(found.total, HITS_MAX if request.q else found.total) // PAGE)
    low, high = _price_bounds(request, market.currency)
    return await render(
        visit,
        "search.html",
        request=request,
        found=found,
        facets=facets,
        applied=_chips(kept, labels, visit, market.currency),
        kept=kept,
        sorts=SORTS,
        industries=industries,
        here=next(iter(request.filters.get("category", ())), None),
        category_name=_category_name(request, labels),
        currency=market.currency,
        price_from=low,
        price_to=high,
        at=at,
        pages=pages,
        numbers=_numbers(at, pages),
        page_url=_page_url(kept),
        tokens=tokens_of(visit, found, request.offset),
    )


@get("/p/{slug:str}", include_in_schema=False)
async def product(visit: Visit, slug: Slug) -> Response[str]:
    """A product: its variants, who sells it and for how much, what buyers say."""
    view = await visit.read(lambda s: catalog.get_product(s, slug))
    variant = _chosen_variant(view, visit.request.query_params.get("variant"))
    offer = variant.featured if variant else None
    related = await _related(visit, view)
    return await render(
        visit,
        "product.html",
        view=view,
        offer=offer,
        others=variant.offers[1:] if variant else (),
        choices=_choices(view, variant),
        pictures=_pictures(view, variant),
        specs=_specs(view, await visit.read(catalog.list_attributes), visit.language),
        structured=_structured(view, visit.policy.public_url),
        related=related,
        may_review=await visit.read(lambda s: catalog.may_review(s, visit.scope, view.id)),
        confirm_days=visit.entrepot.settings.orders.confirm_days,
        industries=await visit.read(lambda s: list_industries(s, visit.language)),
        here=view.category[0].slug if view.category else None,
    )


class ReviewForm(msgspec.Struct, frozen=True):
    """What a buyer writes."""

    rating: int
    title: str
    body: str = ""


@post("/p/{slug:str}/reviews", include_in_schema=False, opt={"access": "person"})
async def review(visit: Visit, slug: Slug) -> Response[Any]:
    """Take a buyer's review."""
    form = await visit.fields(ReviewForm)
    view = await visit.read(lambda s: catalog.get_product(s, slug))
    user = visit.session.user if visit.session else None
    text = ReviewText(form.rating, user.name if user else "", form.title.strip(), form.body.strip())
    await visit.write(lambda tx: catalog.write_review(tx, visit.scope, view.id, text))
    visit.flash("review.thanks")
    return redirect(f"/p/{slug}#reviews")


# --- the list


def _request(visit: Visit, pairs: list[tuple[str, str]]) -> tuple[SearchRequest, int]:
    """What the address asks for; a page or a sort that is none counts as the first."""
    values = dict(pairs)
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name.startswith(FILTER):
            key = name.removeprefix(FILTER)
            filters[key] = (*filters.get(key, ()), value)
    page = values.get("page", "1")
    at = min(max(int(page), 1), 10_000) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
    sort = values.get("sort", "relevance")
    request = SearchRequest(
        q=values.get("q", "").strip()[:LENGTH_MAX],
        filters=filters,
        sort=sort if sort in SORTS else "relevance",
        limit=PAGE,
        offset=(at - 1) * PAGE,
        session=visit.session.id if visit.session else None,
        language=visit.language,
    )
    return request, at


def _with_price(pairs: list[tuple[str, str]], currency: str) -> list[tuple[str, str]]:
    """The two boxes of a price range as the one filter that they mean."""
    values = dict(pairs)
    kept = [pair for pair in pairs if pair[0] not in ("price_from", "price_to", "filter.price", "page")]
    low, high = (_minor(values.get(name, ""), currency) for name in ("price_from", "price_to"))
    if low or high:
        kept.append(("filter.price", f"{low}..{high}"))
    return kept


def _minor(text: str, currency: str) -> str:
    try:
        return str(max(parse_money(text, currency), 0)) if text.strip() else ""
    except Invalid:
        return ""


def _price_bounds(request: SearchRequest, currency: str) -> tuple[str, str]:
    """The range that is on, as people write it."""
    low, _, high = next(iter(request.filters.get("price", ("..",)))).partition("..")
    return _major(low, currency), _major(high, currency)


def _major(minor: str, currency: str) -> str:
    if not (minor.isascii() and minor.isdecimal()):
        return ""
    decimals = decimals_of(currency)
    whole, rest = divmod(int(minor), 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals and rest else str(whole)


def _shown(facet: Facet, kept: list[tuple[str, str]], visit: Visit, currency: str) -> ShownFacet:
    name = FILTER + facet.name
    on = {value for key, value in kept if key == name}
    values = []
    tree = facet.name == "category"
    for value in sorted(facet.values, key=lambda value: value.value.split("/")) if tree else facet.values:
        pairs = [pair for pair in kept if pair != (name, value.value)]
        if value.value not in on:
            pairs = [*pairs, (name, value.value)]
        label = _value_label(facet.name, value.value, value.label, visit, currency)
        depth = min(value.value.count("/"), DEPTH_MAX) if tree else 0
        values.append(ShownValue(label, value.count, value.value in on, f"/search?{urlencode(pairs)}", depth))
    return ShownFacet(facet.name, facet.label or _facet_label(facet.name, visit), bool(on), tuple(values))


def _facet_label(name: str, visit: Visit) -> str:
    key = f"facet.{name}"
    return visit.say(key) if has_text(key) else name.replace("_", " ").capitalize()


def _value_label(name: str, value: str, label: str, visit: Visit, currency: str) -> str:
    if name == "price" and ".." in value:
        low, _, high = value.partition("..")
        return _range_label(low, high, visit, currency)
    if name == "rating":
        return visit.say("facet.rating_from", stars=value.split("..")[0])
    if name == "in_stock":
        return visit.say("facet.in_stock_yes" if value == "true" else "facet.in_stock_no")
    return label or value


def _range_label(low: str, high: str, visit: Visit, currency: str) -> str:
    shown = [
        money(int(end), currency, visit.language) if end.isascii() and end.isdecimal() else "" for end in (low, high)
    ]
    if not shown[0]:
        return visit.say("facet.price_to", high=shown[1])
    if not shown[1]:
        return visit.say("facet.price_from", low=shown[0])
    return f"{shown[0]} – {shown[1]}"


def _chips(kept: list[tuple[str, str]], labels: dict[tuple[str, str], str], visit: Visit, currency: str) -> list[Chip]:
    chips = []
    for name, value in kept:
        if name.startswith(FILTER):
            key = name.removeprefix(FILTER)
            label = _value_label(key, value, labels.get((key, value), ""), visit, currency)
            pairs = [pair for pair in kept if pair != (name, value)]
            chips.append(Chip(label, f"/search?{urlencode(pairs)}" if pairs else "/search"))
    return chips


def _category_name(request: SearchRequest, labels: dict[tuple[str, str], str]) -> str | None:
    chosen = request.filters.get("category", ())
    return labels.get(("category", chosen[0])) if len(chosen) == 1 else None


def _page_url(kept: list[tuple[str, str]]) -> Callable[[int], str]:
    return lambda number: f"/search?{urlencode([*kept, ('page', str(number))])}"


def _numbers(at: int, pages: int) -> Iterable[int]:
    return range(max(1, at - 2), min(pages, at + 2) + 1)


# --- the product


def _chosen_variant(view: ProductView, wanted: str | None) -> VariantView | None:
    """The variant of the address, else that of the featured offer, else the first."""
    by_id = {variant.id: variant for variant in view.variants}
    if wanted in by_id:
        return by_id[str(wanted)]
    for variant in view.variants:
        if any(offer.id == view.featured_offer_id for offer in variant.offers):
            return variant
    return view.variants[0] if view.variants else None


def _choices(view: ProductView, chosen: VariantView | None) -> list[Choice]:
    if chosen is None or len(view.variants) < 2:
        return []
    choices = []
    for option in view.options:
        values = [_choice_value(view, chosen, option.name, value) for value in option.values]
        choices.append(Choice(option.name, chosen.options.get(option.name, ""), tuple(values)))
    return choices


def _choice_value(view: ProductView, chosen: VariantView, name: str, value: str) -> ChoiceValue:
    """The variant with this value that shares most of the rest with the chosen one."""
    wanted = {**chosen.options, name: value}
    fitting = [variant for variant in view.variants if variant.options.get(name) == value]
    best = max(fitting, key=lambda v: sum(v.options.get(k) == w for k, w in wanted.items()), default=None)
    there = best is not None and best.options == wanted and _is_sold(best.featured)
    url = f"/p/{view.slug}?variant={best.id}" if best else f"/p/{view.slug}"
    return ChoiceValue(value, chosen.options.get(name) == value, there, url)


def _is_sold(offer: OfferView | None) -> bool:
    return offer is not None and offer.sellable


def _pictures(view: ProductView, variant: VariantView | None) -> list[catalog.PictureView]:
    """The stored pictures; the one that shows the chosen variant first."""
    stored = [picture for picture in view.pictures if picture.sha256]
    shown = variant.picture if variant else None
    return sorted(stored, key=lambda picture: picture.sha256 != shown)


def _specs(view: ProductView, definitions: Sequence[AttributeDefinition], language: str) -> list[tuple[str, str]]:
    """What is known about the product, by the name of each attribute, with units."""
    known = {definition.code: definition for definition in definitions}
    specs = []
    for code, values in view.attributes.items():
        definition = known.get(code)
        name = (definition.names.get(language) or definition.names.get("en")) if definition else None
        unit = f" {definition.unit}" if definition and definition.unit else ""
        specs.append((name or code.replace("_", " ").capitalize(), ", ".join(value + unit for value in values)))
    return specs


async def _related(visit: Visit, view: ProductView) -> list[Any]:
    if not view.category:
        return []
    request = SearchRequest(
        filters={"category": (view.category[-1].slug,), "in_stock": ("true",)}, limit=RELATED + 1, surface="related"
    )
    try:
        found: SearchPage = await visit.search(request)
    except Refused:
        return []
    return [hit for hit in found.hits if hit.id != view.id][:RELATED]


def _structured(view: ProductView, site: str) -> dict[str, Any]:
    """The product in the words of schema.org, for search engines."""
    offers = [
        {
            "@type": "Offer",
            "price": _major(str(offer.price_minor), offer.currency),
            "priceCurrency": offer.currency,
            "availability": f"https://schema.org/{'InStock' if offer.sellable else 'OutOfStock'}",
            "seller": {"@type": "Organization", "name": offer.merchant_name},
        }
        for offer in view.offers[:20]
    ]
    structured: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": view.title,
        "url": f"{site}/p/{view.slug}",
        "offers": offers,
    }
    if view.brand:
        structured["brand"] = {"@type": "Brand", "name": view.brand}
    if view.rating.count:
        structured["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": view.rating.average,
            "reviewCount": view.rating.count,
        }
    return structured


ROUTES: tuple[ControllerRouterHandler, ...] = (search, product, review)
