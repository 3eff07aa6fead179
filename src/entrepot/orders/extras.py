"""What a buyer puts into a cart beside goods: codes of promotions, and gift cards."""

from __future__ import annotations

from entrepot import pay
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Secret, Tx

from .access import owner_of
from .cart_types import Cart
from .cart_views import CartView
from .carts import EXTRAS_MAX, lock_cart, lock_shown, set_extras
from .pricing import price_cart, with_sums
from .promotions.rows import knows_code
from .promotions.terms import CODE, code_key

UNKNOWN = "There is no such code: check how it is written"


def add_code(tx: Tx, scope: Scope, code: str) -> CartView:
    """Put a promotion's code into the cart. Returns the cart, which says what the code takes off.

    Refused with the reason when it takes nothing off now: unknown, expired, used up, for other goods, for more of them,
    or beside something better. A code that is in the cart already changes nothing.
    """
    code = code.strip()
    if not CODE.fullmatch(code) or not knows_code(tx, code):
        raise NotFound(UNKNOWN, fields={"code": UNKNOWN})
    cart = _cart(tx, scope)
    if code_key(code) not in map(code_key, cart.codes):
        if len(cart.codes) >= EXTRAS_MAX:
            raise Conflict(f"A cart takes {EXTRAS_MAX} codes at most: take one out first")
        set_extras(tx, cart.id, (*cart.codes, code), cart.cards)
    view = _view(tx, scope)
    added = next(each for each in view.codes if code_key(each.code) == code_key(code))
    if not added.applied:
        # The command is undone with the refusal, so the code does not stay in the cart.
        raise Conflict(str(added.sentence), fields={"code": str(added.sentence)})
    return view


def remove_code(tx: Tx, scope: Scope, code: str) -> CartView:
    """Take a code out of the cart; one that is not in it changes nothing."""
    cart = _cart(tx, scope)
    kept = [each for each in cart.codes if code_key(each) != code_key(code)]
    set_extras(tx, cart.id, kept, cart.cards)
    return _view(tx, scope)


def add_gift_card(tx: Tx, scope: Scope, code: Secret) -> CartView:
    """Pay with a gift card, as far as it goes. Refused with the reason when nothing can be paid with it."""
    found = pay.usable_gift_card(tx, code)
    cart = _cart(tx, scope)
    if found.card.currency != cart.currency:
        sentence = f"This gift card is in {found.card.currency} and your cart in {cart.currency}"
        raise Conflict(sentence, fields={"code": sentence})
    if found.card.id not in cart.cards:
        if len(cart.cards) >= EXTRAS_MAX:
            raise Conflict(f"A cart takes {EXTRAS_MAX} gift cards at most: take one out first")
        set_extras(tx, cart.id, cart.codes, (*cart.cards, found.card.id))
    return _view(tx, scope)


def remove_gift_card(tx: Tx, scope: Scope, card_id: str) -> CartView:
    """Take a gift card out of the cart. NotFound when it is not in it."""
    cart = lock_cart(tx, owner_of(scope))
    if cart is None or card_id not in cart.cards:
        raise NotFound("This gift card is not in your cart")
    set_extras(tx, cart.id, cart.codes, [each for each in cart.cards if each != card_id])
    return _view(tx, scope)


def _cart(tx: Tx, scope: Scope) -> Cart:
    cart = lock_cart(tx, owner_of(scope))
    if cart is None or not cart.items:
        raise Invalid("Put something in your cart first", fields={"code": "Your cart is empty"})
    return cart


def _view(tx: Tx, scope: Scope) -> CartView:
    shown = lock_shown(tx, owner_of(scope))
    assert shown is not None
    priced = price_cart(tx, shown)
    return with_sums(priced, priced.sums(), knows_delivery=False)
