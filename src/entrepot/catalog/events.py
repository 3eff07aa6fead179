"""What the catalogue announces. Lists of ids hold at most 500; more become several events."""

from __future__ import annotations

from entrepot.kernel import Event

IDS_MAX = 500


class MerchantApplied(Event, frozen=True):
    """Somebody wants to sell here and waits for the operator."""

    merchant_id: str


class MerchantApproved(Event, frozen=True):
    """A merchant's goods may be seen and sold from now on."""

    merchant_id: str


class MerchantSuspended(Event, frozen=True):
    """A merchant's goods are no longer seen or sold."""

    merchant_id: str


class ProductsListed(Event, frozen=True):
    """Products appeared, or what they say of themselves changed. `origin` is the import that did it, where one did."""

    product_ids: tuple[str, ...]
    origin: str | None = None


class OffersChanged(Event, frozen=True):
    """What stands beside the words changed: prices, sellers, whether they sell, ratings."""

    product_ids: tuple[str, ...]


class StockChanged(Event, frozen=True):
    """How much is left changed."""

    offer_ids: tuple[str, ...]
    product_ids: tuple[str, ...]


class ProductsHidden(Event, frozen=True):
    """Products are no longer seen."""

    product_ids: tuple[str, ...]
