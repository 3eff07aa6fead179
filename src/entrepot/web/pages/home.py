"""The front page: what the market is, and what is in it."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import catalog, group
from entrepot.discovery import Hit, SearchRequest
from entrepot.kernel import Snapshot

from ..rendering import render
from ..shelves import Industry, list_industries, tokens_of
from ..visit import Visit
from .browsing import category_address

POPULAR = 20
SHELF = 8
FRESH = 12
MOSAIC = 8
LEAST = 6
SUBJECTS_MAX = 10


class Shelf(msgspec.Struct, frozen=True):
    """Products in a row, and what the browser sends when one of them was seen."""

    hits: tuple[Hit, ...]
    tokens: dict[str, str]

    def without(self, seen: set[str], most: int) -> Shelf:
        """What is left where others have been shown already; all, where little would be."""
        rest = tuple(hit for hit in self.hits if hit.id not in seen)
        return Shelf((rest if len(rest) >= LEAST else self.hits)[:most], self.tokens)


class Department(msgspec.Struct, frozen=True):
    """An industry: what it divides into, and some of its products."""

    name: str
    url: str
    subjects: tuple[Industry, ...]
    shelf: Shelf


@get("/", include_in_schema=False)
async def home(visit: Visit) -> Response[str]:
    """The front page."""
    industries = await visit.read(lambda s: list_industries(s, visit.language))
    popular = await _shelf(visit, "home.popular", POPULAR)
    seen = {hit.id for hit in popular.hits}
    fresh = await _shelf(visit, "home.new", FRESH + POPULAR, sort="newest")
    mosaic = [hit for hit in popular.hits if hit.image][:MOSAIC]
    return await render(
        visit,
        "home.html",
        industries=industries,
        here=None,
        mosaic=mosaic,
        popular=popular.without({hit.id for hit in mosaic}, POPULAR),
        departments=await _departments(visit, industries, seen),
        fresh=fresh.without(seen, FRESH),
        opened=bool(fresh.hits) or await visit.glance(group.find_market) is not None,
    )


async def _departments(visit: Visit, industries: list[Industry], seen: set[str]) -> list[Department]:
    subjects = await visit.read(lambda s: _subjects(s, visit.language))
    departments = []
    for industry in industries:
        shelf = await _shelf(visit, "home.industry", 2 * SHELF, category=industry.slug)
        if shelf.hits:
            url = category_address(industry.slug)
            shelf = shelf.without(seen, SHELF)
            departments.append(Department(industry.name, url, subjects.get(industry.slug, ()), shelf))
    return departments


async def _shelf(visit: Visit, surface: str, most: int, sort: str = "relevance", category: str | None = None) -> Shelf:
    filters: dict[str, tuple[str, ...]] = {"in_stock": ("true",)}
    if category is not None:
        filters["category"] = (category,)
    request = SearchRequest(
        filters=filters,
        sort=sort,
        limit=most,
        session=visit.session.id if visit.session else None,
        language=visit.language,
        surface=surface,
        facets=False,
    )
    found = await visit.search(request)
    return Shelf(found.hits, tokens_of(visit, found))


def _subjects(snapshot: Snapshot, language: str) -> dict[str, tuple[Industry, ...]]:
    """What each category at the top of the tree divides into."""
    return {
        node.category.slug: tuple(
            Industry(child.category.slug, child.category.name_in(language)) for child in node.children[:SUBJECTS_MAX]
        )
        for node in catalog.category_tree(snapshot)
    }


ROUTES: tuple[ControllerRouterHandler, ...] = (home,)
