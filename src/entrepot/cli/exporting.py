"""Exporting a merchant's products from the command line: into a file that is whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from entrepot import catalog
from entrepot.app import opened
from entrepot.kernel import Invalid, Unavailable

from .importing import choose_merchant, scope_of
from .progress import Bar

_BY_NAME = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "shopify", ".xml": "google-xml", ".tsv": "google-tsv"}


def export_file(home: Path, path: Path, feed_format: str | None, merchant: str | None) -> None:
    """Write a feed beside its name, then move it there."""
    named = feed_format or _BY_NAME.get(path.suffix.lower())
    if named is None:
        raise Invalid(f"Name the format with --format, one of {', '.join(catalog.EXPORT_FORMATS)}")
    catalog.find_writer(named)
    with opened(home) as entrepot:
        seller = entrepot.database.read_now(lambda snapshot: choose_merchant(snapshot, merchant))
        site = catalog.Site(entrepot.settings.public_url)
        with Bar(f"Exporting {seller.name}") as bar:
            written = 0

            def progress(count: int) -> None:
                nonlocal written
                written = count
                bar.advance(count)

            blocks = catalog.export_feed(entrepot.database.read_now, scope_of(seller), seller.id, named, site, progress)
            size = write_whole(path, blocks)
    click.echo(f"{path}: {written:,} products, {size:,} bytes, {named}")


def write_whole(path: Path, blocks: Iterable[bytes]) -> int:
    """The size of what was written. Nobody ever sees half a file."""
    with whole_file(path) as file:
        return sum(file.write(block) for block in blocks)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner only, under its name once everything is written and on the disk, and not there before."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}") from error
