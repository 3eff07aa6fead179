"""What the merchant offers: the list with its filter, and a listing with its life, prices and stock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog, deliver
from entrepot.catalog import OfferChange, Sale
from entrepot.kernel import Invalid, Refused, Tx, decimals_of, from_rfc3339

from ...params import Id, MaybeInQuery
from ...rendering import quoted, redirect
from ...visit import Visit
from ...wire import Done, listed
from ..reading import read_amount
from .console import MEMBER, own_merchant, show
from .goods_forms import STATUSES, filters_of, read_count, read_selection, read_time, typed

PAGE = 30
HISTORY = 50
ON_HAND, BEFORE, OTHER = "on_hand.", "before.", "price."


class Shelf(msgspec.Struct, frozen=True):
    """How many pieces of an offer lie at a place, those held for orders included; None where none were counted."""

    location_id: str
    name: str
    on_hand: int | None


@get("/merchant/listings", include_in_schema=False, opt=MEMBER)
async def listings(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """All listings, newest first, or those that fit the filter."""
    merchant = await own_merchant(visit)
    said = dict(visit.request.query_params.items())
    selection = read_selection(said, merchant.currency)
    found = await visit.read(lambda s: catalog.find_listings(s, visit.scope, selection, after or "", PAGE + 1))
    page = listed(found, PAGE, lambda listing: listing.id)
    count = await visit.read(lambda s: catalog.count_selected(s, merchant.id, selection))
    filters = filters_of(said)
    return await show(
        visit,
        "listings",
        "listings.html",
        listings=page.items,
        older=page.next,
        said=said,
        filters=filters,
        query="".join(f"&{name}={quoted(value)}" for name, value in filters.items()),
        count=count,
        statuses=STATUSES,
        currency=merchant.currency,
    )


@get("/merchant/listings/{listing_id:str}", include_in_schema=False, opt=MEMBER)
async def listing(visit: Visit, listing_id: Id) -> Response[str]:
    """One listing with every variant's price and stock."""
    return await _show_listing(visit, listing_id)


@post("/merchant/listings/{listing_id:str}/hide", include_in_schema=False, opt=MEMBER)
async def hide(visit: Visit, listing_id: Id) -> Response[Any]:
    """Take it out of sight."""
    await visit.write(lambda tx: catalog.set_listing_status(tx, visit.scope, [listing_id], "hidden"))
    return redirect(f"/merchant/listings/{listing_id}")


@post("/merchant/listings/{listing_id:str}/publish", include_in_schema=False, opt=MEMBER)
async def publish(visit: Visit, listing_id: Id) -> Response[Any]:
    """Show it again."""
    await visit.write(lambda tx: catalog.set_listing_status(tx, visit.scope, [listing_id], "published"))
    return redirect(f"/merchant/listings/{listing_id}")


@post("/merchant/listings/{listing_id:str}/delist", include_in_schema=False, opt=MEMBER)
async def delist(visit: Visit, listing_id: Id) -> Response[Any]:
    """Take it down for good."""
    await visit.write(lambda tx: catalog.set_listing_status(tx, visit.scope, [listing_id], "delisted"))
    return redirect(f"/merchant/listings/{listing_id}")


@post("/merchant/listings/{listing_id:str}/schedule", include_in_schema=False, opt=MEMBER)
async def schedule(visit: Visit, listing_id: Id) -> Response[Any]:
    """Show it from a time on."""
    fields = await visit.form()
    try:
        text = read_time(fields.get("publish_at", ""))
        at = from_rfc3339(text) if text else None
        await visit.write(lambda tx: catalog.set_listing_status(tx, visit.scope, [listing_id], "scheduled", at))
    except Invalid as refusal:
        return await _show_listing(visit, listing_id, refusal)
    return redirect(f"/merchant/listings/{listing_id}")


@post("/merchant/offers/{offer_id:str}", include_in_schema=False, opt=MEMBER)
async def change_offer(visit: Visit, offer_id: Id) -> Response[Any]:
    """Change prices, and the stock at each place where another number was written than the form showed."""
    fields = await visit.form()
    listing_id = fields.get("listing_id", "")
    offer = await visit.read(lambda s: catalog.get_offer(s, visit.scope, offer_id))
    try:
        change = _offer_change(fields, offer.currency)
        counts = _counts(fields)
        await _once(visit, fields, "price", lambda tx: catalog.update_offer(tx, visit.scope, offer_id, change))
        for place, on_hand in counts.items():
            await _once(visit, fields, place, partial(_set_stock, visit, offer_id, place, on_hand))
    except Refused as refusal:
        return await _show_listing(visit, listing_id, refusal, {**fields, "of": offer_id})
    visit.flash("form.saved")
    return redirect(f"/merchant/listings/{listing_id}")


@post("/merchant/offers/{offer_id:str}/move", include_in_schema=False, opt=MEMBER)
async def move(visit: Visit, offer_id: Id) -> Response[Any]:
    """Carry pieces from one place to another."""
    fields = await visit.form()
    listing_id = fields.get("listing_id", "")
    try:
        quantity = read_count(fields.get("quantity", ""))
        places = fields.get("from", ""), fields.get("to", "")
        act = partial(_move, visit, offer_id, places, quantity)
        await _once(visit, fields, "move", act)
    except Refused as refusal:
        if refusal.kind == "not_found":
            raise
        return await _show_listing(visit, listing_id, refusal)
    visit.flash("form.saved")
    return redirect(f"/merchant/listings/{listing_id}")


@get("/merchant/offers/{offer_id:str}/history", include_in_schema=False, opt=MEMBER)
async def history(visit: Visit, offer_id: Id, place: MaybeInQuery = None, after: MaybeInQuery = None) -> Response[str]:
    """What changed of an offer's stock at a place, newest first, and what it cost."""
    offer = await visit.read(lambda s: catalog.get_offer(s, visit.scope, offer_id))
    places = await visit.read(lambda s: deliver.list_locations(s, visit.scope))
    here = next((each.id for each in places if each.id == place), places[0].id if places else "")
    found = await visit.read(lambda s: catalog.list_movements(s, visit.scope, offer_id, here, after, HISTORY + 1))
    page = listed(found, HISTORY, lambda each: each.id)
    prices = await visit.read(lambda s: catalog.list_prices(s, visit.scope, offer_id))
    return await show(
        visit, "listings", "offer-history.html", offer=offer, places=places, here=here, movements=page.items,
        older=page.next, prices=prices,
    )  # fmt: skip


def _offer_change(fields: Mapping[str, str], currency: str) -> OfferChange:
    """What the form says of an offer. Fields that it does not have leave things as they are."""
    values: dict[str, Any] = {"price_minor": read_amount(fields.get("price", ""), currency)}
    if "list_price" in fields:
        values["list_price_minor"] = _maybe_money(fields["list_price"], currency)
    if "low_stock_at" in fields:
        values["low_stock_at"] = read_count(fields["low_stock_at"]) if fields["low_stock_at"].strip() else None
    if "sale_price" in fields:
        price = _maybe_money(fields["sale_price"], currency)
        times = [read_time(fields.get(name, "")) for name in ("sale_starts", "sale_ends")]
        starts_at, ends_at = (from_rfc3339(text) if text else None for text in times)
        values["sale"] = Sale(price, starts_at, ends_at) if price is not None else None
    other = fields.get("other_currency", "").strip().upper()
    if "other_currency" in fields:
        prices = {
            name.removeprefix(OTHER): text for name, text in fields.items() if name.startswith(OTHER) and text.strip()
        }
        if other and fields.get("other_price", "").strip():
            decimals_of(other)
            prices[other] = fields["other_price"]
        values["prices"] = {each: read_amount(text, each) for each, text in prices.items()}
    return OfferChange(**values)


def _maybe_money(text: str, currency: str) -> int | None:
    return read_amount(text, currency) if text.strip() else None


async def _once(visit: Visit, fields: dict[str, str], what: str, act: Callable[[Tx], Any]) -> None:
    """A part of a form in a command of its own, once for the form's key."""

    def command(tx: Tx) -> Done:
        act(tx)
        return Done()

    key = fields.get("_key")
    await visit.once(f"{key}.{what}" if key else None, command, Done)


def _set_stock(visit: Visit, offer_id: str, location_id: str, on_hand: int, tx: Tx) -> None:
    catalog.set_stock(tx, visit.scope, offer_id, location_id, on_hand)


def _move(visit: Visit, offer_id: str, places: tuple[str, str], quantity: int, tx: Tx) -> None:
    catalog.move_stock(tx, visit.scope, offer_id, places[0], places[1], quantity)


def _counts(fields: dict[str, str]) -> dict[str, int]:
    """The new number of pieces at each place where it changed."""
    written = {name.removeprefix(ON_HAND): text.strip() for name, text in fields.items() if name.startswith(ON_HAND)}
    return {place: read_count(text) for place, text in written.items() if text != fields.get(f"{BEFORE}{place}", "")}


async def _show_listing(
    visit: Visit, listing_id: str, refusal: Refused | None = None, said: Mapping[str, str] | None = None
) -> Response[str]:
    """A listing; with what was typed for an offer and refused."""
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
        said=said or {},
        said_of=(said or {}).get("of"),
        quality=catalog.check_listing(view, found.offers),
        listing=found,
        labels={variant.id: variant.label for variant in view.variants},
        bundles={offer.id for offer in view.offers if offer.bundle},
        typed=typed,
        prices_given=await visit.read(lambda s: catalog.regular_prices(s, [offer.id for offer in found.offers])),
        places=places,
        shelves={
            offer.id: [
                Shelf(place.id, place.name, None if offer.id in uncounted else lying[offer.id].get(place.id, 0))
                for place in places
            ]
            for offer in found.offers
        },
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    listings, listing, hide, publish, delist, schedule, change_offer, move, history,
)  # fmt: skip
