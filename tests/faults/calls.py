"""Calls of models by many clients at the same moment over HTTP, and what became of each."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from entrepot import cloud
from entrepot.cli.bench.gateway import MODEL, NANO, prepare_home
from entrepot.cloud import settling
from entrepot.cloud.capabilities import Capabilities
from entrepot.identity import Scope
from entrepot.kernel import Database, Prepared, Tx, prepare_text
from entrepot.settings import read_settings
from tests.journeys.server import environment
from tests.waiting import WAIT_S, eventually

SLOW = "bench-slow"
"""A model that takes seconds for an answer, so that its streams are looked at."""


class Elsewhere:
    """The double of an engine's server, as a process of its own."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "entrepot.cloud.testing"]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()

    def be(self, fault: str = "", pace_s: float = 0.0) -> None:
        """Answer like this from now on."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{fault} {pace_s}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline()

    def end(self) -> None:
        """End it, whatever it does."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    """An engine's server until the block ends."""
    there = Elsewhere()
    try:
        yield there
    finally:
        there.end()


def open_cloud(home: Path, environ: Mapping[str, str], there: Elsewhere) -> str:
    """A home with two models that are served there; returns the API key of a developer who has credit."""
    home.mkdir()
    settings = {name: value for name, value in environment(**environ).items() if name.startswith("ENTREPOT_")}
    key = prepare_home(home, settings, there.address)
    with cloud_database(home, environ) as database:
        database.write_now(_add_slow)
    return key


def _add_slow(tx: Tx) -> None:
    able = Capabilities(context=4_096, chat=True, completion=True)
    draft = cloud.ModelDraft(SLOW, "chat", "upstream", cloud.Licence("MIT"), upstream="there/slow")
    model = cloud.add_model(tx, Scope.system(), draft, able)
    cloud.add_price_book(tx, SLOW, NANO)
    cloud.publish_model(tx, Scope.system(), model.id)


@contextmanager
def cloud_database(home: Path, environ: Mapping[str, str]) -> Iterator[Database]:
    """The database of a home, beside whoever serves it."""
    database = Database(read_settings(home, dict(environ)).database_url(home))
    try:
        yield database
    finally:
        database.close()


class Told(NamedTuple):
    """What a client was told: the request's name, and its cost once it had the whole answer."""

    request: str
    nano: int | None
    status: int


class Client:
    """A connection that calls a model, once."""

    def __init__(self, address: str, key: str) -> None:
        place = urlsplit(address)
        self._key = key
        self._socket = socket.create_connection((place.hostname or "", place.port or 80), timeout=WAIT_S)

    def call(self, model: str = MODEL, *, stream: bool = False, pieces: int | None = None) -> Told:
        """Call and read the answer; with `pieces`, go away after so many events. OSError when the server goes away."""
        options = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
        message = {"role": "user", "content": "Say hello"}
        content = json.dumps({"model": model, "max_tokens": 16, "messages": [message], **options}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {self._key}\r\n"
        head += f"connection: close\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        got = b""
        with self._socket:
            self._socket.sendall(head.encode() + content)
            while part := self._socket.recv(65_536):
                got += part
                if pieces is not None and got.count(b"data: ") >= pieces:
                    break
        return _told(got)


def _told(got: bytes) -> Told:
    """What the bytes of an answer say, whole or not."""
    if not got:
        raise ConnectionError("no answer")
    head, _, body = got.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    request, nano = "", None
    for line in body.replace(b"data: ", b"\n").split(b"\n"):
        with suppress(ValueError):
            told: Any = json.loads(line)
            if isinstance(told, dict):
                request = told.get("id", request)
                nano = ((told.get("usage") or {}).get("cost") or {}).get("nano", nano)
    whole = b"[DONE]" in body or b"data:" not in body
    return Told(request, nano if whole else None, status)


class Crowd:
    """Clients that call again and again until they are told to stop, or the server goes away."""

    def __init__(self, address: str, key: str, clients: int, chance: Random) -> None:
        self.told: list[Told] = []
        self.broken = 0
        self.under_way = 0
        self._stop = threading.Event()
        self._address = address
        self._key = key
        # The first is always a slow stream: no other kind is looked at before its end.
        wishes = [(SLOW if n % 4 == 0 else MODEL, n == 0 or chance.random() < 0.5) for n in range(clients)]
        self._threads = [threading.Thread(target=self._talk, args=wish) for wish in wishes]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every call under way come to its end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(WAIT_S)

    def _talk(self, model: str, stream: bool) -> None:
        while not self._stop.is_set():
            self.under_way += 1
            try:
                self.told.append(Client(self._address, self._key).call(model, stream=stream))
            except OSError:
                self.broken += 1
                return
            finally:
                self.under_way -= 1


class Ended(NamedTuple):
    """A row of a request."""

    id: str
    organisation: str
    attempt: int
    state: str
    outcome: str | None
    price: int


def list_ended(database: Database) -> list[Ended]:
    """Every attempt that was ever let in."""
    return database.read_now(lambda s: s.all(_ROWS))


def until_closed(database: Database) -> None:
    """Wait until no attempt is open."""

    def left() -> list[settling.Request]:
        return database.read_now(settling.list_open_requests)

    eventually(lambda: not left(), left)


def until_looked_at(database: Database) -> None:
    """Wait until what some stream has used so far was noted."""
    eventually(lambda: any(row.seen for row in database.read_now(settling.list_open_requests)))


def check_told(told: Sequence[Told], rows: Sequence[Ended]) -> None:
    """Whoever has a whole answer has its bill, exactly and once."""
    ended = {row.id: row for row in rows}
    for each in told:
        if each.nano is not None:
            row = ended[each.request]
            assert (row.state, row.outcome, row.price) == ("settled", "exact", each.nano), each


_ROWS: Prepared[Ended] = prepare_text(
    "SELECT id, organisation, attempt, state, outcome, price FROM cloud_requests", Ended
)
