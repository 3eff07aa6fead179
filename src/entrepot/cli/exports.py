"""`entrepot export`: a merchant's products in a file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export", short_help="Write everything that a merchant lists into a file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", "feed_format", help="jsonl, shopify, google-xml or google-tsv. Left out: by the file's name.")
@click.option("--merchant", help="Slug or id of the merchant. Left out: the only one there is.")
@click.pass_obj
def command(home: Path, file: Path, feed_format: str | None, merchant: str | None) -> None:
    """Write everything that a merchant lists into FILE, drafts and hidden goods too.

    Imported again it changes nothing but what the format has no place for; jsonl has a place for everything.
    """
    from entrepot.cli.exporting import export_file

    export_file(home, file, feed_format, merchant)
