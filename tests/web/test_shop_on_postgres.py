"""The same on PostgreSQL: bought, sent, received and paid out."""

from tests.web.on_postgres import environ
from tests.web.test_shop import *  # noqa: F403

__all__ = ["environ"]
