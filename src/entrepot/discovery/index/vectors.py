"""Vectors by slot: a mapped file, and above FLAT_MAX a graph (faiss HNSW) that finds neighbours without looking at all.

The file is the truth, the graph is made from it at any time and covers its first slots; later ones are compared one by
one. Whatever finds them, similarities are computed from the file, in whole ten-thousandths, ties in the order of ids.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import Slots
from .base import DIMENSIONS, NEIGHBOURS_MAX, SIMILARITY_UNIT, Vectors

FLAT_MAX = 20_000
LINKS = 16
BUILD_EFFORT = 60
SEARCH_EFFORT = 320

Similarities = npt.NDArray[np.int32]
TitleVectors = npt.NDArray[np.float16]


class VectorFile:
    """Rows of unit-length vectors, appended by one writer, read by any. `kind` is how a number is kept."""

    def __init__(
        self, path: Path, count: int, dimensions: int = DIMENSIONS, kind: type[Any] = np.float32, *, writing: bool
    ) -> None:
        """Open a file of `count` rows; what lies beyond is dropped when `writing`."""
        self._path = path
        self._dimensions = dimensions
        self._kind = np.dtype(kind)
        self._row_bytes = dimensions * self._kind.itemsize
        self._file = None
        if writing:
            self._file = open(path, "ab")  # noqa: SIM115 - stays open as long as the generation
            if self._file.tell() > count * self._row_bytes:
                self._file.truncate(count * self._row_bytes)
        self.rows: npt.NDArray[Any] = np.zeros((0, dimensions), kind)
        try:
            self.look(count)
        except BaseException:
            self.close()
            raise

    def append(self, vectors: npt.NDArray[Any]) -> None:
        """Add rows; seen after `look`."""
        assert self._file is not None, "this process reads the index and does not write it"
        assert vectors.shape[1] == self._dimensions
        self._file.write(np.ascontiguousarray(vectors, self._kind).tobytes())

    def look(self, count: int) -> None:
        """Let `rows` be the first `count` rows."""
        if self._file is not None:
            self._file.flush()
        if self._path.stat().st_size < count * self._row_bytes:
            raise OSError(f"{self._path} holds fewer than {count} vectors")
        self.rows = (
            np.memmap(self._path, self._kind, "r", shape=(count, self._dimensions)).view(np.ndarray)
            if count
            else np.zeros((0, self._dimensions), self._kind)
        )

    def sync(self) -> None:
        """Make what was added durable."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


class Graph:
    """Finds neighbours among the first `count` rows, nearly all of the true ones."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.count = int(index.ntotal)

    @classmethod
    def build(cls, rows: Vectors, begin: Graph | None = None) -> Graph:
        """A graph over rows, going on from a smaller one of the same rows."""
        faiss = _faiss()
        if begin is None:
            index = faiss.IndexHNSWSQ(rows.shape[1], faiss.ScalarQuantizer.QT_fp16, LINKS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = BUILD_EFFORT
            index.train(np.ascontiguousarray(rows[:FLAT_MAX]))
        else:
            index = faiss.clone_index(begin._index)
        for place in range(index.ntotal, len(rows), FLAT_MAX):
            index.add(np.ascontiguousarray(rows[place : place + FLAT_MAX]))
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> Graph:
        """A graph from its file."""
        faiss = _faiss()
        return cls(faiss.read_index(str(path)))

    def write(self, path: Path) -> None:
        """Keep the graph in a file."""
        faiss = _faiss()
        faiss.write_index(self._index, str(path))

    def near(self, vector: Vectors, alive: npt.NDArray[np.bool_], most: int) -> Slots:
        """The slots of living rows that are probably nearest."""
        faiss = _faiss()
        alive, selector = alive[: self.count], None
        if not alive.all():
            bits = np.packbits(alive, bitorder="little")
            selector = faiss.IDSelectorBitmap(self.count, faiss.swig_ptr(bits))
        parameters = faiss.SearchParametersHNSW(efSearch=SEARCH_EFFORT, sel=selector)
        _, found = self._index.search(vector.reshape(1, -1), most, params=parameters)
        return np.asarray(found[0][found[0] >= 0], np.int32)


def _faiss() -> Any:
    """The library; imported late because only large indexes need it."""
    return import_module("faiss")


def neighbours(
    rows: Vectors,
    graph: Graph | None,
    vector: Vectors,
    alive: npt.NDArray[np.bool_],
    ids: npt.NDArray[np.bytes_],
    floor: int,
) -> tuple[Slots, Similarities]:
    """The living slots nearest to a vector, at most NEIGHBOURS_MAX, with similarities of at least `floor`."""
    begin = 0 if graph is None else min(graph.count, len(rows))
    flat = np.arange(begin, len(rows), dtype=np.int32)
    near = similarities(rows[begin:], vector)
    if graph is not None:
        slots = graph.near(vector, alive, NEIGHBOURS_MAX)
        slots = slots[slots < len(rows)]
        flat, near = np.concatenate((slots, flat)), np.concatenate((similarities(rows[slots], vector), near))
    kept = (near >= floor) & alive[flat]
    flat, near = flat[kept], near[kept]
    if len(flat) > NEIGHBOURS_MAX:
        least = np.partition(near, len(near) - NEIGHBOURS_MAX)[len(near) - NEIGHBOURS_MAX]
        kept = near >= least
        flat, near = flat[kept], near[kept]
    order = np.lexsort((ids[flat], -near))[:NEIGHBOURS_MAX]
    return flat[order], near[order]


def similarities(rows: Vectors, vector: Vectors) -> Similarities:
    """The cosine of each row with a vector, both of unit length, in whole ten-thousandths."""
    near: Similarities = np.rint((rows @ vector) * SIMILARITY_UNIT).astype(np.int32)
    return near
