"""The generated market as documents, in an index of its own: no database, so that a set of queries takes seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from entrepot import cloud
from entrepot.catalog import DocumentOffer, ProductDocument
from entrepot.catalog.types import Rating
from entrepot.discovery import Document
from entrepot.discovery.documents import document_of
from entrepot.discovery.index.base import Vectors
from entrepot.discovery.index.fields import text_to_embed
from entrepot.discovery.index.fused import FusedIndex
from entrepot.discovery.index.generation import Generation
from entrepot.pay import Rates
from entrepot.simulation.catalogue import build
from entrepot.simulation.types import DemoCatalogue, DemoProduct

CURRENCY = "USD"
BATCH = 1_000


class Market:
    """A generated market, its documents, and the index that holds them."""

    def __init__(self, folder: Path, products: int, seed: int = 1, encoder: str = "wordllama") -> None:
        self.catalogue = build(seed, products)
        self.units = {each.code: each.unit for each in self.catalogue.attributes if each.unit}
        self.documents = list(documents_of(self.catalogue))
        self._encoders = cloud.open_encoders(encoder)
        dimensions = len(self.query_vector("a word"))
        self.generation = Generation.create(
            folder / "generation",
            self._encoders.floor,
            encoder=encoder,
            dimensions=dimensions,
            zero=self._encoders.zero,
        )
        self.by_id: dict[str, Document] = {}
        self._put(self.documents)

    @property
    def index(self) -> FusedIndex:
        """The index itself."""
        return self.generation.index

    def query_vector(self, text: str) -> Vectors:
        """What a query means, by the market's encoder."""
        vectors: Vectors = self._encoders.query.embed([text])[0][0]
        return vectors

    def add(self, products: Iterable[ProductDocument]) -> None:
        """More goods, made elsewhere."""
        more = [document_of(product, Rates(CURRENCY)) for product in products]
        self.documents += more
        self._put(more)

    def _put(self, documents: Sequence[Document]) -> None:
        for begin in range(0, len(documents), BATCH):
            batch = documents[begin : begin + BATCH]
            vectors, _ = self._encoders.text.embed([text_to_embed(document) for document in batch])
            self.index.upsert(batch, vectors)
        self.index.commit()
        self.by_id |= {document.id: document for document in documents}

    def close(self) -> None:
        """Let go of the index's files."""
        self.generation.close()


def documents_of(catalogue: DemoCatalogue) -> Iterator[Document]:
    """Every product as an index sees it, prices in minor units of CURRENCY."""
    names = {category.path: category.name_en for category in catalogue.categories}
    for number, product in enumerate(catalogue.products):
        yield document_of(_document(number, product, names), Rates(CURRENCY))


def _document(number: int, product: DemoProduct, names: dict[str, str]) -> ProductDocument:
    parts = product.category.split("/")
    own: dict[str, tuple[str, ...]] = {code: (_said(value),) for code, value in product.attributes.items()}
    offers = tuple(_offers(number, product))
    return ProductDocument(
        id=f"prd_{number:026d}", slug="", external_id=product.external_id, title=product.title,
        text=f"{product.description} {' '.join(product.bullets)}", brand=product.brand, category=product.category,
        category_names=tuple(names["/".join(parts[: depth + 1])] for depth in range(len(parts))),
        attributes=own, gtins=(), merchant_ids=product.merchants, merchant_id=product.merchants[0], merchant_name="",
        offer_id=offers[0].offer_id, price_minor=offers[0].price_minor, currency=CURRENCY, sellable=True,
        available=None, offers=len(offers), rating=Rating(0, 0, 0), picture=None, created_at=number, changed_at=number,
        own_attributes=own, each_offer=offers,
    )  # fmt: skip


def _offers(number: int, product: DemoProduct) -> Iterator[DocumentOffer]:
    options = {variant.external_id: variant.options for variant in product.variants}
    for place, offer in enumerate(product.offers):
        choices: dict[str, tuple[str, ...]] = {code: (value,) for code, value in options[offer.variant].items()}
        yield DocumentOffer(
            f"off_{number:020d}{place:06d}", offer.variant, offer.merchant, choices, offer.price_minor, CURRENCY,
            sellable=True, available=None,
        )  # fmt: skip


def _said(value: str | int | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
