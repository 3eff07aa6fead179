"""What a merchant exports, works on and imports again: her pictures, her counts and her plans are still there."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from entrepot import catalog
from entrepot.kernel import Blobs
from tests.catalog.feeds import run
from tests.catalog.shop import Shop, draft, open_shop, variant

SITE = catalog.Site("https://shop.example")
SUFFIX = {"jsonl": ".jsonl", "shopify": ".csv", "google-xml": ".xml", "google-tsv": ".tsv"}
every_format = pytest.mark.parametrize("format", list(SUFFIX))


def stored(shop: Shop, blobs: Blobs, colour: tuple[int, int, int]) -> str:
    """The sha256 of a picture of this colour, kept."""
    out = io.BytesIO()
    Image.new("RGB", (30, 30), colour).save(out, "PNG")
    picture = catalog.store_picture(blobs, out.getvalue())
    shop.database.write_now(lambda tx: catalog.record_pictures(tx, [picture]))
    return picture.sha256


def export(shop: Shop, path: Path, format: str) -> Path:
    path = path.with_suffix(SUFFIX[format])
    path.write_bytes(b"".join(catalog.export_feed(shop.database.read_now, shop.scope, shop.id, format, SITE)))
    return path


def come_back(shop: Shop, blobs: Blobs, folder: Path, format: str, old: str = "", new: str = "") -> catalog.Import:
    """Export, work on it, import."""
    path = export(shop, folder / "feed", format)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return run(shop, blobs, path, format)


@every_format
def test_pictures_that_are_kept_here_are_still_kept_here(shop: Shop, blobs: Blobs, tmp_path: Path, format: str) -> None:
    red, blue = stored(shop, blobs, (200, 0, 0)), stored(shop, blobs, (0, 0, 200))
    sizes = (variant("s", options={"Size": "S"}, picture=red), variant("m", options={"Size": "M"}, picture=blue))
    shop.save(draft("lamp", pictures=(red, blue, "https://p.example/c.jpg"), variants=sizes, options=("Size",)))
    assert come_back(shop, blobs, tmp_path, format, "Brass", "Silver").counts.changed == 1
    after = shop.product("lamp")
    assert after.title == "Silver lamp"
    assert [(each.sha256, each.url) for each in after.pictures] == [
        (red, None), (blue, None), (None, "https://p.example/c.jpg"),
    ]  # fmt: skip
    assert {each.label: each.picture for each in after.variants} == {"S": red, "M": blue}


@every_format
def test_pictures_that_were_added_by_hand_come_back_once(shop: Shop, blobs: Blobs, tmp_path: Path, format: str) -> None:
    red = stored(shop, blobs, (200, 0, 0))
    shop.save(draft("lamp"))
    own = shop.product("lamp")
    picture = catalog.StoredPicture(red, 30, 30, red)
    shop.database.write_now(lambda tx: catalog.add_pictures(tx, shop.scope, own.id, [picture]))
    come_back(shop, blobs, tmp_path, format, "Brass", "Silver")
    assert [each.sha256 for each in shop.product("lamp").pictures] == [red]


def test_a_picture_of_somebody_else_stays_an_address(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    red = stored(shop, blobs, (200, 0, 0))
    open_shop(shop.database, "Other").save(draft("theirs", pictures=(red,)))
    address = f"https://shop.example/m/{red}/1280.webp"
    shop.save(draft("mine", pictures=("https://p.example/a.jpg",)))
    come_back(shop, blobs, tmp_path, "jsonl", "https://p.example/a.jpg", address)
    assert [(each.sha256, each.url) for each in shop.product("mine").pictures] == [(None, address)]


@pytest.mark.parametrize("format", ["google-xml", "google-tsv"])
def test_what_is_counted_and_recommended_comes_back_from_googles_formats(
    shop: Shop, blobs: Blobs, tmp_path: Path, format: str
) -> None:
    shop.save(draft("lamp", quantity=7, list_price_minor=6_000), draft("none", quantity=0))
    come_back(shop, blobs, tmp_path, format)
    assert (shop.offer("lamp").available, shop.offer("none").available) == (7, 0)
    assert shop.offer("lamp").list_price_minor == 6_000


@every_format
def test_what_is_not_shown_is_not_shown_afterwards(shop: Shop, blobs: Blobs, tmp_path: Path, format: str) -> None:
    shop.save(draft("draft", published=False), draft("later", publish_at="2099-01-01T00:00:00Z"))
    come_back(shop, blobs, tmp_path, format, "Brass", "Silver")
    for external_id in ("draft", "later"):
        assert shop.product(external_id).title == "Silver lamp"
        assert shop.offer(external_id).state == "hidden"
        assert shop.offer(external_id).available == 10
