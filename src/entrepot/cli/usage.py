"""`entrepot usage`: what compute cost, by surface of the shop and by organisation, from the rows."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("usage", short_help="Show who used compute, and what it cost.")
@click.option(
    "--days", default=7, show_default=True, type=click.IntRange(1, 366), help="So many days, today last (UTC)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(home: Path, days: int, as_json: bool) -> None:
    """Show what the shop paid for searches and listings, who else used compute, and what is held for open calls."""
    from entrepot.cli.using import read_use, render, to_json

    use = read_use(home, days)
    click.echo(to_json(use) if as_json else render(use))
