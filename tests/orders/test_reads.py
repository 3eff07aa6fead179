"""Who sees which order, and that lists cost the same however long they are."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from entrepot import identity, orders
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotFound, NotSignedIn, Secret, Snapshot
from tests.orders.market import BULB, CUP, KEY, LAMP, PLATE, Market, guest


def test_an_order_is_seen_by_its_buyer_and_the_operator(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1, CUP: 1})
    for scope in (market.cast.alice, market.cast.dana):
        assert market.order(scope, placed.order_id).id == placed.order_id
    for scope in (market.cast.chen, market.cast.bruno, market.bea, Scope.public(), guest(market.database)):
        for query in (orders.get_order, orders.get_order_status):
            with pytest.raises(NotFound):
                market.see(query, scope, placed.order_id)
    with pytest.raises(NotFound):
        market.see(orders.get_order, market.cast.alice, "ord_unknown")


def test_a_seller_order_is_seen_by_its_merchant_its_buyer_and_the_operator(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1, CUP: 1})
    lamps, cups = placed.seller_order_ids
    for scope in (market.cast.alice, market.cast.bruno, market.cast.dana):
        assert market.see(orders.get_seller_order, scope, lamps).id == lamps
    for scope in (market.cast.chen, market.bea, Scope.public(), guest(market.database)):
        with pytest.raises(NotFound):
            market.see(orders.get_seller_order, scope, lamps)
    with pytest.raises(NotFound):
        market.see(orders.get_seller_order, market.cast.bruno, cups)


def test_a_buyer_sees_no_commission_and_a_merchant_no_mail_address(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1})
    (seller_id,) = placed.seller_order_ids
    mine = market.see(orders.get_seller_order, market.cast.alice, seller_id)
    theirs = market.see(orders.get_seller_order, market.cast.bruno, seller_id)
    assert (mine.legs, mine.commission_bps, mine.email) == (None, None, "alice@example.com")
    assert theirs.legs is not None
    assert theirs.email is None
    assert theirs.address.line1 == "1 Quay Street"


def test_what_may_be_done_depends_on_who_looks(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1})
    market.settle()
    (seller_id,) = placed.seller_order_ids

    def rights(scope: Scope) -> tuple[bool, bool, bool]:
        seen = market.see(orders.get_seller_order, scope, seller_id)
        return seen.can_cancel, seen.can_ship, seen.can_confirm

    assert rights(market.cast.alice) == (True, False, False)
    assert rights(market.cast.bruno) == (True, True, False)
    market.do(orders.ship, market.cast.bruno, seller_id, orders.Shipment("Quick Post", "1"))
    assert rights(market.cast.alice) == (False, False, True)
    assert rights(market.cast.bruno) == (False, False, False)


def test_buyers_list_their_own_orders_newest_first_and_page_on(market: Market) -> None:
    placed = []
    for _ in range(5):
        market.clock.advance(1_000)
        placed.append(market.buy(market.cast.alice, {PLATE: 1}).order_id)
    market.buy(market.cast.chen, {PLATE: 1})
    first = market.see(orders.list_orders, market.cast.alice, most=3)
    rest = market.see(orders.list_orders, market.cast.alice, first[-1].id, 3)
    assert [order.id for order in (*first, *rest)] == placed[::-1]
    assert first[0].sellers[0].lines[0].title == "A fine plate"
    with pytest.raises(NotSignedIn):
        market.see(orders.list_orders, Scope.public())


def test_merchants_list_what_was_paid_and_by_status(market: Market) -> None:
    alice = market.cast.alice
    paid = market.buy(alice, {LAMP: 1, CUP: 1})
    market.settle()
    market.clock.advance(1_000)
    unpaid = market.buy(alice, {LAMP: 1})
    listed = market.see(orders.list_seller_orders, market.cast.bruno)
    assert [seller.id for seller in listed] == [paid.seller_order_ids[0]]
    waiting = market.see(orders.list_seller_orders, market.cast.bruno, orders.SellerOrderStatus.AWAITING_PAYMENT)
    assert [seller.id for seller in waiting] == list(unpaid.seller_order_ids)
    assert len(market.see(orders.list_seller_orders, market.cast.dana)) == 2
    assert market.see(orders.list_seller_orders, market.cast.chen) == []
    counts = market.see(orders.count_seller_orders, market.cast.bruno)
    assert (counts[orders.SellerOrderStatus.PAID], counts[orders.SellerOrderStatus.AWAITING_PAYMENT]) == (1, 1)
    with pytest.raises(NotSignedIn):
        market.see(orders.list_seller_orders, Scope.public())
    assert market.see(orders.count_seller_orders, market.cast.dana)[orders.SellerOrderStatus.PAID] == 2


def test_a_guests_link_opens_that_order_and_nothing_else(market: Market) -> None:
    somebody = guest(market.database)
    placed = market.buy(somebody, {LAMP: 1})
    token = orders.sign_order(KEY, placed.order_id)
    order_id, scope = market.see(orders.follow_link, KEY, token)
    assert (order_id, scope.actor) == (placed.order_id, somebody.actor)
    assert market.see(orders.get_order, scope, order_id).id == placed.order_id
    forged = (
        orders.sign_order(Secret("another key"), placed.order_id),
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        identity.sign(KEY, "another purpose", placed.order_id),
        placed.order_id,
        "",
    )
    for wrong in forged:
        with pytest.raises((NotFound, Invalid)):
            market.see(orders.follow_link, KEY, wrong)


def test_a_persons_order_opens_by_signing_in_only(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1})
    with pytest.raises(NotFound):
        market.see(orders.follow_link, KEY, orders.sign_order(KEY, placed.order_id))
    assert orders.link_to(KEY, placed.order_id, market.cast.alice.actor) == f"/orders/{placed.order_id}"


def test_lists_and_carts_cost_the_same_statements_however_long(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = market.cast.alice
    counts = []
    for wanted in ({LAMP: 1}, {LAMP: 1, BULB: 2, CUP: 1, PLATE: 1}):
        with counting(monkeypatch) as statements:
            market.fill(alice, wanted)
            filled = len(statements)
            market.see(orders.view_cart, alice)
            checkout = market.checkout(alice)
            wish = orders.Place(checkout.quote_ids, "tok_ok", checkout.total_minor)
            market.do(orders.place, alice, wish)
            counts.append(len(statements) - filled)
        market.clock.advance(1_000)
    assert counts[0] == counts[1]
    lists = []
    waiting = orders.SellerOrderStatus.AWAITING_PAYMENT
    for most in (1, 2):
        with counting(monkeypatch) as statements:
            assert len(market.see(orders.list_orders, alice, most=most)) == most
            assert len(market.see(orders.list_seller_orders, market.cast.bruno, waiting, most=most)) == most
            lists.append(len(statements))
    assert lists[0] == lists[1]


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    statements: list[str] = []
    execute = Snapshot._execute

    def counted(self, statement, params):  # type: ignore[no-untyped-def]
        statements.append(statement.sqlite)
        return execute(self, statement, params)

    with monkeypatch.context() as patch:
        patch.setattr(Snapshot, "_execute", counted)
        yield statements
