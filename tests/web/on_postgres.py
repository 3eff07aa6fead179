"""The fixture that moves a file's market to PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.reused import Databases


@pytest.fixture(scope="module")
def environ(postgres_databases: Databases) -> Iterator[dict[str, str]]:
    """A database of its own."""
    with postgres_databases.one() as url:
        yield {"ENTREPOT_DATABASE_URL": url}
