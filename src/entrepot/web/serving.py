"""Serving: one process, uvicorn with uvloop and httptools, started when ready and stopped without losing an answer.

Steps of a stop (SIGTERM or Ctrl-C): the closing flag is set, so that waiting handlers and streams end; no new
connection is taken; requests under way are answered, for at most `GRACE_S`; then `serve` returns.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn
from litestar import Litestar
from litestar.concurrency import set_asyncio_executor

from entrepot.kernel import Unavailable
from entrepot.kernel.memory import settle_memory

from .application import create_app

if TYPE_CHECKING:
    from entrepot.app import Entrepot

THREADS = 32
"""For queries and file work. The interpreter's own default is 6 on two cores: six slow requests would stop the shop."""
SWITCH_S = 0.001
"""How long a thread may keep the interpreter while others wait: at the usual 5 ms each hand-over within a request costs
that much while an import is read."""
GRACE_S = 10
BACKLOG = 2048

log = structlog.get_logger(__name__)


def serve(
    entrepot: Entrepot,
    host: str | None = None,
    port: int | None = None,
    ready: Callable[[str], None] | None = None,
    *,
    shared: bool = False,
) -> None:
    """Serve an opened home until told to stop. Left out, `host` and `port` are the settings'.

    `ready` is called with the address once requests are answered; with `shared`, other processes may serve on the same
    port. Unavailable, with a sentence, when the port is taken
    or the address is not this machine's.
    """
    settings = entrepot.settings.serve
    listener = listen(settings.host if host is None else host, settings.port if port is None else port, shared=shared)
    app = create_app(entrepot)
    sys.setswitchinterval(SWITCH_S)
    executor = ThreadPoolExecutor(THREADS, "entrepot-edge")
    set_asyncio_executor(executor)
    server = _Server(_config(app, entrepot), app, lambda: ready(address_of(listener)) if ready else None)
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
        http="httptools",
        ws="none",
        lifespan="on",
        workers=1,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        # Only where a proxy stands before us is its word on the visitor's address taken.
        proxy_headers=bool(entrepot.settings.serve.public_url),
        timeout_graceful_shutdown=GRACE_S,
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


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it is ready, and stops by our own rule instead of dying of the signal."""

    def __init__(self, config: uvicorn.Config, app: Litestar, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            settle_memory()
            self._ready()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to stop; a second Ctrl-C does not wait for requests."""
        log.info("stopping", signal=signal.Signals(sig).name)
        self._app.state.house.closing.set()
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals while serving. uvicorn's own would send them again at the end: exit status -15."""
        before = {}
        try:
            for each in (signal.SIGTERM, signal.SIGINT):
                before[each] = signal.signal(each, self.handle_exit)
        except ValueError:  # not the main thread: whoever started us says when to stop
            pass
        try:
            yield
        finally:
            for each, handler in before.items():
                # A supervisor that asks twice must not kill what is being written to the disk in the end.
                asked_twice = self.should_exit and each == signal.SIGTERM
                signal.signal(each, signal.SIG_IGN if asked_twice else handler)
