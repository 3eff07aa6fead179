"""Makes one product from a kind: what it is, what it looks like, what it costs and how it is described.

First its facts are drawn (brand, colours, attributes), then variants, prices, words and pictures follow from them, so
that a title never names a thing the picture or the attributes do not show.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from random import Random

import msgspec

from entrepot.simulation.drawings.canvas import channels
from entrepot.simulation.drawings.picture import COLOURS, MATERIALS, PictureSpec
from entrepot.simulation.drawings.studio import BACKDROPS
from entrepot.simulation.grammar import Kind
from entrepot.simulation.grammar.names import BRANDS, MAKES, MODELS
from entrepot.simulation.pricing import gtin
from entrepot.simulation.types import AttributeValue, DemoPicture, DemoVariant
from entrepot.simulation.wording import allowed, entitle, say

_SUFFIXES = {"electronics": ("", "", "", " 2", " 3", " Mini", " Plus", " One", " S")}
_PALETTES = {
    "electronics": ("cloud", "mist", "stone", "lilac", "sun"),
    "fashion": ("linen", "blush", "sage", "clay", "mist"),
    "grocery": ("sun", "mint", "clay", "linen", "blush"),
    "home": ("linen", "sage", "clay", "mist", "blush"),
}
_DETAIL_VIEWS = 0.05


class Facts(msgspec.Struct, frozen=True):
    """What is decided by chance about a product."""

    kind: Kind
    brand: str
    standing: float  # of its brand and build, 0 to 1
    model: str
    colours: tuple[str, ...]
    accent: str
    material: str
    attributes: dict[str, AttributeValue]
    details: tuple[tuple[str, str], ...]
    pack: str

    @property
    def industry(self) -> str:
        return self.kind.leaf.split("/")[0]

    @property
    def group(self) -> str:
        return self.kind.leaf.rsplit("/", 1)[0]

    def price(self) -> float:
        """In dollars, for the first step of the axis."""
        cheap, dear = self.kind.price
        dollars: float = cheap * (dear / cheap) ** self.standing
        for name, value in self.attributes.items():
            key = name if value is True else value
            dollars *= self.kind.dearer.get(key, 1.0) if isinstance(key, str) else 1.0
        return dollars


def facts(kind: Kind, chance: Random) -> Facts:
    """Draw a product's facts."""
    makers = BRANDS[kind.leaf.rsplit("/", 1)[0]]
    brand = chance.choice([maker for maker in makers if kind.code in MAKES.get(maker, (kind.code,))])
    brand_standing = makers[brand]
    standing = max(0.0, min(1.0, 0.68 * brand_standing + 0.32 * chance.gauss(0.5, 0.24)))
    attributes, shown = _attributes(kind, brand, standing, chance)
    material = str(attributes.get("material", "")) if kind.materials else ""
    accent = shown.pop("accent", "") or ("" if kind.colours else _of_brand(brand, kind.accents))
    pack = shown.pop("colour", "") or _of_brand(brand, kind.packs)
    colours = _colours(kind, material, chance)
    if colours and len(colours) == 1:
        attributes["colour"] = colours[0]
    industry = kind.leaf.split("/")[0]
    model = chance.choice(MODELS[industry]) + chance.choice(_SUFFIXES.get(industry, ("",)))
    details = tuple(sorted(shown.items()))
    return Facts(kind, brand, standing, model, colours, accent, material, attributes, details, pack)


def _attributes(
    kind: Kind, brand: str, standing: float, chance: Random
) -> tuple[dict[str, AttributeValue], dict[str, str]]:
    """Attribute values, and what the drawing shows of them."""
    values: dict[str, AttributeValue] = {}
    shown = {detail: _of_brand(brand + detail, options) for detail, options in kind.shapes.items()}
    if kind.materials:
        values["material"] = chance.choice(kind.materials)
    for code, choice in kind.choices.items():
        # What a picture shows is skewed, as sales are; the rest is as likely either way.
        shown_at_all = any(choice.values())
        weights = [1 / _weight(rank) if shown_at_all else 1 for rank in range(len(choice))]
        chosen = chance.choices(list(choice), weights)[0]
        values[code] = chosen
        shown.update(_details(choice[chosen]))
    for code, (low, high, step) in kind.numbers.items():
        # Dearer things tend to have more of it, not always.
        share = max(0.0, min(1.0, 0.6 * standing + 0.4 * chance.random()))
        values[code] = min(high, low + round((high - low) * share / step) * step)
    for code, likelihood in kind.flags.items():
        values[code] = chance.random() < likelihood
    for code, detail in kind.shows.items():
        value = values[code]
        shown[detail] = ("no", "yes")[value] if isinstance(value, bool) else str(value)
    return values, shown


def _of_brand(name: str, options: Sequence[str]) -> str:
    """What goes with a name, always: a brand has one label. It also keeps the pictures few."""
    return options[sha256(name.encode()).digest()[0] % len(options)] if options else ""


def _details(text: str) -> dict[str, str]:
    pairs = (part.split("=") for part in text.split())
    return {name: value.replace("_", " ") for name, value in pairs}


def _colours(kind: Kind, material: str, chance: Random) -> tuple[str, ...]:
    choice = kind.only.get(material, kind.colours)
    if not choice:
        return ()
    wanted = chance.choices((1, 2, 3), weights=(7, 4, 1))[0] if kind.colour_axis else 1
    ranked = sorted(choice, key=lambda colour: chance.random() ** _weight(choice.index(colour)), reverse=True)
    return tuple(ranked[: min(wanted, len(choice))])


def _weight(rank: int) -> float:
    """The first of a list is sold most, as black is of headphones; used as an exponent to draw without replacement."""
    return 1.2 + 0.55 * rank


# Variants


def variants_of(made: Facts, external_id: str, first_serial: int, chance: Random) -> tuple[DemoVariant, ...]:
    """Every combination of colour and step that is sold, each with its own article number."""
    kind = made.kind
    steps = _steps_sold(kind, chance)
    weight = chance.randint(*kind.weight_g)
    made_variants: list[DemoVariant] = []
    for colour in made.colours if len(made.colours) > 1 else ("",):
        for step in steps or ("",):
            options = {key: value for key, value in (("colour", colour), (kind.axis, step)) if key and value}
            suffix = "".join(f"-{_short(value)}" for value in options.values())
            scale = kind.steps.get(step, 1.0) if kind.axis in ("pack_size", "set_size") else 1.0
            serial = first_serial + len(made_variants)
            made_variants.append(DemoVariant(external_id + suffix, options, gtin(serial), round(weight * scale)))
    return tuple(made_variants)


def _steps_sold(kind: Kind, chance: Random) -> tuple[str, ...]:
    """A run of neighbouring steps: no shop has a shirt in XS and XXL only."""
    steps = tuple(kind.steps)
    if len(steps) <= 2:
        return steps
    count = chance.randint(2, min(len(steps), 5))
    start = chance.randint(0, len(steps) - count)
    return steps[start : start + count]


def _short(value: str) -> str:
    return "".join(letter for letter in value if letter.isalnum()).upper()[:10]


# Words


def spoken_values(made: Facts, weight_g: int) -> dict[str, str]:
    """What the templates may name."""
    values = {"brand": made.brand, "model": made.model, "weight_g": str(weight_g), "material": made.material}
    values |= {code: str(value) for code, value in made.attributes.items() if not isinstance(value, bool)}
    if made.colours:
        values["colour"] = made.colours[0]
    return values


def title_of(made: Facts, values: Mapping[str, str], chance: Random) -> str:
    title = entitle(chance.choice(made.kind.titles), values, chance)
    if made.attributes.get("organic") is True and chance.random() < 0.6:
        title = title.replace(made.brand, f"{made.brand} Organic", 1)
    return title.removesuffix(", Plain").removesuffix(", Plain Knit")


def description_of(made: Facts, values: Mapping[str, str], chance: Random) -> str:
    """Two to four sentences: how it feels first, then what it is."""
    kind = made.kind
    openers = allowed(kind.openers, made.attributes)
    lines = allowed(kind.lines, made.attributes)
    lines = chance.sample(lines, k=min(len(lines), chance.choice((1, 2, 2, 3))))
    return " ".join(say(template, values, chance) for template in (chance.choice(openers), *lines))


def bullets_of(made: Facts, values: Mapping[str, str], chance: Random) -> tuple[str, ...]:
    bullets = allowed(made.kind.bullets, made.attributes)
    order = sorted(chance.sample(range(len(bullets)), k=min(len(bullets), chance.randint(3, 5))))
    return tuple(say(bullets[index], values, chance) for index in order)


# Pictures


def pictures_of(
    made: Facts, title: str, footer: str, values: Mapping[str, str], chance: Random
) -> tuple[DemoPicture, ...]:
    """One picture a colour, and now and then a close look at the first."""
    kind, pictures = made.kind, []
    label: tuple[str, ...] = ()
    if kind.label:
        label = (made.brand, entitle(kind.label, values, chance), footer)
    for colour in made.colours or ("",):
        shown = made.pack or colour
        spec = PictureSpec(
            drawing=kind.drawing,
            colour=shown,
            accent=made.accent or _goes_with(colour, made),
            material=colour if colour in MATERIALS and colour not in COLOURS else made.material,
            details=made.details,
            label=label,
            backdrop=backdrop_for(made.industry, kind.drawing, shown or made.material),
        )
        named = f"{title}, {colour.lower()}" if colour else title
        pictures.append(DemoPicture(spec, named, {"colour": colour} if len(made.colours) > 1 else {}))
    if chance.random() < _DETAIL_VIEWS:
        close = msgspec.structs.replace(pictures[0].spec, view="detail")
        pictures.append(DemoPicture(close, f"{title}, a closer look", pictures[0].options))
    return tuple(pictures)


def _goes_with(colour: str, made: Facts) -> str:
    """The accent that a kind has in a colour, never the colour itself; a brand's own where there are few colours."""
    kind = made.kind
    others = [accent for accent in kind.accents if accent != colour] or list(kind.accents)
    return _of_brand(kind.code + colour + (made.brand if len(kind.colours) <= 4 else ""), others)


def backdrop_for(industry: str, drawing: str, colour: str) -> str:
    """A backdrop the thing stands out from; the same for equal things."""
    tone = channels(COLOURS.get(colour) or MATERIALS.get(colour) or "#8f9196")

    def distance(name: str) -> int:
        floor = channels(BACKDROPS[name][1])
        return sum(abs(one - other) for one, other in zip(tone, floor, strict=True))

    far_first = sorted(_PALETTES[industry], key=distance, reverse=True)[:4]
    return far_first[sha256(f"{drawing}/{colour}".encode()).digest()[0] % len(far_first)]
