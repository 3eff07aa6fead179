"""A learned ranker: what the prior says, plus trees of LightGBM that correct it.

The trees begin where the prior ends (LambdaMART's objective with the prior's scores as initial ones), so that a ranker
of few ratings stays near what people can read. LightGBM is imported when a ranker is first used and never before: a
market without one does not pay for it.
"""

from __future__ import annotations

import threading
from functools import cached_property
from importlib import import_module
from typing import Any

import msgspec
import numpy as np

from entrepot.kernel import Invalid, Unavailable

from .features import FEATURES, Matrix, Scores, columns_of, on_grid
from .prior import Prior

BASE = "trees"
"""What the trees add to every score alike, and what rounding leaves."""


class RankerFile(msgspec.Struct, frozen=True):
    """A ranker as it is kept: data and nothing that runs. `scale` turns the trees' sums into the prior's measure."""

    encoder: str
    weights: dict[str, float]
    scale: float
    features: tuple[str, ...]
    trees: tuple[str, ...]
    format: int = 1


class Ranker:
    """See `prior.Scorer`. Several models of the same training are averaged."""

    def __init__(self, file: RankerFile) -> None:
        self.file = file
        self._prior = Prior(file.weights)
        self._columns = columns_of(file.features)
        self.features = frozenset((*file.features, *file.weights))
        self._opening = threading.Lock()

    @classmethod
    def read(cls, content: bytes) -> Ranker:
        """A ranker from a file's bytes. Invalid when it is none, or needs features that this program does not have."""
        try:
            file = msgspec.json.decode(content, type=RankerFile)
        except msgspec.MsgspecError as error:
            raise Invalid(f"This is no ranker's file: {error}") from error
        unknown = [name for name in (*file.features, *file.weights) if name not in FEATURES]
        if unknown or file.format != 1:
            raise Invalid(f"This ranker was trained by another version of this program: train it anew ({unknown[:3]})")
        return cls(file)

    def write(self) -> bytes:
        """The file's bytes."""
        return msgspec.json.encode(self.file)

    def warm(self) -> None:
        """Open the trees now rather than at the first search. Unavailable without LightGBM."""
        self.score(np.zeros((1, len(FEATURES))))

    def score(self, features: Matrix) -> Scores:
        """See `Scorer`."""
        return self._prior.score(features) + self._corrections(features)

    def parts(self, features: Matrix) -> dict[str, Scores]:
        """See `Scorer`. The trees' parts are Shapley values (Lundberg et al., 2018)."""
        parts = self._prior.parts(features)
        values = self._shapley(features)
        added = {name: values[:, place] for place, name in enumerate(self.file.features)}
        base = self._corrections(features) - sum(added.values(), np.zeros(len(features)))
        for name, part in added.items():
            parts[name] = parts.get(name, np.zeros(len(features))) + part
        return {**parts, BASE: base}

    def _corrections(self, features: Matrix) -> Scores:
        """What the trees add, on the grid."""
        if not len(features):
            return np.zeros(0)
        chosen = features[:, self._columns]
        sums = sum(model.predict(chosen, raw_score=True, num_threads=1) for model in self._models)
        return on_grid(np.asarray(sums) * (self.file.scale / len(self._models)))

    def _shapley(self, features: Matrix) -> Matrix:
        if not len(features):
            return np.zeros((0, len(self._columns)))
        chosen = features[:, self._columns]
        sums = sum(model.predict(chosen, pred_contrib=True, num_threads=1) for model in self._models)
        return on_grid(np.asarray(sums)[:, :-1] * (self.file.scale / len(self._models)))

    @cached_property
    def _models(self) -> list[Any]:
        with self._opening:
            lightgbm = library()
            return [lightgbm.Booster(model_str=text) for text in self.file.trees]


def library() -> Any:
    """LightGBM. Unavailable, with what to install, where it is missing."""
    try:
        return import_module("lightgbm")
    except ImportError as error:
        raise Unavailable("Learned ranking needs LightGBM: install entrepot[ranking]") from error
