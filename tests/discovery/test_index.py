"""The contract of an index: both makings do all of this."""

import itertools
from typing import Any

import numpy as np
import pytest

from entrepot.discovery.index import offers as offer_rows
from entrepot.discovery.index.base import DIMENSIONS, Index, IndexPage, IndexQuery
from entrepot.discovery.index.columns import change_of
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.types import Change, Document, Facet, Offer
from entrepot.kernel import Invalid
from tests.discovery.conftest import nowhere, product, put


def titles(index: Index, text: str, **more: object) -> list[str]:
    page = index.search(IndexQuery(text, limit=600, **more))  # type: ignore[arg-type]
    assert page.total == len(page.hits)
    return [hit.id[-2:].lstrip("0") for hit in page.hits]


def facet(index: Index, name: str, text: str = "", **filters: tuple[str, ...]) -> dict[str, int]:
    page = index.search(IndexQuery(text, filters=filters))
    return {value.value: value.count for each in page.facets if each.name == name for value in each.values}


def test_every_word_must_be_there_and_if_nothing_has_them_all_any_will_do(index: Index) -> None:
    put(index, product(1, "Red sofa"), product(2, "Red lamp"), product(3, "Blue sofa"))
    assert titles(index, "red sofa") == ["1"]
    assert sorted(titles(index, "green sofa")) == ["1", "3"]
    assert titles(index, "elephant") == []


def test_words_are_found_in_every_field(index: Index) -> None:
    put(
        index,
        product(
            1, "Lamp", description="made of oak", brand="Acme", category_names=("Lighting", "灯"),
            attributes=(("colour", "crimson"),), keywords=("4006381333931",), external_id="SKU-77",
        ),
    )  # fmt: skip
    for text in ("oak", "acme", "lighting", "灯", "crimson", "4006381333931", "sku-77", "oak lamp acme"):
        assert titles(index, text) == ["1"], text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hedphones", "headphones"),
        ("headphoens", "headphones"),
        ("headphonees", "headphones"),
        ("hedphnones", "headphones"),
        ("xeadphones", "headphones"),
    ],
)
def test_a_mistyped_word_finds_what_was_meant_and_says_so(index: Index, typed: str, meant: str) -> None:
    put(index, product(1, "Wireless headphones"), product(2, "Sofa"))
    assert titles(index, typed) == ["1"]
    assert index.search(IndexQuery(typed)).corrected == meant
    assert index.search(IndexQuery(f"wireless {typed}")).corrected == f"wireless {meant}"


def test_a_word_too_far_from_any_finds_nothing(index: Index) -> None:
    put(index, product(1, "Wireless headphones"), product(2, "Sofa"))
    assert titles(index, "sopha") == titles(index, "haedfonez") == titles(index, "so") == []


def test_of_several_near_words_the_commonest_is_meant(index: Index) -> None:
    put(index, product(1, "lamp"), product(2, "lamp"), product(3, "lump"))
    page = index.search(IndexQuery("lomp"))
    assert page.corrected == "lamp"
    assert page.total == 3


def test_numbers_and_known_words_are_never_guessed_at(index: Index) -> None:
    put(index, product(1, "iphone 14"), product(2, "cape"), product(3, "cap"))
    assert titles(index, "cap") == ["3"]
    assert index.search(IndexQuery("iphone 15")).corrected is None
    assert titles(index, "15") == []


def test_a_word_that_is_only_begun_finds_those_it_begins(index: Index) -> None:
    put(index, product(1, "headphones"), product(2, "headboard"), product(3, "helmet"))
    assert sorted(titles(index, "headp")) == ["1"]
    assert sorted(titles(index, "head")) == ["1", "2"]
    assert titles(index, "he") == []


def test_neighbours_of_the_vector_join_above_the_floor_and_at_most_three_hundred(index: Index) -> None:
    vectors = np.zeros((400, DIMENSIONS), np.float32)
    vectors[:, 0] = np.linspace(1.0, 0.0, 400)
    vectors[:, 1] = np.sqrt(1.0 - vectors[:, 0] ** 2)
    index.upsert([product(number, "thing") for number in range(400)], vectors)
    index.commit()
    query = np.zeros(DIMENSIONS, np.float32)
    query[0] = 1.0
    page = index.search(IndexQuery("couch", vector=query, limit=600))
    assert page.total == int((vectors[:, 0] >= 0.5).sum())
    vectors[:, 0], vectors[:, 1] = 0.9, np.sqrt(1 - 0.81)
    index.upsert([product(number, "thing") for number in range(400)], vectors)
    index.commit()
    page = index.search(IndexQuery("couch", vector=query, limit=600))
    assert [hit.id for hit in page.hits] == [product(number, "").id for number in range(300)]


def test_the_floor_of_similarity_itself_is_near_enough(index: Index) -> None:
    vectors = np.zeros((2, DIMENSIONS), np.float32)
    vectors[:, 0] = 0.5, 0.4998
    vectors[:, 1] = np.sqrt(1.0 - vectors[:, 0] ** 2)
    index.upsert([product(1, "thing"), product(2, "thing")], vectors)
    index.commit()
    query = np.zeros(DIMENSIONS, np.float32)
    query[0] = 1.0
    assert titles(index, "couch", vector=query) == ["1"]


def test_a_word_that_left_with_its_last_product_is_unknown_again(index: Index) -> None:
    put(index, product(1, "lamp"), product(2, "lump"))
    assert titles(index, "lamp") == ["1"]
    put(index, product(1, "table"))
    page = index.search(IndexQuery("lamp"))
    assert (page.corrected, [hit.id for hit in page.hits]) == ("lump", [product(2, "").id])
    index.remove([product(2, "").id])
    index.commit()
    assert titles(index, "lump") == []
    assert index.suggest("lu", 5) == []


def test_neighbours_are_decided_before_filters(index: Index) -> None:
    """A filter never brings in what the query alone would not have found."""
    vectors = nowhere(400)
    index.upsert([product(number, "thing", brand="A" if number < 300 else "B") for number in range(400)], vectors)
    index.commit()
    assert index.search(IndexQuery("couch", vector=vectors[0])).total == 300
    assert index.search(IndexQuery("couch", vector=vectors[0], filters={"brand": ("B",)})).total == 0


def test_filters_join_within_a_name_by_or_and_between_names_by_and(index: Index) -> None:
    put(
        index,
        product(1, "lamp", brand="Acme", price_minor=1000),
        product(2, "lamp", brand="Bolt", price_minor=2000),
        product(3, "lamp", brand="Cord", price_minor=3000),
    )
    assert titles(index, "lamp", filters={"brand": ("acme", "BOLT")}, sort="price") == ["1", "2"]
    assert titles(index, "lamp", filters={"brand": ("Acme", "Bolt"), "price": ("1500..",)}) == ["2"]
    assert titles(index, "lamp", filters={"price": ("..1000", "3000..3000")}, sort="price") == ["1", "3"]
    assert titles(index, "lamp", filters={"nonsense": ("x",)}) == []


def test_a_category_means_everything_below_it(index: Index) -> None:
    put(
        index,
        product(1, "a", category="home/sofas"),
        product(2, "b", category="home"),
        product(3, "c", category="homes"),
    )
    assert titles(index, "", filters={"category": ("home",)}, sort="newest") == ["1", "2"]
    assert facet(index, "category") == {"home": 2, "home/sofas": 1, "homes": 1}


def test_counts_leave_out_their_own_filter_only(index: Index) -> None:
    put(
        index,
        product(1, "lamp", brand="Acme", attributes=(("colour", "red"), ("colour", "blue"))),
        product(2, "lamp", brand="Bolt", attributes=(("colour", "red"),)),
        product(3, "lamp", brand="Bolt", sellable=False),
    )
    assert facet(index, "brand") == {"Acme": 1, "Bolt": 1}
    assert facet(index, "brand", brand=("Acme",)) == {"Acme": 1, "Bolt": 1}
    assert facet(index, "brand", colour=("blue",)) == {}, "one brand is left: nothing to choose"
    assert facet(index, "brand", colour=("red",)) == {"Acme": 1, "Bolt": 1}
    assert facet(index, "colour", brand=("Acme",)) == {}, "the one that is left has both: neither divides"
    assert facet(index, "colour", brand=("Acme", "Bolt")) == {"blue": 1, "red": 2}


def test_a_facet_value_leaves_exactly_as_many_as_it_says(index: Index) -> None:
    put(index, *(product(n, "lamp", brand="AB"[n % 2], price_minor=n * 137, rating_centi=n * 10) for n in range(50)))
    page = index.search(IndexQuery("lamp"))
    assert {each.name for each in page.facets} == {"brand", "price", "rating"}
    for name, value in [(each.name, value) for each in page.facets for value in each.values]:
        assert index.search(IndexQuery("lamp", filters={name: (value.value,)})).total == value.count, (name, value)


def variant(number: int, colour: str, size: str, **more: Any) -> Offer:
    return Offer(f"off_{number:026d}", "org_a", 1_000 + number, (("colour", colour), ("size", size)), **more)


def test_a_product_of_many_variants_comes_once_and_the_one_that_fits_decides(index: Index) -> None:
    shoe = (variant(1, "red", "41"), variant(2, "blue", "42"), variant(3, "red", "42", reduced=True))
    put(index, product(1, "shoe", offers=shoe), product(2, "shoe", offers=(variant(4, "red", "42"),)))
    page = index.search(IndexQuery("shoe", filters={"colour": ("red",), "size": ("42",)}, sort="price"))
    assert [(hit.offer, hit.price_minor) for hit in page.hits] == [(variant(n, "", "").id, 1_000 + n) for n in (3, 4)]
    assert page.total == 2
    assert index.search(IndexQuery("shoe", filters={"colour": ("blue",), "size": ("41",)})).total == 0
    assert [hit.offer for hit in index.search(IndexQuery("shoe", filters={"on_sale": ("yes",)})).hits] == [shoe[2].id]
    assert index.search(IndexQuery("shoe", filters={"colour": ("red",), "price": ("..1002",)})).total == 1
    assert [(value.value, value.count) for value in facet_of(page, "colour").values] == [("red", 2), ("blue", 1)]


def test_a_variant_that_is_sold_out_is_not_found_though_its_sisters_are(index: Index) -> None:
    left = (variant(1, "red", "41"), variant(2, "blue", "42"), variant(3, "red", "42", sellable=False))
    put(index, product(1, "shoe", offers=left))
    asked: dict[str, tuple[str, ...]] = {"colour": ("red",), "size": ("42",)}
    assert index.search(IndexQuery("shoe", filters=asked)).total == 0
    assert index.search(IndexQuery("shoe")).total == 1
    again = (*left[:2], variant(3, "red", "42"))
    index.change([change_of(product(1, "", offers=again))])
    assert [hit.offer for hit in index.search(IndexQuery("shoe", filters=asked)).hits] == [again[2].id]


def test_lists_of_everything_that_were_asked_for_before_follow_offers_that_come_and_go(index: Index) -> None:
    """What is worked out from everything is kept, until rows or terms move."""
    put(index, *(product(n, "lamp", merchant="org_a") for n in range(4)))
    for _ in range(2):
        assert len(titles(index, "", filters={"merchant": ("org_a",)})) == 4
    index.change([Change(product(1, "").id)])
    assert titles(index, "", sort="newest") == ["", "2", "3"]
    index.change([change_of(product(2, "", merchant="org_b"))])
    assert titles(index, "", filters={"merchant": ("org_a",)}, sort="newest") == ["", "3"]
    assert facet(index, "merchant") == {"org_a": 2, "org_b": 1}
    two = (Offer("off_x", "org_a", 5), Offer("off_y", "org_b", 7))
    index.change([change_of(product(1, "", offers=two))])
    assert facet(index, "merchant") == {"org_a": 3, "org_b": 2}
    assert titles(index, "", filters={"merchant": ("org_b",), "price": ("7..",)}) == ["1"]


def test_what_changes_leave_behind_is_packed(generation: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offer_rows, "PACKED_AT", 20)
    put(generation.index, *(product(n, "lamp") for n in range(5)))
    for round_ in range(12):
        swapped = [
            (Offer(f"off_{round_}_{n}_a", "org_a", 5), Offer(f"off_{round_}_{n}_b", "org_b", 7)) for n in range(5)
        ]
        generation.index.change([change_of(product(n, "", offers=two)) for n, two in enumerate(swapped)])
    assert generation.index.columns.offers.used > 100
    generation.checkpoint(1)
    assert generation.index.columns.offers.used == 10
    assert len(titles(generation.index, "lamp", filters={"merchant": ("org_b",), "price": ("7..7",)})) == 5


def test_numbers_are_ranged_where_there_are_many_and_each_range_leaves_what_it_says(index: Index) -> None:
    put(index, *(product(n, "screen", attributes=(("inches", f"{10 + n * 0.7:g} in"),)) for n in range(30)))
    page = index.search(IndexQuery("screen", numbers=frozenset({"inches"})))
    values = facet_of(page, "inches").values
    assert [value.value for value in values] == [
        "10..13.5 in", "14.2..17.7 in", "18.4..21.9 in", "22.6..26.1 in", "26.8..30.3 in",
    ]  # fmt: skip
    for value in values:
        assert index.search(IndexQuery("screen", filters={"inches": (value.value,)})).total == value.count == 6
    for asked, total in (
        ("14..18", 6),
        ("14..18 in", 6),
        ("14..18 cm", 0),
        ("..10", 1),
        ("30 in..", 0),
        ("30.. in", 1),
    ):
        found = index.search(IndexQuery("screen", filters={"inches": (asked,)}))
        assert found.total == total, asked


def facet_of(page: IndexPage, name: str) -> Facet:
    return next(each for each in page.facets if each.name == name)


def test_facets_that_do_not_tell_results_apart_are_left_out(index: Index) -> None:
    put(index, product(1, "lamp", brand="Acme"), product(2, "lamp", brand="Acme"))
    assert index.search(IndexQuery("lamp")).facets == ()


def test_only_so_many_facets_the_useful_ones_first(index: Index) -> None:
    attributes = [tuple((f"code{code}", str(n % (code + 1))) for code in range(20)) for n in range(60)]
    put(index, *(product(n, "lamp", attributes=each) for n, each in enumerate(attributes)))
    page = index.search(IndexQuery("lamp"))
    assert len(page.facets) == 10
    assert page.facets[0].name == "code19"
    allowed = index.search(IndexQuery("lamp", facet_names=("code3",)))
    assert [each.name for each in allowed.facets] == ["code3"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("price", ["2", "1", "4", "3"]),
        ("-price", ["1", "4", "2", "3"]),
        ("newest", ["3", "1", "2", "4"]),
        ("rating", ["4", "2", "1", "3"]),
    ],
)
def test_orders_are_exact_and_ties_stand_by_id(index: Index, sort: str, expected: list[str]) -> None:
    put(
        index,
        product(4, "lamp", price_minor=900, rating_centi=500, rating_count=1),
        product(3, "lamp", created_at=9),
        product(2, "lamp", price_minor=100, rating_centi=400, rating_count=7),
        product(1, "lamp", price_minor=900, created_at=5, rating_centi=400, rating_count=2),
    )
    assert titles(index, "lamp", sort=sort) == expected


def test_pages_part_the_list_whatever_the_ties(index: Index) -> None:
    put(index, *(product(number * 31 % 97, "lamp") for number in range(97)))
    for sort, limit in itertools.product(("relevance", "price", "rating"), (1, 7, 50)):
        pages = [index.search(IndexQuery("lamp", sort=sort, offset=at, limit=limit)) for at in range(0, 105, limit)]
        ids = [hit.id for page in pages for hit in page.hits]
        assert ids == sorted(ids)
        assert len(ids) == 97


def test_what_changes_often_shows_at_once_in_lists_that_were_asked_for_before(index: Index) -> None:
    put(index, product(1, "lamp", price_minor=100), product(2, "lamp", price_minor=200))
    assert titles(index, "lamp", sort="price") == ["1", "2"]
    index.change([change_of(product(1, "", price_minor=300))])
    assert titles(index, "lamp", sort="price") == ["2", "1"]
    index.change([change_of(product(2, "", price_minor=200, sellable=False, in_stock=False))])
    assert titles(index, "lamp", sort="price") == ["1"]
    index.change([change_of(product(2, "", price_minor=200, merchant="org_b"))])
    assert titles(index, "lamp", filters={"merchant": ("org_b",)}) == ["2"]
    index.change([Change("prd_unknown", offers=(Offer("off_x"),))])
    assert index.count() == 2


def test_a_document_put_in_twice_is_there_once(index: Index) -> None:
    for title in ("red sofa", "blue lamp", "green chair"):
        put(index, product(1, title))
    assert index.count() == 1
    assert titles(index, "red") == []
    assert titles(index, "green") == ["1"]
    assert titles(index, "") == ["1"]


def test_what_is_removed_is_found_no_more(index: Index) -> None:
    put(index, product(1, "lamp"), product(2, "lamp"))
    index.remove([product(1, "").id, "prd_unknown"])
    index.commit()
    assert titles(index, "lamp") == ["2"]
    put(index, product(1, "lamp"))
    assert titles(index, "lamp") == ["1", "2"]


def test_a_title_that_is_the_query_comes_first_and_popularity_breaks_ties(index: Index) -> None:
    put(index, product(1, "desk lamp", description="desk lamp desk lamp"), product(2, "lamp"), product(3, "lamp tall"))
    assert titles(index, "lamp")[0] == "2"
    put(index, product(5, "kettle"), product(6, "kettle"))
    index.set_popularity({product(6, "").id: 50})
    assert titles(index, "kettle") == ["6", "5"]


def test_completions_lead_to_something_for_sale(index: Index) -> None:
    put(
        index,
        product(1, "wireless headphones", brand="Hertz", category="audio/headphones"),
        product(2, "wireless heater"),
        product(3, "wired heating pad"),
        product(4, "wireless helicopter", sellable=False),
    )
    found = index.suggest("wireless hea", 8)
    assert {each.text: each.count for each in found} == {"wireless headphones": 1, "wireless heater": 1}
    brands = {(each.kind, each.value) for each in index.suggest("he", 8)}
    assert brands >= {("brand", "Hertz"), ("category", "audio/headphones")}
    assert index.suggest("", 8) == []
    assert index.suggest("zzz", 8) == []


@pytest.mark.parametrize(
    "query",
    [
        IndexQuery(sort="cheapest"),
        IndexQuery(limit=601),
        IndexQuery(limit=-1),
        IndexQuery(offset=-1),
        IndexQuery(filters={"price": ("cheap",)}),
        IndexQuery(filters={"price": ("..",)}),
        IndexQuery(filters={"price": ("10..99999999999999999999",)}),
        IndexQuery(filters={"rating": ("good",)}),
        IndexQuery(filters={"in_stock": ("maybe",)}),
        IndexQuery(filters={"brand": ("x",) * 101}),
    ],
    ids=repr,
)
def test_what_cannot_be_answered_is_refused_with_a_sentence(index: Index, query: IndexQuery) -> None:
    with pytest.raises(Invalid) as refusal:
        index.search(query)
    assert refusal.value.sentence
    assert refusal.value.fields


@pytest.mark.parametrize("text", ["\0", "🎧", "a" * 10_000, "\ud800", "'\"", "％", "(" * 50, "* OR title:x"])
def test_odd_queries_are_answered(index: Index, text: str) -> None:
    put(index, product(1, "lamp"))
    assert index.search(IndexQuery(text)).total <= 1
    index.suggest(text, 5)


def test_an_empty_page_and_an_empty_index_have_their_answers(index: Index) -> None:
    assert index.search(IndexQuery("lamp")).total == 0
    assert index.search(IndexQuery("")).hits == ()
    put(index, product(1, "lamp"))
    assert index.search(IndexQuery("lamp", limit=0)).total == 1
    assert index.search(IndexQuery("lamp", offset=50)).hits == ()


def test_words_and_filter_values_of_any_script_survive(index: Index) -> None:
    put(
        index,
        Document(
            product(1, "").id, "ノイズキャンセリング ヘッドホン 🎧", brand="Ünïcødé & 公司", offers=(Offer("off_1"),)
        ),
    )
    assert titles(index, "ヘッドホン") == ["1"]
    assert titles(index, "", filters={"brand": ("ünïcødé & 公司",)}) == ["1"]


@pytest.mark.parametrize("document_id", ["", "x" * 33, "prd_\u00e9", "prd_\n"])
def test_an_id_that_does_not_fit_is_refused_and_nothing_is_put_in(index: Index, document_id: str) -> None:
    with pytest.raises(Invalid):
        index.upsert([product(1, "lamp"), Document(document_id, "lamp")], nowhere(2))
    index.commit()
    assert index.count() == 0


def test_of_many_values_the_largest_are_shown_ties_by_name_and_the_chosen_always(index: Index) -> None:
    put(index, *(product(n, "lamp", brand=f"brand {n % 60:02}") for n in range(100)))
    shown = list(facet(index, "brand", "lamp").items())
    assert shown == [(f"brand {n:02}", 2) for n in range(30)]
    chosen = facet(index, "brand", "lamp", brand=("Brand 59",))
    assert list(chosen.items()) == [*shown, ("brand 59", 1)]
