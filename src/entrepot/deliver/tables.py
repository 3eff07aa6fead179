"""Tables of deliver."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, text

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

terms = table(
    "deliver_terms",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Json, nullable=False),
    Column("updated_at", Whole, nullable=False),
)
Index("ix_deliver_terms_organisation", terms.c.organisation, terms.c.id)

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
    Column("volume_cm3", Whole),
    Column("counted_from", Whole, nullable=False),
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
    Column("pickup_point_id", String),
    Column("collect_code", String),
    Column("attempts", Whole, nullable=False),
    Column("heard_at", Whole, nullable=False),
    Column("sheet_id", String),
    Column("lane", String),
    Column("weight_g", Whole),
    Column("volume_cm3", Whole),
    Column("needs", Json, nullable=False),
)
Index("ix_deliver_parcels_ref", parcels.c.ref)
Index("ix_deliver_parcels_tracking", parcels.c.carrier, parcels.c.tracking_no)
Index("ix_deliver_parcels_point", parcels.c.pickup_point_id, parcels.c.state)
Index("ix_deliver_parcels_heard", parcels.c.state, parcels.c.heard_at)
Index("ix_deliver_parcels_sheet", parcels.c.sheet_id, parcels.c.delivered_at)
Index("ix_deliver_parcels_organisation", parcels.c.organisation, parcels.c.id)
_PROMISED = text("sheet_id IS NOT NULL")
Index("ix_deliver_parcels_promised", parcels.c.promised_at, sqlite_where=_PROMISED, postgresql_where=_PROMISED)
Index(
    "ix_deliver_parcels_promised_of", parcels.c.organisation, parcels.c.promised_at,
    sqlite_where=_PROMISED, postgresql_where=_PROMISED,
)  # fmt: skip

scans = table(
    "deliver_scans",
    Column("parcel_id", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("code", String, nullable=False),
    Column("at", Whole, nullable=False),
    Column("place", String, nullable=False),
    Column("recorded_at", Whole, nullable=False),
    Column("corrects", String),
    Column("note", String, nullable=False),
    PrimaryKeyConstraint("parcel_id", "source_id"),
)

coordinates = table(
    "deliver_coordinates",
    Column("key", String, primary_key=True),
    Column("latitude_e6", Whole, nullable=False),
    Column("longitude_e6", Whole, nullable=False),
)

pickup_points = table(
    "deliver_pickup_points",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("country", String, nullable=False),
    Column("is_open", Flag, nullable=False),
    Column("body", Json, nullable=False),
    Column("updated_at", Whole, nullable=False),
)
Index("ix_deliver_pickup_points_country", pickup_points.c.country, pickup_points.c.organisation)
Index("ix_deliver_pickup_points_organisation", pickup_points.c.organisation, pickup_points.c.id)

shelf_places = table(
    "deliver_shelf_places",
    Column("id", String, primary_key=True),
    Column("ref", String, nullable=False),
    Column("point_id", String, nullable=False),
    Column("parcel_id", String),
    Column("state", String, nullable=False),
    Column("held_at", Whole, nullable=False),
    Column("arrived_at", Whole),
    Column("freed_at", Whole),
)
Index("ix_deliver_shelf_places_ref", shelf_places.c.ref)
Index("ix_deliver_shelf_places_parcel", shelf_places.c.parcel_id)
Index("ix_deliver_shelf_places_point", shelf_places.c.point_id, shelf_places.c.state)

route_plans = table(
    "deliver_route_plans",
    Column("id", String, primary_key=True),
    Column("day", String, nullable=False),
    Column("state", String, nullable=False),
    Column("seconds", Whole, nullable=False),
    Column("seed", Whole, nullable=False),
    Column("task_id", String),
    Column("left_out", Json, nullable=False),
    Column("problem", String),
    Column("created_at", Whole, nullable=False),
    Column("ready_at", Whole),
)
Index("ix_deliver_route_plans_day", route_plans.c.day, route_plans.c.id)

routes = table(
    "deliver_routes",
    Column("plan_id", String, nullable=False),
    Column("van_id", String, nullable=False),
    Column("van", Json, nullable=False),
    Column("departs_at", Whole, nullable=False),
    Column("returns_at", Whole, nullable=False),
    Column("distance_m", Whole, nullable=False),
    Column("started_at", Whole),
    PrimaryKeyConstraint("plan_id", "van_id"),
)

route_stops = table(
    "deliver_route_stops",
    Column("plan_id", String, nullable=False),
    Column("parcel_id", String, nullable=False),
    Column("van_id", String, nullable=False),
    Column("position", Whole, nullable=False),
    Column("latitude_e6", Whole, nullable=False),
    Column("longitude_e6", Whole, nullable=False),
    Column("arrives_at", Whole, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("done_at", Whole),
    PrimaryKeyConstraint("plan_id", "parcel_id"),
)
Index("ix_deliver_route_stops_parcel", route_stops.c.parcel_id, route_stops.c.plan_id)
Index("ix_deliver_route_stops_van", route_stops.c.plan_id, route_stops.c.van_id, route_stops.c.position)
