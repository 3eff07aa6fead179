"""The encoder of pictures: our own features, a projection of them that was trained here, or any ONNX encoder.

Which one is used says a fact of the home, written by training, unless the setting names a file. A projection is kept in
the blobs, as ONNX and as plain arrays: it runs by onnxruntime where that is installed, else by numpy, with the same
result. Vectors are kept as bytes: each component times 127, rounded.
"""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from entrepot.kernel import Blobs, Database, Invalid, Snapshot, find_fact

from ..settings import Settings
from .features import DIMENSIONS, Floats, features_of
from .projection import Projection, unit_rows

FACT = "discovery.picture_encoder"
UNTRAINED = "pictures-untrained"
KEPT_S = 2.0
SCALE = 127
_SIDE = 224
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures: what encoders that were published are fed with."""

Bytes = npt.NDArray[np.int8]


class PictureEncoder(Protocol):
    """Makes vectors of pictures."""

    @property
    def name(self) -> str:
        """Vectors of one name can be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """How long its vectors are."""
        ...

    def encode(self, images: Sequence[Image.Image]) -> Floats:
        """A row of unit length for each picture."""
        ...


class Trained(msgspec.Struct, frozen=True):
    """The fact: which projection is used, by the blobs it is kept in, and how it was made: of so many photographs of so
    many things, or (`own`) of the catalogue's own pictures."""

    name: str
    onnx: str
    arrays: str
    dimensions: int
    photos: int
    labels: int
    own: bool = False


class Untrained:
    """Our features as they are."""

    name = UNTRAINED
    dimensions = DIMENSIONS

    def encode(self, images: Sequence[Image.Image]) -> Floats:
        """See `PictureEncoder`."""
        return np.stack([features_of(image) for image in images]) if images else np.zeros((0, DIMENSIONS), np.float32)


class Projected:
    """Our features, projected as photographs taught."""

    def __init__(self, blobs: Blobs, trained: Trained) -> None:
        self.name, self.dimensions = trained.name, trained.dimensions
        self._session = open_session(blobs.path(trained.onnx))
        self._projection = None if self._session is not None else read_arrays(blobs.get(trained.arrays))

    def encode(self, images: Sequence[Image.Image]) -> Floats:
        """See `PictureEncoder`."""
        features = Untrained().encode(images)
        if self._projection is not None:
            return self._projection.apply(features)
        return np.asarray(self._session.run(None, {"features": features})[0], np.float32)


class Foreign:
    """An ONNX encoder of the operator's: one input of N × 3 × side × side, as ImageNet's encoders want it."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise Invalid(f"discovery.picture_encoder: there is no file {path}")
        self._session = open_session(path)
        if self._session is None:
            raise Invalid("discovery.picture_encoder needs onnxruntime: install it, or leave the setting empty")
        shape = self._session.get_inputs()[0].shape
        self._input = self._session.get_inputs()[0].name
        self._side = shape[-1] if isinstance(shape[-1], int) else _SIDE
        with path.open("rb") as file:
            self.name = f"pictures-{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
        self.dimensions = self.encode([Image.new("RGB", (8, 8))]).shape[1]

    def encode(self, images: Sequence[Image.Image]) -> Floats:
        """See `PictureEncoder`. What the model gives for places or patches is averaged."""
        rows = [self._encode(image) for image in images]
        return unit_rows(np.stack(rows)) if rows else np.zeros((0, self.dimensions), np.float32)

    def _encode(self, image: Image.Image) -> Floats:
        pixels = np.asarray(image.convert("RGB").resize((self._side, self._side)), np.float32) / 255
        scaled = ((pixels - np.array(_MEAN)) / np.array(_SPREAD)).astype(np.float32).transpose(2, 0, 1)[None]
        given = np.asarray(self._session.run(None, {self._input: scaled})[0], np.float32)[0]
        if given.ndim == 3:
            given = given.mean(axis=(1, 2))
        return np.asarray(given.mean(axis=0) if given.ndim == 2 else given, np.float32)


class Encoders:
    """The encoder that is used now, for any thread; another one is taken up within KEPT_S."""

    def __init__(self, database: Database, blobs: Blobs, settings: Settings) -> None:
        self._database = database
        self._blobs = blobs
        self._path = settings.picture_encoder
        self._lock = threading.Lock()
        self._known: tuple[float, PictureEncoder | None] = (0.0, None)

    def current(self) -> PictureEncoder:
        """See the class. Invalid when the setting names what is no encoder."""
        until, encoder = self._known
        return encoder if encoder is not None and time.monotonic() < until else self.fresh()

    def fresh(self) -> PictureEncoder:
        """The same as of this moment, for whoever writes down what it saw."""
        with self._lock:
            encoder = self._open(self._known[1])
            self._known = (time.monotonic() + KEPT_S, encoder)
        return encoder

    def _open(self, before: PictureEncoder | None) -> PictureEncoder:
        if self._path:
            return before or Foreign(Path(self._path).expanduser())
        trained = self._database.read_now(find_trained)
        name = trained.name if trained else UNTRAINED
        return before if before is not None and before.name == name else self.open(trained)

    def open(self, trained: Trained | None) -> PictureEncoder:
        """The encoder of a projection; of none, our features as they are."""
        return Projected(self._blobs, trained) if trained else Untrained()


def find_trained(snapshot: Snapshot) -> Trained | None:
    """The projection that is used; None where it is none."""
    fact = find_fact(snapshot, FACT)
    return None if fact is None else msgspec.convert(fact, Trained)


def to_bytes(vectors: Floats) -> Bytes:
    """Vectors of unit length as they are kept."""
    return np.rint(vectors * SCALE).clip(-SCALE, SCALE).astype(np.int8)


def write_arrays(projection: Projection) -> bytes:
    """A projection as plain arrays."""
    file = io.BytesIO()
    np.savez(file, mean=projection.mean, weights=projection.weights)
    return file.getvalue()


def read_arrays(content: bytes) -> Projection:
    """The projection that these arrays are."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return Projection(arrays["mean"], arrays["weights"])


def open_session(path: Path) -> Any:
    """An ONNX model ready to run on one thread; None where onnxruntime is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises errors of its own, of many kinds
        raise Invalid(f"{path.name} is no ONNX model that can be run: {str(error)[:200]}") from error
