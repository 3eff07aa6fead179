"""Tables of deliver."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint

from entrepot.kernel.sql import Flag, Json, String, Whole, table

locations = table(
    "deliver_locations",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("name", String, nullable=False),
    Column("address", Json, nullable=False),
    Column("created_at", Whole, nullable=False),
)
Index("ix_deliver_locations_organisation", locations.c.organisation)

rate_sheets = table(
    "deliver_rate_sheets",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("countries", Json, nullable=False),
    Column("currency", String, nullable=False),
    Column("steps", Json, nullable=False),
    Column("free_over_minor", Whole),
    Column("days_min", Whole, nullable=False),
    Column("days_max", Whole, nullable=False),
    Column("updated_at", Whole, nullable=False),
)
Index("ix_deliver_rate_sheets_organisation", rate_sheets.c.organisation)

quotes = table(
    "deliver_quotes",
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("sheet_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor >= 0", name="amount"), nullable=False),
    Column("currency", String, nullable=False),
    Column("country", String, nullable=False),
    Column("weight_g", Whole),
    Column("subtotal_minor", Whole, nullable=False),
    Column("days_min", Whole, nullable=False),
    Column("days_max", Whole, nullable=False),
    Column("earliest_at", Whole, nullable=False),
    Column("promised_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False),
    Column("by_platform", Flag, nullable=False),
    Column("pickup_point_id", String),
    Column("parcels", Whole, CheckConstraint("parcels > 0", name="parcels"), nullable=False),
)

parcels = table(
    "deliver_parcels",
    Column("id", String, primary_key=True),
    Column("ref", String, nullable=False),
    Column("organisation", String, nullable=False),
    Column("carrier", String, nullable=False),
    Column("tracking_no", String),
    Column("quote_id", String),
    Column("address", Json, nullable=False),
    Column("state", String, nullable=False),
    Column("promised_at", Whole),
    Column("booked_at", Whole, nullable=False),
    Column("handed_over_at", Whole),
    Column("delivered_at", Whole),
)
Index("ix_deliver_parcels_ref", parcels.c.ref)
Index("ix_deliver_parcels_organisation", parcels.c.organisation, parcels.c.id)

scans = table(
    "deliver_scans",
    Column("parcel_id", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("code", String, nullable=False),
    Column("at", Whole, nullable=False),
    Column("place", String, nullable=False),
    Column("recorded_at", Whole, nullable=False),
    PrimaryKeyConstraint("parcel_id", "source_id"),
)
