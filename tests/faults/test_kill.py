"""kill -9 while orders are being placed: what was acknowledged is there, what was in doubt is placed once at most."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import pytest

from entrepot import catalog, group
from entrepot.app import open_home
from entrepot.cli.bench.shop import Shop
from entrepot.kernel import MINUTE, Database, ManualClock, SystemClock
from entrepot.settings import read_settings
from tests.faults.volleys import PIECES, Attempt, Volley, open_shop, prepare
from tests.journeys.buyers import at_once
from tests.journeys.server import Server
from tests.proof import count

BUYERS = count(32, 48)
IN_FLIGHT_MIN = 20
ROUNDS = count(1, 50)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_nothing_that_was_acknowledged_is_lost_and_nothing_happens_twice(
    environ: dict[str, str], tmp_path: Path, report_count: Callable[[str, int], None]
) -> None:
    home, chance, seen = tmp_path / "home", Random(9), Counter[str]()
    shop, rounds = open_shop(home, environ, BUYERS), 0
    server = Server(home, environ)
    try:
        while seen["kill -9"] < ROUNDS:
            assert rounds < 4 * ROUNDS + 10, "most kills came too late to find requests in flight"
            attempts = prepare(server, shop, f"round-{rounds}")
            in_flight = strike(server, attempts, chance)
            seen["kill -9"] += in_flight >= IN_FLIGHT_MIN
            seen["in flight when killed"] += in_flight
            server = Server(home, environ)
            seen += ask_again(server, attempts, rounds)
            assert breaches(home, environ) == []
            rounds += 1
        assert server.stop() == 0
    finally:
        server.stop()
    check_the_end(home, environ, shop, rounds)
    for what, number in seen.items():
        report_count(what, number)


def strike(server: Server, attempts: list[Attempt], chance: Random) -> int:
    """Kill the server in the middle of it, early or after any number of answers; returns how many were in flight.

    One commit answers many: a kill may come a moment after it and find fewer than it waited for.
    """
    volley = Volley(server, attempts)
    answers = chance.choice((0, chance.randrange(BUYERS - IN_FLIGHT_MIN - 4)))
    volley.until(lambda: volley.answered >= answers and volley.in_flight >= IN_FLIGHT_MIN)
    if answers == 0:
        time.sleep(chance.random() * 0.1)
    in_flight = volley.in_flight
    server.kill()
    volley.join()
    return in_flight


def ask_again(server: Server, attempts: list[Attempt], number: int) -> Counter[str]:
    """Every buyer looks, sends the same request again, and looks again: there is one order, the one acknowledged."""
    before = at_once([partial(attempt.list_orders, server.address) for attempt in attempts])
    again = at_once([partial(attempt.send, server.address) for attempt in attempts])
    after = at_once([partial(attempt.list_orders, server.address) for attempt in attempts])
    seen = Counter[str]()
    for attempt, were, answer, are in zip(attempts, before, again, after, strict=True):
        assert answer.status == 201, answer
        assert len(are) == len(set(are)) == number + 1, "each round leaves each buyer one order more"
        assert answer.body["id"] == are[0]
        made = set(were) - (set(are) - {are[0]})
        if attempt.answer is None:
            seen["in doubt: had been made" if made else "in doubt: had not been made"] += 1
            continue
        assert attempt.answer.status == 201, attempt.answer
        assert made == {attempt.answer.body["id"]} == {answer.body["id"]}
        seen["acknowledged and found"] += 1
    return seen


def check_the_end(home: Path, environ: dict[str, str], shop: Shop, rounds: int) -> None:
    """Once all is done that the kills left behind, every order is paid, once, and every proof holds."""
    later = ManualClock(SystemClock().now() + 10 * MINUTE)
    with closing(open_home(home, environ, clock=later)) as entrepot:
        entrepot.settle()
        acts = entrepot.processor.list_acts()
        left = entrepot.database.read_now(lambda snapshot: catalog.available(snapshot, list(shop.offer_ids)))
        states = Counter(verdict.state for verdict in group.verify(entrepot.database))
    sold = sum(PIECES - (each or 0) for each in left.values())
    assert Counter(act.state for act in acts) == {"captured": rounds * BUYERS}
    assert sold == rounds * BUYERS
    assert states["broken"] == 0
    assert states["holds"] > 10


def breaches(home: Path, environ: dict[str, str]) -> list[str]:
    """What any proof finds wrong while the server goes on."""
    with closing(Database(read_settings(home, environ).database_url(home))) as database:
        return [breach for verdict in group.verify(database) for breach in verdict.breaches]
