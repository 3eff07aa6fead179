"""Orders placed by many buyers at the same moment, and what became of each request."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from entrepot.cli.bench.shop import Shop, make_shop
from tests.journeys.buyers import Answer, Buyer, at_once
from tests.journeys.server import Server, environment
from tests.waiting import WAIT_S

PIECES = 1_000_000
OFFERS = 5


def open_shop(home: Path, environ: Mapping[str, str], buyers: int) -> Shop:
    """A home with goods and signed-in buyers."""
    settings = {name: value for name, value in environment(**environ).items() if name.startswith("ENTREPOT_")}
    return make_shop(home, settings, OFFERS, PIECES, buyers)


class Attempt:
    """One order that somebody tries to place: the same key and body however often it is sent."""

    def __init__(self, buyer: Buyer, wish: dict[str, object], key: str) -> None:
        self.headers = buyer.headers
        self.wish = wish
        self.key = key
        self.sent = False
        self.answer: Answer | None = None

    @property
    def is_in_flight(self) -> bool:
        """Sent, and neither answered nor broken off."""
        return self.sent and self.answer is None

    def send(self, address: str) -> Answer:
        """Send it, for the first time or again."""
        buyer = Buyer(address)
        buyer.headers = self.headers
        try:
            return buyer.call("POST", "/api/orders", self.wish, self.key, sent=self._mark)
        finally:
            buyer.close()

    def list_orders(self, address: str) -> list[str]:
        """The ids of every order of this buyer."""
        buyer = Buyer(address)
        buyer.headers = self.headers
        try:
            return [order["id"] for order in buyer.call("GET", "/api/orders?most=200").body["items"]]
        finally:
            buyer.close()

    def _mark(self) -> None:
        self.sent = True


def prepare(server: Server, shop: Shop, name: str, method: str = "tok_ok") -> list[Attempt]:
    """A filled and quoted cart for every buyer."""

    def fill(number: int, token: str) -> Callable[[], Attempt]:
        def act() -> Attempt:
            buyer = Buyer(server.address)
            buyer.headers = {**buyer.headers, "Cookie": f"entrepot={token}"}
            try:
                wish = {**buyer.fill(shop.offer_ids[number % len(shop.offer_ids)]), "method": method}
                return Attempt(buyer, wish, f"{name}-{number}")
            finally:
                buyer.close()

        return act

    return at_once([fill(number, token) for number, token in enumerate(shop.tokens)])


class Volley:
    """All attempts, sent at once from threads of their own."""

    def __init__(self, server: Server, attempts: Sequence[Attempt]) -> None:
        self.attempts = attempts
        self._threads = [threading.Thread(target=self._send, args=(each, server.address)) for each in attempts]
        for thread in self._threads:
            thread.start()

    @property
    def in_flight(self) -> int:
        """How many wait for an answer now."""
        return sum(attempt.is_in_flight for attempt in self.attempts)

    @property
    def is_over(self) -> bool:
        """Whether every request was answered or broken off."""
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def answered(self) -> int:
        """How many were answered."""
        return sum(attempt.answer is not None for attempt in self.attempts)

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for it closely, or until all is over: many are answered at once, perhaps between two looks."""
        until = time.monotonic() + WAIT_S
        while not (happened() or self.is_over):
            assert time.monotonic() < until, f"{self.answered} answered, {self.in_flight} in flight"
            time.sleep(0.001)

    def join(self) -> None:
        """Wait until every request was answered or broken off."""
        for thread in self._threads:
            thread.join(WAIT_S)

    def _send(self, attempt: Attempt, address: str) -> None:
        with suppress(OSError, http.client.HTTPException):  # then it is in doubt what became of it
            attempt.answer = attempt.send(address)
