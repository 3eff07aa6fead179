"""Shoppers' photographs, while they look at what these found: a thumbnail and a vector, in files, for an hour.

The photograph itself is never kept, and nothing in the files says whose it was. Its name is a secret that only the page
of its results carries. Files are whole or not there, so every process of the home reads what one of them wrote.
"""

from __future__ import annotations

import io
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from entrepot.kernel import NotFound

from .features import Floats

KEPT_S = 3_600
PHOTOS_MAX = 2_000
SIDE = 240
_NAME = re.compile(r"^[0-9a-f]{32}$")


class KeptPhoto(msgspec.Struct, frozen=True):
    """A photograph's vector, by which encoder, and the photograph made small, as WebP."""

    encoder: str
    vector: bytes
    thumbnail: bytes

    def as_floats(self) -> Floats:
        """The vector."""
        return np.frombuffer(self.vector, np.float32)


class Photos:
    """The photographs of a home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, image: Image.Image, encoder: str, vector: Floats) -> str:
        """Keep a photograph's vector and thumbnail; returns its name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._tidy()
        name = secrets.token_hex(16)
        kept = KeptPhoto(encoder, vector.astype("<f4").tobytes(), _thumbnail(image))
        new = self._folder / f"{name}.new"
        new.write_bytes(msgspec.msgpack.encode(kept))
        os.replace(new, self._folder / f"{name}.photo")
        return name

    def get(self, name: str) -> KeptPhoto:
        """What is kept of a photograph; NotFound when it is no more."""
        if _NAME.match(name):
            with suppress(OSError, msgspec.MsgspecError):
                path = self._folder / f"{name}.photo"
                if path.stat().st_mtime > time.time() - KEPT_S:
                    return msgspec.msgpack.decode(path.read_bytes(), type=KeptPhoto)
        raise NotFound("This photo is no longer kept: search with it again")

    def _tidy(self) -> None:
        """Drop what is old, and the oldest of too many."""
        files = []
        for path in self._folder.iterdir():
            with suppress(OSError):
                files.append((path.stat().st_mtime, path))
        files.sort()
        least = time.time() - KEPT_S
        for place, (at, path) in enumerate(files):
            if at < least or place < len(files) - PHOTOS_MAX:
                path.unlink(missing_ok=True)


def _thumbnail(image: Image.Image) -> bytes:
    small = image.convert("RGB")
    small.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=75)
    return out.getvalue()
