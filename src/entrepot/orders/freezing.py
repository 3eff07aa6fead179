"""What was agreed, as rows: every figure of an order is frozen when it is placed, and never computed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from entrepot import catalog
from entrepot.kernel import Tx, to_json

from .cart_views import CartGroup, CartLine, DeliveryOption
from .money import line_legs, shipping_legs
from .sums import PricedLine, PricedPart
from .types import Legs, Line, SellerOrder, SellerOrderStatus, Settings


class Part(msgspec.Struct, frozen=True):
    """One merchant's part of an order with its lines."""

    seller: SellerOrder
    lines: tuple[Line, ...]


def freeze_part(
    tx: Tx,
    order_id: str,
    position: int,
    group: CartGroup,
    option: DeliveryOption,
    priced: PricedPart,
    offers: Mapping[str, catalog.CartOffer],
    currency: str,
    settings: Settings,
) -> Part:
    """A merchant's part as it was priced. Its legs are the sum of its lines' and its delivery's."""
    seller_order_id = tx.new_id("sor")
    lines = tuple(
        _line(tx, (order_id, seller_order_id, place), line, figures, offers[line.offer_id], priced.tax_included)
        for place, (line, figures) in enumerate(zip(group.lines, priced.lines, strict=True))
    )
    draft = SellerOrder(
        id=seller_order_id,
        order_id=order_id,
        position=position,
        merchant_id=group.merchant_id,
        merchant_name=group.merchant_name,
        status=SellerOrderStatus.AWAITING_PAYMENT,
        currency=currency,
        items_minor=priced.items_minor,
        seller_discount_minor=sum(line.seller_discount_minor for line in priced.lines),
        platform_discount_minor=sum(line.platform_discount_minor for line in priced.lines),
        shipping_minor=option.amount_minor,
        shipping_seller_discount_minor=sum(each.seller_minor for each in priced.shipping_discounts),
        shipping_platform_discount_minor=sum(each.platform_minor for each in priced.shipping_discounts),
        shipping_discounts_json=to_json(priced.shipping_discounts),
        shipping_by_platform=int(option.by_platform),
        tax_minor=priced.tax_minor,
        tax_included=int(priced.tax_included),
        shipping_tax_minor=priced.shipping_tax.tax_minor,
        shipping_tax_ppm=priced.shipping_tax.ppm,
        shipping_tax_name=priced.shipping_tax.name,
        commission_bps=priced.commission_bps,
        seller_minor=0,
        commission_minor=0,
        carrier_minor=0,
        subsidy_minor=0,
        quote_id=option.quote_id,
        delivery_name=option.name,
        arrives_from=option.arrives_from,
        arrives_by=option.arrives_by,
        confirm_days=settings.confirm_days,
        placed_at=tx.now,
        return_days=settings.return_days,
        answer_days=settings.answer_days,
        send_days=settings.send_days,
        dispute_days=settings.dispute_days,
        reverse_charge=int(priced.reverse_charge),
    )
    return Part(_with_legs(draft, lines), lines)


def _with_legs(seller: SellerOrder, lines: Sequence[Line]) -> SellerOrder:
    legs = sum((line_legs(line) for line in lines), start=shipping_legs(seller))
    assert isinstance(legs, Legs)
    whole = msgspec.structs.replace(
        seller,
        seller_minor=legs.seller_minor,
        commission_minor=legs.commission_minor,
        carrier_minor=legs.carrier_minor,
        subsidy_minor=legs.subsidy_minor,
    )
    assert legs.total_minor == whole.escrow_minor
    assert legs.tax_minor == whole.tax_minor
    return whole


def _line(
    tx: Tx,
    where: tuple[str, str, int],
    line: CartLine,
    figures: PricedLine,
    offer: catalog.CartOffer,
    tax_included: bool,
) -> Line:
    order_id, seller_order_id, place = where
    return Line(
        id=tx.new_id("oln"),
        order_id=order_id,
        seller_order_id=seller_order_id,
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
        base_currency=line.base_currency,
        base_price_minor=line.base_price_minor,
        rate=line.rate,
        category=offer.category,
        goods_minor=figures.goods_minor,
        seller_discount_minor=figures.seller_discount_minor,
        platform_discount_minor=figures.platform_discount_minor,
        discounts_json=to_json(figures.discounts),
        tax_minor=figures.tax.tax_minor,
        tax_included=int(tax_included),
        tax_ppm=figures.tax.ppm,
        tax_name=figures.tax.name,
        fees_json=to_json(figures.fees),
        commission_minor=figures.commission_minor,
    )
