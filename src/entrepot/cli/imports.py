"""`entrepot import`: bring a merchant's feed in from a file or folder."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("import", short_help="Bring a merchant's products in from a file or folder.")
@click.argument("feed", type=click.Path(path_type=Path))
@click.option(
    "--format", "feed_format", default="auto", show_default=True, help="The format, where it is not recognised."
)
@click.option("--merchant", help="Slug or id of the merchant. Left out: the only one there is.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.option("--full", is_flag=True, help="Take off sale what the feed leaves out.")
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="What a column of an unknown sheet is, such as 'Cost=price'; 'Cost=' leaves it out. Repeatable.",
)
@click.pass_obj
def command(
    home: Path, feed: Path, feed_format: str, merchant: str | None, dry_run: bool, full: bool, columns: tuple[str, ...]
) -> None:
    """Import a merchant's products from FEED, a file or folder.

    Read are Shopify CSV, Google Merchant XML and TSV, schema.org pages, our JSON Lines, public layouts in Parquet, and
    any other sheet with a header, whose columns are guessed; also in .gz and .zip. Rows that cannot be taken are
    reported by line, field and reason; the rest goes in. Interrupted and started again, it goes on where it was. The
    same feed again changes nothing.
    """
    from entrepot.cli.importing import Wishes, import_feed

    import_feed(home, feed, Wishes(feed_format, merchant, dry_run=dry_run, full=full, columns=columns))
