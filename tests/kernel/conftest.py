"""A table of things in each database of the kernel's tests."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from entrepot.kernel import Database, Unavailable
from tests.kernel import things


@pytest.fixture
def database(database: Database) -> Iterator[Database]:
    """The same database, with the table of things."""
    things.make_table(database)
    yield database
    with suppress(Unavailable):  # the test closed it
        things.drop_table(database)  # else the database is not as it was, and cannot be used again
