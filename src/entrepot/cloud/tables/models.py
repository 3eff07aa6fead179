"""Models, what they cost, and who agreed to their licences."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, UniqueConstraint

from entrepot.kernel.sql import Flag, Json, String, Whole, table

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

licences = table(  # who agreed to a licence that must be agreed to
    "cloud_licences",
    Column("organisation", String, nullable=False),
    Column("model_id", String, nullable=False),
    Column("agreed_by", String, nullable=False),
    Column("agreed_at", Whole, nullable=False),
    PrimaryKeyConstraint("organisation", "model_id"),
)
