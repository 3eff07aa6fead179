"""Identity's tables. Secrets stand in them only as digests: argon2id for passwords, SHA-256 for random tokens."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, text

from entrepot.kernel.sql import Json, String, Whole, table

users = table(
    "identity_users",
    Column("id", String, primary_key=True),
    Column("email", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("language", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("confirmed_at", Whole),
)

organisations = table(
    "identity_organisations",
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("created_at", Whole, nullable=False),
)
Index(
    "uq_identity_organisations_platform",
    organisations.c.kind,
    unique=True,
    sqlite_where=text("kind = 'platform'"),
    postgresql_where=text("kind = 'platform'"),
)

memberships = table(
    "identity_memberships",
    Column("organisation", String, ForeignKey("identity_organisations.id"), nullable=False),
    Column("user_id", String, ForeignKey("identity_users.id"), nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    PrimaryKeyConstraint("organisation", "user_id"),
)

sessions = table(
    "identity_sessions",
    Column("id", String, primary_key=True),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("user_id", String, ForeignKey("identity_users.id"), index=True),
    Column("organisation", String, ForeignKey("identity_organisations.id")),
    Column("language", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False, index=True),
)

keys = table(
    "identity_keys",
    Column("id", String, primary_key=True),
    Column("organisation", String, ForeignKey("identity_organisations.id"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("shown", String, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("revoked_at", Whole),
)

links = table(
    "identity_links",
    Column("id", String, primary_key=True),
    Column("purpose", String, nullable=False),
    Column("user_id", String, ForeignKey("identity_users.id"), nullable=False, index=True),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("created_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False, index=True),
    Column("used_at", Whole),
)

attempts = table(
    "identity_attempts",
    Column("subject_sha256", String, primary_key=True),
    Column("failures", Whole, nullable=False),
    Column("failed_at", Whole, nullable=False, index=True),
    Column("blocked_until", Whole, nullable=False),
)

addresses = table(
    "identity_addresses",
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False, index=True),
    Column("address", Json, nullable=False),
    Column("saved_at", Whole, nullable=False),
)

notices = table(
    "identity_notices",
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("params", Json, nullable=False),
    Column("link", String),
    Column("created_at", Whole, nullable=False),
    Column("read_at", Whole),
)
Index("ix_identity_notices_owner", notices.c.owner, notices.c.id)
_UNREAD = text("read_at IS NULL")
Index("ix_identity_notices_unread", notices.c.owner, sqlite_where=_UNREAD, postgresql_where=_UNREAD)

audit = table(
    "identity_audit",
    Column("id", String, primary_key=True),
    Column("at", Whole, nullable=False),
    Column("actor", String, nullable=False),
    Column("organisation", String),
    Column("act", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("details", Json, nullable=False),
)

Index("ix_identity_audit_actor", audit.c.actor, audit.c.id)
Index("ix_identity_audit_act", audit.c.act, audit.c.id)
Index("ix_identity_audit_actor_act", audit.c.actor, audit.c.act, audit.c.id)
Index("ix_identity_audit_subject", audit.c.subject, audit.c.id)

webhook_endpoints = table(
    "identity_webhook_endpoints",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False, index=True),
    Column("url", String, nullable=False),
    Column("types", Json, nullable=False),
    Column("secret_version", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("failing_since", Whole),
    Column("disabled_at", Whole),
    Column("removed_at", Whole),
)

webhook_events = table(
    "identity_webhook_events",
    Column("id", String, primary_key=True),
    Column("organisation", String, nullable=False),
    Column("type", String, nullable=False),
    Column("at", Whole, nullable=False),
    Column("data", Json, nullable=False),
)
Index("ix_identity_webhook_events_organisation", webhook_events.c.organisation, webhook_events.c.id)

webhook_deliveries = table(
    "identity_webhook_deliveries",
    Column("id", String, primary_key=True),
    Column("endpoint_id", String, nullable=False),
    Column("event_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("status", Whole),
    Column("error", String),
    Column("next_at", Whole),
    Column("created_at", Whole, nullable=False),
    Column("delivered_at", Whole),
)
Index("ix_identity_webhook_deliveries_endpoint", webhook_deliveries.c.endpoint_id, webhook_deliveries.c.id)
