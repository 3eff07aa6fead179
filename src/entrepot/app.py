"""The one page that joins the rooms: which event wakes whom, what comes again by the clock, who does which task.

`open_home` gives a handle to everything that a door needs; `start` sets the background threads going; `close` ends
them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import structlog

from entrepot import (
    catalog,
    cloud,
    deliver,
    discovery,
    group,
    identity,
    kernel,
    ledger,
    migrations,
    orders,
    pay,
    signals,
)
from entrepot.kernel import (
    NEVER,
    Blobs,
    Clock,
    Database,
    Deadline,
    Projection,
    ProjectionThread,
    Reactions,
    Refused,
    Relay,
    RelayThread,
    Scheduled,
    ScheduleThread,
    Secret,
    TaskKind,
    Unavailable,
    Workers,
    catch_up,
    free_from_the_dead,
    process_name,
    sqlite_url,
)
from entrepot.settings import Settings, read_settings

SCHEDULE: tuple[Scheduled, ...] = (
    *pay.SCHEDULE,
    *catalog.SCHEDULE,
    Scheduled("catalog.tidy_feeds", catalog.TidyFeeds(), 86_400),
    Scheduled("catalog.fetch_pictures", catalog.FetchPictures(), 60),
    *orders.SCHEDULE,
    *deliver.SCHEDULE,
    Scheduled(identity.TIDY.name, identity.Tidy(), 3_600),
    Scheduled(kernel.TIDY, kernel.Tidy(), 86_400),
    *discovery.SCHEDULE,
    Scheduled(cloud.RECONCILE, cloud.Reconcile(), 60),
    Scheduled(cloud.TIDY, cloud.Tidy(), 3_600),
    Scheduled(cloud.BILLING, cloud.BillingRound(), 3_600),
    Scheduled(cloud.ALERTS, cloud.AlertRound(), 60),
    Scheduled(cloud.MAKERS, cloud.PayMakers(), 60),
    Scheduled("ledger.seal", ledger.Housekeeping(), 10),
    Scheduled("ledger.snapshot", ledger.Housekeeping(), 3_600),
)
TASKS_SHARE = 0.6

log = structlog.get_logger(__name__)


class Entrepot:
    """A home, opened: its database, and every part that keeps something in memory.

    Opened parts answer at once; what works in the background begins with `start`. A handle that was not started still
    brings everything to rest with `settle`, on the caller's thread.
    """

    def __init__(
        self,
        home: Path,
        settings: Settings,
        database: Database,
        secret_key: Secret,
        faults: pay.Faults | None = None,
    ) -> None:
        kernel.settle_structs()
        self.home = home
        self.settings = settings
        self.database = database
        self.secret_key = secret_key
        self.name = process_name()
        self.blobs = Blobs(home / "blobs")
        self.mailer = identity.open_mailer(settings.identity, home / "mail")
        self.signals = signals.Buffer(database)
        self.meter = cloud.Meter(
            database, settings=settings.cloud, prepare=cloud.ensure_builtin, standard=cloud.STANDARD
        )
        self.gateway = cloud.Gateway(database, cloud.Pool(self.blobs, settings.cloud), settings.cloud, self.name)
        self.batches = cloud.BatchRunner(self.gateway, database, self.blobs, settings.cloud.currency)
        self.processor = pay.SandboxProcessor(home / "sandbox", clock=database.clock, faults=faults)
        self.processors = pay.open_processors(settings.pay, self.processor, database.clock, settings.public_url)
        self.sealer = pay.Sealer(secret_key)
        self.carriers = deliver.open_carriers(secret_key, sandbox="sandbox" in settings.pay.processors)
        index, lists = home / "index", home / "index" / "lists"
        self.indexer = discovery.Indexer(database, self.meter, index, settings.discovery, self.name, self.blobs)
        self.searcher = discovery.Searcher(database, self.indexer.index, self.meter, self.signals, lists)
        self.pictures = discovery.PictureSearch(
            database, self.blobs, self.searcher, self.meter, settings.discovery, home / "index" / "photos"
        )
        self.reactions: Reactions = _joined(
            catalog.reactions(),
            orders.reactions(secret_key, settings.pay),
            discovery.reactions(),
            group.reactions(settings.cloud.currency),
            cloud.reactions(settings.cloud),
        )
        self.job_kinds = self._job_kinds()
        self._relay = Relay(database, self.reactions, self.name)
        self._threads: list[Any] = []
        self._indexed = False
        self._only: int | None = None

    def start(self) -> None:
        """Set going whatever works in the background: relay, projections, tasks, schedule, index, signals, meter.

        Unavailable when another process serves this home from SQLite, which has one writer.
        """
        if self.database.dialect == "sqlite":
            self._only = only_one(self.home / "serve.lock")
        self.database.write_now(free_from_the_dead)
        self.database.write_now(cloud.ensure_builtin)
        self.indexer.open(build=False)
        self._indexed = True
        # Prices and stock follow on a thread of their own: words and vectors of an import do not hold them up.
        quick: tuple[Projection, ...] = (self.indexer.columns, self.searcher.rulebook, self.pictures.gallery)
        projections = [ProjectionThread(self.database, each) for each in ([self.indexer], quick)]
        for thread in projections:
            self._relay.when_placed(thread.wake.set)
        self._threads = [
            RelayThread(self.database, self._relay),
            *projections,
            Workers(self.database, self.job_kinds, self.name),
            ScheduleThread(self.database, SCHEDULE, self.name),
            self.indexer,
            self.signals,
            self.meter,
        ]
        for thread in self._threads:
            thread.start()

    def settle(self) -> None:
        """Run reactions, projections and due tasks on this thread until nothing is left to do."""
        workers = Workers(self.database, self.job_kinds, self.name)
        while self._relay.drain() + workers.drain():
            pass
        self.open_index()
        for projection in (self.indexer, self.searcher.rulebook, self.pictures.gallery):
            catch_up(self.database, projection)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Let the search index follow what the caller saves meanwhile, on a handle that is not started. `settle` takes
        in what is left."""
        self.database.write_now(free_from_the_dead)  # one that was killed a moment ago may still hold the index
        self.open_index()
        index = ProjectionThread(self.database, [self.indexer])
        self._relay.when_placed(index.wake.set)
        threads = (RelayThread(self.database, self._relay), index)
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.stop()

    def rest(self) -> None:
        """The same without the index: reactions and due tasks only, for days that nobody searches in."""
        workers = Workers(self.database, self.job_kinds, self.name)
        while self._relay.drain() + workers.drain():
            pass

    def open_index(self) -> None:
        """Open the search index for a handle that is not started, building it where there is none."""
        if not self._indexed:
            self.indexer.open()
            self._indexed = True

    def reindex(self, progress: Callable[[int], None] | None = None) -> int:
        """Build the search index anew beside the one that is served, and switch; returns how many products it holds."""
        return self.indexer.rebuild(progress)

    def close(self, deadline: Deadline = NEVER) -> None:
        """Let what is under way end, write what is in memory, and let go of everything.

        Every part is closed, whatever becomes of those before it, in the time that is left. Unavailable, with a
        sentence for each, when some could not end or write: all that was acknowledged is durable nevertheless.
        """
        self.database.end_by(deadline)
        problems: list[str] = []
        for close in self._closings(deadline):
            try:
                close()
            except Refused as refusal:
                problems.append(refusal.sentence)
            except Exception as error:
                log.exception("a part could not be closed")
                problems.append(f"A part could not be closed ({type(error).__name__})")
        if self._only is not None:
            os.close(self._only)
            self._only = None
        if problems:
            raise Unavailable(
                f"Not everything could be finished. {'. '.join(dict.fromkeys(problems))}. What was acknowledged is "
                "durable; the next start goes on with the rest"
            )

    def _closings(self, deadline: Deadline) -> Iterator[Callable[[], None]]:
        """How every part is closed, in order. Tasks leave time to the others, who write what is in memory."""
        for thread in self._threads:
            if thread is not self.meter:
                given = deadline.share(TASKS_SHARE) if isinstance(thread, Workers) else deadline
                yield partial(thread.stop, given)
        if not self._threads:
            yield self.signals.stop
            yield self.indexer.close
        yield partial(self.meter.close, deadline)
        yield self.processors.close
        yield partial(self.database.close, deadline)

    def _job_kinds(self) -> tuple[TaskKind[Any], ...]:
        settings = self.settings
        return (
            self._tidying(),
            *identity.tasks(self.mailer, settings.public_url),
            *identity.webhook_tasks(self.secret_key, loopback=settings.identity.webhooks_to_loopback),
            *ledger.TASKS,
            *pay.tasks(
                self.processors, self._hear_webhook, settings.pay, sealer=self.sealer, return_url=self._order_url
            ),
            *deliver.tasks(settings.deliver),
            *catalog.tasks(self.blobs, settings.catalog),
            *orders.TASKS,
            cloud.reconcile_task(settings.cloud, self.name, self.gateway.is_under_way),
            *cloud.billing_tasks(settings.cloud),
            self.batches.task(),
            cloud.tidy_task(self.blobs),
            cloud.makers_task(settings.cloud),
            group.show_task(settings.cloud.currency),
            discovery.rebuild_task(self.indexer),
            discovery.tuning_task(self.database, self.blobs, self.searcher, self.meter),
            discovery.rewrite_task(self.searcher.ranked),
            *discovery.picture_tasks(self.blobs, self.pictures.encoders, self.meter, settings.discovery),
        )

    def _tidying(self) -> TaskKind[kernel.Tidy]:
        """What only ever grows, and how long it is kept."""
        keep = self.settings.keep
        return kernel.tidy_task(
            kernel.Kept(kernel.forget_events, keep.events_days),
            kernel.Kept(identity.forget_webhooks, keep.webhooks_days),
            kernel.Kept(pay.forget_heard, keep.webhooks_days),
            kernel.Kept(identity.forget_notices, keep.notices_days),
            kernel.Kept(signals.forget_signals, keep.signals_days),
        )

    def _hear_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        """What the sandbox sends arrives as a real processor's would, without the way over HTTP."""
        webhook = self.processor.read_webhook(headers, body, self.database.clock.now())
        self.database.write_now(lambda tx: pay.record_webhook(tx, self.processor.name, webhook))

    def _order_url(self, order_id: str) -> str:
        """Where a buyer comes back to, after paying at a processor's page; who buys credit, to the top-up."""
        place = "cloud/credit/topups" if order_id.startswith("top_") else "orders"
        return f"{self.settings.public_url}/{place}/{order_id}"


def _joined(*parts: Reactions) -> Reactions:
    """Every room's reactions: an event may wake several."""
    return {event: [handler for part in parts for handler in part.get(event, ())] for part in parts for event in part}


def open_home(
    home: Path,
    environ: Mapping[str, str] | None = None,
    *,
    clock: Clock | None = None,
    random: Random | None = None,
    faults: pay.Faults | None = None,
) -> Entrepot:
    """Open a home, making it and its schema where they are missing.

    `faults` are those of the sandbox processor, for simulated days. Refused with a sentence when a setting is wrong or
    the folder or database cannot be used.
    """
    settings = read_settings(home, os.environ if environ is None else environ)
    _make_folder(home)
    url = settings.database_url(home)
    database = Database(url, clock=clock, random=random)  # first, because it says best why it cannot be reached
    try:
        migrations.upgrade(url)
    except BaseException:
        database.close()
        raise
    return Entrepot(home, settings, database, read_secret_key(home), faults)


@contextmanager
def opened(home: Path, environ: Mapping[str, str] | None = None) -> Iterator[Entrepot]:
    """A home that exists, for commands that work in it; closed after them."""
    require_home(home, os.environ if environ is None else environ)
    entrepot = open_home(home, environ)
    try:
        yield entrepot
    finally:
        entrepot.close()


@contextmanager
def open_database(home: Path, environ: Mapping[str, str] | None = None, *, current: bool = True) -> Iterator[Database]:
    """Only the database of a home that exists, for commands that look or write shortly.

    `current`: with this program's schema. A backup is made of any.
    """
    url = require_home(home, os.environ if environ is None else environ)
    database = Database(url)
    try:
        migrations.require_schema(url, current=current)
        yield database
    finally:
        database.close()


def require_home(home: Path, environ: Mapping[str, str]) -> str:
    """The address of a home's database. Unavailable when there is no such home, so that a slip of the keyboard makes
    none."""
    url = read_settings(home, environ).database_url(home)
    if not home.is_dir() or (url == sqlite_url(home / "entrepot.db") and not (home / "entrepot.db").exists()):
        raise Unavailable(f"There is no home at {home}: name it with --home, or start one with `entrepot serve`")
    return url


def only_one(path: Path) -> int:
    """A lock that one process has at a time, and that ends with it; returns what holds it.

    Unavailable when another has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # not on every system; there a second one is not noticed
        pass
    except OSError as error:
        os.close(descriptor)
        raise Unavailable(
            f"Another process serves the home {path.parent} already: stop it first, or move to PostgreSQL, where "
            "several can"
        ) from error
    return descriptor


def read_secret_key(home: Path) -> Secret:
    """The home's own key for signing links and cookies; made once, readable by its owner only."""
    path = home / "secret.key"
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return Secret(path.read_text(encoding="ascii").strip())


def _make_folder(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The home {home} cannot be made: {error.strerror}. Choose another with --home") from error
