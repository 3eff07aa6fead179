"""Merchants, categories, products and what sellers offer of them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, UniqueConstraint

from entrepot.kernel.sql import Flag, Json, String, Whole, table

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
# Not of the approved: SQLite would read all of them first, and then their offers, for a page of a few products.
_UNAPPROVED = merchants.c.status != "approved"
Index("ix_catalog_merchants_unapproved", merchants.c.id, sqlite_where=_UNAPPROVED, postgresql_where=_UNAPPROVED)

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

mergings = table(  # attributes that mean another one, and values of them; products keep what their feeds say
    "catalog_mergings",
    Column("attribute", String, nullable=False),
    Column("word", String, nullable=False),  # a value in small letters; empty where the attribute itself is meant
    Column("into", String, nullable=False),
    Column("merged_at", Whole, nullable=False),
    PrimaryKeyConstraint("attribute", "word"),
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
    Column("kind", String, nullable=False),  # `thing`: shipped; `model`: used by calls, never in a cart
    Column("ref", String),  # of what is metered: the version of the model that answers now
    Column("meters", Json),  # and its price for each meter, the one that lists show first
    Column("hidden", Flag, nullable=False),  # by the operator, from everybody
    Column("joined_to", String),  # the product that this one turned out to be: it has neither offers nor a page
    Column("rating_total", Whole, nullable=False),
    Column("rating_count", Whole, nullable=False),
    Column("rating_verified", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("changed_at", Whole, nullable=False),
    CheckConstraint("kind IN ('thing', 'model')", name="kind"),
    CheckConstraint("(kind = 'thing') = (meters IS NULL)", name="meters"),
)
Index("ix_catalog_products_category", products.c.category_id)
Index("ix_catalog_products_brand", products.c.brand, products.c.category_id, products.c.id)
Index("ix_catalog_products_owner", products.c.owner_id, products.c.id)
Index("ix_catalog_products_joined", products.c.joined_to, sqlite_where=products.c.joined_to.is_not(None),
      postgresql_where=products.c.joined_to.is_not(None))  # fmt: skip

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
