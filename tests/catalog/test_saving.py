"""Saving products: set-wise, the same row once, a changed row exactly that."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import catalog
from entrepot.kernel import Database, Invalid, NotFound
from tests.catalog.shop import (
    SYSTEM,
    Shop,
    count_write,
    draft,
    events,
    open_shop,
    rows_in,
    state,
    variant,
)


def test_a_draft_becomes_a_product_with_variants_offers_and_stock(shop: Shop) -> None:
    saved = shop.save(
        draft(
            "lamp",
            title="  Brass\u202e lamp &trade; ",
            description="<p onclick=x>Warm <script>alert(1)</script>light</p>",
            brand="Lumen",
            category="home/lighting/lamps",
            attributes={"Shoe Size": 42, "wireless": True, "Material": ["brass", "glass"]},
            options=("Colour", "Size"),
            variants=(
                variant("l-1", 4900, options={"Colour": "Gold", "Size": "S"}, list_price_minor=5900),
                variant("l-2", 5900, options={"Colour": "Gold", "Size": "M"}, quantity=None, weight_g=800),
            ),
        )
    )
    assert (saved.created, saved.changed, saved.unchanged) == (1, 0, 0)
    view = shop.product("lamp")
    assert view.id == saved.products["lamp"]
    assert view.title == "Brass lamp ™"
    assert view.description_html == "<p>Warm light</p>"
    assert [category.slug for category in view.category] == ["home", "home/lighting", "home/lighting/lamps"]
    assert view.attributes == {"shoe_size": ("42",), "wireless": ("yes",), "material": ("brass", "glass")}
    assert [(option.name, option.values) for option in view.options] == [("Colour", ("Gold",)), ("Size", ("S", "M"))]
    assert [(each.label, each.offers[0].price_minor, each.offers[0].available) for each in view.variants] == [
        ("Gold / S", 4900, 10),
        ("Gold / M", 5900, None),
    ]
    assert view.variants[0].offers[0].list_price_minor == 5900
    assert view.featured_offer_id == view.variants[0].offers[0].id
    assert view.visible
    assert view.sellable


def test_an_unchanged_draft_costs_two_reads_and_writes_nothing(shop: Shop) -> None:
    drafts = [draft(f"lamp-{number}") for number in range(50)]
    shop.save(*drafts)
    before = [rows_in(shop.database, table) for table in ("kernel_events", "ledger_transfers", "catalog_offers")]
    statements = count_write(
        shop.database, lambda tx: catalog.save_products(tx, shop.scope, shop.id, drafts, shop.location_id)
    )
    assert statements == 2
    assert [
        rows_in(shop.database, table) for table in ("kernel_events", "ledger_transfers", "catalog_offers")
    ] == before


def test_saving_500_takes_as_many_statements_as_saving_5(shop: Shop) -> None:
    def full(name: str) -> catalog.ProductDraft:
        number = int.from_bytes(name.encode()[-3:], "big") % 10_000
        return draft(
            name,
            category="home/lamps",
            attributes={"material": "brass"},
            pictures=("https://img.example.com/a.jpg",),
            reviews=(catalog.ReviewDraft("Ann", 5, "Good"),),
            variants=tuple(variant(f"{name}-{size}", 100 + number, options={"Size": size}) for size in "SML"),
        )

    def count(names: list[str], place: str | None) -> int:
        drafts = [full(name) for name in names]
        return count_write(shop.database, lambda tx: catalog.save_products(tx, shop.scope, shop.id, drafts, place))

    few = count([f"few-{number}" for number in range(5)], shop.location_id)
    many = count([f"many-{number}" for number in range(500)], shop.location_id)
    # Categories and attributes are there already the second time.
    assert many <= few <= 45


def test_changing_many_takes_as_many_statements_as_changing_few(shop: Shop) -> None:
    random = Random(1)

    def saved(price_minor: int, count: int) -> int:
        drafts = [
            draft(f"lamp-{n}", title=f"Lamp {price_minor}", price_minor=price_minor, quantity=random.randint(0, 9))
            for n in range(count)
        ]
        return count_write(
            shop.database, lambda tx: catalog.save_products(tx, shop.scope, shop.id, drafts, shop.location_id)
        )

    saved(100, 60)
    assert abs(saved(200, 60) - saved(300, 3)) <= 4


def test_a_changed_price_changes_exactly_that(shop: Shop) -> None:
    shop.save(draft("lamp"), draft("vase"))
    before = state(shop)
    told = len(events(shop.database))
    transfers = rows_in(shop.database, "ledger_transfers")
    saved = shop.save(draft("lamp", price_minor=5000), draft("vase"))
    assert (saved.created, saved.changed, saved.unchanged) == (0, 1, 1)
    after = state(shop)
    assert after["vase"] == before["vase"]
    assert after["lamp"]["offers"] == [("lamp", "", 5000, None, None, 10, "active")]
    assert {**after["lamp"], "offers": None} == {**before["lamp"], "offers": None}
    assert events(shop.database, told) == [("catalog.OffersChanged", {"product_ids": [saved.products["lamp"]]})]
    assert rows_in(shop.database, "ledger_transfers") == transfers


def test_a_changed_title_is_announced_as_content_and_keeps_the_slug(shop: Shop) -> None:
    shop.save(draft("lamp"))
    slug = shop.product("lamp").slug
    told = len(events(shop.database))
    shop.save(draft("lamp", title="Copper lamp"))
    assert shop.product("lamp").title == "Copper lamp"
    assert shop.product("lamp").slug == slug
    assert [name for name, _ in events(shop.database, told)] == ["catalog.ProductsListed"]


def test_variants_that_are_left_out_leave_the_sale_and_come_back_as_the_same_offers(shop: Shop) -> None:
    both = (variant("s", options={"Size": "S"}), variant("m", options={"Size": "M"}))
    shop.save(draft("lamp", variants=both))
    ids = {offer.external_id: offer.id for offer in shop.product("lamp").offers}
    shop.save(draft("lamp", variants=both[:1]))
    assert [each.label for each in shop.product("lamp").variants] == ["S"]
    assert not shop.database.read_now(lambda s: catalog.offers_for_cart(s, [ids["m"]]))[ids["m"]].sellable
    shop.save(draft("lamp", variants=both))
    assert {offer.external_id: offer.id for offer in shop.product("lamp").offers} == ids


def test_a_product_that_the_feed_unpublishes_is_hidden(shop: Shop) -> None:
    shop.save(draft("lamp"))
    product_id = shop.product("lamp").id
    told = len(events(shop.database))
    shop.save(draft("lamp", published=False))
    assert ("catalog.ProductsHidden", {"product_ids": [product_id]}) in events(shop.database, told)
    with pytest.raises(NotFound):
        shop.database.read_now(lambda s: catalog.get_product(s, product_id))
    shop.save(draft("lamp"))
    assert shop.database.read_now(lambda s: catalog.get_product(s, product_id)).visible


def test_what_was_hidden_by_hand_stays_hidden_when_the_feed_changes_a_price(shop: Shop) -> None:
    shop.save(draft("lamp"))
    product_id = shop.product("lamp").id
    shop.database.write_now(lambda tx: catalog.hide_product(tx, shop.scope, product_id))
    shop.save(draft("lamp", price_minor=5000))
    assert not shop.product("lamp").visible


BAD = [
    (draft("lamp", price_minor=0), "variants[0].price_minor"),
    (draft("lamp", currency="usd"), "variants[0].currency"),
    (draft("lamp", currency="US1"), "variants[0].currency"),
    (draft("lamp", title=" "), "title"),
    (draft(" "), "external_id"),
    (draft("lamp", gtin="123"), "variants[0].gtin"),
    (draft("lamp", quantity=-1), "variants[0].quantity"),
    (draft("lamp", variants=(variant("a"), variant("a", options={"Size": "S"}))), "variants[1].external_id"),
    (draft("lamp", variants=(variant("a"), variant("b"))), "variants[1].options"),
    (draft("lamp", options=("Size",)), "variants[0].options"),
    (draft("lamp", attributes={"": "x"}), "attributes"),
    (draft("lamp", attributes={"x": float("nan")}), "attributes.x"),
    (
        draft("lamp", variants=(variant("a", options={"S": "1"}), variant("b", currency="EUR"))),
        "variants[1].currency",
    ),
    (draft("lamp", reviews=(catalog.ReviewDraft("A", 5, written_at="yesterday"),)), "reviews[0].written_at"),
    (draft("lamp", reviews=(catalog.ReviewDraft("A", 6),)), "reviews[0].rating"),
]


def test_a_draft_that_cannot_be_listed_is_refused_by_field_and_nothing_is_saved(shop: Shop) -> None:
    for bad, field in BAD:
        with pytest.raises(Invalid) as refusal:
            shop.save(draft("good"), bad)
        assert field in refusal.value.fields
    assert rows_in(shop.database, "catalog_products") == 0


def test_counted_goods_need_a_place_and_it_must_be_the_merchants(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    with pytest.raises(Invalid, match="where they lie"):
        shop.save(draft("lamp"), location_id=None)
    with pytest.raises(NotFound, match="location"):
        shop.save(draft("lamp"), location_id=other.location_id)
    assert shop.save(draft("lamp", quantity="uncounted"), location_id=None).created == 1


def test_nobody_saves_for_another_merchant(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    with pytest.raises(NotFound):
        shop.database.write_now(
            lambda tx: catalog.save_products(tx, other.scope, shop.id, [draft("lamp")], shop.location_id)
        )
    assert shop.database.write_now(
        lambda tx: catalog.save_products(tx, SYSTEM, shop.id, [draft("lamp")], shop.location_id)
    ).created


def test_the_same_external_id_of_two_merchants_is_two_products(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    first, second = shop.save(draft("lamp")), other.save(draft("lamp", title="Iron lamp"))
    assert first.products["lamp"] != second.products["lamp"]
    assert shop.product("lamp").title == "Brass lamp"


_variants = st.lists(
    st.builds(
        lambda size, price, quantity: variant(size, price, options={"Size": size}, quantity=quantity),
        st.sampled_from("SML"),
        st.integers(1, 5),
        st.none() | st.integers(0, 3),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.external_id,
)
_drafts = st.lists(
    st.builds(
        lambda name, title, variants, published, category: draft(
            name, title=title, variants=tuple(variants), published=published, category=category
        ),
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["Lamp", "Vase"]),
        _variants,
        st.booleans(),
        st.sampled_from([None, "home", "home/lamps"]),
    ),
    max_size=8,
)


@pytest.mark.proof
def test_any_order_and_repetition_of_batches_ends_where_the_last_drafts_say(database: Database) -> None:
    @given(batches=st.lists(_drafts, min_size=1, max_size=4), random=st.randoms(use_true_random=False))
    def check(batches: list[list[catalog.ProductDraft]], random: Random) -> None:
        shop = open_shop(database)
        for batch in batches:
            shop.save(*batch)
        last = {each.external_id: each for batch in batches for each in batch}
        assert {name: _offers(each) for name, each in state(shop).items()} == {
            name: _expected(each) for name, each in last.items()
        }
        told, moved, there = rows_in(database, "kernel_events"), rows_in(database, "ledger_transfers"), state(shop)
        again = [each for each in last.values() for _ in range(random.randint(1, 3))]
        random.shuffle(again)
        saved = shop.save(*again)
        assert (saved.created, saved.changed, saved.unchanged) == (0, 0, len(last))
        assert rows_in(database, "kernel_events") == told
        assert rows_in(database, "ledger_transfers") == moved
        assert state(shop) == there

    check()


def _offers(there: dict[str, object]) -> tuple[object, ...]:
    return there["title"], there["hidden"], there["category"][-1:], [  # type: ignore[index]
        (offer[0], offer[2], offer[5]) for offer in there["offers"]  # type: ignore[attr-defined]
    ]  # fmt: skip


def _expected(wanted: catalog.ProductDraft) -> tuple[object, ...]:
    offers = sorted((each.external_id, each.price_minor, each.quantity) for each in wanted.variants)
    return wanted.title, int(not wanted.published), [wanted.category] if wanted.category else [], offers
