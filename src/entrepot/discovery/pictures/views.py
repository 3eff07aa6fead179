"""Views of a picture as shoppers' photographs differ from it: nearer, turned, lit otherwise, blurred, before a wall."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance, ImageFilter

SIDE = 160
TURNED = 20.0
"""Degrees, to either side."""
NEAREST = 0.6
"""The share of a side that the nearest view shows."""
LIGHT, CONTRAST, COLOUR, TINT = (0.55, 1.4), (0.65, 1.3), (0.6, 1.4), (0.88, 1.12)
BLURRED = 1.5
WALL_NEAR = 18.0
"""How far from the colour of its border a pixel still belongs to a picture's background."""
WALL_SHARE = 0.7
GRAIN = 8

Random = np.random.Generator


def view_of(image: Image.Image, random: Random) -> Image.Image:
    """One view of a picture."""
    shown = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    if random.random() < 0.7:
        shown = _before_a_wall(shown, random)
    shown = _turned_and_near(shown, random)
    for enhance, (low, high) in ((ImageEnhance.Brightness, LIGHT), (ImageEnhance.Contrast, CONTRAST),
                                 (ImageEnhance.Color, COLOUR)):  # fmt: skip
        shown = enhance(shown).enhance(random.uniform(low, high))
    tinted = np.asarray(shown, np.float32) * random.uniform(*TINT, 3).astype(np.float32)
    shown = Image.fromarray(tinted.clip(0, 255).astype(np.uint8))
    return shown.filter(ImageFilter.GaussianBlur(random.uniform(0, BLURRED)))


def _turned_and_near(image: Image.Image, random: Random) -> Image.Image:
    width, height = image.size
    turned = image.rotate(random.uniform(-TURNED, TURNED), Image.Resampling.BILINEAR, fillcolor=_any_colour(random))
    share, shape = random.uniform(NEAREST, 1.0), random.uniform(0.85, 1.15)
    across, down = int(min(width, width * share * shape)), int(min(height, height * share / shape))
    left, top = int(random.integers(0, width - across + 1)), int(random.integers(0, height - down + 1))
    return turned.crop((left, top, left + across, top + down))


def _before_a_wall(image: Image.Image, random: Random) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    border = np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
    colour = np.median(border, axis=0)
    if np.mean(np.abs(border - colour).max(axis=1) < WALL_NEAR) < WALL_SHARE:
        return image  # a photograph with surroundings of its own
    behind = np.abs(pixels - colour).max(axis=2) < WALL_NEAR
    wall = _wall(image.size, random)
    return Image.fromarray(np.where(behind[..., None], wall, pixels).astype(np.uint8))


def _wall(size: tuple[int, int], random: Random) -> npt.NDArray[np.float32]:
    grain = random.normal(0, 30, (GRAIN, GRAIN, 3)) + random.uniform(0, 255, 3)
    small = Image.fromarray(grain.clip(0, 255).astype(np.uint8))
    return np.asarray(small.resize(size, Image.Resampling.BILINEAR), np.float32)


def _any_colour(random: Random) -> tuple[int, int, int]:
    red, green, blue = (int(each) for each in random.integers(0, 256, 3))
    return red, green, blue
