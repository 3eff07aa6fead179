"""Pictures: what merchants upload, made into files that are ours.

A picture is decoded within bounds, turned upright, brought to the colours of the web and written anew as WebP: nothing
of the file that came is served, so no metadata, no second format hidden in the first, no bomb. Smaller sizes are made
when they are first asked for and kept.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from sqlalchemy import bindparam, select

from entrepot.kernel import Blobs, Invalid, NotFound, Prepared, Snapshot, TooLarge, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .looks import look_of

BYTES_MAX: Final = 25 * 2**20
PIXELS_MAX: Final = 40_000_000
SIDE_MAX: Final = 2_560
"""The longer side of what is kept; larger ones are made smaller."""
WIDTHS: Final = (160, 320, 640, 1280)
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY: Final = 82
_OURS: Final = re.compile(r"/m/([0-9a-f]{64})/[0-9]{1,5}\.webp$")
"""How the address of a stored picture ends, wherever the market is found."""


class StoredPicture(msgspec.Struct, frozen=True):
    """A picture as it is kept: its sha256 and its size in pixels; `source_sha256` is of the file that it was, `look`
    the hash by which pictures that look alike are found (`looks`)."""

    sha256: str
    width: int
    height: int
    source_sha256: str
    look: str | None = None


def store_picture(blobs: Blobs, content: bytes) -> StoredPicture:
    """Make a file into a picture of ours and keep it; the same file always becomes the same picture.

    Takes JPEG (CMYK too), PNG, WebP and GIF, one picture in each: of an animated one the first frame would be somebody
    else's choice, so it is refused. Call it outside a transaction, then `record_pictures` inside one.
    TooLarge above 25 MiB or 40 megapixels; Invalid for what is no picture, or a damaged one.
    """
    image = decode_picture(content, still=True)
    image.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    encoded = _encode(image)
    return StoredPicture(blobs.put(encoded), image.width, image.height, source_digest(content), look_of(image))


def source_digest(content: bytes) -> str:
    """The name of a file by its content: sha256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def decode_picture(content: bytes, *, still: bool = False) -> Image.Image:
    """The picture in a file, upright, in sRGB with or without transparency; `still`: not one of a moving picture.
    Refused as `store_picture` says."""
    if len(content) > BYTES_MAX:
        raise TooLarge(f"The picture has more than {BYTES_MAX // 2**20} MiB: save it smaller")
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            if opened.width * opened.height > PIXELS_MAX:
                raise _too_many_pixels()
            if still and getattr(opened, "n_frames", 1) > 1 and opened.format != "JPEG":
                raise Invalid("The picture moves: save the one frame that shows the goods, and upload that")
            opened.load()
            return _web_colours(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise Invalid("This file is no picture we can read: use JPEG, PNG, WebP or GIF") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError, MemoryError) as error:
        raise Invalid("The picture is damaged or cut off: save it again and upload the new file") from error


def rendition(blobs: Blobs, sha256: str, width: int) -> str:
    """The sha256 of a stored picture at one of the widths 160, 320, 640 and 1280; made when first asked for, then kept.

    A picture that is narrower stays as it is. NotFound for another width, and for what is no stored picture.
    """
    if width not in WIDTHS:
        raise NotFound("There is no such size of a picture")
    original = blobs.path(sha256)
    note = original.with_name(f"{original.name}.{width}")
    if (made := _read_note(note)) and blobs.has(made):
        return made
    made = _render(blobs, sha256, original.read_bytes(), width)
    _write_note(note, made)
    return made


def record_pictures(tx: Tx, pictures: Sequence[StoredPicture]) -> None:
    """Remember the sizes of stored pictures, and which files they were, so that the same file is not made again."""
    kept = {picture.sha256: picture for picture in pictures}.values()
    rows = [{"sha256": each.sha256, "width": each.width, "height": each.height, "look": each.look} for each in kept]
    tx.run_many(_keep, rows)
    sources = {each.source_sha256: each.sha256 for each in pictures}
    tx.run_many(_keep_source, [{"source": source, "sha256": sha256} for source, sha256 in sorted(sources.items())])


def find_stored(snapshot: Snapshot, source_digests: Sequence[str]) -> dict[str, StoredPicture]:
    """Which of these files are stored already, by their digest, in one read."""
    if not source_digests:
        return {}
    return {row.source_sha256: row for row in snapshot.all(_stored, ids=sorted(set(source_digests)))}


def own_pictures(snapshot: Snapshot, merchant_id: str, urls: Sequence[str]) -> dict[str, str]:
    """Which of these addresses are those of stored pictures that a merchant's products show already, as an export
    writes them, by address: so a feed that went out and comes back keeps its pictures. One read, none for others'
    addresses. What somebody else's products show is not hers by knowing its name.
    """
    named = {url: found[1] for url in urls if (found := _OURS.search(url)) is not None}
    if not named:
        return {}
    rows = snapshot.all(_own, merchant_id=merchant_id, ids=sorted(set(named.values())))
    kept = {row.sha256 for row in rows}
    return {url: sha256 for url, sha256 in named.items() if sha256 in kept}


def _too_many_pixels() -> TooLarge:
    return TooLarge(f"The picture has more than {PIXELS_MAX // 10**6} megapixels: save it smaller")


def _web_colours(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where something shows through; colours of an embedded profile are brought to sRGB."""
    if image.mode.startswith("I"):  # 16 bits of grey, which converting would cut off instead of scaling
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    has_alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        image = _from_profile(image, profile, has_alpha)
    return image.convert("RGBA" if has_alpha else "RGB")


def _from_profile(image: Image.Image, profile: bytes, has_alpha: bool) -> Image.Image:
    """A profile that cannot be used is left aside: the colours are then a little off, which is no reason to refuse."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        mode = "RGBA" if has_alpha and image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, source, target, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _encode(image: Image.Image) -> bytes:
    clean = Image.new(image.mode, image.size)
    clean.paste(image)  # pixels only: no metadata comes along
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=_QUALITY, method=2)
    return out.getvalue()


def _render(blobs: Blobs, sha256: str, content: bytes, width: int) -> str:
    try:
        image = decode_picture(content)
    except (Invalid, TooLarge):
        raise NotFound("There is no such picture") from None
    if image.width <= width:
        return sha256
    height = max(1, round(image.height * width / image.width))
    return blobs.put(_encode(image.resize((width, height), Image.Resampling.LANCZOS)))


def _read_note(note: Path) -> str | None:
    """Which rendition was made; a note lies beside its picture, and can be made again at any time."""
    try:
        return note.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None


def _write_note(note: Path, made: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=note.parent, prefix=".new-", delete=False, encoding="ascii") as file:
        file.write(made)
    os.replace(file.name, note)


_p, _s = tables.pictures.c, tables.picture_sources.c
_keep: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_pictures (sha256, width, height, look) VALUES (:sha256, :width, :height, :look) "
    "ON CONFLICT (sha256) DO UPDATE SET look = excluded.look WHERE catalog_pictures.look IS NULL"
)
_keep_source: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_picture_sources (source_sha256, sha256) VALUES (:source, :sha256) "
    "ON CONFLICT (source_sha256) DO UPDATE SET sha256 = excluded.sha256"
)
_pp, _product = tables.product_pictures.c, tables.products.c
_own: Prepared[Any] = prepare(
    select(_pp.sha256)
    .join_from(tables.product_pictures, tables.products, _product.id == _pp.product_id)
    .where(in_set(_pp.sha256, "ids"), _product.owner_id == bindparam("merchant_id"))
    .distinct()
)
_stored: Prepared[StoredPicture] = prepare(
    select(_p.sha256, _p.width, _p.height, _s.source_sha256, _p.look)
    .join_from(tables.picture_sources, tables.pictures, _p.sha256 == _s.sha256)
    .where(in_set(_s.source_sha256, "ids")),
    StoredPicture,
)
