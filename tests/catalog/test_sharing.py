"""Shared products: matched by GTIN, the first lister owns the words, everybody's offers stand beside each other."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from entrepot import catalog
from entrepot.catalog.gtin import find_gtin, is_shared
from entrepot.kernel import Database, NotFound
from tests.catalog.shop import SYSTEM, Shop, draft, events, open_shop, rows_in, variant

GTIN, GTIN_2, GTIN_3 = "4006381333931", "5901234123457", "9780201379624"


@pytest.fixture
def other(database: Database) -> Shop:
    return open_shop(database, "Other Lamps")


def test_a_second_seller_of_the_same_gtin_adds_an_offer(shop: Shop, other: Shop) -> None:
    mine = shop.save(draft("lamp", gtin=GTIN, price_minor=4900))
    told = len(events(shop.database))
    theirs = other.save(draft("x-1", title="CHEAP LAMP", gtin=f"0{GTIN}", price_minor=4500))
    assert theirs.products["x-1"] == mine.products["lamp"]
    view = shop.database.read_now(lambda s: catalog.get_product(s, mine.products["lamp"]))
    assert view.title == "Brass lamp"
    assert view.external_id == "lamp"
    assert [(offer.merchant_id, offer.price_minor) for offer in view.offers] == [(other.id, 4500), (shop.id, 4900)]
    assert view.featured_offer_id == view.offers[0].id
    assert events(shop.database, told) == [("catalog.OffersChanged", {"product_ids": [view.id]})]


def test_the_second_seller_changes_its_offer_and_not_the_words(shop: Shop, other: Shop) -> None:
    shop.save(draft("lamp", gtin=GTIN))
    other.save(draft("x-1", gtin=GTIN, price_minor=4500))
    saved = other.save(draft("x-1", title="CHEAP", description="Mine!", gtin=GTIN, price_minor=4400))
    assert saved.changed == 1
    view = shop.product("lamp")
    assert (view.title, view.description_html) == ("Brass lamp", "")
    assert min(offer.price_minor for offer in view.offers) == 4400
    shop.save(draft("lamp", title="Finer lamp", gtin=GTIN))
    assert other.product("x-1").title == "Finer lamp"


def test_variants_match_one_by_one_and_a_stranger_among_them_makes_it_another_product(shop: Shop, other: Shop) -> None:
    def sizes(*gtins: str) -> tuple[catalog.VariantDraft, ...]:
        return tuple(variant(f"v-{n}", options={"Size": str(n)}, gtin=gtin) for n, gtin in enumerate(gtins))

    shop.save(draft("lamp", variants=sizes(GTIN, GTIN_2)))
    assert other.save(draft("both", variants=sizes(GTIN_2, GTIN))).products["both"] == shop.product("lamp").id
    assert other.save(draft("part", variants=sizes(GTIN, GTIN_3))).products["part"] != shop.product("lamp").id
    by_gtin = {each.gtin: {offer.external_id for offer in each.offers} for each in shop.product("lamp").variants}
    assert by_gtin == {f"0{GTIN}": {"v-0", "v-1"}, f"0{GTIN_2}": {"v-0", "v-1"}}


def test_an_offer_moves_when_its_gtin_is_mended(shop: Shop, other: Shop) -> None:
    shop.save(draft("lamp", gtin=GTIN), draft("vase", title="Vase", gtin=GTIN_2))
    other.save(draft("x-1", gtin=GTIN))
    moved = other.save(draft("x-1", gtin=GTIN_2))
    assert moved.products["x-1"] == shop.product("vase").id
    assert {offer.merchant_id for offer in shop.product("lamp").offers} == {shop.id}
    assert {offer.merchant_id for offer in shop.product("vase").offers} == {shop.id, other.id}
    own = other.save(draft("x-1", title="Their own", quantity=3))
    assert own.products["x-1"] not in {shop.product("vase").id, shop.product("lamp").id}
    assert other.product("x-1").title == "Their own"


def test_the_gtin_of_a_variant_that_others_sell_stays(shop: Shop, other: Shop) -> None:
    shop.save(draft("lamp", gtin=GTIN))
    other.save(draft("x-1", gtin=GTIN))
    shop.save(draft("lamp", gtin=GTIN_2))
    assert shop.product("lamp").variants[0].gtin == f"0{GTIN}"
    assert other.save(draft("x-2", gtin=GTIN)).products["x-2"] == shop.product("lamp").id


def test_a_gtin_that_nobody_else_sells_is_freed_when_it_changes(shop: Shop, other: Shop) -> None:
    shop.save(draft("lamp", gtin=GTIN))
    shop.save(draft("lamp", gtin=GTIN_2))
    assert other.save(draft("x-1", gtin=GTIN)).products["x-1"] != shop.product("lamp").id
    assert other.save(draft("x-2", gtin=GTIN_2)).products["x-2"] == shop.product("lamp").id


def test_words_of_a_merchant_who_is_not_approved_are_never_taken_over(database: Database) -> None:
    stranger = open_shop(database, "Stranger", approved=False)
    stranger.save(draft("spam", title="BUY HERE", gtin=GTIN))
    shop = open_shop(database)
    shop.save(draft("lamp", gtin=GTIN))
    assert shop.product("lamp").title == "Brass lamp"
    assert {offer.merchant_id for offer in shop.product("lamp").offers} == {shop.id}
    with pytest.raises(NotFound):
        database.read_now(lambda s: catalog.get_product(s, stranger.product("spam").id))


def test_approval_claims_what_is_free(database: Database) -> None:
    late, early = open_shop(database, "Late", approved=False), open_shop(database, "Early")
    late.save(draft("a", gtin=GTIN), draft("b", gtin=GTIN_2))
    early.save(draft("a", gtin=GTIN))
    database.write_now(lambda tx: catalog.approve_merchant(tx, SYSTEM, late.id, 500))
    third = open_shop(database, "Third")
    assert third.save(draft("x", gtin=GTIN)).products["x"] == early.product("a").id
    assert third.save(draft("y", gtin=GTIN_2)).products["y"] == late.product("b").id


def test_two_rows_of_one_merchant_with_one_gtin_stay_two_products(shop: Shop) -> None:
    saved = shop.save(draft("a", gtin=GTIN), draft("b", gtin=GTIN))
    assert saved.products["a"] != saved.products["b"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4006381333931", "04006381333931"),
        ("4006381333932", None),
        (" 036000291452 ", "00036000291452"),
        ("96385074", "00000096385074"),
        ("1234", None),
        ("", None),
        ("４００６３８１３３３９３１", None),
        ("400638133393x", None),
    ],
)
def test_a_gtin_is_known_by_its_check_digit(text: str, found: str | None) -> None:
    assert find_gtin(text) == found


@pytest.mark.parametrize(
    ("gtin", "shared"),
    [("04006381333931", True), ("00000000000000", False), ("02000000000008", False), ("00212345678901", False)],
)
def test_numbers_that_a_shop_gives_itself_match_nothing(gtin: str, shared: bool) -> None:
    assert is_shared(gtin) == shared


def test_merchants_who_list_the_same_goods_at_once_end_on_the_same_products(shop: Shop, other: Shop) -> None:
    gtins = [f"{number:012d}" for number in range(400_000_000_000, 400_000_000_040)]
    drafts = [
        draft(f"p-{n}", gtin=gtin + str(check_digit(gtin)), category=f"Home > Shelf {n % 7}")
        for n, gtin in enumerate(gtins)
    ]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shop.save, *drafts)
        second = pool.submit(other.save, *reversed(drafts))
        assert first.result().products == second.result().products
    assert rows_in(shop.database, "catalog_products") == 40
    categories = shop.database.read_now(catalog.list_categories)
    assert len(categories) == 8
    assert {each.parent_id for each in categories if "/" in each.slug} == {categories[0].id}


def check_digit(digits: str) -> int:
    return -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
