"""`entrepot verify`: prove the invariants from the stored rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from entrepot.group import Verdict

MARKS = {"holds": ("✓", "green"), "broken": ("✗", "red"), "nothing to prove": ("·", "yellow")}
BREACHES_TOLD = 10


@click.command("verify", short_help="Prove every invariant from the stored rows.")
@click.option("--root", help="A chain root kept elsewhere, as this prints it: the chain must still lead to it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(home: Path, root: str | None, as_json: bool) -> None:
    """Prove that nothing was lost: every invariant, checked from the stored rows.

    Prints a line for each proof with the number of rows that it looked at. Exit status 1 when one is broken.
    """
    from entrepot import group, ledger
    from entrepot.app import open_database

    with open_database(home) as database:
        torn = [] if root is None else database.read_now(lambda snapshot: ledger.check_root(snapshot, root)).breaches
        verdicts = list(group.verify(database)) if as_json else told(group.verify(database))
        chain = database.read_now(ledger.chain_root)
    if as_json:
        names = ("name", "what", "rows", "state", "breaches")
        rows = [{name: getattr(verdict, name) for name in names} for verdict in verdicts]
        click.echo(json.dumps({"proofs": rows, "root": chain, "root_breaches": torn}, indent=2))
    else:
        for breach in torn:
            click.secho(f"✗ The chain does not lead to {root}: {breach}", fg="red")
        click.echo(f"Chain root: {chain or 'none yet'}. Keep it elsewhere, and check with --root that history stays.")
    sys.exit(0 if hold(verdicts) and not torn else 1)


def hold(verdicts: Iterable[Verdict]) -> bool:
    """Whether none is broken."""
    return all(verdict.state != "broken" for verdict in verdicts)


def told(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Print each verdict as soon as it is known, and what they come to; returns them."""
    known = []
    for verdict in verdicts:
        _tell(verdict)
        known.append(verdict)
    broken = [verdict.name for verdict in known if verdict.state == "broken"]
    if broken:
        click.secho(f"{len(broken)} of {len(known)} proofs are broken: {', '.join(broken)}", fg="red", bold=True)
    else:
        click.secho(f"All {len(known)} proofs hold", bold=True)
    return known


def _tell(verdict: Verdict) -> None:
    """One line for a proof, and one for each breach, the first ten."""
    mark, colour = MARKS[verdict.state]
    count = f"{verdict.rows:,} rows" if verdict.rows else "nothing to prove"
    click.secho(f"{mark} ", fg=colour, nl=False)
    click.echo(f"{verdict.name:32} {verdict.what}  ({count}, {verdict.took_s * 1000:.0f} ms)")
    for breach in verdict.breaches[:BREACHES_TOLD]:
        click.secho(f"    {breach}", fg="red")
    if len(verdict.breaches) > BREACHES_TOLD:
        click.secho(f"    and {len(verdict.breaches) - BREACHES_TOLD} more", fg="red")
