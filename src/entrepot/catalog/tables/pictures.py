"""Pictures, where they came from, and which product shows them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint

from entrepot.kernel.sql import String, Whole, table

pictures = table(
    "catalog_pictures",
    Column("sha256", String, primary_key=True),
    Column("width", Whole, nullable=False),
    Column("height", Whole, nullable=False),
    Column("look", String),  # sixteen hexadecimal digits; pictures that look alike differ in few of its bits
)
Index("ix_catalog_pictures_look", pictures.c.look)

picture_sources = table(  # which stored picture a file became, so that it is not made again
    "catalog_picture_sources",
    Column("source_sha256", String, primary_key=True),
    Column("sha256", String, nullable=False),
)

product_pictures = table(
    "catalog_product_pictures",
    Column("product_id", String, nullable=False),
    Column("position", Whole, nullable=False),
    Column("sha256", String),
    Column("url", String),
    Column("alt", String, nullable=False),
    Column("provenance", String, nullable=False),  # `merchant`: a feed's file; `remote`: an address; `upload`: by hand
    Column("place", Whole),  # where somebody put it by hand; else its position
    Column("added_by", String),
    Column("added_at", Whole),
    Column("licence", String),
    PrimaryKeyConstraint("product_id", "position"),
    CheckConstraint("sha256 IS NOT NULL OR url IS NOT NULL", name="source"),
)
Index("ix_catalog_product_pictures_url", product_pictures.c.url)
Index("ix_catalog_product_pictures_sha256", product_pictures.c.sha256)

remote_pictures = table(  # what became of an address that a picture lies at
    "catalog_remote_pictures",
    Column("url", String, primary_key=True),
    Column("merchant_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("sha256", String),
    Column("attempts", Whole, nullable=False),
    Column("failure", String),
    Column("asked_at", Whole, nullable=False),
    Column("tried_at", Whole),
    Column("due_at", Whole),  # when it is tried again; NULL: at once
    CheckConstraint("state IN ('waiting', 'fetched', 'failed')", name="state"),
)
Index("ix_catalog_remote_pictures_state", remote_pictures.c.state, remote_pictures.c.url)
