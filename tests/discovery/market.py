"""A small catalogue with an index that follows it, and words to act on both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from entrepot import catalog, deliver
from entrepot.catalog import ProductDraft, VariantDraft
from entrepot.cloud import Meter
from entrepot.discovery import Indexer, Searcher, SearchPage, SearchRequest
from entrepot.group import Market
from entrepot.identity import Address, Scope
from entrepot.kernel import Database, catch_up, write_fact
from entrepot.kernel.testing import settle
from entrepot.signals import Buffer
from tests.cast import invite

QUAY = Address(name="Bruno", line1="1 Quay Street", city="Hamburg", postal_code="20095", country="DE")


class Shop:
    """A market with one merchant, and the index of one process."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.cast = invite(database)
        database.write_now(lambda tx: write_fact(tx, "market", Market("Quay", currency="EUR")))
        self.bruno = str(self.cast.bruno.organisation)
        application = catalog.MerchantApplication("Bruno's Lamps", "DE", "EUR")
        database.write_now(lambda tx: catalog.apply_as_merchant(tx, self.cast.bruno, application))
        database.write_now(lambda tx: catalog.approve_merchant(tx, self.cast.dana, self.bruno, 1_000))
        self.location = database.write_now(lambda tx: deliver.add_location(tx, self.cast.bruno, "Quay", QUAY)).id
        self.meter = Meter(database)
        self.signals = Buffer(database)
        self.indexer = self.another("first")
        self.searcher = Searcher(database, self.indexer.index, self.meter, self.signals, folder / "lists")

    def another(self, holder: str) -> Indexer:
        """The index of another process."""
        return Indexer(self.database, self.meter, self.folder, holder=holder)

    def put(self, *drafts: ProductDraft) -> dict[str, str]:
        """Save drafts; returns product ids by external id."""
        saved = self.database.write_now(
            lambda tx: catalog.save_products(tx, self.cast.bruno, self.bruno, drafts, self.location)
        )
        return saved.products

    def follow(self, indexer: Indexer | None = None) -> None:
        """Place what was announced, and let an index take it in."""
        settle(self.database, {})
        catch_up(self.database, indexer or self.indexer)

    def search(self, q: str = "", scope: Scope | None = None, **more: Any) -> SearchPage:
        """Ask as a shopper would."""
        return self.searcher.search(scope or Scope.public(), SearchRequest(q, **more))

    def found(self, q: str = "", **more: Any) -> list[str]:
        """The external ids of a page."""
        return [hit.external_id for hit in self.search(q, **more).hits]

    def offer_of(self, product_id: str) -> str:
        """The featured offer of a product."""
        return self.database.read_now(lambda snapshot: catalog.get_product(snapshot, product_id)).offers[0].id


def draft(
    external_id: str, title: str, price_minor: int = 1_000, quantity: int | None = None, **more: Any
) -> ProductDraft:
    """A product of one variant."""
    variant = VariantDraft(price_minor, "EUR", quantity=quantity)
    return ProductDraft(external_id, title, (variant,), **more)


@contextmanager
def open_shop(database: Database, folder: Path) -> Iterator[Shop]:
    """A shop whose index is open."""
    shop = Shop(database, folder)
    shop.indexer.open()
    yield shop
    shop.indexer.close()
    shop.meter.close()
