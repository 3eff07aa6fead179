"""`entrepot keys`: API keys of organisations."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("keys")
def command() -> None:
    """Make, list and end the API keys of an organisation."""


@command.command("create")
@click.argument("organisation")
@click.option("--name", default="command line", show_default=True, help="What the key is for.")
@click.pass_obj
def create(home: Path, organisation: str, name: str) -> None:
    """Make a key for ORGANISATION (its id, or its name where only one has it) and print it, this once."""
    from entrepot import identity
    from entrepot.app import open_database
    from entrepot.cli.acting import acting_for
    from entrepot.kernel import Secret, Tx

    def act(tx: Tx) -> tuple[identity.ApiKey, Secret]:
        return identity.create_key(tx, acting_for(tx, organisation), name)

    with open_database(home) as database:
        key, secret = database.write_now(act)
    click.echo(f"{key.id} ({key.name}): nobody can show this again", err=True)
    click.echo(secret.reveal())


@command.command("list")
@click.argument("organisation")
@click.pass_obj
def list_keys(home: Path, organisation: str) -> None:
    """Print the keys of ORGANISATION, newest first; of each only its end."""
    from entrepot import identity
    from entrepot.app import open_database
    from entrepot.cli.acting import acting_for

    with open_database(home) as database:
        keys = database.read_now(lambda s: identity.list_keys(s, acting_for(s, organisation)))
    for key in keys:
        click.echo(f"{key.id}  …{key.shown}  {'revoked' if key.revoked_at else 'in use'}  {key.name}")
    if not keys:
        click.echo("No keys yet: make one with `entrepot keys create`")


@command.command("revoke")
@click.argument("key")
@click.pass_obj
def revoke(home: Path, key: str) -> None:
    """End KEY (its id) now: it calls nothing from then on."""
    from entrepot import identity
    from entrepot.app import open_database
    from entrepot.identity import Scope
    from entrepot.kernel import NotFound, Tx, is_id

    def act(tx: Tx) -> None:
        owner = identity.owner_of_key(tx, key) if is_id(key, "key") else None
        if owner is None:
            raise NotFound(f"There is no key {key[:60]}: `entrepot keys list ORGANISATION` shows them")
        identity.revoke_key(tx, Scope("system", owner, Scope.system().roles), key)

    with open_database(home) as database:
        database.write_now(act)
    click.echo(f"{key} is revoked")
