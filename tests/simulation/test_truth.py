"""What shoppers want can be met, is said in words, and follows taste, quality and price."""

from random import Random

import msgspec
import pytest

from entrepot.simulation.catalogue import DemoCatalogue, DemoProduct
from entrepot.simulation.grammar import KINDS
from entrepot.simulation.grammar.shoppers import ARCHETYPES, IMPLYING
from entrepot.simulation.truth import Truth, Wish, price_minor, shopper


@pytest.fixture(scope="module")
def truth(market: DemoCatalogue) -> Truth:
    return Truth(market)


def test_a_seed_replays_shoppers_wishes_and_words(truth: Truth) -> None:
    def day(seed: int) -> list[str]:
        chance = Random(seed)
        people = [shopper(seed, number) for number in range(50)]
        return [truth.query(person, truth.wish(person, chance), chance) for person in people]

    assert day(3) == day(3)
    assert day(3) != day(4)
    assert all(query == query.strip() and query for query in day(3))


def test_every_wish_can_be_met(truth: Truth, market: DemoCatalogue) -> None:
    chance = Random(5)
    for number in range(120):
        wish = truth.wish(shopper(1, number), chance)
        assert any(truth.relevance(wish, product) == 3 for product in market.products), wish


def test_relevance_falls_with_what_is_missing(truth: Truth, market: DemoCatalogue) -> None:
    shirts = [product for product in market.products if product.kind == "t-shirt"]
    striped = next(product for product in shirts if product.attributes["pattern"] == "Breton stripes")
    plain = next(product for product in shirts if product.attributes["pattern"] == "Plain")
    lamp = next(product for product in market.products if product.kind == "table-lamp")
    wish = Wish("t-shirt", {"pattern": "Breton stripes"})
    assert truth.relevance(wish, striped) == 3
    assert truth.relevance(wish, plain) == 1
    assert truth.relevance(wish, lamp) == 0
    too_dear = msgspec.structs.replace(wish, price_max_minor=price_minor(striped) - 1)
    assert truth.relevance(too_dear, striped) == 1


def test_worth_rises_with_quality_and_falls_with_price(truth: Truth, market: DemoCatalogue) -> None:
    product = market.products[0]
    better: DemoProduct = msgspec.structs.replace(product, quality=product.quality + 0.2)
    for number in range(20):
        person = shopper(2, number)
        assert truth.utility(person, better) > truth.utility(person, product)
        cheap, dear = (truth.utility(person, product, paid_minor=price) for price in (1_000, 4_000))
        assert cheap > dear
        assert cheap - dear == pytest.approx(2 * person.price_care)


def test_what_fits_is_bought_more_often(truth: Truth, market: DemoCatalogue) -> None:
    chance = Random(9)
    bought = {3: 0, 1: 0}
    for number in range(150):
        person = shopper(4, number)
        wish = truth.wish(person, chance)
        for relevance in bought:
            shown = [product for product in market.products if truth.relevance(wish, product) == relevance][:3]
            bought[relevance] += sum(truth.buys(person, wish, product, chance) for product in shown)
    assert bought[3] > 3 * bought[1] > 0


def test_good_things_get_more_stars(truth: Truth, market: DemoCatalogue) -> None:
    ranked = sorted(market.products, key=lambda product: product.quality)
    chance, person = Random(1), shopper(1, 1)
    poor = sum(truth.rating(person, product, chance) for product in ranked[:100])
    fine = sum(truth.rating(person, product, chance) for product in ranked[-100:])
    assert poor + 100 < fine


def test_careless_shoppers_mistype_and_careful_ones_do_not(truth: Truth) -> None:
    wish = Wish("headphones", {"noise_control": "Active noise cancelling", "colour": "Black"})
    person = shopper(1, 1)
    careful = msgspec.structs.replace(person, carelessness=0.0)
    careless = msgspec.structs.replace(person, carelessness=1.0)
    words = {word for kind in KINDS for name in kind.words for word in name.split()} | {
        "active",
        "noise",
        "cancelling",
        "black",
    }
    typed = {word for seed in range(20) for word in truth.query(careful, wish, Random(seed)).split()}
    slipped = {word for seed in range(20) for word in truth.query(careless, wish, Random(seed)).split()}
    assert typed <= words
    assert not slipped <= words


def test_a_name_that_says_more_is_used_only_by_those_who_want_it(truth: Truth) -> None:
    person = msgspec.structs.replace(shopper(1, 1), carelessness=0.0)
    said = {truth.query(person, Wish("nut-butter", {"variety": "Almond"}), Random(seed)) for seed in range(80)}
    assert not any("peanut" in query for query in said)
    assert "almond butter" in said
    names = {name for kind in KINDS for name in kind.words}
    assert set(IMPLYING) <= names


def test_archetypes_cover_the_whole_taxonomy() -> None:
    wished = {prefix for archetype in ARCHETYPES for prefix in archetype.groups}
    assert {kind.leaf.split("/")[0] for kind in KINDS} <= {prefix.split("/")[0] for prefix in wished}
    assert sum(archetype.share for archetype in ARCHETYPES) == pytest.approx(1)
