"""Carts: what somebody means to buy, before they decide.

Everybody has one open cart at most. It keeps offers and quantities; prices and stock are looked up when it is shown.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select, update

from entrepot import catalog
from entrepot.identity import Scope
from entrepot.kernel import (
    Again,
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    decimals_of,
    from_json,
    in_set,
    prepare,
    to_json,
)
from entrepot.kernel.sql import prepare_text

from . import tables
from .access import owner_of
from .cart_types import Cart, CartItem
from .rules import Price, price_in, read_exchange
from .types import CART_LINES_MAX, QUANTITY_MAX

EXTRAS_MAX = 20
"""Codes, and gift cards, in one cart."""
OPEN, PLACED, MERGED, SET_ASIDE = "open", "placed", "merged", "set_aside"


class Shown(NamedTuple):
    """An open cart, and as JSON what its owner was last shown of its checkout."""

    cart: Cart
    checkout: str | None


def find_cart(snapshot: Snapshot, scope: Scope) -> Cart | None:
    """The caller's open cart."""
    found = find_shown(snapshot, scope)
    return found.cart if found else None


def find_shown(snapshot: Snapshot, scope: Scope) -> Shown | None:
    """The caller's open cart with its checkout."""
    if scope.is_public:
        return None
    row = snapshot.one(_find, owner=owner_of(scope))
    return Shown(_with_items(snapshot, row), row.checkout) if row else None


def set_line(tx: Tx, scope: Scope, offer_id: str, quantity: int, currency: str | None = None) -> Cart:
    """Have so many pieces of an offer in the cart, which is opened when there is none; 0 takes the offer out.

    A new cart is in `currency`, else in the offer's own. Refused for an offer that cannot be bought now, for more than
    there is, for one without a price in the cart's currency where no exchange rate is known either, for a merchant's
    own goods, and for more than 999 pieces.
    """
    owner = owner_of(scope)
    if not 0 <= quantity <= QUANTITY_MAX:
        raise Invalid(
            f"Choose 1 to {QUANTITY_MAX} pieces, or 0 to take it out",
            fields={"quantity": f"must be 0 to {QUANTITY_MAX}"},
        )
    cart = lock_cart(tx, owner)
    if quantity == 0:
        return _take_out(tx, cart, offer_id)
    offer = catalog.offers_for_cart(tx, [offer_id]).get(offer_id)
    if offer is None:
        raise NotFound("There is no such offer")
    _check_sellable(offer, quantity)
    check_not_own(scope, offer.merchant_id, offer.merchant_name)
    cart = cart or _make_cart(tx, owner, currency or offer.currency)
    price = price_in(offer, cart.currency, read_exchange(tx, cart.currency, {offer_id: offer}))
    if price is None:
        cart = _in_currency(tx, cart, offer.currency)
        price = Price(offer.price_minor)
    return _put_in(tx, cart, CartItem(offer_id, quantity, price.amount_minor, tx.now))


def choose_currency(tx: Tx, scope: Scope, currency: str) -> Cart:
    """Have the cart in another currency: everything in it at its own price there, else converted at today's rate.

    Conflict, naming what, when something has no price there and no rate is known; gift cards in another currency stay
    in the cart and pay nothing. Delivery is asked for again.
    """
    decimals_of(currency)
    owner = owner_of(scope)
    cart = lock_cart(tx, owner) or _make_cart(tx, owner, currency)
    if cart.currency == currency:
        return cart
    offers = catalog.offers_for_cart(tx, [item.offer_id for item in cart.items])
    exchange = read_exchange(tx, currency, offers)
    prices = {offer_id: price_in(offer, currency, exchange) for offer_id, offer in offers.items()}
    if lacking := [offers[offer_id].title for offer_id, price in prices.items() if price is None]:
        sentence = (
            f"{', '.join(lacking)} cannot be bought in {currency}: take it out first, or stay with {cart.currency}"
        )
        raise Conflict(sentence, fields={"currency": sentence})
    tx.send(_set_currency, id_=cart.id, currency_=currency)
    changed = [
        {"cart_id_": cart.id, "offer_id_": offer_id, "price_": price.amount_minor}
        for offer_id, price in prices.items()
        if price is not None
    ]
    tx.run_many(_reprice, changed)
    found = lock_cart(tx, owner)
    assert found is not None
    return found


def check_not_own(scope: Scope, merchant_id: str, merchant_name: str) -> None:
    """Refuse a merchant's own goods: sales to oneself would earn reviews and figures that no buyer gave."""
    if merchant_id == scope.organisation:
        raise Conflict(
            f"You sell for {merchant_name} yourself: sign in as a buyer to buy there",
            fields={f"merchants.{merchant_id}": "your own"},
        )


def adopt_cart(tx: Tx, guest: Scope, person: Scope) -> Cart | None:
    """What a guest had gathered becomes the account's, at sign-in. Never refuses, so that it never stops a sign-in.

    Of an offer that is in both carts the larger quantity stays. When the account's cart is in another currency, the
    guest's cart is the newer wish and takes its place.
    """
    owners = [owner_of(guest), owner_of(person)]
    rows = {row.owner: row for row in tx.all(_lock_all, owners=owners)}
    theirs, mine = rows.get(owners[0]), rows.get(owners[1])
    if theirs is None or owners[0] == owners[1]:
        return _with_items(tx, mine) if mine else None
    given = _with_items(tx, theirs)
    kept = _with_items(tx, mine) if mine else _make_room(tx, owners[1], given.currency)
    if kept is not None and not given.items:
        return kept
    if kept is not None and kept.currency == given.currency:
        _merge(tx, given.id, kept.id)
        set_extras(tx, kept.id, _joined(kept.codes, given.codes), _joined(kept.cards, given.cards))
        return lock_cart(tx, owners[1])
    if kept is not None:
        tx.send(_set_state, id_=kept.id, state_=SET_ASIDE)
    # Quotes were given to the guest, so the checkout is asked for again.
    tx.send(_set_owner, id_=given.id, owner_=owners[1])
    return msgspec.structs.replace(given, owner=owners[1])


def lock_cart(tx: Tx, owner: str) -> Cart | None:
    """The owner's open cart, kept from others until the commit."""
    found = lock_shown(tx, owner)
    return found.cart if found else None


def lock_shown(tx: Tx, owner: str) -> Shown | None:
    """The same, with its checkout."""
    row = tx.one(_lock, owner=owner)
    return Shown(_with_items(tx, row), row.checkout) if row else None


def close_cart(tx: Tx, cart_id: str) -> None:
    """It became an order."""
    tx.send(_set_state, id_=cart_id, state_=PLACED)


def reopen_cart(tx: Tx, cart_id: str) -> None:
    """It may be placed again, because its order came to nothing.

    A cart that its owner began meanwhile stays, and gets these lines added. One in another currency is left alone.
    """
    row = tx.one(_any, id=cart_id)
    assert row is not None
    begun = lock_cart(tx, row.owner) or _make_room(tx, row.owner, row.currency)
    if begun is None:
        tx.send(_set_state, id_=cart_id, state_=OPEN)
    elif begun.currency == row.currency:
        _merge(tx, cart_id, begun.id)


def store_checkout(tx: Tx, cart_id: str, checkout: str) -> None:
    """Keep what the buyer is shown, as JSON, to compare with when the cart is placed."""
    tx.send(_set_checkout, id_=cart_id, checkout_=checkout)


def set_extras(tx: Tx, cart_id: str, codes: Sequence[str], cards: Sequence[str]) -> None:
    """Keep the codes and the gift cards of a locked cart."""
    tx.send(_set_extras, id_=cart_id, codes_=to_json(codes), cards_=to_json(cards))


def _joined(*lists: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(itertools.chain(*lists)))[:EXTRAS_MAX]


def is_open(snapshot: Snapshot, cart_id: str) -> bool:
    """Whether this cart may be placed."""
    return bool(snapshot.value(_state, id=cart_id) == OPEN)


def _make_cart(tx: Tx, owner: str, currency: str) -> Cart:
    cart = Cart(tx.new_id("crt"), owner, currency)
    if tx.run(_insert, id=cart.id, owner=owner, currency=currency, now=tx.now):
        return cart
    return _made_meanwhile(tx, owner)


def _make_room(tx: Tx, owner: str, currency: str) -> Cart | None:
    """Keep the owner's one place for an open cart free for us; gives the cart that took it meanwhile, if one did.

    An insert waits for another transaction that is filling the place, where an update would fail: so we fill it, and
    empty it again.
    """
    cart_id = tx.new_id("crt")
    if tx.run(_insert, id=cart_id, owner=owner, currency=currency, now=tx.now):
        tx.send(_delete, id=cart_id)
        return None
    return _made_meanwhile(tx, owner)


def _made_meanwhile(tx: Tx, owner: str) -> Cart:
    cart = lock_cart(tx, owner)
    if cart is None:
        raise Again("the cart that another command opened was placed before we saw it")
    return cart


def _in_currency(tx: Tx, cart: Cart, currency: str) -> Cart:
    if cart.currency == currency:
        return cart
    if cart.items:
        raise Conflict(
            f"Your cart is in {cart.currency} and this is sold in {currency}: place or empty your cart first",
            fields={"currency": f"{cart.currency} in the cart, {currency} here"},
        )
    tx.send(_set_currency, id_=cart.id, currency_=currency)
    return msgspec.structs.replace(cart, currency=currency)


def _check_sellable(offer: catalog.CartOffer, quantity: int) -> None:
    if offer.kind != "thing":
        raise Conflict(
            f"{offer.title} is used by calls and paid by the meter: its page leads to where it is used",
            fields={"offer_id": "not sold by the piece"},
        )
    if not offer.sellable:
        raise Conflict(f"{offer.title} cannot be bought at the moment", fields={"offer_id": "not for sale now"})
    if offer.available is not None and offer.available < quantity:
        raise Conflict(
            f"Only {offer.available} of {offer.title} left" if offer.available > 0 else f"{offer.title} is sold out",
            fields={"quantity": f"{quantity} wanted, {max(offer.available, 0)} left"},
        )


def _put_in(tx: Tx, cart: Cart, item: CartItem) -> Cart:
    others = tuple(each for each in cart.items if each.offer_id != item.offer_id)
    if len(others) >= CART_LINES_MAX:
        raise Conflict(f"A cart holds {CART_LINES_MAX} different things: place this one first, then go on")
    tx.send(
        _put,
        cart_id=cart.id,
        offer_id=item.offer_id,
        quantity=item.quantity,
        price=item.added_price_minor,
        now=item.added_at,
    )
    was = next((each for each in cart.items if each.offer_id == item.offer_id), None)
    if was is None:
        return msgspec.structs.replace(cart, items=(*others, item))
    changed = CartItem(item.offer_id, item.quantity, item.added_price_minor, was.added_at)
    return msgspec.structs.replace(cart, items=tuple(changed if each is was else each for each in cart.items))


def _take_out(tx: Tx, cart: Cart | None, offer_id: str) -> Cart:
    if cart is None:
        raise NotFound("Your cart is empty")
    tx.send(_remove, cart_id=cart.id, offer_id=offer_id)
    return msgspec.structs.replace(cart, items=tuple(each for each in cart.items if each.offer_id != offer_id))


def _merge(tx: Tx, from_id: str, into_id: str) -> None:
    tx.send(_copy_lines, from_id=from_id, into_id=into_id)
    tx.send(_set_state, id_=from_id, state_=MERGED)


def _with_items(snapshot: Snapshot, row: Any) -> Cart:
    items: Sequence[CartItem] = snapshot.all(_items, cart_id=row.id)
    codes, cards = (from_json(text, tuple[str, ...]) for text in (row.codes, row.cards))
    return Cart(row.id, row.owner, row.currency, tuple(items), codes, cards)


_c, _l = tables.carts.c, tables.cart_lines.c
_open_cart = select(_c.id, _c.owner, _c.currency, _c.checkout, _c.codes, _c.cards).where(_c.state == OPEN)
_find: Prepared[Any] = prepare(_open_cart.where(_c.owner == bindparam("owner")))
_lock: Prepared[Any] = prepare(_open_cart.where(_c.owner == bindparam("owner")).with_for_update())
_lock_all: Prepared[Any] = prepare(_open_cart.where(in_set(_c.owner, "owners")).order_by(_c.id).with_for_update())
_any: Prepared[Any] = prepare(select(_c.owner, _c.currency).where(_c.id == bindparam("id")))
_delete: Prepared[Any] = prepare(delete(tables.carts).where(_c.id == bindparam("id")))
_state: Prepared[Any] = prepare(select(_c.state).where(_c.id == bindparam("id")))
_items: Prepared[CartItem] = prepare(
    select(_l.offer_id, _l.quantity, _l.added_price_minor, _l.added_at)
    .where(_l.cart_id == bindparam("cart_id"))
    .order_by(_l.added_at, _l.offer_id),
    CartItem,
)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO orders_carts (id, owner, currency, state, opened_at) "
    f"VALUES (:id, :owner, :currency, '{OPEN}', :now) ON CONFLICT (owner) WHERE state = '{OPEN}' DO NOTHING"
)
_by_id = _c.id == bindparam("id_")
_set_state: Prepared[Any] = prepare(update(tables.carts).where(_by_id).values(state=bindparam("state_")))
_set_currency: Prepared[Any] = prepare(update(tables.carts).where(_by_id).values(currency=bindparam("currency_")))
_set_owner: Prepared[Any] = prepare(update(tables.carts).where(_by_id).values(owner=bindparam("owner_"), checkout=None))
_set_checkout: Prepared[Any] = prepare(update(tables.carts).where(_by_id).values(checkout=bindparam("checkout_")))
_set_extras: Prepared[Any] = prepare(
    update(tables.carts).where(_by_id).values(codes=bindparam("codes_"), cards=bindparam("cards_"))
)
_reprice: Prepared[Any] = prepare(
    update(tables.cart_lines)
    .where(_l.cart_id == bindparam("cart_id_"), _l.offer_id == bindparam("offer_id_"))
    .values(added_price_minor=bindparam("price_"))
)
_put: Prepared[Any] = prepare_text(
    "INSERT INTO orders_cart_lines (cart_id, offer_id, quantity, added_price_minor, added_at) "
    "VALUES (:cart_id, :offer_id, :quantity, :price, :now) ON CONFLICT (cart_id, offer_id) "
    "DO UPDATE SET quantity = excluded.quantity, added_price_minor = excluded.added_price_minor"
)
_remove: Prepared[Any] = prepare(
    delete(tables.cart_lines).where(_l.cart_id == bindparam("cart_id"), _l.offer_id == bindparam("offer_id"))
)
_copy_lines: Prepared[Any] = prepare_text(
    "INSERT INTO orders_cart_lines (cart_id, offer_id, quantity, added_price_minor, added_at) "
    "SELECT :into_id, offer_id, quantity, added_price_minor, added_at FROM orders_cart_lines WHERE cart_id = :from_id "
    "ON CONFLICT (cart_id, offer_id) DO UPDATE SET quantity = excluded.quantity "
    "WHERE orders_cart_lines.quantity < excluded.quantity"
)
