"""`place`: from a cart to an order. It is the only path to an order, for a page, an agent and a repeated request alike.

Steps, in one command:

1. the cart is locked, so that the same cart makes one order however often it is placed at once;
2. prices and stock are read again and compared with what the buyer was shown; any difference is refused, by name;
3. the stock of every line and the money of every merchant's part are set aside in one post to the ledger;
4. the order is written with what was agreed, the cart closes, and the charge is asked for after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from entrepot import catalog, deliver, ledger, pay
from entrepot.identity import LANGUAGES, Scope, check_email
from entrepot.kernel import MINUTE, Again, Conflict, Invalid, Tx, format_money, from_json, split, to_json

from .access import number_of, owner_of
from .carts import close_cart, lock_shown
from .events import OrderPlaced
from .money import legs_of
from .pricing import price_cart, refuse, stock_change
from .records import find_newest_order_of, insert_order
from .seen import Seen, compare
from .types import Cart, Fee, Line, Order, OrderStatus, Place, Placed, SellerOrder, SellerOrderStatus, Settings
from .views import CartGroup, CartLine, CartView, ChangeKind

TOTAL_MINOR_MAX = 2**53 - 1
"""What one order may come to, in minor units: exact in every reader of JSON."""

_DEFAULTS = Settings()


class _Part(msgspec.Struct, frozen=True):
    """One merchant's part, as the buyer agrees to it now."""

    seller: SellerOrder
    lines: tuple[Line, ...]


def place(tx: Tx, scope: Scope, wish: Place, settings: Settings = _DEFAULTS) -> Placed:
    """Make an order of the caller's cart, all of it or nothing.

    Stock and money are set aside in one post, the charge is asked for, and the order waits for its payment for
    `settings.pay_minutes`. Conflict, naming what was and what is, when a price, the stock, a quantity, a quote or the
    total is not what the buyer was shown; when there is no open cart, because it was placed already.
    `catalog.SoldOut` when too little is left of something.
    """
    owner = owner_of(scope)
    cart, seen, view, offers = _reread(tx, owner)
    quotes = _quotes(tx, owner, wish, view, seen)
    order_id = tx.new_id("ord")
    parts = [
        _part(tx, order_id, position, group, quotes[group.merchant_id], offers, settings)
        for position, group in enumerate(view.groups)
    ]
    lines = [line for part in parts for line in part.lines]
    total_minor = sum(part.seller.total_minor for part in parts)
    _check_total(wish, total_minor, cart.currency)
    payment = _set_aside(tx, owner, order_id, wish.method, parts)
    order = _order(tx, order_id, cart, wish, seen, payment, settings)
    insert_order(tx, order, [part.seller for part in parts], lines)
    close_cart(tx, cart.id)
    seller_ids = tuple(part.seller.id for part in parts)
    tx.announce(OrderPlaced(order_id, seller_ids))
    catalog.announce_stock(tx, [line.offer_id for line in lines])
    return Placed(order_id, payment.id, order.status, cart.id, seller_ids, order.currency, total_minor)


def _reread(tx: Tx, owner: str) -> tuple[Cart, Seen, CartView, Mapping[str, catalog.CartOffer]]:
    """The locked cart, what was shown of it, and how it stands now; refused when the two differ."""
    found = lock_shown(tx, owner)
    if found is None or not found.cart.items:
        raise _nothing_to_place(tx, owner)
    cart, text = found
    if text is None:
        raise Conflict("Choose an address and how it is delivered first", fields={"quote_ids": "ask for quotes first"})
    seen = from_json(text, Seen)
    offers = catalog.offers_for_cart(tx, [item.offer_id for item in cart.items])
    view = price_cart(cart, offers)
    changes = compare(seen, view)
    # What is merely sold out is left to the catalogue, which knows best what is left.
    if any(change.kind is not ChangeKind.STOCK for change in changes):
        raise refuse(changes, "Look at your cart and the new total, then place it again")
    return cart, seen, view, offers


def _nothing_to_place(tx: Tx, owner: str) -> Conflict:
    order_id = find_newest_order_of(tx, owner)
    if order_id is None:
        return Conflict("Your cart is empty: put something in first", fields={"cart": "empty"})
    return Conflict(
        f"Your cart is empty: your last one became order {number_of(order_id)}",
        fields={"cart": "empty", "order_id": order_id},
    )


def _quotes(tx: Tx, owner: str, wish: Place, view: CartView, seen: Seen) -> dict[str, deliver.Quote]:
    """One quote for each merchant, each of them one that the buyer was shown last."""
    quotes = deliver.take_quotes(tx, owner, wish.quote_ids)
    _refuse_old_quotes(quotes, view, seen)
    chosen: dict[str, deliver.Quote] = {}
    for quote in quotes:
        if chosen.setdefault(quote.merchant_id, quote) is not quote:
            raise Invalid("Choose one way of delivery for each merchant", fields={"quote_ids": "two of one merchant"})
    for group in view.groups:
        if group.merchant_id not in chosen:
            raise Invalid(
                f"Choose how the goods of {group.merchant_name} are delivered",
                fields={"quote_ids": f"none of {group.merchant_name}"},
            )
    return chosen


def _refuse_old_quotes(quotes: Sequence[deliver.Quote], view: CartView, seen: Seen) -> None:
    """Delivery may have been quoted again, in another tab, for another address: what was shown last counts."""
    shown = {option.quote_id for option in seen.options}
    old = [quote for quote in quotes if quote.id not in shown]
    if not old:
        return
    names = {group.merchant_id: group.merchant_name for group in view.groups}
    newer = {(option.merchant_id, option.name): option.amount_minor for option in seen.options}
    fields = {}
    for quote in old:
        was = format_money(quote.amount_minor, quote.currency)
        now = newer.get((quote.merchant_id, quote.name))
        became = "no longer offered" if now is None else f"now {format_money(now, quote.currency)}"
        fields[f"quotes.{quote.id}"] = (
            f"{quote.name} of {names.get(quote.merchant_id, 'a merchant')} was {was}, {became}"
        )
    raise Conflict(
        f"Delivery was quoted again since: {'; '.join(fields.values())}. Look at the new total, then place it again",
        fields=fields,
    )


def _part(
    tx: Tx,
    order_id: str,
    position: int,
    group: CartGroup,
    quote: deliver.Quote,
    offers: Mapping[str, catalog.CartOffer],
    settings: Settings,
) -> _Part:
    commission_bps = offers[group.lines[0].offer_id].commission_bps
    legs = legs_of(group.items_minor, quote.amount_minor, 0, commission_bps)
    net = 0 if quote.by_platform else quote.amount_minor
    fees = split(legs.commission_minor, [line.total_minor for line in group.lines])
    seller = SellerOrder(
        id=tx.new_id("sor"),
        order_id=order_id,
        position=position,
        merchant_id=group.merchant_id,
        merchant_name=group.merchant_name,
        status=SellerOrderStatus.AWAITING_PAYMENT,
        currency=quote.currency,
        items_minor=group.items_minor,
        seller_discount_minor=0,
        platform_discount_minor=0,
        shipping_minor=quote.amount_minor,
        shipping_seller_discount_minor=0,
        shipping_platform_discount_minor=0,
        shipping_discounts_json="[]",
        shipping_by_platform=int(quote.by_platform),
        tax_minor=legs.tax_minor,
        tax_included=0,
        shipping_tax_minor=0,
        shipping_tax_ppm=0,
        shipping_tax_name="",
        commission_bps=commission_bps,
        seller_minor=legs.seller_minor + net,
        commission_minor=legs.commission_minor,
        carrier_minor=legs.carrier_minor - net,
        subsidy_minor=0,
        quote_id=quote.id,
        delivery_name=quote.name,
        arrives_from=quote.earliest_at,
        arrives_by=quote.promised_at,
        confirm_days=settings.confirm_days,
        placed_at=tx.now,
    )
    lines = tuple(_line(tx, seller, place, line, fees[place]) for place, line in enumerate(group.lines))
    return _Part(seller, lines)


def _line(tx: Tx, seller: SellerOrder, place: int, line: CartLine, fee_minor: int) -> Line:
    return Line(
        id=tx.new_id("oln"),
        order_id=seller.order_id,
        seller_order_id=seller.id,
        position=place,
        offer_id=line.offer_id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        slug=line.slug,
        title=line.title,
        variant_label=line.variant_label,
        picture=line.picture,
        quantity=line.quantity,
        price_minor=line.price_minor,
        base_currency=None,
        base_price_minor=None,
        rate=None,
        category=None,
        goods_minor=line.total_minor,
        seller_discount_minor=0,
        platform_discount_minor=0,
        discounts_json="[]",
        tax_minor=0,
        tax_included=0,
        tax_ppm=0,
        tax_name="",
        fees_json=to_json([Fee("commission", fee_minor)]),
        commission_minor=fee_minor,
    )


def _check_total(wish: Place, total_minor: int, currency: str) -> None:
    if total_minor > TOTAL_MINOR_MAX:
        raise Conflict("This order is larger than one payment can be: make several of it")
    if total_minor != wish.expected_total_minor:
        was, now = format_money(wish.expected_total_minor, currency), format_money(total_minor, currency)
        raise Conflict(
            f"You were shown {was} and it comes to {now}: look at the new total, then place it again",
            fields={"expected_total_minor": f"was {was}, is {now}"},
        )


def _set_aside(tx: Tx, owner: str, order_id: str, method: str, parts: Sequence[_Part]) -> pay.Payment:
    """Hold the stock of every line and the money of every part, in one post."""
    lines = [line for part in parts for line in part.lines]
    sellers = [part.seller for part in parts]
    stock = _hold_stock(tx, lines)
    payment, money = pay.start_payment(
        tx,
        pay.StartPayment(
            ref=order_id,
            currency=sellers[0].currency,
            legs=tuple(pay.PaymentLeg(seller.id, seller.total_minor, seller.merchant_id) for seller in sellers),
            method=method,
            buyer=owner,
        ),
    )
    try:
        ledger.post(tx, stock + money)
    except ledger.Insufficient as short:
        # Somebody took the stock between our reading and our lock. Run again, we see what is left, at whichever place.
        if any(line.offer_id == short.account.unit for line in lines):
            raise Again(short.sentence) from short
        raise
    return payment


def _hold_stock(tx: Tx, lines: Sequence[Line]) -> ledger.Plan:
    """The plan for the stock of these lines; SoldOut that names what is short and how much is left."""
    requests = [catalog.StockRequest(line.id, line.offer_id, line.quantity) for line in lines]
    try:
        # The holds have no time of their own. One that ran out while a payment came in could no longer be shipped: the
        # order's own expiry releases them, in the command that also gives the payment up.
        return catalog.hold_stock(tx, requests, None)
    except catalog.SoldOut as short:
        changes = [
            stock_change(line.offer_id, line.title, line.quantity, short.lines[line.id])
            for line in lines
            if line.id in short.lines
        ]
        sentence = "; ".join(change.sentence for change in changes)
        left = {change.offer_id: change.now or 0 for change in changes}
        raise catalog.SoldOut(f"{sentence}. Look at your cart and choose again", left) from short


def _order(
    tx: Tx, order_id: str, cart: Cart, wish: Place, seen: Seen, payment: pay.Payment, settings: Settings
) -> Order:
    return Order(
        id=order_id,
        owner=cart.owner,
        cart_id=cart.id,
        status=OrderStatus.AWAITING_PAYMENT,
        currency=cart.currency,
        total_minor=payment.amount_minor,
        email=check_email(wish.email) if wish.email else seen.email,
        language=wish.language if wish.language in LANGUAGES else LANGUAGES[0],
        address_json=to_json(seen.address),
        payment_id=payment.id,
        placed_at=tx.now,
        pay_by=tx.now + settings.pay_minutes * MINUTE,
    )
