"""Places to look around in: categories, brands, shops, collections, with filters, sorts, pages and ways out."""

import re
from collections.abc import Callable

import pytest

from entrepot import catalog
from entrepot.catalog import ProductDraft, VariantDraft
from tests.orders.market import LAMP, Market
from tests.waiting import eventually
from tests.web.visitors import PAGE, Visitor


def seen(look: Callable[[], str], words: str) -> str:
    """A page, once it holds these words: lists follow a moment after what was saved."""
    return eventually(lambda: words in (text := look()) and text, lambda: f"{words!r}: {look()[:2000]}") or ""


def shelve(market: Market) -> None:
    variants = tuple(
        VariantDraft(1_000 + place, "USD", external_id=f"{colour}-{size}", options={"Color": colour, "Size": size},
                     quantity=0 if (colour, size) == ("red", "M") else 5)
        for place, (colour, size) in enumerate((("red", "M"), ("red", "L"), ("blue", "M")))
    )  # fmt: skip
    drafts = [
        ProductDraft("tee", "Quay tee", variants, brand="Öre & Sons", category="Clothes > Tees"),
        ProductDraft("hat", "Quay hat", (VariantDraft(700, "USD"),), brand="Öre & Sons", category="Clothes > Hats"),
    ]  # fmt: skip
    scope = market.cast.bruno
    market.do(catalog.save_products, scope, str(scope.organisation), drafts, market.locations[LAMP])


@pytest.fixture(scope="module")
def shelved(market: Market) -> Market:
    shelve(market)
    return market


def page(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = visitor.get(path, headers=PAGE)
    assert answer.status_code == status, answer.text[:500]
    return answer.text


def test_a_category_has_its_place_in_the_tree_its_parts_and_its_goods(nobody: Visitor, shelved: Market) -> None:
    text = seen(lambda: page(nobody, "/category/clothes"), "Quay hat")
    assert "<h1>Clothes</h1>" in text
    assert {"/category/clothes/tees", "/category/clothes/hats"} <= set(re.findall(r'href="([^"?]*)', text))
    below = page(nobody, "/category/clothes/tees")
    assert "Quay tee" in below
    assert "Quay hat" not in below
    assert 'href="/category/clothes"' in below, "the way up"
    page(nobody, "/category/nonsense", 404)


def test_filters_of_a_place_stay_there_and_can_be_taken_away(nobody: Visitor, shelved: Market) -> None:
    text = seen(lambda: page(nobody, "/category/clothes?filter.color=red"), "Quay tee")
    assert "Quay hat" not in text
    assert 'href="/category/clothes"' in text, "all filters cleared"
    assert 'action="/category/clothes"' in text
    answer = nobody.get("/category/clothes?price_from=1&price_to=9", headers=PAGE)
    assert answer.headers["location"] == "/category/clothes?filter.price=100..900"


def test_the_variant_that_fits_decides_price_and_link(nobody: Visitor, shelved: Market) -> None:
    seen(lambda: page(nobody, "/category/clothes"), "Quay tee")
    blue = nobody.get("/api/search?filter.color=blue&filter.size=m").json()
    [hit] = blue["hits"]
    assert (hit["price"], hit["variants"]) == (1_002, 3)
    assert hit["url"].endswith(f"?variant={hit['variant_id']}")
    assert nobody.get("/api/search?filter.color=red&filter.size=m").json()["total"] == 0, "that very one is sold out"
    assert nobody.get("/api/search?filter.color=red").json()["hits"][0]["price"] == 1_001
    assert nobody.get("/api/search?filter.color=red&filter.price=..1000").json()["total"] == 0


def test_a_brand_has_a_page_under_its_own_name(nobody: Visitor, shelved: Market) -> None:
    text = seen(lambda: nobody.get("/brand/%C3%B6re%20%26%20sons", headers=PAGE).text, "Quay hat")
    assert "<h1>Öre &amp; Sons</h1>" in text
    page(nobody, "/brand/nobody-ever", 404)


def test_a_shop_has_a_page_and_only_its_own_goods(nobody: Visitor, shelved: Market) -> None:
    slug = market_slug(shelved)
    text = seen(lambda: page(nobody, f"/m/{slug}"), "Quay hat")
    assert "cup" not in re.findall(r'class="clamp">([^<]*)', text)
    page(nobody, "/m/no-such-shop", 404)
    none = page(nobody, f"/m/{slug}?filter.price=1..2")
    assert 'href="/search"' in none, "a way out of an empty list"
    assert f'href="/m/{slug}"' in none


def test_suggestions_lead_to_pages_that_exist(nobody: Visitor, shelved: Market) -> None:
    seen(lambda: page(nobody, "/category/clothes"), "Quay tee")
    found = [each for q in ("quay", "clo") for each in nobody.get(f"/api/suggest?q={q}").json()["suggestions"]]
    assert {each["kind"] for each in found} >= {"product", "category"}
    for each in found:
        page(nobody, each["url"])


def market_slug(market: Market) -> str:
    return market.see(catalog.get_merchant, str(market.cast.bruno.organisation)).slug
