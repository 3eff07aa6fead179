"""`entrepot taxonomy`: a public taxonomy beside our categories or in their place, and words that mean the same."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("taxonomy", short_help="Load a public taxonomy; merge attributes and values.")
def command() -> None:
    """Categories from a public taxonomy, and attributes of which feeds have several words for one."""


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
    from entrepot.app import opened
    from entrepot.identity import Scope

    from .progress import Bar

    taxonomy = catalog.read_taxonomy(folder)
    with opened(home) as entrepot, Bar("categories") as bar:
        loaded = catalog.load_taxonomy(entrepot.database, Scope.system(), taxonomy, replace=replace, progress=bar.step)
    click.echo(f"{loaded.categories:,} categories and {loaded.attributes:,} attributes are there.")
    if replace:
        click.echo(f"{loaded.products_moved:,} products moved, {loaded.categories_removed:,} old categories removed.")


@command.command("merge")
@click.argument("attribute")
@click.argument("into")
@click.option("--value", default="", help="A value of ATTRIBUTE: it, and not the attribute, is merged INTO another.")
@click.pass_obj
def merge(home: Path, attribute: str, into: str, value: str) -> None:
    """Have ATTRIBUTE mean INTO in the whole shop: `merge farbe color`, or `merge color red --value rd`.

    Products keep what their feeds say, so `unmerge` takes it back.
    """
    from entrepot import catalog
    from entrepot.app import open_database
    from entrepot.identity import Scope

    with open_database(home) as database:
        if value:
            made = database.write_now(lambda tx: catalog.merge_value(tx, Scope.system(), attribute, value, into))
        else:
            made = database.write_now(lambda tx: catalog.merge_attribute(tx, Scope.system(), attribute, into))
    click.echo(f"{made.word or made.attribute} is {made.into}; filters follow as the goods are read again.")


@command.command("unmerge")
@click.argument("attribute")
@click.option("--value", default="", help="A value of ATTRIBUTE that was merged.")
@click.pass_obj
def unmerge(home: Path, attribute: str, value: str) -> None:
    """Take a merging back."""
    from entrepot import catalog
    from entrepot.app import open_database
    from entrepot.identity import Scope

    with open_database(home) as database:
        database.write_now(lambda tx: catalog.undo_merging(tx, Scope.system(), attribute, value.casefold()))
    click.echo("Taken back; filters follow as the goods are read again.")


@command.command("merged")
@click.pass_obj
def merged(home: Path) -> None:
    """List what was merged."""
    from entrepot import catalog
    from entrepot.app import open_database
    from entrepot.identity import Scope

    with open_database(home) as database:
        for each in database.read_now(lambda s: catalog.list_mergings(s, Scope.system())):
            click.echo(f"{each.attribute}{f': {each.word}' if each.word else ''} is {each.into}")
