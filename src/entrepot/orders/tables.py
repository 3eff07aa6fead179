"""The tables of carts and orders. What an order says is frozen when it is placed: nothing here is looked up again."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, text

from entrepot.kernel.sql import Json, String, Whole, table

carts = table(
    "orders_carts",
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", Whole, nullable=False),
    Column("checkout", Json),  # what the buyer was last shown: address, prices and quotes
)
_OPEN = text("state = 'open'")
Index("uq_orders_carts_open", carts.c.owner, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)

cart_lines = table(
    "orders_cart_lines",
    Column("cart_id", String, nullable=False),
    Column("offer_id", String, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("added_price_minor", Whole, nullable=False),
    Column("added_at", Whole, nullable=False),
    PrimaryKeyConstraint("cart_id", "offer_id"),
    CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"),
)

orders = table(
    "orders_orders",
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("cart_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("total_minor", Whole, nullable=False),
    Column("email", String, nullable=False),
    Column("language", String, nullable=False),
    Column("address", Json, nullable=False),
    Column("payment_id", String, nullable=False),
    Column("placed_at", Whole, nullable=False),
    Column("pay_by", Whole, nullable=False),
    Column("paid_at", Whole),
    Column("ended_at", Whole),  # when it failed, expired or was cancelled unpaid
    Column("failure", String),
    CheckConstraint("total_minor >= 0", name="total"),
)
Index("ix_orders_orders_owner", orders.c.owner, orders.c.id)
_UNPAID = text("status = 'awaiting_payment'")
Index("ix_orders_orders_pay_by", orders.c.pay_by, sqlite_where=_UNPAID, postgresql_where=_UNPAID)
_LIVE = text("status IN ('awaiting_payment', 'paid')")
Index("uq_orders_orders_cart", orders.c.cart_id, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)

seller_orders = table(
    "orders_seller_orders",
    Column("id", String, primary_key=True),
    Column("order_id", String, nullable=False),
    Column("position", Whole, nullable=False),  # among the parts of its order
    Column("merchant_id", String, nullable=False),
    Column("merchant_name", String, nullable=False),
    Column("status", String, nullable=False),
    Column("currency", String, nullable=False),
    # what the buyer pays
    Column("items_minor", Whole, nullable=False),
    Column("shipping_minor", Whole, nullable=False),
    Column("tax_minor", Whole, nullable=False),
    # who gets it in the end
    Column("commission_bps", Whole, nullable=False),
    Column("seller_minor", Whole, nullable=False),
    Column("commission_minor", Whole, nullable=False),
    Column("carrier_minor", Whole, nullable=False),
    # the promise
    Column("quote_id", String, nullable=False),
    Column("delivery_name", String, nullable=False),
    Column("arrives_from", Whole, nullable=False),
    Column("arrives_by", Whole, nullable=False),
    Column("confirm_days", Whole, nullable=False),
    # what happened
    Column("placed_at", Whole, nullable=False),
    Column("paid_at", Whole),
    Column("shipped_at", Whole),
    Column("delivered_at", Whole),
    Column("confirm_by", Whole),
    Column("completed_at", Whole),
    Column("completed_by", String),
    Column("cancelled_at", Whole),
    Column("cancelled_by", String),
    Column("cancel_reason", String),
    Column("refund_id", String),
    Column("refunded_at", Whole),
    CheckConstraint("items_minor >= 0 AND shipping_minor >= 0 AND tax_minor >= 0", name="paid"),
    CheckConstraint("seller_minor >= 0 AND commission_minor >= 0 AND carrier_minor >= 0", name="legs"),
    CheckConstraint(
        "items_minor + shipping_minor + tax_minor = seller_minor + commission_minor + carrier_minor + tax_minor",
        name="invariant",
    ),
)
Index("ix_orders_seller_orders_order", seller_orders.c.order_id)
Index("ix_orders_seller_orders_merchant", seller_orders.c.merchant_id, seller_orders.c.status, seller_orders.c.id)
_DELIVERED = text("status = 'delivered'")
Index(
    "ix_orders_seller_orders_confirm_by",
    seller_orders.c.confirm_by,
    sqlite_where=_DELIVERED,
    postgresql_where=_DELIVERED,
)

lines = table(
    "orders_lines",
    Column("id", String, primary_key=True),
    Column("order_id", String, nullable=False),
    Column("seller_order_id", String, nullable=False),
    Column("position", Whole, nullable=False),  # among the lines of its seller order
    Column("offer_id", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("variant_id", String, nullable=False),
    Column("slug", String, nullable=False),
    Column("title", String, nullable=False),
    Column("variant_label", String, nullable=False),
    Column("picture", String),
    Column("quantity", Whole, nullable=False),
    Column("price_minor", Whole, nullable=False),
    CheckConstraint("quantity BETWEEN 1 AND 999 AND price_minor >= 0", name="amounts"),
)
Index("ix_orders_lines_order", lines.c.order_id)
