"""PostgreSQL databases with every table and no rows: emptied after each use and used again.

Making one costs 70 ms of the server's time, which is more than most tests cost; emptying one costs 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg

from entrepot import migrations
from tests import postgres

SIZE_MAX = 64 * 2**20
"""What was deleted keeps its place, so a database grows; a large one is not worth keeping."""

SIZE = "SELECT pg_database_size(current_database())"
OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Only the tables that were ever written to, in whatever order: nothing is left that could refer to anything.
EMPTY = """
DO $$ DECLARE written text; BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR written IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind = 'r' AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
    LOOP EXECUTE 'DELETE FROM ' || written; END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S';
END $$
"""
# Whoever makes, alters or drops a table or an index leaves other rows in the catalogue of relations.
SCHEMA = "SELECT count(*), sum(xmin::text::bigint) FROM pg_class WHERE relnamespace = 'public'::regnamespace"


class Emptied:
    """A database, and a connection that empties it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)
        self._schema = self._ask(SCHEMA)

    def empty(self) -> bool:
        """Whether it could be made as it was: nobody in it, no rows, the same schema."""
        try:
            self._connection.execute(OTHERS)
            self._connection.execute(EMPTY)
            return bool(self._ask(SCHEMA) == self._schema and self._ask(SIZE) < (SIZE_MAX,))
        except psycopg.Error:  # a test may have broken even this connection
            return False

    def close(self) -> None:
        """Let it be dropped."""
        self._connection.close()

    def _ask(self, query: str) -> Any:
        return self._connection.execute(query).fetchone()


class Databases:
    """Those that one run has on a server. Closing drops them."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._stack = ExitStack()
        self._free: list[Emptied] = []
        self._template = ""

    @contextmanager
    def one(self) -> Iterator[str]:
        """The address of a database that nobody else uses until the block ends."""
        database = self._free.pop() if self._free else self._made()
        yield database.url
        if database.empty():
            self._free.append(database)
        else:
            database.close()

    def close(self) -> None:
        """Drop them."""
        self._stack.close()

    def _made(self) -> Emptied:
        if not self._template:
            url = self._stack.enter_context(postgres.database(self._server_url))
            migrations.upgrade(url)
            self._template = urlsplit(url).path.removeprefix("/")
        url = self._stack.enter_context(postgres.database(self._server_url, self._template))
        return self._stack.enter_context(closing(Emptied(url)))
