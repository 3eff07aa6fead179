"""A market for each test of orders, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.kernel import Database
from tests.orders.market import Market, open_market


@pytest.fixture
def market(database: Database, tmp_path: Path) -> Iterator[Market]:
    """Two merchants, four things."""
    with open_market(database, tmp_path) as market:
        yield market
