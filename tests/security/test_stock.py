"""Stock as the console shows it is stock as it is counted: at each place, with what is held for orders."""

import re

from tests.orders.market import LAMP, Market
from tests.web.visitors import ADDRESS, PAGE, Visitor


def test_a_count_by_hand_is_of_one_place_and_counts_what_is_held(
    bruno: Visitor, alice: Visitor, market: Market
) -> None:
    offer_id, first = market.offers[LAMP], market.locations[LAMP]
    second = bruno.post("/api/merchant/locations", {"name": "Cellar", "address": ADDRESS}).json()["id"]
    bruno.put(f"/api/merchant/offers/{offer_id}/stock", {"location_id": second, "on_hand": 5})
    alice.buy(offer_id, 3)
    listing = next(each for each in bruno.get("/api/merchant/listings").json()["items"] if has(each, offer_id))
    page = bruno.get(f"/merchant/listings/{listing['id']}", headers=PAGE).text
    shown = dict(re.findall(r'name="on_hand\.(loc_\w+)"[^>]* value="(\d*)"', one_form(page, offer_id)))
    assert shown == {first: "10", second: "5"}, "three of the ten are held, and lie there still"

    fields = {f"on_hand.{first}": "9", f"before.{first}": "10", f"on_hand.{second}": "5", f"before.{second}": "5"}
    saved = bruno.form(f"/merchant/offers/{offer_id}", listing_id=listing["id"], price="49.99", **fields)
    assert saved.status_code == 303
    assert market.left(LAMP) == 9 + 5 - 3


def has(listing: dict[str, list[dict[str, str]]], offer_id: str) -> bool:
    """Whether the offer is of this listing."""
    return any(offer["id"] == offer_id for offer in listing["offers"])


def one_form(page: str, offer_id: str) -> str:
    """The form of an offer."""
    return page.split(f'action="/merchant/offers/{offer_id}"')[1].split("</form>")[0]
