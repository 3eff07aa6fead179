"""A database of its own for each test, on SQLite and on PostgreSQL, with the tables of every room imported so far."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from entrepot.kernel import Database, sqlite_url
from entrepot.kernel.sql import METADATA
from entrepot.kernel.testing import create_tables, open_existing

# Making the tables takes longer than most tests. So they are made once per set of rooms, and then copied.


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """The path of a file to copy."""
    made: dict[frozenset[str], Path] = {}

    def template() -> Path:
        tables = frozenset(METADATA.tables)
        if tables not in made:
            made[tables] = tmp_path_factory.mktemp("template") / "entrepot.db"
            create_tables(sqlite_url(made[tables]))
        return made[tables]

    return template


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[Callable[[], str]]:
    """The name of a database to copy."""
    made: dict[frozenset[str], str] = {}
    with ExitStack() as stack:

        def template() -> str:
            tables = frozenset(METADATA.tables)
            if tables not in made:
                url = stack.enter_context(copied(postgres_server, "template0"))
                create_tables(url)
                made[tables] = urlsplit(url).path.removeprefix("/")
            return made[tables]

        yield template


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database for one test, of each of the two kinds."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")()
        yield sqlite_url(Path(shutil.copyfile(template, tmp_path / "entrepot.db")))
        return
    template = request.getfixturevalue("postgres_template")()
    with copied(request.getfixturevalue("postgres_server"), template) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database, with a clock that stands at noon until the test moves it, and chance from a seed."""
    with closing(open_existing(database_url)) as database:
        yield database


@contextmanager
def copied(server_url: str, template: str) -> Iterator[str]:
    """A database that is a copy of another, until the block ends."""
    name = f"entrepot_test_{secrets.token_hex(6)}"
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with closing(psycopg.connect(server_url, autocommit=True)) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
