"""Feeds over HTTP: uploads that ask about their columns, refused rows, exports, and what machines read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from entrepot.app import Entrepot
from tests.cast import BRUNO
from tests.orders.market import Market
from tests.waiting import eventually
from tests.web.visitors import Visitor

SHEET = "No;Name;Cost;Left\r\n1;Kettle;12,50;3\r\n2;Cup;free;4\r\n3;Pot;9,00;1\r\n"


@pytest.fixture(scope="module")
def bruno(visit: Callable[[], Visitor]) -> Visitor:
    """Signed in to sell."""
    return visit().sign_in(BRUNO)


def send(bruno: Visitor, content: bytes, name: str, **fields: str) -> Any:
    headers = {"x-csrf-token": bruno.refresh()}
    return bruno.client.post("/api/merchant/imports", files={"feed": (name, content)}, data=fields, headers=headers)


def ended(bruno: Visitor, import_id: str) -> dict[str, Any]:
    """The import once nothing moves it any more."""

    def look() -> Any:
        found = bruno.get(f"/api/merchant/imports/{import_id}").json()
        return found["state"] not in ("waiting", "running") and found

    return dict(eventually(look))


def page(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_a_sheet_is_asked_about_mended_and_goes_straight_in_the_next_time(bruno: Visitor, market: Market) -> None:
    token = bruno.refresh()
    answer = bruno.client.post(
        "/merchant/imports", files={"feed": ("mine.csv", SHEET.encode())}, data={"_csrf": token}, follow_redirects=False
    )
    assert answer.status_code == 303
    address = answer.headers["location"]
    asked = bruno.get(address)
    assert "What are these columns?" in asked.text
    assert 'name="column.2"' in asked.text
    form = {"column.0": "external_id", "column.1": "title", "column.2": "", "column.3": "quantity", "currency": "USD"}
    wrong = bruno.client.post(f"{address}/columns", data={**form, "_csrf": bruno.refresh()})
    assert wrong.status_code == 400
    assert "Cost" in wrong.text
    right = bruno.client.post(
        f"{address}/columns", data={**form, "column.2": "price", "_csrf": bruno.refresh()}, follow_redirects=False
    )
    assert right.status_code == 303
    done = ended(bruno, address.rsplit("/", 1)[1])
    assert (done["counts"]["created"], done["counts"]["refused"]) == (2, 1)
    shown = bruno.get(address).text
    assert "/refused" in shown
    rows = bruno.get(f"{address}/refused")
    assert rows.headers["content-disposition"].endswith('.csv"')
    assert "free" in rows.text
    assert "Kettle" not in rows.text
    again = send(bruno, rows.text.replace("free", "7,00").encode(), "mended.csv").json()
    assert ended(bruno, again["id"])["counts"]["created"] == 1


def test_after_a_trial_the_same_file_is_imported_without_sending_it_again(bruno: Visitor, market: Market) -> None:
    content = b'{"external_id": "tried", "title": "Tried", "variants": [{"price_minor": 5, "currency": "USD"}]}\n'
    trial = ended(bruno, send(bruno, content, "try.jsonl", dry_run="true").json()["id"])
    assert (trial["dry_run"], trial["counts"]["created"]) == (True, 1)
    address = f"/merchant/imports/{trial['id']}"
    assert f"{address}/again" in bruno.get(address).text
    answer = bruno.client.post(f"{address}/again", data={"_csrf": bruno.refresh()}, follow_redirects=False)
    assert answer.status_code == 303
    done = ended(bruno, answer.headers["location"].rsplit("/", 1)[1])
    assert (done["dry_run"], done["counts"]["created"]) == (False, 1)


def test_columns_over_the_api(bruno: Visitor, market: Market) -> None:
    made = send(bruno, b"Nr,Bezeichnung,Foo,Preis\n77,Lampe,x,5\n", "lampen.csv").json()
    assert made["state"] == "mapping"
    address = f"/api/merchant/imports/{made['id']}/columns"
    found = bruno.get(address).json()
    assert found["header"] == ["Nr", "Bezeichnung", "Foo", "Preis"]
    assert found["rows"] == [{"Nr": "77", "Bezeichnung": "Lampe", "Foo": "x", "Preis": "5"}]
    headers = {"x-csrf-token": bruno.refresh()}
    columns = found["guess"]["columns"] | {"Nr": "external_id"}
    answer = bruno.client.put(address, json={"columns": columns}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert ended(bruno, made["id"])["counts"]["created"] == 1
    assert bruno.client.put(address, json={"columns": columns}, headers=headers).status_code == 409


def test_what_is_no_feed_is_refused_and_nothing_of_it_is_kept(bruno: Visitor, entrepot: Entrepot) -> None:
    before = sorted((entrepot.home / "blobs" / "feeds").rglob("*"))
    answer = send(bruno, b"\x89PNG\r\n\x1a\n" + b"x" * 99, "picture.png")
    assert answer.status_code == 422
    assert "a picture and no feed" in answer.text
    files = [each for each in (entrepot.home / "blobs" / "feeds").rglob("*") if each.is_file()]
    assert [each for each in files if each not in before] == []


def test_everything_can_be_taken_out_and_brought_in_again(bruno: Visitor, market: Market) -> None:
    shown = bruno.get("/merchant/exports").text
    for format in ("jsonl", "shopify", "google-xml", "google-tsv"):
        assert f"/merchant/exports/{format}" in shown
        answer = bruno.get(f"/merchant/exports/{format}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        assert bruno.get(f"/api/merchant/exports/{format}").content == answer.content
    lines = bruno.get("/merchant/exports/jsonl").text.splitlines()
    assert all(json.loads(line)["variants"] for line in lines)
    assert bruno.get("/merchant/exports/excel").status_code == 404
    assert bruno.get("/api/merchant/exports/excel").status_code == 404


def test_exports_are_a_members_own(nobody: Visitor, alice: Visitor) -> None:
    assert nobody.get("/api/merchant/exports/jsonl").status_code == 401
    assert alice.get("/api/merchant/exports/jsonl").status_code in (403, 404)


def test_a_feed_for_engines_has_an_etag_that_says_whether_it_changed(
    nobody: Visitor, bruno: Visitor, market: Market
) -> None:
    address = re.search(r'value="https?://[^/]+(/feeds/[^"]+\.xml)"', bruno.get("/merchant/exports").text)
    assert address
    first = nobody.get(address[1])
    assert first.status_code == 200
    assert ElementTree.fromstring(first.text).tag == "rss"
    etag = first.headers["etag"]
    assert nobody.client.get(address[1], headers={"if-none-match": etag}).status_code == 304
    assert nobody.get(address[1]).headers["etag"] == etag
    assert nobody.get(address[1].replace(".xml", ".csv")).status_code == 404
    assert nobody.get("/feeds/nobody/google-xml.xml").status_code == 404


def test_the_map_leads_to_every_visible_product(nobody: Visitor, market: Market) -> None:
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert "Sitemap: http" in nobody.get("/robots.txt").text
    index = ElementTree.fromstring(nobody.get("/sitemap.xml").text)
    parts = [each.text or "" for each in index.iter(f"{space}loc")]
    assert len(parts) == 1
    addresses = [
        each.text or ""
        for part in parts
        for each in ElementTree.fromstring(nobody.get("/" + part.split("/", 3)[3]).text).iter(f"{space}loc")
    ]
    assert len(addresses) == len(set(addresses)) > 3
    for address in addresses[:5]:
        assert nobody.get("/" + address.split("/", 3)[3]).status_code == 200
    assert nobody.get("/sitemaps/other.xml").status_code == 404


def test_a_products_page_tells_search_engines_what_buyers_see(nobody: Visitor, market: Market) -> None:
    parts = ElementTree.fromstring(nobody.get("/sitemaps/first.xml").text)
    address = next(parts.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")).text or ""
    text = nobody.get("/" + address.split("/", 3)[3]).text
    found = re.search(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert found
    product = json.loads(found[1])
    assert product["@type"] in ("Product", "ProductGroup")
    offers = product.get("offers") or product["hasVariant"][0]["offers"]
    assert offers[0]["price"]
    assert offers[0]["priceCurrency"] == "USD"
