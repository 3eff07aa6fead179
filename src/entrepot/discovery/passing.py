"""Small files that are kept for an hour: whole or not there, so that every process of the home reads what one wrote.

Their names cannot be guessed. What is old goes when something new is kept, and the oldest of too many.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

KEPT_S = 3_600
NAME = "[0-9a-f]{32}"


def keep(folder: Path, suffix: str, content: bytes, most: int) -> str:
    """Keep something; returns its name."""
    folder.mkdir(parents=True, exist_ok=True)
    _forget(folder, most)
    name = secrets.token_hex(16)
    new = folder / f"{name}.new"
    new.write_bytes(content)
    os.replace(new, folder / f"{name}{suffix}")
    return name


def _forget(folder: Path, most: int) -> None:
    """Drop what is old, and the oldest of too many."""
    files = []
    for path in folder.iterdir():
        with suppress(OSError):
            files.append((path.stat().st_mtime, path))
    files.sort()
    least = time.time() - KEPT_S
    for place, (at, path) in enumerate(files):
        if at < least or place < len(files) - most:
            path.unlink(missing_ok=True)
