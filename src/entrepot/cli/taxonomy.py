"""`entrepot taxonomy load`: a public taxonomy, beside our categories or in their place."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("taxonomy")
def command() -> None:
    """Categories from a public taxonomy."""


@command.command("load")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--replace", is_flag=True, help="Move our products into it, and remove old categories that are then empty."
)
@click.pass_obj
def load(home: Path, folder: Path, replace: bool) -> None:
    """Load the taxonomy in FOLDER: its categories in their languages, its attributes, Google's names for them.

    Running it again changes nothing; products keep their place unless --replace is given.
    """
    from entrepot import catalog
    from entrepot.app import open_home
    from entrepot.identity import Scope

    from .progress import Bar

    taxonomy = catalog.read_taxonomy(folder)
    entrepot = open_home(home)
    try:
        with Bar("categories") as bar:
            loaded = catalog.load_taxonomy(
                entrepot.database, Scope.system(), taxonomy, replace=replace, progress=bar.step
            )
    finally:
        entrepot.close()
    click.echo(f"{loaded.categories:,} categories and {loaded.attributes:,} attributes are there.")
    if replace:
        click.echo(f"{loaded.products_moved:,} products moved, {loaded.categories_removed:,} old categories removed.")
