"""Quoting a cart and placing it: what is agreed, and every way in which it is refused."""

import msgspec
import pytest

from entrepot import catalog, deliver, orders, pay
from entrepot.identity import Address
from entrepot.kernel import MINUTE, Conflict, Invalid, NotFound
from tests.orders.market import (
    BULB,
    CUP,
    CUPS_BPS,
    DELIVERY_MINOR,
    EMAIL,
    HOME,
    LAMP,
    LAMPS_BPS,
    PLATE,
    PRICES,
    Market,
    guest,
    wish_for,
)
from tests.orders.plain_prices import plain_legs

PLACED_AGAIN = "then place it again"


def test_a_checkout_shows_goods_delivery_and_total(market: Market) -> None:
    market.fill(market.cast.alice, {LAMP: 2, CUP: 1})
    checkout = market.checkout(market.cast.alice)
    assert checkout.items_minor == 2 * PRICES[LAMP] + PRICES[CUP]
    assert checkout.shipping_minor == 2 * DELIVERY_MINOR
    assert checkout.total_minor == checkout.items_minor + checkout.shipping_minor
    assert [group.options[0].quote_id for group in checkout.groups] == list(checkout.quote_ids)
    assert checkout.ready
    assert market.see(orders.view_checkout, market.cast.alice) == checkout


def test_options_are_offered_cheapest_first(market: Market) -> None:
    dear = deliver.RateSheetDraft("Express", "flat", ("*",), "USD", ((0, 1_900),), days_min=1, days_max=1)
    market.do(deliver.save_rate_sheet, market.cast.bruno, dear)
    market.fill(market.cast.alice, {LAMP: 1})
    (group,) = market.checkout(market.cast.alice).groups
    assert [(option.name, option.amount_minor) for option in group.options] == [
        ("Standard", DELIVERY_MINOR),
        ("Express", 1_900),
    ]
    wish = orders.Place((group.options[1].quote_id,), "tok_ok", PRICES[LAMP] + 1_900)
    placed = market.do(orders.place, market.cast.alice, wish)
    assert market.order(market.cast.alice, placed.order_id).shipping_minor == 1_900


def test_an_order_has_a_seller_order_per_merchant_with_everything_frozen(market: Market) -> None:
    alice = market.cast.alice
    placed = market.buy(alice, {LAMP: 2, BULB: 3, CUP: 1})
    order = market.order(alice, placed.order_id)
    assert order.status is placed.status is orders.OrderStatus.AWAITING_PAYMENT
    assert (order.total_minor, order.address, order.email) == (placed.total_minor, HOME, EMAIL)
    assert order.pay_by == market.clock.now() + 30 * MINUTE
    lamps, cups = order.sellers
    assert placed.seller_order_ids == (lamps.id, cups.id)
    assert [(line.title, line.quantity, line.price_minor) for line in lamps.lines] == [
        ("A fine lamp", 2, PRICES[LAMP]),
        ("A fine bulb", 3, PRICES[BULB]),
    ]
    market.reprice(LAMP, 1)
    assert market.order(alice, placed.order_id) == order
    seen = market.see(orders.get_seller_order, market.cast.bruno, lamps.id)
    items = 2 * PRICES[LAMP] + 3 * PRICES[BULB]
    # The merchant priced the delivery, so its money is the merchant's too.
    goods_minor, commission_minor = plain_legs(items, LAMPS_BPS)
    assert seen.legs == orders.Legs(goods_minor + DELIVERY_MINOR, commission_minor, 0, 0)
    assert seen.commission_bps == LAMPS_BPS
    assert market.see(orders.get_seller_order, market.bea, cups.id).commission_bps == CUPS_BPS
    assert market.breaches() == []


def test_placing_holds_the_stock_and_asks_for_the_money(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 4, PLATE: 1})
    assert market.left(LAMP) == 6
    assert market.left(PLATE) is None
    payment = market.see(pay.get_payment, market.cast.alice, placed.payment_id)
    assert (payment.state, payment.amount_minor, payment.ref) == ("requested", placed.total_minor, placed.order_id)


def test_a_placed_cart_is_gone_and_placing_again_names_the_order(market: Market) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 1})
    assert market.see(orders.view_cart, market.cast.alice).id is None
    with pytest.raises(Conflict, match="your last one became order") as refusal:
        market.do(orders.place, market.cast.alice, orders.Place((), "tok_ok", 0))
    assert refusal.value.fields["order_id"] == placed.order_id
    market.fill(market.cast.alice, {LAMP: 1})
    assert market.see(orders.view_cart, market.cast.alice).id not in (None, placed.cart_id)


def test_an_empty_cart_is_neither_quoted_nor_placed(market: Market) -> None:
    for _ in range(2):
        with pytest.raises(Conflict, match="Your cart is empty"):
            market.checkout(market.cast.alice)
        with pytest.raises(Conflict, match="Your cart is empty"):
            market.do(orders.place, market.cast.alice, orders.Place((), "tok_ok", 0))
        market.do(orders.choose_currency, market.cast.alice, "USD")


def test_a_cart_is_placed_only_after_a_checkout(market: Market) -> None:
    market.fill(market.cast.alice, {LAMP: 1})
    assert market.see(orders.view_checkout, market.cast.alice) is None
    with pytest.raises(Conflict, match="Choose an address"):
        market.do(orders.place, market.cast.alice, orders.Place((), "tok_ok", 0))


def test_a_price_that_changed_since_the_checkout_is_said_with_both_figures(market: Market) -> None:
    wish = prepared(market, {LAMP: 1, CUP: 1})
    market.reprice(LAMP, 5_500)
    with pytest.raises(Conflict, match=PLACED_AGAIN) as refusal:
        market.do(orders.place, market.cast.alice, wish)
    sentence = "A fine lamp was $49.99 and is now $55.00"
    assert refusal.value.fields == {f"lines.{market.offers[LAMP]}.price": sentence}
    assert sentence in refusal.value.sentence
    assert not market.see(orders.view_checkout, market.cast.alice).ready
    assert_nothing_happened(market)


def test_everything_that_changed_is_said_at_once(market: Market) -> None:
    wish = prepared(market, {LAMP: 3, CUP: 1, BULB: 2})
    alice = market.cast.alice
    market.reprice(CUP, 1_300)
    market.do(orders.set_line, alice, market.offers[BULB], 5)
    market.do(orders.set_line, alice, market.offers[PLATE], 1)
    market.do(catalog.set_stock, market.cast.bruno, market.offers[LAMP], market.locations[LAMP], 2)
    with pytest.raises(Conflict) as refusal:
        market.do(orders.place, alice, wish)
    assert refusal.value.fields == {
        f"lines.{market.offers[CUP]}.price": "A fine cup was $12.01 and is now $13.00",
        f"lines.{market.offers[BULB]}.quantity": "You had 2 of A fine bulb and have 5 now",
        f"lines.{market.offers[PLATE]}.added": "A fine plate was put into the cart",
        f"lines.{market.offers[LAMP]}.stock": "Only 2 of A fine lamp left, you want 3",
    }


def test_what_was_taken_out_since_is_said(market: Market) -> None:
    wish = prepared(market, {LAMP: 1, CUP: 1})
    market.do(orders.set_line, market.cast.alice, market.offers[CUP], 0)
    with pytest.raises(Conflict, match="A fine cup was taken out of the cart"):
        market.do(orders.place, market.cast.alice, wish)


def test_what_is_no_longer_for_sale_is_said(market: Market) -> None:
    wish = prepared(market, {LAMP: 1, CUP: 1})
    market.do(catalog.suspend_merchant, market.cast.dana, market.bea.organisation, "closed")
    with pytest.raises(Conflict, match="A fine cup cannot be bought"):
        market.do(orders.place, market.cast.alice, wish)
    with pytest.raises(Conflict, match=r"A fine cup cannot be bought at the moment\. Change your cart"):
        market.checkout(market.cast.alice)


def test_sold_out_names_the_thing_and_what_is_left(market: Market) -> None:
    wish = prepared(market, {LAMP: 4})
    market.buy(market.cast.chen, {LAMP: 8})
    with pytest.raises(catalog.SoldOut, match="Only 2 of A fine lamp left, you want 4") as refusal:
        market.do(orders.place, market.cast.alice, wish)
    assert refusal.value.lines == {market.offers[LAMP]: 2}
    market.buy(market.cast.chen, {LAMP: 2})
    with pytest.raises(catalog.SoldOut, match="A fine lamp is sold out"):
        market.do(orders.place, market.cast.alice, wish)


def test_another_total_than_was_shown_is_refused(market: Market) -> None:
    wish = prepared(market, {LAMP: 1})
    with pytest.raises(Conflict) as refusal:
        market.do(orders.place, market.cast.alice, msgspec.structs.replace(wish, expected_total_minor=5_488))
    assert refusal.value.fields == {"expected_total_minor": "was $54.88, is $54.89"}


def test_delivery_quoted_again_in_another_tab_is_said_with_both_prices(market: Market) -> None:
    wish = prepared(market, {LAMP: 1})
    sheet = market.see(deliver.list_rate_sheets, market.cast.bruno)[0]
    dearer = deliver.RateSheetDraft("Standard", "flat", ("*",), "USD", ((0, 590),), id=sheet.id)
    market.do(deliver.save_rate_sheet, market.cast.bruno, dearer)
    market.checkout(market.cast.alice)
    with pytest.raises(Conflict, match=r"was \$4\.90, now \$5\.90"):
        market.do(orders.place, market.cast.alice, wish)


def test_expired_quotes_are_refused_and_shown_as_not_ready(market: Market) -> None:
    wish = prepared(market, {LAMP: 1})
    market.clock.advance(31 * MINUTE)
    assert not market.see(orders.view_checkout, market.cast.alice).ready
    with pytest.raises(Conflict, match="expired"):
        market.do(orders.place, market.cast.alice, wish)


def test_each_merchant_needs_one_quote_of_the_buyers_own(market: Market) -> None:
    wish = prepared(market, {LAMP: 1, CUP: 1})
    first, second = wish.quote_ids
    for quote_ids in ((first,), (second,), ()):
        with pytest.raises(Invalid, match="Choose how the goods of"):
            market.do(orders.place, market.cast.alice, msgspec.structs.replace(wish, quote_ids=quote_ids))
    with pytest.raises(NotFound):
        market.do(orders.place, market.cast.alice, msgspec.structs.replace(wish, quote_ids=(first, "quo_unknown")))
    market.fill(market.cast.chen, {LAMP: 1, CUP: 1})
    market.checkout(market.cast.chen)
    with pytest.raises(NotFound):
        market.do(orders.place, market.cast.chen, wish)


def test_two_options_of_one_merchant_are_refused(market: Market) -> None:
    dear = deliver.RateSheetDraft("Express", "flat", ("*",), "USD", ((0, 1_900),), days_min=1, days_max=1)
    market.do(deliver.save_rate_sheet, market.cast.bruno, dear)
    market.fill(market.cast.alice, {LAMP: 1})
    (group,) = market.checkout(market.cast.alice).groups
    both = tuple(option.quote_id for option in group.options)
    with pytest.raises(Invalid, match="one way of delivery"):
        market.do(orders.place, market.cast.alice, orders.Place(both, "tok_ok", PRICES[LAMP] + 1_900))


def test_a_merchant_who_does_not_deliver_there_is_named(market: Market) -> None:
    sheet = market.see(deliver.list_rate_sheets, market.bea)[0]
    market.do(deliver.delete_rate_sheet, market.bea, sheet.id)
    near = deliver.RateSheetDraft("Near", "flat", ("FR",), "USD", ((0, 100),))
    market.do(deliver.save_rate_sheet, market.bea, near)
    market.fill(market.cast.alice, {LAMP: 1, CUP: 1})
    with pytest.raises(Conflict, match=r"Shop .*: This seller does not deliver to DE") as refusal:
        market.checkout(market.cast.alice)
    assert set(refusal.value.fields) == {f"merchants.{market.bea.organisation}"}


@pytest.mark.parametrize("email", ["", "alice", "alice@", "a b@example.com", "alice@example.com\nBcc: x@example.com"])
def test_an_address_that_no_mail_reaches_is_refused(market: Market, email: str) -> None:
    market.fill(market.cast.alice, {LAMP: 1})
    with pytest.raises(Invalid) as refusal:
        market.do(orders.quote_cart, market.cast.alice, HOME, email)
    assert set(refusal.value.fields) == {"email"}


def test_an_incomplete_address_is_refused(market: Market) -> None:
    market.fill(market.cast.alice, {LAMP: 1})
    nowhere = Address(name="Alice", line1="", city="", country="XX")
    with pytest.raises(Invalid) as refusal:
        market.do(orders.quote_cart, market.cast.alice, nowhere, EMAIL)
    assert set(refusal.value.fields) == {"line1", "city", "country"}


def test_settings_are_frozen_on_the_order(market: Market) -> None:
    market.fill(market.cast.alice, {LAMP: 1})
    placed = market.place(market.cast.alice, settings=orders.Settings(confirm_days=3, pay_minutes=5))
    order = market.order(market.cast.alice, placed.order_id)
    assert (order.sellers[0].confirm_days, order.pay_by) == (3, market.clock.now() + 5 * MINUTE)


def test_settings_out_of_bounds_say_so() -> None:
    with pytest.raises(ValueError, match="confirm_days"):
        orders.Settings(confirm_days=-1)
    with pytest.raises(ValueError, match="pay_minutes"):
        orders.Settings(pay_minutes=0)


def test_a_guest_buys_like_anybody(market: Market) -> None:
    somebody = guest(market.database)
    placed = market.buy(somebody, {LAMP: 1})
    market.settle()
    order = market.order(somebody, placed.order_id)
    assert (order.status, order.is_guest) == (orders.OrderStatus.PAID, True)


def prepared(market: Market, wanted: dict[str, int]) -> orders.Place:
    """Alice stands before the button."""
    market.fill(market.cast.alice, wanted)
    return wish_for(market.checkout(market.cast.alice))


def assert_nothing_happened(market: Market) -> None:
    assert market.see(orders.list_orders, market.cast.alice) == []
    assert market.left(LAMP) == 10
    assert market.breaches() == []
