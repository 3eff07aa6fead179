"""SIGTERM while orders are being placed: every request is answered, the process ends with status 0, nothing is lost."""

import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from entrepot import group, orders
from entrepot.app import open_home
from entrepot.identity import Scope
from entrepot.kernel import MINUTE, Database, ManualClock, Prepared, SystemClock, prepare_text
from entrepot.settings import read_settings
from tests.faults.volleys import Volley, open_shop, prepare
from tests.journeys.server import Server
from tests.proof import count
from tests.waiting import eventually

BUYERS = 24
_ORDERS: Prepared[int] = prepare_text("SELECT count(*) FROM orders_orders", int)
ROUNDS = count(1, 20)


@pytest.mark.proof
@pytest.mark.timeout(1_200)
def test_what_is_under_way_is_answered_before_the_end(
    environ: dict[str, str], tmp_path: Path, report_count: Callable[[str, int], None]
) -> None:
    """Slow payments keep requests waiting. The signal comes once each was read, as its order tells."""
    home, placed, in_flight = tmp_path / "home", set[str](), 0
    shop = open_shop(home, environ, BUYERS)
    for number in range(ROUNDS):
        server = Server(home, environ)
        try:
            volley = Volley(server, prepare(server, shop, f"round-{number}", "tok_slow"))
            eventually(lambda: count_orders(home, environ) == (number + 1) * BUYERS)  # noqa: B023
            in_flight += volley.in_flight
            server.process.send_signal(signal.SIGTERM)
            volley.join()
        finally:
            status = server.stop()
        assert status == 0, server.log
        answers = [attempt.answer for attempt in volley.attempts]
        assert all(answer is not None and answer.status == 201 for answer in answers), answers
        placed |= {answer.body["id"] for answer in answers if answer is not None}
    assert len(placed) == ROUNDS * BUYERS
    assert in_flight > 0, "every answer came before the signal"
    check_paid(home, environ, placed)
    report_count("requests in flight at SIGTERM, all answered", in_flight)


def count_orders(home: Path, environ: dict[str, str]) -> int:
    """How many were placed."""
    with closing(Database(read_settings(home, environ).database_url(home))) as database:
        return int(database.read_now(lambda snapshot: snapshot.value(_ORDERS)))


def check_paid(home: Path, environ: dict[str, str], placed: set[str]) -> None:
    """The next start brings to its end what the last one began."""
    later = ManualClock(SystemClock().now() + 10 * MINUTE)
    with closing(open_home(home, environ, clock=later)) as entrepot:
        entrepot.settle()
        for order_id in placed:
            order = entrepot.database.read_now(lambda s: orders.get_order(s, Scope.system(), order_id))  # noqa: B023
            assert order.status == "paid"
        assert [each for verdict in group.verify(entrepot.database) for each in verdict.breaches] == []
