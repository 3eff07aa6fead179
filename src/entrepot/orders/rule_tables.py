"""Tables of the rules that prices follow: promotions with their uses, fees. Only this room reads them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, text

from entrepot.kernel.sql import Json, String, Whole, table

promotions = table(
    "orders_promotions",
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),  # a merchant, or `platform`
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("code", String),
    Column("code_key", String),  # the code as codes compare
    Column("state", String, nullable=False),
    Column("terms", Json, nullable=False),
    Column("starts_at", Whole, nullable=False),
    Column("ends_at", Whole),
    Column("created_at", Whole, nullable=False),
    Column("changed_at", Whole, nullable=False),
)
_KEPT = text("code_key IS NOT NULL AND state <> 'ended'")
Index(
    "uq_orders_promotions_code",
    promotions.c.code_key, promotions.c.owner,
    unique=True, sqlite_where=_KEPT, postgresql_where=_KEPT,
)  # fmt: skip
Index("ix_orders_promotions_code", promotions.c.code_key)
_ACTIVE = text("state = 'active'")
Index("ix_orders_promotions_owner", promotions.c.owner, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)

promotion_uses = table(
    "orders_promotion_uses",
    Column("promotion_id", String, nullable=False),
    Column("order_id", String, nullable=False),
    Column("buyer", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("seller_minor", Whole, nullable=False),
    Column("platform_minor", Whole, nullable=False),
    Column("used_at", Whole, nullable=False),
    Column("released_at", Whole),  # the order came to nothing: it may be used again
    PrimaryKeyConstraint("order_id", "promotion_id"),
)
Index("ix_orders_promotion_uses_promotion", promotion_uses.c.promotion_id, promotion_uses.c.used_at)

# How often a limited promotion is used: by everybody (buyer ""), and by each buyer.
promotion_counts = table(
    "orders_promotion_counts",
    Column("promotion_id", String, nullable=False),
    Column("buyer", String, nullable=False),
    Column("used", Whole, CheckConstraint("used >= 0", name="used"), nullable=False),
    PrimaryKeyConstraint("promotion_id", "buyer"),
)

fees = table(
    "orders_fees",
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("category", String, nullable=False),
    Column("bps", Whole, CheckConstraint("bps BETWEEN 0 AND 10000", name="rate"), nullable=False),
    Column("fixed", Json, nullable=False),  # by currency, for each piece
    Column("valid_from", Whole, nullable=False),
    Column("valid_to", Whole),
)
