"""The fixture that moves a file's market to PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests import postgres


@pytest.fixture(scope="module")
def environ(postgres_server: str) -> Iterator[dict[str, str]]:
    """A database of its own."""
    with postgres.database(postgres_server) as url:
        yield {"ENTREPOT_DATABASE_URL": url}
