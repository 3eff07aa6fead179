"""The shop's own vectors: by the small static model that is always there, or by another encoder, through one meter.

Whatever the shop embeds passes here, so that it is admitted, metered and paid for (`metering`). The static model is
wordllama, in process, without network: the vector of a text is the mean of its tokens' vectors, at unit length. The
tokeniser and the table of vectors are wordllama's; the mean is made here over many texts at once without padding them
to one length.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import structlog

from entrepot.kernel import Unavailable, new_id

from .metering import Meter
from .types import Usage

DIMENSIONS = 256
MODEL = "wordllama-l2-supercat-256"
METER = "embedding_tokens"
TOKENS_MAX = 512
CHARACTERS_MAX = 8_000
BATCH = 256
REMEMBERED_MAX = 8_192

Vectors = npt.NDArray[np.float32]

log = structlog.get_logger(__name__)


class Encoder(Protocol):
    """A model that makes vectors in this process. `name` is the one its price book has."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def dimensions(self) -> int:
        """How long its vectors are."""
        ...

    @property
    def tokens_max(self) -> int:
        """How many tokens of a text it reads."""
        ...

    def embed(self, texts: Sequence[str]) -> tuple[Vectors, int]:
        """A row of unit length for each text, and how many tokens that took. A text without tokens gets zeros."""
        ...


class StaticModel:
    """A tokeniser and a vector for each token; loaded when it is first used, by whichever thread comes first."""

    name = MODEL
    dimensions = DIMENSIONS
    tokens_max = TOKENS_MAX

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Vectors] | None = None

    def embed(self, texts: Sequence[str]) -> tuple[Vectors, int]:
        """A row of unit length for each text, and how many tokens that took. A text without tokens gets zeros."""
        tokenizer, table = self._loaded or self._load()
        rows = np.zeros((len(texts), DIMENSIONS), np.float32)
        used = 0
        for begin in range(0, len(texts), BATCH):
            batch = [text[:CHARACTERS_MAX] for text in texts[begin : begin + BATCH]]
            encoded = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            tokens = [each.ids[:TOKENS_MAX] for each in encoded]
            used += sum(map(len, tokens))
            rows[begin : begin + len(batch)] = _means(tokens, table)
        return rows, used

    def _load(self) -> tuple[Any, Vectors]:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load()
            return self._loaded


class _Remembered:
    """Vectors of queries, which come again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._vectors: OrderedDict[tuple[str, str], Vectors] = OrderedDict()

    def find(self, model: str, text: str) -> Vectors | None:
        with self._lock:
            if (vector := self._vectors.get((model, text))) is not None:
                self._vectors.move_to_end((model, text))
            return vector

    def keep(self, model: str, text: str, vector: Vectors) -> None:
        vector.setflags(write=False)
        with self._lock:
            self._vectors[model, text] = vector
            while len(self._vectors) > REMEMBERED_MAX:
                self._vectors.popitem(last=False)


static_model = StaticModel()
_remembered = _Remembered()


def embed(
    meter: Meter, texts: Sequence[str], *, surface: str, ref: str | None = None, encoder: Encoder | None = None,
    items: int | None = None,
) -> Vectors:  # fmt: skip
    """A row of unit length for each text (float32; 256 columns by the static model, which `encoder` replaces), metered
    by tokens for `surface` and `ref`.

    `items` is how many searches or listings it serves: one for each text when left out, 0 where other work of the same
    ones counts them.

    A text without any token gets a row of zeros. Unavailable when nothing more may be used (`Meter.admit`).
    """
    model = encoder or static_model
    if not texts:
        return np.zeros((0, model.dimensions), np.float32)
    admitted = meter.admit(model.name, METER, _tokens_most(texts, model.tokens_max))
    try:
        vectors, tokens = model.embed(texts)
    except BaseException:
        meter.release(admitted)
        raise
    now = meter.clock.now()
    usage = Usage(
        request=new_id("req", now, meter.database.random), meter=METER, quantity=tokens, model=model.name,
        surface=surface, ref=ref, at=now, items=len(texts) if items is None else items,
    )  # fmt: skip
    meter.record(usage, admitted)
    return vectors


def load_model() -> None:
    """Load the model now rather than when the first text comes (some tenths of a second)."""
    static_model.embed(["ready"])


def embed_query(
    meter: Meter, text: str, *, surface: str, ref: str | None = None, encoder: Encoder | None = None
) -> Vectors:
    """One text's vector, which may not be written to. It is remembered: when it comes again it costs nothing, and is
    only counted.

    Zeros when nothing more may be used: a search then goes by its words alone, rather than not at all.
    """
    model = encoder or static_model
    known = _remembered.find(model.name, text)
    if known is not None:
        meter.spare(model.name, surface)
        return known
    try:
        vector: Vectors = embed(meter, [text], surface=surface, ref=ref, encoder=encoder)[0]
    except Unavailable as refusal:
        log.warning("a query is not embedded", reason=refusal.sentence)
        return np.zeros(model.dimensions, np.float32)
    _remembered.keep(model.name, text, vector)
    return vector


def _tokens_most(texts: Sequence[str], most: int) -> int:
    """No tokeniser makes more tokens than a text has bytes, four a character, but for two marks around it."""
    return sum(min(4 * len(text) + 2, most) for text in texts)


def _means(tokens: Sequence[Sequence[int]], table: Vectors) -> Vectors:
    """The mean of each text's rows, at unit length. One by one: faster than any single operation over all of them."""
    sums = np.zeros((len(tokens), DIMENSIONS), np.float32)
    for place, ids in enumerate(tokens):
        if ids:
            table.take(ids, axis=0, mode="clip").sum(axis=0, out=sums[place])
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    rows: Vectors = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
    return rows


def _load() -> tuple[Any, Vectors]:
    """The model from the package's own files. The package sets up the root logger when imported; that is undone."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    import wordllama

    root.handlers[:], root.level = handlers, level
    folder = Path(wordllama.__file__).parent
    inference = wordllama.WordLlama.load(dim=DIMENSIONS, cache_dir=folder, disable_download=True)
    inference.tokenizer.no_padding()
    return inference.tokenizer, inference.embedding
