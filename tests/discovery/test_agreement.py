"""The fast index gives the plain one's answers: over any catalogue, any change to it, any filters, sorts and pages."""

import itertools
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from entrepot.discovery.index.arrangement import Arrangement, Target
from entrepot.discovery.index.base import DIMENSIONS, IndexPage, IndexQuery, Vectors
from entrepot.discovery.index.filters import read_filters
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.index.plain import PlainIndex
from entrepot.discovery.text import fold
from entrepot.discovery.types import SORTS, Change, Document, Offer, Subject
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
SCREENS = [
    *(f"{inches} in" for inches in (10, 11, 12.5, 13, 13.3, 14, 15, 15.6, 16, 17.3, 24, 27, 32)),
    "13 cm",
    "large",
]

THINGS, ROLES = ["sofa", "lamp"], ["device", "accessory"]

texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
numbers = st.integers(0, 30)


FILTERED = [
    *("price", "rating", "brand", "category", "merchant", "colour", "size", "screen", "in_stock", "on_sale"),
    *("condition", "collection", "unknown"),
]


def document_id(number: int) -> str:
    return f"prd_{number:026d}"


@st.composite
def directions(draw: st.DrawFn) -> Vectors:
    """Unit vectors with few distinct directions, so that many similarities tie."""
    vector = np.zeros(DIMENSIONS, np.float32)
    for place in draw(st.lists(st.integers(0, 4), min_size=1, max_size=3)):
        vector[place] += 1.0
    return (vector / np.linalg.norm(vector)).astype(np.float32)


attributes = st.lists(
    st.tuples(st.sampled_from(["colour", "size"]), st.sampled_from(COLOURS))
    | st.tuples(st.just("thing"), st.sampled_from(THINGS))
    | st.tuples(st.just("role"), st.sampled_from(ROLES))
    | st.tuples(st.just("screen"), st.sampled_from(SCREENS)),
    max_size=3,
).map(tuple)
offers = st.lists(
    st.builds(
        Offer,
        id=st.sampled_from(["off_1", "off_2", "off_3", "off_4"]),
        merchant=st.sampled_from(MERCHANTS),
        price_minor=st.none() | st.sampled_from([0, 1, 999, 1000, 1999, 2500, 100_000]),
        attributes=attributes,
        condition=st.sampled_from(["new", "used"]),
        sellable=st.integers(0, 4).map(bool),
        in_stock=st.booleans(),
        reduced=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda offer: offer.id,
).map(tuple)
collections = st.lists(st.sampled_from(["summer", "sale"]), max_size=2, unique=True).map(tuple)
documents = st.builds(
    Document,
    id=numbers.map(document_id),
    title=texts,
    description=texts,
    external_id=st.sampled_from(["", "SKU-1", "A500ml"]),
    brand=st.sampled_from(BRANDS),
    category=st.sampled_from(CATEGORIES),
    collections=collections,
    attributes=attributes,
    rating_centi=st.sampled_from([0, 100, 350, 400, 500]),
    rating_count=st.integers(0, 2),
    created_at=st.integers(0, 3),
    offers=offers,
)
changes = st.builds(
    Change,
    id=numbers.map(document_id),
    rating_centi=st.sampled_from([0, 300, 450]),
    rating_count=st.integers(0, 2),
    collections=collections,
    offers=offers,
)
filters = st.dictionaries(
    st.sampled_from(FILTERED),
    st.just(None),
    max_size=3,
).flatmap(lambda names: st.fixed_dictionaries({name: values_of(name) for name in names}))
subjects = st.builds(
    Subject,
    things=st.lists(st.sampled_from(THINGS), max_size=1).map(tuple),
    names=st.lists(st.sampled_from([("sofa",), ("lamp",), ("red", "lamp")]), max_size=2).map(tuple),
    categories=st.sampled_from([(), ("home",), ("home/sofas",)]),
    role=st.sampled_from(["", *ROLES]),
    narrow=st.booleans(),
)
queries = st.builds(
    IndexQuery,
    subject=st.none() | subjects,
    text=texts | st.sampled_from(MISTYPED) | st.tuples(texts, st.sampled_from(MISTYPED)).map(" ".join),
    vector=st.none() | directions(),
    filters=filters,
    sort=st.sampled_from(SORTS),
    numbers=st.sampled_from([frozenset(), frozenset({"screen"}), frozenset({"screen", "colour"})]),
    preferred=st.sampled_from([(), ("size",), ("screen", "colour")]),
    facet_names=st.sampled_from([None, None, ("colour",)]),
)


def values_of(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    values = {
        "price": ["..999", "1000..", "500..2000", "1999..1999"],
        "rating": ["4..", "3.5..", "..3"],
        "brand": [*BRANDS, "acme", "unheard-of"],
        "category": [*CATEGORIES, "HOME"],
        "merchant": MERCHANTS,
        "in_stock": ["yes", "no"],
        "on_sale": ["yes", "no"],
        "condition": ["new", "used"],
        "collection": ["summer", "SALE"],
        "screen": [*SCREENS, "13..15", "..14", "15.6..", "27..27", "13..15 in"],
    }.get(name, [*COLOURS, "RED"])
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


def check_same(plain: PlainIndex, fused: Callable[[IndexQuery], IndexPage], query: IndexQuery) -> None:
    """Same set, same total, same facets; under a chosen sort the same order; pages of any size part the same list."""
    everything = msgspec.structs.replace(query, limit=600)
    expected, answer = plain.search(everything), fused(everything)
    assert sorted(hit.id for hit in answer.hits) == sorted(hit.id for hit in expected.hits)
    assert {hit.id: hit.offer for hit in answer.hits} == {hit.id: hit.offer for hit in expected.hits}
    assert answer.total == expected.total == len(expected.hits)
    assert answer.facets == expected.facets
    assert answer.corrected == expected.corrected
    assert answer.about == expected.about
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
    def pack(self) -> None:
        columns = self.generation.index.columns
        columns.offers = columns.offers.packed(columns.count, columns.alive)

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
        with closing(Generation.open(self.generation.folder, FLOOR, writing=False)) as reader:
            check_same(self.plain, reader.index.search, query)

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


@given(st.lists(documents, min_size=1, max_size=30, unique_by=lambda each: each.id), queries)
def test_a_facet_counts_what_choosing_it_lists(many: list[Document], query: IndexQuery) -> None:
    """Asked of the plain index, whose counting and filtering are written apart; the fast one agrees with it."""
    plain = PlainIndex(FLOOR)
    plain.upsert(many, np.stack([np.eye(1, DIMENSIONS, dtype=np.float32)[0]] * len(many)))
    plain.commit()
    for facet in plain.search(query).facets:
        for value in facet.values:
            chosen = msgspec.structs.replace(query, filters={**query.filters, facet.name: (value.value,)}, limit=0)
            listed = plain.search(chosen).total
            # "Red" and "red" are two values that a filter does not tell apart.
            same = [each.count for each in facet.values if fold(each.value) == fold(value.value)]
            assert listed >= value.count if len(same) > 1 else listed == value.count, (facet.name, value)


@given(st.lists(documents, min_size=1, max_size=20, unique_by=lambda each: each.id), filters)
def test_every_filter_holds_for_one_and_the_same_offer(
    many: list[Document], asked: Mapping[str, tuple[str, ...]]
) -> None:
    plain = PlainIndex(FLOOR)
    plain.upsert(many, np.zeros((len(many), DIMENSIONS), np.float32))
    plain.commit()
    found = {hit.id: hit.offer for hit in plain.search(IndexQuery(filters=dict(asked), limit=600)).hits}
    for document in many:
        alone = [
            offer.id
            for offer in document.offers
            if offer.sellable and _answers(msgspec.structs.replace(document, offers=(offer,)), asked)
        ]
        assert found.get(document.id) == next(iter(alone), None)


def _answers(document: Document, asked: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether each filter by itself finds a document of one offer."""
    one = PlainIndex(FLOOR)
    one.upsert([document], np.zeros((1, DIMENSIONS), np.float32))
    one.commit()
    return all(one.search(IndexQuery(filters={name: values}, limit=0)).total for name, values in asked.items())


@given(st.lists(st.tuples(documents, directions()), min_size=1, max_size=40), st.lists(queries, min_size=1, max_size=8))
def test_the_fast_index_answers_as_the_plain_one(
    entries: list[tuple[Document, Vectors]], asked: list[IndexQuery]
) -> None:
    plain = PlainIndex(FLOOR)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Generation.create(Path(folder) / "generation", FLOOR)) as generation,
    ):
        for index in (plain, generation.index):
            index.upsert([document for document, _ in entries], np.stack([vector for _, vector in entries]))
            index.commit()
        for query in asked:
            check_same(plain, generation.index.search, query)


def test_a_thing_that_every_offer_is_said_to_be_is_the_products(tmp_path: Path) -> None:
    """Also of one whose other offer says something else: then it is neither, whatever a rule excludes."""
    sofa, lamp = (Offer(f"off_{name}", f"org_{name}", 1, (("thing", name),)) for name in THINGS)
    plain, rules = PlainIndex(FLOOR), Arrangement(excluded=(Target(filters=read_filters({"merchant": ("org_lamp",)})),))
    many = [Document(document_id(n), "", offers=each) for n, each in enumerate([(sofa,), (sofa, lamp), (lamp,)])]
    rows = np.stack([np.eye(1, DIMENSIONS, dtype=np.float32)[0]] * len(many))
    asked = IndexQuery(vector=rows[0], subject=Subject(things=("sofa",)))
    with closing(Generation.create(tmp_path / "generation", FLOOR)) as generation:
        for index in (plain, generation.index):
            index.upsert(many, rows)
            index.commit()
            assert index.search(asked).about == 1
        for query in (asked, msgspec.structs.replace(asked, rules=rules)):
            check_same(plain, generation.index.search, query)
