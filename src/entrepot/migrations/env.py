"""Run by Alembic: apply versions over the connection that `schema.upgrade` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
context.run_migrations()
