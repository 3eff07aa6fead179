"""A full disk: changes are refused with a sentence, what is there can be read, and it goes on once there is room."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from entrepot import group
from entrepot.app import Entrepot
from entrepot.kernel import Tx
from entrepot.web import create_app
from tests.cast import ALICE
from tests.faults.test_kill import breaches
from tests.faults.volleys import open_shop, prepare
from tests.journeys.server import serving
from tests.orders.market import PLATE, open_market
from tests.waiting import eventually
from tests.web.conftest import opened, visited
from tests.web.visitors import ADDRESS, Visitor, wish

TRIES = 400
BUYERS = 80
ROOM_MIB = 48


def test_a_database_that_may_not_grow_refuses_changes_and_then_goes_on(tmp_path: Path) -> None:
    """SQLite's own quota answers as a full disk does."""
    with opened(tmp_path / "home") as entrepot, open_market(entrepot.database, tmp_path / "market") as market:
        with visited(create_app(entrepot)) as visit:
            alice = visit().sign_in(ALICE)
            offer_id = market.offers[PLATE]
            with no_room(entrepot):
                placed = buy_until_refused(alice, offer_id)
                assert alice.get("/api/cart").status_code == 200, "what is there can be read"
                assert alice.get("/healthz").status_code == 200
            alice.buy(offer_id)
            kept = {order["id"] for order in alice.get("/api/orders?most=200").json()["items"]}
            assert placed < kept
            assert eventually(lambda: alice.get(f"/api/orders/{max(kept)}").json()["status"] == "paid")
        assert [each for verdict in group.verify(entrepot.database) for each in verdict.breaches] == []


def buy_until_refused(alice: Visitor, offer_id: str) -> set[str]:
    """Buy until there is no room; returns the orders that were acknowledged."""
    placed: set[str] = set()
    for _ in range(TRIES):
        answers = [alice.put("/api/cart/lines", {"offer_id": offer_id, "quantity": 1})]
        if answers[-1].status_code == 200:
            answers.append(alice.post("/api/cart/quote", {"address": ADDRESS, "email": "alice@example.com"}))
        if answers[-1].status_code == 200:
            answers.append(alice.post("/api/orders", wish(answers[-1].json())))
        if answers[-1].status_code == 201:
            placed.add(answers[-1].json()["id"])
            continue
        assert answers[-1].status_code == 503, answers[-1].text
        assert "full: free some space" in answers[-1].json()["detail"]
        return placed
    raise AssertionError("the disk was never full")


@contextmanager
def no_room(entrepot: Entrepot) -> Iterator[None]:
    """The database's file may not grow until the block ends."""

    def limit(pages: str) -> None:
        def command(tx: Tx) -> None:
            tx._connection.execute(f"PRAGMA max_page_count = {pages}", {})

        entrepot.database.write_now(command)

    limit("1")  # never below what it has: so it becomes just that
    yield
    limit("1000000000")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, as large as a small market."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_MIB}m", "entrepot-test", str(place)]
    if not sys.platform.startswith("linux") or shutil.which("mount") is None:
        pytest.skip("mounting a small disk is tried on Linux")
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs more rights than this user has")
    yield place
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=True)


def test_a_server_whose_disk_is_full_answers_503_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    home, ballast = small_disk / "home", small_disk / "ballast"
    shop = open_shop(home, {}, BUYERS)
    with serving(home, {}) as server:
        attempts = prepare(server, shop, "during")
        fill_up(ballast, shutil.disk_usage(small_disk).free)
        during = [attempt.send(server.address) for attempt in attempts]
        refused = [answer for answer in during if answer.status != 201]
        assert refused, "the disk was never full"
        assert {answer.status for answer in refused} == {503}, refused
        assert all("full: free some space" in answer.body["detail"] for answer in refused), refused
        ballast.unlink()
        after = [attempt.send(server.address) for attempt in attempts]
        assert {answer.status for answer in after} == {201}, after
        for attempt, first, second in zip(attempts, during, after, strict=True):
            assert attempt.list_orders(server.address) == [second.body["id"]]
            assert first.status == 503 or first.body["id"] == second.body["id"]
    assert server.process.returncode == 0
    assert breaches(home, {}) == []


def fill_up(ballast: Path, free: int) -> None:
    """Leave no room on the disk."""
    with ballast.open("wb", buffering=0) as file:
        try:
            file.write(b"\0" * free)
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return
