"""The same on PostgreSQL: once however often it is sent."""

from tests.web.on_postgres import environ
from tests.web.test_repeats import *  # noqa: F403

__all__ = ["environ"]
