"""The same on PostgreSQL: tried with made-up input."""

from tests.web.on_postgres import environ
from tests.web.test_documents import *  # noqa: F403

__all__ = ["environ"]
