"""What shoppers truly want. Only the simulation knows it; the rooms have to find it out from what shoppers do.

A shopper belongs to an archetype and deviates from it a little. From time to time she has a wish: a kind of thing, some
properties of it, perhaps a limit to the price. `utility` says how much a product is worth to her, `relevance` how well
it answers a wish (0..3, for measuring search), and `query` what she types, with the words and slips of people.
Everything is a function of its arguments and a Random, so a seed replays a day.
"""

from collections import defaultdict
from math import ceil, exp, log
from random import Random

import msgspec

from entrepot.simulation.grammar import KINDS, Kind
from entrepot.simulation.grammar.shoppers import ARCHETYPES, COLOUR_WORDS, FLAG_WORDS, IMPLYING, Archetype
from entrepot.simulation.types import DemoCatalogue, DemoProduct

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
            # A round sum, and not below what the thing costs.
            limit = ceil(price_minor(model) * chance.uniform(1.05, 1.6) / 500) * 500
        return Wish(kind.code, wanted, limit)

    def _wished_kind(self, shopper: Shopper, chance: Random) -> Kind:
        groups = archetype(shopper.archetype).groups
        kinds = [kind for code, kind in self._kinds.items() if code in self._products]
        return chance.choices(kinds, weights=[kind.share * _liking(groups, kind) for kind in kinds])[0]

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

    def buys(
        self, shopper: Shopper, wish: Wish, product: DemoProduct, chance: Random, paid_minor: int | None = None
    ) -> bool:
        """Whether she buys it when it stands before her, in stock, at this price."""
        fit = {3: 1.0, 2: -0.4, 1: -2.2, 0: -5.0}[self.relevance(wish, product)]
        return chance.random() < 1 / (1 + exp(-(self.utility(shopper, product, paid_minor) + fit - 1.4)))

    def rating(self, shopper: Shopper, product: DemoProduct, chance: Random) -> int:
        """The stars she gives after use, 1 to 5."""
        pleased = 2.5 + 2.6 * product.quality + 0.2 * self.utility(shopper, product)
        return max(1, min(5, round(chance.gauss(pleased, 0.6))))

    # Words

    def query(self, shopper: Shopper, wish: Wish, chance: Random) -> str:
        """What she types for a wish."""
        kind = self._kinds[wish.kind]
        noun = _noun(kind, wish, chance)
        implied = IMPLYING.get(noun, {})
        wanted = {code: value for code, value in wish.wanted.items() if code not in implied}
        said = [_said(code, value, chance) for code, value in wanted.items() if chance.random() < 0.85]
        before = [words for words in said if not words.startswith(("with", "for", "from"))]
        after = [words for words in said if words not in before]
        text = " ".join([*before, noun, *after])
        if wish.price_max_minor is not None and chance.random() < 0.7:
            limit = wish.price_max_minor // 100
            text += chance.choice((" under {}", " below ${}", " max {}", " less than {} dollars")).format(limit)
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
        if isinstance(value, str) or (value is True and code in FLAG_WORDS):
            nameable[code] = value
    colours = sorted({variant.options["colour"] for variant in product.variants if "colour" in variant.options})
    if colours:
        nameable["colour"] = chance.choice(colours)
    count = min(len(nameable), chance.choices((0, 1, 2, 3), weights=(3, 5, 3, 1))[0])
    return {code: nameable[code] for code in chance.sample(sorted(nameable), k=count)}


def _liking(groups: dict[str, float], kind: Kind) -> float:
    return max((weight for prefix, weight in groups.items() if kind.leaf.startswith(prefix)), default=0.12)


def _noun(kind: Kind, wish: Wish, chance: Random) -> str:
    """A name for the kind, mostly the first; never one that says more than is wished for."""
    names = [name for name in kind.words if IMPLYING.get(name, {}).items() <= wish.wanted.items()]
    return chance.choices(names, weights=[1 / (rank + 1) for rank in range(len(names))])[0]


def _said(code: str, value: str | bool, chance: Random) -> str:
    if isinstance(value, bool):
        return FLAG_WORDS[code]
    if code == "colour":
        return chance.choice(COLOUR_WORDS.get(value, (value.lower(),)))
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
