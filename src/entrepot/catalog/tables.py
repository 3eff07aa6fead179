"""The catalogue's tables. Stock has none of its own here: what there is, is in the ledger."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint, bindparam, insert

from entrepot.kernel.sql import Flag, Json, Prepared, String, Whole, prepare, table

merchants = table(
    "catalog_merchants",
    Column("id", String, primary_key=True),
    Column("slug", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("about", String, nullable=False),
    Column("country", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("status", String, nullable=False),
    Column("commission_bps", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("decided_at", Whole),
    CheckConstraint("commission_bps BETWEEN 0 AND 10000", name="commission"),
)

categories = table(
    "catalog_categories",
    Column("id", String, primary_key=True),
    Column("slug", String, nullable=False, unique=True),  # the whole path
    Column("leaf", String, nullable=False),  # its last part, by which a feed's category finds ours
    Column("names", Json, nullable=False),
    Column("parent_id", String),
    Column("position", Whole, nullable=False),
    Column("source", String),  # the merchant whose feed brought it; NULL for the market's own
    Column("code", String),  # what a taxonomy that was loaded calls it
)
category_names = table(  # other ways to say a category: other taxonomies' paths, names in languages, resolved ones
    "catalog_category_names",
    Column("merchant_id", String, nullable=False),  # whose feed says so; empty for everybody's
    Column("words", String, nullable=False),  # the path in small letters, parts joined by ` > `
    Column("category_id", String, nullable=False),
    Column("kind", String, nullable=False),
    PrimaryKeyConstraint("merchant_id", "words"),
    CheckConstraint("kind IN ('path', 'google', 'name', 'resolved', 'moved')", name="kind"),
)
Index("ix_catalog_category_names_category", category_names.c.category_id)
Index("ix_catalog_categories_source", categories.c.source)
Index("ix_catalog_categories_leaf", categories.c.leaf)

attributes = table(
    "catalog_attributes",
    Column("code", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("names", Json, nullable=False),
    Column("unit", String),
    Column("facet", Flag, nullable=False),
    Column("variant", Flag, nullable=False),
    Column("choices", Json),  # values that a taxonomy proposes, as pairs of a key and its names
)

attribute_names = table(  # codes that were merged into another attribute
    "catalog_attribute_names",
    Column("code", String, primary_key=True),
    Column("attribute", String, nullable=False),
)

products = table(
    "catalog_products",
    Column("id", String, primary_key=True),
    Column("slug", String, nullable=False, unique=True),
    Column("owner_id", String, nullable=False),  # the first lister, who owns the content
    Column("external_id", String, nullable=False),
    Column("title", String, nullable=False),
    Column("description", String, nullable=False),  # cleaned HTML
    Column("brand", String),
    Column("category_id", String),
    Column("attributes", Json, nullable=False),
    Column("options", Json, nullable=False),
    Column("picture", String),  # the first stored one, so that a list needs no other table
    Column("mpn", String),
    Column("tax_category", String),
    Column("fits", Json, nullable=False),
    Column("hidden", Flag, nullable=False),  # by the operator, from everybody
    Column("joined_to", String),  # the product that this one turned out to be: it has neither offers nor a page
    Column("rating_total", Whole, nullable=False),
    Column("rating_count", Whole, nullable=False),
    Column("rating_verified", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("changed_at", Whole, nullable=False),
)
Index("ix_catalog_products_category", products.c.category_id)
Index("ix_catalog_products_brand", products.c.brand, products.c.id)
Index("ix_catalog_products_owner", products.c.owner_id, products.c.id)

variants = table(
    "catalog_variants",
    Column("id", String, primary_key=True),
    Column("product_id", String, nullable=False),
    Column("position", Whole, nullable=False),
    Column("options", Json, nullable=False),
    Column("gtin", String),
    Column("picture", String),
    Column("mpn", String),
    Column("model_key", String),  # brand and model number in one normal form; NULL where one of them is unknown
)
Index("ix_catalog_variants_product", variants.c.product_id)
Index("ix_catalog_variants_model", variants.c.model_key)

gtins = table(  # the one variant that a GTIN means in the whole market
    "catalog_gtins",
    Column("gtin", String, primary_key=True),
    Column("variant_id", String, nullable=False),
    Column("product_id", String, nullable=False),
)
Index("ix_catalog_gtins_variant", gtins.c.variant_id)

listings = table(  # a merchant's row about a product
    "catalog_listings",
    Column("id", String, primary_key=True),
    Column("merchant_id", String, nullable=False),
    Column("external_id", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("hidden", Flag, nullable=False),
    Column("status", String, nullable=False),  # `hidden` is whether it is anything but published
    Column("publish_at", Whole),  # when a scheduled one is shown
    Column("tags", Json, nullable=False),
    Column("fed_published", Flag, nullable=False),  # what the feed said last, so that only its change counts
    Column("fed_publish_at", Whole),
    Column("joined", Flag, nullable=False),  # to a product by a person, not by its numbers: it stays there
    Column("row_hash", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("changed_at", Whole, nullable=False),
    UniqueConstraint("merchant_id", "external_id"),
    CheckConstraint("status IN ('draft', 'scheduled', 'published', 'hidden', 'delisted')", name="status"),
    CheckConstraint("(hidden = 0) = (status = 'published')", name="hidden"),
    CheckConstraint("(publish_at IS NOT NULL) = (status = 'scheduled')", name="scheduled"),
)
Index("ix_catalog_listings_publish", listings.c.publish_at, sqlite_where=listings.c.publish_at.is_not(None),
      postgresql_where=listings.c.publish_at.is_not(None))  # fmt: skip
Index("ix_catalog_listings_product", listings.c.product_id)
Index("ix_catalog_listings_merchant", listings.c.merchant_id, listings.c.id)

offers = table(
    "catalog_offers",
    Column("id", String, primary_key=True),
    Column("listing_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("external_id", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("variant_id", String, nullable=False),
    Column("price_minor", Whole, nullable=False),  # the price now, as of the last switch
    Column("regular_price_minor", Whole, nullable=False),  # without a sale
    Column("sale_price_minor", Whole),
    Column("sale_starts_at", Whole),
    Column("sale_ends_at", Whole),
    Column("switch_at", Whole),  # the next border of the sale, until the price now has followed it
    Column("lowest_30d_minor", Whole),  # before the reduction that is on now
    Column("list_price_minor", Whole),
    Column("currency", String, nullable=False),
    Column("prices", Json, nullable=False),  # regular prices in other currencies
    Column("condition", String, nullable=False),
    Column("weight_g", Whole),
    Column("length_mm", Whole),
    Column("width_mm", Whole),
    Column("height_mm", Whole),
    Column("tax_category", String),
    Column("counted", Flag, nullable=False),
    Column("bundled", Flag, nullable=False),  # whether it is made of other offers
    Column("low_stock_at", Whole),
    Column("low_stock", Flag, nullable=False),  # whether the seller was told that it is below
    Column("state", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("changed_at", Whole, nullable=False),
    UniqueConstraint("listing_id", "external_id"),
    CheckConstraint("price_minor > 0", name="price"),
    CheckConstraint("regular_price_minor >= price_minor", name="regular"),
    CheckConstraint("sale_price_minor IS NULL OR sale_price_minor < regular_price_minor", name="sale"),
    CheckConstraint("condition IN ('new', 'refurbished', 'used')", name="condition"),
    CheckConstraint("state IN ('active', 'hidden', 'gone')", name="state"),
)
Index("ix_catalog_offers_switch", offers.c.switch_at, sqlite_where=offers.c.switch_at.is_not(None),
      postgresql_where=offers.c.switch_at.is_not(None))  # fmt: skip
Index("ix_catalog_offers_product", offers.c.product_id)
Index("ix_catalog_offers_variant", offers.c.variant_id)
Index("ix_catalog_offers_merchant", offers.c.merchant_id, offers.c.product_id)

price_history = table(  # every price that was in force, from when on
    "catalog_price_history",
    Column("offer_id", String, nullable=False),
    Column("at", Whole, nullable=False),
    Column("price_minor", Whole, nullable=False),
    PrimaryKeyConstraint("offer_id", "at"),
)

bundle_parts = table(  # what a set is made of
    "catalog_bundle_parts",
    Column("offer_id", String, nullable=False),
    Column("part_offer_id", String, nullable=False),
    Column("quantity", Whole, nullable=False),
    PrimaryKeyConstraint("offer_id", "part_offer_id"),
    CheckConstraint("quantity > 0", name="quantity"),
)
Index("ix_catalog_bundle_parts_part", bundle_parts.c.part_offer_id)

stock_places = table(  # where an offer has stock, and what a feed last said lies there
    "catalog_stock_places",
    Column("offer_id", String, nullable=False),
    Column("location_id", String, nullable=False),
    Column("fed_quantity", Whole),
    PrimaryKeyConstraint("offer_id", "location_id"),
)

stock_holds = table(  # which ledger holds stand for an order's line
    "catalog_stock_holds",
    Column("id", String, primary_key=True),
    Column("line_id", String, nullable=False),
    Column("offer_id", String, nullable=False),
    Column("location_id", String, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
)
Index("ix_catalog_stock_holds_line", stock_holds.c.line_id)

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

reviews = table(
    "catalog_reviews",
    Column("id", String, primary_key=True),
    Column("product_id", String, nullable=False),
    Column("author_id", String),
    Column("author", String, nullable=False),
    Column("rating", Whole, nullable=False),
    Column("title", String, nullable=False),
    Column("body", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("source", String, nullable=False),  # the seller order that gave the right, or the merchant whose feed it was
    Column("written_at", Whole, nullable=False),
    Column("edited_at", Whole),
    Column("state", String, nullable=False, server_default="shown"),
    Column("helpful", Whole, nullable=False, server_default="0"),  # how many people found it so
    Column("answer", String),
    Column("answered_by", String),  # the merchant
    Column("answered_at", Whole),
    CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    CheckConstraint("origin IN ('verified', 'imported')", name="origin"),
    CheckConstraint("state IN ('shown', 'held', 'hidden', 'withdrawn')", name="state"),
)
Index("ix_catalog_reviews_product", reviews.c.product_id, reviews.c.written_at)
Index("ix_catalog_reviews_author", reviews.c.author_id, reviews.c.written_at)

questions = table(
    "catalog_questions",
    Column("id", String, primary_key=True),
    Column("product_id", String, nullable=False),
    Column("author_id", String, nullable=False),
    Column("author", String, nullable=False),
    Column("body", String, nullable=False),
    Column("state", String, nullable=False),
    Column("answers", Whole, nullable=False),  # how many are shown
    Column("helpful", Whole, nullable=False),
    Column("asked_at", Whole, nullable=False),
    Column("merged_into", String),  # the question that asks the same, under which its answers stand
    CheckConstraint("state IN ('shown', 'held', 'hidden', 'withdrawn')", name="state"),
)
Index("ix_catalog_questions_product", questions.c.product_id, questions.c.asked_at)
Index("ix_catalog_questions_author", questions.c.author_id, questions.c.asked_at)

answers = table(
    "catalog_answers",
    Column("id", String, primary_key=True),
    Column("question_id", String, nullable=False),
    Column("author_id", String, nullable=False),
    Column("author", String, nullable=False),
    Column("role", String, nullable=False),
    Column("merchant_id", String),
    Column("body", String, nullable=False),
    Column("state", String, nullable=False),
    Column("helpful", Whole, nullable=False),
    Column("written_at", Whole, nullable=False),
    CheckConstraint("role IN ('merchant', 'buyer', 'operator')", name="role"),
    CheckConstraint("state IN ('shown', 'held', 'hidden', 'withdrawn')", name="state"),
)
Index("ix_catalog_answers_question", answers.c.question_id, answers.c.written_at)
Index("ix_catalog_answers_author", answers.c.author_id, answers.c.written_at)

helpful_votes = table(  # one a person
    "catalog_helpful_votes",
    Column("subject_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("voted_at", Whole, nullable=False),
    PrimaryKeyConstraint("subject_id", "user_id"),
)

reports = table(  # who told the operator of a review, question or answer; one a person
    "catalog_reports",
    Column("subject_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("reported_at", Whole, nullable=False),
    PrimaryKeyConstraint("subject_id", "user_id"),
)

moderation = table(  # what an operator is to look at, or has looked at
    "catalog_moderation",
    Column("subject_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("causes", Json, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", Whole, nullable=False),
    Column("decided_at", Whole),
    Column("decided_by", String),
    Column("reason", String, nullable=False),
    CheckConstraint("kind IN ('review', 'question', 'answer')", name="kind"),
    CheckConstraint("state IN ('open', 'kept', 'hidden')", name="state"),
)
Index("ix_catalog_moderation_state", moderation.c.state, moderation.c.opened_at)

review_grants = table(
    "catalog_review_grants",
    Column("user_id", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("seller_order_id", String, nullable=False),
    Column("granted_at", Whole, nullable=False),
    PrimaryKeyConstraint("user_id", "product_id"),
)

imports = table(
    "catalog_imports",
    Column("id", String, primary_key=True),
    Column("merchant_id", String, nullable=False),
    Column("location_id", String),
    Column("name", String, nullable=False),
    Column("format", String, nullable=False),
    Column("origin", String, nullable=False),  # `upload`: a blob; `local`: a path, from the command line only
    Column("place", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("dry_run", Flag, nullable=False),
    Column("full", Flag, nullable=False),  # what the feed leaves out is taken off sale at its end
    Column("mapping", Json),  # what each column of a foreign sheet means
    Column("size_bytes", Whole, nullable=False),  # of an upload, as long as it is kept
    Column("state", String, nullable=False),
    Column("cursor", Whole, nullable=False),  # rows of the feed that are done with
    Column("done", Whole, nullable=False),
    Column("total", Whole, nullable=False),
    Column("created", Whole, nullable=False),
    Column("changed", Whole, nullable=False),
    Column("unchanged", Whole, nullable=False),
    Column("refused", Whole, nullable=False),
    Column("notes", Whole, nullable=False),
    Column("delisted", Whole, nullable=False),
    Column("errors", Whole, nullable=False),  # lines of the report; beyond a bound they are counted and not kept
    Column("failure", String),
    Column("actor", String, nullable=False),
    Column("started_at", Whole, nullable=False),
    Column("finished_at", Whole),
    CheckConstraint("origin IN ('upload', 'local')", name="origin"),
    CheckConstraint("state IN ('mapping', 'waiting', 'running', 'done', 'failed')", name="state"),
)
Index("ix_catalog_imports_merchant", imports.c.merchant_id, imports.c.id)
Index("ix_catalog_imports_place", imports.c.place)

import_mappings = table(  # what a merchant said the columns of a sheet with this header mean
    "catalog_import_mappings",
    Column("merchant_id", String, nullable=False),
    Column("header", String, nullable=False),  # a digest of the columns' names
    Column("mapping", Json, nullable=False),
    Column("changed_at", Whole, nullable=False),
    PrimaryKeyConstraint("merchant_id", "header"),
)

import_seen = table(  # what a full feed has named so far
    "catalog_import_seen",
    Column("import_id", String, nullable=False),
    Column("external_id", String, nullable=False),
    PrimaryKeyConstraint("import_id", "external_id"),
)

import_errors = table(
    "catalog_import_errors",
    Column("import_id", String, nullable=False),
    Column("number", Whole, nullable=False),
    Column("line", Whole, nullable=False),
    Column("field", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("value", String, nullable=False),
    Column("refused", Flag, nullable=False),  # 0 for a note about a row that came in
    PrimaryKeyConstraint("import_id", "number"),
)


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


def inserting(into: Table) -> Prepared[Any]:
    """A statement that inserts a row with every column given by name."""
    return prepare(insert(into).values({column.name: bindparam(column.name) for column in into.columns}))
