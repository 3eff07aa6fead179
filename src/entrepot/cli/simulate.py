"""`entrepot simulate`: days in which everything goes wrong, and whether it all adds up in the end."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("simulate", short_help="Live days in which everything goes wrong, and prove them.")
@click.option("--days", type=click.IntRange(1, 100_000), default=100, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same days.")
@click.pass_obj
def command(home: Path, days: int, seed: int) -> None:
    """Live simulated days in a fresh home, under faults, and prove what is left.

    People buy, cancel, send in parts, send back and dispute; carriers, banks and the processor fail. Then `verify` must
    be clean, the statements sum to the ledger, and no money wait longer than its rule. Exit status 1 when not.
    """
    import time
    from random import Random

    from entrepot.app import open_home
    from entrepot.kernel import ManualClock
    from entrepot.kernel.logs import configure_logs
    from entrepot.simulation.days import faults_of, live

    from .progress import Bar

    if (home / "entrepot.db").exists():
        raise click.ClickException(f"{home} holds a market already: name a folder that does not exist with --home")
    configure_logs("ERROR", as_json=False)
    began = time.monotonic()
    clock = ManualClock(START)
    settings = {"ENTREPOT_DELIVER__SANDBOX_STEP_S": "3600"}
    entrepot = open_home(home, settings, clock=clock, random=Random(seed), faults=faults_of(seed))
    try:
        with Bar("Living") as bar:
            outcome = live(entrepot, clock, days, seed, lambda done, total: bar.step("Days", done, total))
    finally:
        entrepot.close()
    took = time.monotonic() - began
    click.echo(f"{days:,} days in {took:.0f} s ({days / took:.1f} days a second), seed {seed}")
    for name, number in {**outcome.seller_orders, **outcome.done}.items():
        click.echo(f"  {number:>8,}  {name}")
    for breach in outcome.breaches:
        click.secho(f"✗ {breach}", fg="red")
    click.secho("It does not add up" if outcome.breaches else "Everything adds up", bold=True)
    if outcome.breaches:
        sys.exit(1)


START = 1_767_225_600_000_000
"""2026-01-01: simulated days begin then, whatever today is."""
