"""Guests who buy over plain connections, many at once: light enough that the server is what works."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from tests.waiting import WAIT_S
from tests.web.visitors import ADDRESS, wish

T = TypeVar("T")
IDLE_S = 1.0


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: dict[str, Any]


class Buyer:
    """A guest of the JSON API, with a cookie and a token as a browser would keep them, on one connection."""

    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.headers = {"Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None
        self._answered_at = 0.0
        self._twins: list[Buyer] = []

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        key: str | None = None,
        sent: Callable[[], None] = lambda: None,
    ) -> Answer:
        """One request, and its whole answer; `sent` is called between the two."""
        if time.monotonic() - self._answered_at > IDLE_S:
            self.hang_up()  # a server that waited for seconds may close it at this moment
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.host, timeout=WAIT_S)
        headers = {**self.headers, "Idempotency-Key": key} if key else self.headers
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        sent()
        answer = self._connection.getresponse()
        content = answer.read()
        self._answered_at = time.monotonic()
        if cookies := [each.partition(";")[0] for each in answer.headers.get_all("Set-Cookie", [])]:
            self.headers = {**self.headers, "Cookie": "; ".join(cookies)}
        is_json = answer.headers.get_content_type().endswith("json")
        return Answer(answer.status, json.loads(content) if is_json else None)

    def fill(self, offer_id: str, quantity: int = 1) -> dict[str, Any]:
        """Have this in the cart; gives the wish that takes the checkout as it was quoted."""
        if "Cookie" in self.headers:
            self._take_token()
        line = self.call("PUT", "/api/cart/lines", {"offer_id": offer_id, "quantity": quantity})
        assert line.status == 200, line
        self._take_token()
        quoted = self.call("POST", "/api/cart/quote", {"address": ADDRESS, "email": "guest@example.com"})
        assert quoted.status == 200, quoted
        return wish(quoted.body)

    def _take_token(self) -> None:
        """What changes need once there is a session."""
        if "X-CSRF-Token" not in self.headers:
            token = self.call("GET", "/api/session").body["csrf_token"]
            self.headers = {**self.headers, "X-CSRF-Token": str(token)}

    def twin(self) -> Buyer:
        """The same guest on a connection of its own, which ends with this one."""
        twin = Buyer(f"http://{self.host}")
        twin.headers = self.headers
        self._twins.append(twin)
        return twin

    def close(self) -> None:
        """Hang up."""
        for twin in self._twins:
            twin.close()
        self.hang_up()

    def hang_up(self) -> None:
        """The next request comes on a new connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def at_once(acts: Iterable[Callable[[], T]]) -> list[T]:
    """Do all of it at the same moment, each on a thread of its own; their results in order."""
    acts = list(acts)
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        start.wait(WAIT_S)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))
