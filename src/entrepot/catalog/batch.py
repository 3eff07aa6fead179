"""What a batch of drafts becomes: rows to insert and to change, gathered first and written with a statement each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select, update

from entrepot.kernel import Prepared, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .matching import write_claims
from .ratings import refresh_ratings
from .stock import Count

Rows = list[dict[str, Any]]


class Batch:
    """The rows of one save, and whose events they cause."""

    def __init__(self) -> None:
        self.new_products: Rows = []
        self.changed_products: Rows = []
        self.new_variants: Rows = []
        self.changed_variants: Rows = []
        self.new_listings: Rows = []
        self.changed_listings: Rows = []
        self.new_offers: Rows = []
        self.changed_offers: Rows = []
        self.offers_before: dict[str, Any] = {}
        self.pictures: Rows = []
        self.pictured: list[str] = []
        self.reviews: Rows = []
        self.claims: dict[str, dict[str, Any]] = {}
        self.freed_claims: list[str] = []
        self.unjoined: list[str] = []
        self.fed: dict[tuple[str, str], int | None] = {}
        self.counts: list[Count] = []
        self.listed: set[str] = set()
        self.offered: set[str] = set()
        self.withdrawn: set[str] = set()
        self.stocked: dict[str, str] = {}

    def claim(self, gtin: str, variant_id: str, product_id: str) -> None:
        """Claim a GTIN for a variant; of two in the same batch the first has it."""
        self.claims.setdefault(gtin, {"gtin": gtin, "variant_id": variant_id, "product_id": product_id})

    def write(self, tx: Tx) -> None:
        """Everything but stock, which is posted by the caller, and events."""
        if self.freed_claims:
            tx.run(_free, ids=sorted(set(self.freed_claims)))
        write_claims(tx, list(self.claims.values()))
        tx.run_many(_insert_product, self.new_products)
        tx.run_many(_change_product, self.changed_products)
        tx.run_many(_insert_variant, self.new_variants)
        tx.run_many(_change_variant, self.changed_variants)
        tx.run_many(_insert_listing, self.new_listings)
        tx.run_many(_change_listing, self.changed_listings)
        if self.unjoined:
            tx.run(_unjoin, ids=self.unjoined)
        tx.run_many(_insert_offer, self.new_offers)
        tx.run_many(_change_offer, self.changed_offers)
        if self.pictured:
            tx.run(_forget_pictures, ids=sorted(set(self.pictured)))
            left = {(row.product_id, row.sha256) for row in tx.all(_left_pictures, ids=sorted(set(self.pictured)))}
            self.pictures = [row for row in self.pictures if (row["product_id"], row["sha256"]) not in left]
        tx.run_many(_insert_picture, self.pictures)
        if self.reviews:
            tx.run_many(_insert_review, self.reviews)
            refresh_ratings(tx, {row["product_id"] for row in self.reviews})


_insert_product = tables.inserting(tables.products)
_insert_variant = tables.inserting(tables.variants)
_insert_listing = tables.inserting(tables.listings)
_insert_offer = tables.inserting(tables.offers)
_insert_picture = tables.inserting(tables.product_pictures)
_p, _v, _l, _o = tables.products.c, tables.variants.c, tables.listings.c, tables.offers.c
_change_product: Prepared[Any] = prepare(
    update(tables.products)
    .where(_p.id == bindparam("id_"))
    .values(
        title=bindparam("title_"),
        description=bindparam("description_"),
        brand=bindparam("brand_"),
        category_id=bindparam("category_id_"),
        attributes=bindparam("attributes_"),
        options=bindparam("options_"),
        picture=bindparam("picture_"),
        mpn=bindparam("mpn_"),
        tax_category=bindparam("tax_category_"),
        fits=bindparam("fits_"),
        changed_at=bindparam("changed_at_"),
    )
)
_change_variant: Prepared[Any] = prepare(
    update(tables.variants)
    .where(_v.id == bindparam("id_"))
    .values(
        position=bindparam("position_"),
        options=bindparam("options_"),
        gtin=bindparam("gtin_"),
        picture=bindparam("picture_"),
        mpn=bindparam("mpn_"),
        model_key=bindparam("model_key_"),
    )
)
_change_listing: Prepared[Any] = prepare(
    update(tables.listings)
    .where(_l.id == bindparam("id_"))
    .values(
        product_id=bindparam("product_id_"),
        hidden=bindparam("hidden_"),
        status=bindparam("status_"),
        publish_at=bindparam("publish_at_"),
        tags=bindparam("tags_"),
        fed_published=bindparam("fed_published_"),
        fed_publish_at=bindparam("fed_publish_at_"),
        row_hash=bindparam("row_hash_"),
        content_hash=bindparam("content_hash_"),
        changed_at=bindparam("changed_at_"),
    )
)
_change_offer: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(
        product_id=bindparam("product_id_"),
        variant_id=bindparam("variant_id_"),
        price_minor=bindparam("price_minor_"),
        regular_price_minor=bindparam("regular_price_minor_"),
        sale_price_minor=bindparam("sale_price_minor_"),
        sale_starts_at=bindparam("sale_starts_at_"),
        sale_ends_at=bindparam("sale_ends_at_"),
        switch_at=bindparam("switch_at_"),
        lowest_30d_minor=bindparam("lowest_30d_minor_"),
        list_price_minor=bindparam("list_price_minor_"),
        currency=bindparam("currency_"),
        prices=bindparam("prices_"),
        condition=bindparam("condition_"),
        weight_g=bindparam("weight_g_"),
        length_mm=bindparam("length_mm_"),
        width_mm=bindparam("width_mm_"),
        height_mm=bindparam("height_mm_"),
        tax_category=bindparam("tax_category_"),
        counted=bindparam("counted_"),
        low_stock_at=bindparam("low_stock_at_"),
        state=bindparam("state_"),
        changed_at=bindparam("changed_at_"),
    )
)
_forget_pictures: Prepared[Any] = prepare(
    delete(tables.product_pictures).where(
        in_set(tables.product_pictures.c.product_id, "ids"),
        tables.product_pictures.c.provenance != "upload",  # what somebody added by hand is not the feed's to take away
    )
)
_left_pictures: Prepared[Any] = prepare(
    select(tables.product_pictures.c.product_id, tables.product_pictures.c.sha256).where(
        in_set(tables.product_pictures.c.product_id, "ids"), tables.product_pictures.c.sha256.is_not(None)
    )
)
_free: Prepared[Any] = prepare(delete(tables.gtins).where(in_set(tables.gtins.c.variant_id, "ids")))
_unjoin: Prepared[Any] = prepare(update(tables.listings).where(in_set(_l.id, "ids")).values(joined=0))
_insert_review: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_reviews (id, product_id, author_id, author, rating, title, body, origin, source, written_at) "
    "VALUES (:id, :product_id, :author_id, :author, :rating, :title, :body, :origin, :source, :written_at) "
    "ON CONFLICT (id) DO NOTHING"
)
