"""Merchants: nobody sees or buys what the operator has not let in."""

import pytest

from entrepot import catalog, identity
from entrepot.kernel import Conflict, Database, Invalid, NotAllowed, NotFound
from tests.cast import invite
from tests.catalog.shop import SYSTEM, Shop, draft, events, open_shop

APPLICATION = catalog.MerchantApplication("Bruno's Lamps", "de", "eur", "Lamps, made by hand")


def test_bruno_applies_and_dana_approves(database: Database) -> None:
    cast = invite(database)
    merchant = database.write_now(lambda tx: catalog.apply_as_merchant(tx, cast.bruno, APPLICATION))
    assert (merchant.id, merchant.slug, merchant.status) == (cast.bruno.organisation, "bruno-s-lamps", "pending")
    assert (merchant.country, merchant.currency) == ("DE", "EUR")
    approved = database.write_now(lambda tx: catalog.approve_merchant(tx, cast.dana, merchant.id, 750))
    assert (approved.status, approved.commission_bps) == ("approved", 750)
    assert [name for name, _ in events(database) if name.startswith("catalog.")] == [
        "catalog.MerchantApplied",
        "catalog.MerchantApproved",
    ]
    notices = database.read_now(lambda s: identity.list_notices(s, cast.bruno))
    assert [notice.kind for notice in notices] == ["catalog.approved"]
    audited = database.read_now(lambda s: identity.list_audit(s, cast.dana, subject=merchant.id))
    assert "catalog.approve_merchant" in {each.act for each in audited}


def test_somebody_without_an_organisation_founds_one_by_applying(database: Database) -> None:
    cast = invite(database)
    merchant = database.write_now(lambda tx: catalog.apply_as_merchant(tx, cast.alice, APPLICATION))
    own = database.read_now(lambda s: identity.list_own_organisations(s, cast.alice))
    assert [organisation.id for organisation in own] == [merchant.id]


def test_applying_twice_is_refused_and_names_may_repeat(database: Database) -> None:
    cast = invite(database)
    database.write_now(lambda tx: catalog.apply_as_merchant(tx, cast.bruno, APPLICATION))
    with pytest.raises(Conflict):
        database.write_now(lambda tx: catalog.apply_as_merchant(tx, cast.bruno, APPLICATION))
    second = database.write_now(lambda tx: catalog.apply_as_merchant(tx, cast.alice, APPLICATION))
    assert second.slug.startswith("bruno-s-lamps-")


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"name": "x"}, "name"), ({"country": "XX"}, "country"), ({"currency": "dollars"}, "currency")],
)
def test_an_incomplete_application_names_the_field(database: Database, changed: dict[str, str], field: str) -> None:
    cast = invite(database)
    application = catalog.MerchantApplication(**{"name": "Lamps", "country": "DE", "currency": "EUR"} | changed)
    with pytest.raises(Invalid) as refusal:
        database.write_now(lambda tx: catalog.apply_as_merchant(tx, cast.bruno, application))
    assert list(refusal.value.fields) == [field]


def test_only_the_operator_decides(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        shop.database.write_now(lambda tx: catalog.approve_merchant(tx, shop.scope, shop.id, 0))
    with pytest.raises(NotAllowed):
        shop.database.write_now(lambda tx: catalog.suspend_merchant(tx, shop.scope, shop.id, ""))
    with pytest.raises(Invalid):
        shop.database.write_now(lambda tx: catalog.approve_merchant(tx, SYSTEM, shop.id, 10_001))


def test_goods_of_a_merchant_who_waits_are_seen_by_nobody_else(database: Database) -> None:
    shop = open_shop(database, approved=False)
    shop.save(draft("lamp"))
    product_id, offer_id = shop.product("lamp").id, shop.offer("lamp").id
    assert not shop.product("lamp").visible
    assert [name for name, _ in events(database)] == ["catalog.MerchantApplied"]
    with pytest.raises(NotFound):
        database.read_now(lambda s: catalog.get_product(s, product_id))
    assert database.read_now(lambda s: catalog.list_cards(s, [product_id])) == []
    assert database.read_now(lambda s: catalog.iterate_documents(s, "", 10)) == []
    assert database.read_now(catalog.category_tree) == ()
    assert not database.read_now(lambda s: catalog.offers_for_cart(s, [offer_id]))[offer_id].sellable
    database.write_now(lambda tx: catalog.approve_merchant(tx, SYSTEM, shop.id, 800))
    assert ("catalog.ProductsListed", {"product_ids": [product_id], "origin": None}) in events(database)
    assert database.read_now(lambda s: catalog.get_product(s, product_id)).sellable
    assert database.read_now(lambda s: catalog.offers_for_cart(s, [offer_id]))[offer_id].sellable


def test_suspension_takes_goods_out_of_sight_and_leaves_what_others_sell(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    shop.save(draft("lamp", gtin="4006381333931"), draft("vase"))
    other.save(draft("x", gtin="4006381333931"))
    lamp, vase = shop.product("lamp").id, shop.product("vase").id
    told = len(events(shop.database))
    shop.database.write_now(lambda tx: catalog.suspend_merchant(tx, SYSTEM, shop.id, "letters unanswered"))
    assert events(shop.database, told) == [
        ("catalog.MerchantSuspended", {"merchant_id": shop.id}),
        ("catalog.ProductsHidden", {"product_ids": [vase]}),
        ("catalog.OffersChanged", {"product_ids": [lamp]}),
    ]
    assert [card.merchant_id for card in shop.database.read_now(lambda s: catalog.list_cards(s, [lamp, vase]))] == [
        other.id
    ]
    shop.database.write_now(lambda tx: catalog.approve_merchant(tx, SYSTEM, shop.id, 800))
    assert len(shop.database.read_now(lambda s: catalog.list_cards(s, [lamp, vase]))) == 2


def test_the_public_lists_only_approved_merchants(database: Database) -> None:
    first, second = open_shop(database, "First"), open_shop(database, "Second", approved=False)
    public = identity.Scope.public()
    assert [each.id for each in database.read_now(lambda s: catalog.list_merchants(s, public))] == [first.id]
    assert [each.id for each in database.read_now(lambda s: catalog.list_merchants(s, SYSTEM, "pending"))] == [
        second.id
    ]
    with pytest.raises(Exception, match="operator"):
        database.read_now(lambda s: catalog.list_merchants(s, public, "pending"))
    assert set(database.read_now(lambda s: catalog.merchants_of(s, [first.id, second.id, "org_x"]))) == {
        first.id,
        second.id,
    }
    assert database.read_now(lambda s: catalog.get_merchant(s, "first")).id == first.id
