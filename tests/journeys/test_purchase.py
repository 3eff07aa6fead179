"""The whole purchase over HTTP: from an empty home to payouts whose statements add up, and what undoes it."""

import itertools
import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from entrepot.cli import main
from tests.cast import ALICE, Person
from tests.journeys.market import CUPS_BPS, DELIVERY_MINOR, LAMPS_BPS, Market
from tests.waiting import WAIT_S, eventually
from tests.web.visitors import ADDRESS, DECIDED, Visitor, wish

NOTHING_TO_PROVE = {
    "cloud.credit", "cloud.grants", "cloud.invoices", "cloud.makers", "cloud.moved", "cloud.requests", "cloud.tabs",
    "cloud.topups",
    "deliver.shelves", "orders.disputes", "orders.promotions", "pay.booked", "pay.chargebacks", "pay.freezes",
    "pay.late", "pay.matched", "pay.parts", "pay.receivables",
}  # fmt: skip
"""No journey here has late money, a dispute, a promotion, a pickup point, a bank's file or a stranger's model call."""

WHITE = ("reading lamp", "White")

people = itertools.count()


@pytest.fixture
def alice(market: Market) -> Visitor:
    """A shopper of this test's own."""
    return market.shopper(Person(ALICE.name, f"alice{next(people)}@example.com"))


def test_from_an_empty_home_to_the_merchants_payouts(market: Market, alice: Visitor) -> None:
    """Alice finds, chooses, pays two merchants at once; both send, all arrives, she confirms, everybody is paid out."""
    green, cup = market.offer("reading lamp", "Green"), market.offer("stoneware cup")
    alice.get("/api/search", params={"q": "lamp"})
    checkout = fill(alice, {green: 2, cup: 3})
    goods = 2 * 4_999 + 3 * 1_201
    assert (checkout["items_minor"], checkout["total_minor"]) == (goods, goods + 2 * DELIVERY_MINOR)
    order = place(alice, checkout)
    assert (order["status"], order["payment"]["state"]) == ("paid", "captured")
    assert {seller["custody"]["holder"] for seller in order["sellers"]} == {"escrow"}

    for merchant, carrier in ((market.bruno, "own"), (market.bea, "sandbox")):
        to_send = merchant.get("/api/merchant/orders?status=paid").json()["items"]
        (seller_id,) = [each["id"] for each in to_send if each["order_id"] == order["id"]]
        sent = merchant.post(f"/api/merchant/orders/{seller_id}/ship", {"carrier": carrier, "tracking_no": "N 1"})
        assert sent.json()["status"] == "shipped", sent.text
    (parcel,) = [each for each in market.bruno.get("/api/parcels").json()["items"] if each["carrier"] == "own"]
    for code in ("handed_over", "in_transit", "out_for_delivery", "delivered"):
        scan(market.bruno, parcel["id"], code)
    assert eventually(lambda: (seen := look(alice, order))["stage"] == "delivered" and seen)

    for seller in order["sellers"]:
        confirmed = alice.post(f"/api/seller-orders/{seller['id']}/confirm")
        assert (confirmed.status_code, confirmed.json()["status"]) == (200, "completed"), confirmed.text
    assert look(alice, order)["stage"] == "completed"
    cancelled = place(alice, fill(alice, {market.offer("teapot"): 1}))
    cancel(alice, cancelled)

    # Both deliver by their own price lists, so that what the buyer paid for it is theirs.
    goods = [seller_minor(2 * 4_999, LAMPS_BPS), seller_minor(3 * 1_201, CUPS_BPS)]
    due = [minor + DELIVERY_MINOR for minor in goods]
    assert market.dana.post("/api/operator/payouts").status_code == 200
    for merchant, amount_minor in zip((market.bruno, market.bea), due, strict=True):
        check_payout(merchant, amount_minor)
    shared = [sum(seller["legs"].values()) for seller in look(alice, order)["sellers"] if seller["legs"]]
    assert sum(shared) in (0, checkout["total_minor"])  # the buyer is not told how sellers share
    assert set(market.dana.get("/api/operator/ledger/sums").json()["sums"].values()) == {0}
    eventually(lambda: look(alice, cancelled)["sellers"][0]["refunded_at"])
    all_hold(market)
    assert market.dana.post("/api/operator/verify").json()["clean"]


def test_an_order_cancelled_before_it_is_sent_is_paid_back_and_its_goods_are_free_again(
    market: Market, alice: Visitor
) -> None:
    white = market.offer(*WHITE)
    before = market.left(*WHITE)
    order = place(alice, fill(alice, {white: 2}))
    assert market.left(*WHITE) == before - 2
    cancel(alice, order)
    refunded = eventually(lambda: (seen := look(alice, order))["sellers"][0]["refunded_at"] and seen)
    assert refunded["sellers"][0]["custody"]["holder"] == "buyer"
    assert market.left(*WHITE) == before
    notices = [notice["kind"] for notice in alice.get("/api/notices").json()["items"]]
    assert notices


def test_a_declined_card_costs_nothing_and_the_next_try_succeeds(market: Market, alice: Visitor) -> None:
    white = market.offer(*WHITE)
    before = market.left(*WHITE)
    declined = place(alice, fill(alice, {white: 1}), "tok_decline")
    assert declined["status"] == "payment_failed"
    assert market.left(*WHITE) == before
    again = place(alice, quote(alice))  # the cart is as it was
    assert again["status"] == "paid"
    assert again["id"] != declined["id"]
    assert market.left(*WHITE) == before - 1


@pytest.mark.parametrize("method", ["tok_timeout", "tok_webhook_only", "tok_webhook_twice"])
def test_a_payment_that_misbehaves_ends_as_one_paid_order(market: Market, alice: Visitor, method: str) -> None:
    order = place(alice, fill(alice, {market.offer("bulb"): 1}), method)
    assert eventually(lambda: look(alice, order)["status"] == "paid")
    assert len(alice.get("/api/orders").json()["items"]) == 1


def test_one_amount_changed_by_hand_is_named(market: Market, alice: Visitor) -> None:
    order = place(alice, fill(alice, {market.offer("bulb"): 3}))
    query = {"ref": order["sellers"][0]["id"], "most": "50"}
    transfer = market.dana.get("/api/operator/ledger/transfers", params=query).json()["items"][0]
    assert [verdict.breaches for verdict in market.verify() if verdict.breaches] == []  # and it is sealed
    change = f"UPDATE ledger_transfers SET amount = amount {{}} 1 WHERE id = '{transfer['id']}'"
    by_hand(market, change.format("+"))
    found = verify(market)
    by_hand(market, change.format("-"))
    assert found.exit_code == 1
    assert transfer["id"] in found.output
    assert verify(market).exit_code == 0


def fill(shopper: Visitor, wanted: dict[str, int]) -> dict[str, Any]:
    """Put things into the cart and ask for delivery."""
    for offer_id, quantity in wanted.items():
        line = shopper.put("/api/cart/lines", {"offer_id": offer_id, "quantity": quantity})
        assert line.status_code == 200, line.text
    return quote(shopper)


def quote(shopper: Visitor) -> dict[str, Any]:
    """What it all costs, delivered."""
    answer = shopper.post("/api/cart/quote", {"address": ADDRESS, "email": "alice@example.com"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def place(shopper: Visitor, checkout: dict[str, Any], method: str = "tok_ok") -> dict[str, Any]:
    """Decide."""
    answer = shopper.post("/api/orders", wish(checkout, method))
    assert answer.status_code == 201, answer.text
    return shopper.decided(answer.json()) if method in DECIDED else dict(answer.json())


def cancel(shopper: Visitor, order: dict[str, Any]) -> None:
    """Change one's mind."""
    answer = shopper.post(f"/api/orders/{order['id']}/cancel", {"reason": "Found one at home"})
    assert answer.json()["stage"] == "cancelled", answer.text


def look(shopper: Visitor, order: dict[str, Any]) -> dict[str, Any]:
    """The order as it stands."""
    return dict(shopper.get(f"/api/orders/{order['id']}").json())


def scan(merchant: Visitor, parcel_id: str, code: str) -> None:
    """Tell where a parcel is."""
    body = {"code": code, "at": datetime.now(UTC).isoformat(), "place": "Hamburg", "source_id": code}
    assert merchant.post(f"/api/parcels/{parcel_id}/scans", body).status_code == 200


def check_payout(merchant: Visitor, amount_minor: int) -> None:
    """The merchant got this much, and the statement says why, to the unit."""
    (payout,) = eventually(lambda: merchant.get("/api/merchant/payouts").json()["items"])
    eventually(lambda: merchant.get(f"/api/merchant/payouts/{payout['id']}").json()["payout"]["state"] == "paid")
    statement = merchant.get(f"/api/merchant/payouts/{payout['id']}").json()
    assert statement["payout"]["amount_minor"] == amount_minor
    assert sum(line["amount_minor"] for line in statement["lines"]) == amount_minor
    money = merchant.get("/api/merchant/money").json()["on_the_way"]
    assert {line["payable_minor"] + line["payout_minor"] for line in money} <= {0}


def seller_minor(items_minor: int, commission_bps: int) -> int:
    """What is left for the seller."""
    return items_minor - round(items_minor * commission_bps / 10_000)


def all_hold(market: Market) -> None:
    """Every proof holds, none of them over nothing, once what is noted in memory is written."""

    def holding() -> bool:
        verdicts = market.verify()
        assert [verdict.breaches for verdict in verdicts if verdict.breaches] == []
        return {verdict.name for verdict in verdicts if verdict.state != "holds"} <= NOTHING_TO_PROVE

    eventually(holding)


def verify(market: Market) -> Any:
    """`entrepot verify`, in this process."""
    return CliRunner().invoke(main, ["--home", str(market.server.home), "verify"], env=market.server.environ)


def by_hand(market: Market, statement: str) -> None:
    """What somebody does who has got at the database."""
    if url := market.server.environ.get("ENTREPOT_DATABASE_URL"):
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())
        return
    connection = sqlite3.connect(market.server.home / "entrepot.db", timeout=WAIT_S)
    with connection:
        connection.execute(statement)
    connection.close()
