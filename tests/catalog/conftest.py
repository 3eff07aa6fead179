"""Bruno's shop, on each database."""

from pathlib import Path

import pytest

from entrepot.kernel import Blobs, Database
from tests.catalog.shop import Shop, open_shop


@pytest.fixture
def shop(database: Database) -> Shop:
    """An approved merchant with a place its goods leave from."""
    return open_shop(database)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """A store of files."""
    return Blobs(tmp_path / "blobs")
