"""Answering a shopper: one call gives hits with their cards, facets, total and time, and notes what was shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from entrepot import catalog, cloud
from entrepot.catalog import Card
from entrepot.cloud import Meter
from entrepot.identity import Scope
from entrepot.kernel import Database, Invalid, new_id
from entrepot.signals import Buffer, Signal, SignalKind

from .index.arrangement import Arrangement
from .index.base import Completion, IndexHit, IndexPage, IndexQuery, Vectors
from .index.filters import PRICE, Ranges, read_filters
from .index.served import ServedIndex
from .lists import START, Kept, Lists, cursor_at
from .meaning import Meaning, asked
from .names import Names
from .names import read_filters as meant_filters
from .popular import PopularQueries
from .reasons import explain
from .relaxing import Answer, answer
from .rewriting import FIRST
from .rulebook import Rulebook, arrangement_of, holds_for
from .rules import Rule
from .text import QUERY_CHARACTERS_MAX, document_words, fold, query_words
from .types import LIMIT_MAX, OFFSET_MAX, Hit, SearchPage, SearchRequest, Suggestion, Understood

SUGGESTIONS_MAX = 8
PRODUCTS_SUGGESTED = 3
PRODUCTS_FROM, PRODUCTS_FROM_UNSPACED = 3, 1
PICTURE_WIDTH = 320


class Searcher:
    """Search, browse and suggest over the served index. Without a session an answer depends on the request alone."""

    def __init__(
        self, database: Database, index: ServedIndex, meter: Meter, signals: Buffer, lists: Path | None = None
    ) -> None:
        """`lists` is the folder for lists that stand still; without it there are none."""
        self._lists = None if lists is None else Lists(lists)
        self._database = database
        self.index = index
        self._meter = meter
        self._signals = signals
        self._names = Names(database)
        self._popular = PopularQueries(database)
        self.rulebook = Rulebook(database)
        self.meaning = Meaning(database, index)

    def search(self, scope: Scope, request: SearchRequest) -> SearchPage:
        """A page of what the request asks for. Invalid, with the field at fault, for what cannot be read.

        Everything in it is public. What sold out since the index was asked is left out and not counted.
        """
        began = time.perf_counter()
        request_id = new_id("req", self._database.clock.now(), self._database.random)
        if request.cursor:
            found, query, kept, after = self._through_list(request, request_id)
            total, understood = len(kept.ids), kept.understood
        else:
            found, query, understood = self.find(request, request_id)
            total, after = found.total, None
        return self._page(scope, request, request_id, found, query, total, after, understood, began)

    def search_among(self, scope: Scope, request: SearchRequest, ids: Sequence[str]) -> SearchPage:
        """A page of these products, in this order: those that can be bought, pass the filters and are not excluded."""
        began = time.perf_counter()
        request_id = new_id("req", self._database.clock.now(), self._database.random)
        query = self.query(request, request_id)
        rules = None if query.rules is None else Arrangement(excluded=query.rules.excluded)
        query = replace(query, among=tuple(ids), rules=rules)
        found = self.index.search(query)
        return self._page(scope, request, request_id, found, query, found.total, None, None, began)

    def find(
        self, request: SearchRequest, request_id: str, rules: Sequence[Rule] | None = None, *,
        explained: bool = False, without: frozenset[str] = frozenset(),
    ) -> tuple[IndexPage, IndexQuery, Understood | None]:  # fmt: skip
        """What the index answers, to which query, and how the words were understood: less strictly where nothing has
        them all. `rules`, `explained` and `without` as in `query` and `IndexQuery`."""

        def ask(understood: Understood | None) -> Answer:
            query = self.query(request, request_id, rules, understood)
            if without and query.rules is not None:
                lifts = tuple(lift for lift in query.rules.lifts if lift.name not in without)
                query = replace(query, rules=replace(query.rules, lifts=lifts))
            query = replace(query, explained=explained, without=without)
            return Answer(self.index.search(query), query, understood)

        return answer(lambda given_up: self.understand(request, given_up), ask, self.index.search)

    def _page(
        self, scope: Scope, request: SearchRequest, request_id: str, found: IndexPage, query: IndexQuery, total: int,
        after: str | None, understood: Understood | None, began: float,
    ) -> SearchPage:  # fmt: skip
        """What the index found, as it is shown, and noted."""
        hits = self.hits(found, query, request.language)
        self._note(scope, request, request_id, hits)
        return SearchPage(
            hits=hits,
            total=total - (len(found.hits) - len(hits)),
            facets=self._names.label(found.facets, request.language, self.index.label),
            took_ms=round((time.perf_counter() - began) * 1_000, 3),
            request_id=request_id,
            corrected=found.corrected if understood is None else understood.corrected or found.corrected,
            currency=self._names.currency(),
            next=after,
            understood=understood,
        )

    def rules_for(self, request: SearchRequest) -> list[Rule]:
        """The operator's rules that hold for a request now."""
        if not self.rulebook.has_rules:
            return []
        filters = meant_filters(request.filters)
        return self.rulebook.rules_for(request.q[:QUERY_CHARACTERS_MAX], filters, self._database.clock.now())

    def would_hold(self, rule: Rule, request: SearchRequest) -> bool:
        """Whether a rule, kept or not, is about a request."""
        return holds_for(rule, request.q[:QUERY_CHARACTERS_MAX], meant_filters(request.filters))

    def understand(self, request: SearchRequest, given_up: frozenset[str] = frozenset()) -> Understood | None:
        """What a request's words mean, where some of it is given up (`relaxing`)."""
        q = request.q[:QUERY_CHARACTERS_MAX].strip()
        return self.meaning.of(request, q, self.rulebook.synonyms_for(q, request.language), given_up)

    def query(
        self,
        request: SearchRequest,
        request_id: str,
        rules: Sequence[Rule] | None = None,
        understood: Understood | None = None,
    ) -> IndexQuery:
        """What the index is asked for a request, under the rules that hold for it, or under these; as its words are
        understood, or as they were."""
        if request.offset + request.limit > OFFSET_MAX + LIMIT_MAX:
            raise Invalid(
                f"Results beyond the {OFFSET_MAX:,}th are reached by a cursor: ask with cursor=* and follow `next`, "
                "or narrow the list by a filter",
                fields={"offset": f"at most {OFFSET_MAX:,}"},
            )
        q = request.q[:QUERY_CHARACTERS_MAX].strip()
        filters = meant_filters(request.filters)
        understood = understood or self.understand(request)
        plain = IndexQuery(
            text=q,
            vector=self._vector(understood.meant if understood else q, request.surface, request_id),
            filters=filters,
            sort=request.sort,
            offset=request.offset,
            limit=request.limit,
            facets=request.facets,
            facet_names=self._names.facet_names(),
            preferred=self._names.preferred(filters),
            numbers=self._names.numbers(),
            synonyms=self.rulebook.synonyms_for(q, request.language),
            rules=arrangement_of(self.rules_for(request) if rules is None else rules),
        )
        if q and not query_words(q) and (understood is None or understood.is_plain):
            return replace(plain, among=())  # nothing in it can be searched, and so nothing is found
        return asked(plain, understood)

    def ranked(self, q: str) -> list[str]:
        """The ids of the first products that words find without rewrites; nobody is told of it."""
        request = SearchRequest(q, limit=FIRST, facets=False, surface="rewriting", ignore=("rewrite",))
        request_id = new_id("req", self._database.clock.now(), self._database.random)
        return [hit.id for hit in self.index.search(self.query(request, request_id)).hits]

    def _through_list(self, request: SearchRequest, request_id: str) -> tuple[IndexPage, IndexQuery, Kept, str | None]:
        """A page of a list that stands still (`lists`), its query, the list, and the cursor behind it."""
        if self._lists is None or request.offset:
            raise Invalid("Give either a cursor or an offset", fields={"cursor": "not together with an offset"})
        if request.cursor == START:
            _, first, understood = self.find(replace(request, limit=0, facets=False), request_id)
            ids, corrected = self.index.list_ids(first)
            kept, at = Kept(first.text, first.filters, first.sort, tuple(ids), corrected, understood), 0
            name = self._lists.keep(kept)
        else:
            name, kept, at = self._lists.find(str(request.cursor))
        end = at + request.limit
        query = IndexQuery(filters=kept.filters, limit=request.limit, facets=False, among=kept.ids[at:end])
        page = self.index.search(query)
        after = cursor_at(name, end) if end < len(kept.ids) and request.limit else None
        return replace(page, corrected=kept.corrected), replace(query, text=kept.q), kept, after

    def browse(self, scope: Scope, request: SearchRequest) -> SearchPage:
        """A page of a category, a brand, a merchant, or of everything: a search without words."""
        return self.search(scope, request)

    def suggest(self, q: str, language: str = "en", most: int = SUGGESTIONS_MAX) -> list[Suggestion]:
        """Ways to go on from what was typed, each leading to something for sale; what is mistyped is mended."""
        q = q[:QUERY_CHARACTERS_MAX]
        completions = self.index.suggest(q, most)
        places = [*self._categories(q, language), *(self._suggestion(each, language) for each in completions)]
        for popular in self._popular.starting(fold(q).strip(), most):
            if self._finds(popular, {}):
                places.append(Suggestion(popular, "query"))
        queries = [each.text for each in completions if each.kind == "query"]
        meant = queries[0] if queries else self._mended(q, language) if _is_telling(q) else ""
        if meant and not queries:
            places.insert(0, Suggestion(meant, "query"))
        unique = {(each.kind, fold(each.text)): each for each in reversed(places)}
        found, products = (
            list(reversed(unique.values())),
            self._products(meant or q, language) if _is_telling(q) else [],
        )
        return [*found[: most - len(products)], *products]

    def _mended(self, q: str, language: str) -> str:
        """What was probably meant, as far as something of it is for sale; empty where nothing is."""
        understood = self.understand(SearchRequest(q, language=language))
        if understood is None:
            return ""
        query = asked(IndexQuery(understood.text, limit=0, facets=False), understood)
        said = understood.corrected or q.strip()
        return said if query_words(said) and self.index.search(query).total else ""

    def _products(self, q: str, language: str) -> list[Suggestion]:
        """The things that a query finds first, by its words and what they mean alone: nothing is embedded."""
        request = SearchRequest(q.strip(), limit=PRODUCTS_SUGGESTED, facets=False, language=language)
        plain = IndexQuery(request.q, limit=request.limit, facets=False, rules=arrangement_of(self.rules_for(request)))
        query = asked(plain, self.understand(request))
        hits = self.hits(self.index.search(query), query, language)
        return [Suggestion(hit.title, "product", {}, hit.url, hit.image) for hit in hits]

    def _vector(self, q: str, surface: str, request_id: str) -> Vectors | None:
        if not query_words(q):
            return None
        encoder = cloud.open_encoders(self.index.encoder).query
        vector = cloud.embed_query(self._meter, fold(q), surface=surface, ref=request_id, encoder=encoder)
        return vector if vector.any() else None

    def hits(self, page: IndexPage, query: IndexQuery, language: str) -> tuple[Hit, ...]:
        """The page's cards as they are now; what the request no longer fits is left out."""
        chosen = {hit.id: hit.offer for hit in page.hits}
        read = self._database.read_now(lambda snapshot: catalog.list_cards(snapshot, list(chosen), chosen))
        cards, shown = {card.id: card for card in read}, page.corrected or query.text
        prices = [each for each in read_filters(query.filters) if isinstance(each, Ranges) and each.name == PRICE]
        hits = []
        for found in page.hits:
            card = cards.get(found.id)
            if card is None or not card.sellable:
                continue
            hit = _hit(card, found, shown, language, self._names.currency())
            if all(each.holds(hit.home_price) for each in prices):
                hits.append(hit)
        return tuple(hits)

    def _note(self, scope: Scope, request: SearchRequest, request_id: str, hits: Sequence[Hit]) -> None:
        """Append what was searched and what the answer holds; the browser says later what was really seen."""
        if request.session is None:
            return
        session, at, surface = request.session, self._database.clock.now(), request.surface
        actor = scope.actor if scope.actor.startswith("usr_") else None
        notes = [
            Signal(
                kind=SignalKind.SHOWN,
                session=session,
                at=at,
                surface=surface,
                actor=actor,
                request_id=request_id,
                product_id=hit.id,
                position=place,
                propensity=1.0,  # nothing is left to chance yet
            )
            for place, hit in enumerate(hits, request.offset)
        ]
        q = request.q.strip()
        if q and request.offset == 0:
            kind = SignalKind.SEARCH
            notes.append(
                Signal(kind=kind, session=session, at=at, surface=surface, actor=actor, request_id=request_id, query=q)
            )
        self._signals.add(*notes)

    def _categories(self, q: str, language: str) -> list[Suggestion]:
        """Categories whose name in the shopper's language begins as typed, and that the index does not know by it."""
        typed = fold(q).strip()
        if not typed or language == "en":
            return []
        return [
            Suggestion(names[language], "category", {"category": (path,)})
            for path, names in self._names.categories().items()
            if typed in fold(names.get(language, "")) and self._finds("", {"category": (path,)})
        ][:2]

    def _finds(self, q: str, filters: dict[str, tuple[str, ...]]) -> bool:
        """Whether a suggestion leads to something."""
        rules = arrangement_of(self.rules_for(SearchRequest(q, filters)))
        return self.index.search(IndexQuery(q, filters=filters, limit=0, facets=False, rules=rules)).total > 0

    def _suggestion(self, completion: Completion, language: str) -> Suggestion:
        if completion.kind == "query":
            return Suggestion(completion.text, "query")
        name = completion.kind
        text = self._names.category(completion.value, language) if name == "category" else completion.text
        return Suggestion(text, name, {name: (completion.value,)})


def _is_telling(q: str) -> bool:
    """Whether so much is typed that it tells something: a sign or two of a script without spaces are a word."""
    return len(q.strip()) >= (PRODUCTS_FROM if q.isascii() else PRODUCTS_FROM_UNSPACED)


def _hit(card: Card, found: IndexHit, q: str, language: str, home: str) -> Hit:
    variant = f"?variant={card.variant_id}" if card.variants > 1 and not card.featured else ""
    hit = Hit(
        id=card.id,
        external_id=card.external_id,
        title=card.title,
        price=card.price_minor,
        currency=card.currency,
        merchant=card.merchant_name,
        url=f"/p/{card.slug}{variant}",
        image=f"/m/{card.picture}/{PICTURE_WIDTH}.webp" if card.picture else None,
        rating=card.rating.average,
        rating_count=card.rating.count,
        sponsored=False,
        why=(),
        brand=card.brand or "",
        home_price=card.price_minor if card.currency == home else found.price_minor,
        was=card.was_minor,
        lowest_30d=card.lowest_30d_minor,
        offer_id=card.offer_id,
        variant_id=card.variant_id,
        variants=card.variants,
        price_max=card.price_minor_max,
        kind=card.kind,
        meters=card.meters,
    )
    words = frozenset(document_words(f"{card.title} {card.brand or ''}"))
    return replace(hit, why=explain(hit, found.reasons, q, language, words))
