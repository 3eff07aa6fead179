"""A generation on the disk: one directory with everything that opens an index at a known position.

    text/            tantivy
    vectors.f32      a row of unit-length floats for each slot
    titles.f16       the same of titles alone, in half the room: only ranking looks at them
    graph.faiss      neighbours of the first rows, from FLAT_MAX slots on
    state-N.npz      columns as they were at checkpoint N
    words-N.json     vocabulary and filter terms, likewise
    manifest.json    which checkpoint counts, how many slots, and the position of the last event that is in it

The manifest is replaced last, so a crash leaves the one before in force; what had been written beyond it is dropped
when the writer opens the directory, and the events behind its position bring it again. Readers open what it names.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from zipfile import BadZipFile

import msgspec
import numpy as np

from .base import DIMENSIONS, ENCODER, Busy, Damaged
from .claims import Claim
from .columns import Columns
from .fused import FusedIndex
from .postings import Postings
from .vectors import FLAT_MAX, Graph, VectorFile
from .vocabulary import Vocabulary
from .weights import read_tuning

FORMAT = 4
TUNING = "tuning.json"
GRAPH_TAIL_SHARE = 5
"""The graph is made larger when the rows beyond it are more than FLAT_MAX, or a fifth of it where that is more."""


_SIGNS_OF_DAMAGE = (OSError, ValueError, KeyError, EOFError, RuntimeError, msgspec.MsgspecError, BadZipFile)


class Manifest(msgspec.Struct, frozen=True):
    """What is in force in a generation's directory. `encoder` says what its vectors were made by, `floor` how alike
    a neighbour is at least where no setting says otherwise, `zero` how alike are texts without anything in common,
    `tuning` which weights its vectors' dimensions have (`tuning.json`)."""

    checkpoint: int
    count: int
    living: int
    position: int
    graph: bool = False
    encoder: str = ENCODER
    dimensions: int = DIMENSIONS
    floor: float = 0.4
    zero: float = 0.0
    tuning: str = ""
    format: int = FORMAT


class _Words(msgspec.Struct, frozen=True):
    frequency: dict[str, int]
    surfaces: dict[str, str]
    terms: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str, str], ...] = ()


class Generation:
    """An opened directory and the index in it."""

    def __init__(self, folder: Path, manifest: Manifest, index: FusedIndex, claim: Claim, *, writing: bool) -> None:
        self._claim = claim
        self.folder = folder
        self.manifest = manifest
        self.index = index
        self.writing = writing
        self.opened_at = manifest.position

    @classmethod
    def create(
        cls,
        folder: Path,
        floor: float,
        encoder: str = ENCODER,
        dimensions: int = DIMENSIONS,
        zero: float = 0.0,
        tuning: tuple[str, bytes] | None = None,
    ) -> Generation:
        """An empty generation in a new directory, opened for writing; its vectors are of this encoder."""
        claim = Claim(folder)
        folder.mkdir(parents=True)
        if tuning is not None:
            _write(folder / TUNING, tuning[1])
        manifest = Manifest(
            tuning="" if tuning is None else tuning[0],
            checkpoint=0,
            count=0,
            living=0,
            position=0,
            encoder=encoder,
            dimensions=dimensions,
            floor=floor,
            zero=zero,
        )
        index = _open(folder, manifest, Columns(), Vocabulary(), floor, writing=True)
        generation = cls(folder, manifest, index, claim, writing=True)
        generation.checkpoint(0)
        return generation

    @classmethod
    def open(cls, folder: Path, floor: float | None, *, writing: bool) -> Generation:
        """The generation in a directory, as of its last checkpoint. Damaged, with a sentence, when it is not whole."""
        claim = Claim(folder)
        try:
            return cls._open_claimed(folder, floor, claim, writing=writing)
        except BaseException as error:
            claim.release()
            if isinstance(error, _SIGNS_OF_DAMAGE) and not isinstance(error, Busy | Damaged):
                raise Damaged(f"The search index in {folder} cannot be opened ({_brief(error)})") from error
            raise

    @classmethod
    def _open_claimed(cls, folder: Path, floor: float | None, claim: Claim, *, writing: bool) -> Generation:
        manifest = read_manifest(folder)
        columns, vocabulary = _read_state(folder, manifest)
        index = _open(folder, manifest, columns, vocabulary, floor, writing=writing)
        if writing and index.postings.count() != manifest.living:
            held = index.postings.count()
            index.close()
            raise Damaged(f"The search index in {folder} holds the text of {held} products, not of {manifest.living}")
        return cls(folder, manifest, index, claim, writing=writing)

    def checkpoint(self, position: int) -> Manifest:
        """Make everything committed durable, as of the event at this position."""
        assert self.writing
        index = self.index
        index.sync()
        living = index.count()
        assert index.postings.count() == living, "what died has left the text, once, and what lives is in it, once"
        number = self.manifest.checkpoint + 1
        _write_state(self.folder, number, index)
        manifest = msgspec.structs.replace(
            self.manifest,
            checkpoint=number,
            count=index.columns.count,
            living=living,
            position=position,
            graph=index.graph is not None,
        )
        _write(self.folder / "manifest.json", msgspec.json.encode(manifest))
        self._clean(keep=(number, number - 1))
        self.manifest = manifest
        return manifest

    def is_graph_wanted(self) -> bool:
        """Whether so many rows lie beyond the graph that looking at each is slower than it need be."""
        covered = 0 if self.index.graph is None else self.index.graph.count
        return self.manifest.count - covered > max(FLAT_MAX, covered // GRAPH_TAIL_SHARE)

    def make_graph(self) -> Graph:
        """A graph over the rows of the last checkpoint, kept in its file; searches go on while it is made."""
        graph = Graph.build(self.index.vectors.rows[: self.manifest.count], self.index.graph)
        path = self.folder / "graph.faiss"
        graph.write(path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)
        return graph

    def is_behind(self) -> bool:
        """Whether the directory holds a later checkpoint than the one opened here."""
        try:
            return read_manifest(self.folder).checkpoint != self.manifest.checkpoint
        except (OSError, msgspec.MsgspecError):
            return False

    def close(self) -> None:
        """Let go of the files."""
        self.index.close()
        self._claim.release()

    def _clean(self, keep: Sequence[int]) -> None:
        kept = {_state(self.folder, number) for number in keep} | {_words(self.folder, number) for number in keep}
        for path in [*self.folder.glob("state-*.npz"), *self.folder.glob("words-*.json")]:
            if path not in kept:
                path.unlink(missing_ok=True)


def read_manifest(folder: Path) -> Manifest:
    """What is in force in a directory."""
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    if manifest.format != FORMAT:
        raise ValueError(f"its format is {manifest.format}, this program writes {FORMAT}")
    return manifest


def _open(
    folder: Path, manifest: Manifest, columns: Columns, vocabulary: Vocabulary, floor: float | None, *, writing: bool
) -> FusedIndex:
    with ExitStack() as opened:  # whatever is open is closed when a part cannot be opened
        postings = Postings(folder / "text", manifest.count, writing=writing)  # first: it is open for writing once
        opened.callback(postings.close)
        vectors = VectorFile(folder / "vectors.f32", manifest.count, manifest.dimensions, writing=writing)
        opened.callback(vectors.close)
        titles = VectorFile(folder / "titles.f16", manifest.count, manifest.dimensions, np.float16, writing=writing)
        opened.callback(titles.close)
        graph = Graph.read(folder / "graph.faiss") if manifest.graph else None
        opened.pop_all()
    index = FusedIndex(
        columns, vocabulary, postings, vectors, titles, graph, manifest.floor if floor is None else floor, manifest.zero
    )
    index.encoder = index.made_by = manifest.encoder
    if manifest.tuning:
        index.tuning = read_tuning((folder / TUNING).read_bytes())
        index.made_by = f"{manifest.encoder}+{manifest.tuning[:12]}"
    return index


def _read_state(folder: Path, manifest: Manifest) -> tuple[Columns, Vocabulary]:
    words = msgspec.json.decode(_words(folder, manifest.checkpoint).read_bytes(), type=_Words)
    with (
        open(_state(folder, manifest.checkpoint), "rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        columns = Columns.restore(dict(arrays), words.terms)
    columns.terms.learn(words.labels)
    if columns.count != manifest.count:
        raise ValueError(f"it has the columns of {columns.count} slots, not of {manifest.count}")
    return columns, Vocabulary.restore(words.frequency, words.surfaces)


def _write_state(folder: Path, number: int, index: FusedIndex) -> None:
    frequency, surfaces = index.vocabulary.export()
    terms = index.columns.terms
    labels = tuple((name, value, label) for (name, value), label in terms.labels.items())
    words = _Words(frequency, surfaces, tuple(terms.pairs), labels)
    _write(_words(folder, number), msgspec.json.encode(words))
    path = _state(folder, number)
    with open(path, "wb") as file:
        np.savez(file, **index.columns.export(index.columns.count))  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())


def _write(path: Path, content: bytes) -> None:
    """Replace a file by a whole one that is on the disk."""
    new = path.with_suffix(".new")
    with open(new, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _state(folder: Path, number: int) -> Path:
    return folder / f"state-{number}.npz"


def _words(folder: Path, number: int) -> Path:
    return folder / f"words-{number}.json"


def _brief(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
