"""`entrepot bench`: measure, each figure beside its control."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command("bench", short_help="Measure, each figure beside a control.")
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
@click.option(
    "--instances",
    type=click.Path(path_type=Path, exists=True),
    envvar="ENTREPOT_ROUTING_INSTANCES",
    help="For `routes`: a .vrp or Solomon file, or a folder or .zip with some, instead of drawn ones.",
)
def command(name: str, as_json: bool, folder: Path, postgres_url: str | None, instances: Path | None) -> None:
    """Measure NAME (or all): each figure stands beside a control of the same run, a floor and a goal."""
    from entrepot.cli import bench

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if instances is not None:
        os.environ["ENTREPOT_ROUTING_INSTANCES"] = str(instances)
    click.echo(bench.run(name, as_json, folder=folder, postgres_url=postgres_url))
