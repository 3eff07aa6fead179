"""Running an import: a batch a command, the cursor saved with its batch, so that it may stop anywhere and go on.

A dry run reads, checks and compares in the same way and saves nothing but its report; `preview_import` not even that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Database, Invalid, Lane, Refused, Snapshot, TaskKind, TaskRun, Tx

from ..drafts import ProductDraft
from ..merchants import get_merchant, require_merchant
from ..pictures import record_pictures
from ..products import digest_rows, is_unchanged, read_listings, save_products
from ..texts import clean_line
from ..types import Saved
from .absent import NOTHING_TAKEN_OFF, UNKNOWN, forget_seen, list_on_sale, may_take_off, note_seen, take_off
from .batches import Batch, batches, with_pictures
from .feeds import FeedRef
from .formats import READERS, feeds_in, fingerprint
from .jobs import Counts, Import, Overtaken, RunImport, finish, get_import, import_location, lock_import, move_on
from .known import Known
from .mappings import Mapping
from .opening import opened
from .reading import Feed, Good, Problem, Source
from .refusing import find_refused

Progress = Callable[[int, int], None]


def run_import(
    database: Database,
    blobs: Blobs,
    import_id: str,
    progress: Progress | None = None,
    closing_down: Callable[[], bool] | None = None,
) -> Import:
    """Import from where it stands to the end, or until `closing_down`; returns it as it stands then.

    Rows that cannot be taken are reported and the rest goes on. What stops the whole (a feed that is gone or has
    changed) is kept as its `failure` and raised; started again, it goes on behind the last saved row.
    """
    job = database.read_now(lambda snapshot: get_import(snapshot, Scope.system(), import_id))
    if job.state in ("done", "mapping"):
        return job
    try:
        with opened(_feed(database, blobs, job)) as feed, closing(READERS[job.format].open(feed)) as source:
            job = _run(database, blobs, job, source, progress or _silent, closing_down or _never)
    except Overtaken:
        raise
    except Refused as refusal:
        sentence = refusal.sentence
        database.write_now(lambda tx: finish(tx, job, sentence))
        raise
    return job


class Preview(msgspec.Struct, frozen=True):
    """What an import would do, and what would be in its report (at most 10,000 lines)."""

    counts: Counts
    problems: tuple[tuple[Problem, bool], ...]


def preview_import(
    database: Database,
    scope: Scope,
    merchant_id: str,
    feed: FeedRef,
    *,
    location_id: str | None = None,
    full: bool = False,
    mapping: Mapping | None = None,
    progress: Progress | None = None,
) -> Preview:
    """What importing a feed named on the command line would do; writes nothing at all, no picture either."""
    require_merchant(scope, merchant_id)
    merchant = database.read_now(lambda snapshot: get_merchant(snapshot, merchant_id))
    place = database.read_now(lambda snapshot: import_location(snapshot, merchant.id, location_id))
    memory = _Memory(database, merchant.id, place)
    counts = Counts()
    problems: list[tuple[Problem, bool]] = []
    given = Feed(Path(feed.place), feed.name, merchant.currency, is_local=feed.origin == "local", mapping=mapping)
    with opened(given) as plain, closing(READERS[feed.format].open(plain)) as source:
        for batch in batches(source.rows(), 0, has_location=place is not None):
            checked = with_pictures(database, None, source, batch, merchant_id)
            counts += _counts(memory.compare(checked.drafts), checked)
            if full:
                memory.note(checked.named)
            problems += checked.problems[: 10_000 - len(problems)]
            (progress or _silent)(source.done, source.total)
    _check_said(feed.name, counts.rows)
    return Preview(counts + memory.absent() if full else counts, tuple(problems))


def read_feed(feed: FeedRef, currency: str) -> Iterator[ProductDraft]:
    """The drafts of a feed named on the command line, unchecked, for a measure of how fast they are read."""
    given = Feed(Path(feed.place), feed.name, currency, is_local=True)
    with opened(given) as plain, closing(READERS[feed.format].open(plain)) as source:
        yield from (row.draft for row in source.rows() if isinstance(row, Good))


def import_task(blobs: Blobs) -> TaskKind[RunImport]:
    """The kind of task that runs uploaded feeds."""

    def act(run: TaskRun, body: RunImport) -> None:
        job = run_import(run.database, blobs, body.import_id, run.progress, lambda: run.closing)
        if job.state not in ("done", "mapping"):
            run.later(1)

    return TaskKind("catalog.import", RunImport, act, slow=True)


def _run(
    database: Database, blobs: Blobs, job: Import, source: Source, progress: Progress, closing_down: Callable[[], bool]
) -> Import:
    scope = Scope(job.actor, job.merchant_id, frozenset({identity.Role.MERCHANT}))
    memory = _Memory(database, job.merchant_id, job.location_id) if job.dry_run else None
    for batch in batches(source.rows(), job.cursor, has_location=job.location_id is not None):
        if closing_down():
            return job
        checked = with_pictures(database, None if job.dry_run else blobs, source, batch, job.merchant_id)
        compared = memory.compare(checked.drafts) if memory is not None else None
        if memory is not None and job.full:
            memory.note(checked.named)
        at = (source.done, source.total)
        try:
            job = database.write_now(_saving(scope, job, checked, compared, at), Lane.BULK)
        except Invalid as refusal:
            mended = checked.without(find_refused(database, _trial(scope, job), checked, refusal))
            job = database.write_now(_saving(scope, job, mended, compared, at), Lane.BULK)
        progress(*at)
    _check_said(job.name, job.cursor)
    if job.full:
        job = _take_off(database, scope, job, memory)
    return database.write_now(lambda tx: _end(tx, job))


def _check_said(name: str, rows: int) -> None:
    """Invalid for a feed without any row: it is more likely spoilt than meant, and a full one would empty the shop."""
    if not rows:
        raise Invalid(f"{name} has no rows, at most a header: nothing was changed. Export the goods again")


def _take_off(database: Database, scope: Scope, job: Import, memory: _Memory | None) -> Import:
    """Take off sale what a full feed left out, some hundred a command; a trial only counts them."""
    at = (job.total, job.total)
    if memory is not None:
        counts = memory.absent()
        return database.write_now(
            lambda tx: move_on(tx, lock_import(tx, job.id, job.cursor), job.cursor, at, counts, [])
        )
    if not database.read_now(lambda snapshot: may_take_off(snapshot, job.id)):
        note = [(Problem(0, "feed", NOTHING_TAKEN_OFF, ""), False)]
        return database.write_now(
            lambda tx: move_on(tx, lock_import(tx, job.id, job.cursor), job.cursor, at, Counts(notes=1), note)
        )

    def command(tx: Tx) -> tuple[Import, int]:
        current = lock_import(tx, job.id, job.cursor)
        gone = take_off(tx, scope, job.merchant_id, job.id)
        return move_on(tx, current, job.cursor, at, Counts(delisted=gone), []), gone

    while (done := database.write_now(command, Lane.BULK))[1]:
        pass
    return done[0]


def _trial(scope: Scope, job: Import) -> Callable[[Tx, Sequence[ProductDraft]], object]:
    return lambda tx, drafts: save_products(tx, scope, job.merchant_id, drafts, job.location_id)


def _saving(
    scope: Scope, job: Import, batch: Batch, compared: Saved | None, at: tuple[int, int]
) -> Callable[[Tx], Import]:
    """The command of one batch: products, pictures, problems and the cursor, together or not at all."""

    def command(tx: Tx) -> Import:
        current = lock_import(tx, job.id, job.cursor)
        saved = compared
        if saved is None:
            record_pictures(tx, batch.pictures)
            saved = save_products(tx, scope, job.merchant_id, batch.drafts, job.location_id, job.id, checked=True)
            if job.full:
                note_seen(tx, job.id, batch.named)
        return move_on(tx, current, batch.cursor, at, _counts(saved, batch), batch.problems)

    return command


def _counts(saved: Saved, batch: Batch) -> Counts:
    notes = sum(not refused for _, refused in batch.problems)
    return Counts(saved.created, saved.changed, saved.unchanged, batch.refused, notes)


def _end(tx: Tx, job: Import) -> Import:
    current = lock_import(tx, job.id, job.cursor)
    if job.origin == "upload" and not job.dry_run:
        params = {name: str(getattr(job.counts, name)) for name in ("created", "changed", "unchanged", "refused")}
        link = f"/merchant/imports/{job.id}"
        notice = identity.Notice(job.merchant_id, "catalog.import_done", {"file": job.name, **params}, link=link)
        identity.notify(tx, notice)
    forget_seen(tx, job.id)
    return finish(tx, current, None)


def _feed(database: Database, blobs: Blobs, job: Import) -> Feed:
    """Where the feed lies. Refused when it is gone, or is no longer the one that the import began with."""
    merchant = database.read_now(lambda snapshot: get_merchant(snapshot, job.merchant_id))
    if job.origin == "upload":
        return Feed(feeds_in(blobs).path(job.place), job.name, merchant.currency, is_local=False, mapping=job.mapping)
    path = Path(job.place)
    try:
        is_same = fingerprint(path) == job.fingerprint
    except OSError as error:
        raise FeedGone(f"{path} cannot be read any more: put it back and start the import again") from error
    if not is_same:
        raise FeedGone(f"{path} has changed since its import began: import it as a new one")
    return Feed(path, job.name, merchant.currency, is_local=True, mapping=job.mapping)


class FeedGone(Refused):
    """What was being imported is no longer there."""


class _Memory:
    """What a dry run would have saved: it compares with the database, and knows what a full feed has named."""

    def __init__(self, database: Database, merchant_id: str, location_id: str | None) -> None:
        self._database = database
        self._merchant_id = merchant_id
        self._location_id = location_id
        self._named = Known()
        self._is_sure = True

    def compare(self, drafts: Iterable[ProductDraft]) -> Saved:
        """Which of these drafts would be new, changed or as before."""
        rows = digest_rows(drafts, self._location_id)

        def look(snapshot: Snapshot) -> Iterator[str]:
            listings = read_listings(snapshot, self._merchant_id, rows)
            for external_id, row in rows.items():
                if external_id not in listings:
                    yield "created"
                else:
                    yield "unchanged" if is_unchanged(row, listings) else "changed"

        found = self._database.read_now(lambda snapshot: list(look(snapshot)))
        return Saved(found.count("created"), found.count("changed"), found.count("unchanged"))

    def note(self, external_ids: Iterable[str]) -> None:
        """Remember what a full feed has named."""
        for external_id in map(clean_line, external_ids):
            self._is_sure = self._is_sure and external_id != UNKNOWN
            self._named.add(external_id)

    def absent(self) -> Counts:
        """How many of the merchant's products were not named, and would be taken off sale."""
        count, after = 0, ""
        while self._is_sure:
            page = self._database.read_now(self._page(after))
            if not page:
                break
            count += sum(external_id not in self._named for _, external_id in page)
            after = page[-1][0]
        return Counts(delisted=count)

    def _page(self, after: str) -> Callable[[Snapshot], list[tuple[str, str]]]:
        return lambda snapshot: list_on_sale(snapshot, self._merchant_id, after, 5_000)


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


def _never() -> bool:
    return False
