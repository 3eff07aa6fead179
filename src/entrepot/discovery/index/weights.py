"""A tuned encoder: the weight of each dimension of its vectors."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from .base import Vectors


class Tuning(msgspec.Struct, frozen=True):
    """Weights by dimension, for the vectors of one encoder."""

    encoder: str
    weights: tuple[float, ...]
    format: int = 1


def read_tuning(content: bytes) -> npt.NDArray[np.float64]:
    """The weights of a file."""
    return np.array(msgspec.json.decode(content, type=Tuning).weights, np.float64)


def tuned(vectors: Vectors, weights: npt.NDArray[np.float64] | None) -> Vectors:
    """Vectors with their dimensions weighed, at unit length again; a vector of nothing stays one."""
    if weights is None:
        return vectors
    weighed = vectors * weights.astype(np.float32)
    lengths = np.linalg.norm(weighed, axis=1, keepdims=True)
    found: Vectors = np.divide(weighed, lengths, out=np.zeros_like(weighed), where=lengths > 0)
    return found
