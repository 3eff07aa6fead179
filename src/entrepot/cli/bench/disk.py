"""The controls of everything durable: how long the disk takes to promise 4 KiB."""

from __future__ import annotations

import os
import time
from pathlib import Path

BLOCK = b"\x5a" * 4096
OVERWRITTEN_BLOCKS = 256
ROW = "x" * 200


class Appending:
    """Appends 4 KiB to a file and waits for the disk: the control that bars are set against."""

    name = "4 KiB append + fdatasync"

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def once(self) -> float:
        """Seconds for one."""
        started = time.perf_counter()
        os.write(self._file, BLOCK)
        os.fdatasync(self._file)
        return time.perf_counter() - started

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


class Committing:
    """Inserts a row into PostgreSQL and commits, through the plain driver: what its own durable commit costs.

    Beside the database in question, in a table that goes when it is closed."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._connection = psycopg.connect(url)
        asked = [self._connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
        self.name = "insert + commit through psycopg" + ", its disk not waited for" * (asked != [("on",), ("on",)])
        self._connection.execute("DROP TABLE IF EXISTS bench_control")
        self._connection.execute("CREATE TABLE bench_control (id BIGSERIAL PRIMARY KEY, body TEXT NOT NULL)")
        self._connection.commit()

    def once(self) -> float:
        """Seconds for one."""
        started = time.perf_counter()
        self._connection.execute("INSERT INTO bench_control (body) VALUES (%s)", (ROW,), prepare=True)
        self._connection.commit()
        return time.perf_counter() - started

    def close(self) -> None:
        """Take the table away, and let go of the connection."""
        self._connection.execute("DROP TABLE bench_control")
        self._connection.commit()
        self._connection.close()


class Overwriting:
    """Writes 4 KiB over what a file holds already: about what a write-ahead log does once it is reused."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.write(self._file, BLOCK * OVERWRITTEN_BLOCKS)
        os.fsync(self._file)
        self._place = 0

    def once(self) -> float:
        """Seconds for one."""
        started = time.perf_counter()
        os.pwrite(self._file, BLOCK, self._place * len(BLOCK))
        os.fdatasync(self._file)
        self._place = (self._place + 1) % OVERWRITTEN_BLOCKS
        return time.perf_counter() - started

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
