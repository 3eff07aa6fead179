"""The market through its JSON: found, bought, sent, received, paid out; pictures, reports of what was seen, feeds."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from entrepot import catalog, discovery, orders, signals
from entrepot.app import Entrepot
from entrepot.kernel import DAY, Secret
from entrepot.orders import sign_order
from tests.orders.market import CUP, DELIVERY_MINOR, LAMP, PRICES, Market
from tests.waiting import eventually
from tests.web.visitors import ADDRESS, PAGE, Visitor


def test_a_search_answers_in_the_form_that_programs_rely_on(nobody: Visitor, market: Market) -> None:
    found = eventually(lambda: (answer := nobody.get("/api/search?q=lamp").json())["hits"] and answer)
    assert set(found) >= {"hits", "total", "facets", "took_ms", "request_id"}
    hit = found["hits"][0]
    names = {"id", "external_id", "title", "price", "currency", "merchant", "url", "image", "sponsored", "why"}
    assert set(hit) >= names
    assert (hit["external_id"], hit["price"], hit["currency"], hit["sponsored"]) == (LAMP, PRICES[LAMP], "USD", False)
    assert nobody.get(hit["url"], headers=PAGE).status_code == 200
    for facet in found["facets"]:
        assert set(facet) >= {"name", "values"}
        assert all({"value", "count"} <= set(value) for value in facet["values"])


def test_filters_narrow_repeat_and_refuse(nobody: Visitor, market: Market) -> None:
    def total(query: str) -> int:
        answer = nobody.get(f"/api/search?{query}")
        assert answer.status_code == 200, answer.text
        return int(answer.json()["total"])

    eventually(lambda: total("") == 4)
    assert total("filter.price=..1000") == 2
    assert total(f"filter.merchant={market.cast.bruno.organisation}") == 2
    assert total(f"filter.merchant={market.cast.bruno.organisation}&filter.merchant={market.bea.organisation}") == 4
    assert total("filter.price=100000..") == 0
    assert nobody.get("/api/search?filter.price=cheap").status_code == 422
    assert nobody.get("/api/search?limit=601").status_code == 400
    assert nobody.get("/api/search?sort=magic").status_code == 400
    assert len(nobody.get("/api/search?limit=1&sort=-price").json()["hits"]) == 1


def test_two_merchants_one_basket_to_the_last_cent(
    alice: Visitor, bruno: Visitor, bea: Visitor, dana: Visitor, market: Market
) -> None:
    for name in (LAMP, CUP):
        alice.put("/api/cart/lines", {"offer_id": market.offers[name], "quantity": 1})
    order = alice.buy(market.offers[CUP], 2)
    total = PRICES[LAMP] + 2 * PRICES[CUP] + 2 * DELIVERY_MINOR
    assert (order["status"], order["total_minor"]) == ("paid", total)
    for part in order["sellers"]:
        seller = bruno if part["merchant_id"] == market.cast.bruno.organisation else bea
        sent = seller.post(f"/api/merchant/orders/{part['id']}/ship", {"carrier": "own", "tracking_no": "42"}).json()
        scan = {"code": "delivered", "at": "2026-01-01T12:00:00Z", "source_id": part["id"]}
        parcel = sent["parcels"][0]["parcel"]["id"]
        assert seller.post(f"/api/parcels/{parcel}/scans", scan).status_code == 200
        eventually(lambda: alice.get(f"/api/seller-orders/{part['id']}").json()["can_confirm"])  # noqa: B023
        done = alice.post(f"/api/seller-orders/{part['id']}/confirm").json()
        assert (done["status"], done["custody"]["holder"]) == ("completed", "merchant")
    dana.post("/api/operator/payouts")  # unless the schedule has just been round and sent them already
    assert bea.get("/api/merchant/payouts").json()["items"]
    statement = bruno.get("/api/merchant/payouts").json()["items"][0]
    lines = bruno.get(f"/api/merchant/payouts/{statement['id']}").json()
    assert sum(line["amount_minor"] for line in lines["lines"]) == statement["amount_minor"]
    sheet = bruno.get(f"/api/merchant/payouts/{statement['id']}/statement.csv")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.text.splitlines()[-1].split(",")[3] == str(statement["amount_minor"])
    verified = dana.post("/api/operator/verify").json()
    assert verified["clean"], [each for each in verified["verdicts"] if each["breaches"]]
    assert set(dana.get("/api/operator/ledger/sums").json()["sums"].values()) == {0}


def test_the_ledger_names_what_it_moved_and_whose_it_was(alice: Visitor, dana: Visitor, market: Market) -> None:
    order = alice.buy(market.offers[LAMP])
    part = order["sellers"][0]["id"]
    page = dana.get(f"/operator/ledger?ref={part}", headers=PAGE).text
    assert "Paid by the buyer" in page
    assert f"Escrow: held for buyers · {orders.number_of(order['id'])}" in page
    newest = dana.get("/operator/ledger", headers=PAGE).text
    assert "Stock kept for an order" in newest
    assert "A fine lamp" in newest, "goods are called by their name, not by the id of an offer"


def test_a_declined_payment_is_told_and_the_cart_comes_back(alice: Visitor, market: Market) -> None:
    order = alice.buy(market.offers[CUP], 1, "tok_decline")
    assert order["status"] == "payment_failed"
    assert order["failure"]
    assert alice.get("/api/cart").json()["quantity"] >= 1
    assert "Nothing has been taken from you" in alice.get(f"/orders/{order['id']}", headers=PAGE).text
    alice.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 0})


def test_whose_money_it_is_is_told_to_each_side_in_its_own_words(alice: Visitor, bea: Visitor, market: Market) -> None:
    order = alice.buy(market.offers[CUP])
    assert "for you" in alice.get(f"/orders/{order['id']}", headers=PAGE).text
    merchants = bea.get(f"/merchant/orders/{order['sellers'][0]['id']}", headers=PAGE).text
    assert "of the buyer&#39;s" in merchants
    assert "until the buyer confirms" in merchants
    assert "for you" not in merchants


def test_a_cancelled_order_gives_the_money_back(alice: Visitor, market: Market) -> None:
    order = alice.buy(market.offers[CUP])
    answer = alice.post(f"/api/orders/{order['id']}/cancel", {"reason": "ordered twice"})
    assert [part["status"] for part in answer.json()["sellers"]] == ["cancelled"]
    eventually(lambda: alice.get(f"/api/orders/{order['id']}").json()["sellers"][0]["refunded_at"])


def test_more_than_there_is_is_refused_with_what_is_left(alice: Visitor, market: Market) -> None:
    answer = alice.put("/api/cart/lines", {"offer_id": market.offers[LAMP], "quantity": 900})
    assert answer.status_code == 409
    assert any(sign.isdigit() for sign in answer.json()["detail"])


def test_a_refused_claim_keeps_what_was_typed_and_says_at_the_field_what_is_wrong(
    alice: Visitor, bea: Visitor, market: Market
) -> None:
    order = alice.buy(market.offers[CUP])
    part = order["sellers"][0]
    pieces = f"piece.{part['lines'][0]['id']}"
    form = {"seller_order_id": part["id"], "reason": "Two were <enough>", pieces: "9" * 5_000}
    again = alice.form(f"/orders/{order['id']}/cancel", **form)
    assert again.status_code == 400
    assert 'value="Two were &lt;enough&gt;"' in again.text
    assert f'value="{"9" * 5_000}" aria-invalid="true" aria-describedby="d-can-' in again.text
    assert again.text.count("<details open>") == 1
    sent = bea.form(f"/merchant/orders/{part['id']}/ship", carrier="own", tracking_no="A-42", **{pieces: "two"})
    assert sent.status_code == 400
    assert 'value="A-42"' in sent.text
    assert 'value="two" aria-invalid="true"' in sent.text


@pytest.mark.parametrize("pieces", ["two", "", "-1", "1e308", "9" * 5_000])
def test_what_cannot_go_into_the_cart_is_said_above_it(
    visit: Callable[[], Visitor], market: Market, pieces: str
) -> None:
    answer = visit().form("/cart/lines", offer_id=market.offers[CUP], quantity=pieces)
    assert answer.status_code == 422
    assert '<p class="note bad" role="alert">Write a whole number of pieces</p>' in answer.text
    many = visit().form("/cart/lines", offer_id=market.offers[LAMP], quantity="900")
    assert many.status_code == 409
    assert "<h1>Your cart</h1>" in many.text


def test_a_guest_opens_the_order_by_the_link_and_by_nothing_else(
    visit: Callable[[], Visitor], market: Market, entrepot: Entrepot
) -> None:
    guest, stranger = visit(), visit()
    order = guest.buy(market.offers[CUP])
    path = f"/api/orders/{order['id']}"
    token = sign_order(entrepot.secret_key, order["id"])
    assert guest.get(path).status_code == 200
    assert stranger.get(path).status_code == 404
    assert stranger.get(f"{path}?token={token}").status_code == 200
    assert stranger.get(f"{path}?token={token}x").status_code == 404


@pytest.fixture(scope="module")
def picture(entrepot: Entrepot) -> str:
    """A stored picture."""
    file = io.BytesIO()
    Image.new("RGB", (800, 600), (200, 30, 30)).save(file, "PNG")
    return catalog.store_picture(entrepot.blobs, file.getvalue()).sha256


def test_a_picture_comes_in_the_widths_that_pages_name(nobody: Visitor, picture: str) -> None:
    answer = nobody.get(f"/m/{picture}/320.webp")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in answer.headers["cache-control"]
    assert Image.open(io.BytesIO(answer.content)).width == 320
    kept = {"if-none-match": answer.headers["etag"]}
    assert nobody.get(f"/m/{picture}/320.webp", headers=kept).status_code == 304
    for wrong in (f"/m/{picture}/321.webp", f"/m/{picture}/320.png", f"/m/{'0' * 64}/320.webp", "/m/etc/passwd"):
        assert nobody.get(wrong).status_code == 404, wrong


def test_what_was_seen_and_clicked_is_noted_for_whoever_has_a_session(
    visit: Callable[[], Visitor], market: Market, entrepot: Entrepot
) -> None:
    guest, robot = visit(), visit()
    guest.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 1})
    token = discovery.beacon_token(entrepot.secret_key, "req_x", market.products[CUP], 3)

    def noted() -> list[tuple[str, int | None]]:
        entrepot.signals.flush()
        found = entrepot.database.read_now(lambda s: signals.list_signals(s, 0, 1_000))
        return [(str(each.signal.kind), each.signal.position) for each in found if each.signal.request_id == "req_x"]

    assert robot.get(f"/i/{token}").status_code == 204
    assert noted() == []
    assert guest.get(f"/i/{token}").status_code == 204
    click = guest.get(f"/c/{token}")
    assert click.status_code == 303
    assert click.headers["location"].startswith("/p/a-fine-cup")
    assert noted() == [("seen", 3), ("click", 3)]
    for _ in range(3):
        guest.get(f"/i/{token}")
        guest.get(f"/c/{token}")
    assert noted() == [("seen", 3), ("click", 3)], "a report that comes again counts once"
    assert guest.get("/i/made-up").status_code == 404


def test_a_report_counts_for_the_session_that_was_shown_the_hit_and_for_a_day() -> None:
    key, now = Secret("k" * 32), 50 * DAY
    token = discovery.beacon_token(key, "req_1", "prd_1", 0, "var_1", "ses_1", now)
    beacon = discovery.read_beacon(key, token)
    assert beacon.variant == "var_1"
    assert "ses_1" not in token
    assert beacon.counts_for("ses_1", now)
    assert beacon.counts_for("ses_1", now + DAY)
    assert not beacon.counts_for("ses_2", now)
    assert not beacon.counts_for("ses_1", now + DAY + 1)


def test_what_was_carted_and_ordered_is_noted(visit: Callable[[], Visitor], market: Market, entrepot: Entrepot) -> None:
    guest = visit()
    order = guest.buy(market.offers[CUP])
    entrepot.signals.flush()
    found = entrepot.database.read_now(lambda s: signals.list_signals(s, 0, 10_000))
    sessions = {each.signal.session for each in found if each.signal.kind == "order"}
    mine = [str(each.signal.kind) for each in found if each.signal.session in sessions]
    assert order["status"] == "paid"
    assert {"cart", "order"} <= set(mine)


def test_a_feed_is_uploaded_and_its_faults_are_told(bruno: Visitor) -> None:
    feed = (
        b'{"external_id":"rod","title":"Rod","variants":[{"price_minor":100,"currency":"USD"}]}\n'
        b'{"external_id":"","title":"=cmd()","variants":[]}\n'
    )
    headers = {"x-csrf-token": bruno.refresh()}
    made = bruno.client.post("/api/merchant/imports", files={"feed": ("a.jsonl", feed)}, headers=headers)
    assert made.status_code == 202
    path = f"/api/merchant/imports/{made.json()['id']}"
    done = eventually(lambda: (job := bruno.get(path).json())["state"] == "done" and job)
    assert (done["counts"]["created"], done["counts"]["refused"]) == (1, 1)
    faults = bruno.get(f"{path}/errors").json()["items"]
    assert faults[0]["line"] == 2
    in_chinese = bruno.get(f"{path.removeprefix('/api')}?lang=zh", headers=PAGE).text
    bruno.get("/help?lang=en", headers=PAGE)
    assert "此项为空，请填写" in in_chinese
    sheet = bruno.get(f"{path}/errors.csv")
    assert sheet.text.startswith("line,field,reason,value")
    nothing = bruno.client.post("/api/merchant/imports", files={"other": ("a", b"x")}, headers=headers)
    assert nothing.status_code == 400


def test_lists_are_read_page_by_page(alice: Visitor, market: Market) -> None:
    for _ in range(3):
        alice.post("/api/addresses", ADDRESS)
        alice.buy(market.offers[CUP])
    seen: list[str] = []
    after = ""
    while True:
        page = alice.get(f"/api/orders?most=2{after}").json()
        seen += [order["id"] for order in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    whole = [order["id"] for order in alice.get("/api/orders?most=200").json()["items"]]
    assert seen == whole


def test_an_operator_decides_and_it_is_written_down(dana: Visitor, visit: Callable[[], Visitor]) -> None:
    newcomer = visit()
    newcomer.post("/api/accounts", {"email": "fay@example.com", "password": "very long indeed", "name": "Fay"})
    applied = newcomer.post("/api/merchant", {"name": "Fay's", "country": "FR", "currency": "EUR"})
    assert (applied.status_code, applied.json()["status"]) == (201, "pending")
    merchant = applied.json()["id"]
    assert newcomer.get("/api/merchant").json()["id"] == merchant
    waiting = dana.get("/api/operator/merchants?status=pending").json()["items"]
    assert merchant in [each["id"] for each in waiting]
    for percent in ("a lot", "-1", "101", ""):
        refused = dana.form(f"/operator/merchants/{merchant}/approve", percent=percent)
        assert refused.status_code == 422
        assert f'value="{percent}" required aria-invalid="true" aria-describedby="d-{merchant}"' in refused.text
        assert "is no commission: write a percentage such as 8 or 7.5" in refused.text
    approved = dana.post(f"/api/operator/merchants/{merchant}/approve", {"commission_bps": 900}).json()
    assert (approved["status"], approved["commission_bps"]) == ("approved", 900)
    acts = dana.get("/api/operator/audit").json()["items"]
    assert any(entry["subject"] == merchant for entry in acts)
