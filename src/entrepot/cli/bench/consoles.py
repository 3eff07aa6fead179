"""How long the pages of a large market take: every page of both consoles, and of the storefront that a link leads to.

400 merchants with 500 products each, with orders in each state, returns, disputes, payouts, reviews, imports and what
else a console lists. Every kind of page is asked for a few times, the slowest kind is named, and so are pages of the
consoles to which nothing led: they were not measured. The control is the page that asks for nothing: `/healthz`.
"""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from litestar.handlers import HTTPRouteHandler

from entrepot.web.pages import ROUTES

from .merchants import Browser, make_market
from .report import Measured
from .shop import environment, serving

MERCHANTS, PRODUCTS = 400, 500
ORDERS, BUSY = 7, 60
"""Orders of a merchant, one in each state; and how many times as many the one has whose console is walked."""
ASKED = 3
OF_A_KIND, TIMED = 10, 3
"""Pages of a kind that are looked at, for one may lead where another does not; and how many of them are timed."""
LIMIT_MS = 300.0
PAGES_MAX = 150
_LINK = re.compile(r'href="(/[^"#]*)|<form(?![^>]*post)[^>]* action="(/[^"#]*)')
_ID = re.compile(r"^(?:[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}|[0-9]+|.*-[0-9]+-[0-9]+.*)$")
_LEFT_ALONE = ("/static", "/m/", "/c/", "/sign", "/openapi", "/docs")
_SETUP = "/operator/setup"
"""Only for whoever has the link of a home that is new."""


def measure_consoles(
    folder: Path, postgres_url: str | None = None, merchants: int = MERCHANTS, products: int = PRODUCTS
) -> list[Measured]:
    """Measure on SQLite, or on PostgreSQL when given the address of an empty database."""
    environ = environment(postgres_url)
    with TemporaryDirectory(dir=folder) as scratch:
        home = Path(scratch)
        began = time.perf_counter()
        made = make_market(home, environ, merchants, products, ORDERS, BUSY)
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
    for link, form in _LINK.findall(text):
        address = unescape(link or form)
        if address.startswith(inside or "/") and not address.startswith(_LEFT_ALONE) and "lang=" not in address:
            yield address


def console_routes(inside: str) -> list[str]:
    """The addresses of a console's pages, as patterns."""
    routes = (route for route in ROUTES if isinstance(route, HTTPRouteHandler) and "GET" in route.http_methods)
    paths = {path for route in routes for path in route.paths if f"{path}/".startswith(f"{inside}/")}
    return sorted(re.sub(r"{[^}]*}", "*", path) for path in paths - {_SETUP})


def not_visited(inside: str, kinds: Iterable[str]) -> list[str]:
    """Pages of a console that are none of these kinds."""
    seen = {kind.partition("?")[0] for kind in kinds}
    return [
        pattern for pattern in console_routes(inside)
        if not any(re.fullmatch(re.escape(pattern).replace(r"\*", "[^/]+"), each) for each in seen)
    ]  # fmt: skip


def _measure(who: str, browser: Browser, begin: list[str], inside: str) -> list[Measured]:
    """The slowest kind of page, the middle one, and what went wrong."""
    times, failed = _walk(browser, begin, inside)
    slowest = max(times, key=lambda kind: times[kind])
    found = [
        Measured(f"{who}: {len(times)} kinds of pages, the middle one", median(times.values()), "ms"),
        Measured(f"{who}: the slowest ({slowest})", times[slowest], "ms", floor=LIMIT_MS, less_is_better=True),
    ]
    wrong = {"that answer an error": failed, "not measured": not_visited(inside, times) if inside else []}
    for what, kinds in wrong.items():
        named = f" ({', '.join(kinds)})" if kinds else ""
        found.append(Measured(f"{who}: pages {what}{named}", len(kinds), "", floor=0, less_is_better=True))
    return found


def _walk(browser: Browser, begin: list[str], inside: str) -> tuple[dict[str, float], list[str]]:
    """How long each kind of page takes, at its slowest, and the kinds of which one answers an error."""
    times: dict[str, float] = {}
    failed: list[str] = []
    visits: Counter[str] = Counter()
    waiting, asked = deque(begin), set(begin)
    while waiting:
        path = waiting.popleft()
        kind = kind_of(path)
        if visits[kind] == OF_A_KIND or (kind not in times and len(times) == PAGES_MAX):
            continue
        visits[kind] += 1
        status, text = browser.get(path)
        if status >= 400 and kind not in failed:
            failed.append(kind)
        if visits[kind] <= TIMED:
            times[kind] = max(times.get(kind, 0.0), _asked(browser, path))
        leads = [link for link in links_of(text, inside) if link not in asked] if status == 200 else []
        asked.update(leads)
        waiting.extend(leads)
    return times, failed


def _asked(browser: Browser, path: str) -> float:
    """How long the middle one of a few requests takes."""
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        browser.get(path)
        times.append((time.perf_counter() - began) * 1_000)
    return median(times)
