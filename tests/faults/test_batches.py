"""kill -9 in a batch, and in a call under an Idempotency-Key: each is answered in the end, and billed once."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from entrepot.cloud.reconciling import reconcile
from entrepot.cloud.replay import replay
from entrepot.cloud.settling import list_open_requests
from entrepot.kernel import Database
from tests.faults.calls import MODEL, cloud_database, elsewhere, list_ended, open_cloud
from tests.faults.test_kill import breaches
from tests.journeys.server import Server
from tests.proof import FULL, count
from tests.waiting import WAIT_S, eventually

KILLS = count(1, 12)
LINES = count(24, 120)
PACE_S = 0.3
"""A word of an answer: a batch takes far longer than a kill waits."""
SHARED_OUT = "`make test` kills batches on SQLite and calls under a key on PostgreSQL, `make proof` both on both"
CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_kill_9_in_a_batch_leaves_each_line_answered_and_billed_once(
    environ: dict[str, str], tmp_path: Path, report_count: Callable[[str, int], None]
) -> None:
    if environ and not FULL:
        pytest.skip(SHARED_OUT)
    asked_again = kill_in_a_batch(environ, tmp_path / "home", KILLS)
    assert asked_again > 0, "no kill came in the middle"
    report_count("lines asked again", asked_again)
    report_count("kill -9 in a batch", KILLS)


def kill_in_a_batch(environ: dict[str, str], home: Path, kills: int) -> int:
    """Kill the server of a batch so often; returns how many lines were asked more than once."""
    chance = Random(5)
    with elsewhere() as there:
        key = open_cloud(home, environ, there)
        there.be(pace_s=PACE_S)
        server = Server(home, environ)
        batch = send(server, key)
        left: set[tuple[str, int]] = set()
        for number in range(kills):
            eventually(lambda: list_open(home, environ) - left)  # noqa: B023
            time.sleep(chance.random())
            server.kill()
            left = list_open(home, environ)
            if number == kills - 1:
                there.be()
            server = Server(home, environ)
        ended = wait(server, key, batch)
        answers = read(server, key, ended["output_file_id"])
        server.kill()
        with cloud_database(home, environ) as database:
            check(home, environ, database, ended, answers)
            return len({row.id for row in list_ended(database) if row.attempt > 1})


@pytest.mark.proof
def test_a_call_under_a_key_that_was_killed_is_answered_anew_and_billed_once(
    environ: dict[str, str], tmp_path: Path
) -> None:
    if not environ and not FULL:
        pytest.skip(SHARED_OUT)
    home = tmp_path / "home"
    with elsewhere() as there:
        key = open_cloud(home, environ, there)
        there.be(pace_s=5)
        server = Server(home, environ)

        def call() -> httpx.Response:
            with browser(server, key) as client:
                return client.post(CHAT, json=HELLO, headers={"idempotency-key": "once"})

        with ThreadPoolExecutor(1) as threads:
            asked = threads.submit(call)
            eventually(lambda: list_open(home, environ))
            server.kill()
            assert isinstance(asked.exception(WAIT_S), httpx.HTTPError)
        there.be()
        server = Server(home, environ)
        with browser(server, key) as client:
            first, second = (client.post(CHAT, json=HELLO, headers={"idempotency-key": "once"}) for _ in range(2))
        server.kill()
        assert first.status_code == 200, first.text
        assert first.content == second.content
        with cloud_database(home, environ) as database:
            reconcile(database, "USD9")
            rows = list_ended(database)
            assert sorted((row.attempt, row.outcome) for row in rows) == [(1, "void"), (2, "exact")]
            assert len({row.id for row in rows}) == 1
            assert breaches(home, dict(environ)) == []


def browser(server: Server, key: str, timeout: float = WAIT_S) -> httpx.Client:
    return httpx.Client(base_url=server.address, headers={"authorization": f"Bearer {key}"}, timeout=timeout)


def send(server: Server, key: str) -> str:
    lines = [json.dumps({"custom_id": f"l{n}", "method": "POST", "url": CHAT, "body": HELLO}) for n in range(LINES)]
    with browser(server, key) as client:
        file = client.post("/v1/files", data={"purpose": "batch"}, files={"file": ("x", "\n".join(lines).encode())})
        body = {"input_file_id": file.json()["id"], "endpoint": CHAT}
        return str(client.post("/v1/batches", json=body).json()["id"])


def list_open(home: Path, environ: dict[str, str]) -> set[tuple[str, int]]:
    """The calls that are under way or were left, each by its attempt."""
    with cloud_database(home, environ) as database:
        return {(row.id, row.attempt) for row in database.read_now(list_open_requests)}


def wait(server: Server, key: str, batch: str) -> dict[str, Any]:
    with browser(server, key) as client:

        def look() -> dict[str, Any]:
            return dict(client.get(f"/v1/batches/{batch}").json())

        return dict(eventually(lambda: (found := look())["status"] == "completed" and found, look))


def read(server: Server, key: str, file: str) -> list[dict[str, Any]]:
    with browser(server, key) as client:
        return [json.loads(line) for line in client.get(f"/v1/files/{file}/content").text.splitlines()]


def check(
    home: Path, environ: dict[str, str], database: Database, ended: dict[str, Any], answers: list[dict[str, Any]]
) -> None:
    """Every line has one answer and one bill, the batch's cost is their sum, and nothing is open."""
    reconcile(database, "USD9")  # what its schedule would do within the minute
    assert database.read_now(list_open_requests) == []
    assert ended["request_counts"] == {"total": LINES, "completed": LINES, "failed": 0}
    assert sorted(row["custom_id"] for row in answers) == sorted(f"l{n}" for n in range(LINES))
    rows = list_ended(database)
    settled = [row for row in rows if row.state == "settled"]
    assert len(settled) == len({row.id for row in settled}) == LINES
    assert {row.id for row in settled} == {row["response"]["request_id"] for row in answers}
    assert {row.outcome for row in rows} <= {"exact", "void"}
    told = sum(row["response"]["body"]["usage"]["cost"]["nano"] for row in answers)
    bill = database.read_now(lambda s: replay(s, rows[0].organisation, 0, 2**53))
    assert told == ended["cost"]["nano"] == sum(row.price for row in rows) == bill.charged
    assert bill.differences == ()
    assert breaches(home, dict(environ)) == []
