"""The studio: puts a drawing before a backdrop, with light, cloth and shadow, and gives back WebP bytes.

The renderer draws only the thing itself, on nothing. Everything that covers the whole sheet (backdrop, light, texture,
shadow) is made here once and laid over with Pillow, which is several times cheaper than gradients and blurs in SVG.
"""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from random import Random

import resvg_py
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from entrepot.simulation.drawings.canvas import SIDE, Canvas, channels

BACKDROPS: dict[str, tuple[str, str]] = {  # wall, floor
    "linen": ("#f7f2ea", "#e6dccd"),
    "cloud": ("#f3f5f7", "#dde2e7"),
    "mist": ("#e9f0f4", "#c9d8e1"),
    "sage": ("#e9eee3", "#cbd6c1"),
    "blush": ("#f9ece8", "#eccfc8"),
    "sun": ("#fdf2d6", "#f2d89f"),
    "clay": ("#f3e2d6", "#dfbfa9"),
    "lilac": ("#efebf6", "#d3cae6"),
    "mint": ("#e6f4ee", "#bfe0d2"),
    "stone": ("#e8e5e1", "#c5c0ba"),
}
_SMALL = 160  # shadows are soft, so a sixteenth of the pixels is plenty
_GRID = 8  # the thing is found on a sheet this much smaller
View = tuple[float, float, float, float]
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the picture


def photograph(canvas: Canvas, backdrop: str, view: View) -> bytes:
    """The drawing as a finished picture, 640 by 640, WebP."""
    picture = _backdrop(backdrop, canvas.ground).copy()
    box = _occupied(canvas, view)
    if box:
        cut_out = _cut_out(canvas, view, box)
        outline = cut_out.getchannel("A")
        tone = tuple(round(value * 0.28) for value in channels(BACKDROPS[backdrop][1]))
        picture.paste(tone, mask=_SHADOWS[canvas.ground](_small(outline, box)))
        # Adding around a middle grey lightens and darkens alike, so cloth shows on black as well as on white.
        lit = ImageChops.add(cut_out.convert("RGB"), _light(canvas.texture).crop(box), 1, -128)
        picture.paste(lit, box[:2], outline)
    sheet = BytesIO()
    picture.save(sheet, "WEBP", quality=82, method=1)
    return sheet.getvalue()


def _occupied(canvas: Canvas, view: View) -> Box | None:
    """Where the thing is. A glance at a tiny rendering halves the pixels that have to be painted in full."""
    side = SIDE // _GRID
    found = _rendered(canvas.svg(view, (side, side))).getchannel("A").getbbox()
    if not found:
        return None
    left, top, right, bottom = found
    return (
        max(0, left - 1) * _GRID,
        max(0, top - 1) * _GRID,
        min(side, right + 1) * _GRID,
        min(side, bottom + 1) * _GRID,
    )


def _cut_out(canvas: Canvas, view: View, box: Box) -> Image.Image:
    x, y, width, height = view
    left, top, right, bottom = box
    part = (
        x + left * width / SIDE,
        y + top * height / SIDE,
        (right - left) * width / SIDE,
        (bottom - top) * height / SIDE,
    )
    return _rendered(canvas.svg(part, (right - left, bottom - top)))


def _rendered(svg: str) -> Image.Image:
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    return Image.open(BytesIO(bytes(png))).convert("RGBA")


def _small(outline: Image.Image, box: Box) -> Image.Image:
    scale = SIDE // _SMALL
    sheet = Image.new("L", (_SMALL, _SMALL))
    sheet.paste(outline.reduce(scale), (box[0] // scale, box[1] // scale))
    return sheet


@cache
def _backdrop(name: str, ground: str) -> Image.Image:
    """A paper sweep: bright wall, a floor that darkens softly towards the edges."""
    wall, floor = (channels(colour) for colour in BACKDROPS[name])
    share = Image.linear_gradient("L").resize((SIDE, SIDE))
    if ground == "stand":
        share = share.point([max(0, min(255, round((value - 105) * 2.2))) for value in range(256)])
    vignette = Image.radial_gradient("L").resize((SIDE, SIDE)).point([round(value * 0.55) for value in range(256)])
    share = ImageChops.lighter(share.filter(ImageFilter.GaussianBlur(30)), vignette)
    return Image.composite(Image.new("RGB", (SIDE, SIDE), floor), Image.new("RGB", (SIDE, SIDE), wall), share)


# Shadows, each from the small outline to a mask of the full size


def _standing(outline: Image.Image) -> Image.Image:
    """Dark right where it touches the floor, and a wide soft pool below the whole."""
    left, top, right, bottom = outline.getbbox() or (0, 0, _SMALL, _SMALL)
    feet_height = max(3, (bottom - top) // 14)
    feet = outline.crop((left, bottom - feet_height, right, bottom))
    contact = Image.new("L", (_SMALL, _SMALL))
    contact.paste(feet.resize((right - left, 5)), (left, bottom - 3))
    pool = Image.new("L", (_SMALL, _SMALL))
    body = (
        outline.crop((left, top, right, bottom)).resize((right - left, 12)).point([round(v * 0.7) for v in range(256)])
    )
    pool.paste(body, (left, bottom - 7))
    wide = pool.filter(ImageFilter.GaussianBlur(5)).point([round(v * 0.62) for v in range(256)])
    tight = contact.filter(ImageFilter.GaussianBlur(1.6)).point([round(v * 0.62) for v in range(256)])
    return ImageChops.add(wide, tight).resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def _shifted(outline: Image.Image, right: int, down: int) -> Image.Image:
    sheet = Image.new("L", outline.size)
    sheet.paste(outline, (right, down))
    return sheet


def _lying(outline: Image.Image) -> Image.Image:
    """A thing on a table, the window to the upper left."""
    near = _shifted(outline, 1, 2).filter(ImageFilter.GaussianBlur(1.5)).point([v // 3 for v in range(256)])
    far = _shifted(outline, 3, 5).filter(ImageFilter.GaussianBlur(5)).point([v // 3 for v in range(256)])
    return ImageChops.add(near, far).resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def _hanging(outline: Image.Image) -> Image.Image:
    """A thing some way before the wall."""
    far = _shifted(outline, 6, 7).filter(ImageFilter.GaussianBlur(6)).point([v // 4 for v in range(256)])
    return far.resize((SIDE, SIDE), Image.Resampling.BILINEAR)


_SHADOWS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "stand": _standing,
    "lay": _lying,
    "hang": _hanging,
}


# Light and cloth, as greys around 128


@cache
def _light(texture: str) -> Image.Image:
    """Light falling from the upper left, with the texture's relief upon it."""
    falling = ImageChops.add(
        Image.linear_gradient("L").resize((SIDE, SIDE)), Image.linear_gradient("L").rotate(90).resize((SIDE, SIDE)), 2
    ).point([round(142 - value * 0.11) for value in range(256)])
    if texture:
        falling = ImageChops.add(falling, TEXTURES[texture](), 1, -128)
    return Image.merge("RGB", (falling, falling, falling))


def _noise(width: int, height: int, strength: float, blur: float = 0) -> Image.Image:
    """Grain: random greys around 128, enlarged to the sheet."""
    grain = Image.frombytes("L", (width, height), Random(width * 1009 + height).randbytes(width * height))
    sheet = grain.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    if blur:
        sheet = sheet.filter(ImageFilter.GaussianBlur(blur))
    return sheet.point([max(0, min(255, round(128 + (value - 128) * strength))) for value in range(256)])


def _tiled(tile: int, lines: list[tuple[tuple[float, float, float, float], int, float]]) -> Image.Image:
    """A repeated tile of lines (from x, y to x, y in shares of the tile; grey; width), drawn large and made smaller."""
    large = tile * 4
    one = Image.new("L", (large * 3, large * 3), 128)
    pen = ImageDraw.Draw(one)
    for column in range(3):
        for row in range(3):
            for (x1, y1, x2, y2), grey, width in lines:
                points = [(column + x1) * large, (row + y1) * large, (column + x2) * large, (row + y2) * large]
                pen.line(points, fill=grey, width=max(1, round(width * large)))
    one = one.crop((large, large, 2 * large, 2 * large)).resize((tile, tile), Image.Resampling.LANCZOS)
    sheet = Image.new("L", (SIDE, SIDE), 128)
    for x in range(0, SIDE, tile):
        for y in range(0, SIDE, tile):
            sheet.paste(one, (x, y))
    return sheet


def _knit() -> Image.Image:
    stitches = [((0.06, 0.1, 0.5, 0.62), 148, 0.2), ((0.94, 0.1, 0.5, 0.62), 142, 0.2), ((0, 0, 0, 1), 92, 0.12),
                ((1, 0, 1, 1), 92, 0.12), ((0.5, 0.62, 0.5, 1.1), 112, 0.1), ((0.06, -0.1, 0.5, 0.42), 108, 0.08),
                ((0.94, -0.1, 0.5, 0.42), 108, 0.08)]  # fmt: skip
    return _tiled(13, stitches)


def _weave() -> Image.Image:
    return ImageChops.add(
        _tiled(5, [((0, 0.25, 0.5, 0.25), 140, 0.3), ((0.5, 0.75, 1, 0.75), 118, 0.3)]), _noise(320, 320, 0.03), 1, -128
    )


def _twill() -> Image.Image:
    threads = [((0, 1, 1, 0), 148, 0.22), ((-0.5, 0.5, 0.5, -0.5), 112, 0.18), ((0.5, 1.5, 1.5, 0.5), 112, 0.18)]
    return ImageChops.add(_tiled(6, threads), _noise(200, 640, 0.045), 1, -128)


def _linen() -> Image.Image:
    return ImageChops.add(_noise(640, 40, 0.055), _noise(40, 640, 0.055), 1, -128)


def _leather() -> Image.Image:
    return (
        _noise(150, 150, 0.5, 1.6).filter(ImageFilter.EMBOSS).point([128 + round((v - 128) * 0.32) for v in range(256)])
    )


def _boucle() -> Image.Image:
    return (
        _noise(170, 170, 0.5, 1.4).filter(ImageFilter.EMBOSS).point([128 + round((v - 128) * 0.5) for v in range(256)])
    )


TEXTURES: dict[str, Callable[[], Image.Image]] = {
    "knit": _knit,
    "weave": _weave,
    "twill": _twill,
    "linen": _linen,
    "leather": _leather,
    "boucle": _boucle,
    "plush": lambda: _noise(300, 300, 0.1, 0.8),
    "grain": lambda: _noise(9, 210, 0.2),
    "brushed": lambda: _noise(4, 640, 0.12),
}
