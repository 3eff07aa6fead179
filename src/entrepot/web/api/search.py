"""Finding: search with its facets, suggestions, products, categories and merchants. Open to everybody."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta
from msgspec.structs import replace

from entrepot import catalog, discovery

from ..endpoints import endpoint
from ..params import NO_NUL, After, Id, Most, OptionalKey, Prose
from ..refusals import Unreadable
from ..visit import Visit
from ..wire import Listed, Made, listed

FILTERS_MAX = 200
VALUES_MAX = 20
FILTER_LENGTH_MAX = 200
_PREFIX = "filter."

Query = Annotated[str, QueryParameter(name="q", max_length=500, pattern=NO_NUL, description="What to find")]
Limit = Annotated[int, QueryParameter(name="limit", ge=0, le=discovery.LIMIT_MAX, description="Hits a page")]
Offset = Annotated[int, QueryParameter(name="offset", ge=0, le=1_000_000, description="Hits to skip, at most 10,000")]
Cursor = Annotated[
    str,
    QueryParameter(
        name="cursor",
        max_length=60,
        pattern=NO_NUL,
        description="`*` begins a list that stands still for an hour: each product once, in the order of the "
        "beginning, without those that can no longer be had. Then `next` of the page before; it knows what was asked",
    ),
]
Sort = Annotated[
    str,
    QueryParameter(name="sort", pattern="^(relevance|price|-price|newest|rating)$", description="The order of hits"),
]

Exact = Annotated[
    bool,
    QueryParameter(name="exact", description="Take the words as they are: nothing is understood from them, or mended"),
]
Ignore = Annotated[
    list[Annotated[str, Meta(max_length=20, pattern=NO_NUL)]] | None,
    QueryParameter(name="ignore", max_items=10, description="Kinds of chip that are not to be understood: `role`"),
]


def _filter(name: str, description: str, example: str, pattern: str = NO_NUL) -> dict[str, Any]:
    value = {"type": "string", "maxLength": FILTER_LENGTH_MAX, "pattern": pattern}
    return {
        "name": f"{_PREFIX}{name}",
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "array", "maxItems": VALUES_MAX, "items": value},
        "example": [example],
        "style": "form",
        "explode": True,
    }


_CATEGORY = (
    "A category's slug path; what is below it counts too. Any attribute's code works likewise, such as `filter.color`, "
    "with a value as people write it or a range (`filter.storage=1 TB..2 TB`); a filter given several times means or"
)
FILTERS = [
    _filter("category", _CATEGORY, "electronics/audio"),
    _filter("brand", "A brand", "Aurora"),
    _filter("merchant", "A merchant's id", "org_01K00000000000000000000000"),
    _filter(
        "price",
        "Minor units of the home currency: from..to; either may be left out",
        "1000..5000",
        r"^[0-9]{1,12}\.\.[0-9]{0,12}$",
    ),
    _filter("rating", "Stars: from..", "4..", r"^[0-5]\.\.$"),
    _filter("in_stock", "`true`: only what can be had now", "true", "^(true|false)$"),
    _filter("on_sale", "`true`: only what is reduced", "true", "^(true|false)$"),
    _filter("condition", "`new`, `refurbished` or `used`", "new", "^(new|refurbished|used)$"),
    _filter("collection", "A collection's slug", "summer"),
]


class Suggestions(msgspec.Struct, frozen=True):
    """Ways to go on typing, the likeliest first."""

    suggestions: list[discovery.Suggestion]


class Categories(msgspec.Struct, frozen=True):
    """The tree, parents before children."""

    categories: list[catalog.Category]


class WriteReview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody who bought it here says: 1 to 5 stars, and words."""

    rating: Annotated[int, Meta(ge=1, le=5)]
    title: Annotated[str, Meta(pattern=NO_NUL, max_length=200)] = ""
    body: Prose = ""


@endpoint("GET", "/api/search", rate="search", parameters=FILTERS)
async def search(
    visit: Visit,
    q: Query = "",
    limit: Limit = 24,
    offset: Offset = 0,
    sort: Sort = "relevance",
    cursor: Cursor = "",
    exact: Exact = False,
    ignore: Ignore = None,
) -> discovery.SearchPage:
    """Find products. `total`, `facets` and every page speak of exactly one set, and every filter of one offer.

    Pages by `offset` are each as of now, so a product may move from one to another in between; a `cursor` reads a list
    that stands still. `understood` says what the words were taken to mean, with `chips` that can be taken away.
    """
    session = visit.session.id if visit.session else None
    request = discovery.SearchRequest(
        q, read_filters(visit), sort, limit, offset, session, visit.language, cursor=cursor or None, exact=exact,
        ignore=tuple(ignore or ()),
    )  # fmt: skip
    return await visit.search(request)


@endpoint("GET", "/api/suggest", rate="search")
async def suggest(visit: Visit, q: Query = "") -> Suggestions:
    """Ways to go on typing: queries, categories, brands and products, each with its page."""
    found = await visit.on_thread(lambda: visit.entrepot.searcher.suggest(q, visit.language))
    return Suggestions([_with_page(visit, each) for each in found])


@endpoint("GET", "/api/products/{product_id:str}")
async def get_product(visit: Visit, product_id: Id) -> catalog.ProductView:
    """A product with its variants, every seller's offers, pictures and reviews."""
    return await visit.read(lambda s: catalog.get_product(s, product_id, visit.scope))


@endpoint("POST", "/api/products/{product_id:str}/reviews", asks=WriteReview, access="person")
async def write_review(visit: Visit, product_id: Id, asked: WriteReview, key: OptionalKey = None) -> catalog.Review:
    """Review a product that was bought and received here; a second review replaces the first."""
    name = visit.session.user.name if visit.session and visit.session.user else ""
    text = catalog.ReviewText(asked.rating, name, asked.title, asked.body)
    made = await visit.once(key, lambda tx: Made(catalog.write_review(tx, visit.scope, product_id, text).id), Made)
    return await visit.read(lambda s: catalog.get_review(s, visit.scope, made.id))


@endpoint("GET", "/api/categories")
async def list_categories(visit: Visit) -> Categories:
    """Every category."""
    return Categories(await visit.read(catalog.list_categories))


@endpoint("GET", "/api/merchants")
async def list_merchants(visit: Visit, after: After = None, most: Most = 50) -> Listed[catalog.Merchant]:
    """Approved merchants, oldest first."""
    found = await visit.read(lambda s: catalog.list_merchants(s, visit.scope, "approved", after or "", most + 1))
    return listed(found, most, lambda merchant: merchant.id)


def _with_page(visit: Visit, suggestion: discovery.Suggestion) -> discovery.Suggestion:
    """A suggestion with the address it leads to, and what it is."""
    value = next(iter(suggestion.filters.get(suggestion.kind, ())), "")
    if suggestion.kind == "category":
        return replace(suggestion, url=f"/category/{quote(value)}", note=visit.say("suggest.category"))
    if suggestion.kind == "brand":
        return replace(suggestion, url=f"/brand/{quote(value, safe='')}", note=visit.say("suggest.brand"))
    return suggestion if suggestion.url else replace(suggestion, url=f"/search?q={quote(suggestion.text, safe='')}")


def read_filters(visit: Visit) -> dict[str, tuple[str, ...]]:
    """The `filter.<name>` parameters; a repeated one means or."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in visit.request.query_params.multi_items():
        if not name.startswith(_PREFIX):
            continue
        code = name.removeprefix(_PREFIX)
        if not code or max(len(code), len(value)) > FILTER_LENGTH_MAX or "\0" in name + value:
            raise Unreadable(f"A filter has a name and a value of at most {FILTER_LENGTH_MAX} characters")
        found[code] = (*found.get(code, ()), value)
        if len(found[code]) > VALUES_MAX or sum(map(len, found.values())) > FILTERS_MAX:
            raise Unreadable(f"At most {VALUES_MAX} values of a filter may be given at once, {FILTERS_MAX} in all")
    return found


ROUTES: tuple[ControllerRouterHandler, ...] = (
    search,
    suggest,
    get_product,
    write_review,
    list_categories,
    list_merchants,
)
