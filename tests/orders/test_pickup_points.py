"""An order for a pickup point takes a place on its shelf with the stock, and gives it back when it comes to nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from entrepot import deliver, identity, orders
from entrepot.identity import Address
from entrepot.kernel import MINUTE, Conflict
from tests.orders.market import BULB, LAMP, PRICES, Market, guest

KIOSK = Address(name="Kiosk", line1="2 Market Street", city="Hamburg", postal_code="20095", country="DE")
COLLECT = deliver.RateSheetDraft(
    "Collect", "flat", ("*",), "USD", ((0, 0),), terms=deliver.SheetTerms(goes_to="pickup_point")
)


def open_point(market: Market, capacity: int) -> deliver.PickupPoint:
    market.do(deliver.save_rate_sheet, market.cast.bruno, COLLECT)
    draft = deliver.PickupPointDraft("Kiosk", KIOSK, capacity)
    return market.do(deliver.save_point, market.cast.dana, draft)


def free(market: Market, point: deliver.PickupPoint) -> int:
    return market.see(deliver.free_places, [point.id])[point.id]


def collect(market: Market, scope: object, method: str = "tok_ok") -> orders.Place:
    """What somebody agrees to who has chosen the pickup point."""
    market.fill(scope, {BULB: 1})  # type: ignore[arg-type]
    (group,) = market.checkout(scope).groups  # type: ignore[arg-type]
    option = next(option for option in group.options if option.name.startswith("Collect"))
    return orders.Place((option.quote_id,), method, PRICES[BULB] + option.amount_minor)


def test_an_order_takes_a_place_and_cancelling_gives_it_back(market: Market) -> None:
    point = open_point(market, 3)
    alice = market.cast.alice
    placed = market.do(orders.place, alice, collect(market, alice))
    assert free(market, point) == 2
    market.settle()
    (seller,) = market.order(alice, placed.order_id).sellers
    market.do(orders.cancel, alice, seller.id, "No longer wanted")
    market.settle()
    assert free(market, point) == 3
    assert market.breaches() == []


def test_an_order_that_nobody_pays_gives_its_place_back(market: Market) -> None:
    point = open_point(market, 3)
    market.do(orders.place, market.cast.alice, collect(market, market.cast.alice, "tok_decline"))
    market.settle()
    market.clock.advance(31 * MINUTE)
    market.settle()
    assert free(market, point) == 3
    assert market.breaches() == []


def test_the_last_place_goes_to_one_of_many_who_order_at_once(market: Market) -> None:
    point = open_point(market, 1)
    buyers = [guest(market.database) for _ in range(4)]
    wishes = [collect(market, buyer) for buyer in buyers]

    def try_it(number: int) -> str:
        try:
            market.do(orders.place, buyers[number], wishes[number])
        except Conflict as refusal:
            return refusal.sentence
        return "placed"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(try_it, range(4)))
    assert answers.count("placed") == 1
    assert all("pickup point" in answer for answer in answers if answer != "placed")
    assert free(market, point) == 0
    assert market.breaches() == []


def test_a_full_point_leaves_the_door(market: Market) -> None:
    open_point(market, 0)
    market.fill(market.cast.alice, {LAMP: 1})
    (group,) = market.checkout(market.cast.alice).groups
    assert [option.name for option in group.options] == ["Standard"]


def test_a_sent_parcel_lies_at_the_point_until_it_is_collected(market: Market) -> None:
    point = open_point(market, 2)
    alice = market.cast.alice
    placed = market.do(orders.place, alice, collect(market, alice))
    market.settle()
    (seller,) = market.order(alice, placed.order_id).sellers
    market.do(orders.ship, market.cast.bruno, seller.id, orders.Shipment("post", "P-1"))
    parcel = market.do(deliver.take_in, point.id, 1, "P-1")
    assert parcel.pickup_point_id == point.id
    code = market.see(deliver.collections, [parcel.id])[parcel.id].code
    market.settle()
    told = market.see(identity.list_notices, alice)
    assert f"say the code {code}" in next(each.text for each in told if each.kind == "orders.to_collect")
    with pytest.raises(Conflict, match="does not lie here"):
        market.do(deliver.send_back, point.id, 1, market.do(deliver.hand_out, point.id, 1, "P-1", code).id)
    market.settle()
    assert market.order(alice, placed.order_id).sellers[0].status == orders.SellerOrderStatus.DELIVERED
    assert free(market, point) == 2
    assert market.breaches() == []
