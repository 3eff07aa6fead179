"""The same on PostgreSQL: tried with made-up input."""

import pytest

from tests.web.on_postgres import environ
from tests.web.test_documents import *  # noqa: F403

__all__ = ["environ"]


@pytest.fixture(scope="module")
def half() -> int:
    """The operations that a small run does not try on SQLite."""
    return 1
