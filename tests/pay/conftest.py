"""A sandbox processor whose clock is the database's."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entrepot import pay
from entrepot.kernel import Database


@pytest.fixture
def processor(database: Database, tmp_path: Path) -> Iterator[pay.SandboxProcessor]:
    """The outside world of one test."""
    with closing(pay.SandboxProcessor(tmp_path / "sandbox", clock=database.clock)) as processor:
        yield processor
