"""The front page: what the market is, and what is in it."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot.discovery import Hit, SearchPage, SearchRequest

from ..rendering import render
from ..shelves import Industry, list_industries, tokens_of
from ..visit import Visit

SHELF = 12
MOSAIC = 9


class Tile(msgspec.Struct, frozen=True):
    """A category with a picture of something in it."""

    slug: str
    name: str
    image: str | None


class Shelf(msgspec.Struct, frozen=True):
    """A row of products, and where the rest of them are."""

    name: str
    url: str
    hits: tuple[Hit, ...]
    tokens: dict[str, str]


@get("/", include_in_schema=False)
async def home(visit: Visit) -> Response[str]:
    """The front page."""
    industries = await visit.read(lambda s: list_industries(s, visit.language))
    popular = await _find(visit, "home.popular")
    shelves = [_shelf(visit, "home.popular", "/search", popular)]
    fresh = await _find(visit, "home.new", sort="newest")
    shelves.append(_shelf(visit, "home.new", "/search?sort=newest", fresh))
    tiles = []
    for industry in industries:
        found = await _find(visit, "home.industry", category=industry.slug)
        shelves.append(_shelf(visit, industry.name, f"/search?filter.category={industry.slug}", found))
        tiles += _tiles(industry, found)
    return await render(
        visit,
        "home.html",
        industries=industries,
        here=None,
        mosaic=[hit for hit in popular.hits if hit.image][:MOSAIC],
        tiles=tiles,
        shelves=[shelf for shelf in shelves if shelf.hits],
    )


async def _find(visit: Visit, surface: str, sort: str = "relevance", category: str | None = None) -> SearchPage:
    filters: dict[str, tuple[str, ...]] = {"in_stock": ("true",)}
    if category is not None:
        filters["category"] = (category,)
    request = SearchRequest(
        filters=filters,
        sort=sort,
        limit=SHELF,
        session=visit.session.id if visit.session else None,
        language=visit.language,
        surface=surface,
    )
    return await visit.search(request)


def _shelf(visit: Visit, name: str, url: str, found: SearchPage) -> Shelf:
    text = visit.say(name) if name.startswith("home.") else name
    return Shelf(text, url, found.hits, tokens_of(visit, found))


def _tiles(industry: Industry, found: SearchPage) -> list[Tile]:
    image = next((hit.image for hit in found.hits if hit.image), None)
    return [Tile(industry.slug, industry.name, image)] if found.total else []


ROUTES: tuple[ControllerRouterHandler, ...] = (home,)
