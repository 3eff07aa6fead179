"""What compute comes to: invoices, what was paid beforehand, what was given, what goes back."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, UniqueConstraint, text

from entrepot.kernel.sql import Flag, Json, String, Whole, table

billing = table(  # how an organisation is billed; the platform's own row says who issues the invoices
    "cloud_billing",
    Column("organisation", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("tax_id", String, nullable=False),
    Column("note", String, nullable=False),
    Column("country", String, nullable=False),  # where it is taxed; empty: unknown
    Column("region", String, nullable=False),
    Column("netted", Flag, nullable=False),  # what is due is taken from what the market owes it as a merchant
    Column("alert_below", Whole, nullable=False),  # nano units of credit left, at which its people are told
    Column("alerted_at", Whole),  # since it was told; NULL once there is more again
    Column("changed_at", Whole, nullable=False),
    CheckConstraint("alert_below >= 0", name="alert"),
)

invoices = table(  # never changed but for what is paid of them
    "cloud_invoices",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("year", Whole, nullable=False),
    Column("number", Whole, nullable=False),
    Column("currency", String, nullable=False),
    Column("period_from", Whole, nullable=False),
    Column("period_to", Whole, nullable=False),
    Column("rows", Whole, nullable=False),
    Column("usage_nano", Whole, nullable=False),
    Column("carried_nano", Whole, nullable=False),  # what the invoice before left below a minor unit
    Column("granted_nano", Whole, nullable=False),
    Column("left_nano", Whole, nullable=False),  # what this one leaves
    Column("amount_minor", Whole, nullable=False),  # without tax
    Column("tax_minor", Whole, nullable=False),
    Column("prepaid_minor", Whole, nullable=False),
    Column("aside_minor", Whole, nullable=False),  # of the tax, what was set aside when the credit was paid
    Column("due_minor", Whole, nullable=False),
    Column("paid_minor", Whole, nullable=False),  # of what was due
    Column("parties", Json, nullable=False),  # who issues it to whom, as it was then
    Column("tax", Json, nullable=False),  # which tax, and why none
    Column("issued_at", Whole, nullable=False),
    Column("due_by", Whole, nullable=False),
    Column("paid_at", Whole),
    UniqueConstraint("year", "number"),
    CheckConstraint(
        "amount_minor + tax_minor = prepaid_minor + aside_minor + due_minor AND paid_minor BETWEEN 0 AND due_minor "
        "AND prepaid_minor <= amount_minor AND aside_minor <= tax_minor",
        name="sums",
    ),
    CheckConstraint("left_nano >= 0 AND granted_nano >= 0", name="nano"),
)
Index("ix_cloud_invoices_organisation", invoices.c.organisation, invoices.c.id)

invoice_numbers = table(
    "cloud_invoice_numbers",
    Column("year", Whole, primary_key=True),
    Column("last", Whole, nullable=False),
)

invoice_lines = table(  # the rows of one model, price book and meter
    "cloud_invoice_lines",
    Column("invoice_id", String, nullable=False),
    Column("line", Whole, nullable=False),
    Column("model", String, nullable=False),
    Column("meter", String, nullable=False),
    Column("price_book", String),
    Column("tier", String, nullable=False),
    Column("unit_nano", Whole, nullable=False),  # the quoted price, for `per` units
    Column("per", Whole, nullable=False),
    Column("rows", Whole, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("price", Whole, nullable=False),
    Column("net_minor", Whole, nullable=False),  # its part of the invoice's amount, and of its tax
    Column("tax_minor", Whole, nullable=False),
    PrimaryKeyConstraint("invoice_id", "line"),
)

invoice_drafts = table(  # an invoice being made: its rows are claimed a slice at a time, and what they come to is kept
    "cloud_invoice_drafts",
    Column("organisation", String, primary_key=True),
    Column("invoice_id", String, nullable=False),
    Column("until", Whole, nullable=False),
    Column("since", Whole),
    Column("rows", Whole, nullable=False),
    Column("price", Whole, nullable=False),
    Column("sums", Json, nullable=False),  # by model, meter and version of prices
    Column("begun_at", Whole, nullable=False),
    UniqueConstraint("invoice_id"),
)

grants = table(  # credit that was given until a day; what was given for ever is on the ledger alone
    "cloud_grants",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("used", Whole, nullable=False),  # by invoices
    Column("expired", Whole, nullable=False),  # moved back
    Column("expires_at", Whole, nullable=False),
    Column("told_at", Whole),
    Column("ended_at", Whole),
    Column("created_at", Whole, nullable=False),
    CheckConstraint("used >= 0 AND expired >= 0 AND used + expired <= amount", name="amount"),
)
Index("ix_cloud_grants_organisation", grants.c.organisation, grants.c.expires_at)
_LASTS = text("ended_at IS NULL")
Index("ix_cloud_grants_expires", grants.c.expires_at, sqlite_where=_LASTS, postgresql_where=_LASTS)

repayments = table(  # credit that was paid and not used, asked back
    "cloud_repayments",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, nullable=False),  # credit
    Column("tax_minor", Whole, nullable=False),  # that had been set aside for it
    Column("elsewhere_minor", Whole, nullable=False),  # past the processors: it had come so
    Column("parts", Json, nullable=False),  # which payments it goes back by, and the refunds of them
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("automatic", Flag, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("decided_at", Whole),
    CheckConstraint("state IN ('asked', 'paid', 'declined', 'withdrawn')", name="state"),
    CheckConstraint("amount_minor > 0 AND tax_minor >= 0 AND elsewhere_minor >= 0", name="amount"),
)
Index("ix_cloud_repayments_organisation", repayments.c.organisation, repayments.c.id)
_ASKED = text("state = 'asked'")
Index("ix_cloud_repayments_asked", repayments.c.id, sqlite_where=_ASKED, postgresql_where=_ASKED)
Index("uq_cloud_repayments_asked", repayments.c.organisation, unique=True, sqlite_where=_ASKED, postgresql_where=_ASKED)

topups = table(  # money that an organisation pays for compute, by one of the market's processors
    "cloud_topups",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, nullable=False),  # what is paid, tax in it
    Column("tax_minor", Whole, nullable=False),
    Column("tax_ppm", Whole, nullable=False),
    Column("refunded_minor", Whole, nullable=False),
    Column("payment_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("created_at", Whole, nullable=False),
    Column("finished_at", Whole),
    CheckConstraint("state IN ('requested', 'paid', 'failed', 'disputed')", name="state"),
    CheckConstraint(
        "amount_minor > 0 AND tax_minor BETWEEN 0 AND amount_minor AND refunded_minor BETWEEN 0 AND amount_minor",
        name="amount",
    ),
)
Index("ix_cloud_topups_organisation", topups.c.organisation, topups.c.id)
