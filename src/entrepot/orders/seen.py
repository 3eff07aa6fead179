"""What a buyer was shown at the checkout, kept with the cart, and how a cart differs from it when it is placed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from entrepot.identity import Address
from entrepot.kernel import format_money, from_json

from .cart_views import CartLine, CartView, Change, ChangeKind, CheckoutGroup, DeliveryOption, Reduction, TaxView
from .reverse_charge import Where, business_of


class SeenLine(msgspec.Struct, frozen=True):
    """A line as it was shown."""

    offer_id: str
    title: str
    quantity: int
    price_minor: int


class Seen(msgspec.Struct, frozen=True):
    """A checkout as it was shown. `rates` are the taxes by name and percentage."""

    email: str
    address: Address
    lines: tuple[SeenLine, ...]
    options: tuple[DeliveryOption, ...]
    currency: str = ""
    reductions: tuple[Reduction, ...] = ()
    rates: tuple[tuple[str, str], ...] = ()
    billing: Address | None = None
    tax_id: str = ""

    @property
    def where(self) -> Where:
        """What it says of its buyer."""
        return Where(self.address, self.email, business_of(self.address, self.billing, self.tax_id))


def where_of(text: str | None) -> Where:
    """What the last checkout of a cart says of its buyer."""
    return from_json(text, Seen).where if text else Where()


def remember(
    view: CartView, groups: Sequence[CheckoutGroup], email: str, address: Address, billing: Address | None, tax_id: str
) -> Seen:
    """What to keep of a checkout that is about to be shown. `view` is the cart without deliveries."""
    return Seen(
        email=email,
        address=address,
        tax_id=tax_id,
        lines=tuple(SeenLine(line.offer_id, line.title, line.quantity, line.price_minor) for line in _lines(view)),
        options=tuple(option for group in groups for option in group.options),
        currency=str(view.currency),
        reductions=view.reductions,
        rates=_rates(view.taxes),
        billing=billing,
    )


def compare(seen: Seen, view: CartView) -> tuple[Change, ...]:
    """Everything that is no longer as it was shown: prices, stock, discounts, taxes, and what somebody put in or out.

    `view` is the cart without deliveries, as it was when it was remembered.
    """
    if seen.currency != view.currency:
        sentence = f"Your cart was in {seen.currency or 'another currency'} and is in {view.currency} now"
        return (Change(ChangeKind.CURRENCY, "", "", None, None, sentence),)
    before = {line.offer_id: line for line in seen.lines}
    now = {line.offer_id: line for line in _lines(view)}
    unsellable = [change for change in view.changes if change.kind is ChangeKind.UNSELLABLE]
    found = [
        change
        for line in now.values()
        if line.sellable
        for change in _line_changes(before.get(line.offer_id), line, seen.currency)
    ]
    named = {change.offer_id for change in unsellable}
    gone = [_removed(line) for line in seen.lines if line.offer_id not in now and line.offer_id not in named]
    changes = (*unsellable, *found, *gone)
    # Other goods have other discounts and taxes: these are only worth a word where the goods are the same.
    return changes or (*_promotion_changes(seen, view), *_tax_changes(seen, view))


def _lines(view: CartView) -> Iterable[CartLine]:
    return (line for group in view.groups for line in group.lines)


def _line_changes(was: SeenLine | None, line: CartLine, currency: str) -> list[Change]:
    if was is None:
        sentence = f"{line.title} was put into the cart"
        return [Change(ChangeKind.ADDED, line.offer_id, line.title, 0, line.quantity, sentence)]
    found = []
    if was.price_minor != line.price_minor:
        before, after = format_money(was.price_minor, currency), format_money(line.price_minor, currency)
        sentence = f"{line.title} was {before} and is now {after}"
        found.append(Change(ChangeKind.PRICE, line.offer_id, line.title, was.price_minor, line.price_minor, sentence))
    if was.quantity != line.quantity:
        sentence = f"You had {was.quantity} of {line.title} and have {line.quantity} now"
        found.append(Change(ChangeKind.QUANTITY, line.offer_id, line.title, was.quantity, line.quantity, sentence))
    if line.available is not None and line.available < line.quantity:
        found.append(_short(line))
    return found


def _short(line: CartLine) -> Change:
    left = max(line.available or 0, 0)
    sentence = f"Only {left} of {line.title} left, you want {line.quantity}" if left else f"{line.title} is sold out"
    return Change(ChangeKind.STOCK, line.offer_id, line.title, line.quantity, left, sentence)


def _removed(was: SeenLine) -> Change:
    sentence = f"{was.title} was taken out of the cart"
    return Change(ChangeKind.REMOVED, was.offer_id, was.title, was.quantity, 0, sentence)


def _promotion_changes(seen: Seen, view: CartView) -> list[Change]:
    was = {each.promotion_id: each for each in seen.reductions}
    now = {each.promotion_id: each for each in view.reductions}
    found = []
    for key in [*was, *(key for key in now if key not in was)]:
        before, after = was.get(key), now.get(key)
        if before is None or after is None or before.amount_minor != after.amount_minor:
            found.append(_promotion_change(before, after, seen.currency))
    return found


def _promotion_change(before: Reduction | None, after: Reduction | None, currency: str) -> Change:
    name = (after or before or Reduction("", "", 0)).name
    was, now = (each.amount_minor if each else 0 for each in (before, after))
    if after is None:
        sentence = f"{name} does not apply any more: it took {format_money(was, currency)} off"
    elif before is None:
        sentence = f"{name} takes {format_money(now, currency)} off now"
    else:
        sentence = f"{name} took {format_money(was, currency)} off and takes {format_money(now, currency)} off now"
    return Change(ChangeKind.PROMOTION, "", name, was, now, sentence)


def _tax_changes(seen: Seen, view: CartView) -> list[Change]:
    was, now = seen.rates, _rates(view.taxes)
    gone = [(rate, "is not due any more") for rate in was if rate not in now]
    new = [(rate, "is due now") for rate in now if rate not in was]
    return [
        Change(ChangeKind.TAX, "", name, None, None, f"{name} of {percent} % {what}")
        for (name, percent), what in (*gone, *new)
    ]


def _rates(taxes: Iterable[TaxView]) -> tuple[tuple[str, str], ...]:
    return tuple((each.name, each.percent) for each in taxes)
