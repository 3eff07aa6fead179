"""The controls of everything durable: how long the disk takes to promise 4 KiB."""

from __future__ import annotations

import os
import time
from pathlib import Path

BLOCK = b"\x5a" * 4096
OVERWRITTEN_BLOCKS = 256


class Appending:
    """Appends 4 KiB to a file and waits for the disk: the control that bars are set against."""

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
