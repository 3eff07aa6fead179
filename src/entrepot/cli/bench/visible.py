"""How long until a change is seen in every list: prices and stock change over HTTP while an import fills the shop.

Counted from the answer to the change until lists agree: a search filtered by the new price, the category in order of
price, and the total without what sold out. The control is one of these searches by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import msgspec

from entrepot.kernel import Unavailable

from .merchants import Browser, Made, Seller, make_market
from .report import Measured
from .shop import environment, serving

CHANGES = 60
FED = 40_000
LOST_S = 10.0


def measure_visible(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure on SQLite, and on PostgreSQL when given an address of an empty database."""
    measured = _measure(folder, None)
    return measured + (_measure(folder, postgres_url) if postgres_url else [])


def _measure(folder: Path, postgres_url: str | None) -> list[Measured]:
    environ, database = environment(postgres_url), "postgresql" if postgres_url else "sqlite"
    with TemporaryDirectory(dir=folder) as scratch:
        home = Path(scratch)
        made = make_market(home, environ, merchants=4, products=500)
        with serving(home, environ) as (address, _, _):
            watch = _Watch(address, made)
            watch.price()
            watch.stock()
            alone = [watch.look() for _ in range(30)]
            import_id = _feed(Browser(address, made.sellers[-1].token))
            prices = [watch.price() for _ in range(CHANGES)]
            stocks = [watch.stock() for _ in range(CHANGES)]
            fed = Browser(address, made.sellers[-1].token).get(f"/api/merchant/imports/{import_id}")[1]
    return [
        Measured(f"{database}: a search by itself, p50", median(alone), "ms"),
        *_bars(f"{database}: a price in every list", prices),
        *_bars(f"{database}: a stock in every list", stocks),
        Measured(f"{database}: rows imported meanwhile", float(msgspec.json.decode(fed)["cursor"]), ""),
    ]


class _Watch:
    """Changes an offer and looks until every list shows it."""

    def __init__(self, address: str, made: Made) -> None:
        self._seller: Seller = made.sellers[0]
        self._merchant, self._shopper = Browser(address, self._seller.token), Browser(address)
        self._price = 1_000_003
        self._own = f"filter.merchant={self._seller.merchant_id}"
        self._name = quote(self._seller.external_id)

    def look(self) -> float:
        """How long a search takes, in ms."""
        began = time.perf_counter()
        self._found(f"q={self._name}&{self._own}")
        return (time.perf_counter() - began) * 1_000

    def price(self) -> float:
        """Change the price; ms until it is seen."""
        self._price += 10
        self._merchant.change("PATCH", f"/api/merchant/offers/{self._seller.offer_id}", {"price_minor": self._price})
        return _until(lambda: self._is_listed(1) and self._dearest() == self._price)

    def stock(self) -> float:
        """Sell out and count again; ms until it is gone from every list, and until it is back, the longer one."""
        return max(self._count(0), self._count(9))

    def _count(self, pieces: int) -> float:
        body = {"location_id": self._seller.location_id, "on_hand": pieces}
        self._merchant.change("PUT", f"/api/merchant/offers/{self._seller.offer_id}/stock", body)
        return _until(lambda: self._is_listed(int(pieces > 0)))

    def _is_listed(self, times: int) -> bool:
        """Whether the lists that ask for this price hold the offer so often: the merchant's, and a search's."""
        exactly = f"filter.price={self._price}..{self._price}"
        found = (self._found(f"{exactly}&{self._own}"), self._found(f"q={self._name}&{exactly}"))
        return all(page["total"] == len(page["hits"]) == times for page in found)

    def _dearest(self) -> int:
        """The price of the dearest thing of the merchant."""
        return int(self._found(f"sort=-price&{self._own}&limit=1")["hits"][0]["price"])

    def _found(self, query: str) -> Any:
        status, text = self._shopper.get(f"/api/search?{query}")
        assert status == 200, text
        return msgspec.json.decode(text)


def _until(is_seen: Callable[[], bool]) -> float:
    began = time.perf_counter()
    while not is_seen():
        if time.perf_counter() - began > LOST_S:
            raise Unavailable(f"A change was not seen within {LOST_S:g} s")
    return (time.perf_counter() - began) * 1_000


def _feed(browser: Browser) -> str:
    """Begin to import a feed that takes longer than the measuring; returns its id."""
    rows = b"\n".join(msgspec.json.encode(_row(n)) for n in range(FED))
    mark = "feed-of-the-bench"
    head = f'--{mark}\r\nContent-Disposition: form-data; name="feed"; filename="feed.jsonl"\r\n\r\n'
    body = head.encode() + rows + f"\r\n--{mark}--\r\n".encode()
    csrf = msgspec.json.decode(browser.get("/api/session")[1])["csrf_token"]
    headers = {"Content-Type": f"multipart/form-data; boundary={mark}", "X-CSRF-Token": csrf}
    status, text = browser.send("POST", "/api/merchant/imports", body, {**headers, "Idempotency-Key": mark})
    assert status < 300, text[:300]
    return str(msgspec.json.decode(text)["id"])


def _row(n: int) -> dict[str, Any]:
    variant = {"price_minor": 1_000 + n, "currency": "USD", "quantity": 5}
    return {"external_id": f"fed-{n}", "title": f"Fed thing number {n}", "variants": [variant]}


def _bars(what: str, times: list[float]) -> list[Measured]:
    p95 = quantiles(times, n=20)[-1]
    return [
        Measured(f"{what}, p50", median(times), "ms", floor=200, goal=50, less_is_better=True),
        Measured(f"{what}, p95", p95, "ms", floor=200, goal=50, less_is_better=True),
    ]
