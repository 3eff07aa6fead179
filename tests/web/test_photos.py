"""Search by a photograph: what it finds, what is refused, and that nothing of it stays."""

import io
from random import Random
from typing import Any

import pytest
from httpx import Response
from PIL import Image, ImageDraw

from entrepot import catalog, cloud, discovery
from entrepot.app import Entrepot
from entrepot.discovery import RuleDraft
from tests.orders.market import CUP, LAMP, PLATE, Market
from tests.waiting import eventually
from tests.web.conftest import is_at_rest
from tests.web.visitors import PAGE, Visitor

COLOURS = {LAMP: "red", CUP: "blue", PLATE: "green"}
API = "/api/search/image"


def drawn(colour: str, seed: int = 0, size: tuple[int, int] = (300, 260)) -> Image.Image:
    """A thing of a colour, about in the middle of a grey wall."""
    random = Random(seed)
    image = Image.new("RGB", size, (200, 200, 205))
    left, top = (random.randrange(30, 70) for _ in range(2))
    ImageDraw.Draw(image).ellipse((left, top, left + 160, top + 150), fill=colour)
    return image


def as_file(image: Image.Image, format: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **more)
    return out.getvalue()


@pytest.fixture(scope="module")
def pictured(entrepot: Entrepot, market: Market) -> Market:
    """Three goods with pictures, all of them seen."""
    for name, colour in COLOURS.items():
        stored = catalog.store_picture(entrepot.blobs, as_file(drawn(colour)))
        product_id, scope = market.products[name], market.merchant_of(name)
        market.do(lambda tx, s=stored: catalog.record_pictures(tx, [s]))
        market.do(lambda tx, p=product_id, w=scope, s=stored: catalog.add_pictures(tx, w, p, [s]))
    eventually(lambda: is_at_rest(entrepot))
    return market


def send(visitor: Visitor, content: bytes, **params: str) -> Response:
    """Search by a photograph as a program does."""
    headers = {"x-csrf-token": visitor.refresh()}
    return visitor.client.post(API, files={"photo": ("photo.jpg", content)}, headers=headers, params=params)


def test_a_photograph_finds_the_product_and_filters_hold(pictured: Market, nobody: Visitor) -> None:
    for name, colour in COLOURS.items():
        answer = send(nobody, as_file(drawn(colour, seed=5)))
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["page"]["hits"][0]["id"] == pictured.products[name]
        assert found["page"]["total"] == 3
    again = nobody.get(f"{API}/{found['photo']}", params={"limit": "1", "offset": "1"}).json()
    assert len(again["page"]["hits"]) == 1
    assert again["page"]["total"] == 3
    price = next(hit["price"] for hit in found["page"]["hits"] if hit["id"] == pictured.products[CUP])
    narrow = nobody.get(f"{API}/{found['photo']}", params={"filter.price": f"{price}..{price}"}).json()
    assert [hit["id"] for hit in narrow["page"]["hits"]] == [pictured.products[CUP]]
    assert narrow["page"]["total"] == 1


def test_what_is_sold_out_or_excluded_is_not_found(pictured: Market, entrepot: Entrepot, nobody: Visitor) -> None:
    draft = RuleDraft("no cups", "exclude", (pictured.products[CUP],))
    rule = pictured.do(discovery.add_rule, pictured.cast.dana, draft)
    entrepot.searcher.rulebook.refresh()
    page = send(nobody, as_file(drawn("blue"))).json()["page"]
    pictured.do(discovery.end_rule, pictured.cast.dana, rule.id)
    entrepot.searcher.rulebook.refresh()
    assert pictured.products[CUP] not in [hit["id"] for hit in page["hits"]]
    assert page["total"] == 2


def test_the_page_works_without_script_and_shows_the_photographs_thumbnail(pictured: Market, nobody: Visitor) -> None:
    for path in ("/search", "/search/image"):
        page = nobody.get(path).text
        assert 'action="/search/image"' in page, path
        assert 'enctype="multipart/form-data"' in page
    token = {"_csrf": nobody.refresh()}
    sent = nobody.client.post(
        "/search/image", data=token, files={"photo": ("p.png", as_file(drawn("red", 3), "PNG"))}, headers=PAGE
    )
    assert sent.status_code == 303
    where = sent.headers["location"]
    page = nobody.get(where, headers=PAGE)
    assert page.status_code == 200
    assert f'src="{where}/thumbnail"' in page.text
    assert page.text.index("lamp") < page.text.index("plate")
    thumbnail = nobody.get(f"{where}/thumbnail")
    assert thumbnail.headers["content-type"] == "image/webp"
    assert "no-store" in thumbnail.headers["cache-control"]
    assert max(Image.open(io.BytesIO(thumbnail.content)).size) <= 240
    assert nobody.get(where, params={"filter.price": "1..2", "page": "x"}, headers=PAGE).status_code == 200
    empty = nobody.client.post("/search/image", data=token, headers=PAGE)
    assert empty.status_code == 422
    assert 'role="alert"' in empty.text


def test_what_is_no_photograph_is_refused_with_a_sentence(pictured: Market, nobody: Visitor) -> None:
    whole = as_file(drawn("red"))
    bomb = as_file(Image.new("L", (12_000, 12_000)), "PNG")
    moving = as_file(drawn("red"), "GIF", save_all=True, append_images=[drawn("blue")])
    for content, status in (
        (b"", 422),
        (b"%PDF-1.4", 422),
        (whole[: len(whole) // 2], 422),
        (moving, 422),
        (bomb, 413),
    ):
        answer = send(nobody, content)
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"].endswith((".", "file", "that", "smaller", "GIF")), answer.text
    missing = nobody.client.post(API, files={"other": ("x", whole)}, headers={"x-csrf-token": nobody.refresh()})
    assert missing.status_code == 400


def test_a_photograph_is_known_by_its_name_alone(pictured: Market, nobody: Visitor) -> None:
    for path in (f"{API}/{'0' * 32}", f"/search/image/{'0' * 32}", "/search/image/..%2fserve", f"{API}/x"):
        assert nobody.get(path).status_code == 404, path
    assert nobody.get("/search/image/x/thumbnail").status_code == 404


def test_seeing_pictures_is_metered_for_the_shop(pictured: Market, entrepot: Entrepot, nobody: Visitor) -> None:
    assert send(nobody, as_file(drawn("blue"))).status_code == 200
    entrepot.meter.flush()
    uses = [use for use in pictured.see(cloud.list_usage, pictured.cast.dana, 0) if use.surface == "image"]
    assert sum(use.items for use in uses) >= len(COLOURS) + 1
    assert {use.meter for use in uses} == {"cpu_ms"}


def test_a_picture_that_is_taken_away_or_replaced_is_no_longer_found_by(
    pictured: Market, entrepot: Entrepot, nobody: Visitor
) -> None:
    def nearest(colour: str) -> list[str]:
        return [hit["id"] for hit in send(nobody, as_file(drawn(colour))).json()["page"]["hits"]]

    product, scope = pictured.products[PLATE], pictured.merchant_of(PLATE)
    [kept] = pictured.see(catalog.list_pictures, scope, product)
    pictured.do(catalog.remove_picture, scope, product, kept.position)
    eventually(lambda: is_at_rest(entrepot))
    assert product not in nearest("green")
    stored = catalog.store_picture(entrepot.blobs, as_file(drawn("yellow")))
    pictured.do(catalog.record_pictures, [stored])
    pictured.do(catalog.add_pictures, scope, product, [stored])
    eventually(lambda: is_at_rest(entrepot))
    assert nearest("yellow")[0] == product
