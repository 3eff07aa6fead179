"""How results are judged before anything was learned: a sum of few features, each times a weight that people can read.

The weights were set by hand and then checked on rated queries of a real electronics catalogue, for two encoders at once
(`decisions/0014`). None is there because of one query.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import msgspec

from .features import PLACE, Matrix, Scores, on_grid

WEIGHTS: dict[str, float] = {
    "vector": 2.0,
    "title_vector_kin": 0.8,
    "telling": 0.8,
    "words": 0.4,
    "text": 0.1,
    "text_place": 0.25,
    "title_same": 1.0,
    "brand": 0.4,
    "type": 0.1,
    "type_names": 0.1,
    "attribute": 0.1,
    "popularity": 0.2,
    "rating": 0.1,
    "merchant": 0.05,
}


class Scorer(Protocol):
    """Gives results their scores. What a score is made of sums to it, to the last bit."""

    @property
    def features(self) -> Collection[str]:
        """The features that it looks at: no other has to be known."""
        ...

    def score(self, features: Matrix) -> Scores:
        """A score for each row of features; more is better."""
        ...

    def parts(self, features: Matrix) -> dict[str, Scores]:
        """What each feature adds to each score."""
        ...


class Prior(msgspec.Struct, frozen=True):
    """See `Scorer`."""

    weights: dict[str, float] = msgspec.field(default_factory=lambda: dict(WEIGHTS))

    @property
    def features(self) -> Collection[str]:
        """See `Scorer`."""
        return self.weights.keys()

    def score(self, features: Matrix) -> Scores:
        """See `Scorer`."""
        columns, weights = [PLACE[name] for name in self.weights], list(self.weights.values())
        score: Scores = on_grid(features[:, columns] * weights).sum(axis=1)
        return score

    def parts(self, features: Matrix) -> dict[str, Scores]:
        """See `Scorer`."""
        return {name: on_grid(features[:, PLACE[name]] * weight) for name, weight in self.weights.items()}
