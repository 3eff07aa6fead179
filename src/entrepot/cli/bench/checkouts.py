"""Checkouts per second over HTTP: eight signed-in clients, three requests each, counted when the order is paid.

The requests: put a line in the cart, say where it goes (which quotes the delivery), place. The control is how many
4 KiB appends the disk promises in a second.
"""

from __future__ import annotations

import http.client
import threading
import time
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import msgspec

from entrepot.kernel import Unavailable

from .disk import Appending
from .report import Measured
from .shop import ADDRESS, environment, make_shop, serving

CLIENTS = 8
SECONDS = 10.0
WARM_S = 2.0
FLOORS = {"sqlite": (40.0, 100.0), "postgresql": (30.0, 60.0)}
_JSON = {"Content-Type": "application/json"}


class Client:
    """A signed-in buyer on one connection."""

    def __init__(self, address: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        self._headers = {**_JSON, "Cookie": f"entrepot={token}"}
        self._headers["X-CSRF-Token"] = self._call("GET", "/api/session", None)["csrf_token"]
        self._placed = 0

    def check_out(self, offer_id: str) -> bool:
        """Buy one piece; whether the answer said that it is paid."""
        self._call("PUT", "/api/cart/lines", {"offer_id": offer_id, "quantity": 1})
        where = {"address": ADDRESS, "email": "alice@example.org"}
        checkout = self._call("POST", "/api/cart/quote", where)
        wish = {
            "quote_ids": checkout["quote_ids"],
            "method": "tok_ok",
            "expected_total_minor": checkout["total_minor"],
        }
        self._placed += 1
        placed = self._call("POST", "/api/orders", wish, key=f"{id(self)}-{self._placed}")
        return bool(placed["status"] == "paid")

    def _call(self, method: str, path: str, body: object, key: str | None = None) -> Any:
        headers = {**self._headers, "Idempotency-Key": key} if key else self._headers
        content = None if body is None else msgspec.json.encode(body)
        self._connection.request(method, path, content, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise Unavailable(f"{method} {path} answered {response.status}: {answer[:300].decode(errors='replace')}")
        return msgspec.json.decode(answer)


def measure_checkouts(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure on SQLite, and on PostgreSQL when given an address of an empty database."""
    with TemporaryDirectory(dir=folder) as home:
        measured = _measure(Path(home), None)
    if postgres_url is not None:
        with TemporaryDirectory(dir=folder) as home:
            measured += _measure(Path(home), postgres_url)
    return measured


def _measure(home: Path, postgres_url: str | None) -> list[Measured]:
    database = "postgresql" if postgres_url else "sqlite"
    environ = environment(postgres_url)
    shop = make_shop(home, environ, offers=200, pieces=1_000_000, buyers=CLIENTS)
    appends = _appends_per_second(home)
    with serving(home, environ) as (address, _, _):
        clients = [Client(address, token) for token in shop.tokens]
        _run(clients, shop.offer_ids, WARM_S)
        took_s, paid, times = _run(clients, shop.offer_ids, SECONDS)
    floor, goal = FLOORS[database]
    rate = paid / took_s
    return [
        Measured(f"{database}: checkouts, {CLIENTS} clients", rate, "/s", floor=floor, goal=goal),
        Measured(f"{database}: of them not paid in 3 s", float(len(times) - paid), "", floor=0, less_is_better=True),
        Measured(f"{database}: one checkout, three requests, p50", median(times) * 1_000, "ms"),
        Measured(f"{database}: one checkout, three requests, p99", quantiles(times, n=100)[98] * 1_000, "ms"),
        Measured(f"{database}: control, 4 KiB append and fdatasync", appends, "/s"),
        Measured(f"{database}: checkouts to the control", rate / appends, "", control="appends"),
    ]


def _run(clients: list[Client], offer_ids: tuple[str, ...], seconds: float) -> tuple[float, int, list[float]]:
    """All clients at once for so long; how long it took, how many were paid, and how long each took."""
    times: list[float] = []
    paid: list[bool] = []
    failures: list[BaseException] = []
    until = time.perf_counter() + seconds

    def buy(number: int, client: Client) -> None:
        bought = number
        try:
            while time.perf_counter() < until:
                started = time.perf_counter()
                paid.append(client.check_out(offer_ids[bought % len(offer_ids)]))
                times.append(time.perf_counter() - started)
                bought += len(clients)
        except BaseException as error:
            failures.append(error)

    started = time.perf_counter()
    threads = [threading.Thread(target=buy, args=(number, client)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - started, sum(paid), times


def _appends_per_second(folder: Path, count: int = 2_000) -> float:
    control = Appending(folder / "control")
    try:
        started = time.perf_counter()
        for _ in range(count):
            control.once()
        return count / (time.perf_counter() - started)
    finally:
        control.close()
