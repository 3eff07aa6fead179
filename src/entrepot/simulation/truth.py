"""What shoppers truly want. Only the simulation knows it; the rooms have to find it out from what shoppers do.

A shopper belongs to an archetype and deviates from it a little. From time to time she has a wish: a kind of thing, some
properties of it, perhaps a limit to the price. `utility` says how much a product is worth to her, `relevance` how well it
answers a wish (0..3, for measuring search), and `query` what she types, with the words, omissions and typing errors of people.
Everything is a function of its arguments and a Random, so a seed replays a day.
"""

from collections import defaultdict
from math import exp, log
from random import Random

import msgspec

from entrepot.simulation.grammar import KINDS, Kind
from entrepot.simulation.types import DemoCatalogue, DemoProduct


class Archetype(msgspec.Struct, frozen=True):
    """A way of shopping. Weights of groups say what is wished for; tastes add to the worth of a value."""

    name: str
    share: float
    groups: dict[str, float]  # a prefix of the category path -> how often wished for
    tastes: dict[str, float]  # an attribute's value, or a flag's code -> worth
    price_care: float  # worth lost per doubling of the price
    quality_care: float


ARCHETYPES = (
    Archetype("student", 0.2, {"electronics": 3, "fashion/tops": 2, "fashion/shoes": 2, "grocery/snacks": 2, "home/dining": 0.7}, {"Black": 0.3, "Recycled plastic": 0.2, "Oversized": 0.3, "Wireless": 0.2}, 1.5, 0.6),
    Archetype("parent", 0.22, {"grocery": 5, "home": 2, "fashion/tops": 1, "electronics/viewing": 0.6}, {"dishwasher": 0.5, "washable": 0.6, "organic": 0.4, "removable_cover": 0.6, "waterproof": 0.2}, 1.0, 1.0),
    Archetype("nester", 0.16, {"home": 6, "grocery/drinks": 0.8}, {"Oak": 0.3, "Walnut": 0.4, "Sage": 0.4, "Linen": 0.3, "Bouclé": 0.4, "Ivory": 0.3, "Terracotta": 0.3}, 0.7, 1.3),
    Archetype("tinkerer", 0.14, {"electronics": 7, "home/dining": 0.5}, {"Four patterns": 0.3, "Linear": 0.2, "Full frame": 0.4, "Active noise cancelling": 0.5, "4K": 0.4, "OLED": 0.5, "gps": 0.3}, 0.6, 1.5),
    Archetype("dresser", 0.16, {"fashion": 8, "home/decor": 0.6}, {"Leather": 0.4, "Cashmere": 0.6, "Burgundy": 0.4, "Forest Green": 0.3, "Linen": 0.3, "Gold": 0.2, "Wide": 0.2}, 0.6, 1.2),
    Archetype("cook", 0.12, {"grocery/pantry": 4, "grocery/drinks": 2, "grocery/fresh": 1.5, "home/kitchen": 3}, {"organic": 0.5, "fairtrade": 0.4, "Carbon steel": 0.4, "Cast iron": 0.4, "Damascus steel": 0.3, "Whole bean": 0.3}, 0.8, 1.4),
)  # fmt: skip
_COLOUR_WORDS = {"Navy": ("navy", "dark blue"), "Sage": ("sage", "sage green", "green"), "Charcoal": ("charcoal", "dark grey"), "Ivory": ("ivory", "off white"), "Burgundy": ("burgundy", "wine red"), "Rust": ("rust", "rust orange"), "Blush": ("blush", "light pink"), "Grey": ("grey", "gray"), "Cognac": ("cognac", "brown")}  # fmt: skip
_SAID = {"waterproof": "waterproof", "organic": "organic", "vegan": "vegan", "washable": "washable", "dimmable": "dimmable", "gps": "with gps", "magnetic": "magnetic", "polarised": "polarized", "fairtrade": "fair trade", "gluten_free": "gluten free", "lumbar": "lumbar support", "laptop_sleeve": "for laptop"}  # fmt: skip
_NEIGHBOURS = {"a": "s", "e": "r", "i": "o", "o": "p", "s": "a", "t": "y", "n": "m", "r": "e", "l": "k", "c": "v"}


class Shopper(msgspec.Struct, frozen=True):
    number: int
    archetype: str
    tastes: dict[str, float]
    price_care: float
    quality_care: float
    carelessness: float  # how often a word is mistyped


class Wish(msgspec.Struct, frozen=True):
    """What is wanted now: a kind, values it must have, and at most this price in cents."""

    kind: str
    wanted: dict[str, str | bool]
    price_max_minor: int | None = None


def archetype(name: str) -> Archetype:
    return next(kind for kind in ARCHETYPES if kind.name == name)


def shopper(seed: int, number: int) -> Shopper:
    """The shopper with a number; always the same for a seed."""
    chance = Random(f"{seed}/{number}")
    kind = chance.choices(ARCHETYPES, weights=[each.share for each in ARCHETYPES])[0]
    tastes = {value: worth + chance.gauss(0, 0.15) for value, worth in kind.tastes.items()}
    return Shopper(
        number=number,
        archetype=kind.name,
        tastes=tastes,
        price_care=kind.price_care * chance.lognormvariate(0, 0.25),
        quality_care=kind.quality_care * chance.lognormvariate(0, 0.2),
        carelessness=min(0.3, chance.expovariate(1 / 0.05)),
    )


class Truth:
    """A catalogue seen with perfect knowledge."""

    def __init__(self, catalogue: DemoCatalogue) -> None:
        self._kinds = {kind.code: kind for kind in KINDS}
        self._products: dict[str, list[DemoProduct]] = defaultdict(list)
        for product in catalogue.products:
            self._products[product.kind].append(product)
        self._usual_price = {
            code: exp(sum(log(price_minor(product)) for product in products) / len(products))
            for code, products in self._products.items()
        }

    def wish(self, shopper: Shopper, chance: Random) -> Wish:
        """A wish of this shopper. It copies some properties of a product that she would like, so it can be met."""
        kind = self._wished_kind(shopper, chance)
        candidates = chance.sample(self._products[kind.code], k=min(6, len(self._products[kind.code])))
        model = max(candidates, key=lambda product: self.utility(shopper, product))
        wanted = _some_properties(model, chance)
        limit = None
        if chance.random() < 0.18 * shopper.price_care:
            limit = round(price_minor(model) * chance.uniform(1.05, 1.6) / 500) * 500 or None
        return Wish(kind.code, wanted, limit)

    def _wished_kind(self, shopper: Shopper, chance: Random) -> Kind:
        groups = archetype(shopper.archetype).groups
        kinds = [kind for code, kind in self._kinds.items() if code in self._products]
        weights = [kind.share * max((weight for prefix, weight in groups.items() if kind.leaf.startswith(prefix)), default=0.12) for kind in kinds]
        return chance.choices(kinds, weights=weights)[0]

    def utility(self, shopper: Shopper, product: DemoProduct, paid_minor: int | None = None) -> float:
        """How much a product is worth to a shopper beyond its price; 0 is a thing she would take or leave.

        `paid_minor` is the price she sees; without it, the lowest in the catalogue.
        """
        price = paid_minor if paid_minor is not None else price_minor(product)
        dearness = log(price / self._usual_price[product.kind], 2)
        taste = sum(shopper.tastes.get(value, 0.0) for value in _values(product))
        return (
            shopper.quality_care * 2.4 * (product.quality - 0.5)
            + 0.5 * log(product.appeal)
            + min(1.2, taste)
            - shopper.price_care * dearness
        )

    def relevance(self, wish: Wish, product: DemoProduct) -> int:
        """How well a product answers a wish: 3 fully, 2 in part, 1 related, 0 not at all."""
        kind = self._kinds[wish.kind]
        if product.kind != wish.kind:
            return 1 if product.category == kind.leaf else 0
        met = sum(_meets(product, code, value) for code, value in wish.wanted.items())
        affordable = wish.price_max_minor is None or price_minor(product) <= wish.price_max_minor
        if met == len(wish.wanted) and affordable:
            return 3
        return 2 if met * 2 >= len(wish.wanted) and affordable else 1

    def buys(self, shopper: Shopper, wish: Wish, product: DemoProduct, chance: Random, paid_minor: int | None = None) -> bool:
        """Whether she buys it when it stands before her, in stock, at this price."""
        fit = {3: 1.0, 2: -0.4, 1: -2.2, 0: -5.0}[self.relevance(wish, product)]
        return chance.random() < 1 / (1 + exp(-(self.utility(shopper, product, paid_minor) + fit - 1.4)))

    def rating(self, shopper: Shopper, product: DemoProduct, chance: Random) -> int:
        """The stars she gives after use, 1 to 5."""
        return max(1, min(5, round(2.5 + 2.6 * product.quality + 0.2 * self.utility(shopper, product) + chance.gauss(0, 0.6))))

    # Words

    def query(self, shopper: Shopper, wish: Wish, chance: Random) -> str:
        """What she types for a wish."""
        kind = self._kinds[wish.kind]
        noun = chance.choices(kind.words, weights=[1 / (rank + 1) for rank in range(len(kind.words))])[0]
        said = [_said(code, value, chance) for code, value in wish.wanted.items() if chance.random() < 0.85]
        before = [words for words in said if not words.startswith(("with", "for", "from"))]
        after = [words for words in said if words not in before]
        text = " ".join([*before, noun, *after])
        if wish.price_max_minor is not None and chance.random() < 0.7:
            limit = wish.price_max_minor // 100
            text += chance.choice((f" under {limit}", f" below ${limit}", f" max {limit}", f" less than {limit} dollars"))
        return " ".join(_typed(word, shopper.carelessness, chance) for word in text.split())


def price_minor(product: DemoProduct) -> int:
    """The lowest price of any of its offers."""
    return min(offer.price_minor for offer in product.offers)


def _values(product: DemoProduct) -> set[str]:
    """All values of a product and its variants, and the codes of the flags that hold."""
    found = {code if value is True else str(value) for code, value in product.attributes.items()}
    return found | {value for variant in product.variants for value in variant.options.values()}


def _meets(product: DemoProduct, code: str, value: str | bool) -> bool:
    if code in product.attributes:
        return product.attributes[code] == value
    return any(variant.options.get(code) == value for variant in product.variants)


def _some_properties(product: DemoProduct, chance: Random) -> dict[str, str | bool]:
    """Up to three properties worth naming."""
    nameable: dict[str, str | bool] = {}
    for code, value in product.attributes.items():
        if isinstance(value, str) or (value is True and code in _SAID):
            nameable[code] = value
    colours = sorted({variant.options["colour"] for variant in product.variants if "colour" in variant.options})
    if colours:
        nameable["colour"] = chance.choice(colours)
    count = min(len(nameable), chance.choices((0, 1, 2, 3), weights=(3, 5, 3, 1))[0])
    return {code: nameable[code] for code in chance.sample(sorted(nameable), k=count)}


def _said(code: str, value: str | bool, chance: Random) -> str:
    if isinstance(value, bool):
        return _SAID[code]
    if code == "colour":
        return chance.choice(_COLOUR_WORDS.get(value, (value.lower(),)))
    return value.lower().replace(",", "")


def _typed(word: str, carelessness: float, chance: Random) -> str:
    """The word as her fingers have it."""
    if len(word) < 4 or not word.isalpha() or chance.random() >= carelessness:
        return word
    place = chance.randrange(1, len(word) - 1)
    return chance.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + word[place] + word[place:],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + _NEIGHBOURS.get(word[place], word[place]) + word[place + 1 :],
        )
    )
