"""What a picture looks like, in numbers that nobody had to learn: colours, edges and texture, the middle counting most.

Four parts, each of unit length, weighted and joined:

1. colours: a histogram over hue, saturation and value (greys apart), of the whole and of its quarters (Swain and
   Ballard, Color indexing, 1991), its roots taken, so that a dot product compares as Hellinger's distance does;
2. edges: histograms of oriented gradients in a grid of 6 and of 3 cells a side (Dalal and Triggs, 2005);
3. texture: uniform local binary patterns (Ojala, Pietikäinen and Mäenpää, 2002);
4. layout: the picture at 8 by 8 pixels without its mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 96
_HUES, _SHADES, _GREYS = 12, 3, 6
_COLOURS = _HUES * _SHADES * _SHADES + _GREYS
_GREY_BELOW = 0.15
_ANGLES = 9
_LAYOUT = 8
_QUARTERS_WEIGHT, _FINE, _COARSE, _LAYOUT_WEIGHT = 0.4, (6, 1.0), (3, 0.7), 0.7
_FLAT = 0.05
"""A cell whose edges are fainter than this counts little: it is noise."""
_NOISE = 0.01
_NEIGHBOURS = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]


def _centre() -> Floats:
    at = np.linspace(-1, 1, SIDE)
    return np.exp(-(at[:, None] ** 2 + at[None, :] ** 2) / (2 * 0.45**2)).astype(np.float32)


def _uniform_patterns() -> Codes:
    """By the eight bits around a pixel, its pattern: one each for those of at most two changes, one for all others."""
    changes = [sum((code >> n & 1) != (code >> (n + 1) % 8 & 1) for n in range(8)) for code in range(256)]
    uniform = [code for code in range(256) if changes[code] <= 2]
    patterns = np.full(256, len(uniform), np.int64)
    patterns[uniform] = np.arange(len(uniform))
    return patterns


_CENTRE = _centre()
_PATTERNS = _uniform_patterns()
_TEXTURES = int(_PATTERNS.max()) + 1
DIMENSIONS = 5 * _COLOURS + (_FINE[0] ** 2 + _COARSE[0] ** 2) * _ANGLES + _TEXTURES + 3 * _LAYOUT**2


def features_of(image: Image.Image) -> Floats:
    """A picture's features, of unit length. What shows through is taken for white."""
    solid = _on_white(image)
    pixels: Floats = np.asarray(solid.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32) / np.float32(255)
    grey = (pixels @ np.array([0.299, 0.587, 0.114], np.float32)).astype(np.float32)
    small = np.asarray(solid.resize((_LAYOUT, _LAYOUT), Image.Resampling.BOX), np.float32).ravel() / 255
    parts = (_colours(pixels), _edges(grey), _texture(grey), _LAYOUT_WEIGHT * unit(small - small.mean()))
    return unit(np.concatenate(parts)).astype(np.float32)


def colour_histogram(image: Image.Image) -> Floats:
    """Four levels of red, green and blue: the plain control that features are measured against."""
    levels = np.asarray(_on_white(image).resize((64, 64)), np.int64) // 64
    code = levels @ np.array([16, 4, 1])
    return unit(np.sqrt(np.bincount(code.ravel(), minlength=64))).astype(np.float32)


def unit(vector: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A vector at length one; zeros stay."""
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _colours(pixels: Floats) -> Floats:
    codes, half = _colour_codes(pixels), SIDE // 2
    parts = [np.sqrt(_shares(codes, _CENTRE, _COLOURS))]
    for rows in (slice(0, half), slice(half, SIDE)):
        for columns in (slice(0, half), slice(half, SIDE)):
            shares = _shares(codes[rows, columns], _CENTRE[rows, columns], _COLOURS)
            parts.append(_QUARTERS_WEIGHT * np.sqrt(shares))
    return unit(np.concatenate(parts)).astype(np.float32)


def _colour_codes(pixels: Floats) -> Codes:
    """Which colour each pixel is: a hue with its saturation and value, or a grey by its value."""
    value, least = pixels.max(axis=2), pixels.min(axis=2)
    spread = np.maximum(value - least, 1e-6)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    hue = np.where(
        value == red,
        ((green - blue) / spread) % 6,
        np.where(value == green, (blue - red) / spread + 2, (red - green) / spread + 4),
    )
    saturation = (value - least) / np.maximum(value, 1e-6)
    coloured = (_steps(hue / 6, _HUES) * _SHADES + _steps(saturation, _SHADES)) * _SHADES + _steps(value, _SHADES)
    return np.where(saturation < _GREY_BELOW, _COLOURS - _GREYS + _steps(value, _GREYS), coloured)


def _steps(numbers: Floats, count: int) -> Codes:
    """Numbers from 0 to 1 as whole steps."""
    return np.minimum((numbers * count).astype(np.int64), count - 1)


def _shares(codes: Codes, weights: Floats, count: int) -> npt.NDArray[np.float64]:
    sums = np.bincount(codes.ravel(), weights.ravel(), minlength=count)
    return sums / max(float(sums.sum()), 1e-9)


def _edges(grey: Floats) -> Floats:
    down, right = np.gradient(grey)
    strength = np.hypot(right, down)
    angle = _steps((np.arctan2(down, right) % np.pi) / np.pi, _ANGLES)
    return unit(np.concatenate([_cells(strength, angle, *grid) for grid in (_FINE, _COARSE)])).astype(np.float32)


def _cells(strength: Floats, angle: Codes, side: int, weight: float) -> Floats:
    cell = np.arange(SIDE) * side // SIDE
    at = (cell[:, None] * side + cell[None, :]) * _ANGLES + angle
    sums = np.bincount(at.ravel(), strength.ravel(), minlength=side * side * _ANGLES).reshape(-1, _ANGLES)
    even = np.sqrt(sums / (np.linalg.norm(sums, axis=1, keepdims=True) + _FLAT))
    return (weight * unit(even.ravel())).astype(np.float32)


def _texture(grey: Floats) -> Floats:
    middle, bits = grey[1:-1, 1:-1], np.zeros((SIDE - 2, SIDE - 2), np.int64)
    for place, (down, right) in enumerate(_NEIGHBOURS):
        around = grey[down : down + SIDE - 2, right : right + SIDE - 2]
        bits |= (around > middle + _NOISE).astype(np.int64) << place
    return unit(np.sqrt(_shares(_PATTERNS[bits], _CENTRE[1:-1, 1:-1], _TEXTURES))).astype(np.float32)
