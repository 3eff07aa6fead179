"""The compute gateway over HTTP: what metering a call durably adds to the engine's own time, and how many a second.

The engine is a double of a server elsewhere, in a process of its own, asked the same thing directly as control. The
control of the bars is a durable commit: for the file, a 4 KiB append that the disk has promised; for PostgreSQL, an
insert and its commit through the plain driver, beside the append. A call needs two such promises, one when it is let in
and one when it is settled. Direct calls, controls and metered calls take turns, so that all meet the same moods.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import msgspec

from entrepot import cloud, group, identity, ledger
from entrepot.app import open_home
from entrepot.cloud.capabilities import Capabilities
from entrepot.group import Market
from entrepot.identity import OrganisationKind, Scope, SignUp
from entrepot.kernel import Tx, Unavailable

from .disk import Appending, Committing
from .footprint import tree_mb
from .report import Measured
from .shop import NO_PASSWORD, environment, serving

CLIENTS = 8
ROUNDS = 6
SINGLES = 60
SECONDS = 6.0
MODEL = "bench-chat"
NANO = {"input_tokens": 20_000_000, "cached_input_tokens": 5_000_000, "output_tokens": 80_000_000}
LIMITS = cloud.Limits(10_000_000, 10**12)
CREDIT = 10**15


class Caller:
    """A client on one connection that asks the same thing again and again. Plain, so that it measures little of
    itself."""

    def __init__(self, address: str, path: str, model: str, key: str, *, stream: bool = False) -> None:
        place = urlsplit(address)
        body = {"model": model, "messages": [{"role": "user", "content": "Say hello"}], "max_tokens": 16}
        content = msgspec.json.encode({**body, "stream": True} if stream else body)
        head = f"POST {path} HTTP/1.1\r\nhost: {place.netloc}\r\nauthorization: Bearer {key}\r\n"
        self._request = (
            f"{head}content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content
        )
        self._socket = socket.create_connection((place.hostname or "", place.port or 80), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def once(self) -> float:
        """Seconds from asking to the answer's last byte."""
        started = time.perf_counter()
        self._socket.sendall(self._request)
        got = b""
        while not _is_whole(got):
            part = self._socket.recv(65_536)
            if not part:
                raise Unavailable(f"The connection ended in an answer: {got[:300].decode(errors='replace')}")
            got += part
        took = time.perf_counter() - started
        if not got.startswith(b"HTTP/1.1 200"):
            raise Unavailable(f"A call was refused: {got[:600].decode(errors='replace')}")
        return took

    def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()


def measure_gateway(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure on SQLite, and on PostgreSQL when given an address of an empty database."""
    with upstream() as there:
        with TemporaryDirectory(dir=folder) as home:
            measured = _measure(Path(home), there, None)
        if postgres_url is not None:
            with TemporaryDirectory(dir=folder) as home:
                measured += _measure(Path(home), there, postgres_url)
    return measured


@contextmanager
def upstream() -> Iterator[str]:
    """The double as a process of its own; gives its address up to `/v1`."""
    words = [sys.executable, "-m", "entrepot.cloud.testing"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()


def prepare_home(home: Path, environ: dict[str, str], there: str) -> str:
    """A home with a model that is served there, and a developer with credit; returns the developer's API key."""
    (home / "entrepot.toml").write_text(f'[cloud.upstreams.there]\nurl = "{there}"\n')
    entrepot = open_home(home, environ)
    try:
        return entrepot.database.write_now(lambda tx: _fill(tx, cloud.nano(entrepot.settings.cloud.currency)))
    finally:
        entrepot.close()


def _fill(tx: Tx, unit: str) -> str:
    group.open_market(tx, Market("Bench"), SignUp("dana@example.org", NO_PASSWORD, "Dana", "en"))
    able = Capabilities(context=4_096, chat=True, completion=True)
    draft = cloud.ModelDraft(MODEL, "chat", "upstream", cloud.Licence("MIT"), upstream="there/bench")
    model = cloud.add_model(tx, Scope.system(), draft, able)
    cloud.add_price_book(tx, MODEL, NANO)
    cloud.publish_model(tx, Scope.system(), model.id)
    user = identity.sign_up(tx, SignUp("chen@example.org", NO_PASSWORD, "Chen", "en"))
    assert user is not None
    organisation = identity.create_organisation(tx, Scope(user.id), OrganisationKind.DEVELOPER, "Chen Compute")
    ledger.post(tx, cloud.credit_plan(organisation, unit, CREDIT, "bench"))
    cloud.set_limits(tx, Scope.system(), organisation, LIMITS)
    role = OrganisationKind.DEVELOPER.role
    _, key = identity.create_key(tx, Scope(user.id, organisation, frozenset({role})), "bench")
    return key.reveal()


def _measure(home: Path, there: str, postgres_url: str | None) -> list[Measured]:
    environ = environment(postgres_url)
    key = prepare_home(home, environ, there)
    name = "PostgreSQL" if postgres_url else "SQLite"
    with serving(home, environ) as (address, pid, ready_s):
        ready_mb = tree_mb(pid)
        controls = _controls(home, postgres_url)
        singles = _take_turns(controls, address, there, key)
        rate, cpu = _busy(pid, address, key, stream=False)
        streams, streams_cpu = _busy(pid, address, key, stream=True)
        used_mb = tree_mb(pid)
    return [
        *[
            Measured(f"{name}: {each.name}, p50 (a control)", median(singles[what]) * 1e3, "ms")
            for what, each in controls.items()
        ],
        *_figures(name, singles, rate, streams),
        Measured(f"{name}: processor time of the server for a call", cpu, "ms"),
        Measured(f"{name}: the same for a streamed call", streams_cpu, "ms"),
        Measured(f"{name}: serve is ready", ready_s, "s", floor=5, goal=3, less_is_better=True),
        Measured(f"{name}: memory when ready", ready_mb, "MB", floor=700, goal=500, less_is_better=True),
        Measured(f"{name}: memory after it all", used_mb, "MB", floor=700, goal=500, less_is_better=True),
    ]


def _figures(name: str, singles: dict[str, list[float]], rate: float, streams: float) -> list[Measured]:
    p50 = {what: median(times) * 1e3 for what, times in singles.items()}
    control = "commit" if "commit" in p50 else "append"
    added, commit = p50["metered"] - p50["direct"], p50[control]
    added_streamed = p50["metered, streamed"] - p50["direct, streamed"]
    bounds: dict[str, Any] = {"floor": 3 * commit + 2, "goal": 2 * commit + 1, "less_is_better": True}
    p99 = quantiles(singles["metered"], n=100)[98] * 1e3
    return [
        Measured(f"{name}: the engine asked directly, p50", p50["direct"], "ms"),
        Measured(f"{name}: the engine asked directly, streamed, p50", p50["direct, streamed"], "ms"),
        Measured(f"{name}: added to a call, p50", added, "ms", **bounds),
        Measured(f"{name}: added to a streamed call, p50", added_streamed, "ms", **bounds),
        Measured(f"{name}: added, in {control}s", added / commit, "", control=control),
        Measured(f"{name}: a call, p99", p99, "ms"),
        Measured(f"{name}: calls, {CLIENTS} clients", rate, "/s", floor=500, goal=1_000),
        Measured(f"{name}: streamed calls, {CLIENTS} clients", streams, "/s", floor=500, goal=1_000),
    ]


def _controls(home: Path, postgres_url: str | None) -> dict[str, Appending | Committing]:
    """What a durable commit costs by itself, by the control's name."""
    controls: dict[str, Appending | Committing] = {"append": Appending(home / "control")}
    if postgres_url:
        controls["commit"] = Committing(postgres_url)
    return controls


def _take_turns(
    controls: dict[str, Appending | Committing], address: str, there: str, key: str
) -> dict[str, list[float]]:
    """One client at a time: controls, direct calls and metered ones, in turns; seconds of each."""
    callers = {
        "direct": _direct(there),
        "metered": Caller(address, "/v1/chat/completions", MODEL, key),
        "direct, streamed": _direct(there, stream=True),
        "metered, streamed": Caller(address, "/v1/chat/completions", MODEL, key, stream=True),
    }
    times: dict[str, list[float]] = {what: [] for what in (*controls, *callers)}
    try:
        for each in callers.values():
            for _ in range(10):
                each.once()
        for _ in range(ROUNDS):
            for what, act in {**controls, **callers}.items():
                times[what] += [act.once() for _ in range(SINGLES)]
    finally:
        for act in (*controls.values(), *callers.values()):
            act.close()
    return times


def _direct(there: str, *, stream: bool = False) -> Caller:
    return Caller(there, "/v1/chat/completions", "bench", "none", stream=stream)


def _busy(pid: int, address: str, key: str, *, stream: bool) -> tuple[float, float]:
    """Calls a second of many clients, and milliseconds of processor time that the server took for one."""
    before, started = _cpu_s(pid), time.perf_counter()
    rate = _at_once(address, key, stream=stream)
    return rate, (_cpu_s(pid) - before) / (rate * (time.perf_counter() - started)) * 1e3


def _cpu_s(pid: int) -> float:
    """Processor seconds that a process has used; nothing where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _at_once(address: str, key: str, *, stream: bool) -> float:
    """Calls a second of many clients that each wait for their own answer."""
    callers = [Caller(address, "/v1/chat/completions", MODEL, key, stream=stream) for _ in range(CLIENTS)]
    counts, failures = [0] * CLIENTS, list[BaseException]()
    until = time.perf_counter() + SECONDS

    def call(number: int) -> None:
        try:
            while time.perf_counter() < until:
                callers[number].once()
                counts[number] += 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    for caller in callers:
        caller.close()
    if failures:
        raise failures[0]
    return sum(counts) / took


def _is_whole(got: bytes) -> bool:
    """Whether an answer has come to its end, by its length or by its last chunk."""
    head, separator, content = got.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(content) >= int(line.partition(b":")[2])
    return content.endswith(b"0\r\n\r\n")
