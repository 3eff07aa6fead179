"""Markup in every field that somebody can fill: shown as text, on every page, in both languages."""

import json
from urllib.parse import quote

import pytest

from tests.orders.market import Market
from tests.waiting import eventually
from tests.web.visitors import ADDRESS, PAGE, Visitor, wish

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
HIDDEN = EVIL.replace("<", "&lt;").replace(">", "&gt;")
"""Titles are freed of markup; this one has it only after that."""
DESCRIPTION = (
    "<p onclick=alert(1)>x<a href='javascript:alert(1)'>y</a><a href='jAvAsCrIpT&colon;alert(1)'>z</a>"
    "<svg/onload=alert(1)><math><mtext><table><mglyph><style><!--</style>"
    "<img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'><iframe srcdoc='<script>alert(1)</script>'>"
)
SIGNS = (
    "<script>alert",
    "<img src=x",
    "<img src=1",
    "<svg/",
    "<iframe",
    "href='javascript:",
    "onclick=",
    "colon;alert",
)
PRODUCT = {
    "external_id": EVIL,
    "title": HIDDEN,
    "brand": EVIL,
    "category": EVIL,
    "description": DESCRIPTION,
    "attributes": {"material": EVIL, EVIL: EVIL},
    "options": ["Size<b>"],
    "variants": [
        {"price_minor": 100, "currency": "USD", "options": {"Size<b>": EVIL}},
        {"price_minor": 100, "currency": "USD", "options": {"Size<b>": "M"}},
    ],
    "reviews": [{"author": EVIL, "rating": 5, "title": EVIL, "body": EVIL}],
}


@pytest.fixture(scope="module")
def pages(market: Market, alice: Visitor, bruno: Visitor, dana: Visitor) -> list[tuple[Visitor, str]]:
    """Every page that shows what was written, after somebody wrote markup wherever they could."""
    job = imported(bruno, json.dumps(PRODUCT))
    listing = next(item for item in bruno.get("/api/merchant/listings").json()["items"] if EVIL[:9] in item["title"])
    alice.put("/api/cart/lines", {"offer_id": listing["offers"][0]["id"], "quantity": 1})
    address = {**ADDRESS, "name": EVIL, "city": EVIL, "line1": EVIL}
    alice.post("/api/addresses", address)
    quoted = alice.post("/api/cart/quote", {"address": address, "email": "alice@example.com"}).json()
    order = alice.decided(alice.post("/api/orders", wish(quoted)).json())
    part = order["sellers"][0]["id"]
    bruno.post(f"/api/merchant/orders/{part}/ship", {"carrier": EVIL, "tracking_no": EVIL})
    alice.put("/api/cart/lines", {"offer_id": listing["offers"][0]["id"], "quantity": 2})
    alice.post("/api/cart/quote", {"address": address, "email": "alice@example.com"})
    dana.post(f"/api/operator/merchants/{listing_owner(bruno)}/approve", {"commission_bps": 1})
    evil = quote(EVIL)
    return [
        *((alice, path) for path in ("/", "/cart", "/checkout", "/checkout?edit=1", "/orders", "/account", "/notices")),
        *((alice, path) for path in (f"/p/{listing['slug']}", f"/orders/{order['id']}", "/search?q=alert")),
        *((alice, path) for path in (f"/search?q={evil}", f"/search?filter.brand={evil}&filter.{evil}=x")),
        *((bruno, path) for path in ("/merchant", "/merchant/orders", f"/merchant/orders/{part}", "/notices")),
        *((bruno, path) for path in ("/merchant/imports", f"/merchant/imports/{job}", f"/merchant/listings?q={evil}")),
        *((bruno, path) for path in (f"/merchant/listings/{listing['id']}", f"/nothing/{evil}")),
        *((dana, path) for path in ("/operator/orders", "/operator/audit", f"/operator/ledger?ref={evil}")),
    ]


def test_markup_that_somebody_wrote_is_text_on_every_page(pages: list[tuple[Visitor, str]]) -> None:
    shown = 0
    for who, path in pages:
        for language in ("en", "zh"):
            answer = who.get(f"{path}{'&' if '?' in path else '?'}lang={language}", headers=PAGE)
            assert answer.status_code in (200, 404), path
            assert [sign for sign in SIGNS if sign in answer.text] == [], path
            shown += "&lt;script&gt;alert" in answer.text
    assert shown > 20, "the pages do not show what was written"


def imported(merchant: Visitor, feed: str) -> str:
    """Upload a feed whose name is markup too; returns the import's id when it is over."""
    files = {"feed": (f"{EVIL}.jsonl", feed.encode())}
    sent = merchant.client.post("/merchant/imports", data={"_csrf": merchant.refresh()}, files=files, headers=PAGE)
    job = sent.headers["location"].rpartition("/")[2]
    eventually(lambda: merchant.get(f"/api/merchant/imports/{job}").json()["state"] in ("done", "failed"))
    return job


def listing_owner(merchant: Visitor) -> str:
    """The merchant's id."""
    return str(merchant.get("/api/merchant").json()["id"])
