"""Bundles: as many as their parts allow, held as their parts."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot import catalog, ledger
from entrepot.catalog import BundlePart, SoldOut, StockRequest
from entrepot.kernel import Database, Invalid
from tests.catalog.shop import Shop, draft, events, open_shop


@pytest.fixture
def parts(shop: Shop) -> tuple[str, str, str]:
    """A lamp of which there are 10, bulbs of which there are 7, and a card that is not counted."""
    shop.save(
        draft("lamp", weight_g=900), draft("bulb", price_minor=500, quantity=7, weight_g=50),
        draft("card", price_minor=100, quantity="uncounted", weight_g=5),
    )  # fmt: skip
    return shop.offer("lamp").id, shop.offer("bulb").id, shop.offer("card").id


def _bundle(shop: Shop, *parts: BundlePart, **changes: Any) -> str:
    row = draft("set", title="Lamp with bulbs", quantity="uncounted", price_minor=5_500, **changes)
    return shop.database.write_now(lambda tx: catalog.save_bundle(tx, shop.scope, shop.id, row, parts))


def _left(shop: Shop, offer_id: str) -> int | None:
    return shop.database.read_now(lambda s: catalog.available(s, [offer_id]))[offer_id]


def _hold(shop: Shop, line_id: str, offer_id: str, quantity: int) -> None:
    def command(tx: Any) -> None:
        ledger.post(tx, catalog.hold_stock(tx, [StockRequest(line_id, offer_id, quantity)], None))
        catalog.announce_stock(tx, [offer_id])

    shop.database.write_now(command)


def test_there_are_as_many_sets_as_the_parts_allow(shop: Shop, parts: tuple[str, str, str]) -> None:
    lamp, bulb, card = parts
    _bundle(shop, BundlePart(lamp), BundlePart(bulb, 2), BundlePart(card, 4))
    view = shop.offer("set")
    assert (view.available, view.sellable, view.weight_g) == (3, True, 900 + 100 + 20)
    assert dict(view.bundle) == {lamp: 1, bulb: 2, card: 4}
    cart = shop.database.read_now(lambda s: catalog.offers_for_cart(s, [view.id]))[view.id]
    assert (cart.available, dict(cart.bundle), cart.price_minor) == (3, dict(view.bundle), 5_500)
    [card_view] = shop.database.read_now(lambda s: catalog.list_cards(s, [shop.product("set").id]))
    assert card_view.available == 3


def test_an_order_holds_the_parts_and_every_set_with_them_is_announced(shop: Shop, parts: tuple[str, str, str]) -> None:
    lamp, bulb, card = parts
    _bundle(shop, BundlePart(lamp), BundlePart(bulb, 2), BundlePart(card))
    offer = shop.offer("set").id
    told = len(events(shop.database))
    _hold(shop, "lin_1", offer, 2)
    assert (_left(shop, lamp), _left(shop, bulb), _left(shop, offer)) == (8, 3, 1)
    [(name, body)] = events(shop.database, told)
    assert (name, set(body["offer_ids"])) == ("catalog.StockChanged", {lamp, bulb, card, offer})
    with pytest.raises(SoldOut) as refused:
        _hold(shop, "lin_2", offer, 2)
    assert refused.value.lines == {"lin_2": 1}
    told = len(events(shop.database))
    _hold(shop, "lin_3", bulb, 2)
    assert _left(shop, offer) == 0
    assert offer in events(shop.database, told)[0][1]["offer_ids"]
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.release_stock(tx, ["lin_1"])))
    assert (_left(shop, lamp), _left(shop, bulb), _left(shop, offer)) == (10, 5, 2)


def test_a_part_that_is_hidden_takes_its_sets_off_sale(shop: Shop, parts: tuple[str, str, str]) -> None:
    lamp, bulb, _ = parts
    product_id = _bundle(shop, BundlePart(lamp), BundlePart(bulb))
    told = len(events(shop.database))
    shop.database.write_now(lambda tx: catalog.hide_product(tx, shop.scope, shop.product("bulb").id))
    changed = {each for name, body in events(shop.database, told) if name == "catalog.OffersChanged" for each in
               body["product_ids"]}  # fmt: skip
    assert product_id in changed
    assert not shop.offer("set").sellable
    with pytest.raises(SoldOut):
        _hold(shop, "lin_1", shop.offer("set").id, 1)


def test_bundles_of_what_is_no_part_are_refused(shop: Shop, database: Database, parts: tuple[str, str, str]) -> None:
    lamp, bulb, _ = parts
    other = open_shop(database, "Other")
    other.save(draft("theirs"))
    _bundle(shop, BundlePart(lamp), BundlePart(bulb))
    for bad in (
        (), (BundlePart(lamp),), (BundlePart(lamp), BundlePart(lamp)), (BundlePart(lamp), BundlePart("off_none")),
        (BundlePart(lamp), BundlePart(other.offer("theirs").id)), (BundlePart(lamp), BundlePart(shop.offer("set").id)),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            _bundle(shop, *bad)
    with pytest.raises(Invalid):
        _bundle(shop, BundlePart(lamp, 2), currency="EUR")
    with pytest.raises(Invalid):
        shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.scope, shop.offer("set").id, shop.location_id, 3))
