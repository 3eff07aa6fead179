"""Goods as people name them in a form: by id, or by the address of their page."""

from __future__ import annotations

from collections.abc import Iterable

from entrepot import catalog
from entrepot.kernel import Invalid, NotFound, Snapshot


def product_ids(snapshot: Snapshot, wanted: Iterable[str]) -> tuple[str, ...]:
    """Products by id or by the last part of their page's address. Invalid, naming `products`, for what is none."""
    found = []
    for each in wanted:
        key = each.partition("?")[0].rstrip("/").rpartition("/")[2]
        try:
            found.append(catalog.get_product(snapshot, key).id)
        except NotFound:
            sentence = f"There is no product {each[:80]!r}: give its address or its id"
            raise Invalid(sentence, fields={"products": sentence}) from None
    return tuple(dict.fromkeys(found))
