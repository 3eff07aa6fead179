"""The shape of the grammar: what one kind of product may be, and the words to say it with.

Texts are templates. `{battery_h}` is an attribute as said inside a sentence, `{Battery_h}` with a capital as at its
beginning or in a title; `[soft|supple]` lets chance pick a word. A template that begins with a condition
(`waterproof? `, `origin=Peru? `, `connection!=Wired? `) is used only where it holds. Nothing here draws numbers;
`making` does.
"""

from collections.abc import Mapping

import msgspec

Choice = Mapping[str, str]  # a value -> what of the drawing it decides ("neck=crew", "colour=Red icon=berries"), or ""


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of product. Prices are whole US dollars for the first step of its axis, from cheap to dear."""

    code: str
    leaf: str
    drawing: str
    words: tuple[str, ...]  # what shoppers call it; the first is its noun
    price: tuple[float, float]
    weight_g: tuple[int, int]
    colours: tuple[str, ...] = ()
    accents: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    colour_axis: bool = True
    axis: str = ""
    steps: Mapping[str, float] = {}  # value of the axis -> times the price
    choices: Mapping[str, Choice] = {}
    numbers: Mapping[str, tuple[int, int, int]] = {}  # low, high, step
    flags: Mapping[str, float] = {}  # how often it holds
    dearer: Mapping[str, float] = {}  # a value or flag -> times the price
    shows: Mapping[str, str] = {}  # a number or flag -> the detail of the drawing it shows as
    shapes: Mapping[str, tuple[str, ...]] = {}  # details of the drawing that no attribute names
    packs: tuple[str, ...] = ()  # colours of a pack, which is no attribute of what is in it
    only: Mapping[str, tuple[str, ...]] = {}  # a material -> the colours it comes in
    titles: tuple[str, ...]
    openers: tuple[str, ...]
    lines: tuple[str, ...]
    bullets: tuple[str, ...]
    aspects: tuple[str, ...]
    label: str = ""  # the product's name on its pack
    share: float = 1.0
