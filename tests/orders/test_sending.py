"""Several parcels for one seller order, and what becomes of what is not sent."""

import pytest

from entrepot import deliver, orders
from entrepot.kernel import DAY, Conflict, Invalid, NotFound
from tests.orders.market import BULB, CUP, DELIVERY_MINOR, LAMP, PLATE, PRICES, Market

STATUS = orders.SellerOrderStatus


def paid(market: Market, wanted: dict[str, int]) -> orders.SellerOrderView:
    """An order of one merchant, paid."""
    placed = market.buy(market.cast.alice, wanted)
    market.settle()
    return seen(market, placed.seller_order_ids[0])


def seen(market: Market, seller_id: str) -> orders.SellerOrderView:
    return market.see(orders.get_seller_order, market.cast.alice, seller_id)


def send(market: Market, seller: orders.SellerOrderView, pieces: dict[str, int] | None) -> str:
    """The parcel's id."""
    standing = market.do(orders.ship, market.cast.bruno, seller.id, orders.Shipment("Quick Post", "1", pieces))
    assert standing.parcel_id is not None
    return standing.parcel_id


def arrive(market: Market, parcel_id: str, at: int | None = None) -> None:
    at = market.clock.now() if at is None else at
    market.do(deliver.record_scan, market.cast.dana, deliver.Scan(parcel_id, "delivered", at, "Door", "door"))
    market.settle()


def test_pieces_leave_in_parcels_and_the_order_is_sent_with_the_last_and_there_with_the_last_one_there(
    market: Market,
) -> None:
    seller = paid(market, {LAMP: 3, BULB: 2})
    lamps, bulbs = (line.id for line in seller.lines)
    first = send(market, seller, {lamps: 2})
    market.settle()
    assert seen(market, seller.id).status is STATUS.PAID
    assert [(line.sent, line.left) for line in seen(market, seller.id).lines] == [(2, 1), (0, 2)]
    second = send(market, seller, {lamps: 1, bulbs: 1})
    arrive(market, first)
    third = send(market, seller, None)
    assert seen(market, seller.id).status is STATUS.SHIPPED
    arrive(market, third)
    assert seen(market, seller.id).status is STATUS.SHIPPED
    arrive(market, second)
    there = seen(market, seller.id)
    assert there.status is STATUS.DELIVERED
    assert there.confirm_by == market.clock.now() + there.confirm_days * DAY
    assert market.breaches() == []
    held = {tuple((each.line_id, each.quantity) for each in parcel.lines) for parcel in there.sent}
    assert held == {((lamps, 2),), tuple(sorted(((lamps, 1), (bulbs, 1)))), ((bulbs, 1),)}


@pytest.mark.parametrize(
    ("pieces", "refusal", "why"),
    [
        ({"first": 4}, Conflict, "Only 3 of A fine lamp are left"),
        ({"first": 0}, Invalid, "at least one piece"),
        ({"first": -1}, Invalid, "none, or more"),
        ({"oln_other": 1}, NotFound, "no such line"),
    ],
)
def test_pieces_that_are_not_there_to_send_are_refused(
    market: Market, pieces: dict[str, int], refusal: type[Exception], why: str
) -> None:
    seller = paid(market, {LAMP: 3})
    wanted = {seller.lines[0].id if part == "first" else part: number for part, number in pieces.items()}
    with pytest.raises(refusal, match=why):
        send(market, seller, wanted)
    assert market.breaches() == []


def test_the_unsent_rest_is_cancelled_by_either_side_and_paid_back_while_the_delivery_is_not(market: Market) -> None:
    seller = paid(market, {LAMP: 3, BULB: 2})
    lamps = seller.lines[0].id
    parcel = send(market, seller, {lamps: 1})
    market.do(orders.cancel, market.cast.alice, seller.id, "Too late", {lamps: 1})
    assert market.left(LAMP) == 8
    market.do(orders.cancel, market.cast.bruno, seller.id, "None left")
    assert (market.left(LAMP), market.left(BULB)) == (9, 100)
    market.settle()
    now = seen(market, seller.id)
    assert now.status is STATUS.SHIPPED
    assert now.refunded_minor == 2 * PRICES[LAMP] + 2 * PRICES[BULB]
    assert market.breaches() == []
    arrive(market, parcel)
    market.do(orders.confirm_receipt, market.cast.alice, seller.id)
    assert market.breaches() == []
    assert seen(market, seller.id).custody.amount_minor == PRICES[LAMP] + DELIVERY_MINOR - 625


def test_cancelling_piece_by_piece_before_anything_is_sent_ends_with_the_whole_and_the_delivery(market: Market) -> None:
    seller = paid(market, {LAMP: 2})
    (lamps,) = (line.id for line in seller.lines)
    first = market.do(orders.cancel, market.cast.alice, seller.id, "No", {lamps: 1})
    assert first.status is STATUS.PAID
    second = market.do(orders.cancel, market.cast.alice, seller.id, "No", {lamps: 1})
    assert second.status is STATUS.CANCELLED
    market.settle()
    now = seen(market, seller.id)
    assert now.refunded_minor == now.total_minor
    assert market.left(LAMP) == 10
    assert market.breaches() == []
    with pytest.raises(Conflict, match="cancelled"):
        send(market, seller, None)


def test_a_sent_piece_cannot_be_cancelled_and_a_cancelled_one_not_sent(market: Market) -> None:
    seller = paid(market, {LAMP: 2})
    (lamps,) = (line.id for line in seller.lines)
    send(market, seller, {lamps: 1})
    with pytest.raises(Conflict, match="Only 1"):
        market.do(orders.cancel, market.cast.alice, seller.id, "No", {lamps: 2})
    market.do(orders.cancel, market.cast.alice, seller.id, "No", {lamps: 1})
    with pytest.raises(Conflict):
        send(market, seller, {lamps: 1})
    with pytest.raises(Conflict):
        market.do(orders.cancel, market.cast.alice, seller.id, "No")
    assert market.breaches() == []


def test_uncounted_goods_are_sent_and_cancelled_by_pieces_too(market: Market) -> None:
    seller = paid(market, {PLATE: 4})
    (plates,) = (line.id for line in seller.lines)
    shipment = orders.Shipment("Quick Post", "1", {plates: 3})
    market.do(orders.ship, market.bea, seller.id, shipment)
    market.do(orders.cancel, market.bea, seller.id, "Broken", {plates: 1})
    market.settle()
    assert seen(market, seller.id).refunded_minor == PRICES[PLATE]
    assert market.breaches() == []


def test_what_is_not_sent_in_time_is_cancelled_by_the_clock(market: Market) -> None:
    seller = paid(market, {LAMP: 2, BULB: 1})
    send(market, seller, {seller.lines[0].id: 1})
    market.clock.advance(29 * DAY)
    market.run_task("orders.cancel_unsent")
    assert seen(market, seller.id).status is STATUS.PAID
    market.clock.advance(2 * DAY)
    market.run_task("orders.cancel_unsent")
    now = seen(market, seller.id)
    assert now.status is STATUS.SHIPPED
    assert now.refunded_minor == PRICES[LAMP] + PRICES[BULB]
    assert market.breaches() == []


def test_late_twice_and_out_of_order_scans_of_several_parcels_start_the_clock_once(market: Market) -> None:
    seller = paid(market, {CUP: 2})
    (cups,) = (line.id for line in seller.lines)
    parcels = []
    for _ in range(2):
        shipment = orders.Shipment("Quick Post", "1", {cups: 1})
        parcels.append(market.do(orders.ship, market.bea, seller.id, shipment).parcel_id)
    market.clock.advance(5 * DAY)
    arrive(market, parcels[1], market.clock.now() - DAY)
    market.clock.advance(DAY)
    arrive(market, parcels[0], market.clock.now() - 4 * DAY)
    first = seen(market, seller.id)
    assert first.confirm_by == market.clock.now() + 7 * DAY
    market.clock.advance(DAY)
    scan = deliver.Scan(str(parcels[0]), "delivered", market.clock.now(), "Door", "again")
    market.do(deliver.record_scan, market.cast.dana, scan)
    earlier = deliver.Scan(str(parcels[1]), "in_transit", market.clock.now() - 5 * DAY, "Depot", "late")
    market.do(deliver.record_scan, market.cast.dana, earlier)
    market.settle()
    assert seen(market, seller.id).confirm_by == first.confirm_by
    assert market.breaches() == []


def test_an_arrival_that_is_taken_back_stops_the_clock_and_a_lost_parcel_is_disputed(market: Market) -> None:
    seller = paid(market, {LAMP: 2})
    lamps = seller.lines[0].id
    first, second = send(market, seller, {lamps: 1}), send(market, seller, {lamps: 1})
    arrive(market, first)
    arrive(market, second)
    assert seen(market, seller.id).status is STATUS.DELIVERED
    market.do(orders.undeliver_parcel, seller.id, second)
    market.clock.advance(30 * DAY)
    market.run_task("orders.auto_confirm")
    again = seen(market, seller.id)
    assert (again.status, again.confirm_by, again.delivered_at) == (STATUS.SHIPPED, None, None)
    market.do(orders.open_for_lost, seller.id, "Lost")
    market.do(orders.open_for_lost, seller.id, "Lost again")
    assert [each.kind for each in seen(market, seller.id).disputes] == ["not_arrived"]
    assert market.breaches() == []
