"""`place`: from a cart to an order. It is the only path to an order, for a page, an agent and a repeated request alike.

Steps, in one command:

1. the cart is locked, so that the same cart makes one order however often it is placed at once;
2. prices, rules and stock are read again and compared with what was shown; any difference is refused, by name;
3. uses of promotions are counted, and the stock of every line and the money of every merchant's part, gift cards and
   the platform's subsidy included, are set aside in one post to the ledger;
4. the order is written with what was agreed, the cart closes, and the charge is asked for after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import structs

from entrepot import catalog, deliver, ledger, pay
from entrepot.identity import LANGUAGES, Address, Scope, check_email
from entrepot.kernel import DAY, MINUTE, Again, Conflict, Invalid, Tx, format_money, from_json, split, to_json

from .access import number_of, owner_of
from .cart_types import Place, Placed
from .cart_views import CardView, CartView, ChangeKind, DeliveryOption
from .carts import check_not_own, close_cart, lock_shown
from .events import OrderPlaced
from .freezing import Part, freeze_part
from .pricing import Priced, cards_of, price_cart, refuse, stock_change, with_sums
from .promotions.terms import Promotion
from .promotions.uses import Cost, record_uses
from .quoting import deliveries_of
from .records import find_newest_order_of, insert_order
from .seen import Seen, compare
from .sums import Sums
from .types import NOTE_LENGTH_MAX, Line, Order, OrderStatus, SellerOrder, Settings

TOTAL_MINOR_MAX = 2**53 - 1
"""What one order may come to, in minor units: exact in every reader of JSON."""
NO_METHOD = "none"
"""How an order is paid of which nothing is left to pay."""

_DEFAULTS = Settings()


class _Agreed(NamedTuple):
    """A cart as it is about to be placed: what was shown, what it comes to, and what gift cards pay of it."""

    priced: Priced
    seen: Seen
    options: Mapping[str, DeliveryOption]
    sums: Sums
    cards: Sequence[CardView]

    @property
    def gift_minor(self) -> int:
        return sum(card.used_minor for card in self.cards)


def place(tx: Tx, scope: Scope, wish: Place, settings: Settings = _DEFAULTS) -> Placed:
    """Make an order of the caller's cart, all of it or nothing.

    Stock and money are set aside in one post, the charge is asked for, and the order waits for its payment for
    `settings.pay_minutes`; one of which nothing is left to pay is paid at once. Conflict, naming what was and what is,
    when a price, a discount, a tax, the stock, a quantity, a quote or the total is not what the buyer was shown; when
    there is no open cart, because it was placed already; and for a merchant's own goods. `catalog.SoldOut` when too
    little is left of something.
    """
    owner = owner_of(scope)
    agreed = _agree(tx, scope, owner, wish)
    _check_totals(wish, agreed)
    order_id = tx.new_id("ord")
    parts = _parts(tx, order_id, agreed, settings)
    lines = [line for part in parts for line in part.lines]
    _count_uses(tx, order_id, agreed, owner)
    payment = _set_aside(tx, owner, order_id, wish.method, parts, agreed)
    order = _order(tx, order_id, agreed, wish, payment, settings)
    insert_order(tx, order, [part.seller for part in parts], lines)
    close_cart(tx, agreed.priced.basis.cart.id)
    seller_ids = tuple(part.seller.id for part in parts)
    tx.announce(OrderPlaced(order_id, seller_ids))
    catalog.announce_stock(tx, [line.offer_id for line in lines])
    cart_id = agreed.priced.basis.cart.id
    return Placed(order_id, payment.id, order.status, cart_id, seller_ids, order.currency, order.total_minor)


def _agree(tx: Tx, scope: Scope, owner: str, wish: Place) -> _Agreed:
    """The locked cart with the chosen deliveries, as it stands now; refused when it is not what was shown."""
    found = lock_shown(tx, owner)
    if found is None or not found.cart.items:
        raise _nothing_to_place(tx, owner)
    if found.checkout is None:
        raise Conflict("Choose an address and how it is delivered first", fields={"quote_ids": "ask for quotes first"})
    seen = from_json(found.checkout, Seen)
    email = check_email(wish.email) if wish.email else seen.email
    priced = price_cart(tx, found, structs.replace(seen.where, email=email))
    changes = compare(seen, with_sums(priced, priced.sums(), knows_delivery=False))
    # What is merely sold out is left to the catalogue, which knows best what is left.
    if any(change.kind is not ChangeKind.STOCK for change in changes):
        raise refuse(changes, "Look at your cart and the new total, then place it again")
    for group in priced.view.groups:
        check_not_own(scope, group.merchant_id, group.merchant_name)
    options = _options(tx, owner, wish, priced.view, seen)
    sums = priced.sums(deliveries_of(priced.sellers, options))
    cards = cards_of(priced.basis, sums.total_minor)
    for card in cards:
        if card.sentence is not None:
            raise Conflict(
                f"{card.sentence}: take it out of your cart first", fields={f"cards.{card.card_id}": card.sentence}
            )
    return _Agreed(priced, seen, options, sums, cards)


def _nothing_to_place(tx: Tx, owner: str) -> Conflict:
    order_id = find_newest_order_of(tx, owner)
    if order_id is None:
        return Conflict("Your cart is empty: put something in first", fields={"cart": "empty"})
    return Conflict(
        f"Your cart is empty: your last one became order {number_of(order_id)}",
        fields={"cart": "empty", "order_id": order_id},
    )


def _options(tx: Tx, owner: str, wish: Place, view: CartView, seen: Seen) -> dict[str, DeliveryOption]:
    """One option for each merchant, each of them one that the buyer was shown last, at the price that was shown."""
    quotes = deliver.take_quotes(tx, owner, wish.quote_ids)
    _refuse_old_quotes(quotes, view, seen)
    shown = {option.quote_id: option for option in seen.options}
    chosen: dict[str, DeliveryOption] = {}
    for quote in quotes:
        if chosen.setdefault(quote.merchant_id, shown[quote.id]) is not shown[quote.id]:
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


def _check_totals(wish: Place, agreed: _Agreed) -> None:
    total_minor, currency = agreed.sums.total_minor, agreed.priced.basis.cart.currency
    if total_minor > TOTAL_MINOR_MAX:
        raise Conflict("This order is larger than one payment can be: make several of it")
    due_minor = total_minor - agreed.gift_minor
    if agreed.cards and wish.expected_due_minor is None:
        sentence = "Say what you were shown is left to pay after the gift cards"
        raise Invalid(sentence, fields={"expected_due_minor": "needed with gift cards"})
    if wish.expected_due_minor not in (None, due_minor):
        raise _other_sum("expected_due_minor", wish.expected_due_minor or 0, due_minor, currency)
    if total_minor != wish.expected_total_minor:
        raise _other_sum("expected_total_minor", wish.expected_total_minor, total_minor, currency)
    if len(wish.note) > NOTE_LENGTH_MAX:
        raise Invalid(f"Write a note of up to {NOTE_LENGTH_MAX} characters", fields={"note": "too long"})


def _other_sum(field: str, was_minor: int, now_minor: int, currency: str) -> Conflict:
    was, now = format_money(was_minor, currency), format_money(now_minor, currency)
    return Conflict(
        f"You were shown {was} and it comes to {now}: look at the new total, then place it again",
        fields={field: f"was {was}, is {now}"},
    )


def _parts(tx: Tx, order_id: str, agreed: _Agreed, settings: Settings) -> list[Part]:
    basis = agreed.priced.basis
    return [
        freeze_part(
            tx, order_id, position, group, agreed.options[group.merchant_id], part, basis.offers,
            basis.cart.currency, settings,
        )
        for position, (group, part) in enumerate(zip(agreed.priced.view.groups, agreed.sums.parts, strict=True))
    ]  # fmt: skip


def _count_uses(tx: Tx, order_id: str, agreed: _Agreed, owner: str) -> None:
    if not agreed.sums.used:
        return
    email, currency = agreed.priced.basis.where.email or "", agreed.priced.basis.cart.currency
    record_uses(tx, order_id, costs_of(agreed.sums), owner, email, currency)


def costs_of(sums: Sums) -> dict[str, tuple[Promotion, Cost]]:
    """What each promotion that was used takes off, and who bears it."""
    lines = [each for part in sums.parts for line in part.lines for each in line.discounts]
    found = [*lines, *(each for part in sums.parts for each in part.shipping_discounts)]
    return {
        promotion.id: (
            promotion,
            Cost(
                sum(each.seller_minor for each in found if each.promotion_id == promotion.id),
                sum(each.platform_minor for each in found if each.promotion_id == promotion.id),
            ),
        )
        for promotion in sums.used
    }


def _set_aside(tx: Tx, owner: str, order_id: str, method: str, parts: Sequence[Part], agreed: _Agreed) -> pay.Payment:
    """Hold the stock of every line and the money of every part, in one post."""
    stock = _hold_stock(tx, [line for part in parts for line in part.lines], agreed.seen.address)
    gifts = tuple(pay.GiftUse(card.card_id, card.used_minor) for card in agreed.cards if card.used_minor)
    legs = _legs([part.seller for part in parts], sum(gift.amount_minor for gift in gifts))
    if not any(leg.amount_minor for leg in legs):
        method = method or NO_METHOD
    payment, money = pay.start_payment(
        tx,
        pay.StartPayment(
            ref=order_id, currency=parts[0].seller.currency, legs=legs, method=method, buyer=owner, gifts=gifts
        ),
    )
    shelves = deliver.hold_quoted(tx, {part.seller.id: part.seller.quote_id for part in parts})
    try:
        ledger.post(tx, stock + shelves + money)
    except ledger.Insufficient as short:
        if deliver.is_shelf(short):
            raise Conflict(
                "The pickup point you chose has no room any more: choose another one, or delivery to your door",
                fields={"quote_ids": "the pickup point is full"},
            ) from short
        # Somebody took the stock, or used the gift card, between our reading and our lock. Run again, we see what is
        # left: of the stock at whichever place, and of the card what the buyer is told.
        raise Again(short.sentence) from short
    return payment


def _legs(sellers: Sequence[SellerOrder], gift_minor: int) -> tuple[pay.PaymentLeg, ...]:
    """What each part takes of the payment; gift cards pay of every part in proportion."""
    gifts = split(gift_minor, [seller.total_minor for seller in sellers])
    return tuple(
        pay.PaymentLeg(seller.id, seller.total_minor - gift, seller.merchant_id, gift, seller.subsidy_minor)
        for seller, gift in zip(sellers, gifts, strict=True)
    )


def _hold_stock(tx: Tx, lines: Sequence[Line], destination: Address | None) -> ledger.Plan:
    """The plan for the stock of these lines; SoldOut that names what is short and how much is left."""
    requests = [catalog.StockRequest(line.id, line.offer_id, line.quantity) for line in lines]
    try:
        # The holds have no time of their own. One that ran out while a payment came in could no longer be shipped: the
        # order's own expiry releases them, in the command that also gives the payment up.
        return catalog.hold_stock(tx, requests, None, destination)
    except catalog.SoldOut as short:
        changes = [
            stock_change(line.offer_id, line.title, line.quantity, short.lines[line.id])
            for line in lines
            if line.id in short.lines
        ]
        sentence = "; ".join(change.sentence for change in changes)
        left = {change.offer_id: change.now or 0 for change in changes}
        raise catalog.SoldOut(f"{sentence}. Look at your cart and choose again", left) from short


def _order(tx: Tx, order_id: str, agreed: _Agreed, wish: Place, payment: pay.Payment, settings: Settings) -> Order:
    cart, seen, where = agreed.priced.basis.cart, agreed.seen, agreed.priced.basis.where
    return Order(
        id=order_id,
        owner=cart.owner,
        cart_id=cart.id,
        status=OrderStatus.AWAITING_PAYMENT,
        currency=cart.currency,
        total_minor=agreed.sums.total_minor,
        email=where.email or seen.email,
        language=wish.language if wish.language in LANGUAGES else LANGUAGES[0],
        address_json=to_json(seen.address),
        payment_id=payment.id,
        placed_at=tx.now,
        pay_by=tx.now + time_to_pay(payment, settings),
        gift_minor=agreed.gift_minor,
        billing_json=to_json(seen.billing) if seen.billing else None,
        note=wish.note.strip(),
        tax_id=seen.tax_id,
    )


def time_to_pay(payment: pay.Payment, settings: Settings) -> int:
    """How long stock waits for a payment, in microseconds: a transfer between banks takes days."""
    return settings.transfer_days * DAY if payment.processor == "manual" else settings.pay_minutes * MINUTE
