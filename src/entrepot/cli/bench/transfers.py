"""The ledger: one durable transfer, many callers at once, and a plan of a thousand.

Control and ledger take turns in short rounds, so that both meet the same moods of the disk. The control of the bars is
the append; the overwrite is shown beside it.
"""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit, urlunsplit

from entrepot import ledger
from entrepot.kernel import Database, sqlite_url
from entrepot.kernel.testing import create_tables
from entrepot.ledger import Account, Move, Plan

from .disk import Appending, Overwriting
from .raw import RawLedger
from .report import Measured

ROUNDS = 10
SINGLES = 100
CALLERS = 64
EACH = 10
PLAN_STEPS = 1_000
WALLETS = [Account(f"usr_{n}", "wallet", "USD", floor=0) for n in range(500)]
BANK = Account("platform", "bank", "USD")


class Samples:
    """What the rounds gathered, in seconds; of callers, transfers a second."""

    def __init__(self) -> None:
        self.appends: list[float] = []
        self.overwrites: list[float] = []
        self.singles: list[float] = []
        self.callers: list[float] = []
        self.plans: list[float] = []
        self.raw_plans: list[float] = []


def measure_transfers(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure on SQLite in a file in this folder, and on PostgreSQL in a database made for it and dropped."""
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        with closing(_opened(sqlite_url(Path(scratch) / "bench.db"))) as database:
            samples = _rounds(database, Path(scratch))
        measured += [*_controls(samples), *_figures("SQLite", samples, True)]
        if postgres_url is not None:
            with _scratch_database(postgres_url) as url, closing(_opened(url)) as database:
                measured += _figures("PostgreSQL", _rounds(database, Path(scratch)), False)
    return measured


def _opened(url: str) -> Database:
    create_tables(url)
    database = Database(url)
    filled = Plan(tuple(Move(f"trf_{wallet.owner}", BANK, wallet, 10**9, "bench", "fill") for wallet in WALLETS))
    database.write_now(lambda tx: ledger.post(tx, filled))
    return database


def _rounds(database: Database, scratch: Path) -> Samples:
    samples = Samples()
    appending, overwriting = Appending(scratch / "append"), Overwriting(scratch / "overwrite")
    raw = RawLedger(scratch / f"raw-{database.dialect}.db", [wallet.id for wallet in WALLETS])
    _single(database, 0)
    for number in range(ROUNDS):
        samples.appends += [appending.once() for _ in range(SINGLES)]
        samples.singles += [_single(database, number * SINGLES + n) for n in range(SINGLES)]
        samples.overwrites += [overwriting.once() for _ in range(SINGLES)]
        samples.callers.append(_callers(database))
        samples.raw_plans += [_raw_plan(raw) for _ in range(3)]
        samples.plans += [_plan(database) for _ in range(3)]
    appending.close()
    overwriting.close()
    raw.close()
    return samples


def _single(database: Database, number: int) -> float:
    """Seconds for one transfer from the call to the answer after its commit."""
    started = time.perf_counter()
    _transfer(database, number)
    return time.perf_counter() - started


def _transfer(database: Database, number: int) -> None:
    debit, credit = WALLETS[number % len(WALLETS)], WALLETS[(number * 7 + 1) % len(WALLETS)]
    if debit is credit:
        credit = BANK
    database.write_now(lambda tx: ledger.post(tx, Plan((Move(tx.new_id("trf"), debit, credit, 1, "bench", "single"),))))


def _callers(database: Database) -> float:
    """Transfers a second of many threads that each wait for their own."""
    gate = threading.Barrier(CALLERS + 1)

    def call(caller: int) -> None:
        gate.wait()
        for number in range(EACH):
            _transfer(database, caller * EACH + number)
        gate.wait()

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(CALLERS)]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    gate.wait()
    seconds = time.perf_counter() - started
    for thread in threads:
        thread.join()
    return CALLERS * EACH / seconds


def _moves() -> list[Move]:
    """A thousand transfers among the wallets, with ids that nobody has seen."""
    pairs = [(WALLETS[n % len(WALLETS)], WALLETS[(n * 7 + 1) % len(WALLETS)]) for n in range(PLAN_STEPS)]
    return [
        Move(f"trf_{secrets.token_hex(13)}", debit, credit if credit is not debit else BANK, 1, "bench", "plan")
        for debit, credit in pairs
    ]


def _plan(database: Database) -> float:
    """Seconds for one plan of a thousand transfers, its making left out and its commit counted."""
    plan = Plan(tuple(_moves()))
    started = time.perf_counter()
    database.write_now(lambda tx: ledger.post(tx, plan))
    return time.perf_counter() - started


def _raw_plan(raw: RawLedger) -> float:
    """Seconds for writing as much straight on the driver."""
    moves = [(move.id, move.debit.id, move.credit.id, move.amount) for move in _moves()]
    return raw.plan(moves, [(1, wallet.id) for wallet in WALLETS])


def _controls(samples: Samples) -> list[Measured]:
    return [
        Measured("4 KiB append + fdatasync, p50 (the control)", median(samples.appends) * 1e3, "ms"),
        Measured("4 KiB overwrite + fdatasync, p50", median(samples.overwrites) * 1e3, "ms"),
        Measured("raw sqlite3, set-wise, 1,000 at once", PLAN_STEPS / median(samples.raw_plans), "transfers/s"),
    ]


def _figures(where: str, samples: Samples, barred: bool) -> list[Measured]:
    """The three figures of a database; the bars are SQLite's."""
    append, single = median(samples.appends), median(samples.singles)
    rate = len(samples.appends) / sum(samples.appends)
    callers, plans = median(samples.callers), PLAN_STEPS / median(samples.plans)

    def bar(floor: float, goal: float) -> tuple[float | None, float | None]:
        return (floor, goal) if barred else (None, None)

    return [
        Measured(f"{where}: one transfer, p50", single * 1e3, "ms", "append", single / append, *bar(4, 2.5), True),
        Measured(f"{where}: one transfer, p99", _p99(samples.singles) * 1e3, "ms"),
        Measured(f"{where}: {CALLERS} callers", callers, "transfers/s", "append rate", callers / rate, *bar(0.5, 1.5)),
        Measured(f"{where}: plan of 1,000", plans, "transfers/s", None, None, *bar(15_000, 30_000)),
    ]


def _p99(samples: Sequence[float]) -> float:
    return quantiles(samples, n=100)[98]


@contextmanager
def _scratch_database(server_url: str) -> Iterator[str]:
    """A new database on the server of this address, dropped in the end."""
    import psycopg

    name = f"entrepot_bench_{secrets.token_hex(6)}"
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with closing(psycopg.connect(server_url, autocommit=True)) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
