"""The same on PostgreSQL."""

from tests.web.on_postgres import environ
from tests.web.test_published_models import *  # noqa: F403

__all__ = ["environ"]
