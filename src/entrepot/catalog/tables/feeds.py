"""Imports, how foreign columns are read, and what went wrong."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint

from entrepot.kernel.sql import Flag, Json, String, Whole, table

imports = table(
    "catalog_imports",
    Column("id", String, primary_key=True),
    Column("merchant_id", String, nullable=False),
    Column("location_id", String),
    Column("name", String, nullable=False),
    Column("format", String, nullable=False),
    Column("origin", String, nullable=False),  # `upload`: a blob; `local`: a path, from the command line only
    Column("place", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("dry_run", Flag, nullable=False),
    Column("full", Flag, nullable=False),  # what the feed leaves out is taken off sale at its end
    Column("mapping", Json),  # what each column of a foreign sheet means
    Column("size_bytes", Whole, nullable=False),  # of an upload, as long as it is kept
    Column("state", String, nullable=False),
    Column("cursor", Whole, nullable=False),  # rows of the feed that are done with
    Column("done", Whole, nullable=False),
    Column("total", Whole, nullable=False),
    Column("created", Whole, nullable=False),
    Column("changed", Whole, nullable=False),
    Column("unchanged", Whole, nullable=False),
    Column("refused", Whole, nullable=False),
    Column("notes", Whole, nullable=False),
    Column("delisted", Whole, nullable=False),
    Column("errors", Whole, nullable=False),  # lines of the report; beyond a bound they are counted and not kept
    Column("failure", String),
    Column("actor", String, nullable=False),
    Column("started_at", Whole, nullable=False),
    Column("finished_at", Whole),
    CheckConstraint("origin IN ('upload', 'local')", name="origin"),
    CheckConstraint("state IN ('mapping', 'waiting', 'running', 'done', 'failed')", name="state"),
)
Index("ix_catalog_imports_merchant", imports.c.merchant_id, imports.c.id)
Index("ix_catalog_imports_place", imports.c.place)

import_mappings = table(  # what a merchant said the columns of a sheet with this header mean
    "catalog_import_mappings",
    Column("merchant_id", String, nullable=False),
    Column("header", String, nullable=False),  # a digest of the columns' names
    Column("mapping", Json, nullable=False),
    Column("changed_at", Whole, nullable=False),
    PrimaryKeyConstraint("merchant_id", "header"),
)

import_seen = table(  # what a full feed has named so far
    "catalog_import_seen",
    Column("import_id", String, nullable=False),
    Column("external_id", String, nullable=False),
    PrimaryKeyConstraint("import_id", "external_id"),
)

import_errors = table(
    "catalog_import_errors",
    Column("import_id", String, nullable=False),
    Column("number", Whole, nullable=False),
    Column("line", Whole, nullable=False),
    Column("field", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("value", String, nullable=False),
    Column("refused", Flag, nullable=False),  # 0 for a note about a row that came in
    PrimaryKeyConstraint("import_id", "number"),
)
