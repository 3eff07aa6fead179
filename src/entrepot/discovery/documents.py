"""From the catalogue's product to what the index keeps of it.

Prices are compared in the home currency, values of attributes by what they mean: "1 TB" is 1000 GB. A variant that says
nothing of what its sisters differ by takes what the product says of itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from entrepot import catalog, pay
from entrepot.catalog import DocumentOffer, ProductDocument
from entrepot.kernel import Snapshot
from entrepot.pay import Rates

from .types import Document, Offer
from .understanding.goods import FITS, terms_of_title

Pairs = tuple[tuple[str, str], ...]
REMEMBERED_CHARACTERS_MAX = 200
UNKNOWN = ""
"""A name that no pack knows."""


def documents_of(snapshot: Snapshot, product_ids: Iterable[str]) -> dict[str, Document]:
    """What an index keeps of these products now, by id; what is left out is no longer visible."""
    return _made(snapshot, catalog.documents_of(snapshot, product_ids))


def _made(snapshot: Snapshot, products: Sequence[ProductDocument]) -> dict[str, Document]:
    rates = pay.read_rates(snapshot) if products else pay.Rates("")
    return {product.id: document_of(product, rates) for product in products}


def document_of(product: ProductDocument, rates: Rates, collections: tuple[str, ...] = ()) -> Document:
    """A product as an index sees it."""
    rating, category = product.rating, product.category or ""
    varying = {code for offer in product.each_offer for code in offer.choices}
    own = {code: values for code, values in product.own_attributes.items() if code not in varying}
    left = {code: product.own_attributes[code] for code in varying if code in product.own_attributes}
    attributes = _values(own, category)
    offers = [(offer, _values({**left, **offer.choices}, category) if varying else {}) for offer in product.each_offer]
    return Document(
        id=product.id,
        title=product.title,
        external_id=product.external_id,
        description=product.text,
        brand=product.brand or "",
        category=category,
        category_names=product.category_names,
        keywords=product.gtins,
        collections=collections or product.collections,
        attributes=_with_kind(_pairs(attributes), product.title, category),
        labels=_labels((attributes, *(values for _, values in offers))),
        rating_centi=rating.total * 100 // rating.count if rating.count else 0,
        rating_count=rating.count,
        created_at=product.created_at,
        offers=tuple(_offer(offer, _pairs(values), rates) for offer, values in offers),
    )


def _offer(offer: DocumentOffer, attributes: Pairs, rates: Rates) -> Offer:
    home = offer.price_minor if offer.currency == rates.home else offer.prices.get(rates.home)
    return Offer(
        id=offer.offer_id,
        merchant=offer.merchant_id,
        price_minor=rates.convert(offer.price_minor, offer.currency, rates.home) if home is None else home,
        attributes=attributes,
        condition=offer.condition,
        sellable=offer.sellable,
        in_stock=offer.available is None or offer.available > 0,
        reduced=offer.reduced,
        foreign=offer.currency != rates.home,
    )


class _Meant(NamedTuple):
    """What an attribute says: the keys of its values, and with its label each that people write in another way."""

    keys: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]


Values = dict[str, _Meant]


def _values(attributes: Mapping[str, tuple[str, ...]], category: str) -> Values:
    """What the words of attributes mean, under the codes that the category's pack gives them."""
    found: Values = {}
    alike = _alike(category)
    for code, words in attributes.items():
        meant, name, served = _named(code, alike)
        is_short = sum(map(len, words)) <= REMEMBERED_CHARACTERS_MAX
        said = (_remembered if is_short else _read)(name, words, served)
        before = found.get(meant)
        found[meant] = said if before is None else _Meant(before.keys + said.keys, before.labels + said.labels)
    return found


@lru_cache(maxsize=16_384)
def _named(code: str, category: str) -> tuple[str, str, str]:
    """The code that the category's pack gives an attribute, and the name and category by which its values are read."""
    known = catalog.attribute_of(code, category)
    return (code, UNKNOWN, "") if known is None else (known.code, code, category)


def _read(name: str, words: tuple[str, ...], category: str) -> _Meant:
    """What the words of a value mean."""
    values = catalog.normalise_all(name, words, category)
    labels = tuple([(each.key, each.label) for each in values if each.label != each.key])
    return _Meant(tuple([each.key for each in values]), labels)


_remembered = lru_cache(maxsize=65_536)(_read)
"""The goods of a shop say few different things of themselves, and what no pack knows means the same by any name."""

_first_of_pack: dict[str, str] = {}


def _alike(category: str) -> str:
    """One category for all that a pack serves, so that what was read is remembered for all of them: what a value means
    depends on nothing else of its product's category."""
    pack = catalog.pack_of(category)
    return "" if pack is None else _first_of_pack.setdefault(pack.name, category)


def _pairs(values: Values) -> Pairs:
    return tuple({(code, key): None for code, said in values.items() for key in said.keys})


def _with_kind(pairs: Pairs, title: str, category: str) -> Pairs:
    """The pairs, and what the title says of the thing; what a seller says that it fits counts before the title."""
    names = {name for name, _ in pairs}
    told = terms_of_title(title, category, [value for name, value in pairs if name == FITS])
    return (*pairs, *(pair for pair in told if pair[0] not in names))


def _labels(many: Iterable[Values]) -> tuple[tuple[str, str, str], ...]:
    told = ((code, *each) for values in many for code, said in values.items() for each in said.labels)
    return tuple(dict.fromkeys(told))
