"""`entrepot train`: models of this market's own, from what its operator knows."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("train")
def command() -> None:
    """Train a model of this market's own; it is used only if it proves better on what was kept aside."""


@command.command("images")
@click.option(
    "--photos",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder of folders: LABEL/*.jpg, where photographs of one thing share a label. A product's id, or the last "
    "part of its page's address, as a label joins the product's own picture to them.",
)
@click.option("--forget", is_flag=True, help="Go back to seeing pictures untrained.")
@click.pass_obj
def images(home: Path, photos: Path | None, forget: bool) -> None:
    """Teach image search by labelled photographs.

    One photograph in three is kept aside: what was learned is used only if it finds those better than before. The
    catalogue's pictures are then seen anew in the background.
    """
    from .training_images import forget_images, train_images

    if forget == (photos is not None):
        raise click.UsageError("Give either --photos FOLDER or --forget")
    if photos is None:
        forget_images(home)
    else:
        train_images(home, photos)
