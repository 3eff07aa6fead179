"""A market of many merchants to be measured: each with goods in categories, of brands, in colours and sizes."""

from __future__ import annotations

import http.client
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import msgspec

from entrepot import catalog, deliver, group, identity
from entrepot.app import open_home
from entrepot.catalog import MerchantApplication, ProductDraft, VariantDraft
from entrepot.deliver import RateSheetDraft
from entrepot.group import Market
from entrepot.identity import Role, Scope, SignUp
from entrepot.kernel import DAY, Database, Lane, Tx

from .shop import ADDRESS, NO_PASSWORD
from .trade import trade

PER_COMMAND = 250
KINDS = ("Lamp", "Sofa", "Kettle", "Jacket", "Headphones", "Table", "Shoe", "Bottle", "Watch", "Rug")
MAKERS = ("Aurora", "Borea", "Caldera", "Delphin", "Estrel", "Fjord", "Gallo", "Helio")
COLOURS = ("black", "white", "red", "blue", "green")
SIZES = ("S", "M", "L")


class Seller(msgspec.Struct, frozen=True):
    """A merchant of the market: who acts for it, where its goods lie, one of its offers."""

    token: str
    merchant_id: str
    location_id: str
    offer_id: str
    external_id: str
    slug: str


class Made(msgspec.Struct, frozen=True):
    """The market's people, by session token; and who its operator is."""

    operator: str
    scope: Scope
    sellers: tuple[Seller, ...]


def make_market(
    home: Path, environ: Mapping[str, str], merchants: int, products: int, orders: int = 0, busy: int = 1
) -> Made:
    """Fill an empty home with so many merchants, each with so many products and orders, and index them.

    The merchant in the middle is busy: it has so many times as many orders.
    """
    entrepot = open_home(home, environ)
    try:
        made = fill_market(entrepot.database, merchants, products)
        if orders:
            sellers = [seller.merchant_id for seller in made.sellers]
            trade(entrepot, made.scope, sellers, orders, sellers[len(sellers) // 2], busy)
        entrepot.settle()
        return made
    finally:
        entrepot.close()


def fill_market(database: Database, merchants: int, products: int) -> Made:
    """The same in an opened database, without the index."""
    dana, platform = database.write_now(
        lambda tx: group.open_market(tx, Market("Bench"), SignUp("dana@example.org", NO_PASSWORD, "Dana", "en"))
    )
    operator = Scope(dana, platform, frozenset({Role.OPERATOR}))
    token = database.write_now(lambda tx: identity.open_session(tx, dana, DAY)[1])
    random = Random(3)
    sellers = tuple(_sell(database, operator, number, products, random) for number in range(merchants))
    return Made(token.reveal(), operator, sellers)


def _sell(database: Database, operator: Scope, number: int, products: int, random: Random) -> Seller:
    seller, place, token = database.write_now(lambda tx: _open(tx, operator, number))
    merchant_id, first = str(seller.organisation), ""
    drafts = [_draft(number, n, random) for n in range(products)]
    for start in range(0, products, PER_COMMAND):
        part = drafts[start : start + PER_COMMAND]

        def save(tx: Tx, part: list[ProductDraft] = part) -> str:
            saved = catalog.save_products(tx, seller, merchant_id, part, place)
            return list(saved.products.values())[min(1, len(part) - 1)]  # the second has one variant

        made = database.write_now(save, Lane.BULK)
        first = first or made
    view = database.read_now(lambda snapshot: catalog.get_product(snapshot, first))
    return Seller(token, merchant_id, place, view.offers[0].id, view.external_id, view.slug)


def _open(tx: Tx, operator: Scope, number: int) -> tuple[Scope, str, str]:
    user = identity.sign_up(tx, SignUp(f"seller{number}@example.org", NO_PASSWORD, f"Seller {number}", "en"))
    assert user is not None
    merchant = catalog.apply_as_merchant(tx, Scope(user.id), MerchantApplication(f"Shop {number}", "US", "USD"))
    catalog.approve_merchant(tx, operator, merchant.id, 800)
    seller = Scope(user.id, merchant.id, frozenset({Role.MERCHANT}))
    place = deliver.add_location(tx, seller, "Warehouse", ADDRESS)
    deliver.save_rate_sheet(tx, seller, RateSheetDraft("Standard", "flat", ("*",), "USD", ((1_000_000, 490),)))
    session, token = identity.open_session(tx, user.id, DAY)
    identity.switch_organisation(tx, session, merchant.id)
    return seller, place.id, token.reveal()


def _draft(merchant: int, n: int, random: Random) -> ProductDraft:
    kind, maker = random.choice(KINDS), random.choice(MAKERS)
    return ProductDraft(
        external_id=f"m{merchant}-{n}",
        title=f"{maker} {kind.lower()} {merchant}-{n}",
        brand=maker,
        category=f"Home > {kind}s",
        description=f"A {random.choice(COLOURS)} {kind.lower()} that lasts, number {n} of shop {merchant}.",
        attributes={"material": random.choice(("steel", "oak", "wool"))},
        variants=tuple(_variants(n, random)),
    )


def _variants(n: int, random: Random) -> Iterator[VariantDraft]:
    price = random.randrange(500, 90_000)
    many = [{"Color": colour, "Size": size} for colour in COLOURS[:2] for size in SIZES[:2]] if n % 5 == 0 else [{}]
    for place, options in enumerate(many):
        quantity = random.randrange(0, 40)
        yield VariantDraft(
            price + 100 * place, "USD", external_id=str(place), options=options, quantity=quantity, weight_g=300
        )


class Browser:
    """Somebody's requests on one connection."""

    def __init__(self, address: str, token: str = "") -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._keys = itertools.count()
        self._headers = {"Cookie": f"entrepot={token}"} if token else {}

    def get(self, path: str) -> tuple[int, str]:
        """The status and the text of an answer; redirects are not followed."""
        return self.send("GET", path, None, {})

    def change(self, method: str, path: str, body: object) -> Any:
        """Change something through the API."""
        csrf = msgspec.json.decode(self.get("/api/session")[1])["csrf_token"]
        key = f"change-{next(self._keys)}"
        headers = {"Content-Type": "application/json", "X-CSRF-Token": csrf, "Idempotency-Key": key}
        status, text = self.send(method, path, msgspec.json.encode(body), headers)
        assert status < 300, f"{method} {path} answered {status}: {text[:300]}"
        return msgspec.json.decode(text)

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, str]:
        """One request."""
        self._connection.request(method, path, body, {**self._headers, **headers})
        response = self._connection.getresponse()
        return response.status, response.read().decode(errors="replace")
