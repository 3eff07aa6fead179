"""A shop to test with: Bruno's, approved, with a place its goods leave from; drafts; and what the database says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from entrepot import catalog, deliver, identity
from entrepot.identity import Address, Scope
from entrepot.kernel import Database, Lane, Snapshot, Tx, from_json, prepare_text

T = TypeVar("T")

SYSTEM = Scope.system()
ADDRESS = Address(name="Bruno", line1="Lindenweg 4", city="Berlin", postal_code="10115", country="DE")


class Shop(NamedTuple):
    """A merchant, and whoever acts for it."""

    database: Database
    id: str
    scope: Scope
    location_id: str

    def save(self, *drafts: catalog.ProductDraft, location_id: str | None = "") -> catalog.Saved:
        """Save drafts, by default counted at the shop's place."""
        place = self.location_id if location_id == "" else location_id
        return self.database.write_now(
            lambda tx: catalog.save_products(tx, self.scope, self.id, drafts, place), Lane.BULK
        )

    def product(self, external_id: str) -> catalog.ProductView:
        """A product as the shop sees it."""
        product_id = self.database.read_now(lambda s: s.value(_PRODUCT, merchant=self.id, external_id=external_id))
        return self.database.read_now(lambda s: catalog.get_product(s, product_id, self.scope))

    def offer(self, external_id: str, place: int = 0) -> catalog.OfferView:
        """One of its own offers of a product."""
        mine = [each for each in self.product(external_id).offers if each.merchant_id == self.id]
        return sorted(mine, key=lambda each: each.external_id)[place]


def open_shop(database: Database, name: str = "Bruno's Lamps", *, approved: bool = True, currency: str = "USD") -> Shop:
    """A merchant of this name."""

    def command(tx: Tx) -> Shop:
        organisation = identity.create_organisation(tx, SYSTEM, "merchant", name)
        scope = Scope("usr_bruno", organisation, frozenset({"merchant"}))
        catalog.apply_as_merchant(tx, scope, catalog.MerchantApplication(name, "DE", currency))
        if approved:
            catalog.approve_merchant(tx, SYSTEM, organisation, 800)
        return Shop(database, organisation, scope, deliver.add_location(tx, scope, "Workshop", ADDRESS).id)

    return database.write_now(command)


def draft(external_id: str = "lamp", **changes: Any) -> catalog.ProductDraft:
    """A lamp with one variant; any part of it or of its variant changed."""
    own = {name: changes.pop(name) for name in list(changes) if name in _OF_VARIANT}
    values: dict[str, Any] = {"price_minor": 4900, "currency": "USD", "quantity": 10} | own
    if values["quantity"] == "uncounted":
        values["quantity"] = None
    variants = changes.pop("variants", None) or (catalog.VariantDraft(**values),)
    return catalog.ProductDraft(
        external_id=external_id, title=changes.pop("title", "Brass lamp"), variants=variants, **changes
    )


_OF_VARIANT = {*catalog.VariantDraft.__struct_fields__} - {"options", "external_id"}


def variant(external_id: str, price_minor: int = 4900, **changes: Any) -> catalog.VariantDraft:
    """A variant of its own id."""
    return catalog.VariantDraft(
        **{"external_id": external_id, "price_minor": price_minor, "currency": "USD", "quantity": 10, **changes}
    )


def state(shop: Shop) -> dict[str, Any]:
    """Everything a shop lists, in the feed's own names: what two ways to the same catalogue must agree on."""
    rows = shop.database.read_now(lambda s: s.all(_LISTINGS, merchant=shop.id))
    found: dict[str, Any] = {}
    for external_id, product_id, hidden in rows:
        view = shop.database.read_now(lambda s, id=product_id: catalog.get_product(s, id, shop.scope))
        offers = sorted(
            (offer.external_id, each.label, offer.price_minor, offer.list_price_minor, offer.weight_g, offer.available,
             offer.state)
            for each in view.variants for offer in each.offers if offer.merchant_id == shop.id
        )  # fmt: skip
        found[external_id] = {
            "title": view.title, "html": view.description_html, "brand": view.brand, "hidden": hidden,
            "category": [category.slug for category in view.category], "attributes": view.attributes, "offers": offers,
            "pictures": [(picture.sha256, picture.url) for picture in view.pictures],
            "reviews": sorted((review.author, review.rating, review.body) for review in view.reviews),
        }  # fmt: skip
    return found


def rows_in(database: Database, table: str) -> int:
    """How many rows a table has."""
    return int(database.read_now(lambda s: s.value(prepare_text(f"SELECT count(*) FROM {table}"))))


def change(database: Database, sql: str, **params: object) -> None:
    """Change rows behind the program's back."""
    database.write_now(lambda tx: tx.run(prepare_text(sql), **params))


def events(database: Database, after: int = 0) -> list[tuple[str, Mapping[str, Any]]]:
    """Announced events in order, with what they say."""
    rows = database.read_now(lambda s: s.all(_EVENTS))
    return [(name, from_json(body)) for name, body in rows[after:]]


class Counting:
    """A connection that counts the statements it is given."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.dialect = inner.dialect
        self.statements: list[str] = []

    def execute(self, text: str, params: Mapping[str, Any]) -> Any:
        self.statements.append(text)
        return self.inner.execute(text, params)

    def execute_all(self, statements: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        self.statements += [text for text, _ in statements]
        return list(self.inner.execute_all(statements))

    def executemany(self, text: str, rows: Sequence[Mapping[str, Any]]) -> int:
        self.statements.append(text)
        return int(self.inner.executemany(text, rows))

    def send(self, text: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.statements.append(text)
        self.inner.send(text, rows)


def count_read(database: Database, query: Callable[[Snapshot], object]) -> int:
    """How many statements a query takes."""

    def counted(snapshot: Snapshot) -> int:
        counting = Counting(snapshot._connection)
        snapshot._connection = counting
        query(snapshot)
        return len(counting.statements)

    return database.read_now(counted)


def count_write(database: Database, command: Callable[[Tx], object]) -> int:
    """How many statements a command takes."""

    def counted(tx: Tx) -> int:
        counting = Counting(tx._connection)
        tx._connection = counting
        command(tx)
        tx._connection = counting.inner
        return len(counting.statements)

    return database.write_now(counted)


_PRODUCT: Any = prepare_text(
    "SELECT product_id FROM catalog_listings WHERE merchant_id = :merchant AND external_id = :external_id"
)
_LISTINGS: Any = prepare_text(
    "SELECT external_id, product_id, hidden FROM catalog_listings WHERE merchant_id = :merchant ORDER BY external_id"
)
_EVENTS: Any = prepare_text("SELECT name, body FROM kernel_events ORDER BY serial")
