"""The command line: `entrepot COMMAND`. Each command imports what it needs when it runs, so `--help` is instant."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

COMMANDS = {
    "demo": "entrepot.cli.demo",
    "serve": "entrepot.cli.serve",
    "import": "entrepot.cli.imports",
    "export": "entrepot.cli.exports",
    "taxonomy": "entrepot.cli.taxonomy",
    "models": "entrepot.cli.models",
    "keys": "entrepot.cli.keys",
    "bill": "entrepot.cli.bills",
    "usage": "entrepot.cli.usage",
    "reconcile": "entrepot.cli.reconcile",
    "doctor": "entrepot.cli.doctor",
    "verify": "entrepot.cli.verify",
    "backup": "entrepot.cli.backup",
    "restore": "entrepot.cli.restore",
    "simulate": "entrepot.cli.simulate",
    "reindex": "entrepot.cli.reindex",
    "train": "entrepot.cli.train",
    "settings": "entrepot.cli.settings",
    "bench": "entrepot.cli.benchmarks",
}


class Commands(click.Group):
    """Commands by name, loaded when asked for; a refusal is a sentence on standard error and exit status 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        return None if module is None else import_module(module).command

    def invoke(self, ctx: click.Context) -> Any:
        from entrepot.kernel import Refused

        try:
            return super().invoke(ctx)
        except Refused as refusal:
            click.echo(refusal.sentence, err=True)
            for field, sentence in refusal.fields.items():
                click.echo(f"  {field}: {sentence}", err=True)
            sys.exit(1)
        except OSError as error:  # of the system about a file; click itself knows what a closed pipe means
            if error.filename is None:
                raise
            click.echo(f"{error.filename}: {error.strerror}", err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="entrepot", prog_name="entrepot")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="ENTREPOT_HOME",
    default=Path("entrepot-home"),
    show_default="./entrepot-home",
    help="The folder that holds this market's state.",
)
@click.pass_context
def main(context: click.Context, home: Path) -> None:
    """Entrepot: a marketplace of many merchants and a metered AI cloud, on one ledger."""
    context.obj = home


__all__ = ["main"]
