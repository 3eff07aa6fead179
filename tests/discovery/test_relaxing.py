"""What is given up where nothing has it all, in which order; the thing before what mentions it; lists that go on so.

Asked of a small shop: sofas from 529 on, some of them red; rugs and a cushion that go with any red sofa; lamps."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.catalog import AttributeDefinition, ProductDraft, save_attributes
from entrepot.discovery import SearchPage
from entrepot.kernel.testing import open_file
from tests.discovery.market import Shop, draft, open_shop
from tests.proof import count

GOES = "Goes with any red sofa or brown sofa, and with a lamp."
SOFAS = {
    "s1": ("Oslo Sofa", 529, "brown"),
    "s2": ("Bergen Sofa, 3 Seats", 649, "blue"),
    "s3": ("Velvet Sofa", 899, "red"),
    "s4": ("Corner Couch", 999, "red"),
    "s5": ("Molde Sofa", 749, "brown"),
}
LAMPS = {f"l{n}": ("Oak Table Lamp", 20 + 10 * n, ("red", "brown")[n % 2]) for n in range(6)}
RUGS = {f"r{n}": ("Wool Rug", 30 + 40 * n, "red") for n in range(14)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("relaxing")
    database = open_file(folder)
    with open_shop(database, folder / "index") as shop:
        yield filled(shop)
    database.close()


def filled(shop: Shop) -> Shop:
    """The shop with its goods."""
    colour = AttributeDefinition("color", "choice", {"en": "Colour"}, facet=True)
    shop.database.write_now(lambda tx: save_attributes(tx, shop.cast.dana, [colour]))
    goods = {**SOFAS, **LAMPS, **RUGS}
    shop.put(*(made(each, *said) for each, said in goods.items()), made("c1", "Cushion", 25, "red"))
    shop.follow()
    return shop


def made(external_id: str, title: str, price: int, colour: str) -> ProductDraft:
    text = "" if external_id in SOFAS else GOES
    return draft(external_id, title, price * 100, description=text, attributes={"color": colour})


def ids(page: SearchPage) -> list[str]:
    return [hit.external_id for hit in page.hits]


def told(page: SearchPage) -> list[tuple[str, str, int | None]]:
    """What was left out, in the words of the query."""
    assert page.understood is not None
    return [(each.kind, each.words, each.nearest) for each in page.understood.relaxed]


def test_a_thing_that_costs_more_is_shown_at_the_nearest_price_and_not_what_mentions_it(shop: Shop) -> None:
    page = shop.search("red sofa under 500")
    assert told(page) == [("price", "under 500", 89_900)]
    assert set(ids(page)[:2]) == {"s3", "s4"}, "red sofas, though red rugs that mention one cost less"


def test_a_colour_is_given_up_before_the_price_and_the_price_before_the_thing(shop: Shop) -> None:
    page = shop.search("red sofa under 700")
    assert told(page) == [("words", "red", None)]
    assert set(ids(page)[:2]) == {"s1", "s2"}
    assert all(hit.home_price is not None and hit.home_price <= 70_000 for hit in page.hits)
    nearest = shop.search("green sofa under 100")
    assert told(nearest) == [("words", "green", None), ("price", "under 100", 52_900)]
    assert set(ids(nearest)[:5]) == set(SOFAS)


def test_a_chosen_order_is_of_what_answers_alone_with_its_total_pages_and_facets(shop: Shop) -> None:
    page = shop.search("sofa", sort="price")
    assert ids(page) == ["s1", "s2", "s5", "s3", "s4"], "cheaper rugs mention a sofa and are none"
    assert page.total == 5
    [colours] = [facet for facet in page.facets if facet.name == "color"]
    assert {value.value: value.count for value in colours.values} == {"brown": 2, "blue": 1, "red": 2}
    pages = [ids(shop.search("sofa", sort="price", limit=1, offset=at)) for at in range(6)]
    assert [each for one in pages for each in one] == ids(page)


def test_by_relevance_what_mentions_the_thing_comes_after_it(shop: Shop) -> None:
    found = ids(shop.search("sofa"))
    assert set(found[:5]) == set(SOFAS)
    assert "r0" in found


QUERIES = ["sofa", "red sofa under 500", "sofa under 100", "purple sofa", "sofaa under 300", "lamp", "lamp over 900",
           "lamp not brown", "red lamp under 10", "sofa or lamp", "qwxz sofa", "cheap lamp"]  # fmt: skip


@settings(max_examples=count(40, 400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(QUERIES), st.sampled_from(["relevance", "price", "-price", "newest"]), st.integers(1, 7))
def test_a_list_by_cursor_goes_on_with_what_was_loosened_and_mended(shop: Shop, q: str, sort: str, limit: int) -> None:
    whole = shop.search(q, sort=sort, limit=100)
    page = shop.search(q, sort=sort, limit=limit, cursor="*")
    read = ids(page)
    while page.next is not None:
        page = shop.search(cursor=page.next, limit=limit)
        assert page.understood == whole.understood
        read += ids(page)
    assert read == ids(whole)
    assert page.total == whole.total == len(read)
