"""The schema: the baseline makes what the rooms declare, on both databases; other versions are told apart."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from entrepot import migrations
from entrepot.kernel import Unavailable, sqlite_url


def test_the_baseline_on_disk_is_that_of_the_tables() -> None:
    folder = Path(migrations.__file__).parent / "versions"
    written = (folder / "v0001_baseline.py").read_text(encoding="utf-8")
    revision = next(line for line in migrations.baseline().splitlines() if line.startswith("revision"))
    assert revision in written, "run `python -m entrepot.migrations && make fix`"


def test_it_makes_what_the_rooms_declare(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "entrepot.db")
    migrations.upgrade(url)
    assert migrations.differences(url) == []


def test_it_makes_the_same_on_postgresql(fresh_postgres_url: str) -> None:
    migrations.upgrade(fresh_postgres_url)
    assert migrations.differences(fresh_postgres_url) == []


def test_several_starts_at_once_make_it_once(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "entrepot.db")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrations.upgrade, [url] * 4))
    assert migrations.differences(url) == []


def test_a_database_of_another_version_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "entrepot.db"
    migrations.upgrade(sqlite_url(path))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    connection.close()
    with pytest.raises(Unavailable, match="another version"):
        migrations.upgrade(sqlite_url(path))
