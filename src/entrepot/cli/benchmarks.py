"""`entrepot bench`: measure, each figure beside its control."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command("bench")
@click.argument("name", default="all")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    show_default="this folder",
    help="Where to measure: a folder on the disk that homes lie on.",
)
@click.option("--postgres", "postgres_url", envvar="ENTREPOT_TEST_POSTGRES_URL", help="Measure on PostgreSQL too.")
def command(name: str, as_json: bool, folder: Path, postgres_url: str | None) -> None:
    """Measure NAME (or all): each figure stands beside a control of the same run, a floor and a goal."""
    from entrepot.cli import bench

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    click.echo(bench.run(name, as_json, folder=folder, postgres_url=postgres_url))
