"""The cloud's tables: usage, the stretches of work it was metered in, and jobs."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, UniqueConstraint, text

from entrepot.kernel.sql import Json, String, Whole, table

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
    Column("usage_class", String, nullable=False),
    Column("stretch", String, nullable=False),
    Column("at", Whole, nullable=False),
    Column("items", Whole, nullable=False),  # how many searches or listings it served: cost for each is a division
    Column("price_book", String),  # the version it was rated by; NULL where its model has no price
    PrimaryKeyConstraint("request", "attempt", "meter"),
)
Index("ix_cloud_usage_stretch", usage.c.stretch)
Index("ix_cloud_usage_at", usage.c.at, usage.c.surface)
Index("ix_cloud_usage_organisation", usage.c.organisation, usage.c.at)

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
    Column("created_at", Whole, nullable=False),
    UniqueConstraint("model", "version"),
    CheckConstraint("maker_bps BETWEEN 0 AND 10000", name="maker"),
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
    Column("state", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    UniqueConstraint("name", "version"),
    CheckConstraint("kind IN ('chat', 'completion', 'embedding', 'rerank')", name="kind"),
    CheckConstraint("engine IN ('llama', 'onnx', 'static', 'upstream')", name="engine"),
    CheckConstraint("state IN ('draft', 'live', 'withdrawn')", name="state"),
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
