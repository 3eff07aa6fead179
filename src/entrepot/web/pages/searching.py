"""The list of a search or a category, with its filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot.discovery import OFFSET_MAX, SORTS, Hit, SearchPage, SearchRequest

from ..rendering import redirect, render
from ..shelves import list_industries, tokens_of
from ..visit import Visit
from . import understood
from .filters import FILTER, Filters, Pairs, Place, price_bounds, with_price

PAGE = 30
HITS_MAX = 600
PAGES_MAX = OFFSET_MAX // PAGE
"""Further down a list nobody leafs; a filter leads there."""
INSTEAD = 6
FEW = 4
"""One in so many is few."""
LENGTH_MAX = 200


@get("/search", include_in_schema=False, opt={"rate": "search"})
async def search(visit: Visit) -> Response[Any]:
    """Hits with their filters. All of it is in the address, so that it can be kept and sent on."""
    return await show_list(visit, None)


async def show_list(visit: Visit, place: Place | None) -> Response[Any]:
    """The list of a search, or of a place with what else its address asks."""
    pairs = [(name, value) for name, value in visit.request.query_params.multi_items() if value]
    market = await visit.market()
    base = place.address if place else "/search"
    if any(name in ("price_from", "price_to") for name, _ in pairs):
        return redirect(f"{base}?{urlencode(with_price(pairs, market.currency))}")
    request, at = _request(visit, pairs, place)
    found = await visit.search(request)
    kept = [(name, value) for name, value in pairs if name not in ("page", "lang")]
    filters = Filters(visit, found.facets, kept, market.currency, place)
    category = next(iter(request.filters.get("category", ())), "")
    pages = -(-min(found.total, HITS_MAX if request.q else PAGE * PAGES_MAX) // PAGE)
    low, high = price_bounds(request, market.currency)
    return await render(
        visit,
        "search.html",
        request=request,
        place=place,
        base=base,
        found=found,
        facets=filters.shown(),
        applied=filters.applied(),
        held=filters.held(),
        kept=kept,
        sorts=SORTS,
        industries=await visit.read(lambda s: list_industries(s, visit.language)),
        here=None if request.q and not category else category.split("/")[0],
        category_name=filters.name_of("category", category) if category else None,
        currency=market.currency,
        price_from=low,
        price_to=high,
        at=at,
        pages=pages,
        numbers=_numbers(at, pages),
        page_url=lambda number: filters.address([*kept, ("page", str(number))]),
        tokens=tokens_of(visit, found, request.offset),
        instead=await _instead(visit, found),
        reasons=_told(found) if request.q else frozenset(),
        meant=understood.shown(found, kept, filters),
        sorted_thing=understood.sorted_thing(found, request.sort),
        again=filters.address(pair for pair in kept if pair[0] != understood.EXACT) if request.exact else None,
    )


def _request(visit: Visit, pairs: Pairs, place: Place | None) -> tuple[SearchRequest, int]:
    """What the address asks for; a page or a sort that is none counts as the first."""
    values = dict(pairs)
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name.startswith(FILTER):
            key = name.removeprefix(FILTER)
            filters[key] = (*filters.get(key, ()), value)
    if place is not None:
        filters[place.filter[0]] = (place.filter[1],)
    page = values.get("page", "1")
    at = min(max(int(page), 1), PAGES_MAX) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
    sort = values.get("sort", "relevance")
    request = SearchRequest(
        q=values.get("q", "").strip()[:LENGTH_MAX],
        filters=filters,
        sort=sort if sort in SORTS else "relevance",
        limit=PAGE,
        offset=(at - 1) * PAGE,
        session=visit.session.id if visit.session else None,
        language=visit.language,
        surface=place.kind if place else "search",
        exact=understood.is_exact(values.get),
        ignore=understood.read_ignored(pairs),
    )
    return request, at


async def _instead(visit: Visit, found: SearchPage) -> tuple[Hit, ...]:
    """Something to look at for whoever found nothing."""
    if found.total:
        return ()
    popular = SearchRequest(
        filters={"in_stock": ("true",)}, limit=INSTEAD, language=visit.language, surface="instead", facets=False
    )
    return (await visit.search(popular)).hits


def _told(found: SearchPage) -> frozenset[str]:
    """The reasons worth reading: those that only few of the hits have."""
    reasons = Counter(hit.why[0] for hit in found.hits if hit.why)
    return frozenset(reason for reason, count in reasons.items() if count * FEW <= len(found.hits))


def _numbers(at: int, pages: int) -> Iterable[int]:
    return range(max(1, at - 2), min(pages, at + 2) + 1)


ROUTES: tuple[ControllerRouterHandler, ...] = (search,)
