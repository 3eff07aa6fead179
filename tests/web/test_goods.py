"""The merchant's goods through pages and programs: filtered, edited together, put together, joined."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from entrepot.app import Entrepot
from tests.orders.market import LAMP, Market
from tests.waiting import eventually
from tests.web.visitors import Visitor

EDIT = {
    "selection": {}, "change": {"price": {"how": "raise", "percent_bps": 1_000}}, "currency": "USD"
}  # fmt: skip


def _alert(text: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'role="alert">([^<]*)', text)]


def _finished(bruno: Visitor, address: str, entrepot: Entrepot) -> dict[str, object]:
    """The edit at this address once it has ended: a thread of the home's own may have it."""
    entrepot.settle()
    ended = ("done", "failed")
    return dict(eventually(lambda: (found := bruno.get(f"/api{address}").json())["state"] in ended and found))


def _article(bruno: Visitor) -> str:
    lines = bruno.get("/merchant/sheet.csv").text.splitlines()
    assert lines[0].startswith("offer,article,title")
    return lines[1].split(",")[1]


@pytest.mark.parametrize(
    "path",
    [
        "/merchant/listings", "/merchant/listings?q=none", "/merchant/listings?status=draft&price_from=x",
        "/merchant/edits", "/merchant/edits/new?all=1", "/merchant/edits/new", "/merchant/sheet", "/merchant/matches",
        "/merchant/matches?which=joined", "/merchant/proposals", "/merchant/collections", "/merchant/collections/new",
        "/merchant/bundles/new",
    ],
)  # fmt: skip
def test_every_page_is_there_and_says_words(bruno: Visitor, path: str) -> None:
    page = bruno.get(path, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert re.findall(r">[^<]*\b(?:goods|merchant|product)\.[a-z_]+", page.text) == []


@pytest.mark.parametrize(
    "path", ["/operator/matches", "/operator/proposals", "/operator/collections", "/operator/collections/new"]
)
def test_the_operator_has_pages_of_the_same(dana: Visitor, bruno: Visitor, path: str) -> None:
    assert dana.get(path).status_code == 200
    assert bruno.get(path).status_code == 403


def test_an_edit_is_previewed_run_and_taken_back(bruno: Visitor, bea: Visitor, entrepot: Entrepot) -> None:
    before = bruno.get("/merchant/sheet.csv").text
    looked = bruno.form(
        "/merchant/edits/preview", price_how="raise", price_value="10", price_unit="percent", price_ending="99"
    )
    assert looked.status_code == 200
    edit = html.unescape(re.findall(r'name="edit" value="([^"]*)"', looked.text)[0])
    assert bruno.get("/merchant/sheet.csv").text == before, "a preview changes nothing"
    started = bruno.form("/merchant/edits", edit=edit)
    address = started.headers["location"]
    assert _finished(bruno, address, entrepot)["refused"] == 0
    assert ".99" in bruno.get(address).text
    changed = bruno.get("/merchant/sheet.csv").text
    assert changed != before
    assert "Price" in bruno.get(f"{address}/report.csv").text
    for path in (address, f"{address}/report.csv"):
        assert bea.get(path).status_code == 404
    assert bea.form(f"{address}/undo").status_code == 404
    undo = bruno.form(f"{address}/undo")
    assert undo.status_code == 303
    _finished(bruno, undo.headers["location"], entrepot)
    assert bruno.get("/merchant/sheet.csv").text == before
    assert bruno.form(f"{address}/undo").status_code == 400


def test_an_edit_that_cannot_be_read_is_refused_beside_the_form(bruno: Visitor) -> None:
    for fields, sentence in (
        ({"price_how": "raise", "price_value": "x", "price_unit": "percent"}, "no percentage"),
        ({"price_how": "set", "price_value": "x"}, "not an amount"),
        ({"sale_do": "start", "sale_value": "10", "sale_ends": "soon"}, "no time"),
        ({"stock_how": "set", "stock_value": "-1"}, "number of pieces"),
        ({}, "Say what to change"),
        ({"set_category": "no/such"}, "no such category"),
    ):
        answer = bruno.form("/merchant/edits/preview", **fields)
        assert answer.status_code == 400
        assert any(sentence in each for each in _alert(answer.text)), (fields, _alert(answer.text))
    assert bruno.form("/merchant/edits", edit="{").status_code == 422


def test_what_was_typed_for_an_offer_stands_in_its_form_when_it_is_refused(bruno: Visitor) -> None:
    listing = re.findall(r'href="(/merchant/listings/lst_\w+)"', bruno.get("/merchant/listings").text)[0]
    offer = re.findall(r'action="(/merchant/offers/off_\w+)"', bruno.get(listing).text)[0]
    typed = {"listing_id": listing.rpartition("/")[2], "price": "12,50", "sale_price": "free", "low_stock_at": "3"}
    refused = bruno.form(offer, **typed)
    assert refused.status_code == 400
    assert "not an amount" in _alert(refused.text)[0]
    assert [html.unescape(each) for each in re.findall(r'name="(?:price|sale_price|low_stock_at)"[^>]* value="([^"]*)"',
            refused.text)] == ["12,50", "3", "free"]  # fmt: skip
    assert bruno.form(offer, **{**typed, "sale_price": ""}).status_code == 303, "a comma is a decimal point"
    assert re.findall(r'name="price"[^>]* value="([^"]*)"', bruno.get(listing).text)[0] == "12.50"


def test_a_sheet_comes_back_and_a_strange_file_does_not(bruno: Visitor, entrepot: Entrepot) -> None:
    content = bruno.get("/merchant/sheet.csv").content
    token = {"_csrf": bruno.refresh()}
    sent = bruno.client.post("/merchant/sheet", data=token, files={"sheet": ("s.csv", content, "text/csv")})
    assert sent.status_code == 303
    assert _finished(bruno, sent.headers["location"], entrepot)["changed"] == 0
    for strange in (b"\xff\xfe", b"a,b\n1,2", b""):
        answer = bruno.client.post(
            "/merchant/sheet", data=token, files={"sheet": ("s.csv", strange, "text/csv")},
            headers={"accept": "text/html"},
        )  # fmt: skip
        assert answer.status_code == 400


def test_a_bundle_and_collections_are_made_in_the_console_and_seen(
    bruno: Visitor, bea: Visitor, nobody: Visitor, entrepot: Entrepot
) -> None:
    article = _article(bruno)
    made = bruno.form("/merchant/bundles", title="Two of them", article="two", price="99", parts=f"2 x {article}")
    assert made.status_code == 303, _alert(made.text)
    assert "as many as its parts" in bruno.get(made.headers["location"]).text
    refused = bruno.form("/merchant/bundles", title="T", article="t", price="9", parts="nothing")
    assert "nothing called" in _alert(refused.text)[0]
    kept = bruno.form(
        "/merchant/collections", title="Best", kind="hand", goods=f"{article}\ntwo", published="1",
        text="<b>Hi</b><script>alert(1)</script>",
    )  # fmt: skip
    assert kept.status_code == 303, _alert(kept.text)
    address = kept.headers["location"]
    slug = re.findall(r'/collections/([a-z0-9-]+)"', bruno.get(address).text)[0]
    page = nobody.get(f"/collections/{slug}")
    assert "Two of them" in page.text
    assert "alert(1)" not in page.text
    assert "In this set" in nobody.get(re.findall(r'href="(/p/two-of-them[^"]*)"', page.text)[0]).text
    assert nobody.get(f"/api/collections/{slug}").json()["collection"]["products"] == 2
    there = re.findall(r'data-position="(prd_\w+)"', bruno.get(address).text)
    for fields, wanted in (
        ({"position": there[1], "step": "-1"}, there[::-1]),
        ({"position": there[1], "step": "1"}, there),
        ({"order": f"{there[1]},prd_strange"}, there[::-1]),
    ):
        assert bruno.form(f"{address}/order", **fields).status_code == 303
        assert re.findall(r'data-position="(prd_\w+)"', bruno.get(address).text) == wanted
    assert bea.form(f"{address}/order", order=there[0]).status_code == 404
    assert bea.get(address).status_code == 404
    assert bea.form(f"{address}/delete").status_code == 404
    assert bea.form(address, title="Mine now", kind="hand").status_code == 404
    assert bruno.form("/merchant/collections", title="Empty rule", kind="rule").status_code == 400
    assert bruno.form(f"{address}/delete").status_code == 303
    assert nobody.get(f"/collections/{slug}").status_code == 404


def test_programs_do_the_same(
    bruno: Visitor, bea: Visitor, market: Market, entrepot: Entrepot, visit: Callable[[], Visitor]
) -> None:
    offer = market.offers[LAMP]
    sale = {"price_minor": 1, "ends_at": "2030-01-01T00:00:00Z"}
    changed = bruno.change("PATCH", f"/api/merchant/offers/{offer}", {"sale": sale, "prices": {"EUR": 99}})
    assert (changed.status_code, changed.json()["price_minor"]) == (200, 1)
    assert changed.json()["lowest_30d_minor"] is None or changed.json()["lowest_30d_minor"] > 1
    assert bruno.change("PATCH", f"/api/merchant/offers/{offer}", {"sale": None}).json()["price_minor"] > 1
    assert next(each["price_minor"] for each in bruno.get(f"/api/merchant/offers/{offer}/prices").json()["items"]) > 1
    listing = bruno.get("/api/merchant/listings").json()["items"][0]["id"]
    status = {"listing_ids": [listing], "status": "hidden"}
    assert bea.post("/api/merchant/listings/status", status).status_code == 404
    assert bruno.post("/api/merchant/listings/status", status).json() == {"changed": 1}
    assert bruno.post("/api/merchant/listings/status", {**status, "status": "published"}).json() == {"changed": 1}
    looked = bruno.post("/api/merchant/edits/preview", EDIT).json()
    started = bruno.post("/api/merchant/edits", EDIT, key="edit-1")
    again = bruno.post("/api/merchant/edits", EDIT, key="edit-1")
    assert started.json()["id"] == again.json()["id"], "the same key starts it once"
    done = _finished(bruno, f"/merchant/edits/{started.json()['id']}", entrepot)
    assert (done["state"], done["changed"]) == ("done", looked["changed"])
    for path in (f"/api/merchant/edits/{done['id']}", f"/api/merchant/offers/{offer}/prices"):
        assert bea.get(path).status_code == 404
        assert visit().get(path).status_code == 401
    undo = bruno.post(f"/api/merchant/edits/{done['id']}/undo")
    assert undo.status_code == 201
    _finished(bruno, f"/merchant/edits/{undo.json()['id']}", entrepot)
