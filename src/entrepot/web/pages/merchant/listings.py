"""What the merchant offers, and its prices and stock."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog, deliver
from entrepot.catalog import OfferChange
from entrepot.kernel import Invalid, Refused, Tx, decimals_of, parse_money

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import Done, listed
from .console import MEMBER, show

PAGE = 30
ON_HAND, BEFORE = "on_hand.", "before."
COUNT_DIGITS_MAX = 18


class Shelf(msgspec.Struct, frozen=True):
    """How many pieces of an offer lie at a place, those held for orders included; None where none were counted."""

    location_id: str
    name: str
    on_hand: int | None


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
    """Change the price, and the stock at each place where another number was written than the form showed."""
    fields = await visit.form()
    listing_id = fields.get("listing_id", "")
    offer = await visit.read(lambda s: catalog.get_offer(s, visit.scope, offer_id))
    try:
        change = OfferChange(price_minor=parse_money(fields.get("price", ""), offer.currency))
        counts = _counts(fields)
        await _once(visit, fields, "price", lambda tx: catalog.update_offer(tx, visit.scope, offer_id, change))
        for place, on_hand in counts.items():
            await _once(visit, fields, place, partial(_set_stock, visit, offer_id, place, on_hand))
    except Refused as refusal:
        return await _show_listing(visit, listing_id, refusal)
    visit.flash("form.saved")
    return redirect(f"/merchant/listings/{listing_id}")


async def _once(visit: Visit, fields: dict[str, str], what: str, act: Callable[[Tx], Any]) -> None:
    """A part of a form in a command of its own, once for the form's key."""

    def command(tx: Tx) -> Done:
        act(tx)
        return Done()

    key = fields.get("_key")
    await visit.once(f"{key}.{what}" if key else None, command, Done)


def _set_stock(visit: Visit, offer_id: str, location_id: str, on_hand: int, tx: Tx) -> None:
    catalog.set_stock(tx, visit.scope, offer_id, location_id, on_hand)


def _counts(fields: dict[str, str]) -> dict[str, int]:
    """The new number of pieces at each place where it changed."""
    written = {name.removeprefix(ON_HAND): text.strip() for name, text in fields.items() if name.startswith(ON_HAND)}
    return {place: _count(text) for place, text in written.items() if text != fields.get(f"{BEFORE}{place}", "")}


def _count(text: str) -> int:
    if not (text.isdecimal() and len(text) <= COUNT_DIGITS_MAX):
        raise Invalid(f"{text[:20]!r} is no number of pieces: count 0 or more", fields={"on_hand": "Count 0 or more"})
    return int(text)


async def _show_listing(visit: Visit, listing_id: str, refusal: Refused | None = None) -> Response[str]:
    scope = visit.scope
    found = await visit.read(lambda s: catalog.get_listing(s, scope, listing_id))
    view = await visit.read(lambda s: catalog.get_product(s, found.product_id, scope))
    places = await visit.read(lambda s: deliver.list_locations(s, scope))
    lying = await visit.read(lambda s: catalog.on_hand_of(s, [offer.id for offer in found.offers]))
    uncounted = {offer.id for offer in found.offers if offer.available is None}
    return await show(
        visit,
        "listings",
        "listing.html",
        refusal=refusal,
        listing=found,
        labels={variant.id: variant.label for variant in view.variants},
        prices={offer.id: _typed(offer.price_minor, offer.currency) for offer in found.offers},
        shelves={
            offer.id: [
                Shelf(place.id, place.name, None if offer.id in uncounted else lying[offer.id].get(place.id, 0))
                for place in places
            ]
            for offer in found.offers
        },
    )


def _typed(amount_minor: int, currency: str) -> str:
    """An amount as one types it."""
    decimals = decimals_of(currency)
    whole, rest = divmod(amount_minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


ROUTES: tuple[ControllerRouterHandler, ...] = (listings, listing, hide, publish, change_offer)
