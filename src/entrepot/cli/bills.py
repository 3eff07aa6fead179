"""`entrepot bill`: what compute was charged, whether it comes to the same again, credit, invoices and exports."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

DAY = click.DateTime(formats=["%Y-%m-%d", "%Y-%m"])


@click.group("bill", short_help="Credit, invoices, exports, prices; replay what was charged.")
def command() -> None:
    """Replay what was charged for compute; give credit; invoice and export it; set prices."""


@command.command("replay")
@click.option("--organisation", help="Only this organisation's.")
@click.option("--invoice", help="Only the rows of this invoice.")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The rows of this export, from the prices in it: needs no home.",
)
@click.pass_obj
def replay(home: Path, organisation: str | None, invoice: str | None, path: Path | None) -> None:
    """Rate every usage row again from its price book. Exit status 1 when a single nano unit differs."""
    from entrepot.cli.billing import replay_bill

    again = replay_bill(home, organisation, invoice, path)
    click.echo(f"{again.rows:,} rows were charged {again.charged:,} nano units and rate {again.rated:,}")
    for each in again.differences[:20]:
        click.echo(f"  {each.request} {each.meter}: charged {each.charged:,}, rates {each.rated:,}")
    sys.exit(1 if again.differences else 0)


@command.command("credit")
@click.argument("organisation")
@click.argument("amount")
@click.option("--ref", required=True, help="What it is for, such as a payment's number: the same one credits once.")
@click.option("--grant", is_flag=True, help="It is given, not paid for.")
@click.option("--until", type=DAY, help="The day on which a grant ends, UTC; left out: never.")
@click.pass_obj
def credit(home: Path, organisation: str, amount: str, ref: str, grant: bool, until: datetime | None) -> None:
    """Credit ORGANISATION with AMOUNT of the home currency for compute, such as 25.00.

    What was paid pays open invoices first.
    """
    from entrepot.cli.billing import add_credit

    done = add_credit(home, organisation, amount, ref, grant=grant, until=_microseconds(until))
    click.echo("Credited" if done else "This was credited before: nothing changed")


@command.command("repay")
@click.argument("repayment", required=False)
@click.option("--decline", metavar="REASON", help="Do not pay it back, and tell the customer why.")
@click.pass_obj
def repay(home: Path, repayment: str | None, decline: str | None) -> None:
    """Pay unused credit back that a customer asked for: REPAYMENT, by its id. Without one, list what waits.

    It goes back by the processors that took it. What had come past them, you send yourself.
    """
    from entrepot.cli.billing import decide_repayment, list_repayments

    for text in list_repayments(home) if repayment is None else [decide_repayment(home, repayment, decline)]:
        click.echo(text)


@command.command("line")
@click.argument("organisation")
@click.argument("amount")
@click.pass_obj
def line(home: Path, organisation: str, amount: str) -> None:
    """Let ORGANISATION use compute for up to AMOUNT before it pays; 0 ends that."""
    from entrepot.cli.billing import set_line

    set_line(home, organisation, amount)
    click.echo(f"{organisation} may use {amount} before it pays")


@command.command("invoice")
@click.argument("organisation", required=False)
@click.pass_obj
def invoice(home: Path, organisation: str | None) -> None:
    """Invoice what ORGANISATION has used up to now; without one, every month that is over, of everybody.

    The server does the latter by itself, every hour.
    """
    from entrepot.cli.billing import issue_invoices

    for text in issue_invoices(home, organisation):
        click.echo(text)


@command.command("export")
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", "wanted", type=click.Choice(["csv", "focus"]), default="csv", show_default=True)
@click.option("--organisation", help="Only this organisation's.")
@click.option("--invoice", help="Only the rows of this invoice.")
@click.option("--since", type=DAY, help="The first day, or month, UTC.")
@click.option("--until", type=DAY, help="The day, or month, before which it ends, UTC.")
@click.pass_obj
def export(
    home: Path, output: Path, wanted: str, organisation: str | None, invoice: str | None, since: datetime | None,
    until: datetime | None,
) -> None:  # fmt: skip
    """Write what was used into OUTPUT, a row for each meter of each call.

    `csv` holds prices too, so that `bill replay --file` comes to the same; `focus` is the FinOps Open Cost and Usage
    Specification, 1.2.
    """
    from entrepot.cli.billing import export_file

    rows, size = export_file(home, output, wanted, organisation, invoice, _microseconds(since), _microseconds(until))
    click.echo(f"{output}: {rows:,} rows, {size:,} bytes, {wanted}")


@command.command("price")
@click.argument("model")
@click.option("--price", "prices", multiple=True, required=True, metavar="METER=AMOUNT", help="Repeatable.")
@click.option("--from", "begins", type=DAY, help="The day from which it holds, UTC; left out: now.")
@click.option(
    "--batch",
    type=click.FloatRange(0, 100),
    help="What a batch pays of that, in percent; left out: as before, or half.",
)
@click.option("--maker-share", type=float, help="What its maker earns of every price, in percent; left out: as before.")
@click.pass_obj
def price(
    home: Path, model: str, prices: tuple[str, ...], begins: datetime | None, maker_share: float | None,
    batch: float | None,
) -> None:  # fmt: skip
    """Add a version of MODEL's prices, which never changes. What was used before it begins keeps its price."""
    from entrepot.cli.billing import add_price

    book = add_price(
        home,
        model,
        prices,
        _microseconds(begins),
        None if maker_share is None else round(maker_share * 100),
        None if batch is None else round(batch * 100),
    )
    click.echo(f"{model}: version {book.version} of its prices, from {_day(book.effective_at)} on")


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
