"""What goes into a cart, what does not, and how it becomes a person's."""

import pytest

from entrepot import catalog, identity, orders
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, NotSignedIn
from tests.orders.market import BULB, CUP, LAMP, LAMPS_BPS, PLATE, PRICES, Market, guest


def test_a_first_line_opens_the_cart_in_the_currency_of_the_offer(market: Market) -> None:
    cart = market.do(orders.set_line, market.cast.alice, market.offers[LAMP], 2)
    assert (cart.owner, cart.currency, cart.quantity) == (market.cast.alice.actor, "USD", 2)
    view = market.see(orders.view_cart, market.cast.alice)
    assert view.id == cart.id
    assert view.subtotal_minor == 2 * PRICES[LAMP]
    assert view.ready
    assert view.changes == ()


def test_lines_are_grouped_by_merchant_in_the_order_they_came(market: Market) -> None:
    alice = market.cast.alice
    for name in (CUP, LAMP, PLATE, BULB):
        market.clock.advance(1)
        market.do(orders.set_line, alice, market.offers[name], 1)
    view = market.see(orders.view_cart, alice)
    assert [[line.title for line in group.lines] for group in view.groups] == [
        ["A fine cup", "A fine plate"],
        ["A fine lamp", "A fine bulb"],
    ]
    assert [group.merchant_id for group in view.groups] == [market.bea.organisation, market.cast.bruno.organisation]
    assert view.groups[0].items_minor == PRICES[CUP] + PRICES[PLATE]
    assert view.groups[0].weight_g == 1_000


def test_setting_a_line_again_replaces_its_quantity_and_zero_takes_it_out(market: Market) -> None:
    alice = market.cast.alice
    market.fill(alice, {LAMP: 3, CUP: 1})
    assert market.do(orders.set_line, alice, market.offers[LAMP], 1).quantity == 2
    cart = market.do(orders.set_line, alice, market.offers[LAMP], 0)
    assert [item.offer_id for item in cart.items] == [market.offers[CUP]]
    assert market.do(orders.set_line, alice, market.offers[LAMP], 0) == cart


@pytest.mark.parametrize("quantity", [-1, 1_000, 10**12])
def test_a_quantity_outside_of_bounds_is_refused(market: Market, quantity: int) -> None:
    with pytest.raises(Invalid) as refusal:
        market.do(orders.set_line, market.cast.alice, market.offers[PLATE], quantity)
    assert set(refusal.value.fields) == {"quantity"}


def test_999_pieces_of_something_uncounted_are_fine(market: Market) -> None:
    assert market.do(orders.set_line, market.cast.alice, market.offers[PLATE], 999).quantity == 999


def test_an_offer_that_does_not_exist_is_not_found(market: Market) -> None:
    with pytest.raises(NotFound):
        market.do(orders.set_line, market.cast.alice, "off_00000000000000000000000000", 1)


def test_more_than_there_is_is_refused_with_what_is_left(market: Market) -> None:
    with pytest.raises(Conflict, match="Only 10 of A fine lamp left") as refusal:
        market.do(orders.set_line, market.cast.alice, market.offers[LAMP], 11)
    assert refusal.value.fields == {"quantity": "11 wanted, 10 left"}


def test_what_a_suspended_merchant_sells_cannot_be_put_in_and_is_shown_as_gone(market: Market) -> None:
    market.fill(market.cast.alice, {LAMP: 1, CUP: 1})
    market.do(catalog.suspend_merchant, market.cast.dana, market.cast.bruno.organisation, "letters unanswered")
    with pytest.raises(Conflict, match="A fine lamp cannot be bought"):
        market.do(orders.set_line, market.cast.alice, market.offers[LAMP], 2)
    view = market.see(orders.view_cart, market.cast.alice)
    assert [change.kind for change in view.changes] == [orders.ChangeKind.UNSELLABLE]
    assert not view.ready
    assert view.subtotal_minor == PRICES[CUP]


def test_a_changed_price_is_said_with_both_figures_and_does_not_block(market: Market) -> None:
    market.fill(market.cast.alice, {LAMP: 1})
    market.reprice(LAMP, 5_500)
    view = market.see(orders.view_cart, market.cast.alice)
    (change,) = view.changes
    assert (change.kind, change.was, change.now) == (orders.ChangeKind.PRICE, 4_999, 5_500)
    assert change.sentence == "A fine lamp was $49.99 and is now $55.00"
    assert view.ready
    assert view.subtotal_minor == 5_500


def test_what_others_bought_meanwhile_is_said_and_blocks(market: Market) -> None:
    market.fill(market.cast.alice, {LAMP: 4})
    market.buy(market.cast.chen, {LAMP: 8})
    view = market.see(orders.view_cart, market.cast.alice)
    (change,) = view.changes
    assert (change.kind, change.was, change.now) == (orders.ChangeKind.STOCK, 4, 2)
    assert not view.ready


def test_one_cart_is_in_one_currency(market: Market) -> None:
    offer_id = euro_offer(market)
    market.fill(market.cast.alice, {LAMP: 1})
    with pytest.raises(Conflict, match="Your cart is in USD and this is sold in EUR"):
        market.do(orders.set_line, market.cast.alice, offer_id, 1)
    market.do(orders.set_line, market.cast.alice, market.offers[LAMP], 0)
    assert market.do(orders.set_line, market.cast.alice, offer_id, 1).currency == "EUR"


def test_opening_a_cart_twice_is_one_cart(market: Market) -> None:
    first = market.do(orders.choose_currency, market.cast.alice, "USD")
    assert market.do(orders.choose_currency, market.cast.alice, "USD") == first
    assert market.do(orders.choose_currency, market.cast.alice, "EUR") == orders.Cart(first.id, first.owner, "EUR")
    with pytest.raises(Invalid):
        market.do(orders.choose_currency, market.cast.alice, "euro")


def test_nobody_in_particular_has_no_cart(market: Market) -> None:
    assert market.see(orders.view_cart, Scope.public()).groups == ()
    for scope in (Scope.public(), Scope.system()):
        with pytest.raises(NotSignedIn):
            market.do(orders.set_line, scope, market.offers[LAMP], 1)


def test_another_buyers_cart_is_not_seen(market: Market) -> None:
    market.fill(market.cast.alice, {LAMP: 1})
    assert market.see(orders.view_cart, market.cast.chen).id is None


def test_a_cart_has_a_hundred_different_things_at_most(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.orders.carts.CART_LINES_MAX", 2)
    market.fill(market.cast.alice, {LAMP: 1, CUP: 1, BULB: 0})
    market.do(orders.set_line, market.cast.alice, market.offers[CUP], 3)
    with pytest.raises(Conflict, match="place this one first"):
        market.do(orders.set_line, market.cast.alice, market.offers[PLATE], 1)


def test_a_guests_cart_becomes_the_accounts_at_sign_in(market: Market) -> None:
    somebody = guest(market.database)
    market.fill(somebody, {LAMP: 2})
    cart = market.do(orders.adopt_cart, somebody, market.cast.alice)
    assert (cart.owner, cart.quantity) == (market.cast.alice.actor, 2)
    assert market.see(orders.view_cart, somebody).id is None
    assert market.see(orders.view_cart, market.cast.alice).quantity == 2
    assert market.do(orders.adopt_cart, somebody, market.cast.alice) == cart


def test_two_carts_become_one_with_the_larger_quantity_of_each(market: Market) -> None:
    somebody = guest(market.database)
    market.fill(market.cast.alice, {LAMP: 3, CUP: 1})
    market.fill(somebody, {LAMP: 2, CUP: 4, BULB: 5})
    cart = market.do(orders.adopt_cart, somebody, market.cast.alice)
    quantities = {item.offer_id: item.quantity for item in cart.items}
    assert quantities == {market.offers[LAMP]: 3, market.offers[CUP]: 4, market.offers[BULB]: 5}
    assert market.see(orders.view_cart, somebody).id is None


def test_the_newer_wish_wins_where_currencies_differ_and_sign_in_is_never_refused(market: Market) -> None:
    somebody = guest(market.database)
    market.fill(market.cast.alice, {LAMP: 3})
    market.do(orders.set_line, somebody, euro_offer(market), 1)
    cart = market.do(orders.adopt_cart, somebody, market.cast.alice)
    assert (cart.currency, cart.quantity) == ("EUR", 1)


def test_a_guest_without_a_cart_changes_nothing(market: Market) -> None:
    assert market.do(orders.adopt_cart, guest(market.database), market.cast.alice) is None
    market.fill(market.cast.alice, {LAMP: 3})
    cart = market.do(orders.adopt_cart, guest(market.database), market.cast.alice)
    assert cart.quantity == 3


def euro_offer(market: Market) -> str:
    """Something that Chen sells in euros."""
    scope = market.do(_sell_in_euros, market.cast.dana)
    draft = catalog.ProductDraft(
        external_id="vase",
        title="A vase",
        variants=(catalog.VariantDraft(price_minor=700, currency="EUR", external_id="vase-1"),),
    )
    saved = market.do(catalog.save_products, scope, scope.organisation, [draft], None)
    return market.see(catalog.get_product, saved.products["vase"]).offers[0].id


def _sell_in_euros(tx, dana):  # type: ignore[no-untyped-def]
    user = identity.sign_up(tx, identity.SignUp("emil@example.com", "x", "Emil"))
    merchant = catalog.apply_as_merchant(tx, Scope(user.id), catalog.MerchantApplication("Emil", "FR", "EUR"))
    catalog.approve_merchant(tx, dana, merchant.id, LAMPS_BPS)
    return Scope(user.id, merchant.id, frozenset({"merchant"}))
