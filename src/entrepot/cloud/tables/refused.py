"""Calls that were refused: how many, why, of which key, by the hour."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint

from entrepot.kernel.sql import String, Whole, table

refused = table(  # counts and no money: a process adds what it refused within a second or two, all in one command
    "cloud_refused",
    Column("organisation", String, nullable=False),
    Column("hour", Whole, nullable=False),  # its beginning
    Column("caller", String, nullable=False),  # a key's or a person's id
    Column("model", String, nullable=False),  # as it was asked for; '' where it is not known
    Column("reason", String, nullable=False),
    Column("cause", String, nullable=False),  # tells refusals for one reason apart: a budget, a part of the body
    Column("calls", Whole, nullable=False),
    Column("said", String, nullable=False),  # to the last of them
    Column("last_at", Whole, nullable=False),
    PrimaryKeyConstraint("organisation", "hour", "caller", "model", "reason", "cause"),
)
