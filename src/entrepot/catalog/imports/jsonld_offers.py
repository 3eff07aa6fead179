"""What an Offer of schema.org says of a variant: price, sale, stock and condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from entrepot.kernel import Invalid

from ..drafts import SaleDraft
from ..types import QUANTITY_MAX, Condition
from .amounts import parse_count, parse_money_cell
from .jsonld_nodes import Node, Values, list_of, short, text_of, types_of
from .times import parse_time

_OUT: Final = frozenset({"OutOfStock", "SoldOut", "Discontinued"})
_CONDITIONS: Final[Mapping[str, Condition]] = {
    "NewCondition": "new", "UsedCondition": "used", "RefurbishedCondition": "refurbished", "DamagedCondition": "used",
}  # fmt: skip
_REGULAR: Final = frozenset({"ListPrice", "StrikethroughPrice", "RegularPrice", "SRP", "MSRP"})


class Priced(NamedTuple):
    """An offer in our terms. `list_price_minor` is the price struck through where no window is given."""

    price_minor: int
    currency: str
    list_price_minor: int | None
    sale: SaleDraft | None
    quantity: int | None
    condition: Condition


def offers_of(node: Node, values: Values) -> list[Values]:
    """The single offers of a product, those in an AggregateOffer too."""
    return list(_single(node, node.list("offers", values), 0))


def _single(node: Node, offers: Sequence[object], depth: int) -> Iterator[Values]:
    for offer in offers:
        if not isinstance(offer, Mapping):
            continue
        inner = [node.resolve(each) for each in list_of(offer.get("offers"))] if depth < 3 else []
        if "AggregateOffer" in types_of(offer) and inner:
            yield from _single(node, inner, depth + 1)
        else:
            yield offer


def priced(node: Node, offers: Sequence[Values], currency: str) -> Priced:
    """The first offer that is in stock, else the first. Invalid, naming the property, where it has no price."""
    if not offers:
        raise Invalid("There is no offer with a price", fields={"offers": ""})
    offer = next((each for each in offers if not _is_out(each)), offers[0])
    prices = list(_prices(node, offer, currency))
    if not prices:
        raise Invalid("This offer has no price", fields={"price": ""})
    now = next((each for each in prices if not each.regular), prices[0])
    regular = next((each for each in prices if each.regular and each.currency == now.currency), None)
    if now.amount <= 0:
        raise Invalid("A price is more than nothing", fields={"price": ""})
    before = regular.amount if regular is not None and regular.amount > now.amount else None
    window = _window(now)
    on_sale = before is not None and window != (None, None)
    return Priced(
        price_minor=before if on_sale and before else now.amount,
        currency=now.currency,
        list_price_minor=None if on_sale else before,
        sale=SaleDraft(now.amount, *window) if on_sale else None,
        quantity=_quantity(node, offer),
        condition=_CONDITIONS.get(short(text_of(offer.get("itemCondition"))), "new"),
    )


class _Price(NamedTuple):
    amount: int
    currency: str
    regular: bool
    starts: str
    ends: str


def _prices(node: Node, offer: Values, default: str) -> Iterator[_Price]:
    """The offer's own price, then those of its specifications."""
    inherited = text_of(offer.get("priceCurrency")) or default
    for each in (offer, *node.list("priceSpecification", offer)):
        if not isinstance(each, Mapping):
            continue
        text = text_of(each.get("price")) or text_of(each.get("lowPrice"))
        if not text:
            continue
        currency = text_of(each.get("priceCurrency")) or inherited
        amount, currency = parse_money_cell(text, currency.strip().upper())
        regular = short(text_of(each.get("priceType"))) in _REGULAR
        starts, ends = text_of(each.get("validFrom")), text_of(each.get("validThrough"))
        yield _Price(amount, currency, regular, starts, ends)


def _window(price: _Price) -> tuple[str | None, str | None]:
    try:
        starts = parse_time(price.starts) if price.starts else None
        ends = parse_time(price.ends, ends=True) if price.ends else None
    except Invalid:
        return None, None
    return starts, ends


def _is_out(offer: Values) -> bool:
    return short(text_of(offer.get("availability"))) in _OUT


def _quantity(node: Node, offer: Values) -> int | None:
    """What the offer says is there; none where it says that it is sold out; else nothing is counted."""
    if _is_out(offer):
        return 0
    level = node.first("inventoryLevel", offer)
    text = text_of(level.get("value")) if isinstance(level, Mapping) else text_of(level)
    return min(parse_count(text), QUANTITY_MAX) if text else None
