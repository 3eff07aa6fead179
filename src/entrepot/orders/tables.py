"""The tables of carts and orders. What an order says is frozen when it is placed: nothing here is looked up again."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, text

from entrepot.kernel.sql import Flag, Json, String, Whole, table

carts = table(
    "orders_carts",
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", Whole, nullable=False),
    Column("checkout", Json),  # what the buyer was last shown: address, prices and quotes
    Column("codes", Json, nullable=False, server_default=text("'[]'")),  # of promotions, as they were typed
    Column("cards", Json, nullable=False, server_default=text("'[]'")),  # ids of gift cards whose codes were given
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
    Column("gift_minor", Whole, nullable=False),  # of the total: what gift cards pay
    Column("billing", Json),  # an address of its own on the invoice
    Column("note", String, nullable=False),
    Column("tax_id", String, nullable=False),  # of a business that buys, for the invoice; else empty
    CheckConstraint("total_minor >= 0", name="total"),
    CheckConstraint("gift_minor BETWEEN 0 AND total_minor", name="gift"),
)
Index("ix_orders_orders_owner", orders.c.owner, orders.c.id)
Index("ix_orders_orders_email", orders.c.email)
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
    Column("seller_discount_minor", Whole, nullable=False),
    Column("platform_discount_minor", Whole, nullable=False),
    Column("shipping_minor", Whole, nullable=False),
    Column("shipping_seller_discount_minor", Whole, nullable=False),
    Column("shipping_platform_discount_minor", Whole, nullable=False),
    Column("shipping_discounts", Json, nullable=False),
    Column("shipping_by_platform", Flag, nullable=False),
    Column("tax_minor", Whole, nullable=False),  # the delivery's too
    Column("tax_included", Flag, nullable=False),
    Column("shipping_tax_minor", Whole, nullable=False),
    Column("shipping_tax_ppm", Whole, nullable=False),
    Column("shipping_tax_name", String, nullable=False),
    # who gets it in the end
    Column("commission_bps", Whole, nullable=False),
    Column("seller_minor", Whole, nullable=False),
    Column("commission_minor", Whole, nullable=False),
    Column("carrier_minor", Whole, nullable=False),
    Column("subsidy_minor", Whole, nullable=False),  # what the platform pays in the buyer's place
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
    # after the sale, frozen when it was placed; and the dispute that keeps its money where it is
    Column("return_days", Whole, nullable=False),
    Column("answer_days", Whole, nullable=False),
    Column("dispute_id", String),
    Column("send_days", Whole, nullable=False),
    Column("dispute_days", Whole, nullable=False),
    Column("reverse_charge", Flag, nullable=False),  # the buyer accounts for the tax, which is not in the prices
    CheckConstraint("items_minor >= 0 AND shipping_minor >= 0 AND tax_minor >= shipping_tax_minor", name="paid"),
    CheckConstraint(
        "seller_discount_minor >= 0 AND platform_discount_minor >= 0 AND "
        "seller_discount_minor + platform_discount_minor <= items_minor AND shipping_seller_discount_minor >= 0 AND "
        "shipping_platform_discount_minor >= 0 AND shipping_tax_minor >= 0 AND "
        "shipping_seller_discount_minor + shipping_platform_discount_minor <= shipping_minor",
        name="discounts",
    ),
    CheckConstraint("subsidy_minor = platform_discount_minor + shipping_platform_discount_minor", name="subsidy"),
    CheckConstraint("seller_minor >= 0 AND commission_minor >= 0 AND carrier_minor >= 0", name="legs"),
    CheckConstraint(
        "items_minor - seller_discount_minor - platform_discount_minor + shipping_minor "
        "- shipping_seller_discount_minor - shipping_platform_discount_minor + (1 - tax_included) * tax_minor "
        "+ subsidy_minor = seller_minor + commission_minor + carrier_minor + tax_minor",
        name="invariant",
    ),
)
Index("ix_orders_seller_orders_order", seller_orders.c.order_id)
Index("ix_orders_seller_orders_merchant", seller_orders.c.merchant_id, seller_orders.c.status, seller_orders.c.id)
Index("ix_orders_seller_orders_newest", seller_orders.c.merchant_id, seller_orders.c.id)
Index("ix_orders_seller_orders_status", seller_orders.c.status, seller_orders.c.id)
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
    # where the price was converted: the currency it was in, what it was there, and the rate, as a fraction
    Column("base_currency", String),
    Column("base_price_minor", Whole),
    Column("rate", String),
    Column("category", String),
    Column("goods_minor", Whole, nullable=False),
    Column("seller_discount_minor", Whole, nullable=False),
    Column("platform_discount_minor", Whole, nullable=False),
    Column("discounts", Json, nullable=False),
    Column("tax_minor", Whole, nullable=False),
    Column("tax_included", Flag, nullable=False),
    Column("tax_ppm", Whole, nullable=False),
    Column("tax_name", String, nullable=False),
    Column("fees", Json, nullable=False),
    Column("commission_minor", Whole, nullable=False),
    Column("sent", Whole, nullable=False),  # pieces that left with some parcel
    Column("cancelled", Whole, nullable=False),  # pieces that will never leave
    CheckConstraint("quantity BETWEEN 1 AND 999 AND price_minor >= 0", name="amounts"),
    CheckConstraint(
        "seller_discount_minor >= 0 AND platform_discount_minor >= 0 AND tax_minor >= 0 AND commission_minor >= 0 AND "
        "goods_minor - seller_discount_minor - tax_included * tax_minor - commission_minor >= 0",
        name="legs",
    ),
    CheckConstraint("sent >= 0 AND cancelled >= 0 AND sent + cancelled <= quantity", name="pieces"),
)
Index("ix_orders_lines_order", lines.c.order_id)

parcels = table(
    "orders_parcels",
    Column("parcel_id", String, primary_key=True),
    Column("seller_order_id", String, nullable=False),
    Column("sent_at", Whole, nullable=False),
    Column("delivered_at", Whole),
)
Index("ix_orders_parcels_seller", parcels.c.seller_order_id)

parcel_lines = table(
    "orders_parcel_lines",
    Column("parcel_id", String, nullable=False),
    Column("line_id", String, nullable=False),
    Column("quantity", Whole, nullable=False),
    PrimaryKeyConstraint("parcel_id", "line_id"),
    CheckConstraint("quantity > 0", name="quantity"),
)

# What was given back, and what it was taken from: a refund has a part for each line, and one for the delivery.
refunds = table(
    "orders_refunds",
    Column("id", String, primary_key=True),
    Column("seller_order_id", String, nullable=False),
    Column("order_id", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("ref", String),  # the return or dispute that it answers
    Column("by", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("paid_minor", Whole, nullable=False),  # to the buyer, gift cards included
    Column("gift_minor", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("paid_at", Whole),
    CheckConstraint("paid_minor >= gift_minor AND gift_minor >= 0", name="amounts"),
)
Index("ix_orders_refunds_seller", refunds.c.seller_order_id)
_NOT_PAID = text("paid_at IS NULL")
Index("ix_orders_refunds_unpaid", refunds.c.id, sqlite_where=_NOT_PAID, postgresql_where=_NOT_PAID)

refund_parts = table(
    "orders_refund_parts",
    Column("refund_id", String, nullable=False),
    Column("part", String, nullable=False),  # a line's id, or 'shipping'
    Column("seller_order_id", String, nullable=False),
    Column("pieces", Whole, nullable=False),
    Column("seller_minor", Whole, nullable=False),
    Column("commission_minor", Whole, nullable=False),
    Column("carrier_minor", Whole, nullable=False),
    Column("tax_minor", Whole, nullable=False),
    Column("subsidy_minor", Whole, nullable=False),
    PrimaryKeyConstraint("refund_id", "part"),
    CheckConstraint(
        "pieces >= 0 AND seller_minor >= 0 AND commission_minor >= 0 AND carrier_minor >= 0 AND tax_minor >= 0 "
        "AND subsidy_minor >= 0",
        name="amounts",
    ),
)
Index("ix_orders_refund_parts_seller", refund_parts.c.seller_order_id)

returns = table(
    "orders_returns",
    Column("id", String, primary_key=True),
    Column("seller_order_id", String, nullable=False),
    Column("order_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("note", String, nullable=False),
    Column("asked_at", Whole, nullable=False),
    Column("answer_by", Whole, nullable=False),
    Column("answered_at", Whole),
    Column("answered_by", String),
    Column("answer", String),
    Column("label", String),  # who pays and prints it: merchant or buyer
    Column("send_by", Whole),
    Column("carrier", String),
    Column("tracking_no", String),
    Column("parcel_id", String),
    Column("sent_at", Whole),
    Column("arrived_at", Whole),
    Column("inspect_by", Whole),
    Column("inspected_at", Whole),
    Column("finding", String),
    Column("picture", String),
    Column("refund_id", String),
    Column("closed_at", Whole),
)
Index("ix_orders_returns_seller", returns.c.seller_order_id)
Index("ix_orders_returns_merchant", returns.c.merchant_id, returns.c.status, returns.c.id)
Index("ix_orders_returns_status", returns.c.status, returns.c.id)
_OPEN_RETURN = text("closed_at IS NULL")
Index("ix_orders_returns_open", returns.c.id, sqlite_where=_OPEN_RETURN, postgresql_where=_OPEN_RETURN)
Index(
    "ix_orders_returns_open_of", returns.c.merchant_id, returns.c.id,
    sqlite_where=_OPEN_RETURN, postgresql_where=_OPEN_RETURN,
)  # fmt: skip

return_lines = table(
    "orders_return_lines",
    Column("return_id", String, nullable=False),
    Column("line_id", String, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("accepted", Whole),  # pieces that are paid back, once somebody has looked at them
    Column("restocked", Whole, nullable=False),
    PrimaryKeyConstraint("return_id", "line_id"),
    CheckConstraint("quantity > 0 AND restocked >= 0", name="quantity"),
    CheckConstraint("accepted IS NULL OR accepted BETWEEN 0 AND quantity", name="accepted"),
)
Index("ix_orders_return_lines_line", return_lines.c.line_id)

disputes = table(
    "orders_disputes",
    Column("id", String, primary_key=True),
    Column("seller_order_id", String, nullable=False),
    Column("order_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("status", String, nullable=False),
    Column("outcome", String),
    Column("reason", String, nullable=False),
    Column("asked_minor", Whole, nullable=False),
    Column("frozen_minor", Whole, nullable=False),  # kept back of what is the merchant's already
    Column("opened_at", Whole, nullable=False),
    Column("answer_by", Whole, nullable=False),
    Column("decided_at", Whole),
    Column("decided_by", String),
    Column("decision", String),
    Column("refund_id", String),
    Column("processor_ref", String),
    Column("fee_minor", Whole, nullable=False),
)
Index("ix_orders_disputes_seller", disputes.c.seller_order_id)
Index("ix_orders_disputes_merchant", disputes.c.merchant_id, disputes.c.status, disputes.c.id)
Index("ix_orders_disputes_status", disputes.c.status, disputes.c.id)
_CHARGED_BACK = text("processor_ref IS NOT NULL")
Index(
    "ix_orders_disputes_chargeback", disputes.c.processor_ref,
    sqlite_where=_CHARGED_BACK, postgresql_where=_CHARGED_BACK,
)  # fmt: skip
_OPEN_DISPUTE = text("decided_at IS NULL")
Index("ix_orders_disputes_open", disputes.c.id, sqlite_where=_OPEN_DISPUTE, postgresql_where=_OPEN_DISPUTE)
Index(
    "ix_orders_disputes_open_of", disputes.c.merchant_id, disputes.c.id,
    sqlite_where=_OPEN_DISPUTE, postgresql_where=_OPEN_DISPUTE,
)  # fmt: skip
# One at a time: the money is frozen once, and one decision lets it go.
Index(
    "uq_orders_disputes_open",
    disputes.c.seller_order_id,
    unique=True,
    sqlite_where=_OPEN_DISPUTE,
    postgresql_where=_OPEN_DISPUTE,
)

evidence = table(
    "orders_evidence",
    Column("id", String, primary_key=True),
    Column("dispute_id", String, nullable=False),
    Column("party", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("text", String, nullable=False),
    Column("picture", String),
    Column("at", Whole, nullable=False),
)
Index("ix_orders_evidence_dispute", evidence.c.dispute_id)

# Who a merchant is on an invoice.
legal_details = table(
    "orders_legal_details",
    Column("merchant_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("tax_id", String, nullable=False),
    Column("register_no", String, nullable=False),
    Column("note", String, nullable=False),
    Column("country", String, nullable=False),
    Column("changed_at", Whole, nullable=False),
)

# The last number that a merchant gave in a year: locked while the next one is given, so that there is no gap.
invoice_numbers = table(
    "orders_invoice_numbers",
    Column("merchant_id", String, nullable=False),
    Column("year", Whole, nullable=False),
    Column("last", Whole, nullable=False),
    PrimaryKeyConstraint("merchant_id", "year"),
)

invoices = table(
    "orders_invoices",
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("year", Whole, nullable=False),
    Column("number", Whole, nullable=False),
    Column("order_id", String, nullable=False),
    Column("seller_order_id", String, nullable=False),
    Column("refund_id", String, nullable=False),  # empty for an invoice, the refund of a credit note
    Column("currency", String, nullable=False),
    Column("total_minor", Whole, nullable=False),
    Column("body", Json, nullable=False),
    Column("issued_at", Whole, nullable=False),
)
Index("uq_orders_invoices_number", invoices.c.merchant_id, invoices.c.year, invoices.c.number, unique=True)
Index("ix_orders_invoices_order", invoices.c.order_id)
Index("uq_orders_invoices_of", invoices.c.seller_order_id, invoices.c.refund_id, unique=True)
