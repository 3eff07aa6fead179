"""The fast index gives the plain one's answers: over any catalogue, any change to it, any filters, sorts and pages."""

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from entrepot.discovery.index.base import DIMENSIONS, IndexPage, IndexQuery, Vectors
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.index.plain import PlainIndex
from entrepot.discovery.types import SORTS, Change, Document
from tests.discovery.conftest import FLOOR

WORDS = [
    *("red", "blue", "sofa", "sofas", "table", "lamp", "lamps", "lens", "wireless", "headphones", "headphone"),
    *("batteries", "battery", "café", "Straße", "500", "ml", "500ml", "1.5l", '15.6"', "iphone15", "iphone", "15"),
    *(
        "usb-c",
        "of",
        "for",
        "the",
        "无线耳机",
        "耳机",
        "men's",
        "shoes",
        "shoe",
        "dresses",
        "dress",
        "box",
        "boxes",
        "xm4",
    ),
]
MISTYPED = [
    "sofaa",
    "lmap",
    "hedphones",
    "headphnoes",
    "batery",
    "wirelss",
    "wire",
    "headph",
    "zzzzzz",
    "iphone16",
    "耳",
    "",
]
BRANDS = ["", "Acme", "ACME", "Bolt & Sons", "华为"]
CATEGORIES = ["", "home", "home/sofas", "home/lamps/desk", "audio/headphones"]
MERCHANTS = ["org_a", "org_b", "org_c"]
COLOURS = ["red", "Red", "blue", "grün"]

texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
numbers = st.integers(0, 30)


def document_id(number: int) -> str:
    return f"prd_{number:026d}"


@st.composite
def directions(draw: st.DrawFn) -> Vectors:
    """Unit vectors with few distinct directions, so that many similarities tie."""
    vector = np.zeros(DIMENSIONS, np.float32)
    for place in draw(st.lists(st.integers(0, 4), min_size=1, max_size=3)):
        vector[place] += 1.0
    return (vector / np.linalg.norm(vector)).astype(np.float32)


attributes = st.tuples(st.sampled_from(["colour", "size"]), st.sampled_from(COLOURS))
documents = st.builds(
    Document,
    id=numbers.map(document_id),
    title=texts,
    description=texts,
    external_id=st.sampled_from(["", "SKU-1", "A500ml"]),
    brand=st.sampled_from(BRANDS),
    category=st.sampled_from(CATEGORIES),
    merchants=st.lists(st.sampled_from(MERCHANTS), max_size=2, unique=True).map(tuple),
    attributes=st.lists(st.tuples(st.sampled_from(["colour", "size"]), st.sampled_from(COLOURS)), max_size=3).map(
        tuple
    ),
    price_minor=st.none() | st.sampled_from([0, 1, 999, 1000, 1999, 2500, 100_000]),
    rating_centi=st.sampled_from([0, 100, 350, 400, 500]),
    rating_count=st.integers(0, 2),
    created_at=st.integers(0, 3),
    sellable=st.integers(0, 4).map(bool),
    in_stock=st.booleans(),
)
changes = st.builds(
    Change,
    id=numbers.map(document_id),
    price_minor=st.none() | st.integers(0, 3000),
    currency=st.just("USD"),
    rating_centi=st.sampled_from([0, 300, 450]),
    rating_count=st.integers(0, 2),
    sellable=st.booleans(),
    in_stock=st.booleans(),
    merchants=st.lists(st.sampled_from(MERCHANTS), max_size=2, unique=True).map(tuple),
)
filters = st.dictionaries(
    st.sampled_from(["price", "rating", "brand", "category", "merchant", "colour", "size", "in_stock", "unknown"]),
    st.just(None),
    max_size=3,
).flatmap(lambda names: st.fixed_dictionaries({name: values_of(name) for name in names}))
queries = st.builds(
    IndexQuery,
    text=texts | st.sampled_from(MISTYPED) | st.tuples(texts, st.sampled_from(MISTYPED)).map(" ".join),
    vector=st.none() | directions(),
    filters=filters,
    sort=st.sampled_from(SORTS),
)


def values_of(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    values = {
        "price": ["..999", "1000..", "500..2000", "1999..1999"],
        "rating": ["4..", "3.5..", "..3"],
        "brand": [*BRANDS, "acme", "unheard-of"],
        "category": [*CATEGORIES, "HOME"],
        "merchant": MERCHANTS,
        "in_stock": ["yes", "no"],
    }.get(name, [*COLOURS, "RED"])
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


def check_same(plain: PlainIndex, fused: Callable[[IndexQuery], IndexPage], query: IndexQuery) -> None:
    """Same set, same total, same facets; under a chosen sort the same order; pages of any size part the same list."""
    everything = msgspec.structs.replace(query, limit=600)
    expected, answer = plain.search(everything), fused(everything)
    assert sorted(hit.id for hit in answer.hits) == sorted(hit.id for hit in expected.hits)
    assert answer.total == expected.total == len(expected.hits)
    assert answer.facets == expected.facets
    assert answer.corrected == expected.corrected
    if query.sort != "relevance":
        assert [hit.id for hit in answer.hits] == [hit.id for hit in expected.hits]
    for limit in (1, 3):
        parts = [fused(msgspec.structs.replace(query, offset=offset, limit=limit, facets=False)).hits
                 for offset in range(0, answer.total + 1, limit)]  # fmt: skip
        assert [hit.id for hit in itertools.chain(*parts)] == [hit.id for hit in answer.hits]


class Indexes(RuleBasedStateMachine):
    """Both indexes under the same changes; the fast one is closed and opened again in between."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.plain = PlainIndex(FLOOR)
        self.generation = Generation.create(Path(self.folder.name) / "generation", FLOOR)

    @rule(many=st.lists(documents, min_size=1, max_size=12), vectors=st.lists(directions(), min_size=12, max_size=12))
    def put(self, many: list[Document], vectors: list[Vectors]) -> None:
        for index in (self.plain, self.generation.index):
            index.upsert(many, np.stack(vectors[: len(many)]))
            index.commit()

    @rule(ids=st.lists(numbers.map(document_id), max_size=5))
    def remove(self, ids: list[str]) -> None:
        for index in (self.plain, self.generation.index):
            index.remove(ids)
            index.commit()

    @rule(many=st.lists(changes, max_size=6))
    def change(self, many: list[Change]) -> None:
        for index in (self.plain, self.generation.index):
            index.change(many)

    @rule()
    def restart(self) -> None:
        self.generation.checkpoint(1)
        self.generation.close()
        self.generation = Generation.open(self.generation.folder, FLOOR, writing=True)

    @rule(query=queries)
    def ask(self, query: IndexQuery) -> None:
        check_same(self.plain, self.generation.index.search, query)

    @rule(query=queries)
    def ask_a_reader(self, query: IndexQuery) -> None:
        self.generation.checkpoint(1)
        reader = Generation.open(self.generation.folder, FLOOR, writing=False)
        check_same(self.plain, reader.index.search, query)
        reader.close()

    @rule(prefix=texts | st.sampled_from(MISTYPED), most=st.integers(0, 8))
    def complete(self, prefix: str, most: int) -> None:
        assert self.generation.index.suggest(prefix, most) == self.plain.suggest(prefix, most)

    @invariant()
    def same_count(self) -> None:
        assert self.generation.index.count() == self.plain.count()

    def teardown(self) -> None:
        if hasattr(self, "generation"):
            self.generation.close()
            self.folder.cleanup()


TestIndexes = Indexes.TestCase


@given(st.lists(st.tuples(documents, directions()), min_size=1, max_size=40), st.lists(queries, min_size=1, max_size=8))
def test_the_fast_index_answers_as_the_plain_one(
    entries: list[tuple[Document, Vectors]], asked: list[IndexQuery]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, generation = PlainIndex(FLOOR), Generation.create(Path(folder) / "generation", FLOOR)
        for index in (plain, generation.index):
            index.upsert([document for document, _ in entries], np.stack([vector for _, vector in entries]))
            index.commit()
        for query in asked:
            check_same(plain, generation.index.search, query)
        generation.close()
