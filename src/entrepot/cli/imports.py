"""`entrepot import`: bring a merchant's feed in from a file or folder."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("import")
@click.argument("feed", type=click.Path(path_type=Path))
@click.option("--format", "feed_format", default="auto", show_default=True, help="jsonl, shopify or magento-luma.")
@click.option("--merchant", help="Slug or id of the merchant. Left out: the only one there is.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.pass_obj
def command(home: Path, feed: Path, feed_format: str, merchant: str | None, dry_run: bool) -> None:
    """Import a merchant's products from FEED, a file or folder.

    Rows that cannot be taken are reported by line, field and reason; the rest goes in. Interrupted and started again,
    it goes on where it was. The same feed again changes nothing.
    """
    from entrepot.cli.importing import import_feed

    import_feed(home, feed, feed_format, merchant, dry_run=dry_run)
