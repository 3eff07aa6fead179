"""Teaching image search from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from entrepot.app import opened
from entrepot.discovery import forget_lessons, train_pictures

from .progress import Bar

NAMED_MAX = 5


def train_images(home: Path, photos: Path) -> None:
    """Train on a folder, and say what it came to."""
    files = sum(1 for _ in photos.glob("*/*"))
    with opened(home) as entrepot, Bar("Looking", files) as bar:
        lesson = train_pictures(entrepot.database, entrepot.blobs, entrepot.meter, photos, bar.more)
    for name in lesson.unreadable[:NAMED_MAX]:
        click.echo(f"{name} is no picture that can be read", err=True)
    if len(lesson.unreadable) > NAMED_MAX:
        click.echo(f"and {len(lesson.unreadable) - NAMED_MAX} more files", err=True)
    click.echo(
        f"{lesson.photos:,} photographs of {lesson.labels:,} things. Among its first ten, a photograph kept aside "
        f"finds {lesson.after:.1%} of what it could, until now {lesson.before:.1%}"
    )
    if lesson.trained is None:
        click.echo("That is no better: nothing changed. More photographs of each thing, as shoppers take them, help")
    else:
        click.echo(f"{lesson.trained.name} is used as soon as it has seen the catalogue's pictures, in the background")


def forget_images(home: Path) -> None:
    """Forget what photographs taught."""
    with opened(home) as entrepot:
        entrepot.database.write_now(forget_lessons)
    click.echo("What photographs taught is forgotten: the catalogue's own pictures teach again, in the background")
