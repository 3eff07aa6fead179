"""`entrepot restore`: a home from a backup."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("restore", short_help="Make a new home of a backup, and prove it.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def command(home: Path, file: Path) -> None:
    """Make a new home of FILE, as `entrepot backup` wrote it, and prove every invariant from its rows.

    Nothing is written over: the home must be empty (but for an entrepot.toml, which then stays), and so must the
    PostgreSQL database of a market that was on one. Exit status 1 when a proof is broken.
    """
    from entrepot.cli.archiving import restore

    restore(home, file)
