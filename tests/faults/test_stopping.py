"""SIGTERM while orders are being placed: every request is answered, the process ends with status 0, nothing is lost."""

import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from entrepot import group, orders
from entrepot.app import open_home
from entrepot.identity import Scope
from entrepot.kernel import MINUTE, ManualClock, SystemClock
from tests.faults.volleys import Volley, open_shop, prepare
from tests.journeys.server import Server
from tests.proof import count

BUYERS = 24
READ_S = 0.7
"""In flight to the client is not yet read by the server; the payments are slow enough to wait for that."""
ROUNDS = count(1, 20)


@pytest.mark.proof
@pytest.mark.timeout(1_200)
def test_what_is_under_way_is_answered_before_the_end(
    environ: dict[str, str], tmp_path: Path, report_count: Callable[[str, int], None]
) -> None:
    """Slow payments keep every request waiting, so that all of them are in flight when the signal comes."""
    home, placed = tmp_path / "home", set[str]()
    shop = open_shop(home, environ, BUYERS)
    for number in range(ROUNDS):
        server = Server(home, environ)
        try:
            volley = Volley(server, prepare(server, shop, f"round-{number}", "tok_slow"))
            volley.until(lambda: volley.in_flight == BUYERS)  # noqa: B023
            time.sleep(READ_S)
            server.process.send_signal(signal.SIGTERM)
            volley.join()
        finally:
            status = server.stop()
        assert status == 0, server.log
        answers = [attempt.answer for attempt in volley.attempts]
        assert all(answer is not None and answer.status == 201 for answer in answers), answers
        placed |= {answer.body["id"] for answer in answers if answer is not None}
    assert len(placed) == ROUNDS * BUYERS
    check_paid(home, environ, placed)
    report_count("requests in flight at SIGTERM, all answered", ROUNDS * BUYERS)


def check_paid(home: Path, environ: dict[str, str], placed: set[str]) -> None:
    """The next start brings to its end what the last one began."""
    later = ManualClock(SystemClock().now() + 10 * MINUTE)
    with closing(open_home(home, environ, clock=later)) as entrepot:
        entrepot.settle()
        for order_id in placed:
            order = entrepot.database.read_now(lambda s: orders.get_order(s, Scope.system(), order_id))  # noqa: B023
            assert order.status == "paid"
        assert [each for verdict in group.verify(entrepot.database) for each in verdict.breaches] == []
