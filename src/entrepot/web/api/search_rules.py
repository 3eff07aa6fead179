"""The operator's rules and synonyms of search, the searches that served people badly, and a page explained."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import discovery
from entrepot.discovery import RuleDraft, SearchRequest, SynonymDraft
from entrepot.kernel import Tx

from ..endpoints import endpoint
from ..params import NO_NUL, After, Id, Most, OptionalKey
from ..visit import Visit
from ..wire import Listed, Made, listed
from .search import FILTERS, Exact, Ignore, Offset, Query, Sort, read_filters

Page = Annotated[int, QueryParameter(name="limit", ge=1, le=100, description="Hits a page")]
Without = Annotated[
    str,
    QueryParameter(
        name="without", max_length=1_000, pattern=NO_NUL,
        description="Reasons, or ids of rules, to leave aside, with commas between",
    ),
]  # fmt: skip
_TEXT = Meta(pattern=NO_NUL, max_length=400)


class PreviewRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule to be tried on a search, in place of the one with the id `replacing` or beside all others."""

    rule: RuleDraft
    q: Annotated[str, _TEXT] = ""
    filters: Annotated[dict[str, tuple[str, ...]], Meta(max_length=20)] = {}
    sort: Annotated[str, Meta(pattern="^(relevance|price|-price|newest|rating)$")] = "relevance"
    limit: Annotated[int, Meta(ge=1, le=100)] = 24
    replacing: Annotated[str, Meta(pattern=NO_NUL, max_length=40)] | None = None


@endpoint("GET", "/api/operator/search/rules", access="operator")
async def list_search_rules(visit: Visit, after: After = None, most: Most = 50) -> Listed[discovery.Rule]:
    """Rules of search, the newest first, ended ones too."""
    found = await visit.read(lambda s: discovery.list_rules(s, visit.scope, after, most + 1))
    return listed(found, most, lambda rule: rule.id)


@endpoint("POST", "/api/operator/search/rules", asks=RuleDraft, access="operator")
async def add_search_rule(visit: Visit, asked: RuleDraft, key: OptionalKey = None) -> discovery.Rule:
    """Pin, boost, bury, include, exclude, or spread merchants. It holds in every process within a second."""
    made = await visit.once(key, lambda tx: Made(discovery.add_rule(tx, visit.scope, asked).id), Made)
    await _refresh(visit)
    return await visit.read(lambda s: discovery.get_rule(s, visit.scope, made.id))


@endpoint("GET", "/api/operator/search/rules/{rule_id:str}", access="operator")
async def get_search_rule(visit: Visit, rule_id: Id) -> discovery.Rule:
    """A rule of search."""
    return await visit.read(lambda s: discovery.get_rule(s, visit.scope, rule_id))


@endpoint("PUT", "/api/operator/search/rules/{rule_id:str}", asks=RuleDraft, access="operator")
async def change_search_rule(visit: Visit, rule_id: Id, asked: RuleDraft, key: OptionalKey = None) -> discovery.Rule:
    """Let a rule say something else from now on."""
    await visit.once(key, lambda tx: Made(discovery.change_rule(tx, visit.scope, rule_id, asked).id), Made)
    await _refresh(visit)
    return await visit.read(lambda s: discovery.get_rule(s, visit.scope, rule_id))


@endpoint("POST", "/api/operator/search/rules/{rule_id:str}/end", access="operator", status=200)
async def end_search_rule(visit: Visit, rule_id: Id, key: OptionalKey = None) -> discovery.Rule:
    """Let a rule hold no longer; doing it again changes nothing."""

    def command(tx: Tx) -> Made:
        discovery.end_rule(tx, visit.scope, rule_id)
        return Made(rule_id)

    await visit.once(key, command, Made)
    await _refresh(visit)
    return await visit.read(lambda s: discovery.get_rule(s, visit.scope, rule_id))


@endpoint("POST", "/api/operator/search/preview", asks=PreviewRule, access="operator", status=200)
async def preview_search_rule(visit: Visit, asked: PreviewRule) -> discovery.Preview:
    """The page that a search would get if a rule held now. Nothing is kept."""
    request = SearchRequest(
        asked.q, asked.filters, asked.sort, asked.limit, language=visit.language, surface="operator"
    )
    searcher, scope = visit.entrepot.searcher, visit.scope
    return await visit.on_thread(lambda: discovery.preview_rule(searcher, scope, request, asked.rule, asked.replacing))


@endpoint("GET", "/api/operator/search/synonyms", access="operator")
async def list_search_synonyms(visit: Visit, after: After = None, most: Most = 50) -> Listed[discovery.KeptSynonym]:
    """Synonyms that hold, the newest first."""
    found = await visit.read(lambda s: discovery.list_synonyms(s, visit.scope, after, most + 1))
    return listed(found, most, lambda each: each.id)


@endpoint("POST", "/api/operator/search/synonyms", asks=SynonymDraft, access="operator")
async def add_search_synonym(visit: Visit, asked: SynonymDraft, key: OptionalKey = None) -> Made:
    """Let words stand for others, one way or both, in one language or every."""
    made = await visit.once(key, lambda tx: Made(discovery.add_synonym(tx, visit.scope, asked).id), Made)
    await _refresh(visit)
    return made


@endpoint("POST", "/api/operator/search/synonyms/{synonym_id:str}/end", access="operator", status=200)
async def end_search_synonym(visit: Visit, synonym_id: Id, key: OptionalKey = None) -> Made:
    """Let these words stand for others no longer; doing it again changes nothing."""

    def command(tx: Tx) -> Made:
        discovery.end_synonym(tx, visit.scope, synonym_id)
        return Made(synonym_id)

    made = await visit.once(key, command, Made)
    await _refresh(visit)
    return made


@endpoint("GET", "/api/operator/search/weak", access="operator")
async def list_weak_searches(visit: Visit) -> discovery.WeakQueries:
    """Searches that found nothing, and those from whose results nobody chose."""
    return await visit.read(lambda s: discovery.weak_queries(s, visit.scope))


@endpoint("GET", "/api/operator/search/explain", access="operator", rate="search", parameters=FILTERS)
async def explain_search(
    visit: Visit,
    q: Query = "",
    limit: Page = 24,
    offset: Offset = 0,
    sort: Sort = "relevance",
    without: Without = "",
    exact: Exact = False,
    ignore: Ignore = None,
) -> discovery.Explanation:
    """A page of search, explained: contributions sum to each score; what it would be without each rule and reason."""
    left = tuple(filter(None, (each.strip() for each in without.split(","))))
    request = SearchRequest(
        q,
        read_filters(visit),
        sort,
        limit,
        offset,
        language=visit.language,
        surface="operator",
        facets=False,
        exact=exact,
        ignore=tuple(ignore or ()),
    )
    searcher, scope = visit.entrepot.searcher, visit.scope
    return await visit.on_thread(lambda: discovery.explain_page(searcher, scope, request, left))


async def _refresh(visit: Visit) -> None:
    """Whoever wrote a rule and asks this process next sees what it does; the others hear of it by its event."""
    await visit.on_thread(visit.entrepot.searcher.rulebook.refresh)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_search_rules,
    add_search_rule,
    get_search_rule,
    change_search_rule,
    end_search_rule,
    preview_search_rule,
    list_search_synonyms,
    add_search_synonym,
    end_search_synonym,
    list_weak_searches,
    explain_search,
)
