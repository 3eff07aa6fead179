"""`entrepot doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

MARKS = {"well": ("✓", "green"), "look": ("!", "yellow"), "ill": ("✗", "red")}


@click.command("doctor", short_help="Say what is wrong here and what to do.")
@click.pass_obj
def command(home: Path) -> None:
    """Look at the home, its disk, database, server, mail and waiting work; say what is wrong and what to do.

    Nothing is changed, and the server may run. ✗ needs you now: exit status 1. ! can wait for the morning.
    """
    from entrepot.cli.examining import examine

    states = set()
    for finding in examine(home):
        mark, colour = MARKS[finding.state]
        click.secho(f"{mark} ", fg=colour, nl=False)
        click.echo(f"{finding.about:10} {finding.sentence}")
        states.add(finding.state)
    sys.exit(1 if "ill" in states else 0)
