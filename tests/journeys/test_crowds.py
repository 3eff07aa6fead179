"""Many at once over HTTP: for the last pieces, for one cart, and the processor's word against the buyer's."""

import itertools
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from random import Random

import pytest

from entrepot import pay
from entrepot.kernel import SystemClock
from entrepot.pay.processors.standard import sign_webhook
from tests.journeys.buyers import Answer, Buyer, at_once
from tests.journeys.conftest import BOTH, database_for
from tests.journeys.market import LAMPS, Market, open_market, upload
from tests.journeys.server import serving
from tests.proof import FULL, count
from tests.waiting import eventually

STOCK = 10
CROWDS = (16, 60, 200) if FULL else (16, 40)
things = itertools.count()


@pytest.fixture(scope="module", params=BOTH)
def market(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """An open market; on PostgreSQL two processes serve it."""
    home = tmp_path_factory.mktemp("home")
    with (
        database_for(request) as environ,
        held_port() as port,  # processes that share a port must be told which
        serving(home, environ, *((port, 2) if environ else (0, 1))) as server,
    ):
        yield open_market(server)


@contextmanager
def held_port() -> Iterator[int]:
    """A port of the loopback address that those who share it can listen on, and that nobody else is given meanwhile."""
    with closing(socket.socket()) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def buyers(market: Market) -> Iterator[Callable[[int], list[Buyer]]]:
    """Makes guests, who hang up in the end."""
    with ExitStack() as stack:

        def make(number: int) -> list[Buyer]:
            made = [Buyer(market.server.address) for _ in range(number)]
            for buyer in made:
                stack.callback(buyer.close)
            return made

        yield make


@pytest.mark.proof
@pytest.mark.parametrize("crowd", CROWDS)
def test_of_ten_pieces_exactly_ten_are_sold_however_many_want_one(
    market: Market,
    buyers: Callable[[int], list[Buyer]],
    crowd: int,
    report_count: Callable[[str, int], None],
) -> None:
    offer_id = list_thing(market, STOCK)
    crowded = buyers(crowd)
    wishes = [buyer.fill(offer_id) for buyer in crowded]
    answers = at_once(
        partial(buyer.call, "POST", "/api/orders", wish, key="the-order")
        for buyer, wish in zip(crowded, wishes, strict=True)
    )
    sold = [answer.body["id"] for answer in answers if answer.status == 201]
    refused = [answer for answer in answers if answer.status != 201]
    assert len(set(sold)) == STOCK
    assert {answer.status for answer in refused} == {409}
    assert all("sold out" in answer.body["detail"].lower() for answer in refused), refused[0]
    for buyer, answer in zip(crowded, answers, strict=True):
        if answer.status == 201:
            eventually(lambda: is_paid(buyer, answer.body["id"]))  # noqa: B023
    breaches = [breach for verdict in market.verify() for breach in verdict.breaches]
    assert breaches == []
    report_count(f"buyers at once for {STOCK} pieces", crowd)


@pytest.mark.proof
def test_a_cart_placed_many_times_at_once_is_one_order(
    market: Market, buyers: Callable[[int], list[Buyer]], report_count: Callable[[str, int], None]
) -> None:
    """With a key each, as impatient tabs would; whoever comes second is told which order there is."""
    times = count(20, 50)
    (buyer,) = buyers(1)
    wish = buyer.fill(list_thing(market, 100))
    twins = [buyer.twin() for _ in range(times)]
    answers = at_once(partial(twin.call, "POST", "/api/orders", wish, key=f"tab-{n}") for n, twin in enumerate(twins))
    orders = buyer.call("GET", "/api/orders").body["items"]
    assert len(orders) == 1
    assert [answer.status for answer in answers].count(201) == 1
    assert {answer.status for answer in answers} == {201, 409}
    told = {answer.body["fields"]["order_id"] for answer in answers if answer.status == 409}
    assert told == {orders[0]["id"]}
    report_count("the same cart placed at once", times)


@pytest.mark.proof
def test_a_request_sent_many_times_at_once_is_one_order_and_one_answer(
    market: Market, buyers: Callable[[int], list[Buyer]], report_count: Callable[[str, int], None]
) -> None:
    """With one key, as a network that repeats itself would."""
    times = count(20, 50)
    (buyer,) = buyers(1)
    wish = buyer.fill(list_thing(market, 100))
    twins = [buyer.twin() for _ in range(times)]
    answers = at_once(partial(twin.call, "POST", "/api/orders", wish, key="once") for twin in twins)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert len(buyer.call("GET", "/api/orders").body["items"]) == 1
    report_count("the same request at once", times)


@pytest.mark.proof
def test_buyer_and_processor_racing_make_one_paid_order(
    market: Market, buyers: Callable[[int], list[Buyer]], report_count: Callable[[str, int], None]
) -> None:
    """The buyer repeats the request while webhooks, look-up and charge all tell of the same money."""
    rounds, chance = count(4, 50), Random(7)
    offer_id = list_thing(market, 1_000)
    processor = pay.SandboxProcessor(market.server.home / "sandbox")
    try:
        for number, buyer in enumerate(buyers(rounds)):
            method = chance.choice(("tok_ok", "tok_timeout", "tok_webhook_twice", "tok_webhook_only"))
            race(buyer, processor, {**buyer.fill(offer_id), "method": method}, number)
    finally:
        processor.close()
    assert [breach for verdict in market.verify() for breach in verdict.breaches] == []
    report_count("buyer and webhooks racing", rounds)


def race(buyer: Buyer, processor: pay.SandboxProcessor, wish: dict[str, object], number: int) -> None:
    """Repeat the request from several connections, and bring the processor's word as soon as there is any."""
    twins = [buyer.twin() for _ in range(8)]
    placing = [partial(twin.call, "POST", "/api/orders", wish, key=f"race-{number}") for twin in twins[:4]]
    telling = [partial(tell, twin, buyer.twin(), processor) for twin in twins[4:]]
    answers: list[Answer] = at_once([*placing, *telling])
    assert [answer.status for answer in answers] == [201] * 4 + [200] * 4, answers
    assert len({answer.body["id"] for answer in answers[:4]}) == 1
    (order,) = buyer.call("GET", "/api/orders").body["items"]
    assert eventually(lambda: is_paid(buyer, order["id"]))


def tell(twin: Buyer, buyer: Buyer, processor: pay.SandboxProcessor) -> Answer:
    """As the processor: wait until the charge is in its books, then send a signed webhook about it."""
    (order,) = eventually(lambda: buyer.call("GET", "/api/orders").body["items"])
    key = buyer.call("GET", f"/api/orders/{order['id']}").body["payment"]["id"]
    charge = eventually(lambda: processor.find_charge(key))
    data = {name: getattr(charge, name) for name in charge.__struct_fields__}
    body = json.dumps({"type": f"charge.{charge.state}", "data": data}).encode()
    now_s, webhook_id = SystemClock().now() // 1_000_000, f"msg_{key}_{id(twin)}"
    signature = sign_webhook(webhook_id, now_s, body, processor.webhook_secret)
    twin.headers = {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": signature,
    }
    return twin.call("POST", "/api/pay/webhooks/sandbox", json.loads(body))


def is_paid(buyer: Buyer, order_id: str) -> bool:
    """Whether the order's money is in escrow."""
    return bool(buyer.call("GET", f"/api/orders/{order_id}").body["status"] == "paid")


def list_thing(market: Market, pieces: int) -> str:
    """Something new of which there are so many; its offer."""
    name = f"thing {next(things)}"
    variant = {"price_minor": 1_500, "currency": "USD", "quantity": pieces, "weight_g": 100}
    upload(market.bruno, ({**LAMPS[1], "external_id": name, "title": name, "variants": [variant]},))
    (listing,) = market.bruno.get("/api/merchant/listings", params={"q": name}).json()["items"]
    return str(listing["offers"][0]["id"])
