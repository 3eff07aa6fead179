"""`entrepot demo`: a market to walk through."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("demo", short_help="Build a demo market, walk a purchase through it, serve it.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed is another market.")
@click.option("--products", type=click.IntRange(100, 100_000), default=3_000, show_default=True, help="How many.")
@click.option("--days", type=click.IntRange(0, 365), default=30, show_default=True, help="Days of shopping until now.")
@click.option("--no-serve", is_flag=True, help="Build, walk and verify, then end.")
@click.pass_obj
def command(home: Path, port: int, seed: int, products: int, days: int, no_serve: bool) -> None:
    """Build the demo market (once), walk one purchase from search to payout, verify, and serve.

    A home that holds another market is left alone.
    """
    from entrepot.cli.demonstrating import demonstrate

    demonstrate(home, port, seed, products, days, serve=not no_serve)
