"""From the catalogue's product to what the index keeps of it.

Prices are compared in the home currency, values of attributes by what they mean: "1 TB" is 1000 GB. A variant that says
nothing of what its sisters differ by takes what the product says of itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from entrepot import catalog, pay
from entrepot.catalog import DocumentOffer, ProductDocument
from entrepot.kernel import Snapshot
from entrepot.pay import Rates

from .types import Document, Offer
from .understanding.goods import FITS, terms_of_title

Pairs = tuple[tuple[str, str], ...]
REMEMBERED_CHARACTERS_MAX = 200


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
    """What an attribute says: its pairs, and the labels of those that people write in another way."""

    pairs: Pairs
    labels: tuple[tuple[str, str, str], ...]


Values = dict[str, _Meant]


def _values(attributes: Mapping[str, tuple[str, ...]], category: str) -> Values:
    """What the words of attributes mean, under the codes that the category's pack gives them."""
    found: Values = {}
    for code, words in attributes.items():
        is_short = sum(map(len, words)) <= REMEMBERED_CHARACTERS_MAX
        meant, said = (_remembered if is_short else _meaning)(code, words, category)
        before = found.get(meant)
        found[meant] = said if before is None else _Meant(before.pairs + said.pairs, before.labels + said.labels)
    return found


def _meaning(code: str, words: tuple[str, ...], category: str) -> tuple[str, _Meant]:
    """The code that the category's pack gives an attribute, and what the words of its value mean."""
    known = catalog.attribute_of(code, category)
    meant = code if known is None else known.code
    values = catalog.normalise_all(code, words, category)
    pairs = tuple((meant, value.key) for value in values)
    return meant, _Meant(pairs, tuple((meant, each.key, each.label) for each in values if each.label != each.key))


_remembered = lru_cache(maxsize=65_536)(_meaning)
"""The goods of a category say few different things of themselves."""


def _pairs(values: Values) -> Pairs:
    return tuple(dict.fromkeys(chain.from_iterable(each.pairs for each in values.values())))


def _with_kind(pairs: Pairs, title: str, category: str) -> Pairs:
    """The pairs, and what the title says of the thing; what a seller says that it fits counts before the title."""
    names = {name for name, _ in pairs}
    told = terms_of_title(title, category, [value for name, value in pairs if name == FITS])
    return (*pairs, *(pair for pair in told if pair[0] not in names))


def _labels(many: Iterable[Values]) -> tuple[tuple[str, str, str], ...]:
    return tuple(dict.fromkeys(chain.from_iterable(each.labels for values in many for each in values.values())))
