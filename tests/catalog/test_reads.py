"""Lists, pages and documents: what buyers see, in as many statements for one as for fifty."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import catalog, deliver
from entrepot.catalog.landing import in_order
from entrepot.identity import Scope
from entrepot.kernel import Database, Invalid, NotFound, Snapshot
from tests.catalog.shop import ADDRESS, SYSTEM, Shop, count_read, draft, events, open_shop, variant

GTIN = "4006381333931"


def full(name: str) -> catalog.ProductDraft:
    return draft(
        name,
        category="home/lamps",
        attributes={"material": "brass"},
        description="<p>Warm <b>light</b></p>",
        variants=tuple(variant(f"{name}-{size}", 100, options={"Size": size}) for size in "SM"),
    )


@pytest.mark.parametrize(
    "query",
    [
        lambda ids, shop: lambda s: catalog.list_cards(s, ids),
        lambda ids, shop: lambda s: catalog.documents_of(s, ids),
        lambda ids, shop: lambda s: catalog.iterate_documents(s, "", len(ids)),
        lambda ids, shop: lambda s: catalog.list_listings(s, shop.scope, most=len(ids)),
        lambda ids, shop: lambda s: catalog.offers_for_cart(s, _offer_ids(s, ids)),
    ],
    ids=["cards", "documents", "iterate", "listings", "cart"],
)
def test_a_list_of_fifty_takes_as_many_statements_as_a_list_of_two(
    shop: Shop, query: Callable[[list[str], Shop], Callable[[Snapshot], object]]
) -> None:
    second = shop.database.write_now(lambda tx: deliver.add_location(tx, shop.scope, "Barn", ADDRESS)).id
    ids = list(shop.save(*(full(f"p-{n}") for n in range(50))).products.values())
    offer = shop.offer("p-1").id
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.scope, offer, second, 5))
    few = count_read(shop.database, query(ids[:2], shop))
    assert count_read(shop.database, query(ids, shop)) == few <= 12


def _offer_ids(snapshot: Snapshot, product_ids: list[str]) -> list[str]:
    return [document.offer_id for document in catalog.documents_of(snapshot, product_ids[:2])]


def test_cards_come_in_the_order_asked_for_and_only_once(shop: Shop) -> None:
    saved = shop.save(draft("a"), draft("b"), draft("c"))
    a, b, c = (saved.products[name] for name in "abc")
    cards = shop.database.read_now(lambda s: catalog.list_cards(s, [c, a, "prd_none", c, b]))
    assert [card.id for card in cards] == [c, a, b]
    assert shop.database.read_now(lambda s: catalog.list_cards(s, [])) == []


def test_a_card_tells_its_best_offer_and_its_dearest_variant(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    saved = shop.save(
        draft(
            "lamp", variants=(variant("s", 4900, options={"S": "S"}, gtin=GTIN), variant("m", 5900, options={"S": "M"}))
        )
    )
    card = shop.database.read_now(lambda s: catalog.list_cards(s, [saved.products["lamp"]]))[0]
    assert (card.price_minor, card.price_minor_max, card.variants, card.available) == (4900, 5900, 2, 20)
    assert card.merchant_id == shop.id
    other.save(draft("x", gtin=GTIN, price_minor=4000, quantity=0))
    card = shop.database.read_now(lambda s: catalog.list_cards(s, [saved.products["lamp"]]))[0]
    assert card.price_minor == 4900


def test_documents_carry_words_filters_and_what_can_be_bought(shop: Shop) -> None:
    shop.save(full("lamp"), draft("gone", quantity=0))
    documents = {
        each.external_id: each for each in shop.database.read_now(lambda s: catalog.iterate_documents(s, "", 10))
    }
    lamp = documents["lamp"]
    assert lamp.text == "Warm light"
    assert lamp.category == "home/lamps"
    assert lamp.category_names == ("Home", "Lamps")
    assert lamp.attributes == {"size": ("S", "M"), "material": ("brass",)}
    assert (lamp.sellable, lamp.available, lamp.price_minor, lamp.merchant_ids) == (True, 20, 100, (shop.id,))
    assert (documents["gone"].sellable, documents["gone"].available) == (False, 0)


def test_documents_are_paged_by_id_without_gaps_though_some_are_hidden(shop: Shop) -> None:
    saved = shop.save(*(draft(f"p-{n}", published=n % 3 > 0) for n in range(30)))
    found: list[str] = []

    def following(after: str) -> list[str]:
        return [each.id for each in shop.database.read_now(lambda s: catalog.iterate_documents(s, after, 4))]

    while page := following(found[-1] if found else ""):
        found += page
    assert found == sorted(id for name, id in saved.products.items() if int(name[2:]) % 3 > 0)


def test_hiding_by_the_operator_is_for_everybody_and_by_the_merchant_for_its_own(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    product_id = shop.save(draft("lamp", gtin=GTIN)).products["lamp"]
    other.save(draft("x", gtin=GTIN))

    def sellers() -> set[str]:
        try:
            view = shop.database.read_now(lambda s: catalog.get_product(s, product_id))
        except NotFound:
            return set()
        return {offer.merchant_id for offer in view.offers}

    told = len(events(shop.database))
    shop.database.write_now(lambda tx: catalog.hide_product(tx, shop.scope, product_id))
    assert sellers() == {other.id}
    shop.database.write_now(lambda tx: catalog.hide_product(tx, SYSTEM, product_id, "counterfeit"))
    assert sellers() == set()
    assert shop.database.read_now(lambda s: catalog.get_product(s, product_id, other.scope)).visible is False
    shop.database.write_now(lambda tx: catalog.publish_product(tx, shop.scope, product_id))
    assert sellers() == set()
    shop.database.write_now(lambda tx: catalog.publish_product(tx, SYSTEM, product_id))
    assert sellers() == {shop.id, other.id}
    assert [name for name, _ in events(shop.database, told)] == [
        "catalog.OffersChanged",
        "catalog.ProductsHidden",
        "catalog.ProductsListed",
    ]


def test_a_stranger_hides_and_publishes_nothing(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    product_id = shop.save(draft("lamp")).products["lamp"]
    for scope in (other.scope, Scope.public(), Scope("usr_alice")):
        with pytest.raises(NotFound):
            shop.database.write_now(lambda tx, scope=scope: catalog.hide_product(tx, scope, product_id))
        with pytest.raises(NotFound):
            shop.database.write_now(lambda tx, scope=scope: catalog.publish_product(tx, scope, product_id))


def test_listings_are_ones_own_and_found_by_any_part_of_the_title(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    shop.save(draft("L-1", title="Brass lamp 100%"), draft("L-2", title="Glass_vase"), draft("v-1", title="Glass vase"))
    other.save(draft("L-1", title="Brass lamp"))

    def names(q: str) -> set[str]:
        return {each.external_id for each in shop.database.read_now(lambda s: catalog.list_listings(s, shop.scope, q))}

    assert names("") == {"L-1", "L-2", "v-1"}
    assert names("BRASS") == {"L-1"}
    assert names("100%") == {"L-1"}
    assert names("s_v") == {"L-2"}
    assert names("l-") == {"L-1", "L-2"}
    assert names("\\") == set()
    first = shop.database.read_now(lambda s: catalog.list_listings(s, shop.scope, most=2))
    rest = shop.database.read_now(lambda s: catalog.list_listings(s, shop.scope, after=first[-1].id))
    assert len({each.id for each in [*first, *rest]}) == 3
    listing = shop.database.read_now(lambda s: catalog.get_listing(s, shop.scope, first[0].id))
    assert (listing.visible, listing.owned, listing.available) == (True, True, 10)
    with pytest.raises(NotFound):
        shop.database.read_now(lambda s: catalog.get_listing(s, other.scope, first[0].id))


def test_a_price_is_changed_by_its_own_merchant_and_seen_at_once(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    shop.save(draft("lamp"))
    offer, product = shop.offer("lamp").id, shop.product("lamp").id
    told = len(events(shop.database))
    to = catalog.OfferChange(price_minor=3900, list_price_minor=4900)
    changed = shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.scope, offer, to))
    assert (changed.price_minor, changed.list_price_minor) == (3900, 4900)
    assert shop.database.read_now(lambda s: catalog.offers_for_cart(s, [offer]))[offer].price_minor == 3900
    assert events(shop.database, told) == [("catalog.OffersChanged", {"product_ids": [product]})]
    shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.scope, offer, to))
    assert len(events(shop.database)) == told + 1
    with pytest.raises(NotFound):
        shop.database.write_now(lambda tx: catalog.update_offer(tx, other.scope, offer, to))
    for bad in (catalog.OfferChange(price_minor=0), catalog.OfferChange(list_price_minor=100)):
        with pytest.raises(Invalid):
            shop.database.write_now(lambda tx, bad=bad: catalog.update_offer(tx, shop.scope, offer, bad))
    assert shop.save(draft("lamp")).unchanged == 1
    assert shop.offer("lamp").price_minor == 3900


@given(
    st.lists(
        st.builds(
            lambda n, price, sellable, currency, at: catalog.OfferView(
                f"off_{n}", "var_1", "org_1", "", "", "", price, None, currency, None, "active", sellable, None, at
            ),
            st.integers(0, 99),
            st.integers(1, 5),
            st.booleans(),
            st.sampled_from(["USD", "EUR"]),
            st.integers(0, 3),
        ),
        min_size=1,
        unique_by=lambda offer: offer.id,
    )
)
def test_the_featured_offer_sells_if_any_does_and_none_that_does_is_cheaper(offers: list[catalog.OfferView]) -> None:
    first = in_order(offers)[0]
    assert in_order(list(reversed(offers))) == in_order(offers)
    assert first.sellable == any(offer.sellable for offer in offers)
    rivals = [each for each in offers if each.sellable == first.sellable and each.currency == first.currency]
    assert all((each.price_minor, each.created_at) >= (first.price_minor, first.created_at) for each in rivals)


def test_ids_of_nothing_find_nothing(database: Database) -> None:
    assert database.read_now(lambda s: catalog.offers_for_cart(s, ["off_none", "' OR 1=1"])) == {}
    assert database.read_now(lambda s: catalog.documents_of(s, [])) == []
    with pytest.raises(NotFound):
        database.read_now(lambda s: catalog.get_product(s, "none"))
