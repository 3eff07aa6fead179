"""Files by their content: pictures, imports, artefacts, each once, under the sha256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from .errors import NotFound, Unavailable

_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_CHUNK = 1 << 20


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
            self._write(path, [content])
        except OSError as error:
            raise Unavailable(f"A file could not be stored in {self._folder}: {error.strerror}") from error
        return sha256

    def put_file(self, source: Path) -> str:
        """Store a copy of a file, whatever its size, and return its sha256; it is on the disk when this returns."""
        try:
            with source.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                if not (path := self._path(sha256)).exists():
                    file.seek(0)
                    self._write(path, iter(lambda: file.read(_CHUNK), b""))
        except OSError as error:
            raise Unavailable(f"{source.name} could not be stored in {self._folder}: {error.strerror}") from error
        return sha256

    def put_stream(self, file: BinaryIO) -> str:
        """The same for a file that is open and can be read twice; memory holds a block at a time."""
        begin, digest = file.tell(), hashlib.sha256()
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        sha256 = digest.hexdigest()
        if not (path := self._path(sha256)).exists():
            file.seek(begin)
            try:
                self._write(path, iter(lambda: file.read(_CHUNK), b""))
            except OSError as error:
                raise Unavailable(f"A file could not be stored in {self._folder}: {error.strerror}") from error
        return sha256

    def delete(self, sha256: str) -> None:
        """Let go of a file; nothing happens when it is not there. Only for what nobody else may refer to."""
        if _SHA256.match(sha256):
            self._path(sha256).unlink(missing_ok=True)

    def below(self, name: str) -> Blobs:
        """A store of its own inside this one: its files are not found here, and may be deleted without regard."""
        return Blobs(self._folder / name)

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

    def _write(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write beside the name, then move: nobody ever sees half a file, and a full disk leaves none behind."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
            try:
                file.writelines(chunks)
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
