"""Serving a home from the command line: one process, or several on PostgreSQL."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from entrepot import web
from entrepot.app import Entrepot, open_home
from entrepot.kernel import Invalid, Refused, Stop
from entrepot.kernel.logs import configure_logs
from entrepot.settings import Settings, read_settings
from entrepot.web.opening import make_link

from .siblings import Sibling

SIBLING = "ENTREPOT_SIBLING"
"""Set for the further processes, which share a port with the first and end with it: the folder of their measures."""
CLOSED_AT = 0.9
"""Of the time that is left for a stop when requests are answered, so that what hangs after it can be told."""


def serve_home(
    home: Path,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    ready: Callable[[Entrepot, str], None] | None = None,
) -> None:
    """Open a home and serve it until told to stop, which ends the process too.

    `ready` is called with the address once requests are answered.
    """
    environ = _with_options(os.environ, host, port)
    settings = read_settings(home, environ)
    configure_logs(settings.serve.log_level)
    is_sibling = SIBLING in os.environ
    count = 1 if is_sibling else workers if workers is not None else settings.serve.workers
    if count > 1:
        _check_workers(home, settings, count)
    entrepot = open_home(home, environ)
    say = _say_nothing if is_sibling else ready or _say_ready
    stop = Stop(settings.serve.stop_s, entrepot.database.break_off)
    try:
        with stop.listening(), _closed_in_the_end(entrepot, stop):
            entrepot.start()
            if is_sibling:
                _end_with_the_first(stop)
            with _measures_of(count) as shared, _siblings(home, environ, count - 1, stop, shared):
                web.serve(entrepot, ready=lambda address: say(entrepot, address), stop=stop, shared=shared)
    except Refused as refusal:
        if stop.is_asked:
            stop.leave(refusal)
        raise
    if stop.is_asked:
        stop.leave()


@contextmanager
def _closed_in_the_end(entrepot: Entrepot, stop: Stop) -> Iterator[None]:
    try:
        yield
    finally:
        entrepot.close(stop.deadline.share(CLOSED_AT))


def _with_options(environ: Mapping[str, str], host: str | None, port: int | None) -> dict[str, str]:
    """The environment with what the command line says in its place, so that links in mails lead to where we serve."""
    options = {"ENTREPOT_SERVE__HOST": host, "ENTREPOT_SERVE__PORT": port}
    return {**environ, **{name: str(value) for name, value in options.items() if value is not None}}


def _say_ready(entrepot: Entrepot, address: str) -> None:
    click.echo(f"Entrepot serves {entrepot.home} at {address}")
    link = make_link(entrepot.database)
    if link is not None:
        click.echo(f"Set your market up with this link; it works once: {address}{link}")


def _say_nothing(entrepot: Entrepot, address: str) -> None:
    """The first process has said it, and a second link would end the first one's."""


def _check_workers(home: Path, settings: Settings, count: int) -> None:
    if settings.database_url(home).startswith("sqlite"):
        raise Invalid(
            f"{count} serving processes need PostgreSQL, because SQLite has one writer: "
            "set ENTREPOT_DATABASE_URL=postgresql://USER@HOST/NAME, or serve with one"
        )
    if settings.serve.port == 0:
        raise Invalid("Several serving processes share one port: name it with --port")


@contextmanager
def _measures_of(count: int) -> Iterator[Path | None]:
    """Where several processes tell what they counted; the first makes it. None for one process alone."""
    if given := os.environ.get(SIBLING):
        yield Path(given)
    elif count > 1:
        with TemporaryDirectory(prefix="entrepot-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    else:
        yield None


@contextmanager
def _siblings(
    home: Path, environ: Mapping[str, str], count: int, stop: Stop, shared: Path | None
) -> Iterator[None]:  # fmt: skip
    """Further processes on the same port, which stop as soon as this one does."""
    words = [sys.executable, "-m", "entrepot", "--home", str(home), "serve"]
    siblings = [Sibling(words, {**environ, SIBLING: str(shared)}) for _ in range(count)]
    stop.told += [each.let_go for each in siblings]
    stop.killed += [each.kill for each in siblings]
    try:
        yield
    finally:
        for each in siblings:
            each.let_go()
            each.wait(stop.deadline.share(CLOSED_AT))


def _end_with_the_first(stop: Stop) -> None:
    """Stop when the first process does, or has ended, however it did: the pipe from it ends. A Ctrl-C reaches every
    process of a terminal, and is for the first one alone."""

    def watch() -> None:
        sys.stdin.buffer.read()
        stop.ask()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch, name="entrepot-sibling", daemon=True).start()
