"""What queries mean: prices, denials, values, quantities, typos, roles. Asked of the generated market's own index."""

from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.cli.bench.understanding import accessories, asking, languages, sets
from entrepot.cli.bench.understanding.market import CURRENCY, Market
from entrepot.discovery import Understood
from entrepot.discovery.index.base import IndexQuery
from entrepot.discovery.index.plain import PlainIndex
from entrepot.discovery.meaning import asked, packs
from entrepot.discovery.relaxing import rungs
from entrepot.discovery.text import query_words
from entrepot.discovery.understanding import Asker, understand
from entrepot.discovery.understanding.prices import read_price
from tests.discovery.conftest import nowhere
from tests.proof import count

PRODUCTS = 500
QUICK = 24


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A small generated market."""
    market = Market(tmp_path_factory.mktemp("market"), PRODUCTS)
    yield market
    market.close()


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, list[accessories.Made]]]:
    """Devices and what is for them."""
    made = accessories.make()
    market = Market(tmp_path_factory.mktemp("made"), 60)
    market.add(accessories.documents(made))
    yield market, made
    market.close()


def meant(
    market: Market, q: str, language: str = "en", *ignore: str, given_up: frozenset[str] = frozenset()
) -> Understood:
    """What a query means to a market."""
    asker = Asker(CURRENCY, language, units=market.units, ignore=frozenset(ignore), given_up=given_up)
    return understand(q, market.index, packs(), asker)


def kinds(understood: Understood) -> list[str]:
    """The kinds of its chips."""
    return [chip.kind for chip in understood.chips]


# --- prices

PRICES = {
    "sofa under 500": "..50000",
    "sofa below $500": "..50000",
    "between 20 and 50 euro": "2000..5000",
    "20-50 € backpack": "2000..5000",
    "from 1,000 to 1,500 sofa": "100000..150000",
    "lamp less than 49.99": "..4999",
    "lamp 30 or less": "..3000",
    "at least 200 dollars": "20000..",
    "stuhl unter 500": "..50000",
    "stuhl zwischen 20 und 50 euro": "2000..5000",
    "chaise moins de 49,90": "..4990",
    "silla entre 20 y 50 euros": "2000..5000",
    "sedia sotto i 80 dollari": "..8000",
    "cadeira até 80 dólares": "..8000",
    "stoel onder de 80": "..8000",
    "krzesło poniżej 80 zł": "..8000",
    "沙发500以下": "..50000",
    "100到300元的沙发": "10000..30000",
    "不超过500的沙发": "..50000",
    "沙发不超过500": "..50000",
    "ソファ 500円以下": "..50000",
    "<= 90 mug": "..9000",
}


@pytest.mark.parametrize("q", PRICES)
def test_a_price_is_read_in_the_words_of_many_languages(q: str) -> None:
    price = read_price(q, "EUR")
    assert price is not None
    assert price.range == PRICES[q]


@pytest.mark.parametrize("q", [
    "under 5 kg", "iphone 13", "up to 64gb", "under 30 cm", "max 2 l", "20-50 mm lens", "1000 pieces", "over ear",
    "sofa", "between us", "under armour shirt", "from 2020", "4k tv", "1.5-2 m cable",
])  # fmt: skip
def test_a_figure_that_is_no_price_is_left_alone(q: str) -> None:
    from entrepot import catalog

    assert read_price(q, "USD", None, catalog.is_unit) is None


def test_a_price_in_another_currency_is_converted_where_a_rate_is_known() -> None:
    rates = {"EUR": Fraction(11, 10)}
    price = read_price("under 100 euro", "USD", lambda minor, code: int(minor * rates[code]))
    assert price is not None
    assert price.high == 11_000
    unknown = read_price("under 100 euro", "USD", lambda minor, code: None)
    assert unknown is not None
    assert unknown.high == 10_000
    yen = read_price("5000円以下", "JPY")
    assert yen is not None
    assert yen.high == 5_000


def test_a_price_filters_every_result_and_its_words_are_not_searched(market: Market) -> None:
    understood = meant(market, "headphones under 120")
    assert understood.text == "headphones"
    assert understood.price == "..12000"
    page = market.index.search(asked(IndexQuery("headphones under 120"), understood))
    assert page.hits
    assert all(hit.price_minor is not None and hit.price_minor <= 12_000 for hit in page.hits)


# --- denials


@pytest.mark.parametrize("form", ["{} not {}", "{} -{}", "{} without {}", "{} except {}", "{} ohne {}", "{} sans {}"])
def test_a_brand_that_is_not_wanted_is_in_no_result(market: Market, form: str) -> None:
    product = next(each for each in market.catalogue.products if each.kind == "headphones" and each.brand.isalpha())
    q = form.format("headphones", product.brand.lower())
    understood = meant(market, q)
    assert understood.must_not == {"brand": (product.brand,)}
    found = market.index.list_ids(asked(IndexQuery(q), understood))[0]
    assert found
    assert product.brand not in {market.by_id[each].brand for each in found}


def test_a_value_or_a_word_that_is_not_wanted_is_in_no_result(market: Market) -> None:
    understood = meant(market, "sneakers not suede")
    found = [market.by_id[each] for each in market.index.list_ids(asked(IndexQuery(""), understood))[0]]
    assert found
    assert not [each for each in found if ("material", "suede") in each.attributes or "suede" in each.title.lower()]


@pytest.mark.parametrize("q", ["no frost fridge", "non-stick pan", "chaise pas cher", "no name headphones"])
def test_a_name_that_begins_like_a_denial_is_none(market: Market, q: str) -> None:
    assert "not" not in kinds(meant(market, q))


# --- spelling


def test_a_mistyped_word_is_mended_by_the_words_around_it(market: Market) -> None:
    assert meant(market, "wireless hedphones").corrected == "wireless headphones"
    assert meant(market, "leather sneekers undr 200").corrected == "leather sneakers under 200"
    assert meant(market, "kopfhöhrer", "de").corrected is not None


@settings(max_examples=count(60, 600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, PRODUCTS - 1))
def test_a_word_that_exists_is_never_mended(market: Market, number: int) -> None:
    title = market.documents[number].title.lower()
    assert meant(market, title).corrected is None


@pytest.mark.parametrize("q", ["wh-1000xm4", "iphone 13 pro max", "rtx 4090", "xm5", "sm-g991b", "qx7z9", "b08n5"])
def test_a_model_number_is_never_mended(market: Market, q: str) -> None:
    assert meant(market, q).corrected is None


def test_a_mended_query_can_be_asked_as_it_was_typed(market: Market) -> None:
    assert meant(market, "hedphones", "en", "spelling").corrected is None


# --- quantities, values, variants


def test_one_quantity_is_found_however_it_is_written(market: Market) -> None:
    answers = []
    for q in ("portable ssd 1tb", "portable ssd 1000 GB", "1 TB portable ssd", "portable ssd 1000gb"):
        understood = meant(market, q)
        answers.append(set(market.index.list_ids(asked(IndexQuery(q), understood))[0]))
    assert answers[0]
    assert all(answer == answers[0] for answer in answers)


def test_a_size_leads_to_the_variant_of_that_size(market: Market) -> None:
    understood = meant(market, "t-shirt size m")
    assert understood.filters == {"size": ("m",)}
    page = market.index.search(asked(IndexQuery("t-shirt size m"), understood))
    assert page.hits
    for hit in page.hits:
        offer = next(each for each in market.by_id[hit.id].offers if each.id == hit.offer)
        assert ("size", "m") in (*offer.attributes, *market.by_id[hit.id].attributes)


def test_the_goods_decide_whether_a_word_is_a_colour(market: Market) -> None:
    assert ("color", "black") in {(chip.name, chip.value) for chip in meant(market, "black headphones").chips}
    assert "color" not in {chip.name for chip in meant(market, "coffee machine").chips}
    assert "color" not in {chip.name for chip in meant(market, "chocolate").chips}


# --- roles and fitting


def test_the_device_and_what_is_for_it(fitted: tuple[Market, list[accessories.Made]]) -> None:
    market, made = fitted
    family = next(each.family for each in made if each.role == "device")
    roles = {each.external_id: each.role for each in made}
    for q, role in ((family, "device"), (f"{family} stylus", "accessory"), (f"stylus for {family}", "accessory")):
        assert meant(market, q).role == role
        first = asking.answer(market, q)[0]
        assert roles.get(first) == role


def test_what_fits_another_model_comes_later(fitted: tuple[Market, list[accessories.Made]]) -> None:
    market, made = fitted
    one = next(each for each in made if each.role == "accessory" and each.model == "13")
    understood = meant(market, f"{one.what} for {one.family} 13")
    assert understood.fits == (f"{one.family} 13",)
    found = asking.answer(market, f"{one.what} for {one.family} 13")
    assert next(each.model for each in made if each.external_id == found[0]) == "13"


# --- properties

QUERIES = (
    "red sofa under 500", "black headphones not leather", "t-shirt size m", "hedphones under 200", "laptop",
    "schwarze kopfhörer unter 100 euro", "黑色耳机500以下", "sneakers 42 -suede", "portable ssd 1tb black zzyzx",
    "between 20 and 50 mug", "oak table without drawers", "organic tea not green or black",
)  # fmt: skip


@pytest.mark.parametrize("q", QUERIES)
def test_a_chip_that_is_taken_away_is_gone(market: Market, q: str) -> None:
    understood = meant(market, q)
    for chip in understood.chips:
        changed = dict(chip.without)
        ignored = [value for name, value in chip.without if name == "ignore"]
        after = meant(market, changed.get("q", q), "en", *ignored)
        assert (chip.kind, chip.name, chip.value) not in {(each.kind, each.name, each.value) for each in after.chips}
        if chip.strict and chip.kind != "not":
            assert chip.value not in after.filters.get(chip.name, ())
        if chip.kind == "not":
            assert chip.value not in after.must_not.get(chip.name, ())


@pytest.mark.parametrize("q", QUERIES)
def test_totals_facets_and_pages_speak_of_one_set(market: Market, q: str) -> None:
    for given_up in (frozenset[str](), *rungs(meant(market, q))):
        understood = meant(market, q, given_up=given_up)
        query = asked(IndexQuery(q, limit=600), understood)
        page = market.index.search(query)
        assert page.total == len(page.hits) == len({hit.id for hit in page.hits})
        for facet in page.facets:
            if facet.name not in query.filters and facet.name == "brand":
                brands = [market.by_id[hit.id].brand for hit in page.hits]
                assert all(brands.count(value.value) == value.count for value in facet.values)


def test_both_indexes_find_the_same_for_what_was_understood(market: Market) -> None:
    plain = PlainIndex(0.99)
    plain.upsert(market.documents, nowhere(len(market.documents)))
    plain.commit()
    for q in QUERIES:
        query = asked(IndexQuery(q), meant(market, q))
        assert set(plain.list_ids(query)[0]) == set(market.index.list_ids(query)[0]), q


@settings(max_examples=count(60, 600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(1, 10**6), min_size=1, max_size=3), letters=st.text("bcdfghjkqxz", min_size=5))
def test_a_query_that_means_nothing_is_left_exactly_alone(market: Market, numbers: list[int], letters: str) -> None:
    q = f"{letters}{numbers[0]}"
    understood = meant(market, q)
    if understood.is_plain:
        assert understood.text == q
        query = IndexQuery(q, limit=3)
        assert asked(query, understood).text == q
    else:
        assert understood.chips or understood.relaxed or understood.synonyms or understood.wishes


@settings(max_examples=count(80, 2_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.text(max_size=60))
def test_whatever_is_typed_is_understood_or_left(market: Market, q: str) -> None:
    understood = meant(market, q)
    assert len(query_words(understood.text)) <= 24
    market.index.search(asked(IndexQuery(q, limit=3), understood))


# --- judged sets, in small; `entrepot bench understanding` asks the whole of them

LEAST = {"units": 0.75, "price": 0.8, "denial": 0.75, "alias": 0.7, "plural": 0.6, "typo": 0.75, "role": 0.85,
         "fits": 0.9, **dict.fromkeys(("de", "fr", "es", "it", "pt", "nl", "zh", "ja"), 0.8)}  # fmt: skip


def test_queries_where_plain_search_fails_are_answered(market: Market) -> None:
    judged = [*sets.draw(market.catalogue, queries=QUICK), *languages.draw(market.catalogue, queries=QUICK)]
    scores = asking.scores(judged, lambda each: asking.answer(market, each.q, each.language))
    found = {name: round(asking.mean(values), 2) for name, values in scores.items()}
    assert {name: score for name, score in found.items() if score < LEAST[name]} == {}


def test_devices_accessories_and_what_fits_are_told_apart(fitted: tuple[Market, list[accessories.Made]]) -> None:
    market, made = fitted
    judged = list(accessories.draw(made, queries=QUICK))
    scores = asking.scores(judged, lambda each: asking.answer(market, each.q))
    assert {name: asking.mean(each) for name, each in scores.items() if asking.mean(each) < LEAST[name]} == {}


def test_a_foreign_word_means_no_thing_whose_english_name_has_it_by_chance(market: Market) -> None:
    found = {}
    for q, language in (("bank", "nl"), ("bank", "en"), ("sofa", "nl")):
        subject = meant(market, q, language).subject
        assert subject is not None
        assert "sofa" in subject.things
        found[q, language] = subject.homonyms
    assert found == {("bank", "nl"): ("power_bank",), ("bank", "en"): (), ("sofa", "nl"): ()}
