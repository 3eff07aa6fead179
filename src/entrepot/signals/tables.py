"""The table of signals, whose rows are only ever added, and the number of the last one.

Numbers come from the counter's row, which a flush keeps locked until its commit: so they are in the order of commits on
PostgreSQL as well, and a reader that remembers a number misses nothing.
"""

from __future__ import annotations

from sqlalchemy import REAL, Column, Index, text

from entrepot.kernel.sql import String, Whole, table

signals = table(
    "signals_signals",
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("session", String, nullable=False),
    Column("at", Whole, nullable=False),
    Column("surface", String, nullable=False),
    Column("actor", String),
    Column("request_id", String),
    Column("product_id", String),
    Column("query", String),
    Column("position", Whole),
    Column("propensity", REAL),
    Column("once", String, unique=True),  # what may be reported once only: a hit that was seen, or clicked
)
counter = table(
    "signals_counter",
    Column("name", String, primary_key=True),
    Column("last", Whole, nullable=False),
)
Index(
    "ix_signals_signals_wanted",
    signals.c.at,
    signals.c.product_id,
    signals.c.kind,
    sqlite_where=text("kind IN ('click', 'cart', 'order')"),
    postgresql_where=text("kind IN ('click', 'cart', 'order')"),
)
