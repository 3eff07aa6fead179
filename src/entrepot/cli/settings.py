"""`entrepot settings`: every setting, its value and where it comes from."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command("settings", short_help="Print every setting, its value and its source.")
@click.option("--set", "only_set", is_flag=True, help="Only what differs from the defaults.")
@click.pass_obj
def command(home: Path, only_set: bool) -> None:
    """Print every setting, its value and its source: the default, entrepot.toml, or a variable.

    Values stand as in entrepot.toml. Of a secret only whether it is set.
    """
    from entrepot.settings import read_settings

    for setting in read_settings(home, os.environ).sources:
        if not only_set or setting.source != "default":
            click.echo(f"{setting.path + ' = ' + setting.value:48}  # {setting.source}")
    if not home.is_dir():
        click.echo(f"There is no home at {home} yet: these are defaults and variables", err=True)
