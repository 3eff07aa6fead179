"""The demo market's goods: about 3,000 products of 24 merchants, made from our own grammar and words.

`build` draws them from a seed: kinds by their share, then the product, then a merchant among those that sell its group.
About one product in twenty is sold by more than one merchant, under the same article numbers at another price.
`render` draws a picture; `feed_rows` says the same products as a merchant's feed would.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import exp
from random import Random
from typing import Any

import msgspec

from entrepot.simulation.drawings import draw, same_look
from entrepot.simulation.drawings.picture import PictureSpec
from entrepot.simulation.grammar import KINDS, Kind
from entrepot.simulation.grammar.attributes import ATTRIBUTES, VARIANT_ATTRIBUTES
from entrepot.simulation.grammar.merchants import MERCHANTS, MerchantEntry
from entrepot.simulation.grammar.taxonomy import TAXONOMY
from entrepot.simulation.making import (
    Facts,
    bullets_of,
    description_of,
    facts,
    pictures_of,
    spoken_values,
    title_of,
    variants_of,
)
from entrepot.simulation.pricing import before_sale, charming, stock
from entrepot.simulation.reviewing import reviews_of
from entrepot.simulation.types import (
    DemoAttribute,
    DemoCatalogue,
    DemoCategory,
    DemoMerchant,
    DemoOffer,
    DemoPicture,
    DemoProduct,
    DemoReview,
    DemoVariant,
    ShipFrom,
)

_SHARED = 0.05  # of the products have a second merchant
_ON_SALE = 0.17
_TRIES = 200
_DRAWN_KEPT = 256


def build(seed: int, products: int = 3000) -> DemoCatalogue:
    """The whole catalogue; equal seeds and sizes give equal catalogues."""
    chance = Random(seed)
    maker = _Maker(chance)
    made = tuple(maker.product(kind, number) for number, kind in enumerate(_kinds(products, chance), start=1))
    return DemoCatalogue(seed, _merchants(), _categories(), _attributes(made), made)


def render(picture: PictureSpec | DemoPicture) -> bytes:
    """The picture as WebP, 640 by 640; equal pictures are drawn once."""
    return _drawn(same_look(picture.spec if isinstance(picture, DemoPicture) else picture))


@lru_cache(maxsize=_DRAWN_KEPT)
def _drawn(spec: PictureSpec) -> bytes:
    return draw(spec)


def pictures(catalogue: DemoCatalogue) -> tuple[PictureSpec, ...]:
    """Every picture that looks different, once, in order of first use."""
    return tuple(
        dict.fromkeys(same_look(picture.spec) for product in catalogue.products for picture in product.pictures)
    )


def picture_name(spec: PictureSpec) -> str:
    """The file name of a picture, the same for pictures that look the same."""
    return same_look(spec).name


# Products


def _kinds(products: int, chance: Random) -> list[Kind]:
    """So many kinds as products, each by its share and at least once, in mixed order."""
    total = sum(kind.share for kind in KINDS)
    counts = [max(1, round(products * kind.share / total)) for kind in KINDS]
    order = [kind for kind, count in zip(KINDS, counts, strict=True) for _ in range(count)]
    chance.shuffle(order)
    while len(order) < products:
        order.append(chance.choice(KINDS))
    if products >= len(KINDS):
        # Cut only what leaves every kind represented.
        kept = {id(kind): kind for kind in reversed(order)}
        return [*kept.values(), *_without_first_of_each(order)][:products]
    return order[:products]


def _without_first_of_each(order: list[Kind]) -> list[Kind]:
    seen: set[str] = set()
    rest = []
    for kind in order:
        if kind.code in seen:
            rest.append(kind)
        seen.add(kind.code)
    return rest


class _Maker:
    """Makes products one after another; remembers titles and numbers given out."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._titles: set[tuple[str, str]] = set()
        self._serial = 1

    def product(self, kind: Kind, number: int) -> DemoProduct:
        chance = self._chance
        external_id = f"{kind.code.upper().replace('-', '')[:6]}-{number:05d}"
        made, title = self._new_title(kind)
        variants = variants_of(made, external_id, self._serial, chance)
        self._serial += len(variants)
        values = spoken_values(made, variants[0].weight_g)
        quality = max(0.03, min(0.97, 0.34 + 0.36 * made.standing + chance.gauss(0, 0.15)))
        appeal = exp(chance.gauss(0, 0.7)) * (0.7 + 0.6 * quality)
        weighed = [step for step in kind.steps if step.endswith(("g", "ml", "litre"))]
        footer = weighed[0] if weighed and kind.axis == "pack_size" else ""
        return DemoProduct(
            external_id=external_id,
            kind=kind.code,
            title=title,
            brand=made.brand,
            category=kind.leaf,
            description=description_of(made, values, chance),
            bullets=bullets_of(made, values, chance),
            attributes=made.attributes,
            variants=variants,
            offers=tuple(self._offers(made, variants)),
            reviews=reviews_of(kind, quality, appeal, chance),
            pictures=pictures_of(made, title, footer, values, chance),
            quality=round(quality, 4),
            appeal=round(appeal, 4),
        )

    def _new_title(self, kind: Kind) -> tuple[Facts, str]:
        """Facts whose brand and title together are new."""
        for _ in range(_TRIES):
            made = facts(kind, self._chance)
            title = title_of(made, spoken_values(made, kind.weight_g[0]), self._chance)
            if (made.brand, title) not in self._titles:
                self._titles.add((made.brand, title))
                return made, title
        # A kind with few titles in a very large market: the model's name tells them apart.
        title = f"{title}, {made.model} {len(self._titles)}"
        self._titles.add((made.brand, title))
        return made, title

    def _offers(self, made: Facts, variants: tuple[DemoVariant, ...]) -> Iterator[DemoOffer]:
        chance = self._chance
        sellers = [entry for entry in MERCHANTS if made.group in entry.groups]
        chance.shuffle(sellers)
        count = 1 if chance.random() >= _SHARED else min(len(sellers), chance.choice((2, 2, 3)))
        for seller in sellers[:count]:
            yield from self._offers_by(seller, made, variants)

    def _offers_by(self, seller: MerchantEntry, made: Facts, variants: tuple[DemoVariant, ...]) -> Iterator[DemoOffer]:
        chance = self._chance
        level = seller.price_level * chance.uniform(0.96, 1.04)
        on_sale = chance.random() < _ON_SALE
        sale_ratio_seed = chance.random()
        for variant in variants:
            factor = made.kind.steps.get(variant.options.get(made.kind.axis, ""), 1.0)
            price = charming(made.price() * factor * level)
            before = before_sale(price, Random(sale_ratio_seed)) if on_sale else None
            yield DemoOffer(seller.slug, variant.external_id, price, before, stock(price, chance))


# What stands around the products


def _merchants() -> tuple[DemoMerchant, ...]:
    return tuple(
        DemoMerchant(
            slug=entry.slug,
            name=entry.name,
            tagline=entry.tagline,
            about=entry.about,
            country=entry.country,
            city=entry.city,
            specialities=entry.groups,
            commission_bps=entry.commission_bps,
            ship_from=ShipFrom(
                f"{entry.name}, {entry.city}",
                entry.city,
                entry.postcode,
                entry.country,
                entry.latitude,
                entry.longitude,
            ),
        )
        for entry in MERCHANTS
    )


def _categories() -> tuple[DemoCategory, ...]:
    nodes: list[tuple[str, str | None, tuple[str, str]]] = []
    for (industry, *industry_names), groups in TAXONOMY.items():
        nodes.append((industry, None, (industry_names[0], industry_names[1])))
        for (group, *group_names), leaves in groups.items():
            nodes.append((f"{industry}/{group}", industry, (group_names[0], group_names[1])))
            nodes.extend((f"{industry}/{group}/{leaf}", f"{industry}/{group}", names) for leaf, names in leaves.items())
    return tuple(
        DemoCategory(f"c{number:03d}", path, parent, path.count("/") + 1, *names)
        for number, (path, parent, names) in enumerate(nodes, start=1)
    )


def _attributes(products: tuple[DemoProduct, ...]) -> tuple[DemoAttribute, ...]:
    values: dict[str, dict[str, None]] = {code: {} for code in ATTRIBUTES}
    for product in products:
        for code, value in product.attributes.items():
            values[code].setdefault(str(value))
        for variant in product.variants:
            for code, option in variant.options.items():
                values[code].setdefault(option)
    return tuple(
        DemoAttribute(
            code,
            kind,
            unit,
            name_en,
            name_zh,
            makes_variants=code in VARIANT_ATTRIBUTES,
            is_facet=facet,
            choices=tuple(values[code]) if kind == "choice" else (),
        )
        for code, (kind, unit, name_en, name_zh, facet) in ATTRIBUTES.items()
    )


# As a merchant's feed


def feed_rows(
    catalogue: DemoCatalogue, merchant: str | None = None, picture_path: Callable[[PictureSpec], str] = picture_name
) -> Iterator[dict[str, Any]]:
    """A plain row for each product and merchant that sells it; of one merchant only when a slug is given.

    `picture_path` says where a picture of a spec will lie.
    """
    for product in catalogue.products:
        for seller in product.merchants:
            if merchant in (None, seller):
                yield _feed_row(product, seller, picture_path)


def _feed_row(product: DemoProduct, seller: str, picture_path: Callable[[PictureSpec], str]) -> dict[str, Any]:
    offers = {offer.variant: offer for offer in product.offers if offer.merchant == seller}
    return {
        "external_id": product.external_id,
        "merchant": seller,
        "title": product.title,
        "description": product.description,
        "bullets": list(product.bullets),
        "brand": product.brand,
        "gtin": product.variants[0].gtin if len(product.variants) == 1 else None,
        "category": product.category,
        "attributes": dict(product.attributes),
        "variants": [_feed_variant(variant, offers[variant.external_id]) for variant in product.variants],
        "pictures": [
            {"path": picture_path(picture.spec), "alt": picture.alt, "options": dict(picture.options)}
            for picture in product.pictures
        ],
        "reviews": [msgspec.to_builtins(review) for review in product.reviews],
    }


def _feed_variant(variant: DemoVariant, offer: DemoOffer) -> dict[str, Any]:
    return {
        "external_id": variant.external_id,
        "options": dict(variant.options),
        "price_minor": offer.price_minor,
        "list_price_minor": offer.list_price_minor,
        "currency": offer.currency,
        "quantity": offer.quantity,
        "weight_g": variant.weight_g,
        "gtin": variant.gtin,
    }


__all__ = [
    "DemoAttribute", "DemoCatalogue", "DemoCategory", "DemoMerchant", "DemoOffer", "DemoPicture", "DemoProduct",
    "DemoReview", "DemoVariant", "PictureSpec", "ShipFrom", "build", "feed_rows", "picture_name", "pictures", "render",
]  # fmt: skip
