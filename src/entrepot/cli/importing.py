"""Importing a feed from the command line, with a bar, a count and a report."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from entrepot import catalog
from entrepot.app import Entrepot, open_home
from entrepot.catalog import Counts, FeedRef, Merchant
from entrepot.identity import Role, Scope
from entrepot.kernel import Invalid, Snapshot

from .progress import Bar

REPORTED = 20


def import_feed(home: Path, path: Path, feed_format: str, merchant: str | None, *, dry_run: bool) -> None:
    """Import, or say what importing would do."""
    feed = catalog.local_feed(path, feed_format)
    entrepot = open_home(home)
    try:
        seller = entrepot.database.read_now(lambda snapshot: _choose_merchant(snapshot, merchant))
        if dry_run:
            _preview(entrepot, seller, feed)
        else:
            _import(entrepot, seller, feed)
    finally:
        entrepot.close()


def _choose_merchant(snapshot: Snapshot, wanted: str | None) -> Merchant:
    if wanted is not None:
        return catalog.get_merchant(snapshot, wanted)
    merchants = catalog.list_merchants(snapshot, Scope.system(), most=2)
    if len(merchants) != 1:
        there = "there is no merchant yet" if not merchants else "there are several merchants"
        raise Invalid(f"Name the merchant with --merchant: {there}")
    return merchants[0]


def _scope_of(merchant: Merchant) -> Scope:
    return Scope("system", merchant.id, frozenset({Role.MERCHANT}))


def _preview(entrepot: Entrepot, merchant: Merchant, feed: FeedRef) -> None:
    with Bar(f"Reading {feed.name}") as bar:
        preview = catalog.preview_import(
            entrepot.database, _scope_of(merchant), merchant.id, feed, progress=bar.advance
        )
    _say_counts(preview.counts, f"Nothing was written. {feed.name} for {merchant.name} would be")
    for problem, _ in preview.problems[:REPORTED]:
        click.echo(f"  line {problem.line}, {problem.field}: {problem.reason}", err=True)
    _say_rest(len(preview.problems))


def _import(entrepot: Entrepot, merchant: Merchant, feed: FeedRef) -> None:
    scope = _scope_of(merchant)
    job = entrepot.database.write_now(lambda tx: catalog.start_import(tx, scope, merchant.id, feed))
    stopping = _stop_on_interrupt()
    with Bar(f"Importing {feed.name}") as bar:
        job = catalog.run_import(entrepot.database, entrepot.blobs, job.id, bar.advance, stopping.is_set)
    _say_counts(job.counts, f"{feed.name} for {merchant.name}:")
    errors = entrepot.database.read_now(
        lambda snapshot: catalog.list_import_errors(snapshot, scope, job.id, most=REPORTED)
    )
    for error in errors:
        click.echo(f"  line {error.line}, {error.field}: {error.reason}", err=True)
    _say_rest(job.errors)
    if stopping.is_set():
        click.echo("Stopped. Run the same command again to go on from here.", err=True)
        sys.exit(130)
    with Bar("Indexing"):
        entrepot.settle()


def _stop_on_interrupt() -> threading.Event:
    """The first Ctrl-C ends after the batch under way; a second one at once."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, stop)
    return stopping


def _say_counts(counts: Counts, begin: str) -> None:
    click.echo(
        f"{begin} {counts.created:,} new, {counts.changed:,} changed, {counts.unchanged:,} as before, "
        f"{counts.refused:,} refused"
    )


def _say_rest(problems: int) -> None:
    if problems > REPORTED:
        click.echo(f"  and {problems - REPORTED:,} more", err=True)
