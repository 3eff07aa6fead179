"""Feeds to import: files written in a test's own folder, and what importing them does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from entrepot import catalog
from entrepot.catalog.imports.reading import Bad, Feed, Good, Reader
from entrepot.kernel import Blobs
from tests.catalog.shop import Shop


def run(
    shop: Shop,
    blobs: Blobs,
    path: Path,
    format: str = "auto",
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> catalog.Import:
    """Import a file from the command line."""
    feed = catalog.local_feed(path, format)
    job = shop.database.write_now(lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed, **options))
    return catalog.run_import(shop.database, blobs, job.id, progress)


def bring(shop: Shop, blobs: Blobs, path: Path, **options: Any) -> catalog.Import:
    """Import a file in whatever format it is, with the columns of a foreign sheet as they are guessed."""
    feed = catalog.local_feed(path)
    mapping = catalog.sample_columns(path, path.name).guess if feed.header else None
    job = shop.database.write_now(
        lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed, mapping=mapping, **options)
    )
    return catalog.run_import(shop.database, blobs, job.id)


def report(shop: Shop, job: catalog.Import) -> list[catalog.ReportLine]:
    """The lines of its report."""
    return shop.database.read_now(lambda s: catalog.list_import_errors(s, shop.scope, job.id, most=1_000))


def read(reader: Reader, path: Path, *, currency: str = "USD", is_local: bool = True) -> list[Good | Bad]:
    """What a reader makes of a file."""
    source = reader.open(Feed(path, path.name, currency, is_local))
    try:
        return list(source.rows())
    finally:
        source.close()


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    """A JSONL file: values as JSON, texts and bytes as they are."""
    with path.open("wb") as file:
        for row in rows:
            file.write(row if isinstance(row, bytes) else (row if isinstance(row, str) else json.dumps(row)).encode())
            file.write(b"\n")
    return path


def line(external_id: str = "lamp", **changes: Any) -> dict[str, Any]:
    """A line of our own format; `price_minor`, `quantity` and the like are of its one variant."""
    variant: dict[str, Any] = {"price_minor": 4900, "currency": "USD", "quantity": 10}
    for name in list(changes):
        if name in ("price_minor", "currency", "quantity", "weight_g", "list_price_minor", "picture"):
            variant[name] = changes.pop(name)
    return {"external_id": external_id, "title": f"A {external_id}", "variants": [variant], **changes}
