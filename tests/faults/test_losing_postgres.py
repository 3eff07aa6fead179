"""PostgreSQL goes away while the market is open: changes are refused with a sentence, and it goes on by itself."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.faults.test_kill import breaches
from tests.faults.volleys import Volley, open_shop, prepare
from tests.journeys.buyers import Buyer, at_once
from tests.journeys.server import serving
from tests.proof import count
from tests.waiting import eventually

BUYERS = 32


def test_a_lost_database_is_told_and_found_again(fresh_postgres_url: str, tmp_path: Path) -> None:
    home, environ = tmp_path / "home", {"ENTREPOT_DATABASE_URL": fresh_postgres_url}
    shop = open_shop(home, environ, buyers=2)
    with serving(home, environ) as server:
        attempts = prepare(server, shop, "order")
        first = attempts[0].send(server.address)
        assert first.status == 201
        eventually(lambda: is_paid(attempts[0].headers, server.address, first.body["id"]))
        with closing(Buyer(server.address)) as anybody:
            with gone(fresh_postgres_url):
                refused = attempts[1].send(server.address)
                assert refused.status == 503
                assert "PostgreSQL does not answer" in refused.body["detail"]
                assert anybody.call("GET", "/readyz").status == 503
                assert anybody.call("GET", "/healthz").status == 200
            assert eventually(lambda: anybody.call("GET", "/readyz").status == 200)
        second = attempts[1].send(server.address)
        assert second.status == 201
        assert attempts[0].list_orders(server.address) == [first.body["id"]]
        eventually(lambda: is_paid(attempts[1].headers, server.address, second.body["id"]))
    assert server.process.returncode == 0
    assert breaches(home, environ) == []


@pytest.mark.proof
@pytest.mark.timeout(1_200)
def test_connections_that_break_in_the_middle_lose_and_double_nothing(
    fresh_postgres_url: str, tmp_path: Path, report_count: Callable[[str, int], None]
) -> None:
    """Also when the word that it is written is what got lost: asked again with its key, there is one order."""
    home, environ = tmp_path / "home", {"ENTREPOT_DATABASE_URL": fresh_postgres_url}
    shop, rounds, refused = open_shop(home, environ, BUYERS), count(1, 40), 0
    with serving(home, environ) as server:
        for number in range(rounds):
            attempts = prepare(server, shop, f"round-{number}")
            volley = Volley(server, attempts)
            volley.until(lambda: volley.in_flight >= BUYERS // 2)  # noqa: B023
            break_connections(fresh_postgres_url)
            volley.join()
            answers = [attempt.answer for attempt in attempts]
            assert all(answer is not None and answer.status in (201, 503) for answer in answers), answers
            refused += sum(answer is not None and answer.status == 503 for answer in answers)
            again = at_once([partial(attempt.send, server.address) for attempt in attempts])
            for attempt, answer, second in zip(attempts, answers, again, strict=True):
                assert second.status == 201, second
                assert answer is not None
                assert answer.status == 503 or answer.body["id"] == second.body["id"]
                assert len(attempt.list_orders(server.address)) == number + 1
    assert breaches(home, environ) == []
    report_count("orders in flight while connections broke", rounds * BUYERS)
    report_count("of them refused, then placed once", refused)


@contextmanager
def gone(url: str) -> Iterator[None]:
    """Nobody can reach the database until the block ends."""
    let_in(url, "false")
    break_connections(url)
    try:
        yield
    finally:
        let_in(url, "true")


def let_in(url: str, allowed: str) -> None:
    """Whether connections to the database are taken."""
    administer(url, f'ALTER DATABASE "{urlsplit(url).path[1:]}" WITH ALLOW_CONNECTIONS {allowed}')


def break_connections(url: str) -> None:
    """End every connection that there is."""
    name = urlsplit(url).path[1:]
    administer(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


def administer(url: str, statement: str) -> None:
    """Do something as the owner of the server, from another database."""
    server_url = urlunsplit(urlsplit(url)._replace(path="/postgres"))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement.encode())


def is_paid(headers: dict[str, str], address: str, order_id: str) -> bool:
    """Whether the order's money is in escrow."""
    with closing(Buyer(address)) as buyer:
        buyer.headers = headers
        return bool(buyer.call("GET", f"/api/orders/{order_id}").body["status"] == "paid")
