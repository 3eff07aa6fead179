"""`entrepot bill`: what compute was charged, and whether it comes to the same again."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.group("bill")
def command() -> None:
    """Replay what was charged for compute, or give an organisation credit."""


@command.command("replay")
@click.option("--organisation", help="Only this organisation's.")
@click.pass_obj
def replay(home: Path, organisation: str | None) -> None:
    """Rate every usage row again from its price book. Exit status 1 when a single nano unit differs."""
    from entrepot import cloud
    from entrepot.app import open_database

    with open_database(home) as database:
        again = database.read_now(lambda snapshot: cloud.replay(snapshot, organisation, 0, 2**62))
    click.echo(f"{again.rows:,} rows were charged {again.charged:,} nano units and rate {again.rated:,}")
    for each in again.differences[:20]:
        click.echo(f"  {each.request} {each.meter}: charged {each.charged:,}, rates {each.rated:,}")
    sys.exit(1 if again.differences else 0)


@command.command("credit")
@click.argument("organisation")
@click.argument("amount")
@click.option("--ref", required=True, help="What it is for, such as a payment's number: the same one credits once.")
@click.option("--grant", is_flag=True, help="It is given, not paid for.")
@click.pass_obj
def credit(home: Path, organisation: str, amount: str, ref: str, grant: bool) -> None:
    """Credit ORGANISATION with AMOUNT of the home currency for compute, such as 25.00."""
    from entrepot import cloud, ledger
    from entrepot.app import open_home
    from entrepot.kernel import Invalid

    nano = cloud.read_nano(amount)
    if not 0 < nano <= ledger.AMOUNT_MAX:
        raise Invalid(f"{amount} is no credit: write an amount above zero, such as 25.00")
    entrepot = open_home(home)
    try:
        unit = f"{entrepot.settings.cloud.currency}9"
        plan = cloud.credit_plan(organisation, unit, nano, ref, granted=grant)
        posted = entrepot.database.write_now(lambda tx: ledger.post(tx, plan))
    finally:
        entrepot.close()
    click.echo("Credited" if posted.applied else "This was credited before: nothing changed")
