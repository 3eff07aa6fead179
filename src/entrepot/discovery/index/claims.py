"""Who uses a generation's directory: a claim is a lock that ends with its process, however that ends.

Whoever builds, writes or reads a generation holds a shared lock on the file beside its directory. What nobody claims
and nobody is to serve is left over from a crash or from before a switch, and is removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class Claim:
    """A shared lock on a directory's name; it may be taken before the directory exists."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor: int | None = os.open(_lock_of(folder), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def sweep(folder: Path, is_served: Callable[[str], bool]) -> list[str]:
    """Remove the generations in a folder that nobody claims and that are not served; returns their names.

    Whoever builds one keeps the claim until it is known to be served, so that is asked once the claim is ours.
    """
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name.startswith("gen_"))
    return [name for name in names if _remove(folder / name, is_served)]


def _remove(folder: Path, is_served: Callable[[str], bool]) -> bool:
    descriptor = os.open(_lock_of(folder), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_served(folder.name):
            return False
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            os.unlink(_lock_of(folder))
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.claim")
