"""Files by their content: pictures, imports, artefacts, each once, under the sha256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from .errors import NotFound, Unavailable

_SHA256 = re.compile(r"^[0-9a-f]{64}$")


class Blobs:
    """A folder of files named by what they hold. Writing the same bytes again changes nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Store bytes and return their sha256 in hexadecimal; they are on the disk when this returns."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if path.exists():
            return sha256
        try:
            self._write(path, content)
        except OSError as error:
            raise Unavailable(f"A file could not be stored in {self._folder}: {error.strerror}") from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes; NotFound when this store does not hold them."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound("There is no such file") from None

    def path(self, sha256: str) -> Path:
        """Where the bytes lie, for a reader that streams; NotFound when they are not there."""
        if not _SHA256.match(sha256) or not (path := self._path(sha256)).exists():
            raise NotFound("There is no such file")
        return path

    def has(self, sha256: str) -> bool:
        """Whether this store holds the bytes."""
        return bool(_SHA256.match(sha256)) and self._path(sha256).exists()

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]

    def _write(self, path: Path, content: bytes) -> None:
        """Write beside the name, then move: nobody ever sees half a file, and a full disk leaves none behind."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
        for folder in (path.parent, self._folder):
            _sync_folder(folder)  # the name itself must outlive a power cut, too


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
