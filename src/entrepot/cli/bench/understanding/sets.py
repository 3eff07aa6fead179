"""Judged sets of queries where plain search fails, generated from the packs and the generated market.

A query is asked of the market, and its truth is a predicate over the market's own facts, which search never sees: which
kind a product is, what its variants are, what it costs, who made it. Nothing is written for a query by hand; the seed
decides which are drawn. Sets: units and sizes, an accessory or the device, what fits what, aliases, denials, prices,
typos, plurals; `languages` asks the like in eight languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

import msgspec

from entrepot import catalog
from entrepot.simulation.grammar import KINDS
from entrepot.simulation.types import DemoCatalogue, DemoProduct

QUERIES = 200


class Judged(msgspec.Struct, frozen=True):
    """A query and the products that answer it, by external id."""

    set: str
    q: str
    right: frozenset[str]
    language: str = "en"


class Drawn(NamedTuple):
    """What a set is drawn from."""

    products: tuple[DemoProduct, ...]
    chance: Random

    def right(self, holds: Callable[[DemoProduct], bool]) -> frozenset[str]:
        """The products of which something holds."""
        return frozenset(product.external_id for product in self.products if holds(product))


Maker = Callable[[Drawn], Judged | None]


def draw(catalogue: DemoCatalogue, seed: int = 7, queries: int = QUERIES) -> Iterator[Judged]:
    """So many queries of each set, each query once."""
    for name, maker in MAKERS.items():
        drawn = Drawn(catalogue.products, Random(f"{seed}/{name}"))
        seen: set[str] = set()
        for _ in range(queries * 20):
            if len(seen) == queries:
                break
            judged = maker(drawn)
            if judged is not None and judged.right and judged.q not in seen:
                seen.add(judged.q)
                yield judged


# --- the words of kinds

_NOUNS = {kind.code: kind.words[0] for kind in KINDS}
_WORDS = {kind.code: kind.words for kind in KINDS}


def _is(product: DemoProduct, kind: str) -> bool:
    return product.kind == kind


def values_of(product: DemoProduct, code: str) -> set[str]:
    """Every value that a product or one of its variants has of an attribute."""
    found = {str(variant.options[code]) for variant in product.variants if code in variant.options}
    return found | ({str(product.attributes[code])} if code in product.attributes else set())


def price_of(product: DemoProduct) -> int:
    """The lowest price of any of its offers, in cents."""
    return min(offer.price_minor for offer in product.offers)


# --- units and sizes

_SIZED = ("size", "shoe_size", "capacity", "pack_size", "waist", "diagonal", "width")
_SAID = {"size": ("size {}", "{}"), "shoe_size": ("size {}", "eu {}"), "waist": ("waist {}", "size {}")}
_NUMBERED = {"power_w": "w", "memory_gb": "gb", "volume_l": "l", "width_cm": "cm", "megapixels": "mp"}


def _units(drawn: Drawn) -> Judged | None:
    product = drawn.chance.choice(drawn.products)
    codes = [code for code in (*_SIZED, *_NUMBERED) if values_of(product, code)]
    if not codes:
        return None
    code = drawn.chance.choice(codes)
    value = drawn.chance.choice(sorted(values_of(product, code)))
    said = _other_spelling(code, value, drawn.chance)
    if said is None:
        return None
    right = drawn.right(lambda each: _is(each, product.kind) and value in values_of(each, code))
    noun = _NOUNS[product.kind]
    text = f"{noun} {said}" if drawn.chance.random() < 0.6 or said.startswith("size") else f"{said} {noun}"
    return Judged("units", text, right)


def _other_spelling(code: str, value: str, chance: Random) -> str | None:
    """The value in another unit, glued or with a space; a size with its word or without."""
    if code in _NUMBERED:
        value = f"{value} {_NUMBERED[code]}"
    number, _, unit = value.partition(" ")
    spellings = catalog.same_quantities(number, unit) if unit and " " not in unit else ()
    if spellings:
        usual = [each for each in spellings if len(each) <= 8 and not each.startswith("0.")][:4]
        if not usual:
            return None
        chosen = chance.choice(usual)
        return chosen.replace(" ", "") if chance.random() < 0.5 else chosen
    if code in _SAID and len(value) <= 5:
        return chance.choice(_SAID[code]).format(value.lower())
    return None


# --- prices

_UNDER = ("under {}", "below ${}", "less than {} dollars", "max {}", "up to {}", "cheaper than {}", "under ${}", "≤{}")
_OVER = ("over {}", "more than ${}", "at least {}", "above {} usd")
_BETWEEN = ("between {} and {}", "{}-{} usd", "from {} to {}", "${} - ${}")


def _prices(drawn: Drawn) -> Judged | None:
    product = drawn.chance.choice(drawn.products)
    noun, price = _NOUNS[product.kind], price_of(product)
    kind = drawn.chance.random()
    if kind < 0.6:
        high = round(price * drawn.chance.uniform(1.02, 1.5) / 100)
        text = drawn.chance.choice(_UNDER).format(high)
        right = drawn.right(lambda each: _is(each, product.kind) and price_of(each) <= high * 100)
    elif kind < 0.75:
        low = max(1, round(price * drawn.chance.uniform(0.6, 0.98) / 100))
        text = drawn.chance.choice(_OVER).format(low)
        right = drawn.right(lambda each: _is(each, product.kind) and _dearest(each) >= low * 100)
    else:
        low, high = max(1, round(price * 0.8 / 100)), round(price * 1.3 / 100) + 1
        text = drawn.chance.choice(_BETWEEN).format(low, high)
        right = drawn.right(lambda each: _is(each, product.kind) and _within(each, low * 100, high * 100))
    return Judged("price", f"{text} {noun}" if drawn.chance.random() < 0.2 else f"{noun} {text}", right)


def _dearest(product: DemoProduct) -> int:
    return max(offer.price_minor for offer in product.offers)


def _within(product: DemoProduct, low: int, high: int) -> bool:
    return any(low <= offer.price_minor <= high for offer in product.offers)


# --- denials

_NOT = ("not {}", "no {}", "without {}", "-{}", "except {}", "but not {}", "other than {}")


_NOT_BRAND = ("not {}", "-{}", "except {}", "but not {}", "other than {}", "not from {}")


def _denials(drawn: Drawn) -> Judged | None:
    product = drawn.chance.choice(drawn.products)
    return _not_brand(drawn, product) if drawn.chance.random() < 0.5 else _not_value(drawn, product)


def _not_brand(drawn: Drawn, product: DemoProduct) -> Judged:
    right = drawn.right(lambda each: _is(each, product.kind) and each.brand != product.brand)
    return _denied(drawn, product, product.brand.lower(), _NOT_BRAND, right)


def _not_value(drawn: Drawn, product: DemoProduct) -> Judged | None:
    code = drawn.chance.choice(("material", "colour", "form", "pattern", "flavour"))
    value = min(values_of(product, code), default="")
    if not value or len(value.split()) > 2 or "," in value:
        return None
    right = drawn.right(lambda each: _is(each, product.kind) and values_of(each, code) != {value})
    return _denied(drawn, product, value.lower(), _NOT, right)


def _denied(drawn: Drawn, product: DemoProduct, said: str, forms: tuple[str, ...], right: frozenset[str]) -> Judged:
    """The kind without something; a line in front denies single words only."""
    usual = [form for form in forms if not form.startswith("-") or said.isalpha()]
    return Judged("denial", f"{_NOUNS[product.kind]} {drawn.chance.choice(usual).format(said)}", right)


# --- aliases, plurals, typos


def _aliases(drawn: Drawn) -> Judged | None:
    """Another word for a kind, from the packs, that the kind's own words do not have."""
    product = drawn.chance.choice(drawn.products)
    own = {word for words in _WORDS[product.kind] for word in words.split()}
    others = [
        other
        for word in _WORDS[product.kind]
        for other in sorted(catalog.same_words(word))
        if other.isascii() and not own.issuperset(other.split())
    ]
    if not others:
        return None
    said = drawn.chance.choice(others)
    colour = sorted(values_of(product, "colour"))
    if colour and drawn.chance.random() < 0.7:
        value = drawn.chance.choice(colour)
        right = drawn.right(lambda each: _is(each, product.kind) and value in values_of(each, "colour"))
        return Judged("alias", f"{value.lower()} {said}", right)
    if drawn.chance.random() < 0.5:
        return Judged("alias", said, drawn.right(lambda each: _is(each, product.kind)))
    right = drawn.right(lambda each: _is(each, product.kind) and each.brand == product.brand)
    return Judged("alias", f"{product.brand.lower()} {said}", right)


def _plurals(drawn: Drawn) -> Judged | None:
    product = drawn.chance.choice(drawn.products)
    word = drawn.chance.choice(_WORDS[product.kind][:2])
    said = word[:-1] if word.endswith("s") and not word.endswith("ss") else plural(word)
    values = sorted(values_of(product, "colour") | values_of(product, "material"))
    if not values:
        return Judged("plural", said, drawn.right(lambda each: _is(each, product.kind)))
    value = drawn.chance.choice(values)
    right = drawn.right(
        lambda each: _is(each, product.kind) and value in values_of(each, "colour") | values_of(each, "material")
    )
    return Judged("plural", f"{value.lower()} {said}", right)


def plural(word: str) -> str:
    """The plural of an English noun, by the usual rules."""
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    if word.endswith(("fe", "lf", "af")):
        return f"{word.removesuffix('fe').removesuffix('f')}ves"
    return f"{word}s"


def _typos(drawn: Drawn) -> Judged | None:
    """One edit in any word of letters of a query that names a kind and a colour, a material or a brand."""
    product = drawn.chance.choice(drawn.products)
    noun = _NOUNS[product.kind]
    values = sorted(values_of(product, "colour") | values_of(product, "material") | {product.brand})
    value = drawn.chance.choice(values)
    words = f"{value.lower()} {noun}".split()
    places = [place for place, word in enumerate(words) if word.isalpha() and len(word) >= 4]
    if not places:
        return None
    place = drawn.chance.choice(places)
    right = drawn.right(
        lambda each: (
            _is(each, product.kind) and value in values_of(each, "colour") | values_of(each, "material") | {each.brand}
        )
    )
    words[place] = edited(words[place], drawn.chance)
    return Judged("typo", " ".join(words), right)


def edited(word: str, chance: Random) -> str:
    """A word with a letter left out, doubled, swapped with the next, or changed."""
    place = chance.randrange(1, len(word) - 1)
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice((
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        word[:place] + letter + word[place + 1 :],
    ))  # fmt: skip


MAKERS: dict[str, Maker] = {
    "units": _units,
    "price": _prices,
    "denial": _denials,
    "alias": _aliases,
    "plural": _plurals,
    "typo": _typos,
}
