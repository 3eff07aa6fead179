"""Calls of models: what they used, what they hold while they run, and the limits they run against."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, text

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
    Column("tab", String),  # the one it was settled on: then it held nothing by itself
    PrimaryKeyConstraint("id", "attempt"),
    CheckConstraint("state IN ('open', 'settled', 'void')", name="state"),
    CheckConstraint("held >= 0 AND price BETWEEN 0 AND held", name="price"),
)
_OPEN = text("state = 'open'")
Index("ix_cloud_requests_open", requests.c.holder, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_cloud_requests_organisation", requests.c.organisation, requests.c.id)

tabs = table(  # what one process sets aside for a second's calls of a busy customer: they are captured together
    "cloud_tabs",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("budgets", Json, nullable=False),  # the accounts that it holds of beside the organisation's own
    Column("spent", Whole, nullable=False),  # by the calls that were settled on it
    Column("charged", Whole),  # what was captured at its end; NULL while it is open
    Column("opened_at", Whole, nullable=False),
    Column("closed_at", Whole),
    CheckConstraint("spent BETWEEN 0 AND amount", name="spent"),
    CheckConstraint("charged IS NULL OR charged = spent", name="charged"),  # nothing is put on one that was closed
)
_RUNNING = text("charged IS NULL")
Index("ix_cloud_tabs_open", tabs.c.organisation, sqlite_where=_RUNNING, postgresql_where=_RUNNING)

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
