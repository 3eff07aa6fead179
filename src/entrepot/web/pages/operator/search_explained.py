"""Explain this page: what each hit's score is the sum of, and what the page would be without a rule or a reason."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import discovery
from entrepot.discovery import SORTS, Explanation, SearchRequest

from ...texts import has_text
from ...visit import Visit
from .. import understood
from .console import OPERATOR, show

EXPLAIN = "/operator/search/explain"
PAGE = 24
FILTER = "filter."
OFFSET_MAX = 600 - PAGE


@get(EXPLAIN, include_in_schema=False, opt=OPERATOR)
async def explain(visit: Visit) -> Response[str]:
    """A page of a search as `/search` shows it, explained; its address takes the same parameters, and `without`."""
    pairs = [(name, value) for name, value in visit.request.query_params.multi_items() if value]
    request, without = _request(visit, pairs)
    kept = [(name, value) for name, value in pairs if name not in ("without", "lang")]
    searcher, scope = visit.entrepot.searcher, visit.scope
    found = await visit.on_thread(lambda: discovery.explain_page(searcher, scope, request, without))
    return await show(
        visit,
        "search",
        "search-explain.html",
        request=request,
        found=found,
        names=_names(visit, found, without),
        places=_places(found),
        sorts=SORTS,
        page_url=f"/search?{urlencode(kept)}",
        leave_url=lambda name: f"{EXPLAIN}?{urlencode([*kept, *(('without', each) for each in (*without, name))])}",
        back_url=lambda name: (
            f"{EXPLAIN}?{urlencode([*kept, *(('without', each) for each in without if each != name)])}"
        ),
    )


def _request(visit: Visit, pairs: list[tuple[str, str]]) -> tuple[SearchRequest, tuple[str, ...]]:
    values = dict(pairs)
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name.startswith(FILTER):
            key = name.removeprefix(FILTER)
            filters[key] = (*filters.get(key, ()), value)
    sort, page = values.get("sort", ""), values.get("page", "1")
    at = int(page) if page.isascii() and page.isdecimal() and len(page) < 4 else 1
    request = SearchRequest(
        q=values.get("q", "").strip()[:200],
        filters=filters,
        sort=sort if sort in SORTS else "relevance",
        limit=PAGE,
        offset=min(max(at - 1, 0) * PAGE, OFFSET_MAX),
        language=visit.language,
        surface="operator",
        facets=False,
        exact=understood.is_exact(values.get),
        ignore=understood.read_ignored(pairs),
    )
    return request, tuple(dict.fromkeys(value[:100] for name, value in pairs if name == "without"))[:20]


def _names(visit: Visit, found: Explanation, without: tuple[str, ...]) -> dict[str, str]:
    """What reasons and rules are called."""
    names = {rule.id: rule.draft.name for rule in found.rules}
    for each in (*(effect.name for effect in found.effects), *without):
        names.setdefault(each, _reason(visit, each))
    return names


def _reason(visit: Visit, name: str) -> str:
    """What a reason is called: a feature, or something that was understood from the words."""
    key = f"search_reason.{name.replace(' ', '_')}"
    if has_text(key):
        return visit.say(key)
    kind, _, what = name.partition(".")
    return visit.say(f"search_reason.{kind}", what=what.replace("_", " ")) if what else name.replace("_", " ")


def _places(found: Explanation) -> dict[str, dict[str, int | None]]:
    """By effect, where each hit of the page would stand without it."""
    return {effect.name: {moved.id: moved.place_without for moved in effect.moved} for effect in found.effects}


ROUTES: tuple[ControllerRouterHandler, ...] = (explain,)
