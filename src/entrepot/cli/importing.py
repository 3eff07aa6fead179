"""Importing a feed from the command line, with a bar, a count and a report."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click
import msgspec

from entrepot import catalog
from entrepot.app import Entrepot, opened
from entrepot.catalog import ColumnMapping, Counts, FeedRef, Import, Merchant
from entrepot.identity import Role, Scope
from entrepot.kernel import Invalid, Snapshot, Tx
from entrepot.kernel.memory import settle_memory

from .progress import Bar

REPORTED = 20


class Wishes(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    format: str = "auto"
    merchant: str | None = None
    dry_run: bool = False
    full: bool = False
    columns: tuple[str, ...] = ()


def import_feed(home: Path, path: Path, wishes: Wishes) -> None:
    """Import, or say what importing would do."""
    feed = catalog.local_feed(path, wishes.format)
    if wishes.columns and not feed.header:
        raise Invalid(f"{feed.name} is {feed.format}, whose columns are known: leave --map out, or name --format table")
    with opened(home) as entrepot:
        settle_memory()
        seller = entrepot.database.read_now(lambda snapshot: choose_merchant(snapshot, wishes.merchant))
        mapping = _mapping(entrepot, seller, feed, wishes.columns) if feed.header else None
        if wishes.dry_run:
            _preview(entrepot, seller, feed, wishes, mapping)
        else:
            _import(entrepot, seller, feed, wishes, mapping)


def choose_merchant(snapshot: Snapshot, wanted: str | None) -> Merchant:
    if wanted is not None:
        return catalog.get_merchant(snapshot, wanted)
    merchants = catalog.list_merchants(snapshot, Scope.system(), most=2)
    if len(merchants) != 1:
        there = "there is no merchant yet" if not merchants else "there are several merchants"
        raise Invalid(f"Name the merchant with --merchant: {there}")
    return merchants[0]


def scope_of(merchant: Merchant) -> Scope:
    return Scope("system", merchant.id, frozenset({Role.MERCHANT}))


def _mapping(entrepot: Entrepot, merchant: Merchant, feed: FeedRef, columns: tuple[str, ...]) -> ColumnMapping:
    """What the columns mean: as the merchant said last time, else as they look; changed by what was said now."""
    known = entrepot.database.read_now(lambda snapshot: catalog.find_mapping(snapshot, merchant.id, feed.header))
    mapping = known or catalog.sample_columns(Path(feed.place), feed.name).guess
    said = dict(mapping.columns)
    for each in columns:
        column, _, target = each.rpartition("=")
        if column not in said:
            raise Invalid(f"{feed.name} has no column {column!r}: there are {', '.join(said)}")
        said = {name: to for name, to in said.items() if to != target or target in catalog.COLUMN_TARGETS_MANY}
        said[column] = target.strip()
    mapping = msgspec.structs.replace(mapping, columns={name: said.get(name, "") for name in mapping.header})
    shown = ", ".join(f"{name} = {to or '(left out)'}" for name, to in mapping.columns.items())
    click.echo(f"Columns: {shown}", err=True)
    try:
        catalog.check_mapping(mapping)
    except Invalid as problem:
        raise Invalid(f"{problem.sentence}. Say what a column is with --map COLUMN=FIELD") from None
    return mapping


def _preview(
    entrepot: Entrepot, merchant: Merchant, feed: FeedRef, wishes: Wishes, mapping: ColumnMapping | None
) -> None:
    with Bar(f"Reading {feed.name}") as bar:
        preview = catalog.preview_import(
            entrepot.database, scope_of(merchant), merchant.id, feed, full=wishes.full, mapping=mapping,
            progress=bar.advance,
        )  # fmt: skip
    _say_counts(preview.counts, f"Nothing was written. {feed.name} for {merchant.name} would be")
    for problem, _ in preview.problems[:REPORTED]:
        click.echo(f"  line {problem.line}, {problem.field}: {problem.reason}", err=True)
    _say_rest(len(preview.problems))


def _import(
    entrepot: Entrepot, merchant: Merchant, feed: FeedRef, wishes: Wishes, mapping: ColumnMapping | None
) -> None:
    scope = scope_of(merchant)

    def begin(tx: Tx) -> Import:
        return catalog.start_import(tx, scope, merchant.id, feed, full=wishes.full, mapping=mapping)

    job = entrepot.database.write_now(begin)
    stopping = _stop_on_interrupt()
    with entrepot.following(), Bar(f"Importing {feed.name}") as bar:
        job = catalog.run_import(entrepot.database, entrepot.blobs, job.id, bar.advance, stopping.is_set)
    _say_counts(job.counts, f"{feed.name} for {merchant.name}:")
    errors = entrepot.database.read_now(
        lambda snapshot: catalog.list_import_errors(snapshot, scope, job.id, most=REPORTED)
    )
    for error in errors:
        click.echo(f"  line {error.line}, {error.field}: {error.reason}", err=True)
    _say_rest(job.errors)
    if stopping.is_set() and job.state != "done":
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
        f"{counts.refused:,} refused" + (f", {counts.delisted:,} taken off sale" if counts.delisted else "")
    )


def _say_rest(problems: int) -> None:
    if problems > REPORTED:
        click.echo(f"  and {problems - REPORTED:,} more", err=True)
