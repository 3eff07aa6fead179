"""From the catalogue's product to what the index keeps of it."""

from __future__ import annotations

from entrepot.catalog import ProductDocument

from .types import Document


def document_of(product: ProductDocument) -> Document:
    """A product as an index sees it."""
    rating = product.rating
    return Document(
        id=product.id,
        title=product.title,
        external_id=product.external_id,
        description=product.text,
        brand=product.brand or "",
        category=product.category or "",
        category_names=product.category_names,
        keywords=product.gtins,
        merchants=product.merchant_ids,
        attributes=tuple((code, value) for code, values in product.attributes.items() for value in values),
        price_minor=product.price_minor,
        currency=product.currency,
        rating_centi=rating.total * 100 // rating.count if rating.count else 0,
        rating_count=rating.count,
        created_at=product.created_at,
        sellable=product.sellable,
        in_stock=product.available is None or product.available > 0,
    )
