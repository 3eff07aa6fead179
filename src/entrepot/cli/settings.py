"""`entrepot settings`: every setting, its value and where it comes from."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command("settings")
@click.pass_obj
def command(home: Path) -> None:
    """Print every setting, its value and its source (the default, entrepot.toml, or a variable)."""
    from entrepot.settings import read_settings

    settings = read_settings(home, os.environ)
    width = max(len(setting.path) for setting in settings.sources)
    for setting in settings.sources:
        click.echo(f"{setting.path:{width}}  {setting.value:32}  {setting.source}")
