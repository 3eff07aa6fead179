"""A market that its people set up over HTTP, in a real server process, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.market import Market, open_market
from tests.journeys.server import serving
from tests.reused import Databases

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@contextmanager
def database_for(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What tells a home which database it has: its own file, or one on a server without a row."""
    if request.param == "sqlite":
        yield {}
        return
    databases: Databases = request.getfixturevalue("postgres_databases")
    with databases.one() as url:
        yield {"ENTREPOT_DATABASE_URL": url}


@pytest.fixture(params=BOTH)
def environ(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """A database of its own for one test."""
    with database_for(request) as environ:
        yield environ


@pytest.fixture(scope="module", params=BOTH)
def market(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """An open market for the tests of a file."""
    home = tmp_path_factory.mktemp("home")
    with database_for(request) as environ, serving(home, environ) as server:
        yield open_market(server)
