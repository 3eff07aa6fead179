"""Collections, products that may be one, proposed words, and edits of many listings."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, UniqueConstraint

from entrepot.kernel.sql import Flag, Json, String, Whole, table

collections = table(
    "catalog_collections",
    Column("id", String, primary_key=True),
    Column("merchant_id", String),  # NULL for one of the market's own
    Column("slug", String, nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("text", String, nullable=False),  # cleaned HTML
    Column("picture", String),
    Column("rule", Json),  # NULL for one that is put together by hand
    Column("position", Whole, nullable=False),
    Column("published", Flag, nullable=False),
    Column("cursor", String),  # the last product a rebuild has looked at; NULL when none is under way
    Column("created_at", Whole, nullable=False),
    Column("changed_at", Whole, nullable=False),
)
Index("ix_catalog_collections_merchant", collections.c.merchant_id, collections.c.id)

collection_products = table(
    "catalog_collection_products",
    Column("collection_id", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("position", Whole, nullable=False),
    PrimaryKeyConstraint("collection_id", "product_id"),
)
Index("ix_catalog_collection_products_order", collection_products.c.collection_id, collection_products.c.position)
Index("ix_catalog_collection_products_product", collection_products.c.product_id)

twins = table(  # two products that may be one: proposed, joined or kept apart
    "catalog_twins",
    Column("id", String, primary_key=True),
    Column("product_id", String, nullable=False),  # the older one, which would stay
    Column("other_id", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("score", Whole, nullable=False),  # in hundredths of a percent
    Column("state", String, nullable=False),
    Column("moved", Json),  # what joining moved, so that it can be taken back
    Column("found_at", Whole, nullable=False),
    Column("decided_at", Whole),
    Column("decided_by", String),
    UniqueConstraint("product_id", "other_id"),
    CheckConstraint("reason IN ('gtin', 'model', 'title')", name="reason"),
    CheckConstraint("state IN ('open', 'joined', 'apart')", name="state"),
)
Index("ix_catalog_twins_other", twins.c.other_id)
Index("ix_catalog_twins_state", twins.c.state, twins.c.id)

content_changes = table(  # what another seller proposes to say of a product
    "catalog_content_changes",
    Column("id", String, primary_key=True),
    Column("product_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("owner_id", String, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("note", String, nullable=False),
    Column("state", String, nullable=False),
    Column("proposed_at", Whole, nullable=False),
    Column("decided_at", Whole),
    Column("decided_by", String),
    CheckConstraint("state IN ('open', 'accepted', 'declined', 'withdrawn')", name="state"),
)
Index("ix_catalog_content_changes_owner", content_changes.c.owner_id, content_changes.c.state, content_changes.c.id)
Index("ix_catalog_content_changes_merchant", content_changes.c.merchant_id, content_changes.c.id)
Index("ix_catalog_content_changes_product", content_changes.c.product_id)

bulk_edits = table(
    "catalog_bulk_edits",
    Column("id", String, primary_key=True),
    Column("merchant_id", String, nullable=False),
    Column("edit", Json, nullable=False),  # what is selected and what is done to it
    Column("state", String, nullable=False),
    Column("cursor", String, nullable=False),  # the last listing that is done with
    Column("total", Whole, nullable=False),
    Column("done", Whole, nullable=False),
    Column("changed", Whole, nullable=False),
    Column("unchanged", Whole, nullable=False),
    Column("refused", Whole, nullable=False),
    Column("undoes", String),  # the edit that this one takes back
    Column("undone_by", String),
    Column("failure", String),
    Column("actor", String, nullable=False),
    Column("started_at", Whole, nullable=False),
    Column("finished_at", Whole),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
)
Index("ix_catalog_bulk_edits_merchant", bulk_edits.c.merchant_id, bulk_edits.c.id)

bulk_lines = table(  # what an edit did to each thing, so that it can be shown and taken back
    "catalog_bulk_lines",
    Column("edit_id", String, nullable=False),
    Column("number", Whole, nullable=False),
    Column("listing_id", String, nullable=False),
    Column("offer_id", String),
    Column("field", String, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("reason", String),  # why it was refused; NULL for what was done
    PrimaryKeyConstraint("edit_id", "number"),
)
