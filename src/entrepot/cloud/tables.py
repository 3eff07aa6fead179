"""The cloud's tables: usage, the stretches of work it was metered in, and jobs."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, UniqueConstraint, text

from entrepot.kernel.sql import Flag, Json, String, Whole, table

usage = table(
    "cloud_usage",
    Column("request", String, nullable=False),
    Column("attempt", Whole, nullable=False),
    Column("meter", String, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("model", String, nullable=False),
    Column("organisation", String, nullable=False),
    Column("surface", String, nullable=False),
    Column("ref", String),
    Column("price", Whole, nullable=False),
    Column("share", Whole, nullable=False),  # of the price, what the model's maker earned
    Column("usage_class", String, nullable=False),
    Column("stretch", String, nullable=False),
    Column("at", Whole, nullable=False),
    Column("items", Whole, nullable=False),  # how many searches or listings it served: cost for each is a division
    Column("price_book", String),  # the version it was rated by; NULL where its model has no price
    Column("invoice", String),  # the one that bills it, the only column that is ever written later
    PrimaryKeyConstraint("request", "attempt", "meter"),
)
Index("ix_cloud_usage_stretch", usage.c.stretch)
Index("ix_cloud_usage_at", usage.c.at, usage.c.surface)
Index("ix_cloud_usage_organisation", usage.c.organisation, usage.c.at)
_UNBILLED, _BILLED = text("invoice IS NULL"), text("invoice IS NOT NULL")
Index("ix_cloud_usage_unbilled", usage.c.organisation, usage.c.at, sqlite_where=_UNBILLED, postgresql_where=_UNBILLED)
Index(
    "ix_cloud_usage_invoice", usage.c.invoice, usage.c.model, usage.c.meter, usage.c.request,
    sqlite_where=_BILLED, postgresql_where=_BILLED,
)  # fmt: skip

spared = table(  # what was answered from memory instead of by a model: it costs nothing, and counts in costs per search
    "cloud_spared",
    Column("day", Whole, nullable=False),
    Column("surface", String, nullable=False),
    Column("model", String, nullable=False),
    Column("items", Whole, nullable=False),
    PrimaryKeyConstraint("day", "surface", "model"),
)

stretches = table(
    "cloud_stretches",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", Whole, nullable=False),
    Column("alive_at", Whole, nullable=False),
    Column("closed_at", Whole),
)
Index(
    "ix_cloud_stretches_open",
    stretches.c.holder,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)

jobs = table(
    "cloud_jobs",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("task_id", String, nullable=False),
    Column("created_at", Whole, nullable=False),
)

price_books = table(  # versions of a model's prices: only ever added
    "cloud_price_books",
    Column("id", String, primary_key=True),
    Column("model", String, nullable=False),
    Column("version", Whole, nullable=False),
    Column("effective_at", Whole, nullable=False),
    Column("nano", Json, nullable=False),  # per meter, for so many units as prices of it are quoted for
    Column("maker_bps", Whole, nullable=False),
    Column("batch_bps", Whole, nullable=False),  # what a batch pays of the standard prices
    Column("tier", String, nullable=False),  # each version has a book for calls, and one for calls of batches
    Column("created_at", Whole, nullable=False),
    UniqueConstraint("model", "version", "tier"),
    CheckConstraint("maker_bps BETWEEN 0 AND 10000 AND batch_bps BETWEEN 0 AND 10000", name="shares"),
    CheckConstraint("tier IN ('standard', 'batch')", name="tier"),
)

customers = table(  # an organisation that uses compute: what it may do at once, and the row that admissions wait at
    "cloud_customers",
    Column("organisation", String, primary_key=True),
    Column("requests_per_minute", Whole, nullable=False),
    Column("tokens_per_minute", Whole, nullable=False),
    Column("requests_tat", Whole, nullable=False),  # GCRA: when the allowance would be whole again, in microseconds
    Column("tokens_tat", Whole, nullable=False),
    Column("credit_line", Whole, nullable=False),  # nano units that may be used before they are paid
    Column("created_at", Whole, nullable=False),
    CheckConstraint("requests_per_minute > 0 AND tokens_per_minute > 0 AND credit_line >= 0", name="limits"),
)

budgets = table(
    "cloud_budgets",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("name", String, nullable=False),
    Column("key_id", String),  # of one key; NULL for the whole organisation
    Column("period", String, nullable=False),
    Column("amount", Whole, nullable=False),  # nano units a period
    Column("alert_bps", Json, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("ended_at", Whole),
    CheckConstraint("period IN ('day', 'month', 'total')", name="period"),
    CheckConstraint("amount >= 0", name="amount"),
)
Index("ix_cloud_budgets_organisation", budgets.c.organisation)

budget_periods = table(  # a budget's account on the ledger for one period, and how much was put into it
    "cloud_budget_periods",
    Column("budget_id", String, nullable=False),
    Column("begins_at", Whole, nullable=False),
    Column("funded", Whole, nullable=False),
    Column("alerted_bps", Whole, nullable=False),
    PrimaryKeyConstraint("budget_id", "begins_at"),
)

requests = table(  # one attempt at one call: admitted with its holds, then settled, once
    "cloud_requests",
    Column("id", String, nullable=False),
    Column("attempt", Whole, nullable=False),
    Column("organisation", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("model", String, nullable=False),
    Column("price_book", String, nullable=False),
    Column("surface", String, nullable=False),
    Column("ref", String),
    Column("limits", Json, nullable=False),  # the most it may use of each meter: what was held is what they cost
    Column("held", Whole, nullable=False),
    Column("budgets", Json, nullable=False),  # the accounts that hold for it beside the organisation's own
    Column("state", String, nullable=False),
    Column("seen", Json, nullable=False),  # what a stream had used when it was last looked at
    Column("seen_at", Whole),
    Column("holder", String, nullable=False),  # the process that serves it
    Column("outcome", String),
    Column("price", Whole, nullable=False),
    Column("evidence", Json),  # the engine's own counters
    Column("opened_at", Whole, nullable=False),
    Column("closed_at", Whole),
    PrimaryKeyConstraint("id", "attempt"),
    CheckConstraint("state IN ('open', 'settled', 'void')", name="state"),
    CheckConstraint("held >= 0 AND price BETWEEN 0 AND held", name="price"),
)
_OPEN = text("state = 'open'")
Index("ix_cloud_requests_open", requests.c.holder, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_cloud_requests_organisation", requests.c.organisation, requests.c.id)

models = table(
    "cloud_models",
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),  # what callers write; of several versions the newest that is live answers
    Column("version", Whole, nullable=False),
    Column("kind", String, nullable=False),
    Column("engine", String, nullable=False),
    Column("organisation", String, nullable=False),  # who published it and earns its share
    Column("licence", Json, nullable=False),
    Column("card", String, nullable=False),
    Column("base", String),  # the model that it was made from
    Column("files", Json, nullable=False),
    Column("upstream", String),  # for an engine elsewhere: which of the settings' upstreams, and its name there
    Column("capabilities", Json, nullable=False),
    Column("source", String, nullable=False),  # where its files came from
    Column("listed", Flag, nullable=False),  # whether the catalogue shows it while it is live
    Column("state", String, nullable=False),
    Column("share_bps", Whole, nullable=False),  # what its maker asks for of every price, until the operator decides
    Column("reason", String),  # why the operator refused it
    Column("created_at", Whole, nullable=False),
    Column("decided_at", Whole),
    UniqueConstraint("name", "version"),
    CheckConstraint("kind IN ('chat', 'completion', 'embedding', 'rerank')", name="kind"),
    CheckConstraint("engine IN ('llama', 'onnx', 'static', 'e5', 'transformers', 'upstream')", name="engine"),
    CheckConstraint("state IN ('draft', 'submitted', 'refused', 'live', 'withdrawn')", name="state"),
    CheckConstraint("share_bps BETWEEN 0 AND 10000", name="share"),
)
Index("ix_cloud_models_organisation", models.c.organisation)

licences = table(  # who agreed to a licence that must be agreed to
    "cloud_licences",
    Column("organisation", String, nullable=False),
    Column("model_id", String, nullable=False),
    Column("agreed_by", String, nullable=False),
    Column("agreed_at", Whole, nullable=False),
    PrimaryKeyConstraint("organisation", "model_id"),
)

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

uploads = table(  # files that customers sent for batches, and the files that batches made
    "cloud_uploads",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("name", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("bytes", Whole, nullable=False),
    Column("sha256", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("expires_at", Whole),
    CheckConstraint("purpose IN ('batch', 'batch_output') AND bytes >= 0", name="purpose"),
)
Index("ix_cloud_uploads_organisation", uploads.c.organisation, uploads.c.id)

batches = table(  # many calls in a file, answered when there is time for them
    "cloud_batches",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("roles", Json, nullable=False),
    Column("endpoint", String, nullable=False),
    Column("input_file", String, nullable=False),
    Column("input_sha256", String, nullable=False),
    Column("metadata", Json, nullable=False),
    Column("state", String, nullable=False),
    Column("problems", Json, nullable=False),  # why the file could not be read
    Column("output_file", String),
    Column("error_file", String),
    Column("created_at", Whole, nullable=False),
    Column("begun_at", Whole),
    Column("finalizing_at", Whole),
    Column("cancelling_at", Whole),
    Column("ended_at", Whole),
    Column("expires_at", Whole, nullable=False),
    CheckConstraint(
        "state IN ('validating', 'in_progress', 'finalizing', 'completed', 'failed', 'cancelling', 'cancelled', "
        "'expired')",
        name="state",
    ),
)
Index("ix_cloud_batches_organisation", batches.c.organisation, batches.c.id)

batch_lines = (
    table(  # one call of a batch: where it stands in the file, and its answer, which is written as it is billed
        "cloud_batch_lines",
        Column("batch_id", String, nullable=False),
        Column("line", Whole, nullable=False),
        Column("custom_id", String, nullable=False),
        Column("begins", Whole, nullable=False),  # bytes from the file's beginning
        Column("bytes", Whole, nullable=False),
        Column("request", String, nullable=False),
        Column("state", String, nullable=False),
        Column("status", Whole),
        Column("answer", String),
        Column("price", Whole, nullable=False),
        PrimaryKeyConstraint("batch_id", "line"),
        CheckConstraint("state IN ('waiting', 'done', 'failed')", name="state"),
    )
)
Index(
    "ix_cloud_batch_lines_waiting",
    batch_lines.c.batch_id,
    batch_lines.c.line,
    sqlite_where=text("state = 'waiting'"),
    postgresql_where=text("state = 'waiting'"),
)

answers = table(  # what was answered under an Idempotency-Key, written as it is billed
    "cloud_answers",
    Column("actor", String, nullable=False),
    Column("route", String, nullable=False),
    Column("key", String, nullable=False),
    Column("body_sha256", String, nullable=False),
    Column("request", String, nullable=False),
    Column("holder", String, nullable=False),  # the process that answers, and which of its calls
    Column("takes", Whole, nullable=False),  # how often it was taken over from a process that died
    Column("state", String, nullable=False),
    Column("media_type", String),
    Column("answer", String),
    Column("created_at", Whole, nullable=False),
    Column("closed_at", Whole),
    PrimaryKeyConstraint("actor", "route", "key"),
    CheckConstraint("state IN ('open', 'done')", name="state"),
)
Index("ix_cloud_answers_closed", answers.c.closed_at)
