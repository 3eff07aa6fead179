"""Serving a home from the command line: one process, or several on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from entrepot import web
from entrepot.app import Entrepot, open_home
from entrepot.kernel import Invalid
from entrepot.kernel.logs import configure_logs
from entrepot.settings import Settings, read_settings
from entrepot.web.opening import make_link

SIBLING = "ENTREPOT_SIBLING"
"""Set for the further processes, which share a port with the first and end with it."""
STOP_S = 20


def serve_home(
    home: Path,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    ready: Callable[[Entrepot, str], None] | None = None,
) -> None:
    """Open a home and serve it until told to stop; `ready` is called with the address once requests are answered."""
    environ = _with_options(os.environ, host, port)
    settings = read_settings(home, environ)
    configure_logs(settings.serve.log_level)
    is_sibling = SIBLING in os.environ
    count = 1 if is_sibling else workers if workers is not None else settings.serve.workers
    if count > 1:
        _check_workers(home, settings, count)
    entrepot = open_home(home, environ)
    say = _say_nothing if is_sibling else ready or _say_ready
    try:
        entrepot.start()
        if is_sibling:
            _end_with_the_first()
        with _siblings(home, environ, count - 1):
            web.serve(entrepot, ready=lambda address: say(entrepot, address), shared=count > 1 or is_sibling)
    finally:
        entrepot.close()


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
def _siblings(home: Path, environ: Mapping[str, str], count: int) -> Iterator[None]:
    """Further processes on the same port: the system shares the connections out. They are stopped in the end."""
    words = [sys.executable, "-m", "entrepot", "--home", str(home), "serve"]
    started = [
        subprocess.Popen(words, env={**environ, SIBLING: "1"}, stdin=subprocess.PIPE) for _ in range(count)
    ]  # fmt: skip
    try:
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            _wait(process)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _end_with_the_first() -> None:
    """Stop when the first process has ended, however it did: the pipe from it ends with it."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="entrepot-sibling", daemon=True).start()
