"""The checkout before the decision: where it goes, what delivery costs with each merchant, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from entrepot import catalog, deliver
from entrepot.identity import Address, Scope, check_address, check_email
from entrepot.kernel import Conflict, Snapshot, Tx, from_json, to_json

from .access import owner_of
from .carts import find_shown, lock_cart, store_checkout
from .pricing import BLOCKING, price_cart, refuse
from .seen import Seen, compare, remember
from .types import Cart
from .views import CartGroup, CartView, Checkout, CheckoutGroup, DeliveryOption


def quote_cart(
    tx: Tx, scope: Scope, address: Address, email: str, quote_minutes: int = deliver.Settings().quote_minutes
) -> Checkout:
    """Ask what delivery to this address costs with each merchant of the cart, and keep it all for `place`.

    The prices stand for `quote_minutes`. Refused when the cart is empty or something in it cannot be bought, when the
    address or e-mail is not complete, and when a merchant does not deliver there.
    """
    owner = owner_of(scope)
    address, email = check_address(address), check_email(email)
    cart = lock_cart(tx, owner)
    if cart is None or not cart.items:
        raise Conflict("Your cart is empty: put something in first")
    view = _priced(tx, cart)
    if not view.ready:
        blocking = [change for change in view.changes if change.kind in BLOCKING]
        raise refuse(blocking, "Change your cart, then go on")
    requests = [_request(owner, group, cart.currency, address) for group in view.groups]
    try:
        quotes = deliver.quote(tx, requests, quote_minutes)
    except deliver.Undeliverable as problem:
        raise _named(problem, view) from problem
    groups = _groups(view, [_option(quote) for quote in quotes])
    seen = remember(view, groups, email, address)
    store_checkout(tx, cart.id, to_json(seen))
    return _checkout(view, groups, seen)


def view_checkout(snapshot: Snapshot, scope: Scope) -> Checkout | None:
    """The checkout as it was last quoted, with the cart as it stands now; None when nothing was quoted yet.

    `ready` is False when something in the cart has changed since, or a quote has expired: quote the cart again then.
    """
    found = find_shown(snapshot, scope)
    if found is None or found.checkout is None or not found.cart.items:
        return None
    seen = from_json(found.checkout, Seen)
    view = _priced(snapshot, found.cart)
    checkout = _checkout(view, _groups(view, seen.options), seen)
    return checkout if checkout.expires_at > snapshot.now else structs.replace(checkout, ready=False)


def _priced(snapshot: Snapshot, cart: Cart) -> CartView:
    return price_cart(cart, catalog.offers_for_cart(snapshot, [item.offer_id for item in cart.items]))


def _request(owner: str, group: CartGroup, currency: str, address: Address) -> deliver.QuoteRequest:
    return deliver.QuoteRequest(
        owner=owner,
        merchant_id=group.merchant_id,
        weight_g=group.weight_g,
        subtotal_minor=group.items_minor,
        currency=currency,
        country=address.country,
        region=address.region,
        postal_code=address.postal_code,
        city=address.city,
    )


def _option(quote: deliver.Quote) -> DeliveryOption:
    return DeliveryOption(
        quote_id=quote.id,
        merchant_id=quote.merchant_id,
        name=quote.name,
        amount_minor=quote.amount_minor,
        days_min=quote.days_min,
        days_max=quote.days_max,
        arrives_from=quote.earliest_at,
        arrives_by=quote.promised_at,
        expires_at=quote.expires_at,
    )


def _groups(view: CartView, options: Sequence[DeliveryOption]) -> tuple[CheckoutGroup, ...]:
    """Each merchant's goods with the ways to bring them: cheapest first, then the one that is sooner there."""
    ordered = sorted(options, key=lambda option: (option.amount_minor, option.arrives_by, option.quote_id))
    return tuple(
        CheckoutGroup(
            group.merchant_id,
            group.merchant_name,
            group.lines,
            group.items_minor,
            group.weight_g,
            tuple(option for option in ordered if option.merchant_id == group.merchant_id),
        )
        for group in view.groups
    )


def _named(problem: deliver.Undeliverable, view: CartView) -> Conflict:
    """Deliver knows merchants by id; the buyer knows them by name."""
    names = {group.merchant_id: group.merchant_name for group in view.groups}
    sentences = [f"{names[merchant_id]}: {why}" for merchant_id, why in problem.merchants.items()]
    return Conflict("; ".join(sentences), fields={f"merchants.{key}": why for key, why in problem.merchants.items()})


def _checkout(view: CartView, groups: tuple[CheckoutGroup, ...], seen: Seen) -> Checkout:
    proposed = [group.options[0] for group in groups if group.options]
    shipping_minor = sum(option.amount_minor for option in proposed)
    return Checkout(
        cart=view,
        email=seen.email,
        address=seen.address,
        groups=groups,
        currency=str(view.currency),
        items_minor=view.subtotal_minor,
        shipping_minor=shipping_minor,
        tax_minor=0,
        total_minor=view.subtotal_minor + shipping_minor,
        quote_ids=tuple(option.quote_id for option in proposed),
        expires_at=min((option.expires_at for option in proposed), default=0),
        ready=len(proposed) == len(groups) and not compare(seen, view),
    )
