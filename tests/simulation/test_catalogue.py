"""The demo market's goods are whole, plausible and the same for a seed."""

from collections import Counter

import msgspec
import pytest

from entrepot.simulation import catalogue
from entrepot.simulation.catalogue import DemoCatalogue, build
from entrepot.simulation.grammar import KINDS
from entrepot.simulation.pricing import check_digit

KIND = {kind.code: kind for kind in KINDS}


def test_a_seed_gives_the_same_market_again() -> None:
    first = msgspec.json.encode(build(11, products=150))
    assert msgspec.json.encode(build(11, products=150)) == first
    assert msgspec.json.encode(build(12, products=150)) != first


def test_it_is_as_large_as_promised(market: DemoCatalogue) -> None:
    assert len(market.products) == 3000
    assert len(market.merchants) == 24
    assert sum(len(product.variants) for product in market.products) > 6000
    assert Counter(category.level for category in market.categories)[3] == 90
    assert all(len(build(1, products=size).products) == size for size in (1, 40, 200))


def test_every_category_leads_to_products_and_has_two_names(market: DemoCatalogue) -> None:
    sold = {product.category for product in market.products}
    paths = {category.path for category in market.categories}
    assert {category.path for category in market.categories if category.level == 3} == sold
    assert all(category.parent in paths for category in market.categories if category.level > 1)
    assert all(category.name_en and category.name_zh for category in market.categories)
    assert len({category.id for category in market.categories}) == len(market.categories)


def test_article_numbers_are_valid_and_given_once(market: DemoCatalogue) -> None:
    numbers = [variant.gtin for product in market.products for variant in product.variants]
    assert len(set(numbers)) == len(numbers)
    assert all(len(number) == 13 and number.startswith("952") for number in numbers)
    assert all(number[-1] == check_digit(number[:-1]) for number in numbers)


@pytest.mark.parametrize("known", ["4006381333931", "9780306406157"])
def test_the_check_digit_is_that_of_well_known_numbers(known: str) -> None:
    assert check_digit(known[:-1]) == known[-1]


def test_prices_suit_their_kind(market: DemoCatalogue) -> None:
    for product in market.products:
        kind = KIND[product.kind]
        cheap = kind.price[0] * min(kind.steps.values(), default=1) * 0.4
        dear = kind.price[1] * max(kind.steps.values(), default=1) * 4
        for offer in product.offers:
            assert cheap < offer.price_minor / 100 < dear, (product.title, offer)
            assert offer.list_price_minor is None or offer.list_price_minor > offer.price_minor
            assert offer.quantity >= 0
            assert offer.currency == "USD"


def test_more_of_the_same_costs_more(market: DemoCatalogue) -> None:
    for product in market.products:
        kind = KIND[product.kind]
        steps = {
            variant.external_id: kind.steps.get(variant.options.get(kind.axis, ""), 1.0) for variant in product.variants
        }
        by_merchant: dict[str, list[tuple[float, int]]] = {}
        for offer in product.offers:
            by_merchant.setdefault(offer.merchant, []).append((steps[offer.variant], offer.price_minor))
        for prices in by_merchant.values():
            assert [price for _, price in sorted(prices)] == sorted(price for _, price in prices)


def test_no_two_products_share_brand_and_title(market: DemoCatalogue) -> None:
    names = Counter((product.brand, product.title) for product in market.products)
    assert [name for name, count in names.items() if count > 1] == []


def test_some_products_have_several_sellers_at_different_prices(market: DemoCatalogue) -> None:
    shared = [product for product in market.products if len(product.merchants) > 1]
    assert 0.03 < len(shared) / len(market.products) < 0.07
    different = [product for product in shared if len({offer.price_minor for offer in product.offers}) > 1]
    assert len(different) > len(shared) / 2


def test_every_merchant_sells_what_it_says(market: DemoCatalogue) -> None:
    groups = {merchant.slug: merchant.specialities for merchant in market.merchants}
    sellers = Counter()
    for product in market.products:
        for seller in product.merchants:
            sellers[seller] += 1
            assert product.category.rsplit("/", 1)[0] in groups[seller]
    assert set(sellers) == set(groups)
    assert all(400 <= merchant.commission_bps <= 2000 for merchant in market.merchants)


def test_words_are_finished(market: DemoCatalogue) -> None:
    """No slot, no alternative and no condition of a template is left standing."""
    for product in market.products:
        texts = [product.title, product.description, *product.bullets, *(picture.alt for picture in product.pictures)]
        assert not any(sign in text for text in texts for sign in "{}[]|?"), product.title
        assert 2 <= product.description.count(".") + product.description.count("!") <= 9, product.description
        assert len(product.title) <= 100
        assert len(product.bullets) >= 2


def test_a_text_does_not_promise_what_the_attributes_deny(market: DemoCatalogue) -> None:
    for product in market.products:
        said = " ".join(product.bullets).lower()
        assert product.attributes.get("waterproof") is not False or "waterproof" not in said
        assert product.attributes.get("induction") is not False or "induction" not in said
        assert product.attributes.get("dishwasher") is not False or "dishwasher" not in said


def test_every_attribute_used_is_defined(market: DemoCatalogue) -> None:
    definitions = {attribute.code: attribute for attribute in market.attributes}
    python_types = {"choice": str, "text": str, "number": int, "boolean": bool}
    for product in market.products:
        for code, value in product.attributes.items():
            assert type(value) is python_types[definitions[code].kind], (code, value)
        for variant in product.variants:
            assert all(definitions[code].makes_variants for code in variant.options)
            assert all(value in definitions[code].choices for code, value in variant.options.items())
    assert all(attribute.name_zh for attribute in market.attributes)


def test_better_things_are_rated_better(market: DemoCatalogue) -> None:
    def mean(low: float, high: float) -> float:
        stars = [
            review.rating for product in market.products if low <= product.quality < high for review in product.reviews
        ]
        return sum(stars) / len(stars)

    assert mean(0, 0.35) + 0.5 < mean(0.7, 1)


def test_some_stock_is_low_and_some_is_gone(market: DemoCatalogue) -> None:
    quantities = [offer.quantity for product in market.products for offer in product.offers]
    assert 0.02 < sum(quantity == 0 for quantity in quantities) / len(quantities) < 0.12
    assert 0.06 < sum(0 < quantity < 5 for quantity in quantities) / len(quantities) < 0.3


def test_the_feed_has_a_row_for_each_product_and_seller(market: DemoCatalogue) -> None:
    rows = list(catalogue.feed_rows(market))
    assert len(rows) == sum(len(product.merchants) for product in market.products)
    one = next(iter(catalogue.feed_rows(market, merchant="copper-and-clay")))
    assert one["merchant"] == "copper-and-clay"
    assert one["variants"][0]["price_minor"] > 0
    assert one["pictures"][0]["path"].endswith(".webp")
