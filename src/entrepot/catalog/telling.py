"""Who sells a product is told that somebody asks about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from entrepot import identity
from entrepot.identity import Notice
from entrepot.kernel import Prepared, Tx, prepare

from . import tables

SELLERS_MAX = 20
EXCERPT = 300


def tell_sellers(tx: Tx, product_id: str, author: str, body: str) -> None:
    """Put a question into the inbox of each seller of the product."""
    for row in tx.all(_sellers, product_id=product_id, most=SELLERS_MAX):
        params = {"author": author, "product": row.title, "question": body[:EXCERPT]}
        identity.notify(tx, Notice(row.merchant_id, "catalog.question_asked", params, link="/merchant/voices"))


_o, _p = tables.offers.c, tables.products.c
_sellers: Prepared[Any] = prepare(
    select(_o.merchant_id, _p.title)
    .join_from(tables.offers, tables.products, _p.id == _o.product_id)
    .where(_o.product_id == bindparam("product_id"), _o.state == "active")
    .distinct()
    .order_by(_o.merchant_id)
    .limit(bindparam("most"))
)
