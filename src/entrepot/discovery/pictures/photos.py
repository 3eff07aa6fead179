"""Shoppers' photographs, while they look at what these found: a thumbnail and a vector, in files, for an hour.

The photograph itself is never kept, and nothing in the files says whose it was. Its name is a secret that only the page
of its results carries.
"""

from __future__ import annotations

import io
import re
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from entrepot.kernel import NotFound

from ..passing import KEPT_S, NAME, keep
from .features import Floats

PHOTOS_MAX = 2_000
SIDE = 240
_NAME = re.compile(f"^{NAME}$")


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
        kept = KeptPhoto(encoder, vector.astype("<f4").tobytes(), _thumbnail(image))
        return keep(self._folder, ".photo", msgspec.msgpack.encode(kept), PHOTOS_MAX)

    def get(self, name: str) -> KeptPhoto:
        """What is kept of a photograph; NotFound when it is no more."""
        if _NAME.match(name):
            with suppress(OSError, msgspec.MsgspecError):
                path = self._folder / f"{name}.photo"
                if path.stat().st_mtime > time.time() - KEPT_S:
                    return msgspec.msgpack.decode(path.read_bytes(), type=KeptPhoto)
        raise NotFound("This photo is no longer kept: search with it again")


def _thumbnail(image: Image.Image) -> bytes:
    small = image.convert("RGB")
    small.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=75)
    return out.getvalue()
