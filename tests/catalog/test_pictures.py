"""Pictures: decoded within bounds and written anew; nothing of the file that came is kept."""

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, PngImagePlugin

from entrepot import catalog
from entrepot.catalog.pictures import find_stored, source_digest
from entrepot.kernel import Blobs, Invalid, NotFound, Refused, TooLarge
from tests.catalog.shop import Shop, draft


def encoded(format: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    """A picture, red on its left and blue on its right."""
    image = Image.new("RGB", size, (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.convert(mode).save(out, format, **options)
    return out.getvalue()


def opened(blobs: Blobs, sha256: str) -> Image.Image:
    return Image.open(io.BytesIO(blobs.get(sha256)))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_format_becomes_webp_of_the_same_size(blobs: Blobs, format: str) -> None:
    stored = catalog.store_picture(blobs, encoded(format))
    image = opened(blobs, stored.sha256)
    assert (image.format, image.size, (stored.width, stored.height)) == ("WEBP", (40, 20), (40, 20))
    assert catalog.store_picture(blobs, encoded(format)) == stored


def test_metadata_is_gone_and_the_picture_upright(blobs: Blobs) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "SECRET-PLACE"
    exif.get_ifd(0x8825)[1] = "N"
    stored = catalog.store_picture(blobs, encoded("JPEG", exif=exif.tobytes(), comment=b"SECRET-NOTE"))
    content = blobs.get(stored.sha256)
    assert b"SECRET" not in content
    assert b"EXIF" not in content
    image = opened(blobs, stored.sha256).convert("RGB")
    assert image.size == (20, 40)
    top, bottom = image.getpixel((10, 5)), image.getpixel((10, 35))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0]


def test_text_in_a_png_is_gone(blobs: Blobs) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "SECRET")
    assert b"SECRET" not in blobs.get(catalog.store_picture(blobs, encoded(pnginfo=info)).sha256)


def test_a_second_format_behind_the_picture_is_gone(blobs: Blobs) -> None:
    content = encoded("GIF") + b"<script>alert(1)</script>PK\x03\x04"
    assert b"script" not in blobs.get(catalog.store_picture(blobs, content).sha256)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "CMYK"])
def test_every_mode_is_understood(blobs: Blobs, mode: str) -> None:
    content = encoded("JPEG" if mode == "CMYK" else "PNG", mode=mode)
    assert opened(blobs, catalog.store_picture(blobs, content).sha256).mode in ("RGB", "RGBA")


def test_sixteen_bits_of_grey_are_scaled(blobs: Blobs) -> None:
    out = io.BytesIO()
    Image.new("I;16", (10, 10), 0x8000).save(out, "PNG")
    grey = opened(blobs, catalog.store_picture(blobs, out.getvalue()).sha256).getpixel((5, 5))
    assert all(120 <= part <= 136 for part in grey)  # type: ignore[union-attr]


def test_what_shows_through_still_does(blobs: Blobs) -> None:
    image = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    assert opened(blobs, catalog.store_picture(blobs, out.getvalue()).sha256).getpixel((5, 5))[3] == 0  # type: ignore[index]


def png_header(width: int, height: int) -> bytes:
    """A PNG of this size, as it says, with almost nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(6_400, 6_400), (10_000, 10_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(blobs: Blobs, size: tuple[int, int]) -> None:
    with pytest.raises(Refused, match=r"megapixels|damaged"):
        catalog.store_picture(blobs, png_header(*size))


def test_a_file_that_is_too_large_is_refused(blobs: Blobs) -> None:
    with pytest.raises(TooLarge, match="MiB"):
        catalog.store_picture(blobs, b"\x89PNG" + b"\0" * 26 * 2**20)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_truncated_file_is_refused_with_a_sentence(blobs: Blobs, format: str) -> None:
    content = encoded(format, size=(300, 300))
    for length in (len(content) // 2, len(content) // 4, 30):
        with pytest.raises(Invalid, match=r"damaged|no picture"):
            catalog.store_picture(blobs, content[:length])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.4",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        encoded("TIFF"),
        encoded("BMP"),
        encoded("ICO", size=(32, 32)),
    ],
)
def test_what_is_no_picture_we_take_is_refused(blobs: Blobs, content: bytes) -> None:
    with pytest.raises(Invalid, match=r"damaged|no picture"):
        catalog.store_picture(blobs, content)


def test_any_damage_is_refused_or_decoded_and_never_crashes(blobs: Blobs) -> None:
    content = bytearray(encoded("PNG", size=(60, 60)))
    for place in range(8, len(content), 3):
        broken = bytes(content[:place]) + bytes([content[place] ^ 0xFF]) + bytes(content[place + 1 :])
        try:
            catalog.store_picture(blobs, broken)
        except Refused:
            continue


def test_a_large_picture_is_kept_smaller(blobs: Blobs) -> None:
    stored = catalog.store_picture(blobs, encoded("JPEG", size=(4_000, 1_000)))
    assert (stored.width, stored.height) == (2_560, 640)


def test_a_rendition_is_made_once_and_kept(blobs: Blobs) -> None:
    stored = catalog.store_picture(blobs, encoded("JPEG", size=(1_000, 500)))
    small = catalog.rendition(blobs, stored.sha256, 320)
    assert opened(blobs, small).size == (320, 160)
    made = blobs.path(small).stat().st_mtime_ns
    assert catalog.rendition(blobs, stored.sha256, 320) == small
    assert blobs.path(small).stat().st_mtime_ns == made
    assert catalog.rendition(blobs, stored.sha256, 1280) == stored.sha256


def test_a_rendition_is_made_again_when_it_was_lost(blobs: Blobs) -> None:
    stored = catalog.store_picture(blobs, encoded("JPEG", size=(1_000, 500)))
    small = catalog.rendition(blobs, stored.sha256, 160)
    blobs.path(small).unlink()
    assert catalog.rendition(blobs, stored.sha256, 160) == small
    assert blobs.has(small)


def test_many_ask_for_the_same_rendition_at_once(blobs: Blobs) -> None:
    stored = catalog.store_picture(blobs, encoded("JPEG", size=(1_000, 500)))
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: catalog.rendition(blobs, stored.sha256, 640), range(16)))) == 1


@pytest.mark.parametrize("width", [0, -1, 161, 100_000])
def test_other_widths_do_not_exist(blobs: Blobs, width: int) -> None:
    stored = catalog.store_picture(blobs, encoded())
    with pytest.raises(NotFound):
        catalog.rendition(blobs, stored.sha256, width)


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64])
def test_names_of_nothing_do_not_exist(blobs: Blobs, name: str) -> None:
    with pytest.raises(NotFound):
        catalog.rendition(blobs, name, 320)


def test_a_stored_file_that_is_no_picture_is_not_served_as_one(blobs: Blobs) -> None:
    feed = blobs.put(b'{"external_id": "secret"}')
    with pytest.raises(NotFound):
        catalog.rendition(blobs, feed, 320)


def test_sizes_are_remembered_and_shown(shop: Shop, blobs: Blobs) -> None:
    stored = catalog.store_picture(blobs, encoded())
    shop.database.write_now(lambda tx: catalog.record_pictures(tx, [stored, stored]))
    shop.save(draft("lamp", pictures=(stored.sha256, "https://img.example.com/a.jpg", stored.sha256)))
    shown = shop.product("lamp").pictures
    assert [(each.sha256, each.url, each.width, each.provenance) for each in shown] == [
        (stored.sha256, None, 40, "merchant"),
        (None, "https://img.example.com/a.jpg", None, "remote"),
    ]
    digest = source_digest(encoded())
    assert shop.database.read_now(lambda s: find_stored(s, [digest, "none"])) == {digest: stored}


def test_a_draft_names_only_stored_pictures_and_web_addresses(shop: Shop) -> None:
    for picture in ("lamp.jpg", "../x", "javascript:alert(1)", "ftp://x/y", "https://a b"):
        with pytest.raises(Invalid, match="picture"):
            shop.save(draft("lamp", pictures=(picture,)))
