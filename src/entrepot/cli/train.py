"""`entrepot train`: models of this market's own, from what its operator knows."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("train", short_help="Teach ranking, vectors or image search.")
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


@command.command("ranker")
@click.option(
    "--judgments",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A CSV with the columns query, docid and rating; WANDS and ESCI files are read as they are.",
)
@click.option("--dry-run", is_flag=True, help="Train and measure, and keep nothing.")
@click.option("--keep-only", is_flag=True, help="Keep it, and do not use it even if it proves better.")
@click.option("--list", "as_list", is_flag=True, help="Show what was trained, and which one is used.")
@click.option("--use", "use_id", metavar="ID", help="Use one that was trained before; `none` goes back to the prior.")
@click.pass_obj
def ranker(
    home: Path, judgments: Path | None, dry_run: bool, keep_only: bool, as_list: bool, use_id: str | None
) -> None:
    """Teach the order of results by people's ratings of them.

    Each query is ordered by a ranker that was trained on the others, and the whole replaces what is used only if those
    orders are better. Which one is used is one row: --use changes it.
    """
    from .training_rankers import list_rankers, train_ranker, use_ranker

    if sum((judgments is not None, as_list, use_id is not None)) != 1:
        raise click.UsageError("Give one of --judgments FILE, --list and --use ID")
    if judgments is not None:
        train_ranker(home, judgments, keep=not dry_run, use=not keep_only)
    elif use_id is not None:
        use_ranker(home, None if use_id == "none" else use_id)
    else:
        list_rankers(home)


@command.command("encoder")
@click.option(
    "--judgments",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A CSV with the columns query, docid and rating; WANDS and ESCI files are read as they are.",
)
@click.option("--keep-only", is_flag=True, help="Keep it, and do not use it even if it proves better.")
@click.option("--use", "use_id", metavar="ID", help="Use one that was tuned before; `none` goes back to untuned.")
@click.pass_obj
def encoder(home: Path, judgments: Path | None, keep_only: bool, use_id: str | None) -> None:
    """Tune what makes the vectors of queries and products, by people's ratings.

    A job like any other, metered by the processor's time. Its weights are used only if they order queries better that
    they were not found by; the index is then built anew beside the one that serves.
    """
    from .training_rankers import train_encoder, use_encoder

    if (judgments is None) == (use_id is None):
        raise click.UsageError("Give either --judgments FILE or --use ID")
    if judgments is not None:
        train_encoder(home, judgments, use=not keep_only)
    else:
        use_encoder(home, None if use_id == "none" else use_id)
