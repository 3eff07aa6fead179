"""The cloud's tables: usage, the stretches of work it was metered in, and jobs."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, text

from entrepot.kernel.sql import String, Whole, table

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
    PrimaryKeyConstraint("request", "attempt", "meter"),
)
Index("ix_cloud_usage_stretch", usage.c.stretch)
Index("ix_cloud_usage_at", usage.c.at, usage.c.surface)

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
