"""The like in eight languages: a kind, with a colour, a bound of the price or a colour that is not wanted."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from random import Random
from typing import Any

from entrepot.simulation.types import DemoCatalogue, DemoProduct

from .sets import QUERIES, Drawn, Judged, price_of, values_of


def draw(catalogue: DemoCatalogue, seed: int = 7, queries: int = QUERIES) -> Iterator[Judged]:
    """So many queries of each language, each once; a set is called by its language."""
    text = resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    for language, words in tomllib.loads(text).items():
        drawn = Drawn(catalogue.products, Random(f"{seed}/{language}"))
        seen: set[str] = set()
        for _ in range(queries * 20):
            if len(seen) == queries:
                break
            judged = _query(language, words, drawn)
            if judged is not None and judged.right and judged.q not in seen:
                seen.add(judged.q)
                yield judged


def _query(language: str, words: dict[str, Any], drawn: Drawn) -> Judged | None:
    chance = drawn.chance
    product = chance.choice([each for each in drawn.products if each.kind in words["kinds"]])
    noun = chance.choice(words["kinds"][product.kind])
    colours = sorted(values_of(product, "colour") & words["colours"].keys())
    gap = "" if language in ("zh", "ja") else " "
    draw = chance.random()
    if colours and draw < 0.4:
        colour = chance.choice(colours)
        said = words["colours"][colour]
        text = f"{said}{gap}{noun}" if words["order"] == "before" else f"{noun} {said}"
        right = drawn.right(lambda each: each.kind == product.kind and colour in values_of(each, "colour"))
        return Judged(language, text, right, language)
    if colours and draw < 0.6:
        colour = chance.choice(colours)
        text = f"{noun} {chance.choice(words['not']).format(words['colours'][colour])}"
        return Judged(language, text, drawn.right(lambda each: _has_other(each, product.kind, colour)), language)
    if draw < 0.9:
        high = round(price_of(product) * chance.uniform(1.02, 1.5) / 100)
        text = f"{noun} {chance.choice(words['under']).format(high)}"
        right = drawn.right(lambda each: each.kind == product.kind and price_of(each) <= high * 100)
        return Judged(language, text, right, language)
    return Judged(language, noun, drawn.right(lambda each: each.kind == product.kind), language)


def _has_other(product: DemoProduct, kind: str, colour: str) -> bool:
    """Whether a product of a kind can be had in something else than a colour."""
    return product.kind == kind and bool(values_of(product, "colour") - {colour} or not values_of(product, "colour"))
