"""How long the pages of a large market take: every page of both consoles and of the storefront that a link leads to.

400 merchants with 500 products each; every kind of page is asked for a few times, the slowest kind is named. The
control is the page that asks for nothing: `/healthz`.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from .merchants import Browser, make_market
from .report import Measured
from .shop import environment, serving

MERCHANTS, PRODUCTS = 400, 500
ASKED = 3
LIMIT_MS = 300.0
PAGES_MAX = 120
_LINK = re.compile(r'href="(/[^"#]*)')
_ID = re.compile(r"^(?:[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}|[0-9]+|.*-[0-9]+-[0-9]+.*)$")
_LEFT_ALONE = ("/static", "/m/", "/c/", "/sign", "/openapi", "/docs")


def measure_consoles(
    folder: Path, postgres_url: str | None = None, merchants: int = MERCHANTS, products: int = PRODUCTS
) -> list[Measured]:
    """Measure on SQLite, or on PostgreSQL when given the address of an empty database."""
    environ = environment(postgres_url)
    with TemporaryDirectory(dir=folder) as scratch:
        home = Path(scratch)
        began = time.perf_counter()
        made = make_market(home, environ, merchants, products)
        filled_s = time.perf_counter() - began
        with serving(home, environ) as (address, _, _):
            seller = made.sellers[len(made.sellers) // 2]
            idle = _asked(Browser(address), "/healthz")
            measured = [
                *_measure("merchant's console", Browser(address, seller.token), ["/merchant"], "/merchant"),
                *_measure("operator's console", Browser(address, made.operator), ["/operator"], "/operator"),
                *_measure("storefront", Browser(address), ["/", "/search", f"/p/{seller.slug}"], ""),
            ]
    return [
        Measured(f"{merchants} merchants with {products} products each, filled", merchants * products / filled_s, "/s"),
        Measured("a request that asks for nothing", idle, "ms"),
        *measured,
    ]


def kind_of(path: str) -> str:
    """The kind of page of an address: its parts without ids, and the names of what it asks for."""
    path, _, query = path.partition("?")
    parts = ["*" if _ID.match(part) or (path.startswith("/p/") and part != "p") else part for part in path.split("/")]
    names = sorted({pair.partition("=")[0] for pair in query.split("&") if pair})
    return "/".join(parts) + ("?" + "&".join(names) if names else "")


def links_of(text: str, inside: str) -> Iterable[str]:
    """The addresses that a page leads to."""
    for link in _LINK.findall(text):
        address = unescape(link)
        if address.startswith(inside or "/") and not address.startswith(_LEFT_ALONE):
            yield address


def _measure(who: str, browser: Browser, begin: list[str], inside: str) -> list[Measured]:
    """The slowest kind of page, and the middle one."""
    times: dict[str, float] = {}
    waiting = deque(begin)
    while waiting and len(times) < PAGES_MAX:
        path = waiting.popleft()
        if kind_of(path) in times:
            continue
        status, text = browser.get(path)
        times[kind_of(path)] = _asked(browser, path)
        if status == 200:
            waiting.extend(link for link in links_of(text, inside) if kind_of(link) not in times)
    slowest = max(times, key=lambda kind: times[kind])
    return [
        Measured(f"{who}: {len(times)} kinds of pages, the middle one", median(times.values()), "ms"),
        Measured(f"{who}: the slowest ({slowest})", times[slowest], "ms", floor=LIMIT_MS, less_is_better=True),
    ]


def _asked(browser: Browser, path: str) -> float:
    """How long the middle one of a few requests takes."""
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        browser.get(path)
        times.append((time.perf_counter() - began) * 1_000)
    return median(times)
