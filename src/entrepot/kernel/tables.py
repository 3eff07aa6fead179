"""The kernel's tables: events with their positions, reactions, tasks, leases, cursors, idempotency keys."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, UniqueConstraint, text

from .sql import Json, String, Whole, table

events = table(
    "kernel_events",
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("body", Json, nullable=False),
    Column("announced_at", Whole, nullable=False),
    Column("serial", Whole, nullable=False),
    Column("position", Whole, unique=True),
)
Index(
    "ix_kernel_events_unplaced",
    events.c.announced_at,
    events.c.serial,
    sqlite_where=text("position IS NULL"),
    postgresql_where=text("position IS NULL"),
)

reactions = table(
    "kernel_reactions",
    Column("event_id", String, nullable=False),
    Column("handler", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("error", String),
    Column("retry_at", Whole),
    Column("finished_at", Whole),
    PrimaryKeyConstraint("event_id", "handler"),
)
Index(
    "ix_kernel_reactions_failed",
    reactions.c.retry_at,
    sqlite_where=text("state = 'failed'"),
    postgresql_where=text("state = 'failed'"),
)

cursors = table(
    "kernel_cursors",
    Column("name", String, primary_key=True),
    Column("position", Whole, nullable=False),
)

tasks = table(
    "kernel_tasks",
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("body", Json, nullable=False),
    Column("key", String),
    Column("state", String, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("run_at", Whole, nullable=False),
    Column("leased_until", Whole),
    Column("worker", String),
    Column("error", String),
    Column("done", Whole),
    Column("total", Whole),
    Column("created_at", Whole, nullable=False),
    Column("finished_at", Whole),
    UniqueConstraint("kind", "key"),
)
Index(
    "ix_kernel_tasks_due",
    tasks.c.run_at,
    sqlite_where=text("state = 'waiting'"),
    postgresql_where=text("state = 'waiting'"),
)
Index(
    "ix_kernel_tasks_running",
    tasks.c.leased_until,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)
Index(
    "ix_kernel_tasks_stuck",
    tasks.c.finished_at,
    sqlite_where=text("state = 'stuck'"),
    postgresql_where=text("state = 'stuck'"),
)

leases = table(
    "kernel_leases",
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("fence", Whole, nullable=False),
    Column("until_at", Whole, nullable=False),
)

idempotency = table(
    "kernel_idempotency",
    Column("actor", String, nullable=False),
    Column("route", String, nullable=False),
    Column("key", String, nullable=False),
    Column("body_sha256", String, nullable=False),
    Column("result", Json),
    Column("created_at", Whole, nullable=False),
    PrimaryKeyConstraint("actor", "route", "key"),
)

facts = table(
    "kernel_facts",
    Column("name", String, primary_key=True),
    Column("value", Json, nullable=False),
    Column("written_at", Whole, nullable=False),
)
