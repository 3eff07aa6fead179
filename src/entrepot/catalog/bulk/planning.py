"""What an edit does to what was found: lines of before and after. Pure, so that the preview is what the run does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from entrepot.kernel import from_json, from_rfc3339

from ..offers import price_faults
from ..prices import Terms, terms_of
from ..types import QUANTITY_MAX
from .selecting import Found
from .types import Change, Edit, Line, PriceChange, SaleChange, StockChange

NO_SALE_LEFT = (None, None, None)


def plan_lines(edit: Edit, found: Found, category_id: str | None, now: int) -> Iterator[Line]:
    """A line for each value that the edit is about, whether it changes or not. `category_id` is its category's."""
    change = edit.change
    for listing in found.listings:
        yield from _listing_lines(change, listing, category_id, now)
        for offer in found.offers[listing.id]:
            if change.price or change.sale:
                yield _price_line(edit, listing, offer)
            if change.stock:
                yield _stock_line(change.stock, listing, offer, found.on_hand)
            if change.low_stock_at is not None:
                after = change.low_stock_at if change.low_stock_at >= 0 else None
                yield Line(listing.id, offer.id, "low_stock_at", offer.low_stock_at, after)


def undo_lines(lines: Iterable[Line], found: Found) -> Iterator[Line]:
    """The lines that take others back: each value that is still what the edit made of it becomes what it was."""
    values = current_values(found)
    for line in lines:
        held = line.after[0] if line.field == "stock" else None  # type: ignore[index]
        key = (line.listing_id, line.offer_id, line.field, held)
        current = values(key)
        if current != line.after:
            reason = "This was changed again since" if current is not None else "This is not on your list any more"
            yield Line(line.listing_id, line.offer_id, line.field, current, line.before, reason)
        else:
            yield Line(line.listing_id, line.offer_id, line.field, current, line.before)


Key = tuple[str, str | None, str, object]


def current_values(found: Found) -> Callable[[Key], object]:
    """What each value is now, in the form of a line; None for what is not there."""
    listings = {listing.id: listing for listing in found.listings}
    offers = {offer.id: offer for some in found.offers.values() for offer in some}

    def value(key: Key) -> object:
        listing_id, offer_id, field, place = key
        listing, offer = listings.get(listing_id), offers.get(offer_id or "")
        if listing is None or (offer_id and offer is None):
            return None
        match field:
            case "status":
                return [listing.status, listing.publish_at]
            case "category":
                return [listing.category_id]
            case "tags":
                return from_json(listing.tags)
            case "price":
                return list(terms_of(offer))
            case "low_stock_at":
                return offer and offer.low_stock_at
        return [place, _lying(offer, str(place), found.on_hand)]

    return value


def near(price_minor: int, step_minor: int, ending_minor: int) -> int:
    """The nearest price that is `ending_minor` above a multiple of the step; of two the higher, and never nothing."""
    ending = ending_minor % step_minor
    below = (price_minor - ending) // step_minor * step_minor + ending
    chosen = below if (price_minor - below) * 2 < step_minor else below + step_minor
    return chosen if chosen > 0 else chosen + step_minor


def _listing_lines(change: Change, listing: Any, category_id: str | None, now: int) -> Iterator[Line]:
    if change.status:
        yield _status_line(change, listing, now)
    if change.category is not None:
        reason = None if listing.owned else "Another seller owns what this product says: propose a change instead"
        yield Line(listing.id, None, "category", [listing.category_id], [category_id], reason)
    if change.add_tags or change.remove_tags:
        tags = from_json(listing.tags, list[str])
        kept = [tag for tag in tags if tag not in change.remove_tags]
        yield Line(listing.id, None, "tags", tags, list(dict.fromkeys([*kept, *change.add_tags])))


def _status_line(change: Change, listing: Any, now: int) -> Line:
    assert change.status is not None
    publish_at = from_rfc3339(change.status.publish_at) if change.status.publish_at else None
    before, after = [listing.status, listing.publish_at], [change.status.status, publish_at]
    reason = None
    if listing.status == "draft" and change.status.status == "hidden":
        reason = "A draft is not seen anyway"
    elif publish_at is not None and publish_at <= now:
        reason = "The time to show it has passed"
    return Line(listing.id, None, "status", before, after, reason)


def _price_line(edit: Edit, listing: Any, offer: Any) -> Line:
    before = terms_of(offer)
    if offer.currency != edit.currency:
        reason = f"It is sold in {offer.currency}, and the amounts are in {edit.currency}"
        return Line(listing.id, offer.id, "price", list(before), list(before), reason)
    after = before
    if edit.change.price:
        after = _with_price(after, edit.change.price)
    if edit.change.sale:
        after = _with_sale(after, edit.change.sale)
    faults = [sentence for _, sentence in price_faults(after)] if after != before else []
    return Line(listing.id, offer.id, "price", list(before), list(after), faults[0] if faults else None)


def _with_price(terms: Terms, change: PriceChange) -> Terms:
    """A list price or a sale that is no longer above or below the new price goes."""
    old = terms.regular_price_minor
    by = change.amount_minor or 0
    if change.percent_bps is not None:
        by = (2 * old * change.percent_bps + 10_000) // 20_000
    new = {"set": change.amount_minor or 0, "raise": old + by, "lower": old - by}[change.how]
    if new > 0 and (change.how != "set" or change.step_minor > 1):
        new = near(new, change.step_minor, change.ending_minor)
    sale = terms[1:4] if terms.sale_price_minor is not None and terms.sale_price_minor < new else NO_SALE_LEFT
    listed = terms.list_price_minor if terms.list_price_minor is not None and terms.list_price_minor > new else None
    return Terms(new, *sale, listed)


def _with_sale(terms: Terms, change: SaleChange) -> Terms:
    if change.end:
        return terms._replace(sale_price_minor=None, sale_starts_at=None, sale_ends_at=None)
    regular = terms.regular_price_minor
    price = change.price_minor or 0
    if change.percent_bps is not None:
        price = regular - (2 * regular * change.percent_bps + 10_000) // 20_000
        price = near(price, change.step_minor, change.ending_minor) if price > 0 else price
    starts_at = from_rfc3339(change.starts_at) if change.starts_at else None
    ends_at = from_rfc3339(change.ends_at) if change.ends_at else None
    return terms._replace(sale_price_minor=price, sale_starts_at=starts_at, sale_ends_at=ends_at)


def _stock_line(change: StockChange, listing: Any, offer: Any, on_hand: dict[str, dict[str, int]]) -> Line:
    before = _lying(offer, change.location_id, on_hand)
    by = {"set": 0, "raise": change.quantity, "lower": -change.quantity}[change.how]
    after = change.quantity if change.how == "set" else max((before or 0) + by, 0)
    reason = None
    if offer.bundled:
        reason = "A bundle has no stock of its own: count its parts"
    elif before is None and change.how != "set":
        reason = "It is not counted: set how many there are"
    elif after > QUANTITY_MAX:
        reason = "That is more than can be counted"
    return Line(listing.id, offer.id, "stock", [change.location_id, before], [change.location_id, after], reason)


def _lying(offer: Any, location_id: str, on_hand: dict[str, dict[str, int]]) -> int | None:
    return on_hand.get(offer.id, {}).get(location_id, 0) if offer.counted else None
