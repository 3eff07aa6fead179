"""The catalogue's tables. Stock has none of its own here: what there is, is in the ledger."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, bindparam, insert

from entrepot.kernel.sql import Prepared, prepare

from .feeds import import_errors, import_mappings, import_seen, imports
from .goods import (
    attributes,
    bundle_parts,
    categories,
    category_names,
    gtins,
    listings,
    merchants,
    mergings,
    offers,
    price_history,
    products,
    stock_holds,
    stock_places,
    variants,
)
from .pictures import picture_sources, pictures, product_pictures, remote_pictures
from .shelves import bulk_edits, bulk_lines, collection_products, collections, content_changes, twins
from .voices import answers, helpful_votes, moderation, questions, reports, review_grants, reviews

__all__ = [
    "answers",
    "attributes",
    "bulk_edits",
    "bulk_lines",
    "bundle_parts",
    "categories",
    "category_names",
    "collection_products",
    "collections",
    "content_changes",
    "gtins",
    "helpful_votes",
    "import_errors",
    "import_mappings",
    "import_seen",
    "imports",
    "inserting",
    "listings",
    "merchants",
    "mergings",
    "moderation",
    "offers",
    "picture_sources",
    "pictures",
    "price_history",
    "product_pictures",
    "products",
    "questions",
    "remote_pictures",
    "reports",
    "review_grants",
    "reviews",
    "stock_holds",
    "stock_places",
    "twins",
    "variants",
]


def inserting(into: Table) -> Prepared[Any]:
    """A statement that inserts a row with every column given by name."""
    return prepare(insert(into).values({column.name: bindparam(column.name) for column in into.columns}))
