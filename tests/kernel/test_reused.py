"""The PostgreSQL databases of tests are as good as new, however often they are used again."""

from contextlib import closing

import psycopg
import pytest

from tests.reused import Databases

WRITE = "INSERT INTO kernel_cursors (name, position) VALUES ('reader', 7)"


def test_what_one_test_wrote_is_gone_for_the_next_and_whoever_stayed_is_out(postgres_databases: Databases) -> None:
    with postgres_databases.one() as url:
        stays = psycopg.connect(url)
        with psycopg.connect(url) as connection:
            connection.execute(WRITE)
        stays.execute("LOCK TABLE kernel_cursors IN SHARE MODE")
    with closing(stays), postgres_databases.one() as again, psycopg.connect(again) as connection:
        assert again == url
        assert connection.execute("SELECT count(*) FROM kernel_cursors").fetchone() == (0,)
        with pytest.raises(psycopg.OperationalError):
            stays.execute("SELECT 1")


@pytest.mark.parametrize(
    "change", ["CREATE TABLE more (id INT)", "ALTER TABLE kernel_tasks ADD COLUMN more INT", "DROP TABLE kernel_tasks"]
)
def test_one_whose_tables_were_changed_is_not_used_again(postgres_databases: Databases, change: str) -> None:
    with postgres_databases.one() as url, psycopg.connect(url) as connection:
        connection.execute(change)
    with postgres_databases.one() as other:
        assert other != url
