"""`entrepot reindex`: build the search index anew, beside the one that is served."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("reindex", short_help="Build the search index anew beside the one that serves.")
@click.pass_obj
def command(home: Path) -> None:
    """Build a new generation of the search index from the catalogue's rows; a serving process switches to it."""
    from entrepot.app import opened
    from entrepot.cli.progress import Bar

    with opened(home) as entrepot:
        with Bar("Indexing") as bar:
            count = entrepot.reindex(bar.advance)
        click.echo(f"{count:,} products are in the new index")
