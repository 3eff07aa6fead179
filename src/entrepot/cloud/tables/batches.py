"""Many calls in a file."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, text

from entrepot.kernel.sql import Json, String, Whole, table

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
