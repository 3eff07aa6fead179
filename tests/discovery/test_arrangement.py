"""What rules do to a list, against a list that is arranged by hand; both indexes, any filters, sorts and rules."""

import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.discovery.index.arrangement import PAGE, Arrangement, Lift, Pin, Target, in_turn, spread
from entrepot.discovery.index.base import Index, IndexHit, IndexPage, IndexQuery, Vectors
from entrepot.discovery.index.filters import (
    Filter,
    Ranges,
    Terms,
    collection_terms,
    offer_terms,
    read_filters,
    terms_of,
)
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.index.matching import Synonym
from entrepot.discovery.index.plain import PlainIndex
from entrepot.discovery.index.titles import WORDS_MAX
from entrepot.discovery.text import query_words
from entrepot.discovery.types import Change, Document, Offer, Subject
from tests.discovery.conftest import FLOOR, nowhere, product, put
from tests.discovery.test_agreement import (
    WORDS,
    check_same,
    directions,
    document_id,
    documents,
    queries,
    values_of,
)
from tests.proof import count

few = settings(max_examples=count(12, 1_000))
ids = st.integers(0, 30).map(document_id)
targets = st.builds(Target, ids=st.frozensets(ids, min_size=1, max_size=4)) | st.sampled_from(
    ["brand", "merchant", "category", "colour", "condition", "price", "on_sale"]
).flatmap(lambda name: values_of(name).map(lambda values: Target(filters=read_filters({name: values}))))
arrangements = st.builds(
    Arrangement,
    excluded=st.lists(targets, max_size=2).map(tuple),
    included=st.lists(ids, max_size=3).map(tuple),
    lifts=st.lists(
        st.builds(Lift, st.sampled_from(["rul_1", "rul_2"]), st.sampled_from([-3.0, -0.5, 0.25, 1.0, 8.0]), targets),
        max_size=3,
    ).map(tuple),
    per_merchant=st.integers(0, 2),
    pins=st.lists(st.builds(Pin, st.sampled_from(["rul_3", "rul_4"]), st.integers(1, 12), ids), max_size=4).map(tuple),
)
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(lambda words: query_words(" ".join(words)))
synonyms = st.lists(
    st.builds(Synonym, phrases.filter(bool), st.lists(phrases.filter(bool), min_size=1, max_size=2).map(tuple)),
    max_size=2,
).map(tuple)
ruled = st.builds(
    lambda query, rules, others: msgspec.structs.replace(query, rules=rules, synonyms=others),
    queries, arrangements, synonyms,
)  # fmt: skip
catalogues = st.lists(st.tuples(documents, directions()), min_size=1, max_size=30, unique_by=lambda entry: entry[0].id)


@contextmanager
def fused(entries: Sequence[tuple[Document, Vectors]]) -> Iterator[Index]:
    with tempfile.TemporaryDirectory() as folder:
        generation = Generation.create(Path(folder) / "generation", FLOOR)
        fill(generation.index, entries)
        yield generation.index
        generation.close()


def fill(index: Index, entries: Sequence[tuple[Document, Vectors]]) -> Index:
    index.upsert([document for document, _ in entries], np.stack([vector for _, vector in entries]))
    index.commit()
    return index


@few
@given(catalogues, st.lists(ruled, min_size=1, max_size=6))
def test_the_fast_index_follows_rules_as_the_plain_one(
    entries: list[tuple[Document, Vectors]], asked: list[IndexQuery]
) -> None:
    plain = fill(PlainIndex(FLOOR), entries)
    assert isinstance(plain, PlainIndex)
    with fused(entries) as fast:
        for query in asked:
            check_same(plain, fast.search, query)


@few
@given(catalogues, st.lists(ruled, min_size=1, max_size=6))
def test_a_list_is_what_is_arranged_by_hand(entries: list[tuple[Document, Vectors]], asked: list[IndexQuery]) -> None:
    for query in asked:
        everything = msgspec.structs.replace(query, limit=600, offset=0)
        page = fill(PlainIndex(FLOOR), entries).search(everything)
        expected = by_hand(entries, everything)
        assert [hit.id for hit in page.hits] == expected
        assert page.total == len(expected)
        assert len(set(expected)) == len(expected)


@few
@given(catalogues, ruled)
def test_facets_count_what_choosing_them_lists_under_rules(
    entries: list[tuple[Document, Vectors]], query: IndexQuery
) -> None:
    with fused(entries) as fast:
        for facet in fast.search(query).facets:
            for value in facet.values:
                if sum(other.value.casefold() == value.value.casefold() for other in facet.values) > 1:
                    continue  # "Red" and "red" are two values that a filter does not tell apart
                chosen = {**query.filters, facet.name: (value.value,)}
                assert fast.search(msgspec.structs.replace(query, filters=chosen)).total == value.count


@few
@given(catalogues, ruled, st.randoms(use_true_random=False))
def test_in_which_order_rules_are_given_changes_nothing(
    entries: list[tuple[Document, Vectors]], query: IndexQuery, random: Random
) -> None:
    assert query.rules is not None
    shuffled = {
        name: tuple(random.sample(getattr(query.rules, name), len(getattr(query.rules, name))))
        for name in ("excluded", "included", "lifts", "pins")
    }
    other = msgspec.structs.replace(query, rules=msgspec.structs.replace(query.rules, **shuffled))
    with fused(entries) as fast:
        for asked in (query, msgspec.structs.replace(query, sort="price")):
            one, two = fast.search(asked), fast.search(msgspec.structs.replace(other, sort=asked.sort))
            assert [hit.id for hit in one.hits] == [hit.id for hit in two.hits]
            assert (one.total, one.facets) == (two.total, two.facets)


@few
@given(catalogues, ruled, st.sampled_from(["price", "-price", "newest", "rating"]))
def test_pins_and_lifts_vanish_under_an_order_that_was_chosen(
    entries: list[tuple[Document, Vectors]], query: IndexQuery, sort: str
) -> None:
    assert query.rules is not None
    bare = msgspec.structs.replace(query.rules, pins=(), lifts=(), per_merchant=0)
    with fused(entries) as fast:
        asked = msgspec.structs.replace(query, sort=sort, limit=600)
        assert answer(fast.search(asked)) == answer(fast.search(msgspec.structs.replace(asked, rules=bare)))


@few
@given(catalogues, ruled)
def test_what_a_score_is_made_of_sums_to_it(entries: list[tuple[Document, Vectors]], query: IndexQuery) -> None:
    query = msgspec.structs.replace(query, sort="relevance", explained=True)
    with fused(entries) as fast:
        for index in (fast, fill(PlainIndex(FLOOR), entries)):
            for hit in index.search(query).hits:
                assert sum(part for _, part in hit.contributions) == pytest.approx(hit.score, abs=1e-9)
                assert all(part for _, part in hit.contributions)


@few
@given(catalogues, ruled)
def test_without_a_reason_a_score_is_less_by_what_it_gave(
    entries: list[tuple[Document, Vectors]], query: IndexQuery
) -> None:
    query = msgspec.structs.replace(query, sort="relevance", explained=True, limit=600)
    with fused(entries) as fast:
        before = fast.search(query).hits
        for name in sorted({name for hit in before for name, _ in hit.contributions} - {"rul_1", "rul_2"}):
            after = {hit.id: hit for hit in fast.search(msgspec.structs.replace(query, without=frozenset({name}))).hits}
            assert len(after) == len(before)
            for hit in before:
                less = sum(part for part_name, part in hit.contributions if part_name == name)
                assert after[hit.id].score == pytest.approx(hit.score - less, abs=1e-9)


def test_leaving_a_reason_aside_moves_no_other_between_results_that_have_the_same_words() -> None:
    one, two = nowhere(2)
    one, two = np.zeros_like(one), np.zeros_like(two)
    one[:2], two[:2] = (0.6, 0.8), (1.0, 0.0)
    query = IndexQuery("red lamp", vector=two, explained=True)
    with fused([(product(1, "red lamp"), one), (product(2, "red lamp"), two)]) as fast:
        before, after = (
            {hit.id: dict(hit.contributions) for hit in fast.search(each).hits}
            for each in (query, msgspec.structs.replace(query, without=frozenset({"vector"})))
        )
    assert {each: {**parts, "vector": 0.0} for each, parts in before.items()} == {
        each: {**parts, "vector": 0.0} for each, parts in after.items()
    }


def answer(page: IndexPage) -> tuple[object, ...]:
    return [(hit.id, hit.offer) for hit in page.hits], page.total, page.facets, page.corrected


def by_hand(entries: Sequence[tuple[Document, Vectors]], query: IndexQuery) -> list[str]:
    """The whole list of a query under its rules, step by step, from lists without rules."""
    rules = query.rules or Arrangement()
    left = [(without_excluded(document, rules), vector) for document, vector in entries]
    index, bare = fill(PlainIndex(FLOOR), left), msgspec.structs.replace(query, rules=None)
    found = list(index.search(bare).hits)
    known = {hit.id for hit in found}
    joining = [*rules.included, *(pin.id for pin in rules.pins if query.sort == "relevance")]
    more = tuple(each for each in dict.fromkeys(joining) if each not in known)
    found += index.search(IndexQuery(filters=query.filters, among=more, limit=600)).hits
    if query.sort != "relevance":
        among = IndexQuery(filters=query.filters, sort=query.sort, limit=600)
        return [hit.id for hit in index.search(among).hits if hit.id in {each.id for each in found}]
    by_id = {document.id: document for document, _ in left}
    scored = sorted((-lifted(hit, by_id[hit.id], rules), hit.id) for hit in found)
    return pinned([each for _, each in scored], {hit.id: hit for hit in found}, by_id, rules)


def pinned(order: list[str], found: dict[str, IndexHit], by_id: dict[str, Document], rules: Arrangement) -> list[str]:
    pins = {pin.id: pin for pin in reversed(in_turn(rules.pins)) if pin.id in found}
    order = [each for each in order if each not in pins]
    if rules.per_merchant:
        sellers = {
            each: next(offer.merchant for offer in by_id[each].offers if offer.id == found[each].offer)
            for each in order
        }
        order = spread(order, sellers, rules.per_merchant)
    for pin in in_turn(pins.values()):
        order.insert(min(max(pin.position - 1, placed(order, pins)), len(order)), pin.id)
    return order


def placed(order: list[str], pins: dict[str, Pin]) -> int:
    """The first place behind every pin that stands already."""
    return max((place + 1 for place, each in enumerate(order) if each in pins), default=0)


def without_excluded(document: Document, rules: Arrangement) -> Document:
    barred = [offer.id for offer in document.offers for each in rules.excluded if holds(each, document, offer)]
    offers = (
        msgspec.structs.replace(each, sellable=each.sellable and each.id not in barred) for each in document.offers
    )
    return msgspec.structs.replace(document, offers=tuple(offers))


def lifted(hit: IndexHit, document: Document, rules: Arrangement) -> float:
    decided = next(offer for offer in document.offers if offer.id == hit.offer)
    return hit.score + sum(lift.weight for lift in rules.lifts if holds(lift.target, document, decided))


def holds(target: Target, document: Document, offer: Offer) -> bool:
    """Whether a target holds one offer."""
    if target.ids:
        return document.id in target.ids
    alone = msgspec.structs.replace(document, offers=(msgspec.structs.replace(offer, sellable=True),))
    return bool(target.filters) and all(_passes(alone, each) for each in target.filters)


def _passes(alone: Document, each: Filter) -> bool:
    """Whether a document of one offer passes a filter, by what the filter says of itself."""
    offer = alone.offers[0]
    if isinstance(each, Terms):
        return each.holds({*terms_of(alone), *offer_terms(offer), *collection_terms(alone.collections)})
    if isinstance(each, Ranges):
        return each.holds(offer.price_minor if each.name == "price" else alone.rating_centi or None)
    return (offer.reduced if each.name == "on_sale" else offer.in_stock) in each.wanted


@given(st.lists(st.sampled_from("aaabbc"), max_size=20), st.integers(1, 3), st.integers(1, 6))
def test_merchants_are_spread_and_nothing_is_lost(sellers: list[str], most: int, page: int) -> None:
    merchant_of = dict(enumerate(sellers))
    order = spread(list(merchant_of), merchant_of, most, page)
    assert sorted(order) == list(merchant_of)
    for begin in range(0, len(order), page):
        counts = Counter(merchant_of[each] for each in order[begin : begin + page])
        later = {merchant_of[each] for each in order[begin + page :]}
        if any(number > most for number in counts.values()):
            assert all(counts[seller] >= most for seller in later), (order, begin)
    for seller in set(sellers):
        own = [each for each in order if merchant_of[each] == seller]
        assert own == sorted(own)


def test_at_most_n_of_a_page_are_of_one_merchant(index: Index) -> None:
    put(index, *(product(n, "red lamp", merchant="org_a" if n < 40 else f"org_{n}") for n in range(80)))
    rules = Arrangement(per_merchant=3)
    first = index.search(IndexQuery("lamp", limit=PAGE, rules=rules))
    assert first.total == 80
    assert sum(hit.id <= document_id(39) for hit in first.hits) == 3
    pages = [
        index.search(IndexQuery("lamp", limit=7, offset=offset, rules=rules, facets=False)).hits
        for offset in range(0, 80, 7)
    ]
    whole = [hit.id for hit in index.search(IndexQuery("lamp", limit=600, rules=rules)).hits]
    assert [hit.id for page in pages for hit in page] == whole
    assert len(set(whole)) == 80


def test_a_pin_from_outside_the_matches_is_counted_and_obeys_filters(index: Index) -> None:
    put(
        index,
        product(1, "red lamp", brand="Acme", price_minor=1_000),
        product(2, "blue lamp", brand="Bolt", price_minor=2_000),
        product(3, "oak table", brand="Acme", price_minor=9_000),
        product(4, "sold lamp", sellable=False),
    )
    rules = Arrangement(pins=(Pin("rul_1", 1, document_id(3)), Pin("rul_1", 2, document_id(4))))
    page = index.search(IndexQuery("lamp", rules=rules))
    assert page.hits[0].id == document_id(3)
    assert page.total == 3
    brands = next(facet for facet in page.facets if facet.name == "brand")
    assert {value.value: value.count for value in brands.values} == {"Acme": 2, "Bolt": 1}
    cheap = index.search(IndexQuery("lamp", filters={"price": ("..5000",)}, rules=rules))
    assert document_id(3) not in [hit.id for hit in cheap.hits]
    assert cheap.total == 2
    sorted_by = index.search(IndexQuery("lamp", sort="price", rules=rules))
    assert [hit.id for hit in sorted_by.hits] == [document_id(1), document_id(2)]
    assert sorted_by.total == 2


def test_what_a_rule_adds_decides_nothing_of_what_the_query_found(index: Index) -> None:
    """The only sofa is one that a rule includes: the lamps that say sofa stay in an order that the shopper chose."""
    put(
        index,
        product(1, "Oslo", price_minor=9_000, attributes=(("thing", "sofa"),)),
        product(2, "lamp", price_minor=1_000, description="for a sofa", attributes=(("thing", "lamp"),)),
    )
    asked = IndexQuery("sofa", subject=Subject(("sofa",)), sort="price")
    assert [hit.id for hit in index.search(asked).hits] == [document_id(2)]
    asked = msgspec.structs.replace(asked, rules=Arrangement(included=(document_id(1),)))
    assert [hit.id for hit in index.search(asked).hits] == [document_id(2), document_id(1)]


def test_a_product_is_called_by_all_words_of_a_name_among_the_first_of_its_title(index: Index) -> None:
    words = " ".join(["fine"] * (WORDS_MAX - 2))
    put(
        index,
        product(1, f"{words} Oslo sofa", price_minor=9_000),
        product(2, f"{words} large Oslo sofa", price_minor=1_000),
        product(3, "Oslo lamp", price_minor=2_000, description="for a sofa"),
        product(4, "Divan", price_minor=3_000, description="an Oslo sofa"),
    )
    asked = IndexQuery("oslo sofa", subject=Subject(names=(("oslo", "sofa"), ("divan",))), sort="-price")
    assert [hit.id for hit in index.search(asked).hits] == [document_id(1), document_id(4)]


def test_of_two_pins_for_one_place_the_older_stands_in_front_and_a_product_is_pinned_once(index: Index) -> None:
    put(index, *(product(n, "red lamp") for n in range(1, 6)))
    pins = (Pin("rul_2", 1, document_id(3)), Pin("rul_1", 1, document_id(4)), Pin("rul_3", 5, document_id(3)))
    order = [hit.id for hit in index.search(IndexQuery("lamp", rules=Arrangement(pins=pins))).hits]
    assert order[:2] == [document_id(4), document_id(3)]
    assert len(order) == 5
    late = Arrangement(pins=(Pin("rul_1", 90, document_id(1)),))
    assert [hit.id for hit in index.search(IndexQuery("lamp", rules=late)).hits][-1] == document_id(1)


def test_an_exclusion_is_gone_from_counts_and_takes_only_the_offers_it_describes(index: Index) -> None:
    two = (Offer("off_a", merchant="org_a", price_minor=1_000), Offer("off_b", merchant="org_b", price_minor=1_200))
    put(index, Document(document_id(1), "red lamp", offers=two), product(2, "blue lamp", merchant="org_a"))
    rules = Arrangement(excluded=(Target(filters=read_filters({"merchant": ("org_a",)})),))
    page = index.search(IndexQuery("lamp", rules=rules))
    assert [(hit.id, hit.offer) for hit in page.hits] == [(document_id(1), "off_b")]
    assert page.total == 1
    counts = {value.value: value.count for facet in page.facets if facet.name == "merchant" for value in facet.values}
    assert counts == {} or counts == {"org_b": 1}


def test_synonyms_find_what_others_call_it_and_the_shoppers_own_words_first(index: Index) -> None:
    put(
        index,
        product(1, "mobile phone with camera"),
        product(2, "handy with camera"),
        product(3, "camera"),
        product(4, "mobile stand"),
        *(product(number, "handy mobile phone for her camera") for number in range(10, 18)),
    )
    handy = Synonym(("handi",), (("mobile", "phone"),))
    assert query_words("handy") == ("handi",)
    page = index.search(IndexQuery("handy camera", synonyms=(handy,)))
    order = [hit.id for hit in page.hits]
    assert len(order) == 10
    assert order.index(document_id(2)) < order.index(document_id(1))
    back = Synonym(("mobile", "phone"), (("handi",),))
    page = index.search(IndexQuery("mobile phone camera", synonyms=(back,)))
    assert {document_id(1), document_id(2)} <= {hit.id for hit in page.hits}
    assert document_id(1) not in {hit.id for hit in index.search(IndexQuery("handy camera")).hits}


@pytest.mark.proof
def test_nothing_unsellable_is_ever_listed_while_stock_changes(report_count: Callable[[str, int], None]) -> None:
    """Between requests stock changes; under any rules, filters and sorts, each hit's offer can be bought."""
    random, requests = Random(6), count(3_000, 1_000_000)
    shop = _Shelves(random)
    with fused(shop.entries()) as fast:
        for number in range(requests):
            if number % 3 == 0:
                fast.change(shop.change(random))
            query = shop.query(random)
            page = fast.search(query)
            assert all(hit.offer in shop.sellable for hit in page.hits), query
            assert len({hit.id for hit in page.hits}) == len(page.hits)
            assert page.total >= len(page.hits)
    report_count("requests with stock changing", requests)


def test_stock_that_changes_meanwhile_is_seen_by_the_next_request() -> None:
    """One thread sells out and restocks while another searches: what never came back is in no answer."""
    random = Random(7)
    shop = _Shelves(random)
    done = threading.Event()
    with fused(shop.entries()) as fast:

        def trade() -> None:
            mine = Random(8)
            while not done.is_set():
                fast.change(shop.change(mine))

        trader = threading.Thread(target=trade)
        trader.start()
        try:
            for _ in range(count(400, 20_000)):
                sold_out = frozenset(shop.never)
                page = fast.search(shop.query(random))
                assert not {hit.offer for hit in page.hits} & sold_out
        finally:
            done.set()
            trader.join()


class _Shelves:
    """A small shop of many offers whose stock moves; `never` sells out at the start and never comes back."""

    def __init__(self, random: Random, products: int = 120) -> None:
        self.documents = {}
        for number in range(products):
            offers = tuple(
                Offer(
                    f"off_{number}_{n}",
                    merchant=random.choice(["org_a", "org_b", "org_c"]),
                    price_minor=random.randrange(1, 50) * 100,
                    sellable=random.random() < 0.7,
                    attributes=(("colour", random.choice(["red", "blue"])),),
                )
                for n in range(random.randrange(1, 4))
            )
            title = " ".join(random.sample(["red", "blue", "lamp", "table", "sofa", "box", "lens"], 3))
            self.documents[document_id(number)] = Document(
                document_id(number), title, brand=random.choice(["Acme", "Bolt"]), offers=offers
            )
        self.never = frozenset(
            offer.id for each in list(self.documents.values())[::5] for offer in each.offers if not offer.sellable
        )
        self.sellable = {
            offer.id for document in self.documents.values() for offer in document.offers if offer.sellable
        }

    def entries(self) -> list[tuple[Document, Vectors]]:
        return [(document, nowhere(1)[0]) for document in self.documents.values()]

    def change(self, random: Random) -> list[Change]:
        """Turn one product's offers."""
        document = self.documents[random.choice(list(self.documents))]
        offers = tuple(
            msgspec.structs.replace(offer, sellable=offer.id not in self.never and random.random() < 0.6)
            for offer in document.offers
        )
        self.documents[document.id] = msgspec.structs.replace(document, offers=offers)
        for offer in offers:
            (self.sellable.add if offer.sellable else self.sellable.discard)(offer.id)
        return [Change(document.id, offers=offers)]

    def query(self, random: Random) -> IndexQuery:
        """Any search under any rules."""
        some = random.sample(list(self.documents), 6)
        rules = Arrangement(
            excluded=random.choice([(), (Target(frozenset(some[:1])),), (Target(filters=_MERCHANT),)]),
            included=tuple(some[1:3]),
            lifts=(Lift("rul_1", random.choice([-2.0, 2.0]), Target(frozenset(some[3:4]))),),
            per_merchant=random.randrange(3),
            pins=(Pin("rul_2", random.randrange(1, 8), some[4]), Pin("rul_3", 1, some[5])),
        )
        return IndexQuery(
            random.choice(["lamp", "red sofa", "box lens", "", "blue"]),
            filters=random.choice([{}, {"colour": ("red",)}, {"price": ("..2000",)}, {"brand": ("Acme",)}]),
            sort=random.choice(["relevance", "relevance", "price", "newest"]),
            limit=random.choice([5, 24]),
            offset=random.choice([0, 0, 5]),
            facets=random.random() < 0.1,
            rules=random.choice([rules, rules, None]),
        )


_MERCHANT = read_filters({"merchant": ("org_a",)})
