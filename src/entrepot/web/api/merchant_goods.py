"""The merchant's goods: applying, listings, prices and stock, visibility."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import catalog, identity
from entrepot.kernel import Tx

from ..endpoints import endpoint
from ..params import NO_NUL, After, Country, Currency, Id, Key, Most, Name, OptionalKey
from ..visit import Visit
from ..wire import Listed, Made, listed

Price = Annotated[int, Meta(ge=1, le=10**12, description="Minor units")]
Find = Annotated[
    str, QueryParameter(name="q", max_length=200, pattern=NO_NUL, description="A part of the title or the id")
]


class Apply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to sell, and in which currency."""

    name: Name
    country: Country
    currency: Currency
    about: Annotated[str, Meta(pattern=NO_NUL, max_length=5_000)] = ""


class SetSale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lower price for a while; without a time it has no border on that side."""

    price_minor: Price
    starts_at: Annotated[datetime, Meta(tz=True)] | None = None
    ends_at: Annotated[datetime, Meta(tz=True)] | None = None


class ChangeOffer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new regular price, recommended price, weight, sale, number of pieces to be told at (null takes each away), or
    prices in other currencies (all of them). What is left out stays."""

    price_minor: Price | msgspec.UnsetType = msgspec.UNSET
    list_price_minor: Price | msgspec.UnsetType | None = msgspec.UNSET
    weight_g: Annotated[int, Meta(ge=1, le=10**7)] | msgspec.UnsetType | None = msgspec.UNSET
    sale: SetSale | msgspec.UnsetType | None = msgspec.UNSET
    prices: Annotated[dict[Currency, Price], Meta(max_length=50)] | msgspec.UnsetType = msgspec.UNSET
    low_stock_at: Annotated[int, Meta(ge=0, le=10**9)] | msgspec.UnsetType | None = msgspec.UNSET


class SetStock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many pieces were counted at a location, those set aside for orders included; null: not counted any more."""

    location_id: Id
    on_hand: Annotated[int, Meta(ge=0, le=10**9)] | None


@endpoint("POST", "/api/merchant", asks=Apply, access="person")
async def apply_as_merchant(visit: Visit, asked: Apply, key: OptionalKey = None) -> catalog.Merchant:
    """Ask to sell here. The operator decides; until then goods may be listed and nobody sees them."""
    application = catalog.MerchantApplication(asked.name, asked.country, asked.currency, asked.about)
    session = visit.session

    def command(tx: Tx) -> Made:
        merchant = catalog.apply_as_merchant(tx, visit.scope, application)
        if session is not None and visit.scope.organisation != merchant.id:
            identity.switch_organisation(tx, session, merchant.id)
        return Made(merchant.id)

    made = await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_merchant(s, made.id))


@endpoint("GET", "/api/merchant", access="member")
async def get_own_merchant(visit: Visit) -> catalog.Merchant:
    """The merchant one acts for, whether approved yet or not."""
    organisation = identity.require_organisation(visit.scope)
    return await visit.read(lambda s: catalog.get_merchant(s, organisation))


@endpoint("GET", "/api/merchant/listings", access="member")
async def list_listings(visit: Visit, q: Find = "", after: After = None, most: Most = 50) -> Listed[catalog.Listing]:
    """What the merchant lists, with offers, prices and stock."""
    found = await visit.read(lambda s: catalog.list_listings(s, visit.scope, q, after or "", most + 1))
    return listed(found, most, lambda listing: listing.id)


@endpoint("PATCH", "/api/merchant/offers/{offer_id:str}", asks=ChangeOffer, access="member")
async def change_offer(visit: Visit, offer_id: Id, asked: ChangeOffer, key: OptionalKey = None) -> catalog.OfferView:
    """Change a price or a weight; every list and cart shows it at once."""
    change = catalog.OfferChange(
        asked.price_minor, asked.list_price_minor, asked.weight_g, _sale(asked.sale), asked.prices, asked.low_stock_at
    )

    def command(tx: Tx) -> Made:
        catalog.update_offer(tx, visit.scope, offer_id, change)
        return Made(offer_id)

    await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_offer(s, visit.scope, offer_id))


@endpoint("PUT", "/api/merchant/offers/{offer_id:str}/stock", asks=SetStock, access="member")
async def set_stock(visit: Visit, offer_id: Id, asked: SetStock, key: Key) -> catalog.OfferView:
    """Say what was counted at a location; what is set aside for orders stays set aside."""

    def command(tx: Tx) -> Made:
        catalog.set_stock(tx, visit.scope, offer_id, asked.location_id, asked.on_hand)
        return Made(offer_id)

    await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_offer(s, visit.scope, offer_id))


@endpoint("POST", "/api/merchant/products/{product_id:str}/hide", access="member", status=200)
async def hide_product(visit: Visit, product_id: Id, key: OptionalKey = None) -> Made:
    """Take one's listing of a product out of sight."""

    def command(tx: Tx) -> Made:
        catalog.hide_product(tx, visit.scope, product_id)
        return Made(product_id)

    return await visit.once(key, command, Made)


@endpoint("POST", "/api/merchant/products/{product_id:str}/publish", access="member", status=200)
async def publish_product(visit: Visit, product_id: Id, key: OptionalKey = None) -> Made:
    """Show one's listing of a product again."""

    def command(tx: Tx) -> Made:
        catalog.publish_product(tx, visit.scope, product_id)
        return Made(product_id)

    return await visit.once(key, command, Made)


def _sale(asked: SetSale | msgspec.UnsetType | None) -> catalog.Sale | msgspec.UnsetType | None:
    if not isinstance(asked, SetSale):
        return asked
    starts_at, ends_at = (
        None if at is None else int(at.timestamp()) * 1_000_000 + at.microsecond
        for at in (asked.starts_at, asked.ends_at)
    )
    return catalog.Sale(asked.price_minor, starts_at, ends_at)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    apply_as_merchant,
    get_own_merchant,
    list_listings,
    change_offer,
    set_stock,
    hide_product,
    publish_product,
)
