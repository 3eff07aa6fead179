"""From a paid order to money with its owners."""

import pytest

from entrepot import catalog, deliver, identity, ledger, orders
from entrepot.kernel import DAY, HOUR, Conflict, NotFound
from entrepot.pay import accounts
from tests.orders.market import CUP, HOME, LAMP, PLATE, Market, guest

BY_HAND = orders.Shipment("Quick Post", "QP 123")


def test_shipping_takes_the_stock_out_and_books_a_parcel(market: Market) -> None:
    order, (lamps, _) = paid(market, {LAMP: 3, CUP: 1})
    standing = market.do(orders.ship, market.cast.bruno, lamps.id, BY_HAND)
    assert (standing.status, standing.order_id) == ("shipped", order.id)
    places = market.see(catalog.get_offer, market.cast.bruno, market.offers[LAMP])
    assert places.available == 7
    seen = market.see(orders.get_seller_order, market.cast.bruno, lamps.id)
    (tracking,) = seen.parcels
    assert (tracking.parcel.id, tracking.parcel.tracking_no) == (standing.parcel_id, "QP 123")
    assert tracking.parcel.promised_at == seen.arrives_by
    assert (seen.shipped_at, seen.can_ship, seen.can_cancel) == (market.clock.now(), False, False)
    view = market.order(market.cast.alice, order.id)
    assert view.stage == "paid"
    assert [seller.status for seller in view.sellers] == ["shipped", "paid"]
    assert market.breaches() == []


def test_only_a_paid_order_is_shipped_and_only_once(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1})
    (seller_id,) = placed.seller_order_ids
    with pytest.raises(Conflict, match="not paid yet"):
        market.do(orders.ship, market.cast.bruno, seller_id, BY_HAND)
    market.settle()
    market.do(orders.ship, market.cast.bruno, seller_id, BY_HAND)
    with pytest.raises(Conflict, match="sent already"):
        market.do(orders.ship, market.cast.bruno, seller_id, BY_HAND)
    assert len(market.see(deliver.list_tracking, [seller_id])[seller_id]) == 1


def test_a_delivered_scan_starts_the_days_to_object(market: Market) -> None:
    _, (lamps,) = shipped(market, {LAMP: 1})
    market.clock.advance(HOUR)
    market.arrive(lamps.id)
    seen = market.see(orders.get_seller_order, market.cast.alice, lamps.id)
    now = market.clock.now()
    assert (seen.status, seen.delivered_at, seen.confirm_by) == ("delivered", now, now + 7 * DAY)
    assert seen.custody == orders.Custody(orders.Holder.ESCROW, seen.total_minor, now + 7 * DAY, orders.Holder.MERCHANT)
    assert seen.can_confirm


def test_a_scan_that_is_dated_back_does_not_shorten_the_days(market: Market) -> None:
    _, (lamps,) = shipped(market, {LAMP: 1})
    sent_at = market.clock.now()
    market.clock.advance(6 * DAY)
    market.arrive(lamps.id, at=sent_at)
    seen = market.see(orders.get_seller_order, market.cast.alice, lamps.id)
    assert (seen.delivered_at, seen.confirm_by) == (sent_at, market.clock.now() + 7 * DAY)


def test_a_second_delivered_scan_changes_nothing(market: Market) -> None:
    _, (lamps,) = shipped(market, {LAMP: 1})
    market.arrive(lamps.id)
    seen = market.see(orders.get_seller_order, market.cast.alice, lamps.id)
    market.clock.advance(DAY)
    parcel = seen.parcels[0].parcel.id
    market.do(orders.deliver_parcel, lamps.id, parcel, market.clock.now())
    assert market.see(orders.get_seller_order, market.cast.alice, lamps.id) == seen


@pytest.mark.parametrize("scanned", [True, False])
def test_the_buyers_confirmation_shares_escrow_out_to_the_unit(market: Market, scanned: bool) -> None:
    _, (lamps, cups) = shipped(market, {LAMP: 3, CUP: 1})
    if scanned:
        market.arrive(lamps.id)
    assert market.do(orders.confirm_receipt, market.cast.alice, lamps.id).status == "completed"
    seen = market.see(orders.get_seller_order, market.cast.bruno, lamps.id)
    assert seen.legs is not None
    expected = {
        accounts.escrow(lamps.id, "USD"): 0,
        accounts.escrow(cups.id, "USD"): cups.total_minor,
        accounts.payable(str(market.cast.bruno.organisation), "USD"): seen.legs.seller_minor,
        accounts.commission("USD"): seen.legs.commission_minor,
        accounts.carrier_payable("USD"): seen.legs.carrier_minor,
        accounts.tax_payable("USD"): 0,
    }
    balances = market.see(ledger.balances_of, list(expected))
    assert {account: balances[account.id].balance for account in expected} == expected
    assert seen.custody == orders.Custody(orders.Holder.MERCHANT, seen.legs.seller_minor, None, None)
    assert market.breaches() == []


def test_confirming_again_changes_nothing(market: Market) -> None:
    _, (lamps,) = shipped(market, {LAMP: 1})
    market.do(orders.confirm_receipt, market.cast.alice, lamps.id)
    before = market.see(orders.get_seller_order, market.cast.alice, lamps.id)
    market.clock.advance(1)
    assert market.do(orders.confirm_receipt, market.cast.alice, lamps.id).status == "completed"
    assert market.see(orders.get_seller_order, market.cast.alice, lamps.id) == before


def test_nothing_is_confirmed_before_it_was_sent(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1})
    (seller_id,) = placed.seller_order_ids
    with pytest.raises(Conflict, match="not paid yet"):
        market.do(orders.confirm_receipt, market.cast.alice, seller_id)
    market.settle()
    with pytest.raises(Conflict, match="not sent yet"):
        market.do(orders.confirm_receipt, market.cast.alice, seller_id)


def test_time_confirms_after_the_days_and_only_what_was_delivered(market: Market) -> None:
    _, (lamps, cups) = shipped(market, {LAMP: 1, CUP: 1})
    market.arrive(lamps.id)
    market.clock.advance(7 * DAY - 1)
    market.do(orders.complete_if_due, lamps.id)
    market.run_task("orders.auto_confirm")
    assert statuses(market, lamps, cups) == ["delivered", "shipped"]
    market.clock.advance(1)
    market.run_task("orders.auto_confirm")
    assert statuses(market, lamps, cups) == ["completed", "shipped"]
    market.clock.advance(100 * DAY)
    market.run_task("orders.auto_confirm")
    assert statuses(market, lamps, cups) == ["completed", "shipped"]
    assert market.breaches() == []


def test_the_sandbox_carrier_brings_it_to_the_door(market: Market) -> None:
    _, (lamps,) = paid(market, {LAMP: 1})
    market.do(orders.ship, market.cast.bruno, lamps.id, orders.Shipment("sandbox"))
    for _ in range(6):
        market.clock.advance(HOUR)
        market.settle()
    seen = market.see(orders.get_seller_order, market.cast.alice, lamps.id)
    assert seen.status == "delivered"
    assert [scan.code for scan in seen.parcels[0].scans][-1] == "delivered"


def test_who_received_something_may_review_it_and_a_guest_may_not(market: Market) -> None:
    _, (lamps,) = shipped(market, {LAMP: 1})
    market.settle()
    product_id = market.products[LAMP]
    assert not market.see(catalog.may_review, market.cast.alice, product_id)
    market.do(orders.confirm_receipt, market.cast.alice, lamps.id)
    market.settle()
    assert market.see(catalog.may_review, market.cast.alice, product_id)
    somebody = guest(market.database)
    placed = market.buy(somebody, {CUP: 1})
    market.settle()
    market.do(orders.ship, market.bea, placed.seller_order_ids[0], BY_HAND)
    market.do(orders.confirm_receipt, somebody, placed.seller_order_ids[0])
    market.settle()
    assert not market.see(catalog.may_review, somebody, market.products[CUP])


def test_a_merchant_hears_of_every_step_that_concerns_them(market: Market) -> None:
    _, (lamps,) = shipped(market, {LAMP: 1})
    market.arrive(lamps.id)
    market.do(orders.confirm_receipt, market.cast.alice, lamps.id)
    market.settle()
    kinds = [notice.kind for notice in market.see(identity.list_notices, market.cast.bruno)]
    assert {"orders.to_send", "orders.completed"} <= set(kinds)
    told = [notice.kind for notice in market.see(identity.list_notices, market.cast.alice)]
    assert sorted(told) == ["orders.delivered", "orders.paid", "orders.shipped"]


def test_uncounted_goods_are_sent_like_any_other(market: Market) -> None:
    _, (plates,) = shipped(market, {PLATE: 2})
    market.do(orders.confirm_receipt, market.cast.alice, plates.id)
    assert market.breaches() == []


def test_a_merchant_who_was_suspended_still_sends_what_was_ordered(market: Market) -> None:
    _, (lamps,) = paid(market, {LAMP: 1})
    market.do(catalog.suspend_merchant, market.cast.dana, market.cast.bruno.organisation, "letters unanswered")
    assert market.do(orders.ship, market.cast.bruno, lamps.id, BY_HAND).status == "shipped"


def test_strangers_neither_ship_nor_confirm(market: Market) -> None:
    _, (lamps,) = paid(market, {LAMP: 1})
    for scope in (market.cast.alice, market.bea, market.cast.chen, identity.Scope.public()):
        with pytest.raises(NotFound):
            market.do(orders.ship, scope, lamps.id, BY_HAND)
    market.do(orders.ship, market.cast.dana, lamps.id, BY_HAND)
    for scope in (market.cast.bruno, market.bea, market.cast.chen, market.cast.dana, identity.Scope.public()):
        with pytest.raises(NotFound):
            market.do(orders.confirm_receipt, scope, lamps.id)
    for verb in (orders.ship, orders.confirm_receipt):
        with pytest.raises(NotFound):
            market.do(verb, market.cast.alice, "sor_unknown", *((BY_HAND,) if verb is orders.ship else ()))


def paid(market: Market, wanted: dict[str, int]) -> tuple[orders.OrderView, tuple[orders.SellerOrderView, ...]]:
    placed = market.buy(market.cast.alice, wanted)
    market.settle()
    order = market.order(market.cast.alice, placed.order_id)
    assert order.address == HOME
    return order, order.sellers


def shipped(market: Market, wanted: dict[str, int]) -> tuple[orders.OrderView, tuple[orders.SellerOrderView, ...]]:
    order, sellers = paid(market, wanted)
    for seller in sellers:
        market.do(orders.ship, market.cast.dana, seller.id, BY_HAND)
    return order, sellers


def statuses(market: Market, *sellers: orders.SellerOrderView) -> list[str]:
    return [market.see(orders.get_seller_order, market.cast.alice, each.id).status for each in sellers]
