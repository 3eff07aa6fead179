"""Asking a market: as the search asks its index, and as plain BM25 does; and how well the first results answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tantivy

from entrepot.discovery import Understood, relaxing
from entrepot.discovery.index.base import IndexQuery
from entrepot.discovery.meaning import asked, packs
from entrepot.discovery.text import fold, query_words
from entrepot.discovery.types import Document
from entrepot.discovery.understanding import Asker, understand

from .market import CURRENCY, Market
from .sets import Judged

FIRST = 10


def answer(market: Market, q: str, language: str = "en", sort: str = "relevance") -> list[str]:
    """The first external ids of a search, as `Searcher.search` asks its index."""
    found = relaxing.answer(
        lambda given_up: understand(
            q, market.index, packs(), Asker(CURRENCY, language, units=market.units, given_up=given_up)
        ),
        lambda understood: _ask(market, q, understood, sort),
        market.index.search,
    )
    return [market.by_id[hit.id].external_id for hit in found.page.hits]


def _ask(market: Market, q: str, understood: Understood | None, sort: str) -> relaxing.Answer:
    meant = understood.meant if understood else q
    vector = market.query_vector(fold(meant)) if query_words(meant) else None
    plain = IndexQuery(q, None if vector is None or not vector.any() else vector, sort=sort, limit=FIRST, facets=False)
    query = asked(plain, understood)
    return relaxing.Answer(market.index.search(query), query, understood)


class Plain:
    """BM25 over the same texts: every word, or, where nothing has them all, any."""

    def __init__(self, documents: Sequence[Document]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="en_stem")
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        self._index = tantivy.Index(builder.build())
        writer = self._index.writer(30_000_000, 1)
        for document in documents:
            values = {value for pairs in (document.attributes, *(o.attributes for o in document.offers))
                      for name, value in pairs if name not in ("thing", "role")}  # fmt: skip
            labels = {label for _, _, label in document.labels}
            text = " ".join((document.title, document.title, document.brand, *document.category_names,
                             document.description, *sorted(values | labels)))  # fmt: skip
            writer.add_document(tantivy.Document(text=[text], id=[document.external_id]))
        writer.commit()
        self._index.reload()

    def answer(self, q: str) -> list[str]:
        """The first external ids."""
        searcher = self._index.searcher()
        for conjunction in (True, False):
            query, _ = self._index.parse_query_lenient(q, ["text"], conjunction_by_default=conjunction)
            hits = searcher.search(query, limit=FIRST).hits
            if hits:
                break
        return [str(searcher.doc(address).get_first("id")) for _, address in hits]


def success(judged: Judged, found: Sequence[str]) -> float:
    """Of as many first results as products are right, at most ten, the share that is right."""
    most = min(FIRST, len(judged.right))
    return sum(each in judged.right for each in found[:most]) / most


def scores(queries: Sequence[Judged], ask: Callable[[Judged], Sequence[str]]) -> dict[str, list[float]]:
    """The success of every query, by set."""
    found: dict[str, list[float]] = {}
    for judged in queries:
        found.setdefault(judged.set, []).append(success(judged, ask(judged)))
    return found


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return float(np.mean(values)) if values else 0.0
