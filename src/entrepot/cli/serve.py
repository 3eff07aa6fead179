"""`entrepot serve`: open a home and answer HTTP."""

from __future__ import annotations

import gc
from pathlib import Path

import click


@click.command("serve")
@click.option("--host", help="Address to listen on.  [default: serve.host, 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.  [default: serve.port, 8000]")
@click.option("--workers", type=click.IntRange(1, 64), help="Serving processes; more than one needs PostgreSQL.")
@click.pass_obj
def command(home: Path, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the market. On an empty home it prints a one-time link to set it up."""
    gc.disable()  # nothing of what is loaded now is let go of; `settle_memory` has it look again
    from entrepot.cli.serving import serve_home

    serve_home(home, host, port, workers)
