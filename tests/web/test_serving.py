"""Serving in a process of its own: ready, stopped without losing an answer, a port that is taken."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from entrepot.kernel import Unavailable
from entrepot.web.serving import listen
from tests.waiting import WAIT_S

SERVER = """
import sys, asyncio
from pathlib import Path
from litestar import get
from entrepot.app import open_home
from entrepot.kernel.logs import configure_logs
from entrepot.web import serving
from entrepot.web.application import create_app

@get("/slow", include_in_schema=False)
async def slow() -> str:
    print("asked", flush=True)
    await asyncio.sleep(1.5)
    return "whole"

def with_slow(entrepot):
    app = create_app(entrepot)
    app.register(slow)
    return app

configure_logs("INFO", as_json=True)
entrepot = open_home(Path(sys.argv[1]), {})
entrepot.start()
serving.create_app = with_slow
serving.serve(entrepot, "127.0.0.1", int(sys.argv[2]), lambda address: print(address, flush=True))
entrepot.close()
print("closed", flush=True)
"""

Start = Callable[..., tuple[subprocess.Popen[str], int]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server and gives its process and port."""
    running: list[subprocess.Popen[str]] = []

    def run(port: int = 0) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(tmp_path), str(port)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        return process, int(address.rsplit(":", 1)[1]) if address else 0

    yield run
    for process in running:
        process.kill()
        process.communicate()


def ask(port: int, path: str) -> tuple[int, str]:
    """One request over a real connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_server_says_where_it_is_and_answers_what_is_under_way_when_it_is_stopped(start: Start) -> None:
    process, port = start()
    assert ask(port, "/readyz") == (200, '{"status":"ready"}')
    answers: list[tuple[int, str]] = []
    slow = threading.Thread(target=lambda: answers.append(ask(port, "/slow")))
    slow.start()
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "asked"
    process.send_signal(signal.SIGTERM)
    out, log = process.communicate(timeout=WAIT_S)
    slow.join()
    assert answers == [(200, "whole")]
    assert out.strip() == "closed"
    assert process.returncode == 0
    routes = [json.loads(line).get("route") for line in log.splitlines() if line.startswith("{")]
    assert "/readyz" in routes


def test_a_taken_port_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"Port {port} on 127.0.0.1 is taken") as refusal:
            listen("127.0.0.1", port)
    assert "--port" in refusal.value.sentence


def test_an_address_of_another_machine_is_told_in_a_sentence() -> None:
    with pytest.raises(Unavailable, match="--host"):
        listen("203.0.113.7", 0)


def test_processes_may_share_a_port_only_when_told_to() -> None:
    first = listen("127.0.0.1", 0, shared=True)
    port = first.getsockname()[1]
    second = listen("127.0.0.1", port, shared=True)
    first.close()
    second.close()
