"""A cart at today's prices, rules and stock, and what is no longer as the buyer last saw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import structs

from entrepot import catalog, pay
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Snapshot, format_money

from .cart_types import Cart, CartItem
from .cart_views import CardView, CartGroup, CartLine, CartView, Change, ChangeKind, CodeView
from .carts import Shown, find_shown
from .money import sum_of
from .promotions.applying import Delivery
from .promotions.terms import Promotion
from .reverse_charge import Where, price_without
from .rules import Rules, coded_by, price_in, read_exchange, read_rules, sums_of, usable, want_of
from .seen import where_of
from .showing import reductions_of, tax_view
from .sums import PricedLine, PricedPart, Sums, Want

BLOCKING = frozenset({ChangeKind.UNSELLABLE, ChangeKind.STOCK})
"""Changes that only the buyer can settle, by taking something out or choosing fewer."""
EMPTY = CartView(None, None, (), 0, 0, (), False)


class Basis(NamedTuple):
    """Everything that a cart is priced by, read at once."""

    cart: Cart
    offers: Mapping[str, catalog.CartOffer]
    exchange: pay.Rates | None
    rules: Rules
    where: Where
    cards: Sequence[pay.CardBalance]


class Priced(NamedTuple):
    """A cart's lines at today's prices, and the goods in it that can be bought, in the same order."""

    basis: Basis
    view: CartView
    wants: Sequence[Want]

    @property
    def sellers(self) -> list[str]:
        """The merchants whose goods can be bought, in the order of the cart."""
        return list(dict.fromkeys(want.merchant_id for want in self.wants))

    def sums(self, deliveries: Sequence[Delivery] | None = None) -> Sums:
        """What the goods come to with these deliveries; with none of them, without any delivery."""
        basis = self.basis
        commission_bps = {offer.merchant_id: offer.commission_bps for offer in basis.offers.values()}
        if deliveries is None:
            deliveries = [Delivery(seller, 0, True) for seller in self.sellers]
        return sums_of(basis.rules, self.wants, deliveries, basis.cart.currency, basis.where, commission_bps)


def view_cart(snapshot: Snapshot, scope: Scope) -> CartView:
    """The caller's cart as it stands now; an empty view when there is none."""
    found = find_shown(snapshot, scope)
    if found is None:
        return EMPTY
    priced = price_cart(snapshot, found)
    return with_sums(priced, priced.sums(), knows_delivery=False)


def price_cart(snapshot: Snapshot, shown: Shown, where: Where | None = None) -> Priced:
    """The cart's lines at today's prices, and the rules for what they come to; `where` is new to the checkout."""
    cart = shown.cart
    offers = catalog.offers_for_cart(snapshot, [item.offer_id for item in cart.items])
    where = where or where_of(shown.checkout)
    exchange = read_exchange(snapshot, cart.currency, offers)
    rules = read_rules(snapshot, cart, offers, where)
    basis = Basis(cart, offers, exchange, rules, where, pay.gift_cards_of(snapshot, cart.cards))
    view = _view(basis)
    wants = [want_of(offers[line.offer_id], line.quantity, line.price_minor, rules) for line in sellable_lines(view)]
    return Priced(basis, view, wants)


def _view(basis: Basis) -> CartView:
    """The cart's lines by merchant, in the order in which the merchants came in. Only what is for sale is summed."""
    cart, offers = basis.cart, basis.offers
    gone = [_gone(item) for item in cart.items if item.offer_id not in offers]
    by_merchant: dict[str, list[CartLine]] = {}
    for item in cart.items:
        if (offer := offers.get(item.offer_id)) is not None:
            by_merchant.setdefault(offer.merchant_id, []).append(_line(item, offer, basis))
    groups = tuple(_group(offers[lines[0].offer_id], lines, basis.rules.reverse) for lines in by_merchant.values())
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


def with_sums(priced: Priced, sums: Sums, knows_delivery: bool) -> CartView:
    """The cart with what promotions and taxes make of it."""
    of_line = {place: (part, line) for part in sums.parts for place, line in zip(part.places, part.lines, strict=True)}
    lines = iter(range(len(of_line)))
    groups = tuple(
        structs.replace(
            group,
            lines=tuple(_reduced(line, *of_line[next(lines)]) if line.sellable else line for line in group.lines),
        )
        for group in priced.view.groups
    )
    on_top = 0 if sums.tax_included else sum(line.tax.tax_minor for part in sums.parts for line in part.lines)
    total_minor = sums.items_minor - sums.discount_minor + on_top
    return structs.replace(
        priced.view,
        groups=groups,
        reductions=reductions_of(each for part in sums.parts for line in part.lines for each in line.discounts),
        discount_minor=sums.discount_minor,
        codes=tuple(_code(priced, sums, code, knows_delivery) for code in priced.basis.cart.codes),
        taxes=tuple(tax_view(each) for each in sums.taxes),
        tax_minor=sums.tax_minor,
        tax_included=sums.tax_included,
        total_minor=total_minor,
        cards=cards_of(priced.basis, total_minor),
    )


def cards_of(basis: Basis, due_minor: int) -> tuple[CardView, ...]:
    """What each gift card of the cart would pay of an amount, the first given first."""
    found = []
    for each in basis.cards:
        sentence = pay.why_unusable(each, basis.rules.now)
        if sentence is None and each.card.currency != basis.cart.currency:
            sentence = f"The gift card ending in {each.card.code_end} is in {each.card.currency}"
        used_minor = min(each.available_minor, due_minor) if sentence is None else 0
        due_minor -= used_minor
        found.append(CardView(each.card.id, each.card.code_end, each.available_minor, used_minor, sentence))
    return tuple(found)


def sellable_lines(view: CartView) -> Iterable[CartLine]:
    """The lines that can be bought, in the order of the groups."""
    return (line for line in lines_of(view) if line.sellable)


def lines_of(view: CartView) -> Iterable[CartLine]:
    """Every line of every merchant."""
    return (line for group in view.groups for line in group.lines)


def refuse(changes: Sequence[Change], what_to_do: str) -> Conflict:
    """One refusal that says everything that changed."""
    sentence = "; ".join(change.sentence for change in changes)
    return Conflict(
        f"{sentence}. {what_to_do}",
        fields={
            f"lines.{change.offer_id}.{change.kind.value}" if change.offer_id else change.kind.value: change.sentence
            for change in changes
        },
    )


def price_change(offer_id: str, title: str, was: int, now: int, currency: str) -> Change:
    """The price is another one than the buyer saw."""
    sentence = f"{title} was {format_money(was, currency)} and is now {format_money(now, currency)}"
    return Change(ChangeKind.PRICE, offer_id, title, was, now, sentence)


def _reduced(line: CartLine, part: PricedPart, priced: PricedLine) -> CartLine:
    return structs.replace(
        line,
        reductions=reductions_of(priced.discounts),
        discount_minor=priced.discount_minor,
        tax_name=priced.tax.name,
        tax_percent=pay.percent_of(priced.tax.ppm) if priced.tax.name else "",
        tax_minor=priced.tax.tax_minor,
    )


def _code(priced: Priced, sums: Sums, code: str, knows_delivery: bool) -> CodeView:
    """Whether a code takes something off, and if not, why."""
    rules = priced.basis.rules
    meant = coded_by(rules, code)
    if any(each in sums.used for each in meant):
        return CodeView(code, True, None)
    refused = usable(rules, priced.wants, priced.basis.cart.currency)
    fitting = [each for each in meant if refused[each.id] is None]
    if not knows_delivery and any(each.kind == "free_shipping" for each in fitting):
        return CodeView(code, True, f"{code} lowers the delivery, at the next step")
    return CodeView(code, False, _why_not_used(code, meant, fitting, refused))


def _why_not_used(
    code: str, meant: Sequence[Promotion], fitting: Sequence[Promotion], refused: Mapping[str, str | None]
) -> str:
    if fitting:
        return f"{code} takes nothing off here: what else applies is better, or leaves nothing"
    reasons = [str(refused[each.id]) for each in meant]
    return reasons[0] if reasons else f"{code} is for goods of other merchants than those in your cart"


def _group(offer: catalog.CartOffer, lines: Sequence[CartLine], reverse: frozenset[str]) -> CartGroup:
    return CartGroup(
        offer.merchant_id,
        offer.merchant_name,
        tuple(lines),
        sum_of(line for line in lines if line.sellable),
        weight_of(lines),
        offer.merchant_id in reverse,
    )


def weight_of(lines: Sequence[CartLine]) -> int | None:
    """Grams in all; None when the merchant did not say it of every line."""
    total = 0
    for line in lines:
        if line.weight_g is None:
            return None
        total += line.weight_g * line.quantity
    return total


def _line(item: CartItem, offer: catalog.CartOffer, basis: Basis) -> CartLine:
    currency = basis.cart.currency
    price = price_in(offer, currency, basis.exchange)
    price_minor = _shown(price.amount_minor if price else offer.price_minor, offer, basis)
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
        price_minor=price_minor,
        added_price_minor=item.added_price_minor,
        total_minor=item.quantity * price_minor,
        weight_g=offer.weight_g,
        sellable=offer.sellable and price is not None,
        available=offer.available,
        changes=_changes(item, offer, currency, price.amount_minor if price else None),
        base_currency=price.base_currency if price else None,
        base_price_minor=price.base_minor if price else None,
        rate=price.rate if price else None,
    )


def _shown(price_minor: int, offer: catalog.CartOffer, basis: Basis) -> int:
    """The price as this buyer pays it: without its tax where the buyer accounts for that."""
    if offer.merchant_id not in basis.rules.reverse:
        return price_minor
    return price_without(price_minor, basis.rules.area(basis.where), offer.tax_category, offer.category)


def _changes(item: CartItem, offer: catalog.CartOffer, currency: str, price_minor: int | None) -> tuple[Change, ...]:
    title, found = offer.title, []
    if not offer.sellable:
        found.append(_unsellable(item, title, f"{title} cannot be bought at the moment"))
    elif price_minor is None:
        found.append(_unsellable(item, title, f"{title} is sold in {offer.currency} now, your cart is in {currency}"))
    elif price_minor != item.added_price_minor:
        found.append(price_change(item.offer_id, title, item.added_price_minor, price_minor, currency))
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
