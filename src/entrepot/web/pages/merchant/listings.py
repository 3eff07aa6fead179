"""What the merchant offers, and its prices and stock."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog, deliver
from entrepot.catalog import Listing, OfferChange
from entrepot.kernel import Invalid, Refused, Tx, decimals_of, parse_money

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import Done, listed
from .console import MEMBER, show

PAGE = 30
COUNT_DIGITS_MAX = 18


class OfferForm(msgspec.Struct, frozen=True):
    """A new price, and a new stock where it differs from what the form showed."""

    listing_id: str
    price: str
    on_hand: str = ""
    on_hand_before: str = ""
    location_id: str = ""
    key: str = msgspec.field(default="", name="_key")


@get("/merchant/listings", include_in_schema=False, opt=MEMBER)
async def listings(visit: Visit, q: InQuery = "", after: InQuery = "") -> Response[str]:
    """All listings, newest first, or those that fit a few words."""
    found = await visit.read(lambda s: catalog.list_listings(s, visit.scope, q[:100], after, PAGE + 1))
    page = listed(found, PAGE, lambda listing: listing.id)
    return await show(visit, "listings", "listings.html", listings=page.items, older=page.next, q=q)


@get("/merchant/listings/{listing_id:str}", include_in_schema=False, opt=MEMBER)
async def listing(visit: Visit, listing_id: Id) -> Response[str]:
    """One listing with every variant's price and stock."""
    return await _show_listing(visit, listing_id)


@post("/merchant/listings/{listing_id:str}/hide", include_in_schema=False, opt=MEMBER)
async def hide(visit: Visit, listing_id: Id) -> Response[Any]:
    """Take it out of sight."""
    found = await visit.read(lambda s: catalog.get_listing(s, visit.scope, listing_id))
    await visit.write(lambda tx: catalog.hide_product(tx, visit.scope, found.product_id))
    return redirect(f"/merchant/listings/{listing_id}")


@post("/merchant/listings/{listing_id:str}/publish", include_in_schema=False, opt=MEMBER)
async def publish(visit: Visit, listing_id: Id) -> Response[Any]:
    """Show it again."""
    found = await visit.read(lambda s: catalog.get_listing(s, visit.scope, listing_id))
    await visit.write(lambda tx: catalog.publish_product(tx, visit.scope, found.product_id))
    return redirect(f"/merchant/listings/{listing_id}")


@post("/merchant/offers/{offer_id:str}", include_in_schema=False, opt=MEMBER)
async def change_offer(visit: Visit, offer_id: Id) -> Response[Any]:
    """Change price and stock in one command."""
    form = await visit.fields(OfferForm)
    offer = await visit.read(lambda s: catalog.get_offer(s, visit.scope, offer_id))
    try:
        change = OfferChange(price_minor=parse_money(form.price, offer.currency))
        await visit.once(form.key, lambda tx: _change(tx, visit, offer_id, change, form), Done)
    except Refused as refusal:
        return await _show_listing(visit, form.listing_id, refusal)
    visit.flash("form.saved")
    return redirect(f"/merchant/listings/{form.listing_id}")


def _change(tx: Tx, visit: Visit, offer_id: str, change: OfferChange, form: OfferForm) -> Done:
    catalog.update_offer(tx, visit.scope, offer_id, change)
    if form.on_hand != form.on_hand_before and form.location_id:
        catalog.set_stock(tx, visit.scope, offer_id, form.location_id, _count(form.on_hand))
    return Done()


def _count(text: str) -> int:
    if not (text.isdecimal() and len(text) <= COUNT_DIGITS_MAX):
        raise Invalid(f"{text[:20]!r} is no number of pieces: count 0 or more", fields={"on_hand": "Count 0 or more"})
    return int(text)


async def _show_listing(visit: Visit, listing_id: str, refusal: Refused | None = None) -> Response[str]:
    scope = visit.scope
    found = await visit.read(lambda s: catalog.get_listing(s, scope, listing_id))
    view = await visit.read(lambda s: catalog.get_product(s, found.product_id, scope))
    places = await visit.read(lambda s: deliver.list_locations(s, scope))
    return await show(
        visit,
        "listings",
        "listing.html",
        refusal=refusal,
        listing=found,
        labels={variant.id: variant.label for variant in view.variants},
        prices={offer.id: _typed(offer.price_minor, offer.currency) for offer in found.offers},
        on_hand=_on_hand(found),
        locations=[(place.id, place.name) for place in places],
    )


def _on_hand(found: Listing) -> dict[str, int | None]:
    return {offer.id: offer.available for offer in found.offers}


def _typed(amount_minor: int, currency: str) -> str:
    """An amount as one types it."""
    decimals = decimals_of(currency)
    whole, rest = divmod(amount_minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


ROUTES: tuple[ControllerRouterHandler, ...] = (listings, listing, hide, publish, change_offer)
