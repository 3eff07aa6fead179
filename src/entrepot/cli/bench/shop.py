"""A shop to be measured: a home with a merchant, goods and buyers, and a real server process over it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from entrepot import catalog, deliver, group, identity
from entrepot.app import open_home
from entrepot.catalog import MerchantApplication, ProductDraft, VariantDraft
from entrepot.deliver import RateSheetDraft
from entrepot.group import Market
from entrepot.identity import Address, Role, Scope, SignUp
from entrepot.kernel import DAY, Tx, Unavailable

NO_PASSWORD = "!"
ADDRESS = Address(
    name="Alice", line1="1 Quay", line2="", city="Boston", region="MA", postal_code="02110", country="US", phone=""
)
READY_S = 60


class Shop(msgspec.Struct, frozen=True):
    """What there is to buy, and the session tokens of those who buy."""

    offer_ids: tuple[str, ...]
    tokens: tuple[str, ...]


def make_shop(
    home: Path, environ: Mapping[str, str], offers: int, pieces: int, buyers: int,
    title: Callable[[int], str] = "Bench thing number {}".format,
) -> Shop:  # fmt: skip
    """Fill an empty home: one merchant, so many offers of so many pieces, and so many signed-in buyers."""
    entrepot = open_home(home, environ)
    try:
        shop = entrepot.database.write_now(lambda tx: _fill(tx, offers, pieces, buyers, title))
        entrepot.settle()
        return shop
    finally:
        entrepot.close()


def _fill(tx: Tx, offers: int, pieces: int, buyers: int, title: Callable[[int], str]) -> Shop:
    dana, platform = group.open_market(tx, Market("Bench"), SignUp("dana@example.org", NO_PASSWORD, "Dana", "en"))
    operator = Scope(dana, platform, frozenset({Role.OPERATOR}))
    bruno = _person(tx, "bruno")
    merchant = catalog.apply_as_merchant(tx, Scope(bruno), MerchantApplication("Bench shop", "US", "USD"))
    catalog.approve_merchant(tx, operator, merchant.id, 800)
    seller = Scope(bruno, merchant.id, frozenset({Role.MERCHANT}))
    place = deliver.add_location(tx, seller, "Warehouse", ADDRESS)
    deliver.save_rate_sheet(tx, seller, RateSheetDraft("Standard", "flat", ("*",), "USD", ((1_000_000, 490),)))
    drafts = [_draft(n, pieces, title(n)) for n in range(offers)]
    saved = catalog.save_products(tx, seller, merchant.id, drafts, place.id)
    views = [catalog.get_product(tx, product_id) for product_id in saved.products.values()]
    tokens = [identity.open_session(tx, _person(tx, f"alice{n}"), DAY)[1] for n in range(buyers)]
    return Shop(tuple(view.offers[0].id for view in views), tuple(token.reveal() for token in tokens))


def _person(tx: Tx, name: str) -> str:
    user = identity.sign_up(tx, SignUp(f"{name}@example.org", NO_PASSWORD, name.capitalize(), "en"))
    assert user is not None
    return user.id


def _draft(n: int, pieces: int, title: str) -> ProductDraft:
    variant = VariantDraft(price_minor=1_990 + n, currency="USD", quantity=pieces, weight_g=300)
    return ProductDraft(external_id=f"bench-{n}", title=title, variants=(variant,))


@contextmanager
def serving(home: Path, environ: Mapping[str, str], workers: int = 1) -> Iterator[tuple[str, int, float]]:
    """A server process over a home; gives its address, its process id and how many seconds it took to be ready."""
    words = [sys.executable, "-m", "entrepot", "--home", str(home), "serve", "--port", "0", "--workers", str(workers)]
    log = (home / "serve.log").open("wb")
    started = time.perf_counter()
    process = subprocess.Popen(words, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        yield _address(process), process.pid, time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    until = time.monotonic() + READY_S
    for line in process.stdout:
        if found := re.search(r"https?://\S+", line):
            return found.group().rstrip("/")
        if time.monotonic() > until:
            break
    raise Unavailable("The server did not become ready: look at serve.log in its home")


def environment(postgres_url: str | None) -> dict[str, str]:
    """What tells the server which database to use, and to be quiet."""
    quiet = {"ENTREPOT_SERVE__LOG_LEVEL": "WARNING", "ENTREPOT_SERVE__RATE_LIMITS": "false"}
    return {**quiet, "ENTREPOT_DATABASE_URL": postgres_url} if postgres_url else quiet
