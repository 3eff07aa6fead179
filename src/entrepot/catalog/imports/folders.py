"""A folder for as long as a feed is open: what is unpacked lies there, and goes with it.

Whoever uses one holds a lock on it that ends with its process, however that ends. So what a killed import left behind
is told from what is in use, and goes when the next feed is opened.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PREFIX = "entrepot-feed-"
YOUNG_S = 60.0
"""One that is younger may have been made a moment ago by somebody who is about to lock it."""


@contextmanager
def own_folder() -> Iterator[Path]:
    """A new folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name, ExitStack() as held:
        with suppress(OSError):  # where folders cannot be locked, nothing is swept either
            held.enter_context(_locked(Path(name)))
        _sweep(Path(name).parent)
        yield Path(name)


def _sweep(folder: Path) -> None:
    """Remove what nobody holds any more."""
    for path in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another one's, still held, or gone meanwhile
            if path.stat(follow_symlinks=False).st_mtime < time.time() - YOUNG_S:
                with _locked(path):
                    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """OSError when somebody else holds it, or it is no folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
