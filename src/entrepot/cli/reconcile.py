"""`entrepot reconcile`: a provider's or a bank's file against the ledger, without the page."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("reconcile", short_help="Hold a provider's or a bank's file against the ledger.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--processor", metavar="NAME", help="Whose file it is: stripe, alipay, manual or sandbox.")
@click.option("--bank", is_flag=True, help="It is our own bank's: CAMT.053, or CSV.")
@click.option(
    "--format", "wanted", type=click.Choice(["csv", "camt053", "stripe", "alipay"]), help="Left out: by whose it is."
)
@click.option(
    "--column", "columns", multiple=True, metavar="WHAT=NAME",
    help="Which column of a CSV file says what, such as at=Date. Left out: guessed from the header. Repeatable.",
)  # fmt: skip
@click.option("--currency", default="", help="The currency of a CSV file that has no column for it.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True, help="Before the cents.")
@click.option("--month-first", is_flag=True, help="Read 01/02 as the second of January.")
@click.pass_obj
def command(
    home: Path, file: Path, processor: str | None, bank: bool, wanted: str | None, columns: tuple[str, ...],
    currency: str, decimal: str, month_first: bool,
) -> None:  # fmt: skip
    """Read FILE and say how its lines agree with the ledger; what does not agree waits on the operator's page.

    The same file again is read once. Exit status 1 when something does not agree.
    """
    from entrepot.cli.reconciling import Wishes, reconcile

    wishes = Wishes(processor, bank, wanted, columns, currency.upper(), decimal, day_first=not month_first)
    lines, agrees = reconcile(home, file, wishes)
    for line in lines:
        click.echo(line)
    sys.exit(0 if agrees else 1)
