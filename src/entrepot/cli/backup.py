"""`entrepot backup`: a home and its database in one file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("backup", short_help="Write the home and its database into one file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def command(home: Path, file: Path) -> None:
    """Write the home and its database to FILE, a tar archive; packed when it ends in .tar.gz or .tar.xz.

    The market may be open meanwhile. Left out is what is made anew: the search index and feeds for price comparison.
    PostgreSQL is read by its own pg_dump. FILE holds secret.key: whoever reads it can sign as the market.
    """
    from entrepot.cli.archiving import back_up

    back_up(home, file)
