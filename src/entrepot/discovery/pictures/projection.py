"""What labelled photographs teach: a projection of features in which pictures of one thing lie together.

Linear discriminants (Fisher 1936; Rao 1948), with the spread inside labels shrunk towards a ball (Friedman 1989), so
that a few photographs of each thing are enough:

1. the principal components of all features, at most COMPONENTS_MAX;
2. a whitening of how pictures of one label differ: light, angle, background then count little;
3. the directions in which labels differ most, and behind them, weaker, the remaining ones in which pictures differ, so
   that things that share a label can still be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from entrepot.kernel import Invalid

from .features import Floats

COMPONENTS_MAX = 300
DIMENSIONS_MAX = 128
SHRUNK = 0.2
REST_WEIGHT = 0.15
LABELS_LEAST = 2
PHOTOS_LEAST = 10

Matrix = npt.NDArray[np.float64]


class Projection(msgspec.Struct, frozen=True):
    """`(features - mean) @ weights`, then at unit length."""

    mean: Floats
    weights: Floats

    def apply(self, features: Floats) -> Floats:
        """Rows of features as rows of unit length."""
        return unit_rows(((features - self.mean) @ self.weights).astype(np.float32))


def fit(features: Floats, labels: Sequence[str]) -> Projection:
    """The projection that these pictures teach. Invalid when they are too few, or no label has two of them."""
    names, codes = np.unique(np.array(labels), return_inverse=True)
    counts = np.bincount(codes)
    if len(names) < LABELS_LEAST or len(codes) < PHOTOS_LEAST or counts.max() < 2:
        raise Invalid(
            f"{len(codes)} pictures of {len(names)} things teach nothing: give at least {PHOTOS_LEAST} pictures of "
            f"{LABELS_LEAST} things, several of each"
        )
    mean = features.mean(axis=0, dtype=np.float64)
    axes = _principal(features - mean)
    points = (features - mean) @ axes
    white = axes @ _whitening(points, codes, counts)
    between, rest = _directions((features - mean) @ white, codes, counts)
    kept = np.concatenate((between, REST_WEIGHT * rest), axis=1)[:, :DIMENSIONS_MAX]
    return Projection(mean.astype(np.float32), (white @ kept).astype(np.float32))


def unit_rows(rows: Floats) -> Floats:
    """Rows at unit length; zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit


def _principal(centred: Matrix) -> Matrix:
    """The directions in which pictures differ most; those of no length are left out."""
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    known = int(np.count_nonzero(lengths > lengths[0] * 1e-6))
    return axes[: min(known, COMPONENTS_MAX)].T


def _whitening(points: Matrix, codes: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> Matrix:
    """What makes the spread inside labels the same in every direction."""
    within = points - _means(points, codes, counts)[codes]
    spread = within.T @ within / max(len(points) - len(counts), 1)
    size = np.trace(spread) / len(spread)
    shrunk = (1 - SHRUNK) * spread + SHRUNK * max(size, 1e-12) * np.eye(len(spread))
    lengths, axes = np.linalg.eigh(shrunk)
    whitening: Matrix = axes / np.sqrt(lengths)
    return whitening


def _directions(points: Matrix, codes: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> tuple[Matrix, Matrix]:
    """The directions in which labels differ, and the others by how much pictures differ in them."""
    means = _means(points, codes, counts)
    _, _, axes = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    between = axes[: len(counts) - 1].T
    left = points - points @ between @ between.T
    _, _, others = np.linalg.svd(left - left.mean(axis=0), full_matrices=False)
    return between, others[: max(points.shape[1] - between.shape[1], 0)].T


def _means(points: Matrix, codes: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> Matrix:
    sums = np.zeros((len(counts), points.shape[1]))
    np.add.at(sums, codes, points)
    means: Matrix = sums / counts[:, None]
    return means
