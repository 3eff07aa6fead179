"""A table of things in each database of the kernel's tests."""

import pytest

from entrepot.kernel import Database
from tests.kernel import things


@pytest.fixture
def database(database: Database) -> Database:
    """The same database, with the table of things."""
    things.make_table(database)
    return database
