"""Pictures that look alike, whatever their size and compression: a difference hash of 64 bits, and its distance.

Each bit says whether a point of the picture, made 9 × 8 points of grey, is darker than the one to its right. Enlarging,
re-encoding and slight changes of colour flip few bits; two pictures of different things differ in about half of them.
A picture without contrast (a white tile) has no bits of its own, and is alike to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PIL import Image

ALIKE_MAX: Final = 6
"""In how many of 64 bits two pictures may differ to be called alike."""
_CONTRAST_MIN: Final = 12


def look_of(image: Image.Image) -> str | None:
    """The hash of a picture as sixteen hexadecimal digits; None where there is too little in it to tell it by."""
    grey = _on_white(image).convert("L").resize((9, 8), Image.Resampling.BOX)
    points = grey.tobytes()
    if max(points) - min(points) < _CONTRAST_MIN:
        return None
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (points[row * 9 + column] < points[row * 9 + column + 1])
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """In how many bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def alike(looks: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of names whose looks are alike, each once; for the pictures of a product or two, not of a market."""
    named = list(looks)
    return [
        (name, other)
        for place, (name, look) in enumerate(named)
        for other, other_look in named[place + 1 :]
        if name != other and distance(look, other_look) <= ALIKE_MAX
    ]


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground
