"""Somebody with a browser or a program: keeps cookies, sends the token that changes need, knows a key."""

from __future__ import annotations

import itertools
from typing import Any

from httpx import BaseTransport, Client, Response

from entrepot.identity import Address
from tests.cast import PASSWORD, Person
from tests.waiting import WAIT_S, eventually

PAGE = {"accept": "text/html"}
HOME = Address(name="Alice Adler", line1="1 Quay Street", city="Hamburg", postal_code="20095", country="DE")
ADDRESS = {"name": HOME.name, "line1": HOME.line1, "city": HOME.city, "postal_code": "20095", "country": "DE"}

DECIDED = ("tok_ok", "tok_decline")
"""Ways to pay that say at once what became of it."""

_keys = itertools.count(1)


class Visitor:
    """Uses the JSON API as a page's script would."""

    def __init__(self, calls: BaseTransport, base_url: str = "http://shop.example") -> None:
        self.client = Client(transport=calls, base_url=base_url, timeout=WAIT_S)
        self.token: str | None = None

    def get(self, path: str, **options: Any) -> Response:
        """Read."""
        return self.client.get(path, **options)

    def change(self, method: str, path: str, json: Any = None, *, key: str | None = None, **options: Any) -> Response:
        """Change something, with the token; with a fresh idempotency key unless one is given."""
        headers = {"idempotency-key": key or f"key-{next(_keys)}", **options.pop("headers", {})}
        if self.token is not None:
            headers.setdefault("x-csrf-token", self.token)
        answer = self.client.request(method, path, json=json, headers=headers, **options)
        if "set-cookie" in answer.headers:
            self.refresh()
        return answer

    def post(self, path: str, json: Any = None, **options: Any) -> Response:
        """Change something by POST."""
        return self.change("POST", path, json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> Response:
        """Change something by PUT."""
        return self.change("PUT", path, json, **options)

    def form(self, path: str, **fields: str) -> Response:
        """Send a form, with the token that its page holds."""
        data = {"_csrf": self.refresh(), "_key": f"key-{next(_keys)}", **fields}
        return self.client.post(path, data=data, headers=PAGE)

    def refresh(self) -> str:
        """Ask for the token anew: it belongs to the session."""
        self.token = str(self.get("/api/session").json()["csrf_token"])
        return self.token

    def sign_in(self, person: Person) -> Visitor:
        """As one of the cast."""
        answer = self.post("/api/session", {"email": person.email, "password": PASSWORD.reveal()})
        assert answer.status_code == 201, answer.text
        return self

    def buy(self, offer_id: str, quantity: int = 1, method: str = "tok_ok") -> dict[str, Any]:
        """From an empty cart to an order."""
        line = self.put("/api/cart/lines", {"offer_id": offer_id, "quantity": quantity})
        assert line.status_code == 200, line.text
        quoted = self.post("/api/cart/quote", {"address": ADDRESS, "email": "alice@example.com"}).json()
        placed = self.post("/api/orders", wish(quoted, method))
        assert placed.status_code == 201, placed.text
        return self.decided(placed.json()) if method in DECIDED else dict(placed.json())

    def decided(self, order: dict[str, Any]) -> dict[str, Any]:
        """An order of theirs once its payment is decided: on a busy machine the answer may not have waited for it."""
        if order["status"] != "awaiting_payment":
            return dict(order)
        path = f"/api/orders/{order['id']}"
        return dict(eventually(lambda: (seen := self.get(path).json())["status"] != "awaiting_payment" and seen))


def wish(checkout: dict[str, Any], method: str = "tok_ok") -> dict[str, Any]:
    """To take a checkout as it was shown."""
    return {
        "quote_ids": checkout["quote_ids"],
        "method": method,
        "expected_total_minor": checkout["total_minor"],
    }
