"""Money that is only set aside: paid for merchants at once, taken as parcels leave, or at the door."""

from entrepot import orders, pay
from entrepot.identity import Scope
from entrepot.kernel import MINUTE
from entrepot.kernel.testing import settle
from entrepot.pay.processors.manual import ManualProcessor
from tests.orders.market import Market
from tests.orders.test_races import KEY


def run(market: Market, **settings: object) -> None:
    """Everything that is due, with these settings of pay."""
    hand = ManualProcessor(holder="Market Ltd", iban="DE89370400440532013000")
    known = pay.Processors([market.processor, hand])
    kinds = [*pay.tasks(known, settings=pay.Settings(**settings)), *orders.TASKS]  # type: ignore[arg-type]
    settle(market.database, orders.reactions(KEY), kinds)


def payment_of(market: Market, order_id: str) -> str:
    found = market.see(pay.find_payment_by_ref, Scope.system(), order_id)
    assert found is not None
    return found.state


def test_each_parcel_takes_its_part(market: Market) -> None:
    name = next(iter(market.offers))
    placed = market.buy(market.cast.alice, {name: 2})
    run(market, capture="on_shipment")
    assert payment_of(market, placed.order_id) == "authorised"
    [seller] = market.order(market.cast.alice, placed.order_id).sellers
    assert (seller.status, market.breaches()) == ("paid", [])
    line = seller.lines[0]
    market.do(orders.ship, market.merchant_of(name), seller.id, orders.Shipment("own", "T1", {line.id: 1}))
    run(market)
    taken = sum(act.amount_minor for act in market.processor.list_acts() if act.kind == "capture")
    assert 0 < taken < seller.total_minor
    assert market.breaches() == []
    market.do(orders.ship, market.merchant_of(name), seller.id, orders.Shipment("own", "T2"))
    run(market)
    taken = sum(act.amount_minor for act in market.processor.list_acts() if act.kind == "capture")
    assert taken == seller.total_minor
    assert payment_of(market, placed.order_id) == "captured"
    assert market.breaches() == []


def test_what_is_cancelled_before_it_leaves_is_never_taken(market: Market) -> None:
    name = next(iter(market.offers))
    placed = market.buy(market.cast.alice, {name: 1})
    run(market, capture="on_shipment")
    market.do(
        orders.cancel, market.cast.alice, market.order(market.cast.alice, placed.order_id).sellers[0].id, "Not needed"
    )
    run(market)
    assert [act.kind for act in market.processor.list_acts()] == ["charge", "void"]
    assert market.breaches() == []


def test_what_is_cancelled_does_not_lessen_the_part_of_a_parcel(market: Market) -> None:
    name = next(iter(market.offers))
    placed = market.buy(market.cast.alice, {name: 3})
    run(market, capture="on_shipment")
    [seller] = market.order(market.cast.alice, placed.order_id).sellers
    line = seller.lines[0]
    market.do(orders.cancel, market.cast.alice, seller.id, "One is enough", {line.id: 1})
    market.do(orders.ship, market.merchant_of(name), seller.id, orders.Shipment("own", "T1", {line.id: 1}))
    run(market)
    [taken] = [act.amount_minor for act in market.processor.list_acts() if act.kind == "capture"]
    assert taken == seller.total_minor - 2 * line.price_minor  # the piece that left, and the delivery
    assert market.breaches() == []


def test_cash_is_taken_at_the_door(market: Market) -> None:
    name = next(iter(market.offers))
    placed = market.buy(market.cast.alice, {name: 1}, method="manual:delivery")
    run(market)
    [seller] = market.order(market.cast.alice, placed.order_id).sellers
    assert (seller.status, market.breaches()) == ("paid", [])
    market.do(orders.ship, market.merchant_of(name), seller.id, orders.Shipment("own", "T1"))
    run(market)
    assert (payment_of(market, placed.order_id), market.breaches()) == ("authorised", [])
    market.arrive(seller.id)  # with a processor that is not set up there: the task comes again
    market.clock.advance(MINUTE)
    run(market)
    assert payment_of(market, placed.order_id) == "captured"
    market.do(orders.confirm_receipt, market.cast.alice, seller.id)
    run(market)
    assert market.breaches() == []
