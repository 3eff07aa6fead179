"""`entrepot verify`: prove the invariants from the stored rows."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

MARKS = {"holds": ("✓", "green"), "broken": ("✗", "red"), "nothing to prove": ("·", "yellow")}


@click.command("verify", short_help="Prove every invariant from the stored rows.")
@click.option("--root", help="A chain root kept elsewhere, as PROOF prints it: the chain must still lead to it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(home: Path, root: str | None, as_json: bool) -> None:
    """Prove that nothing was lost: every invariant, checked from the stored rows.

    Prints a line for each proof with the number of rows that it looked at. Exit status 1 when one is broken.
    """
    from entrepot import group, ledger
    from entrepot.app import open_database

    with open_database(home) as database:
        broken = False
        verdicts = []
        for verdict in group.verify(database):
            broken = broken or verdict.state == "broken"
            verdicts.append(verdict)
            if not as_json:
                print_verdict(verdict)
        chain = database.read_now(ledger.chain_root)
        for breach in [] if root is None else database.read_now(lambda s: ledger.check_root(s, root)).breaches:
            broken = True
            click.secho(f"✗ The chain does not lead to {root}: {breach}", fg="red", err=as_json)
    if as_json:
        names = ("name", "what", "rows", "state", "breaches")
        rows = [{name: getattr(verdict, name) for name in names} for verdict in verdicts]
        click.echo(json.dumps({"proofs": rows, "root": chain}, indent=2))
    else:
        click.echo(f"Chain root: {chain or 'none yet'}. Keep it elsewhere, and check with --root that history stays.")
    sys.exit(1 if broken else 0)


def print_verdict(verdict: object) -> None:
    """One line for a proof, and one for each breach (the first ten)."""
    from entrepot.group import Verdict

    assert isinstance(verdict, Verdict)
    mark, colour = MARKS[verdict.state]
    count = f"{verdict.rows:,} rows" if verdict.rows else "nothing to prove"
    click.secho(f"{mark} ", fg=colour, nl=False)
    click.echo(f"{verdict.name:32} {verdict.what}  ({count}, {verdict.took_s * 1000:.0f} ms)")
    for breach in verdict.breaches[:10]:
        click.secho(f"    {breach}", fg="red")
    if len(verdict.breaches) > 10:
        click.secho(f"    and {len(verdict.breaches) - 10} more", fg="red")
