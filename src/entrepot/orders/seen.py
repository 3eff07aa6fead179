"""What a buyer was shown at the checkout, kept with the cart, and how a cart differs from it when it is placed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot.identity import Address

from .pricing import lines_of, price_change, stock_change
from .views import CartLine, CartView, Change, ChangeKind, CheckoutGroup, DeliveryOption


class SeenLine(msgspec.Struct, frozen=True):
    """A line as it was shown."""

    offer_id: str
    title: str
    quantity: int
    price_minor: int


class Seen(msgspec.Struct, frozen=True):
    """A checkout as it was shown."""

    email: str
    address: Address
    lines: tuple[SeenLine, ...]
    options: tuple[DeliveryOption, ...]


def remember(view: CartView, groups: Sequence[CheckoutGroup], email: str, address: Address) -> Seen:
    """What to keep of a checkout that is about to be shown."""
    return Seen(
        email,
        address,
        tuple(SeenLine(line.offer_id, line.title, line.quantity, line.price_minor) for line in lines_of(view)),
        tuple(option for group in groups for option in group.options),
    )


def compare(seen: Seen, view: CartView) -> tuple[Change, ...]:
    """Everything that is no longer as it was shown: prices, stock, and what somebody put in or took out meanwhile."""
    before = {line.offer_id: line for line in seen.lines}
    now = {line.offer_id: line for line in lines_of(view)}
    unsellable = [change for change in view.changes if change.kind is ChangeKind.UNSELLABLE]
    found = [
        change
        for line in now.values()
        if line.sellable
        for change in _line_changes(before.get(line.offer_id), line, str(view.currency))
    ]
    named = {change.offer_id for change in unsellable}
    gone = [_removed(line) for line in seen.lines if line.offer_id not in now and line.offer_id not in named]
    return (*unsellable, *found, *gone)


def _line_changes(was: SeenLine | None, line: CartLine, currency: str) -> list[Change]:
    if was is None:
        sentence = f"{line.title} was put into the cart"
        return [Change(ChangeKind.ADDED, line.offer_id, line.title, 0, line.quantity, sentence)]
    found = []
    if was.price_minor != line.price_minor:
        found.append(price_change(line.offer_id, line.title, was.price_minor, line.price_minor, currency))
    if was.quantity != line.quantity:
        sentence = f"You had {was.quantity} of {line.title} and have {line.quantity} now"
        found.append(Change(ChangeKind.QUANTITY, line.offer_id, line.title, was.quantity, line.quantity, sentence))
    if line.available is not None and line.available < line.quantity:
        found.append(stock_change(line.offer_id, line.title, line.quantity, line.available))
    return found


def _removed(was: SeenLine) -> Change:
    sentence = f"{was.title} was taken out of the cart"
    return Change(ChangeKind.REMOVED, was.offer_id, was.title, was.quantity, 0, sentence)
