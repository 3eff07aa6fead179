"""A shop of another program moves in: the magento-luma folder is imported, found, bought of beside another merchant."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from entrepot.cli import main
from tests.cast import ALICE, BRUNO, Person
from tests.journeys.conftest import BOTH, database_for
from tests.journeys.market import (
    BEA,
    CUPS,
    CUPS_BPS,
    DELIVERY_MINOR,
    LAMPS_BPS,
    Market,
    open_shop,
    set_up,
    upload,
)
from tests.journeys.server import serving
from tests.journeys.test_purchase import check_payout, fill, look, place, scan, seller_minor
from tests.tidy.tree import ROOT
from tests.waiting import eventually

DATA = Path(os.environ.get("ENTREPOT_DATA", ROOT.parent / "shared" / "data")) / "magento-luma"
PRODUCTS = 186
"""Configurable products and single ones, as the folder's own description counts them."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the magento-luma data is not beside this repository"),
]


@pytest.fixture(scope="module", params=BOTH)
def market(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """Bruno's shop is to be imported; Bea's is there."""
    pytest.importorskip("pyarrow")
    home = tmp_path_factory.mktemp("home")
    with database_for(request) as environ, serving(home, environ) as server:
        dana = set_up(server)
        bruno = open_shop(server, dana, BRUNO, LAMPS_BPS)
        bea = open_shop(server, dana, BEA, CUPS_BPS)
        upload(bea, CUPS)
        yield Market(server, dana, bruno, bea)


def test_an_imported_shop_sells_beside_another(market: Market) -> None:
    """Imported from the command line while the market is open; its goods are found within a moment of the end."""
    merchant_id = market.bruno.get("/api/merchant").json()["id"]
    words = ["--home", str(market.server.home), "import", str(DATA), "--merchant", merchant_id]
    first = CliRunner().invoke(main, words, env=market.server.environ)
    assert first.exit_code == 0, first.output
    hoodie = market.find("chaz kangeroo hoodie")
    assert hoodie["title"] == "Chaz Kangeroo Hoodie"
    assert {option["name"] for option in hoodie["options"]} == {"Size", "Color"}
    picture = market.visitor().get(f"/m/{picture_of(hoodie)}/320.webp")
    assert Image.open(io.BytesIO(picture.content)).width <= 320

    variant = next(each for each in hoodie["variants"] if each["options"] == {"Size": "M", "Color": "Orange"})
    alice = market.shopper(Person(ALICE.name, "alice@example.com"))
    order = place(alice, fill(alice, {variant["offers"][0]["id"]: 2, market.offer("stoneware cup"): 1}))
    assert order["status"] == "paid"
    assert {"Chaz Kangeroo Hoodie", "Stoneware cup"} == {s["lines"][0]["title"] for s in order["sellers"]}
    for merchant in (market.bruno, market.bea):
        send(merchant)
    assert eventually(lambda: look(alice, order)["stage"] == "delivered")
    for seller in order["sellers"]:
        assert alice.post(f"/api/seller-orders/{seller['id']}/confirm").json()["status"] == "completed"
    assert market.dana.post("/api/operator/payouts").status_code == 200
    lamps_minor = seller_minor(2 * variant["offers"][0]["price_minor"], LAMPS_BPS)
    check_payout(market.bruno, lamps_minor + DELIVERY_MINOR)  # sent by the merchants' own sheets
    check_payout(market.bea, seller_minor(1_201, CUPS_BPS) + DELIVERY_MINOR)
    assert [breach for verdict in market.verify() for breach in verdict.breaches] == []

    again = CliRunner().invoke(main, words, env=market.server.environ)
    assert again.exit_code == 0, again.output
    newest = market.bruno.get("/api/merchant/imports").json()["items"][0]["counts"]
    assert newest["created"] == newest["changed"] == 0
    assert newest["unchanged"] >= PRODUCTS


def send(merchant: Any) -> None:
    """Send by an own van, and scan the parcel at the door."""
    (order,) = merchant.get("/api/merchant/orders?status=paid").json()["items"]
    merchant.post(f"/api/merchant/orders/{order['id']}/ship", {"carrier": "own", "tracking_no": "V 1"})
    (parcel,) = merchant.get("/api/parcels").json()["items"]
    for code in ("handed_over", "delivered"):
        scan(merchant, parcel["id"], code)


def picture_of(product: dict[str, Any]) -> str:
    """The address part of its first picture."""
    first = product["pictures"][0]
    return str(first["sha256"] if isinstance(first, dict) else first)
