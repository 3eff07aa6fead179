"""How long a search takes: its words understood and embedded, found, ranked, filtered, faceted and put in order.

The products are drawn from a seed: brands, kinds and qualities with the frequencies of real catalogues (few very
common, many rare). The control is tantivy itself over the same products, asked for the same: every word of the same
queries must be there, the same filters and what can be bought as terms, every facet that we count as an aggregation
over fast fields, the ids of a page of hits; no vectors, no offers of one product, no typos, no fused sets.

With the encoder MiniLM every query is embedded by it, which is what it costs; the vectors that are compared are the
static ones turned into its length, because embedding half a million products takes hours and changes no time of search.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tantivy
from msgspec.structs import replace

from entrepot import cloud
from entrepot.discovery import Document, Offer
from entrepot.discovery.index.base import DIMENSIONS, IndexQuery, Vectors
from entrepot.discovery.index.fields import text_to_embed
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.meaning import asked, packs
from entrepot.discovery.text import fold
from entrepot.discovery.understanding import understand

from .report import Measured

PRODUCTS = 50_000
QUERIES = 600
BATCH = 2_000
PAGE = 24
FLOOR = 0.4
COLOURS = ("black", "white", "red", "blue", "green")
SIZES = ("s", "m", "l")
TERMS = ("brand", "category", "merchant", *(f"a{code}" for code in range(6)), "color", "size")
NUMBERS = ("number", "price", "rating", "reduced", "sellable")
PRICES = [500, 1_000, 2_000, 5_000, 10_000, 20_000]
RATINGS = [200, 300, 400, 501]
AGGREGATIONS: dict[str, Any] = {
    **{name: {"terms": {"field": name, "size": 60 if name == "category" else 30}} for name in TERMS},
    "price": {"range": {"field": "price", "ranges": [{"from": a, "to": b} for a, b in pairwise(PRICES)]}},
    "rating": {"range": {"field": "rating", "ranges": [{"from": a, "to": b} for a, b in pairwise(RATINGS)]}},
    "reduced": {"terms": {"field": "reduced"}},
}
BARS = {"wordllama": ((10, 5), (40, 20)), "minilm": ((20, 12), (40, 30))}
"""Floor and goal of the median and of the slowest in a hundred, in milliseconds."""
STAGES = ("understood", "vector", "words", "set", "filters", "order", "facets")
SYLLABLES = ("ba", "den", "fir", "go", "hul", "ka", "lem", "mo", "nar", "pi", "ral", "sto", "tu", "vex", "win", "zor")


def measure_search(
    folder: Path, postgres_url: str | None = None, products: int = PRODUCTS, encoder: str = "wordllama"
) -> list[Measured]:
    """Measure searches over so many products in this process, each query before it is remembered and after."""
    bars = BARS[encoder]
    with TemporaryDirectory(dir=folder) as scratch:
        market = _Market(Random(1), products)
        model = _MiniLM() if encoder == "minilm" else _Static()
        began = time.perf_counter()
        generation = _build(Path(scratch) / "generation", market, model)
        built_s = time.perf_counter() - began
        control = _Control(Path(scratch) / "control", market)
        queries = market.queries(QUERIES)
        generation.index.warm()  # as a serving process does when it starts
        cold = _times(lambda query: _search(generation, model, query), queries)
        warm = _times(lambda query: _search(generation, model, query), queries)
        raw = _times(control.search, queries)
        stages = [_staged(generation, model, query) for query in market.queries(QUERIES)]
        generation.close()
    return [
        Measured(f"index of {products:,} products built", products / built_s, "products/s"),
        Measured("tantivy alone, p50", _at(raw, 50), "ms"),
        Measured("tantivy alone, p99", _at(raw, 99), "ms"),
        _bar("search nobody asked before, p50", cold, 50, *bars[0]),
        _bar("search nobody asked before, p99", cold, 99, *bars[1]),
        _bar("search asked before, p50", warm, 50, *bars[0]),
        _bar("search asked before, p99", warm, 99, *bars[1]),
        *(Measured(f"of it {stage}, p50", _at([each[stage] for each in stages], 50), "ms") for stage in STAGES),
        Measured("p50 against the control", _at(cold, 50), "ms", "tantivy", _at(cold, 50) / _at(raw, 50), 12, 6, True),
    ]


class _Market:
    """Products and queries drawn from one source of chance."""

    def __init__(self, random: Random, products: int) -> None:
        self._random = random
        self.products = products
        words = ["".join(random.choice(SYLLABLES) for _ in range(random.randint(2, 4))) for _ in range(12_000)]
        self._qualities = list(dict.fromkeys(words))
        self._brands = [word.capitalize() for word in self._qualities[:800]]
        self._kinds = self._qualities[800:1_200]
        self._asked: list[tuple[str, Document]] = []

    def documents(self) -> Iterator[Document]:
        """Every product once."""
        for number in range(self.products):
            document = self._document(number)
            if number % max(1, self.products // (QUERIES * 2)) == 0:
                self._asked.append((document.title, document))
            yield document

    def queries(self, most: int) -> list[IndexQuery]:
        """Two or three words of some product; a third with a filter, a fifth sorted by price."""
        return [self._query(*self._random.choice(self._asked)) for _ in range(most)]

    def _document(self, number: int) -> Document:
        random, kind = self._random, self._rare(self._kinds)
        qualities = [self._rare(self._qualities[1_200:]) for _ in range(24)]
        brand = self._rare(self._brands)
        category = self._kinds.index(kind)
        return Document(
            id=f"prd_{number:026d}",
            title=" ".join((brand, *qualities[:4], kind)),
            description=" ".join(qualities[4:]),
            brand=brand,
            category=f"c{category % 12}/c{category % 120}",
            attributes=tuple((f"a{code}", f"v{min(random.randrange(12), random.randrange(12))}") for code in range(6)),
            rating_centi=random.randrange(100, 501),
            rating_count=random.randrange(200),
            created_at=number,
            offers=tuple(self._offers(number)),
        )

    def _offers(self, number: int) -> Iterator[Offer]:
        """One offer; of a fifth of the products four, in two colours and two sizes."""
        random, merchant = self._random, f"org_{self._random.randrange(400)}"
        price, reduced = int(100 * 2 ** random.uniform(0, 10)), random.random() < 0.1
        choices = [(("color", colour), ("size", size)) for colour in COLOURS for size in SIZES]
        for place, choice in enumerate(random.sample(choices, 4) if random.random() < 0.2 else [()]):
            name, sellable = f"off_{number:024d}{place:02d}", random.random() > 0.05
            yield Offer(name, merchant, price + place, choice, sellable=sellable, reduced=reduced)

    def _query(self, title: str, document: Document) -> IndexQuery:
        words = title.split()
        chosen = [*self._random.sample(words[1:-1], self._random.randint(0, 1)), words[-1]]
        filters: dict[str, tuple[str, ...]] = {}
        if self._random.random() < 1 / 3:
            filters = self._random.choice([{"brand": (document.brand,)}, {"category": (document.category,)}])
        sort = "price" if self._random.random() < 1 / 5 else "relevance"
        return IndexQuery(" ".join(chosen), filters=filters, sort=sort, limit=PAGE)

    def _rare(self, words: Sequence[str]) -> str:
        """One of the words, the first far more often than the last."""
        return words[int(len(words) ** self._random.random()) - 1]


class _Control:
    """Tantivy over the same products."""

    def __init__(self, folder: Path, market: _Market) -> None:
        folder.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", index_option="freq")
        for name in TERMS:
            builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
        for name in NUMBERS:
            builder.add_integer_field(name, fast=True, indexed=True)
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        writer = self._index.writer(64_000_000, 1)
        for number, document in enumerate(_Market(Random(1), market.products).documents()):
            writer.add_document(_row(number, document))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: IndexQuery) -> None:
        """A page of ids, the total, and every facet."""
        words = [tantivy.Query.term_query(self._schema, "text", word) for word in fold(query.text).split()]
        terms = [tantivy.Query.term_query(self._schema, name, values[0]) for name, values in query.filters.items()]
        terms.append(tantivy.Query.term_query(self._schema, "sellable", 1))
        wanted = tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in words + terms])
        sort = "price" if query.sort == "price" else None
        hits = self._searcher.search(wanted, PAGE, True, sort, 0, tantivy.Order.Asc).hits
        self._searcher.fast_field_values("number", [address for _, address in hits])
        self._searcher.aggregate(wanted, AGGREGATIONS)


class _Static:
    """The vectors of the encoder that is always there."""

    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self._model = cloud.open_encoders("wordllama").text

    def texts(self, texts: Sequence[str]) -> Vectors:
        """A row for each text."""
        vectors: Vectors = self._model.embed(texts)[0]
        return vectors

    def query(self, text: str) -> Vectors:
        """A query's vector."""
        vector: Vectors = self.texts([text])[0]
        return vector


class _MiniLM(_Static):
    """The same vectors at MiniLM's length, at the price of embedding each query by MiniLM."""

    def __init__(self) -> None:
        super().__init__()
        self._encoder = cloud.open_encoders("minilm").query
        self.dimensions = self._encoder.dimensions
        turned = np.linalg.qr(np.random.default_rng(1).standard_normal((self.dimensions, DIMENSIONS)))[0]
        self._turned = turned.T.astype(np.float32)

    def texts(self, texts: Sequence[str]) -> Vectors:
        """A row for each text."""
        vectors: Vectors = super().texts(texts) @ self._turned
        return vectors

    def query(self, text: str) -> Vectors:
        """A query's vector."""
        self._encoder.embed([text])
        return super().query(text)


def _row(number: int, document: Document) -> tantivy.Document:
    row = tantivy.Document()
    row.add_text("text", f"{document.title} {document.description}")
    above, _, _ = document.category.partition("/")
    pairs = {("brand", document.brand), ("category", above), ("category", document.category), *document.attributes}
    for offer in document.offers:
        pairs |= {("merchant", offer.merchant), *offer.attributes}
    for name, value in sorted(pairs):
        row.add_text(name, value)
    row.add_integer("number", number)
    row.add_integer("price", document.offers[0].price_minor or 0)
    row.add_integer("rating", document.rating_centi)
    row.add_integer("reduced", int(any(offer.reduced for offer in document.offers)))
    row.add_integer("sellable", int(any(offer.sellable for offer in document.offers)))
    return row


def _build(folder: Path, market: _Market, model: _Static) -> Generation:
    generation = Generation.create(folder, FLOOR, dimensions=model.dimensions)
    batch: list[Document] = []
    for document in market.documents():
        batch.append(document)
        if len(batch) == BATCH:
            _put(generation, model, batch)
            batch = []
    _put(generation, model, batch)
    generation.checkpoint(1)
    if generation.is_graph_wanted():
        generation.index.attach(generation.make_graph())
    return generation


def _put(generation: Generation, model: _Static, batch: list[Document]) -> None:
    if batch:
        vectors = model.texts([text_to_embed(document) for document in batch])
        titles = model.texts([document.title for document in batch])
        generation.index.upsert(batch, vectors, titles)
        generation.index.commit()


def _search(
    generation: Generation, model: _Static, query: IndexQuery, mark: Callable[[str], None] = lambda stage: None
) -> None:
    """What a request asks of search: its words understood, embedded, and answered."""
    understood = understand(query.text, generation.index, packs())
    mark("understood")
    vector = model.query(fold(understood.meant))
    mark("vector")
    generation.index.search(asked(replace(query, vector=vector), understood), mark)


def _staged(generation: Generation, model: _Static, query: IndexQuery) -> dict[str, float]:
    """How long each stage of a search took that nobody asked before."""
    times: dict[str, float] = {}
    at = time.perf_counter()

    def mark(stage: str) -> None:
        nonlocal at
        now = time.perf_counter()
        times[stage], at = (now - at) * 1_000, now

    _search(generation, model, query, mark)
    return times


def _times(search: Callable[[IndexQuery], None], queries: Sequence[IndexQuery]) -> list[float]:
    times = []
    for query in queries:
        began = time.perf_counter()
        search(query)
        times.append((time.perf_counter() - began) * 1_000)
    return times


def _at(times: Sequence[float], percent: int) -> float:
    return float(np.percentile(times, percent))


def _bar(what: str, times: Sequence[float], percent: int, floor: float, goal: float) -> Measured:
    return Measured(what, _at(times, percent), "ms", floor=floor, goal=goal, less_is_better=True)
