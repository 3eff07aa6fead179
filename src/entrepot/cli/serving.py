"""Serving a home from the command line: one process, or several on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click

from entrepot import web
from entrepot.app import Entrepot, open_home
from entrepot.kernel import Invalid
from entrepot.kernel.logs import configure_logs
from entrepot.settings import Settings, read_settings
from entrepot.web.opening import make_link

SHARED = "ENTREPOT_SHARED_PORT"
"""Set for the further processes that share a port with the first."""


def serve_home(
    home: Path,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    ready: Callable[[Entrepot, str], None] | None = None,
) -> None:
    """Open a home and serve it until told to stop; `ready` is called with the address once requests are answered."""
    settings = read_settings(home, os.environ)
    configure_logs(settings.serve.log_level)
    count = workers if workers is not None else settings.serve.workers
    if count > 1:
        _check_workers(home, settings, count)
    entrepot = open_home(home)
    try:
        entrepot.start()
        say = ready or _say_ready
        siblings = _start_siblings(home, host, port, count - 1)
        shared = count > 1 or SHARED in os.environ
        try:
            web.serve(entrepot, host, port, lambda address: say(entrepot, address), shared=shared)
        finally:
            _stop(siblings)
    finally:
        entrepot.close()


def _say_ready(entrepot: Entrepot, address: str) -> None:
    click.echo(f"Entrepot serves {entrepot.home} at {address}")
    link = make_link(entrepot.database)
    if link is not None:
        click.echo(f"Set your market up with this link; it works once: {address}{link}")


def _check_workers(home: Path, settings: Settings, count: int) -> None:
    if settings.database_url(home).startswith("sqlite"):
        raise Invalid(
            f"{count} serving processes need PostgreSQL, because SQLite has one writer: "
            "set ENTREPOT_DATABASE_URL=postgresql://USER@HOST/NAME, or serve with one"
        )


def _start_siblings(home: Path, host: str | None, port: int | None, count: int) -> list[subprocess.Popen[bytes]]:
    """Further processes on the same port: the system shares the connections out."""
    words = [sys.executable, "-m", "entrepot", "--home", str(home), "serve", "--workers", "1"]
    words += ["--host", host] if host else []
    words += ["--port", str(port)] if port is not None else []
    return [subprocess.Popen(words, env={**os.environ, SHARED: "1"}) for _ in range(count)]


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
