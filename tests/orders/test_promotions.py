"""Promotions at the checkout: who bears them, codes and limits, refusals that say why, races for the last use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from random import Random
from typing import Any

import pytest

from entrepot import ledger, orders, pay
from entrepot.identity import Scope
from entrepot.kernel import DAY, MINUTE, Conflict, Database, Invalid, NotFound, Refused
from entrepot.kernel.sql import prepare_text
from entrepot.orders import PromotionDraft, Terms
from entrepot.orders.promotions.uses import Cost, buyer_key, give_back, record_uses
from entrepot.pay import accounts
from tests.orders.market import CUP, DELIVERY_MINOR, EMAIL, HOME, LAMP, PRICES, Market, guest, wish_for
from tests.orders.plain_prices import plain_legs
from tests.orders.test_races import Crowd
from tests.proof import count


@pytest.fixture
def crowd(market: Market, database_url: str) -> Iterator[Crowd]:
    with ExitStack() as stack:
        databases = [market.database]
        if market.database.dialect == "postgresql":
            another = Database(database_url, clock=market.clock, random=Random(2))
            databases.append(stack.enter_context(closing(another)))
        yield Crowd(databases)


def promote(market: Market, scope: Scope, kind: Any = "percentage", code: str | None = None, **terms: Any) -> str:
    """Make a promotion; of ten percent when nothing else is said."""
    given = {"bps": 1_000, **terms} if kind == "percentage" else terms
    draft = PromotionDraft(name=f"{kind} {code or ''}".strip(), kind=kind, terms=Terms(**given), code=code)
    return market.do(orders.save_promotion, scope, draft).id


def test_a_merchants_discount_lowers_the_merchants_part_alone(market: Market) -> None:
    promote(market, market.cast.bruno)
    placed = market.buy(market.cast.alice, {LAMP: 1, CUP: 1})
    lamps, cups = market.order(market.cast.dana, placed.order_id).sellers
    assert lamps.total_minor == PRICES[LAMP] - 500 + DELIVERY_MINOR
    assert cups.total_minor == PRICES[CUP] + DELIVERY_MINOR
    assert lamps.legs is not None
    assert lamps.legs.commission_minor == 562  # 12.5 % of 44.99, half to even
    assert lamps.legs.seller_minor == PRICES[LAMP] - 500 - 562 + DELIVERY_MINOR
    market.settle()
    assert market.breaches() == []


def test_the_platforms_discount_is_its_subsidy_and_the_merchant_gets_all(market: Market) -> None:
    promote(market, market.cast.dana, seller_bps=0)
    placed = market.buy(market.cast.alice, {LAMP: 1})
    market.settle()
    (lamps,) = market.order(market.cast.dana, placed.order_id).sellers
    goods_minor, commission_minor = plain_legs(PRICES[LAMP], 1_250)
    assert lamps.legs == orders.Legs(goods_minor + DELIVERY_MINOR, commission_minor, 0, 0, 500)
    assert placed.total_minor == PRICES[LAMP] - 500 + DELIVERY_MINOR
    held = market.see(_balance, accounts.escrow(lamps.id, "USD"))
    assert held == placed.total_minor + 500
    assert market.see(_balance, accounts.subsidy("USD")) == -500
    assert market.breaches() == []


def test_a_platforms_discount_may_be_shared_with_the_merchants(market: Market) -> None:
    promote(market, market.cast.dana, seller_bps=2_500)
    placed = market.buy(market.cast.alice, {LAMP: 1})
    (lamps,) = market.order(market.cast.dana, placed.order_id).sellers
    assert lamps.legs is not None
    assert lamps.legs.subsidy_minor == 375
    assert market.breaches() == []


def test_a_whole_discount_is_paid_at_once_without_a_processor(market: Market) -> None:
    promote(market, market.cast.bruno, bps=10_000)
    promote(market, market.cast.bruno, "free_shipping")
    placed = market.buy(market.cast.alice, {LAMP: 1})
    assert placed.total_minor == 0
    market.settle()
    order = market.order(market.cast.alice, placed.order_id)
    assert order.status is orders.OrderStatus.PAID
    payment = market.see(pay.get_payment, Scope.system(), placed.payment_id)
    assert (payment.state, payment.processor_ref) == ("captured", None)
    market.do(orders.ship, market.cast.bruno, order.sellers[0].id, orders.Shipment("sandbox"))
    market.do(orders.confirm_receipt, market.cast.alice, order.sellers[0].id)
    market.settle()
    assert market.breaches() == []


def test_a_subsidised_order_is_settled_to_the_unit(market: Market) -> None:
    promote(market, market.cast.dana, seller_bps=0, bps=10_000)
    promote(market, market.cast.dana, "free_shipping", seller_bps=0)
    placed = market.buy(market.cast.alice, {LAMP: 1})
    market.settle()
    assert placed.total_minor == 0
    seller = market.order(market.cast.alice, placed.order_id).sellers[0].id
    market.do(orders.ship, market.cast.bruno, seller, orders.Shipment("sandbox"))
    market.do(orders.confirm_receipt, market.cast.alice, seller)
    market.settle()
    due = market.see(_balance, accounts.payable(str(market.cast.bruno.organisation), "USD"))
    assert due == PRICES[LAMP] - 625 + DELIVERY_MINOR
    assert market.breaches() == []


@pytest.mark.parametrize("typed", ["SPRING-26", " spring-26 ", "Ｓpring-26"])
def test_a_code_is_read_without_regard_to_case_and_width(market: Market, typed: str) -> None:
    promote(market, market.cast.bruno, code="Spring-26")
    market.fill(market.cast.alice, {LAMP: 2})
    assert market.see(orders.view_cart, market.cast.alice).discount_minor == 0
    view = market.do(orders.add_code, market.cast.alice, typed)
    assert (view.discount_minor, view.total_minor) == (1_000, 2 * PRICES[LAMP] - 1_000)
    assert [each.applied for each in view.codes] == [True]
    assert market.do(orders.add_code, market.cast.alice, "spring-26").codes == view.codes
    assert market.do(orders.remove_code, market.cast.alice, "SPRING-26").discount_minor == 0


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"minimums": {"USD": 10_000}}, r"GET needs \$50\.01 more of the goods it is for"),
        ({"minimum_quantity": 3}, "GET needs 2 more of the goods it is for"),
        ({"currencies": ("EUR",)}, "GET is for orders in EUR"),
        ({"minimums": {"KWD": 1}}, "GET is for orders in KWD"),
        ({"products": ("prd_other",)}, "GET is for other goods than those in your cart"),
        ({"categories": ("nowhere",)}, "GET is for other goods than those in your cart"),
        ({"collections": ("col_none",)}, "GET is for other goods than those in your cart"),
    ],
)
def test_a_code_that_does_not_apply_is_refused_with_the_reason(market: Market, terms: Any, why: str) -> None:
    promote(market, market.cast.bruno, code="GET", **terms)
    market.fill(market.cast.alice, {LAMP: 1})
    with pytest.raises(Conflict, match=why) as refusal:
        market.do(orders.add_code, market.cast.alice, "GET")
    assert "code" in refusal.value.fields
    assert market.see(orders.view_cart, market.cast.alice).codes == ()


def test_codes_have_a_time_and_other_merchants_codes_are_not_for_these_goods(market: Market) -> None:
    now = market.clock.now()
    draft = PromotionDraft("Week", "percentage", Terms(bps=1_000), "WEEK", now + DAY, now + 2 * DAY)
    market.do(orders.save_promotion, market.cast.bruno, draft)
    market.fill(market.cast.alice, {LAMP: 1})
    with pytest.raises(Conflict, match="WEEK is valid from 20"):
        market.do(orders.add_code, market.cast.alice, "WEEK")
    market.clock.advance(DAY)
    assert market.do(orders.add_code, market.cast.alice, "WEEK").discount_minor == 500
    market.clock.advance(DAY)
    with pytest.raises(Conflict, match="WEEK expired on 20"):
        market.do(orders.add_code, market.cast.alice, "WEEK")
    (code,) = market.see(orders.view_cart, market.cast.alice).codes
    assert (code.applied, market.see(orders.view_cart, market.cast.alice).discount_minor) == (False, 0)
    assert "expired" in str(code.sentence)
    promote(market, market.bea, code="CUPS")
    with pytest.raises(Conflict, match="CUPS is for goods of other merchants"):
        market.do(orders.add_code, market.cast.alice, "CUPS")
    with pytest.raises(NotFound, match="There is no such code"):
        market.do(orders.add_code, market.cast.alice, "GUESS")


def test_a_worse_code_is_refused_where_it_does_not_combine(market: Market) -> None:
    promote(market, market.cast.bruno, bps=2_000, group="season")
    promote(market, market.cast.bruno, code="TENTH", group="season")
    market.fill(market.cast.alice, {LAMP: 1})
    with pytest.raises(Conflict, match="TENTH takes nothing off here"):
        market.do(orders.add_code, market.cast.alice, "TENTH")


def test_a_promotion_that_ends_between_checkout_and_order_is_said(market: Market) -> None:
    promotion_id = promote(market, market.cast.bruno)
    market.fill(market.cast.alice, {LAMP: 1})
    wish = wish_for(market.checkout(market.cast.alice))
    market.do(orders.set_promotion_state, market.cast.bruno, promotion_id, "paused")
    with pytest.raises(Conflict, match=r"percentage does not apply any more: it took \$5\.00 off") as refusal:
        market.do(orders.place, market.cast.alice, wish)
    assert set(refusal.value.fields) == {"promotion"}
    assert not market.see(orders.view_checkout, market.cast.alice).ready


def test_free_shipping_lowers_the_chosen_delivery_and_is_the_merchants_cost(market: Market) -> None:
    promote(market, market.cast.bruno, "free_shipping", code="FREE")
    market.fill(market.cast.alice, {LAMP: 1, CUP: 1})
    view = market.do(orders.add_code, market.cast.alice, "FREE")
    assert view.codes[0].sentence == "FREE lowers the delivery, at the next step"
    checkout = market.checkout(market.cast.alice)
    assert (checkout.shipping_minor, checkout.shipping_discount_minor) == (2 * DELIVERY_MINOR, DELIVERY_MINOR)
    placed = market.do(orders.place, market.cast.alice, wish_for(checkout))
    assert placed.total_minor == PRICES[LAMP] + PRICES[CUP] + DELIVERY_MINOR
    assert market.breaches() == []


def test_a_limit_for_each_buyer_and_for_all_and_uses_come_back_with_an_order_that_came_to_nothing(
    market: Market,
) -> None:
    promote(market, market.cast.bruno, code="ONCE", limit_per_buyer=1)
    promote(market, market.cast.bruno, code="TWICE", limit_total=2)
    for code in ("ONCE", "TWICE"):
        market.fill(market.cast.alice, {LAMP: 1})
        market.do(orders.add_code, market.cast.alice, code)
        market.place(market.cast.alice, "tok_decline")
        market.settle()
        market.do(orders.add_code, market.cast.alice, code)
        placed = market.place(market.cast.alice)
        market.settle()
        market.fill(market.cast.alice, {LAMP: 1})
        if code == "ONCE":
            with pytest.raises(Conflict, match="You have used ONCE already"):
                market.do(orders.add_code, market.cast.alice, code)
            market.do(orders.cancel_order, market.cast.alice, placed.order_id, "no need")
            market.settle()
            assert market.do(orders.add_code, market.cast.alice, code).codes[0].applied
            market.do(orders.remove_code, market.cast.alice, code)
    market.do(orders.add_code, market.cast.alice, "TWICE")
    market.place(market.cast.alice, "tok_slow")
    market.fill(market.cast.chen, {LAMP: 1})
    with pytest.raises(Conflict, match="TWICE has been used as often as it may be"):
        market.do(orders.add_code, market.cast.chen, "TWICE")
    market.clock.advance(31 * MINUTE)
    assert market.breaches() == []


def test_an_order_that_expires_unpaid_gives_its_code_back(market: Market) -> None:
    promote(market, market.cast.bruno, code="LAST", limit_total=1)
    market.fill(market.cast.alice, {LAMP: 1})
    market.do(orders.add_code, market.cast.alice, "LAST")
    placed = market.place(market.cast.alice)
    market.clock.advance(31 * MINUTE)
    market.do(orders.expire_if_due, placed.order_id)
    market.fill(market.cast.chen, {LAMP: 1})
    assert market.do(orders.add_code, market.cast.chen, "LAST").discount_minor == 500


def test_a_first_order_discount_comes_once_to_a_person_and_to_a_guests_address(market: Market) -> None:
    promote(market, market.cast.bruno, code="HELLO", first_order=True)
    somebody, same = guest(market.database), guest(market.database)
    for scope in (market.cast.chen, somebody):
        market.fill(scope, {LAMP: 1})
        market.do(orders.add_code, scope, "HELLO")
        checkout = market.do(orders.quote_cart, scope, HOME, f"{scope.actor[-6:]}@example.com")
        market.do(orders.place, scope, wish_for(checkout))
    market.settle()
    market.fill(market.cast.chen, {LAMP: 1})
    with pytest.raises(Conflict, match="HELLO is for a first order"):
        market.do(orders.add_code, market.cast.chen, "HELLO")
    market.fill(same, {LAMP: 1})
    market.do(orders.add_code, same, "HELLO")
    checkout = market.do(orders.quote_cart, same, HOME, f"{somebody.actor[-6:]}@EXAMPLE.com")
    assert (checkout.discount_minor, checkout.codes[0].applied) == (0, False)


@pytest.mark.parametrize("buyers", [12, pytest.param(80, marks=pytest.mark.slow)])
def test_the_last_uses_of_a_code_go_to_as_many_buyers_and_no_more(market: Market, crowd: Crowd, buyers: int) -> None:
    promotion_id = promote(market, market.bea, code="THREE", limit_total=3)
    ready = []
    for number in range(buyers):
        scope = Scope.guest(f"ses_{number:026d}")
        market.fill(scope, {CUP: 1})
        market.do(orders.add_code, scope, "THREE")
        checkout = market.do(orders.quote_cart, scope, HOME, f"buyer{number}@example.com")
        ready.append((scope, wish_for(checkout)))
    answers = crowd.at_once([lambda tx, s=s, w=w: orders.place(tx, s, w) for s, w in ready])
    placed = [each for each in answers if isinstance(each, orders.Placed)]
    assert len(placed) == 3
    assert all(isinstance(each, Conflict) for each in answers if not isinstance(each, orders.Placed))
    (usage,) = market.see(orders.get_promotion, market.bea, promotion_id).usage
    assert (usage.orders, usage.seller_minor, usage.platform_minor) == (3, 3 * 120, 0)
    market.settle()
    assert market.breaches() == []


def test_one_buyer_with_two_sessions_uses_a_first_order_code_once(market: Market, crowd: Crowd) -> None:
    promote(market, market.bea, code="HELLO", first_order=True)
    for number in range(count(3, 30)):
        ready = []
        for each in range(4):
            scope = Scope.guest(f"ses_{number * 10 + each:026d}")
            market.fill(scope, {CUP: 1})
            market.do(orders.add_code, scope, "HELLO")
            ready.append((scope, wish_for(market.do(orders.quote_cart, scope, HOME, f"same{number}@example.com"))))
        answers = crowd.at_once([lambda tx, s=s, w=w: orders.place(tx, s, w) for s, w in ready])
        assert sum(isinstance(each, orders.Placed) for each in answers) == 1
        for answer in answers:
            if isinstance(answer, orders.Placed):
                market.do(orders.cancel_order, market.cast.dana, answer.order_id, "again")


def test_paused_promotions_do_not_come_back_beyond_what_is_weighed(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All live ones are weighed at every checkout: nobody makes more of them by pausing some meanwhile."""
    monkeypatch.setattr("entrepot.orders.promotions.saving.KEPT_MAX", 2)
    first = promote(market, market.cast.bruno)
    market.do(orders.set_promotion_state, market.cast.bruno, first, "paused")
    for _ in range(2):
        promote(market, market.cast.bruno)
    with pytest.raises(Conflict, match="end one first"):
        market.do(orders.set_promotion_state, market.cast.bruno, first, "active")


def test_promotions_are_their_owners_alone(market: Market) -> None:
    promotion_id = promote(market, market.cast.bruno, code="MINE")
    with pytest.raises(NotFound):
        market.see(orders.get_promotion, market.bea, promotion_id)
    with pytest.raises(NotFound):
        market.do(orders.set_promotion_state, market.cast.dana, promotion_id, "ended")
    with pytest.raises(Refused):
        promote(market, market.cast.alice)
    assert market.see(orders.list_promotions, market.bea) == []
    with pytest.raises(Conflict, match="You have a promotion with the code MINE already"):
        promote(market, market.cast.bruno, code="mine")
    promote(market, market.bea, code="mine")
    market.do(orders.set_promotion_state, market.cast.bruno, promotion_id, "ended")
    promote(market, market.cast.bruno, code="Mine")


@pytest.mark.parametrize(
    ("kind", "terms", "field"),
    [
        ("percentage", {"bps": 0}, "bps"),
        ("percentage", {"bps": 10_001}, "bps"),
        ("amount", {}, "amounts"),
        ("amount", {"amounts": {"USD": -1}}, "amounts"),
        ("amount", {"amounts": {"dollars": 100}}, "amounts"),
        ("buy_x_get_y", {"bps": 5_000, "buy_quantity": 2}, "buy_quantity"),
        ("percentage", {"limit_total": 0}, "limit_total"),
        ("percentage", {"merchants": ("org_x",)}, "merchants"),
    ],
)
def test_a_promotion_that_makes_no_sense_is_refused_by_field(market: Market, kind: Any, terms: Any, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        promote(market, market.cast.bruno, kind, **terms)
    assert field in refusal.value.fields


def test_a_limit_that_is_set_later_knows_what_was_used_before(market: Market) -> None:
    promotion_id = promote(market, market.cast.bruno, code="OPEN")
    market.fill(market.cast.alice, {LAMP: 1})
    market.do(orders.add_code, market.cast.alice, "OPEN")
    market.place(market.cast.alice)
    limited = PromotionDraft("Open", "percentage", Terms(bps=1_000, limit_total=1), "OPEN", id=promotion_id)
    market.do(orders.save_promotion, market.cast.bruno, limited)
    market.fill(market.cast.chen, {LAMP: 1})
    with pytest.raises(Conflict, match="OPEN has been used as often as it may be"):
        market.do(orders.add_code, market.cast.chen, "OPEN")


def test_a_use_that_was_not_counted_is_found(market: Market) -> None:
    promote(market, market.cast.bruno, limit_total=9)
    market.buy(market.cast.alice, {LAMP: 1})
    (proof,) = [each for each in orders.PROOFS if each.name == "orders.promotions"]
    assert (market.see(proof.check).rows, list(market.see(proof.check).breaches)) == (1, [])
    market.do(lambda tx: tx.run(prepare_text("UPDATE orders_promotion_counts SET used = 0")))
    assert len(list(market.see(proof.check).breaches)) == 1


def _balance(snapshot: Any, account: Any) -> int:
    return ledger.balance_of(snapshot, account).balance


def test_a_use_beyond_the_limit_is_refused_by_its_row_and_comes_back_once(market: Market) -> None:
    promotion_id = promote(market, market.cast.dana, code="TWICE", limit_total=2)
    promotion = market.see(orders.get_promotion, market.cast.dana, promotion_id).promotion

    def use(order_id: str) -> None:
        used = {promotion_id: (promotion, Cost(0, 100))}
        market.do(record_uses, order_id, used, order_id.replace("ord", "usr"), EMAIL, "USD")

    use("ord_1")
    use("ord_2")
    with pytest.raises(Conflict, match="Others have just used"):
        use("ord_3")
    for _ in range(2):
        market.do(give_back, "ord_1")
    use("ord_4")
    with pytest.raises(Conflict, match="Others have just used"):
        use("ord_5")


def test_a_guest_is_the_same_buyer_however_the_address_is_written() -> None:
    assert buyer_key("ses_1", " Alice@Example.com ") == buyer_key("ses_2", "alice@example.com")
    assert buyer_key("usr_1", "alice@example.com") == "usr_1"


def test_a_promotion_that_has_ended_does_not_come_back(market: Market) -> None:
    promotion_id = promote(market, market.cast.bruno)
    market.do(orders.set_promotion_state, market.cast.bruno, promotion_id, "ended")
    with pytest.raises(Conflict, match="has ended"):
        market.do(orders.set_promotion_state, market.cast.bruno, promotion_id, "active")


def test_an_order_that_came_to_nothing_leaves_the_first_one_to_come(market: Market) -> None:
    promote(market, market.cast.dana, first_order=True)
    market.buy(market.cast.alice, {LAMP: 1}, "tok_decline")
    market.settle()
    assert market.checkout(market.cast.alice).discount_minor == 500
