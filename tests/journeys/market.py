"""The people of a market and what they do to open it, each by the requests that their browser or program would send."""

import json
from contextlib import closing
from typing import Any, NamedTuple

from httpx import HTTPTransport, Limits

from entrepot import group, ledger
from entrepot.group import Verdict
from entrepot.kernel import Database
from entrepot.settings import read_settings
from tests.cast import ALICE, BRUNO, DANA, PASSWORD, Person
from tests.journeys.server import Server
from tests.waiting import eventually
from tests.web.visitors import ADDRESS, Visitor

BEA = Person("Bea", "bea@example.com", "Bea's Cups")
DELIVERY_MINOR = 490
LAMPS_BPS, CUPS_BPS = 1_250, 777
SHEET = {"name": "Standard", "kind": "flat", "countries": ["*"], "currency": "USD"}
LAMPS = (
    {
        "external_id": "reading-lamp", "title": "Brass reading lamp", "brand": "Lumen", "category": "home/lamps",
        "description": "<p>A warm light over the left shoulder.</p>", "options": ["Shade"],
        "variants": [
            {"external_id": "rl-green", "options": {"Shade": "Green"}, "price_minor": 4_999, "currency": "USD",
             "quantity": 10, "weight_g": 900, "gtin": "4006381333931"},
            {"external_id": "rl-white", "options": {"Shade": "White"}, "price_minor": 5_499, "currency": "USD",
             "quantity": 10, "weight_g": 950},
        ],
        "reviews": [{"author": "Ana", "rating": 5, "title": "Bright", "body": "Just right."}],
    },
    {"external_id": "bulb", "title": "Warm light bulb", "category": "home/lamps",
     "variants": [{"price_minor": 333, "currency": "USD", "quantity": 500, "weight_g": 60}]},
)  # fmt: skip
CUPS = (
    {"external_id": "cup", "title": "Stoneware cup", "category": "home/kitchen",
     "variants": [{"price_minor": 1_201, "currency": "USD", "quantity": 25, "weight_g": 350}]},
    {"external_id": "teapot", "title": "Stoneware teapot", "category": "home/kitchen",
     "variants": [{"price_minor": 3_450, "currency": "USD", "weight_g": 1_100}]},
)  # fmt: skip


class Market(NamedTuple):
    """An open market and its people, each signed in."""

    server: Server
    dana: Visitor
    bruno: Visitor
    bea: Visitor

    def visitor(self) -> Visitor:
        """Somebody who was never here."""
        return visitor(self.server)

    def shopper(self, person: Person = ALICE) -> Visitor:
        """Somebody who opens an account to buy."""
        return open_account(self.server, person)

    def find(self, q: str) -> dict[str, Any]:
        """The product that a search finds first, once that has every word in its title. The index follows the catalogue
        within a moment, and in pieces: until then another product may be the best there is."""
        anybody, words = self.visitor(), set(q.split())

        def first() -> str | None:
            hits = anybody.get("/api/search", params={"q": q}).json()["hits"]
            return hits[0]["id"] if hits and words <= set(hits[0]["title"].casefold().split()) else None

        return dict(anybody.get(f"/api/products/{eventually(first)}").json())

    def offer(self, q: str, label: str = "") -> str:
        """The id of the offer of a product's variant."""
        return str(self._offer(q, label)["id"])

    def left(self, q: str, label: str = "") -> int:
        """How many of a variant a shopper can still buy."""
        return int(self._offer(q, label)["available"])

    def _offer(self, q: str, label: str) -> dict[str, Any]:
        variants = self.find(q)["variants"]
        return next(dict(each["offers"][0]) for each in variants if label in each["label"])

    def verify(self) -> list[Verdict]:
        """Every proof of every room, from the stored rows, in this process."""
        settings = read_settings(self.server.home, self.server.environ)
        with closing(Database(settings.database_url(self.server.home))) as database:
            database.write_now(ledger.seal)  # the clock would do it within a minute
            return list(group.verify(database))


def visitor(server: Server) -> Visitor:
    """Somebody with an empty browser, who leaves no connection open."""
    return Visitor(HTTPTransport(limits=Limits(max_keepalive_connections=0)), server.address)


def open_account(server: Server, person: Person) -> Visitor:
    """Sign up, which signs in."""
    somebody = visitor(server)
    account = {"email": person.email, "password": PASSWORD.reveal(), "name": person.name}
    assert somebody.post("/api/accounts", account).json() == {"confirm": False}
    return somebody


def open_market(server: Server) -> Market:
    """Dana sets the market up by the link that the server printed; two merchants apply, are approved, list goods."""
    dana = set_up(server)
    bruno = open_shop(server, dana, BRUNO, LAMPS_BPS)
    upload(bruno, LAMPS)
    bea = open_shop(server, dana, BEA, CUPS_BPS)
    upload(bea, CUPS)
    return Market(server, dana, bruno, bea)


def set_up(server: Server) -> Visitor:
    """The owner's first visit, by the forms of the one-time link."""
    dana = visitor(server)
    path = server.setup_path()
    page = dana.get(path)
    assert page.status_code == 200, page.text
    form = {"market": DANA.organisation or "", "currency": "USD", "countries": "*", "name": DANA.name,
            "email": DANA.email, "password": PASSWORD.reveal(), "token": path.partition("token=")[2]}  # fmt: skip
    answer = dana.form("/operator/setup", **form)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/operator"), answer.text
    dana.refresh()
    return dana


def open_shop(server: Server, dana: Visitor, person: Person, commission_bps: int) -> Visitor:
    """Apply, be approved, say where goods leave from and what delivery costs."""
    seller = open_account(server, person)
    applied = seller.post("/api/merchant", {"name": person.organisation, "country": "DE", "currency": "USD"})
    assert (applied.status_code, applied.json()["status"]) == (201, "pending"), applied.text
    (waiting,) = dana.get("/api/operator/merchants?status=pending").json()["items"]
    assert waiting["id"] == applied.json()["id"]
    path = f"/api/operator/merchants/{waiting['id']}/approve"
    assert dana.post(path, {"commission_bps": commission_bps}).json()["status"] == "approved"
    seller.refresh()
    assert seller.post("/api/merchant/locations", {"name": "Store", "address": ADDRESS}).status_code == 201
    sheet = {**SHEET, "steps": [{"weight_g_max": 100_000, "amount_minor": DELIVERY_MINOR}]}
    assert seller.post("/api/merchant/rate-sheets", sheet).status_code == 201
    return seller


def upload(seller: Visitor, products: tuple[dict[str, Any], ...] | bytes) -> dict[str, Any]:
    """Upload a feed and wait until it is imported."""
    content = products if isinstance(products, bytes) else "\n".join(map(json.dumps, products)).encode()
    headers = {"x-csrf-token": seller.refresh()}
    answer = seller.client.post("/api/merchant/imports", files={"feed": ("goods.jsonl", content)}, headers=headers)
    assert answer.status_code == 202, answer.text
    path = f"/api/merchant/imports/{answer.json()['id']}"
    ended = eventually(lambda: (job := seller.get(path).json())["state"] in ("done", "failed") and job)
    return dict(ended)
