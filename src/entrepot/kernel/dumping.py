"""A database as one file: written while others go on writing, and read again into a place that is empty.

A file of SQLite is copied by SQLite itself, in one read transaction; what is on a server goes through PostgreSQL's own
`pg_dump` and `pg_restore`, which must be installed where this runs.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from .errors import Conflict, Unavailable

_TABLES = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = ANY (pg_catalog.current_schemas(false))"


def dump(url: str, target: Path) -> None:
    """Write a consistent copy of a database to `target`; commands may run meanwhile, and are in it or not, whole.

    Unavailable when the database cannot be read, or the copy is found damaged.
    """
    if (path := _file(url)) is None:
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        return
    if not path.exists():
        raise Unavailable(f"There is no database at {path}")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)  # all pages in one step: in several, each commit meanwhile would begin it anew
            verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise Unavailable(f"{path} cannot be copied to {target}: {error}") from error
    if verdict != "ok":
        raise Unavailable(f"{path} is damaged ({verdict}): no copy was made")


def load(url: str, source: Path) -> None:
    """Fill an empty database with what `dump` wrote from one of the same kind.

    Conflict when there is something in it already: nothing is ever written over.
    """
    require_empty(url)
    if (path := _file(url)) is None:
        _run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(source))
        return
    os.replace(source, path)
    path.chmod(0o600)


def require_empty(url: str) -> None:
    """Conflict unless `load` may fill this database."""
    if (path := _file(url)) is not None:
        if path.exists():
            raise Conflict(f"There is a database at {path} already: restore into an empty home")
        return
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(_TABLES).fetchone()
    except psycopg.Error as error:
        raise Unavailable(
            f"PostgreSQL does not answer ({type(error).__name__}): check ENTREPOT_DATABASE_URL"
        ) from error
    if row is not None and row[0]:
        raise Conflict("This PostgreSQL database has tables already: make an empty one with `createdb`, and name it")


def _file(url: str) -> Path | None:
    """Where a database in a file lies; None for one on a server."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None


def _run(program: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs. The address goes by the environment: an argument is seen by all users."""
    environment = _environment(url)
    database = f"--dbname={environment.get('PGDATABASE', '')}"
    try:
        done = subprocess.run(
            [program, "--no-password", database, *arguments],
            env=os.environ | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise Unavailable(f"{program} is not installed here: install PostgreSQL's client programs") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise Unavailable(f"{program} failed: {said[0]}")


def _environment(url: str) -> dict[str, str]:
    """An address as the variables that PostgreSQL's programs read."""
    from psycopg.pq import Conninfo

    parts = Conninfo.parse(url.encode())
    return {part.envvar.decode(): part.val.decode() for part in parts if part.envvar and part.val is not None}
