"""One purchase from cart to payout through the rooms' own verbs, without HTTP, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot import catalog, deliver, identity, ledger, orders, pay
from entrepot.identity import Scope
from entrepot.kernel import DAY, HOUR, Database, Proof
from entrepot.kernel.testing import settle
from entrepot.pay import accounts
from tests.orders.market import (
    CUP,
    CUPS_BPS,
    DELIVERY_MINOR,
    EMAIL,
    HOME,
    KEY,
    LAMP,
    LAMPS_BPS,
    Market,
    guest,
    open_market,
)

PROOFS: tuple[Proof, ...] = (*ledger.PROOFS, *pay.PROOFS, *deliver.PROOFS, *catalog.PROOFS, *orders.PROOFS)
NOT_IN_THIS_JOURNEY = {
    "catalog.gtins", "catalog.imports", "deliver.shelves", "orders.disputes", "orders.promotions", "pay.booked",
    "pay.chargebacks", "pay.freezes", "pay.matched", "pay.parts", "pay.receivables",
}  # fmt: skip
"""No feed, no pickup point, no promotion, no dispute, no bank's file, no refund after the payout."""


@pytest.fixture
def market(database: Database, tmp_path: Path) -> Iterator[Market]:
    with open_market(database, tmp_path) as market:
        yield market


def pass_hours(market: Market, hours: int) -> None:
    """Let time pass as it would: everything that is due happens, hour by hour."""
    for _ in range(hours):
        market.clock.advance(HOUR)
        settle(market.database, orders.reactions(KEY), market.tasks())


def test_from_a_guests_cart_to_the_merchants_payouts(market: Market) -> None:
    """Alice gathers as a guest, signs in, pays two merchants at once; each ships, delivers, is settled and paid out."""
    alice, bruno, bea = market.cast.alice, market.cast.bruno, market.bea
    somebody = guest(market.database)
    market.fill(somebody, {LAMP: 2, CUP: 3})
    market.do(orders.adopt_cart, somebody, alice)

    checkout = market.do(orders.quote_cart, alice, HOME, EMAIL)
    goods = 2 * 4_999 + 3 * 1_201
    assert (checkout.items_minor, checkout.total_minor) == (goods, goods + 2 * DELIVERY_MINOR)
    placed = market.do(orders.place, alice, orders.Place(checkout.quote_ids, "tok_ok", checkout.total_minor))
    assert placed.status == "awaiting_payment"
    pass_hours(market, 1)
    assert market.order(alice, placed.order_id).stage == "paid"

    for scope in (bruno, bea):
        (to_send,) = market.see(orders.list_seller_orders, scope, orders.SellerOrderStatus.PAID)
        market.do(orders.ship, scope, to_send.id, orders.Shipment("sandbox"))
    pass_hours(market, 6)
    order = market.order(alice, placed.order_id)
    assert order.stage == "delivered"
    assert all(seller.parcels[0].parcel.state == "delivered" for seller in order.sellers)
    assert all(seller.custody.holder == "escrow" for seller in order.sellers)

    lamps, cups = order.sellers
    market.do(orders.confirm_receipt, alice, lamps.id)
    market.clock.advance(7 * DAY)
    market.run_task("orders.auto_confirm")
    assert market.order(alice, placed.order_id).stage == "completed"

    # Both deliver by their own price lists, so that what the buyer paid for it is theirs.
    goods_of = {bruno: _seller_minor(2 * 4_999, LAMPS_BPS), bea: _seller_minor(3 * 1_201, CUPS_BPS)}
    expected = {scope: minor + DELIVERY_MINOR for scope, minor in goods_of.items()}
    market.do(pay.request_payouts, market.cast.dana)
    pass_hours(market, 1)
    for scope, seller_minor in expected.items():
        (payout,) = market.see(pay.list_payouts, scope)
        assert (payout.amount_minor, payout.state) == (seller_minor, "paid")
        statement = market.see(pay.get_statement, scope, payout.id)
        assert sum(line.amount_minor for line in statement.lines) == seller_minor
    commission = goods - sum(goods_of.values())
    assert _balance(market, accounts.commission("USD")) == commission
    assert _balance(market, accounts.carrier_payable("USD")) == 0
    assert _balance(market, accounts.bank("USD")) == sum(expected.values())
    assert [_balance(market, accounts.escrow(seller.id, "USD")) for seller in (lamps, cups)] == [0, 0]
    _verify(market)


def test_a_guest_follows_the_letter_and_confirms(market: Market) -> None:
    somebody = guest(market.database)
    placed = market.buy(somebody, {LAMP: 1})
    pass_hours(market, 1)
    (seller_id,) = placed.seller_order_ids
    market.do(orders.ship, market.cast.bruno, seller_id, orders.Shipment("Quick Post", "QP 1"))
    token = orders.link_to(KEY, placed.order_id, somebody.actor).partition("?token=")[2]
    order_id, scope = market.see(orders.follow_link, KEY, token)
    assert market.see(orders.get_order, scope, order_id).sellers[0].can_confirm
    market.do(orders.confirm_receipt, scope, seller_id)
    assert market.see(orders.get_order, scope, order_id).stage == "completed"
    assert market.breaches() == []


def test_one_merchant_cannot_deliver_and_the_rest_of_the_order_goes_on(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 1, CUP: 1})
    pass_hours(market, 1)
    lamps, cups = placed.seller_order_ids
    market.do(orders.cancel, market.cast.bruno, lamps, "The last one broke")
    market.do(orders.ship, market.bea, cups, orders.Shipment("sandbox"))
    pass_hours(market, 6)
    market.do(orders.confirm_receipt, alice, cups)
    pass_hours(market, 1)
    order = market.order(alice, placed.order_id)
    assert (order.stage, [seller.status for seller in order.sellers]) == ("completed", ["cancelled", "completed"])
    assert order.sellers[0].custody.holder == "buyer"
    acts = market.processor.list_acts()
    assert sum(act.amount_minor for act in acts if act.kind == "refund") == order.sellers[0].total_minor
    notices = market.see(identity.list_notices, alice)
    assert any("The last one broke" in notice.text for notice in notices)
    assert market.breaches() == []


def test_a_product_is_reviewed_by_whom_it_reached(market: Market) -> None:
    alice: Scope = market.cast.alice
    placed = market.buy(alice, {LAMP: 1})
    pass_hours(market, 1)
    market.do(orders.ship, market.cast.bruno, placed.seller_order_ids[0], orders.Shipment("sandbox"))
    pass_hours(market, 6)
    market.do(orders.confirm_receipt, alice, placed.seller_order_ids[0])
    pass_hours(market, 1)
    assert market.see(catalog.may_review, alice, market.products[LAMP])


def _seller_minor(items_minor: int, commission_bps: int) -> int:
    return items_minor - round(items_minor * commission_bps / 10_000)


def _balance(market: Market, account: ledger.Account) -> int:
    return market.see(ledger.balance_of, account).balance


def _verify(market: Market) -> None:
    """Every proof holds, and none of them over nothing that this journey had."""
    market.do(ledger.seal)
    market.do(ledger.snapshot_accounts)
    idle = set()
    for proof in PROOFS:
        finding = market.see(proof.check)
        assert list(finding.breaches) == [], proof.name
        if not finding.rows:
            idle.add(proof.name)
    assert idle == NOT_IN_THIS_JOURNEY
