"""The baseline: every table of every room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "8680e6ce062d"
down_revision = None


def upgrade() -> None:
    # every table
    op.create_table(
        "catalog_answers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("helpful", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("written_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("role IN ('merchant', 'buyer', 'operator')", name=op.f("ck_catalog_answers_role")),
        sa.CheckConstraint("state IN ('shown', 'held', 'hidden', 'withdrawn')", name=op.f("ck_catalog_answers_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_answers")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_answers_author", "catalog_answers", ["author_id", "written_at"], unique=False)
    op.create_index("ix_catalog_answers_question", "catalog_answers", ["question_id", "written_at"], unique=False)
    op.create_table(
        "catalog_attributes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("names", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("facet", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("choices", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_catalog_attributes")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_bulk_edits",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("edit", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unchanged", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refused", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("undoes", sa.Text(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finished_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_catalog_bulk_edits_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_bulk_edits")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_bulk_edits_merchant", "catalog_bulk_edits", ["merchant_id", "id"], unique=False)
    op.create_table(
        "catalog_bulk_lines",
        sa.Column("edit_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("after", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("edit_id", "number", name=op.f("pk_catalog_bulk_lines")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_bundle_parts",
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("part_offer_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_catalog_bundle_parts_quantity")),
        sa.PrimaryKeyConstraint("offer_id", "part_offer_id", name=op.f("pk_catalog_bundle_parts")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_bundle_parts_part", "catalog_bundle_parts", ["part_offer_id"], unique=False)
    op.create_table(
        "catalog_categories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("leaf", sa.Text(), nullable=False),
        sa.Column("names", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_catalog_categories_slug")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_categories_leaf", "catalog_categories", ["leaf"], unique=False)
    op.create_index("ix_catalog_categories_source", "catalog_categories", ["source"], unique=False)
    op.create_table(
        "catalog_category_names",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('path', 'google', 'name', 'resolved', 'moved')", name=op.f("ck_catalog_category_names_kind")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "words", name=op.f("pk_catalog_category_names")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_category_names_category", "catalog_category_names", ["category_id"], unique=False)
    op.create_table(
        "catalog_collection_products",
        sa.Column("collection_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("collection_id", "product_id", name=op.f("pk_catalog_collection_products")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_catalog_collection_products_order",
        "catalog_collection_products",
        ["collection_id", "position"],
        unique=False,
    )
    op.create_index(
        "ix_catalog_collection_products_product", "catalog_collection_products", ["product_id"], unique=False
    )
    op.create_table(
        "catalog_collections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("published", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_collections")),
        sa.UniqueConstraint("slug", name=op.f("uq_catalog_collections_slug")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_collections_merchant", "catalog_collections", ["merchant_id", "id"], unique=False)
    op.create_table(
        "catalog_content_changes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("before", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("after", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'withdrawn')", name=op.f("ck_catalog_content_changes_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_content_changes")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_catalog_content_changes_merchant", "catalog_content_changes", ["merchant_id", "id"], unique=False
    )
    op.create_index(
        "ix_catalog_content_changes_owner", "catalog_content_changes", ["owner_id", "state", "id"], unique=False
    )
    op.create_index("ix_catalog_content_changes_product", "catalog_content_changes", ["product_id"], unique=False)
    op.create_table(
        "catalog_gtins",
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gtin", name=op.f("pk_catalog_gtins")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_gtins_variant", "catalog_gtins", ["variant_id"], unique=False)
    op.create_table(
        "catalog_helpful_votes",
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("voted_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "user_id", name=op.f("pk_catalog_helpful_votes")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_import_errors",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("refused", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_catalog_import_errors")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_import_mappings",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column(
            "mapping", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "header", name=op.f("pk_catalog_import_mappings")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_import_seen",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "external_id", name=op.f("pk_catalog_import_seen")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("full", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mapping", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True),
        sa.Column("size_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unchanged", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refused", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delisted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("errors", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finished_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("origin IN ('upload', 'local')", name=op.f("ck_catalog_imports_origin")),
        sa.CheckConstraint(
            "state IN ('mapping', 'waiting', 'running', 'done', 'failed')", name=op.f("ck_catalog_imports_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_imports")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_imports_merchant", "catalog_imports", ["merchant_id", "id"], unique=False)
    op.create_index("ix_catalog_imports_place", "catalog_imports", ["place"], unique=False)
    op.create_table(
        "catalog_listings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("hidden", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("publish_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tags", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("fed_published", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fed_publish_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("joined", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(hidden = 0) = (status = 'published')", name=op.f("ck_catalog_listings_hidden")),
        sa.CheckConstraint(
            "(publish_at IS NOT NULL) = (status = 'scheduled')", name=op.f("ck_catalog_listings_scheduled")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'scheduled', 'published', 'hidden', 'delisted')",
            name=op.f("ck_catalog_listings_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_listings")),
        sa.UniqueConstraint("merchant_id", "external_id", name=op.f("uq_catalog_listings_merchant_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_listings_merchant", "catalog_listings", ["merchant_id", "id"], unique=False)
    op.create_index("ix_catalog_listings_product", "catalog_listings", ["product_id"], unique=False)
    op.create_index(
        "ix_catalog_listings_publish",
        "catalog_listings",
        ["publish_at"],
        unique=False,
        sqlite_where=sa.text("publish_at IS NOT NULL"),
        postgresql_where=sa.text("publish_at IS NOT NULL"),
    )
    op.create_table(
        "catalog_merchants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("commission_bps", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("commission_bps BETWEEN 0 AND 10000", name=op.f("ck_catalog_merchants_commission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_merchants")),
        sa.UniqueConstraint("slug", name=op.f("uq_catalog_merchants_slug")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_catalog_merchants_unapproved",
        "catalog_merchants",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status != 'approved'"),
        postgresql_where=sa.text("status != 'approved'"),
    )
    op.create_table(
        "catalog_mergings",
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("attribute", "word", name=op.f("pk_catalog_mergings")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_moderation",
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("causes", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('review', 'question', 'answer')", name=op.f("ck_catalog_moderation_kind")),
        sa.CheckConstraint("state IN ('open', 'kept', 'hidden')", name=op.f("ck_catalog_moderation_state")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_catalog_moderation")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_moderation_state", "catalog_moderation", ["state", "opened_at"], unique=False)
    op.create_table(
        "catalog_offers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("listing_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("regular_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sale_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sale_starts_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sale_ends_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("switch_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lowest_30d_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("list_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("prices", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("weight_g", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("length_mm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("width_mm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("height_mm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tax_category", sa.Text(), nullable=True),
        sa.Column("counted", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bundled", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("low_stock_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("low_stock", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("condition IN ('new', 'refurbished', 'used')", name=op.f("ck_catalog_offers_condition")),
        sa.CheckConstraint("state IN ('active', 'hidden', 'gone')", name=op.f("ck_catalog_offers_state")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_catalog_offers_price")),
        sa.CheckConstraint("regular_price_minor >= price_minor", name=op.f("ck_catalog_offers_regular")),
        sa.CheckConstraint(
            "sale_price_minor IS NULL OR sale_price_minor < regular_price_minor", name=op.f("ck_catalog_offers_sale")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_offers")),
        sa.UniqueConstraint("listing_id", "external_id", name=op.f("uq_catalog_offers_listing_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_offers_merchant", "catalog_offers", ["merchant_id", "product_id"], unique=False)
    op.create_index("ix_catalog_offers_product", "catalog_offers", ["product_id"], unique=False)
    op.create_index(
        "ix_catalog_offers_switch",
        "catalog_offers",
        ["switch_at"],
        unique=False,
        sqlite_where=sa.text("switch_at IS NOT NULL"),
        postgresql_where=sa.text("switch_at IS NOT NULL"),
    )
    op.create_index("ix_catalog_offers_variant", "catalog_offers", ["variant_id"], unique=False)
    op.create_table(
        "catalog_picture_sources",
        sa.Column("source_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_sha256", name=op.f("pk_catalog_picture_sources")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_pictures",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("height", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("look", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_catalog_pictures")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_pictures_look", "catalog_pictures", ["look"], unique=False)
    op.create_table(
        "catalog_price_history",
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("offer_id", "at", name=op.f("pk_catalog_price_history")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_product_pictures",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("added_by", sa.Text(), nullable=True),
        sa.Column("added_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.CheckConstraint("sha256 IS NOT NULL OR url IS NOT NULL", name=op.f("ck_catalog_product_pictures_source")),
        sa.PrimaryKeyConstraint("product_id", "position", name=op.f("pk_catalog_product_pictures")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_product_pictures_sha256", "catalog_product_pictures", ["sha256"], unique=False)
    op.create_index("ix_catalog_product_pictures_url", "catalog_product_pictures", ["url"], unique=False)
    op.create_table(
        "catalog_products",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Text(), nullable=True),
        sa.Column(
            "attributes", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "options", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("mpn", sa.Text(), nullable=True),
        sa.Column("tax_category", sa.Text(), nullable=True),
        sa.Column("fits", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("meters", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True),
        sa.Column("hidden", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("joined_to", sa.Text(), nullable=True),
        sa.Column("rating_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rating_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rating_verified", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(kind = 'thing') = (meters IS NULL)", name=op.f("ck_catalog_products_meters")),
        sa.CheckConstraint("kind IN ('thing', 'model')", name=op.f("ck_catalog_products_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_products")),
        sa.UniqueConstraint("slug", name=op.f("uq_catalog_products_slug")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_products_brand", "catalog_products", ["brand", "category_id", "id"], unique=False)
    op.create_index("ix_catalog_products_category", "catalog_products", ["category_id"], unique=False)
    op.create_index(
        "ix_catalog_products_joined",
        "catalog_products",
        ["joined_to"],
        unique=False,
        sqlite_where=sa.text("joined_to IS NOT NULL"),
        postgresql_where=sa.text("joined_to IS NOT NULL"),
    )
    op.create_index("ix_catalog_products_owner", "catalog_products", ["owner_id", "id"], unique=False)
    op.create_table(
        "catalog_questions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answers", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("helpful", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('shown', 'held', 'hidden', 'withdrawn')", name=op.f("ck_catalog_questions_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_questions")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_questions_author", "catalog_questions", ["author_id", "asked_at"], unique=False)
    op.create_index("ix_catalog_questions_product", "catalog_questions", ["product_id", "asked_at"], unique=False)
    op.create_table(
        "catalog_remote_pictures",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tried_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'fetched', 'failed')", name=op.f("ck_catalog_remote_pictures_state")),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_catalog_remote_pictures")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_remote_pictures_state", "catalog_remote_pictures", ["state", "url"], unique=False)
    op.create_table(
        "catalog_reports",
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "user_id", name=op.f("pk_catalog_reports")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_review_grants",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "product_id", name=op.f("pk_catalog_review_grants")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("rating", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("written_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("edited_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.Text(), server_default="shown", nullable=False),
        sa.Column("helpful", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("origin IN ('verified', 'imported')", name=op.f("ck_catalog_reviews_origin")),
        sa.CheckConstraint("state IN ('shown', 'held', 'hidden', 'withdrawn')", name=op.f("ck_catalog_reviews_state")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_catalog_reviews_rating")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_reviews")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_reviews_author", "catalog_reviews", ["author_id", "written_at"], unique=False)
    op.create_index("ix_catalog_reviews_product", "catalog_reviews", ["product_id", "written_at"], unique=False)
    op.create_table(
        "catalog_stock_holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_stock_holds")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_stock_holds_line", "catalog_stock_holds", ["line_id"], unique=False)
    op.create_table(
        "catalog_stock_places",
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=False),
        sa.Column("fed_quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("offer_id", "location_id", name=op.f("pk_catalog_stock_places")),
        sqlite_strict=True,
    )
    op.create_table(
        "catalog_twins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("score", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("moved", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True),
        sa.Column("found_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint("reason IN ('gtin', 'model', 'title')", name=op.f("ck_catalog_twins_reason")),
        sa.CheckConstraint("state IN ('open', 'joined', 'apart')", name=op.f("ck_catalog_twins_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_twins")),
        sa.UniqueConstraint("product_id", "other_id", name=op.f("uq_catalog_twins_product_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_twins_other", "catalog_twins", ["other_id"], unique=False)
    op.create_index("ix_catalog_twins_state", "catalog_twins", ["state", "id"], unique=False)
    op.create_table(
        "catalog_variants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "options", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("mpn", sa.Text(), nullable=True),
        sa.Column("model_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_variants")),
        sqlite_strict=True,
    )
    op.create_index("ix_catalog_variants_model", "catalog_variants", ["model_key"], unique=False)
    op.create_index("ix_catalog_variants_product", "catalog_variants", ["product_id"], unique=False)
    op.create_table(
        "cloud_answers",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("takes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_cloud_answers_state")),
        sa.PrimaryKeyConstraint("actor", "route", "key", name=op.f("pk_cloud_answers")),
        sqlite_strict=True,
    )
    op.create_index("ix_cloud_answers_closed", "cloud_answers", ["closed_at"], unique=False)
    op.create_table(
        "cloud_batch_lines",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("custom_id", sa.Text(), nullable=False),
        sa.Column("begins", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name=op.f("ck_cloud_batch_lines_state")),
        sa.PrimaryKeyConstraint("batch_id", "line", name=op.f("pk_cloud_batch_lines")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_cloud_batch_lines_waiting",
        "cloud_batch_lines",
        ["batch_id", "line"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "cloud_batches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("input_file", sa.Text(), nullable=False),
        sa.Column("input_sha256", sa.Text(), nullable=False),
        sa.Column(
            "metadata", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "problems", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("output_file", sa.Text(), nullable=True),
        sa.Column("error_file", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("begun_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("finalizing_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cancelling_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "state IN ('validating', 'in_progress', 'finalizing', 'completed', 'failed', 'cancelling', 'cancelled', 'expired')",
            name=op.f("ck_cloud_batches_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_batches")),
        sqlite_strict=True,
    )
    op.create_index("ix_cloud_batches_organisation", "cloud_batches", ["organisation", "id"], unique=False)
    op.create_table(
        "cloud_billing",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("netted", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_below", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alerted_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("alert_below >= 0", name=op.f("ck_cloud_billing_alert")),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_cloud_billing")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_budget_periods",
        sa.Column("budget_id", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("funded", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alerted_bps", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("budget_id", "begins_at", name=op.f("pk_cloud_budget_periods")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_budgets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "alert_bps", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("period IN ('day', 'month', 'total')", name=op.f("ck_cloud_budgets_period")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_cloud_budgets_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_budgets")),
        sqlite_strict=True,
    )
    op.create_index("ix_cloud_budgets_organisation", "cloud_budgets", ["organisation"], unique=False)
    op.create_table(
        "cloud_customers",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("requests_per_minute", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tokens_per_minute", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requests_tat", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tokens_tat", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credit_line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "requests_per_minute > 0 AND tokens_per_minute > 0 AND credit_line >= 0",
            name=op.f("ck_cloud_customers_limits"),
        ),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_cloud_customers")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_grants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expired", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("told_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "used >= 0 AND expired >= 0 AND used + expired <= amount", name=op.f("ck_cloud_grants_amount")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_grants")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_cloud_grants_expires",
        "cloud_grants",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_cloud_grants_organisation", "cloud_grants", ["organisation", "expires_at"], unique=False)
    op.create_table(
        "cloud_invoice_drafts",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rows", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sums", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("begun_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_cloud_invoice_drafts")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_cloud_invoice_drafts_invoice_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_invoice_lines",
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("price_book", sa.Text(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("unit_nano", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("per", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rows", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("net_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", "line", name=op.f("pk_cloud_invoice_lines")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_invoice_numbers",
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_cloud_invoice_numbers")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_invoices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("period_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rows", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("usage_nano", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("carried_nano", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("granted_nano", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("left_nano", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prepaid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("aside_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parties", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("tax", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("issued_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "amount_minor + tax_minor = prepaid_minor + aside_minor + due_minor AND paid_minor BETWEEN 0 AND due_minor AND prepaid_minor <= amount_minor AND aside_minor <= tax_minor",
            name=op.f("ck_cloud_invoices_sums"),
        ),
        sa.CheckConstraint("left_nano >= 0 AND granted_nano >= 0", name=op.f("ck_cloud_invoices_nano")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_invoices")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_cloud_invoices_year")),
        sqlite_strict=True,
    )
    op.create_index("ix_cloud_invoices_organisation", "cloud_invoices", ["organisation", "id"], unique=False)
    op.create_table(
        "cloud_jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_jobs")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_licences",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("agreed_by", sa.Text(), nullable=False),
        sa.Column("agreed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "model_id", name=op.f("pk_cloud_licences")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_models",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column(
            "licence", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("files", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("upstream", sa.Text(), nullable=True),
        sa.Column(
            "capabilities", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("listed", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("share_bps", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "engine IN ('llama', 'onnx', 'static', 'e5', 'transformers', 'upstream')",
            name=op.f("ck_cloud_models_engine"),
        ),
        sa.CheckConstraint("kind IN ('chat', 'completion', 'embedding', 'rerank')", name=op.f("ck_cloud_models_kind")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'refused', 'live', 'withdrawn')", name=op.f("ck_cloud_models_state")
        ),
        sa.CheckConstraint("share_bps BETWEEN 0 AND 10000", name=op.f("ck_cloud_models_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_models")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_cloud_models_name")),
        sqlite_strict=True,
    )
    op.create_index("ix_cloud_models_organisation", "cloud_models", ["organisation"], unique=False)
    op.create_table(
        "cloud_price_books",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effective_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nano", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("maker_bps", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_bps", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("tier IN ('standard', 'batch')", name=op.f("ck_cloud_price_books_tier")),
        sa.CheckConstraint(
            "maker_bps BETWEEN 0 AND 10000 AND batch_bps BETWEEN 0 AND 10000", name=op.f("ck_cloud_price_books_shares")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_price_books")),
        sa.UniqueConstraint("model", "version", "tier", name=op.f("uq_cloud_price_books_model")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_refused",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("last_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation", "hour", "caller", "model", "reason", "cause", name=op.f("pk_cloud_refused")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_repayments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("elsewhere_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parts", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("automatic", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'paid', 'declined', 'withdrawn')", name=op.f("ck_cloud_repayments_state")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND tax_minor >= 0 AND elsewhere_minor >= 0", name=op.f("ck_cloud_repayments_amount")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_repayments")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_cloud_repayments_asked",
        "cloud_repayments",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index("ix_cloud_repayments_organisation", "cloud_repayments", ["organisation", "id"], unique=False)
    op.create_index(
        "uq_cloud_repayments_asked",
        "cloud_repayments",
        ["organisation"],
        unique=True,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "cloud_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("price_book", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("limits", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("held", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "budgets", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("seen_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "evidence", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True
        ),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tab", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'settled', 'void')", name=op.f("ck_cloud_requests_state")),
        sa.CheckConstraint("held >= 0 AND price BETWEEN 0 AND held", name=op.f("ck_cloud_requests_price")),
        sa.PrimaryKeyConstraint("id", "attempt", name=op.f("pk_cloud_requests")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_cloud_requests_open",
        "cloud_requests",
        ["holder"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_cloud_requests_organisation", "cloud_requests", ["organisation", "id"], unique=False)
    op.create_table(
        "cloud_spared",
        sa.Column("day", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("items", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("day", "surface", "model", name=op.f("pk_cloud_spared")),
        sqlite_strict=True,
    )
    op.create_table(
        "cloud_stretches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alive_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_stretches")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_cloud_stretches_open",
        "cloud_stretches",
        ["holder"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "cloud_tabs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "budgets", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("spent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charged", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("charged IS NULL OR charged = spent", name=op.f("ck_cloud_tabs_charged")),
        sa.CheckConstraint("spent BETWEEN 0 AND amount", name=op.f("ck_cloud_tabs_spent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_tabs")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_cloud_tabs_open",
        "cloud_tabs",
        ["organisation"],
        unique=False,
        sqlite_where=sa.text("charged IS NULL"),
        postgresql_where=sa.text("charged IS NULL"),
    )
    op.create_table(
        "cloud_topups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_ppm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finished_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'paid', 'failed', 'disputed')", name=op.f("ck_cloud_topups_state")),
        sa.CheckConstraint(
            "amount_minor > 0 AND tax_minor BETWEEN 0 AND amount_minor AND refunded_minor BETWEEN 0 AND amount_minor",
            name=op.f("ck_cloud_topups_amount"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_topups")),
        sqlite_strict=True,
    )
    op.create_index("ix_cloud_topups_organisation", "cloud_topups", ["organisation", "id"], unique=False)
    op.create_table(
        "cloud_uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('batch', 'batch_output') AND bytes >= 0", name=op.f("ck_cloud_uploads_purpose")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_uploads")),
        sqlite_strict=True,
    )
    op.create_index("ix_cloud_uploads_organisation", "cloud_uploads", ["organisation", "id"], unique=False)
    op.create_table(
        "cloud_usage",
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("share", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("usage_class", sa.Text(), nullable=False),
        sa.Column("stretch", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("items", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price_book", sa.Text(), nullable=True),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("request", "attempt", "meter", name=op.f("pk_cloud_usage")),
        sqlite_strict=True,
    )
    op.create_index("ix_cloud_usage_at", "cloud_usage", ["at", "surface"], unique=False)
    op.create_index(
        "ix_cloud_usage_invoice",
        "cloud_usage",
        ["invoice", "model", "meter", "request"],
        unique=False,
        sqlite_where=sa.text("invoice IS NOT NULL"),
        postgresql_where=sa.text("invoice IS NOT NULL"),
    )
    op.create_index("ix_cloud_usage_organisation", "cloud_usage", ["organisation", "at"], unique=False)
    op.create_index("ix_cloud_usage_stretch", "cloud_usage", ["stretch"], unique=False)
    op.create_index(
        "ix_cloud_usage_unbilled",
        "cloud_usage",
        ["organisation", "at"],
        unique=False,
        sqlite_where=sa.text("invoice IS NULL"),
        postgresql_where=sa.text("invoice IS NULL"),
    )
    op.create_table(
        "deliver_coordinates",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("latitude_e6", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("longitude_e6", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_deliver_coordinates")),
        sqlite_strict=True,
    )
    op.create_table(
        "deliver_locations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "address", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliver_locations")),
        sqlite_strict=True,
    )
    op.create_index("ix_deliver_locations_organisation", "deliver_locations", ["organisation"], unique=False)
    op.create_table(
        "deliver_parcels",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("tracking_no", sa.Text(), nullable=True),
        sa.Column("quote_id", sa.Text(), nullable=True),
        sa.Column(
            "address", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("promised_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("booked_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("handed_over_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("delivered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pickup_point_id", sa.Text(), nullable=True),
        sa.Column("collect_code", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("heard_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sheet_id", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("weight_g", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("volume_cm3", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("needs", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliver_parcels")),
        sqlite_strict=True,
    )
    op.create_index("ix_deliver_parcels_heard", "deliver_parcels", ["state", "heard_at"], unique=False)
    op.create_index("ix_deliver_parcels_organisation", "deliver_parcels", ["organisation", "id"], unique=False)
    op.create_index("ix_deliver_parcels_point", "deliver_parcels", ["pickup_point_id", "state"], unique=False)
    op.create_index(
        "ix_deliver_parcels_promised",
        "deliver_parcels",
        ["promised_at"],
        unique=False,
        sqlite_where=sa.text("sheet_id IS NOT NULL"),
        postgresql_where=sa.text("sheet_id IS NOT NULL"),
    )
    op.create_index(
        "ix_deliver_parcels_promised_of",
        "deliver_parcels",
        ["organisation", "promised_at"],
        unique=False,
        sqlite_where=sa.text("sheet_id IS NOT NULL"),
        postgresql_where=sa.text("sheet_id IS NOT NULL"),
    )
    op.create_index("ix_deliver_parcels_ref", "deliver_parcels", ["ref"], unique=False)
    op.create_index("ix_deliver_parcels_sheet", "deliver_parcels", ["sheet_id", "delivered_at"], unique=False)
    op.create_index("ix_deliver_parcels_tracking", "deliver_parcels", ["carrier", "tracking_no"], unique=False)
    op.create_table(
        "deliver_pickup_points",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("is_open", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("updated_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliver_pickup_points")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_deliver_pickup_points_country", "deliver_pickup_points", ["country", "organisation"], unique=False
    )
    op.create_index(
        "ix_deliver_pickup_points_organisation", "deliver_pickup_points", ["organisation", "id"], unique=False
    )
    op.create_table(
        "deliver_quotes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("sheet_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("weight_g", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subtotal_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("days_min", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("days_max", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("earliest_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("promised_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_platform", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pickup_point_id", sa.Text(), nullable=True),
        sa.Column("parcels", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("volume_cm3", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("counted_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliver_quotes")),
        sqlite_strict=True,
    )
    op.create_table(
        "deliver_route_plans",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=True),
        sa.Column(
            "left_out", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ready_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliver_route_plans")),
        sqlite_strict=True,
    )
    op.create_index("ix_deliver_route_plans_day", "deliver_route_plans", ["day", "id"], unique=False)
    op.create_table(
        "deliver_route_stops",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("parcel_id", sa.Text(), nullable=False),
        sa.Column("van_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("latitude_e6", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("longitude_e6", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arrives_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("plan_id", "parcel_id", name=op.f("pk_deliver_route_stops")),
        sqlite_strict=True,
    )
    op.create_index("ix_deliver_route_stops_parcel", "deliver_route_stops", ["parcel_id", "plan_id"], unique=False)
    op.create_index(
        "ix_deliver_route_stops_van", "deliver_route_stops", ["plan_id", "van_id", "position"], unique=False
    )
    op.create_table(
        "deliver_routes",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("van_id", sa.Text(), nullable=False),
        sa.Column("van", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("departs_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("returns_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("distance_m", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("plan_id", "van_id", name=op.f("pk_deliver_routes")),
        sqlite_strict=True,
    )
    op.create_table(
        "deliver_scans",
        sa.Column("parcel_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("corrects", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("parcel_id", "source_id", name=op.f("pk_deliver_scans")),
        sqlite_strict=True,
    )
    op.create_table(
        "deliver_shelf_places",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("point_id", sa.Text(), nullable=False),
        sa.Column("parcel_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("held_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arrived_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("freed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliver_shelf_places")),
        sqlite_strict=True,
    )
    op.create_index("ix_deliver_shelf_places_parcel", "deliver_shelf_places", ["parcel_id"], unique=False)
    op.create_index("ix_deliver_shelf_places_point", "deliver_shelf_places", ["point_id", "state"], unique=False)
    op.create_index("ix_deliver_shelf_places_ref", "deliver_shelf_places", ["ref"], unique=False)
    op.create_table(
        "deliver_terms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("updated_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliver_terms")),
        sqlite_strict=True,
    )
    op.create_index("ix_deliver_terms_organisation", "deliver_terms", ["organisation", "id"], unique=False)
    op.create_table(
        "discovery_in_use",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("learned", sa.Text(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "encoder", name=op.f("pk_discovery_in_use")),
        sqlite_strict=True,
    )
    op.create_table(
        "discovery_learned",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("judgments", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("scores", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("passed", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("kind IN ('ranker', 'encoder')", name=op.f("ck_discovery_learned_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery_learned")),
        sqlite_strict=True,
    )
    op.create_index("ix_discovery_learned_kind", "discovery_learned", ["kind", "created_at"], unique=False)
    op.create_table(
        "discovery_pictures",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "encoder", name=op.f("pk_discovery_pictures")),
        sqlite_strict=True,
    )
    op.create_index("ix_discovery_pictures_encoder", "discovery_pictures", ["encoder", "product_id"], unique=False)
    op.create_table(
        "discovery_rules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("starts_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ends_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "action IN ('pin', 'boost', 'bury', 'include', 'exclude', 'spread')", name=op.f("ck_discovery_rules_action")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery_rules")),
        sqlite_strict=True,
    )
    op.create_index("ix_discovery_rules_ended", "discovery_rules", ["ended_at"], unique=False)
    op.create_table(
        "discovery_synonyms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("others", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("kind IN ('one_way', 'two_way')", name=op.f("ck_discovery_synonyms_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery_synonyms")),
        sqlite_strict=True,
    )
    op.create_index("ix_discovery_synonyms_ended", "discovery_synonyms", ["ended_at"], unique=False)
    op.create_table(
        "identity_addresses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column(
            "address", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("saved_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_addresses")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_identity_addresses_owner"), "identity_addresses", ["owner"], unique=False)
    op.create_table(
        "identity_attempts",
        sa.Column("subject_sha256", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("failed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blocked_until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("subject_sha256", name=op.f("pk_identity_attempts")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_identity_attempts_failed_at"), "identity_attempts", ["failed_at"], unique=False)
    op.create_table(
        "identity_audit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "details", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_audit")),
        sqlite_strict=True,
    )
    op.create_index("ix_identity_audit_act", "identity_audit", ["act", "id"], unique=False)
    op.create_index("ix_identity_audit_actor", "identity_audit", ["actor", "id"], unique=False)
    op.create_index("ix_identity_audit_actor_act", "identity_audit", ["actor", "act", "id"], unique=False)
    op.create_index("ix_identity_audit_subject", "identity_audit", ["subject", "id"], unique=False)
    op.create_table(
        "identity_notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("params", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_notices")),
        sqlite_strict=True,
    )
    op.create_index("ix_identity_notices_owner", "identity_notices", ["owner", "id"], unique=False)
    op.create_index(
        "ix_identity_notices_unread",
        "identity_notices",
        ["owner"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "identity_organisations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_organisations")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_identity_organisations_platform",
        "identity_organisations",
        ["kind"],
        unique=True,
        sqlite_where=sa.text("kind = 'platform'"),
        postgresql_where=sa.text("kind = 'platform'"),
    )
    op.create_table(
        "identity_users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_users")),
        sa.UniqueConstraint("email", name=op.f("uq_identity_users_email")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_webhook_deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("next_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_webhook_deliveries")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_identity_webhook_deliveries_endpoint", "identity_webhook_deliveries", ["endpoint_id", "id"], unique=False
    )
    op.create_table(
        "identity_webhook_endpoints",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("secret_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("failing_since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("disabled_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("removed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_webhook_endpoints")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_identity_webhook_endpoints_organisation"), "identity_webhook_endpoints", ["organisation"], unique=False
    )
    op.create_table(
        "identity_webhook_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_webhook_events")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_identity_webhook_events_organisation", "identity_webhook_events", ["organisation", "id"], unique=False
    )
    op.create_table(
        "kernel_cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kernel_cursors")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("announced_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_events")),
        sa.UniqueConstraint("position", name=op.f("uq_kernel_events_position")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_kernel_events_unplaced",
        "kernel_events",
        ["announced_at", "serial"],
        unique=False,
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "kernel_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("written_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kernel_facts")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_idempotency",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("result", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("actor", "route", "key", name=op.f("pk_kernel_idempotency")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kernel_leases")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_reactions",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("retry_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("finished_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("event_id", "handler", name=op.f("pk_kernel_reactions")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_kernel_reactions_failed",
        "kernel_reactions",
        ["retry_at"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_table(
        "kernel_tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("leased_until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finished_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_tasks")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_kernel_tasks_kind")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_kernel_tasks_due",
        "kernel_tasks",
        ["run_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_kernel_tasks_running",
        "kernel_tasks",
        ["leased_until"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "ix_kernel_tasks_stuck",
        "kernel_tasks",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text("state = 'stuck'"),
        postgresql_where=sa.text("state = 'stuck'"),
    )
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("floor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ceiling", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("balance", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pending_debits", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pending_credits", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_ledger_accounts_money",
        "ledger_accounts",
        ["kind", "unit", "balance", "id"],
        unique=False,
        sqlite_where=sa.text("length(unit) = 3 AND (balance IS NULL OR balance <> 0)"),
        postgresql_where=sa.text("length(unit) = 3 AND (balance IS NULL OR balance <> 0)"),
    )
    op.create_table(
        "ledger_blocks",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("last_position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sealed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_blocks")),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("captured", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("released", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "captured >= 0 AND released >= 0 AND captured + released <= amount", name=op.f("ck_ledger_holds_parts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_holds")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_ledger_holds_expiring",
        "ledger_holds",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'open' AND expires_at IS NOT NULL"),
    )
    op.create_table(
        "ledger_snapshots",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transfers", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("balance", sa.Text(), nullable=False),
        sa.Column("pending_debits", sa.Text(), nullable=False),
        sa.Column("pending_credits", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_ledger_snapshots")),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_transfers",
        sa.Column("serial", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("final", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "kind IN ('move', 'hold', 'capture', 'void', 'expire')", name=op.f("ck_ledger_transfers_kind")
        ),
        sa.CheckConstraint("amount > 0 AND amount <= 9007199254740991", name=op.f("ck_ledger_transfers_amount")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_transfers_sides")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_ledger_transfers")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_transfers_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_ledger_transfers_credit",
        "ledger_transfers",
        ["credit", "position"],
        unique=False,
        sqlite_where=sa.text("position IS NOT NULL"),
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_index(
        "ix_ledger_transfers_debit",
        "ledger_transfers",
        ["debit", "position"],
        unique=False,
        sqlite_where=sa.text("position IS NOT NULL"),
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_index("ix_ledger_transfers_ref", "ledger_transfers", ["ref", "serial"], unique=False)
    op.create_index(
        "ix_ledger_transfers_unsealed",
        "ledger_transfers",
        ["serial"],
        unique=False,
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_index(
        "uq_ledger_transfers_position",
        "ledger_transfers",
        ["position"],
        unique=True,
        sqlite_where=sa.text("position IS NOT NULL"),
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_table(
        "orders_cart_lines",
        sa.Column("cart_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 999", name=op.f("ck_orders_cart_lines_quantity")),
        sa.PrimaryKeyConstraint("cart_id", "offer_id", name=op.f("pk_orders_cart_lines")),
        sqlite_strict=True,
    )
    op.create_table(
        "orders_carts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "checkout", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True
        ),
        sa.Column(
            "codes",
            sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column(
            "cards",
            sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_carts")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_orders_carts_open",
        "orders_carts",
        ["owner"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "orders_disputes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frozen_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("processor_ref", sa.Text(), nullable=True),
        sa.Column("fee_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_disputes")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_orders_disputes_chargeback",
        "orders_disputes",
        ["processor_ref"],
        unique=False,
        sqlite_where=sa.text("processor_ref IS NOT NULL"),
        postgresql_where=sa.text("processor_ref IS NOT NULL"),
    )
    op.create_index("ix_orders_disputes_merchant", "orders_disputes", ["merchant_id", "status", "id"], unique=False)
    op.create_index(
        "ix_orders_disputes_open",
        "orders_disputes",
        ["id"],
        unique=False,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index(
        "ix_orders_disputes_open_of",
        "orders_disputes",
        ["merchant_id", "id"],
        unique=False,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index("ix_orders_disputes_seller", "orders_disputes", ["seller_order_id"], unique=False)
    op.create_index("ix_orders_disputes_status", "orders_disputes", ["status", "id"], unique=False)
    op.create_index(
        "uq_orders_disputes_open",
        "orders_disputes",
        ["seller_order_id"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "orders_evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("dispute_id", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_evidence")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_evidence_dispute", "orders_evidence", ["dispute_id"], unique=False)
    op.create_table(
        "orders_fees",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("bps", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fixed", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("valid_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_fees")),
        sqlite_strict=True,
    )
    op.create_table(
        "orders_invoice_numbers",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "year", name=op.f("pk_orders_invoice_numbers")),
        sqlite_strict=True,
    )
    op.create_table(
        "orders_invoices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("issued_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_invoices")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_invoices_order", "orders_invoices", ["order_id"], unique=False)
    op.create_index("uq_orders_invoices_number", "orders_invoices", ["merchant_id", "year", "number"], unique=True)
    op.create_index("uq_orders_invoices_of", "orders_invoices", ["seller_order_id", "refund_id"], unique=True)
    op.create_table(
        "orders_legal_details",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("register_no", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("pk_orders_legal_details")),
        sqlite_strict=True,
    )
    op.create_table(
        "orders_lines",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("variant_label", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("base_currency", sa.Text(), nullable=True),
        sa.Column("base_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rate", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("goods_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seller_discount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_discount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "discounts", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_included", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_ppm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_name", sa.Text(), nullable=False),
        sa.Column("fees", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("commission_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cancelled", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 999 AND price_minor >= 0", name=op.f("ck_orders_lines_amounts")),
        sa.CheckConstraint(
            "seller_discount_minor >= 0 AND platform_discount_minor >= 0 AND tax_minor >= 0 AND commission_minor >= 0 AND goods_minor - seller_discount_minor - tax_included * tax_minor - commission_minor >= 0",
            name=op.f("ck_orders_lines_legs"),
        ),
        sa.CheckConstraint(
            "sent >= 0 AND cancelled >= 0 AND sent + cancelled <= quantity", name=op.f("ck_orders_lines_pieces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_lines")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_lines_order", "orders_lines", ["order_id"], unique=False)
    op.create_table(
        "orders_orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("cart_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "address", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False
        ),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pay_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("gift_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("billing", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.CheckConstraint("gift_minor BETWEEN 0 AND total_minor", name=op.f("ck_orders_orders_gift")),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_orders_orders_total")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_orders")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_orders_email", "orders_orders", ["email"], unique=False)
    op.create_index("ix_orders_orders_owner", "orders_orders", ["owner", "id"], unique=False)
    op.create_index(
        "ix_orders_orders_pay_by",
        "orders_orders",
        ["pay_by"],
        unique=False,
        sqlite_where=sa.text("status = 'awaiting_payment'"),
        postgresql_where=sa.text("status = 'awaiting_payment'"),
    )
    op.create_index(
        "uq_orders_orders_cart",
        "orders_orders",
        ["cart_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('awaiting_payment', 'paid')"),
        postgresql_where=sa.text("status IN ('awaiting_payment', 'paid')"),
    )
    op.create_table(
        "orders_parcel_lines",
        sa.Column("parcel_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_orders_parcel_lines_quantity")),
        sa.PrimaryKeyConstraint("parcel_id", "line_id", name=op.f("pk_orders_parcel_lines")),
        sqlite_strict=True,
    )
    op.create_table(
        "orders_parcels",
        sa.Column("parcel_id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_orders_parcels")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_parcels_seller", "orders_parcels", ["seller_order_id"], unique=False)
    op.create_table(
        "orders_promotion_counts",
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("used", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("promotion_id", "buyer", name=op.f("pk_orders_promotion_counts")),
        sqlite_strict=True,
    )
    op.create_table(
        "orders_promotion_uses",
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("seller_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("released_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("order_id", "promotion_id", name=op.f("pk_orders_promotion_uses")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_orders_promotion_uses_promotion", "orders_promotion_uses", ["promotion_id", "used_at"], unique=False
    )
    op.create_table(
        "orders_promotions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("code_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("starts_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ends_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_promotions")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_promotions_code", "orders_promotions", ["code_key"], unique=False)
    op.create_index(
        "ix_orders_promotions_owner",
        "orders_promotions",
        ["owner"],
        unique=False,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "uq_orders_promotions_code",
        "orders_promotions",
        ["code_key", "owner"],
        unique=True,
        sqlite_where=sa.text("code_key IS NOT NULL AND state <> 'ended'"),
        postgresql_where=sa.text("code_key IS NOT NULL AND state <> 'ended'"),
    )
    op.create_table(
        "orders_refund_parts",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("pieces", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seller_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commission_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("carrier_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "pieces >= 0 AND seller_minor >= 0 AND commission_minor >= 0 AND carrier_minor >= 0 AND tax_minor >= 0 AND subsidy_minor >= 0",
            name=op.f("ck_orders_refund_parts_amounts"),
        ),
        sa.PrimaryKeyConstraint("refund_id", "part", name=op.f("pk_orders_refund_parts")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_refund_parts_seller", "orders_refund_parts", ["seller_order_id"], unique=False)
    op.create_table(
        "orders_refunds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gift_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("paid_minor >= gift_minor AND gift_minor >= 0", name=op.f("ck_orders_refunds_amounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_refunds")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_refunds_seller", "orders_refunds", ["seller_order_id"], unique=False)
    op.create_index(
        "ix_orders_refunds_unpaid",
        "orders_refunds",
        ["id"],
        unique=False,
        sqlite_where=sa.text("paid_at IS NULL"),
        postgresql_where=sa.text("paid_at IS NULL"),
    )
    op.create_table(
        "orders_return_lines",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("accepted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("restocked", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "accepted IS NULL OR accepted BETWEEN 0 AND quantity", name=op.f("ck_orders_return_lines_accepted")
        ),
        sa.CheckConstraint("quantity > 0 AND restocked >= 0", name=op.f("ck_orders_return_lines_quantity")),
        sa.PrimaryKeyConstraint("return_id", "line_id", name=op.f("pk_orders_return_lines")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_return_lines_line", "orders_return_lines", ["line_id"], unique=False)
    op.create_table(
        "orders_returns",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("send_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_no", sa.Text(), nullable=True),
        sa.Column("parcel_id", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("arrived_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("inspect_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("inspected_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_returns")),
        sqlite_strict=True,
    )
    op.create_index("ix_orders_returns_merchant", "orders_returns", ["merchant_id", "status", "id"], unique=False)
    op.create_index(
        "ix_orders_returns_open",
        "orders_returns",
        ["id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_orders_returns_open_of",
        "orders_returns",
        ["merchant_id", "id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_orders_returns_seller", "orders_returns", ["seller_order_id"], unique=False)
    op.create_index("ix_orders_returns_status", "orders_returns", ["status", "id"], unique=False)
    op.create_table(
        "orders_seller_orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("merchant_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("items_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seller_discount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_discount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "shipping_seller_discount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "shipping_platform_discount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "shipping_discounts",
            sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("shipping_by_platform", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_included", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipping_tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipping_tax_ppm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipping_tax_name", sa.Text(), nullable=False),
        sa.Column("commission_bps", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seller_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commission_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("carrier_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quote_id", sa.Text(), nullable=False),
        sa.Column("delivery_name", sa.Text(), nullable=False),
        sa.Column("arrives_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arrives_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confirm_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("placed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shipped_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("delivered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("confirm_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("completed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("completed_by", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("refunded_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("return_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dispute_id", sa.Text(), nullable=True),
        sa.Column("send_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dispute_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reverse_charge", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "items_minor - seller_discount_minor - platform_discount_minor + shipping_minor - shipping_seller_discount_minor - shipping_platform_discount_minor + (1 - tax_included) * tax_minor + subsidy_minor = seller_minor + commission_minor + carrier_minor + tax_minor",
            name=op.f("ck_orders_seller_orders_invariant"),
        ),
        sa.CheckConstraint(
            "items_minor >= 0 AND shipping_minor >= 0 AND tax_minor >= shipping_tax_minor",
            name=op.f("ck_orders_seller_orders_paid"),
        ),
        sa.CheckConstraint(
            "seller_discount_minor >= 0 AND platform_discount_minor >= 0 AND seller_discount_minor + platform_discount_minor <= items_minor AND shipping_seller_discount_minor >= 0 AND shipping_platform_discount_minor >= 0 AND shipping_tax_minor >= 0 AND shipping_seller_discount_minor + shipping_platform_discount_minor <= shipping_minor",
            name=op.f("ck_orders_seller_orders_discounts"),
        ),
        sa.CheckConstraint(
            "seller_minor >= 0 AND commission_minor >= 0 AND carrier_minor >= 0",
            name=op.f("ck_orders_seller_orders_legs"),
        ),
        sa.CheckConstraint(
            "subsidy_minor = platform_discount_minor + shipping_platform_discount_minor",
            name=op.f("ck_orders_seller_orders_subsidy"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_seller_orders")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_orders_seller_orders_confirm_by",
        "orders_seller_orders",
        ["confirm_by"],
        unique=False,
        sqlite_where=sa.text("status = 'delivered'"),
        postgresql_where=sa.text("status = 'delivered'"),
    )
    op.create_index(
        "ix_orders_seller_orders_merchant", "orders_seller_orders", ["merchant_id", "status", "id"], unique=False
    )
    op.create_index("ix_orders_seller_orders_newest", "orders_seller_orders", ["merchant_id", "id"], unique=False)
    op.create_index("ix_orders_seller_orders_order", "orders_seller_orders", ["order_id"], unique=False)
    op.create_index("ix_orders_seller_orders_status", "orders_seller_orders", ["status", "id"], unique=False)
    op.create_table(
        "pay_actions",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("body", sa.Text().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_pay_actions")),
        sqlite_strict=True,
    )
    op.create_index("uq_pay_actions_reference", "pay_actions", ["reference"], unique=True)
    op.create_table(
        "pay_breaks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("theirs_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ours_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_breaks")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_breaks_open",
        "pay_breaks",
        ["opened_at", "id"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index(
        "ix_pay_breaks_resolved",
        "pay_breaks",
        ["resolved_at"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NOT NULL"),
        postgresql_where=sa.text("resolved_at IS NOT NULL"),
    )
    op.create_table(
        "pay_captures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("final", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("processor_ref", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_captures")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_captures_payment", "pay_captures", ["payment_id", "seller_order_id"], unique=False)
    op.create_table(
        "pay_chargebacks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("processor_ref", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("round", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reversals", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("said_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_chargebacks")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_chargebacks_open",
        "pay_chargebacks",
        ["id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("uq_pay_chargebacks_ref", "pay_chargebacks", ["processor_ref", "processor", "round"], unique=True)
    op.create_table(
        "pay_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owed_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("amount_minor <> 0 OR owed_minor > 0", name=op.f("ck_pay_entries_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_entries")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_entries_merchant", "pay_entries", ["merchant_id", "code", "id"], unique=False)
    op.create_table(
        "pay_exchange_rates",
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("home", "currency", "valid_from", name=op.f("pk_pay_exchange_rates")),
        sqlite_strict=True,
    )
    op.create_table(
        "pay_file_lines",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fee_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_file_lines")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_file_lines_file", "pay_file_lines", ["file_id", "number"], unique=False)
    op.create_index("ix_pay_file_lines_subject", "pay_file_lines", ["subject"], unique=False)
    op.create_index(
        "ix_pay_file_lines_waiting",
        "pay_file_lines",
        ["processor", "subject"],
        unique=False,
        sqlite_where=sa.text("state IN ('timing', 'differs')"),
        postgresql_where=sa.text("state IN ('timing', 'differs')"),
    )
    op.create_table(
        "pay_files",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lines", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("skipped", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("last_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("imported_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_files")),
        sqlite_strict=True,
    )
    op.create_index("uq_pay_files_sha256", "pay_files", ["processor", "sha256"], unique=True)
    op.create_table(
        "pay_freezes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fee_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("released_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_freezes")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_freezes_seller_order", "pay_freezes", ["seller_order_id"], unique=False)
    op.create_table(
        "pay_gift_cards",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("code_end", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_gift_cards")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_gift_cards_expiring",
        "pay_gift_cards",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'active' AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'active' AND expires_at IS NOT NULL"),
    )
    op.create_index("uq_pay_gift_cards_code_hash", "pay_gift_cards", ["code_hash"], unique=True)
    op.create_table(
        "pay_gift_uses",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "seller_order_id", "card_id", name=op.f("pk_pay_gift_uses")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_gift_uses_card", "pay_gift_uses", ["card_id"], unique=False)
    op.create_table(
        "pay_legs",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gift_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("released_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("frozen_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("payment_id", "seller_order_id", name=op.f("pk_pay_legs")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_legs_open",
        "pay_legs",
        ["merchant_id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_pay_legs_seller_order", "pay_legs", ["seller_order_id"], unique=False)
    op.create_table(
        "pay_payees",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("last_payout_id", sa.Text(), nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("considered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "currency", name=op.f("pk_pay_payees")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_payees_paused",
        "pay_payees",
        ["merchant_id", "currency"],
        unique=False,
        sqlite_where=sa.text("paused_reason IS NOT NULL"),
        postgresql_where=sa.text("paused_reason IS NOT NULL"),
    )
    op.create_table(
        "pay_payments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("capture", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("processor_ref", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finished_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_payments")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_payments_by_hand",
        "pay_payments",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("processor = 'manual' AND state = 'requested'"),
        postgresql_where=sa.text("processor = 'manual' AND state = 'requested'"),
    )
    op.create_index(
        "ix_pay_payments_finished",
        "pay_payments",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NOT NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index(
        "ix_pay_payments_processor_ref",
        "pay_payments",
        ["processor_ref"],
        unique=False,
        sqlite_where=sa.text("processor_ref IS NOT NULL"),
        postgresql_where=sa.text("processor_ref IS NOT NULL"),
    )
    op.create_index("ix_pay_payments_ref", "pay_payments", ["ref", "created_at"], unique=False)
    op.create_index(
        "uq_pay_payments_live",
        "pay_payments",
        ["ref"],
        unique=True,
        sqlite_where=sa.text("state IN ('requested', 'authorised', 'captured')"),
        postgresql_where=sa.text("state IN ('requested', 'authorised', 'captured')"),
    )
    op.create_table(
        "pay_payout_accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("usable_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_payout_accounts")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_pay_payout_accounts_current",
        "pay_payout_accounts",
        ["merchant_id", "currency"],
        unique=True,
        sqlite_where=sa.text("replaced_at IS NULL"),
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "pay_payout_terms",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("day", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("minimum_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reserve_bps", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reserve_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("pk_pay_payout_terms")),
        sqlite_strict=True,
    )
    op.create_table(
        "pay_payouts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("previous_id", sa.Text(), nullable=True),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("processor_ref", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_payouts")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_payouts_merchant", "pay_payouts", ["merchant_id", "id"], unique=False)
    op.create_index(
        "ix_pay_payouts_paid",
        "pay_payouts",
        ["paid_at"],
        unique=False,
        sqlite_where=sa.text("paid_at IS NOT NULL"),
        postgresql_where=sa.text("paid_at IS NOT NULL"),
    )
    op.create_index(
        "ix_pay_payouts_processor_ref",
        "pay_payouts",
        ["processor_ref"],
        unique=False,
        sqlite_where=sa.text("processor_ref IS NOT NULL"),
        postgresql_where=sa.text("processor_ref IS NOT NULL"),
    )
    op.create_index(
        "uq_pay_payouts_under_way",
        "pay_payouts",
        ["merchant_id", "currency"],
        unique=True,
        sqlite_where=sa.text("state = 'requested'"),
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_table(
        "pay_refunds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("seller_order_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gift_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("released_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seller_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commission_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("carrier_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prepaid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("settled", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payable_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reserve_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receivable_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charged_back", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("processor_ref", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_refunds")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_refunds_paid",
        "pay_refunds",
        ["paid_at"],
        unique=False,
        sqlite_where=sa.text("paid_at IS NOT NULL"),
        postgresql_where=sa.text("paid_at IS NOT NULL"),
    )
    op.create_index("ix_pay_refunds_payment", "pay_refunds", ["payment_id"], unique=False)
    op.create_index(
        "ix_pay_refunds_processor_ref",
        "pay_refunds",
        ["processor_ref"],
        unique=False,
        sqlite_where=sa.text("processor_ref IS NOT NULL"),
        postgresql_where=sa.text("processor_ref IS NOT NULL"),
    )
    op.create_index(
        "ix_pay_refunds_requested",
        "pay_refunds",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state = 'requested'"),
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_index("ix_pay_refunds_seller_order", "pay_refunds", ["seller_order_id"], unique=False)
    op.create_table(
        "pay_reserves",
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("release_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("released_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("released_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("seller_order_id", name=op.f("pk_pay_reserves")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_reserves_due",
        "pay_reserves",
        ["release_at"],
        unique=False,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "pay_settlements",
        sa.Column("seller_order_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("seller_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commission_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("carrier_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prepaid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recovered_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("settled_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("seller_order_id", name=op.f("pk_pay_settlements")),
        sqlite_strict=True,
    )
    op.create_table(
        "pay_tax_rates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ppm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("included", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reverse", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_tax_rates")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_tax_rates_country", "pay_tax_rates", ["country"], unique=False)
    op.create_index(
        "uq_pay_tax_rates_from", "pay_tax_rates", ["country", "region", "category", "valid_from"], unique=True
    )
    op.create_table(
        "pay_webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_webhooks")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_webhooks_received_at", "pay_webhooks", ["received_at"], unique=False)
    op.create_table(
        "signals_counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_signals_counter")),
        sqlite_strict=True,
    )
    op.create_table(
        "signals_signals",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("query", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("propensity", sa.REAL(), nullable=True),
        sa.Column("once", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_signals_signals")),
        sa.UniqueConstraint("once", name=op.f("uq_signals_signals_once")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_signals_signals_wanted",
        "signals_signals",
        ["at", "product_id", "kind"],
        unique=False,
        sqlite_where=sa.text("kind IN ('click', 'cart', 'order')"),
        postgresql_where=sa.text("kind IN ('click', 'cart', 'order')"),
    )
    op.create_table(
        "identity_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revoked_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["identity_organisations.id"], name=op.f("fk_identity_keys_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_keys")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_identity_keys_token_sha256")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_identity_keys_organisation"), "identity_keys", ["organisation"], unique=False)
    op.create_table(
        "identity_links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["identity_users.id"], name=op.f("fk_identity_links_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_links")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_identity_links_token_sha256")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_identity_links_expires_at"), "identity_links", ["expires_at"], unique=False)
    op.create_index(op.f("ix_identity_links_user_id"), "identity_links", ["user_id"], unique=False)
    op.create_table(
        "identity_memberships",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["identity_organisations.id"], name=op.f("fk_identity_memberships_organisation")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["identity_users.id"], name=op.f("fk_identity_memberships_user_id")),
        sa.PrimaryKeyConstraint("organisation", "user_id", name=op.f("pk_identity_memberships")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_identity_memberships_user_id"), "identity_memberships", ["user_id"], unique=False)
    op.create_table(
        "identity_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["identity_organisations.id"], name=op.f("fk_identity_sessions_organisation")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["identity_users.id"], name=op.f("fk_identity_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_sessions")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_identity_sessions_token_sha256")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_identity_sessions_expires_at"), "identity_sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_identity_sessions_user_id"), "identity_sessions", ["user_id"], unique=False)
    # ### end Alembic commands ###
