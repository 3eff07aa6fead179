"""Tables of pay. Amounts here say what was asked for, the ledger what really moved, and proofs compare the two."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, text

from entrepot.kernel.sql import String, Whole, table

payments = table(
    "pay_payments",
    Column("id", String, primary_key=True),
    Column("ref", String, nullable=False),
    Column("buyer", String, nullable=False),
    Column("processor", String, nullable=False),
    Column("method", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor >= 0", name="amount"), nullable=False),
    Column("state", String, nullable=False),
    Column("processor_ref", String),
    Column("reason", String),
    Column("created_at", Whole, nullable=False),
    Column("finished_at", Whole),
)
_LIVE = text("state IN ('requested', 'captured')")
Index("ix_pay_payments_ref", payments.c.ref, payments.c.created_at)
# An order has one live payment: two at once would charge the buyer twice.
Index("uq_pay_payments_live", payments.c.ref, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)

legs = table(
    "pay_legs",
    Column("payment_id", String, nullable=False),
    Column("seller_order_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor >= 0", name="amount"), nullable=False),
    Column("closed_at", Whole),
    PrimaryKeyConstraint("payment_id", "seller_order_id"),
)
_OPEN = text("closed_at IS NULL")
Index("ix_pay_legs_seller_order", legs.c.seller_order_id)
Index("ix_pay_legs_open", legs.c.merchant_id, sqlite_where=_OPEN, postgresql_where=_OPEN)

refunds = table(
    "pay_refunds",
    Column("id", String, primary_key=True),
    Column("payment_id", String, nullable=False),
    Column("seller_order_id", String),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("reason", String, nullable=False),
    Column("state", String, nullable=False),
    Column("processor_ref", String),
    Column("created_at", Whole, nullable=False),
    Column("paid_at", Whole),
)
Index("ix_pay_refunds_payment", refunds.c.payment_id)

settlements = table(
    "pay_settlements",
    Column("seller_order_id", String, primary_key=True),
    Column("payment_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("seller_minor", Whole, CheckConstraint("seller_minor >= 0", name="seller"), nullable=False),
    Column("commission_minor", Whole, CheckConstraint("commission_minor >= 0", name="commission"), nullable=False),
    Column("carrier_minor", Whole, CheckConstraint("carrier_minor >= 0", name="carrier"), nullable=False),
    Column("tax_minor", Whole, CheckConstraint("tax_minor >= 0", name="tax"), nullable=False),
    Column("settled_at", Whole, nullable=False),
)

payees = table(
    "pay_payees",
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("last_payout_id", String),
    PrimaryKeyConstraint("merchant_id", "currency"),
)

payouts = table(
    "pay_payouts",
    Column("id", String, primary_key=True),
    # The one before, of this merchant in this currency: where its statement ends, this one's begins.
    Column("previous_id", String),
    Column("merchant_id", String, nullable=False),
    Column("processor", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("state", String, nullable=False),
    Column("processor_ref", String),
    Column("created_at", Whole, nullable=False),
    Column("paid_at", Whole),
)
_UNDER_WAY = text("state = 'requested'")
Index("ix_pay_payouts_merchant", payouts.c.merchant_id, payouts.c.id)
# One at a time: the next statement begins where the one before ends.
Index(
    "uq_pay_payouts_under_way",
    payouts.c.merchant_id,
    payouts.c.currency,
    unique=True,
    sqlite_where=_UNDER_WAY,
    postgresql_where=_UNDER_WAY,
)

webhooks = table(
    "pay_webhooks",
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("received_at", Whole, nullable=False),
)
