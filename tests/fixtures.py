"""A database of its own for each test, on SQLite and on PostgreSQL, with the tables of every room and no rows."""

from collections.abc import Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from entrepot import migrations
from entrepot.kernel import Database, sqlite_url
from entrepot.kernel.testing import open_existing
from tests.reused import Databases

# Making the tables takes longer than most tests. So they are made once a run.


@cache
def empty_sqlite() -> bytes:
    """What the file of a home that was never used holds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "entrepot.db"
        migrations.upgrade(sqlite_url(path))
        return path.read_bytes()


def begin(home: Path) -> None:
    """Put such a file into a home that has none yet."""
    home.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), (home / "entrepot.db").open("xb") as file:
        file.write(empty_sqlite())


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> Iterator[Databases]:
    """Databases of a PostgreSQL."""
    with closing(Databases(postgres_server)) as databases:
        yield databases


@pytest.fixture
def postgres_url(postgres_databases: Databases) -> Iterator[str]:
    """The address of a PostgreSQL database for one test."""
    with postgres_databases.one() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database for one test, of each of the two kinds."""
    if request.param == "sqlite":
        path = tmp_path / "entrepot.db"
        path.write_bytes(empty_sqlite())
        return sqlite_url(path)
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database, with a clock that stands at noon until the test moves it, and chance from a seed."""
    with closing(open_existing(database_url)) as database:
        yield database
