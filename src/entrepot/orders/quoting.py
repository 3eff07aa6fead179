"""The checkout before the decision: where it goes, what delivery costs with each merchant, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from entrepot import catalog, deliver, pay
from entrepot.identity import Address, Scope, check_address, check_email
from entrepot.kernel import Conflict, Invalid, Snapshot, Tx, from_json, to_json

from .access import owner_of
from .cart_views import CartGroup, CartView, Checkout, CheckoutGroup, DeliveryOption, Reduction
from .carts import find_shown, lock_shown, store_checkout
from .pricing import BLOCKING, Priced, cards_of, price_cart, refuse, with_sums
from .promotions.applying import Delivery
from .reverse_charge import Where, business_of, delivery_without
from .seen import Seen, compare, remember
from .showing import reductions_of, tax_view
from .sums import PricedPart, Sums


def quote_cart(
    tx: Tx,
    scope: Scope,
    address: Address,
    email: str,
    quote_minutes: int = deliver.Settings().quote_minutes,
    billing: Address | None = None,
    tax_id: str = "",
) -> Checkout:
    """Ask what delivery to this address costs with each merchant of the cart, and keep it all for `place`.

    The prices stand for `quote_minutes`. `billing` is the address on the invoice, where that is another; `tax_id` the
    number of a business in the country of that address. Refused when the cart is empty or something in it cannot be
    bought, when an address, the e-mail or the number is not as it must be, and when a merchant does not deliver there.
    """
    owner = owner_of(scope)
    address, email = check_address(address), check_email(email)
    billing = _check_billing(billing) if billing else None
    tax_id = pay.read_tax_id((billing or address).country, tax_id).number if tax_id.strip() else ""
    shown = lock_shown(tx, owner)
    if shown is None or not shown.cart.items:
        raise Conflict("Your cart is empty: put something in first")
    priced = price_cart(tx, shown, Where(address, email, business_of(address, billing, tax_id)))
    if not priced.view.ready:
        blocking = [change for change in priced.view.changes if change.kind in BLOCKING]
        raise refuse(blocking, "Change your cart, then go on")
    options = _quote_all(tx, owner, priced, address, quote_minutes)
    view = with_sums(priced, priced.sums(), knows_delivery=False)
    seen = remember(view, _groups(priced.view, options), email, address, billing, tax_id)
    store_checkout(tx, shown.cart.id, to_json(seen))
    return _checkout(priced, view, seen, {})


def view_checkout(snapshot: Snapshot, scope: Scope, chosen: Mapping[str, str] | None = None) -> Checkout | None:
    """The checkout as it was last quoted, with the cart as it stands now; None when nothing was quoted yet.

    `chosen` is a quote for each merchant; the first option counts where there is none. `ready` is False when something
    in the cart has changed since, or a quote has expired: quote the cart again then.
    """
    found = find_shown(snapshot, scope)
    if found is None or found.checkout is None or not found.cart.items:
        return None
    seen = from_json(found.checkout, Seen)
    if seen.currency != found.cart.currency:
        seen = structs.replace(seen, options=())
    priced = price_cart(snapshot, found)
    checkout = _checkout(priced, with_sums(priced, priced.sums(), knows_delivery=False), seen, chosen or {})
    return checkout if checkout.expires_at > snapshot.now else structs.replace(checkout, ready=False)


def _check_billing(address: Address) -> Address:
    """The address on the invoice; what is wrong with it is named apart from the address of the delivery."""
    try:
        return check_address(address)
    except Invalid as refusal:
        fields = {f"billing_{name}": why for name, why in refusal.fields.items()}
        raise Invalid("The invoice address is not complete: look at the marked fields", fields=fields) from refusal


def deliveries_of(sellers: Sequence[str], options: Mapping[str, DeliveryOption]) -> list[Delivery]:
    """The chosen options as prices see them, in the order of the cart's merchants."""
    return [
        Delivery(each, options[each].amount_minor, options[each].by_platform) if each in options
        else Delivery(each, 0, True)
        for each in sellers
    ]  # fmt: skip


def _quote_all(tx: Tx, owner: str, priced: Priced, address: Address, quote_minutes: int) -> list[DeliveryOption]:
    """Every merchant's options. One who has no prices in the cart's currency is asked in that of the goods."""
    requests = [_request(owner, group, priced, address) for group in priced.view.groups]
    try:
        return [_option(quote, quote.amount_minor, priced) for quote in deliver.quote(tx, requests, quote_minutes)]
    except deliver.Undeliverable as problem:
        exchange = pay.read_rates(tx)
        again = [_in_their_currency(each, priced, problem, exchange) for each in requests]
        if again == requests:
            raise _named(problem, priced.view) from problem
    try:
        quotes = deliver.quote(tx, again, quote_minutes)
    except deliver.Undeliverable as problem:
        raise _named(problem, priced.view) from problem
    currency = priced.basis.cart.currency
    converted = [exchange.convert(quote.amount_minor, quote.currency, currency) or 0 for quote in quotes]
    return [_option(quote, amount_minor, priced) for quote, amount_minor in zip(quotes, converted, strict=True)]


def _request(owner: str, group: CartGroup, priced: Priced, address: Address) -> deliver.QuoteRequest:
    offers = priced.basis.offers
    return deliver.QuoteRequest(
        owner=owner,
        merchant_id=group.merchant_id,
        weight_g=group.weight_g,
        subtotal_minor=group.items_minor,
        currency=priced.basis.cart.currency,
        country=address.country,
        items=tuple(_item(offers[line.offer_id], line.quantity) for line in group.lines),
        region=address.region,
        postal_code=address.postal_code,
        city=address.city,
    )


def _item(offer: catalog.CartOffer, quantity: int) -> deliver.Item:
    return deliver.Item(offer.weight_g, offer.length_mm, offer.width_mm, offer.height_mm, quantity)


def _in_their_currency(
    request: deliver.QuoteRequest, priced: Priced, problem: deliver.Undeliverable, exchange: pay.Rates
) -> deliver.QuoteRequest:
    """The same request in the currency of the merchant's goods, where that is another one with a rate."""
    if request.merchant_id not in problem.merchants:
        return request
    theirs = next(o.currency for o in priced.basis.offers.values() if o.merchant_id == request.merchant_id)
    subtotal_minor = exchange.convert(request.subtotal_minor, request.currency, theirs)
    if theirs == request.currency or subtotal_minor is None:
        return request
    return structs.replace(request, currency=theirs, subtotal_minor=subtotal_minor)


def _option(quote: deliver.Quote, amount_minor: int, priced: Priced) -> DeliveryOption:
    rules = priced.basis.rules
    if quote.merchant_id in rules.reverse:
        wants = [want for want in priced.wants if want.merchant_id == quote.merchant_id]
        amount_minor = delivery_without(amount_minor, rules.area(priced.basis.where), wants)
    return DeliveryOption(
        quote_id=quote.id,
        merchant_id=quote.merchant_id,
        name=quote.name,
        amount_minor=amount_minor,
        days_min=quote.days_min,
        days_max=quote.days_max,
        arrives_from=quote.earliest_at,
        arrives_by=quote.promised_at,
        expires_at=quote.expires_at,
        by_platform=quote.by_platform,
        pickup_point_id=quote.pickup_point_id,
        parcels=quote.parcels,
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
            reverse_charge=group.reverse_charge,
        )
        for group in view.groups
    )


def _named(problem: deliver.Undeliverable, view: CartView) -> Conflict:
    """Deliver knows merchants by id; the buyer knows them by name."""
    names = {group.merchant_id: group.merchant_name for group in view.groups}
    sentences = [f"{names[merchant_id]}: {why}" for merchant_id, why in problem.merchants.items()]
    return Conflict("; ".join(sentences), fields={f"merchants.{key}": why for key, why in problem.merchants.items()})


def _checkout(priced: Priced, plain: CartView, seen: Seen, chosen: Mapping[str, str]) -> Checkout:
    """A checkout with the chosen options. `plain` is the cart without deliveries, to compare with what was shown."""
    groups = _groups(priced.view, seen.options)
    options = {
        group.merchant_id: next(
            (each for each in group.options if each.quote_id == chosen.get(group.merchant_id)), group.options[0]
        )
        for group in groups
        if group.options
    }
    sums = priced.sums(deliveries_of(priced.sellers, options))
    cart = with_sums(priced, sums, knows_delivery=True)
    changes = compare(seen, plain)
    cards = cards_of(priced.basis, sums.total_minor)
    gift_minor = sum(card.used_minor for card in cards)
    return Checkout(
        cart=cart,
        email=seen.email,
        address=seen.address,
        groups=_with_parts(groups, cart, options, sums),
        currency=str(cart.currency),
        items_minor=sums.items_minor,
        shipping_minor=sums.shipping_minor,
        tax_minor=sums.tax_minor,
        total_minor=sums.total_minor,
        quote_ids=tuple(options[group.merchant_id].quote_id for group in groups if group.merchant_id in options),
        expires_at=min((option.expires_at for option in options.values()), default=0),
        ready=bool(groups) and len(options) == len(groups) and not changes,
        billing=seen.billing,
        discount_minor=sums.discount_minor,
        shipping_discount_minor=sums.shipping_discount_minor,
        reductions=_all_reductions(sums),
        codes=cart.codes,
        taxes=tuple(tax_view(each) for each in sums.taxes),
        tax_included=sums.tax_included,
        cards=cards,
        gift_minor=gift_minor,
        due_minor=sums.total_minor - gift_minor,
        changes=changes,
        tax_id=seen.tax_id,
    )


def _with_parts(
    groups: Sequence[CheckoutGroup], cart: CartView, options: Mapping[str, DeliveryOption], sums: Sums
) -> tuple[CheckoutGroup, ...]:
    parts = {part.merchant_id: part for part in sums.parts}
    lines = {group.merchant_id: group.lines for group in cart.groups}
    return tuple(
        _with_part(structs.replace(group, lines=lines[group.merchant_id]), parts[group.merchant_id], options)
        if group.merchant_id in parts
        else group
        for group in groups
    )


def _with_part(group: CheckoutGroup, part: PricedPart, options: Mapping[str, DeliveryOption]) -> CheckoutGroup:
    option = options.get(group.merchant_id)
    return structs.replace(
        group,
        quote_id=option.quote_id if option else None,
        discount_minor=part.discount_minor,
        shipping_minor=part.delivery.amount_minor,
        shipping_reductions=reductions_of(part.shipping_discounts),
        tax_minor=part.tax_minor,
        total_minor=part.total_minor,
    )


def _all_reductions(sums: Sums) -> tuple[Reduction, ...]:
    lines = [each for part in sums.parts for line in part.lines for each in line.discounts]
    return reductions_of([*lines, *(each for part in sums.parts for each in part.shipping_discounts)])
