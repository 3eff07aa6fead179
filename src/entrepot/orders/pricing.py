"""A cart at today's prices and stock, and what is no longer as the buyer last saw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from entrepot import catalog
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Snapshot, format_money

from .carts import find_cart
from .money import sum_of
from .types import Cart, CartItem
from .views import CartGroup, CartLine, CartView, Change, ChangeKind

BLOCKING = frozenset({ChangeKind.UNSELLABLE, ChangeKind.STOCK})
"""Changes that only the buyer can settle, by taking something out or choosing fewer."""


def view_cart(snapshot: Snapshot, scope: Scope) -> CartView:
    """The caller's cart as it stands now; an empty view when there is none."""
    cart = find_cart(snapshot, scope)
    if cart is None:
        return CartView(None, None, (), 0, 0, (), False)
    return price_cart(cart, catalog.offers_for_cart(snapshot, [item.offer_id for item in cart.items]))


def price_cart(cart: Cart, offers: Mapping[str, catalog.CartOffer]) -> CartView:
    """The cart's lines by merchant, in the order in which the merchants came in. Only what is for sale is summed."""
    gone = [_gone(item) for item in cart.items if item.offer_id not in offers]
    by_merchant: dict[str, list[CartLine]] = {}
    for item in cart.items:
        if (offer := offers.get(item.offer_id)) is not None:
            by_merchant.setdefault(offer.merchant_id, []).append(_line(item, offer, cart.currency))
    groups = tuple(_group(offers[lines[0].offer_id], lines) for lines in by_merchant.values())
    changes = (*gone, *(change for group in groups for line in group.lines for change in line.changes))
    return CartView(
        id=cart.id,
        currency=cart.currency,
        groups=groups,
        quantity=sum(item.quantity for item in cart.items),
        subtotal_minor=sum(group.items_minor for group in groups),
        changes=changes,
        ready=bool(groups) and not any(change.kind in BLOCKING for change in changes),
    )


def lines_of(view: CartView) -> Iterable[CartLine]:
    """Every line of every merchant."""
    return (line for group in view.groups for line in group.lines)


def refuse(changes: Sequence[Change], what_to_do: str) -> Conflict:
    """One refusal that says everything that changed."""
    sentence = "; ".join(change.sentence for change in changes)
    return Conflict(
        f"{sentence}. {what_to_do}",
        fields={f"lines.{change.offer_id}.{change.kind.value}": change.sentence for change in changes},
    )


def price_change(offer_id: str, title: str, was: int, now: int, currency: str) -> Change:
    """The price is another one than the buyer saw."""
    sentence = f"{title} was {format_money(was, currency)} and is now {format_money(now, currency)}"
    return Change(ChangeKind.PRICE, offer_id, title, was, now, sentence)


def _group(offer: catalog.CartOffer, lines: Sequence[CartLine]) -> CartGroup:
    return CartGroup(
        offer.merchant_id,
        offer.merchant_name,
        tuple(lines),
        sum_of(line for line in lines if line.sellable),
        weight_of(lines),
    )


def weight_of(lines: Sequence[CartLine]) -> int | None:
    """Grams in all; None when the merchant did not say it of every line."""
    total = 0
    for line in lines:
        if line.weight_g is None:
            return None
        total += line.weight_g * line.quantity
    return total


def _line(item: CartItem, offer: catalog.CartOffer, currency: str) -> CartLine:
    sellable = offer.sellable and offer.currency == currency
    return CartLine(
        offer_id=offer.offer_id,
        product_id=offer.product_id,
        slug=offer.slug,
        variant_id=offer.variant_id,
        merchant_id=offer.merchant_id,
        title=offer.title,
        variant_label=offer.variant_label,
        picture=offer.picture,
        quantity=item.quantity,
        price_minor=offer.price_minor,
        added_price_minor=item.added_price_minor,
        total_minor=item.quantity * offer.price_minor,
        weight_g=offer.weight_g,
        sellable=sellable,
        available=offer.available,
        changes=_changes(item, offer, currency),
    )


def _changes(item: CartItem, offer: catalog.CartOffer, currency: str) -> tuple[Change, ...]:
    title, found = offer.title, []
    if not offer.sellable:
        found.append(_unsellable(item, title, f"{title} cannot be bought at the moment"))
    elif offer.currency != currency:
        found.append(_unsellable(item, title, f"{title} is sold in {offer.currency} now, your cart is in {currency}"))
    elif offer.price_minor != item.added_price_minor:
        found.append(price_change(item.offer_id, title, item.added_price_minor, offer.price_minor, currency))
    if offer.sellable and offer.available is not None and offer.available < item.quantity:
        found.append(stock_change(item.offer_id, title, item.quantity, offer.available))
    return tuple(found)


def stock_change(offer_id: str, title: str, wanted: int, left: int) -> Change:
    """There is less than the buyer wants."""
    sentence = f"Only {left} of {title} left, you want {wanted}" if left > 0 else f"{title} is sold out"
    return Change(ChangeKind.STOCK, offer_id, title, wanted, max(left, 0), sentence)


def _unsellable(item: CartItem, title: str, sentence: str) -> Change:
    return Change(ChangeKind.UNSELLABLE, item.offer_id, title, item.quantity, 0, sentence)


def _gone(item: CartItem) -> Change:
    return _unsellable(item, "", "Something in your cart is no longer offered")
