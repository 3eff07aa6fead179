"""Serving: one process, uvicorn with uvloop and httptools, started when ready and stopped without losing an answer.

Steps of a stop (SIGTERM or Ctrl-C, see `kernel.Stop`): the closing flag is set, so that waiting handlers and streams
end; no new connection is taken; requests under way are answered, for at most half of the time that a stop has; then
`serve` returns.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from litestar import Litestar
from litestar.concurrency import set_asyncio_executor

from entrepot.kernel import Stop, Unavailable
from entrepot.kernel.memory import settle_memory

from .application import create_app
from .connections import Connection
from .siblings import Siblings

if TYPE_CHECKING:
    from entrepot.app import Entrepot

THREADS = 32
"""For queries and file work. The interpreter's own default is 6 on two cores: six slow requests would stop the shop."""
SWITCH_S = 0.001
"""How long a thread may keep the interpreter while others wait: at the usual 5 ms each hand-over within a request costs
that much while an import is read."""
REQUESTS_SHARE = 0.5
"""Of the time that a stop has, for requests that are under way."""
BACKLOG = 2048
FILES = 65_536


def serve(
    entrepot: Entrepot,
    host: str | None = None,
    port: int | None = None,
    ready: Callable[[str], None] | None = None,
    *,
    stop: Stop | None = None,
    shared: Path | None = None,
) -> None:
    """Serve an opened home until told to stop. Left out, `host`, `port` and how to stop are the settings'.

    `ready` is called with the address once requests are answered; with `shared`, other processes may serve on the same
    port, and each tells in that folder what it counted. Unavailable, with a sentence, when the port is taken or the
    address is not this machine's.
    """
    if stop is None:
        stop = Stop(entrepot.settings.serve.stop_s, entrepot.database.break_off)
        with stop.listening():
            serve(entrepot, host, port, ready, stop=stop, shared=shared)
        return
    settings = entrepot.settings.serve
    listener = listen(
        settings.host if host is None else host, settings.port if port is None else port, shared=shared is not None
    )
    app = create_app(entrepot)
    app.state.house.siblings = Siblings(shared) if shared is not None else None
    sys.setswitchinterval(SWITCH_S)
    executor = _EdgeThreads(THREADS, "entrepot-edge")
    executor.stop = stop
    set_asyncio_executor(executor)
    server = _Server(_config(app, entrepot), app, stop, lambda: ready(address_of(listener)) if ready else None)
    try:
        with asyncio.Runner(loop_factory=_loop_with(executor)) as runner:
            runner.run(server.serve(sockets=[listener]))
    finally:
        listener.close()
        gc.unfreeze()
        set_asyncio_executor(None)
        executor.shutdown(wait=False, cancel_futures=True)
    if not server.started:
        raise Unavailable("The server could not start: the log says why")


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Unavailable(_why_not(host, port, error)) from error
    listener.setblocking(False)
    return listener


def allow_files(most: int = FILES) -> None:
    """Let this process have as many connections and files open as its supervisor lets it: the usual 1,024 are soon
    taken by callers alone, and then no picture and no database could be opened either."""
    with suppress(ImportError, OSError, ValueError):  # not every system has it, or permits it
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def address_of(listener: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why_not(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken by another program: stop it, or choose another with --port"
        case errno.EACCES:
            return f"Port {port} needs more rights than this program has: choose one from 1024 on with --port"
    return f"{host}:{port} cannot be listened on: {error.strerror}. Choose another address with --host"


def _config(app: Litestar, entrepot: Entrepot) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="on",
        workers=1,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        # Only where a proxy stands before us is its word on the visitor's address taken.
        proxy_headers=bool(entrepot.settings.serve.public_url),
        timeout_graceful_shutdown=max(int(entrepot.settings.serve.stop_s * REQUESTS_SHARE), 1),
        timeout_keep_alive=15,
        backlog=BACKLOG,
    )


def _loop_with(executor: ThreadPoolExecutor) -> Callable[[], asyncio.AbstractEventLoop]:
    def make() -> asyncio.AbstractEventLoop:
        loop = _new_loop()
        loop.set_default_executor(executor)
        return loop

    return make


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not built for every system
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class _EdgeThreads(ThreadPoolExecutor):
    """The edge's threads. The loop waits for them in the end; what one of them waits for is not waited for for ever."""

    stop: Stop

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End what was begun, in half of the time that is left."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        if wait:
            self.stop.deadline.share(0.5).finish(super().shutdown)


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it is ready, and stops by our own rule instead of dying of the signal."""

    def __init__(self, config: uvicorn.Config, app: Litestar, stop: Stop, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._stop = stop
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            settle_memory()
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop. Every tenth time, whom we have waited for long enough."""
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                assert isinstance(connection, Connection)
                connection.end_if_overdue(now)
        if self._stop.is_asked:
            self._app.state.house.closing.set()
            self.should_exit = True
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """`Stop` hears the signals. uvicorn would send them again at the end: exit status -15."""
        yield
