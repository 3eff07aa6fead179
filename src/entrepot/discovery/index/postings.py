"""Text in tantivy: which slots have a word, and how much it says about each (BM25 over three fields).

Tantivy keeps the words on the disk and scores them. What it tells of one word is kept here as two arrays, slots and
scores, so a query of several words is arithmetic on arrays: the whole set it matches, and every score in it, in about a
millisecond at half a million documents. BM25 is a sum over words, so nothing is lost by asking word by word.

Slots never change, so an array stays true; it is only extended by the slots that came since. Dead slots are told apart
by the caller.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import tantivy

from .arrays import Slots
from .base import Busy
from .fields import Fields

FIELD_WEIGHTS = {"title": 4.0, "head": 2.0, "body": 1.0}
NAMING = ("title", "head")
"""The fields that say what a product is called."""
SEGMENT_FILES = ("term", "idx", "pos", "fieldnorm", "fast", "store")
WRITER_BYTES = 64_000_000
REMEMBERED_SLOTS_MAX = 16_000_000
DRIFT_MAX = 1.25
"""BM25 depends on how many documents there are; scores are asked for anew when there are this many times more."""


Asked = tuple[str, tuple[str, ...]]
"""A word, and the fields in which it may be."""


class Posting(NamedTuple):
    """The slots that have a word, ascending, and the word's score in each; complete below `upto`."""

    slots: Slots
    scores: npt.NDArray[np.float32]
    upto: int
    asked_at: int


class Postings:
    """The text of one generation. Opened by one writer and any number of readers."""

    def __init__(self, folder: Path, count: int, *, writing: bool) -> None:
        """Open the folder, making it when `writing`; `count` slots are in use, whatever lies beyond is dropped."""
        self._schema = _schema()
        if writing:
            folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(self._schema, path=str(folder))
        _check_whole(folder)
        self._writer = _writer(self._index, folder) if writing else None
        self._remembered: OrderedDict[Asked, Posting] = OrderedDict()
        self._remembered_slots = 0
        self._lock = threading.Lock()
        self._seen = self._look(count)
        if writing and self._seen[0].num_docs:
            self._delete_from(count)

    def add(self, slot: int, fields: Fields) -> None:
        """Put in a document's words; seen after `commit`."""
        document = tantivy.Document()
        for name in FIELD_WEIGHTS:
            document.add_text(name, getattr(fields, name))
        document.add_integer("slot", slot)
        document.add_bytes("words", fields.words.encode())
        self._the_writer.add_document(document)

    def delete(self, slots: Iterable[int]) -> None:
        """Take dead slots out of the files; done with the next `commit`."""
        for slot in slots:
            self._the_writer.delete_documents_by_term("slot", slot)

    def commit(self, count: int) -> None:
        """Make what was put in durable and seen; slots below `count` are in use."""
        self._the_writer.commit()
        self._seen = self._look(count)

    def count(self) -> int:
        """How many documents the files hold."""
        return int(self._seen[0].num_docs)

    def words_of(self, slot: int) -> list[str]:
        """The distinct words of a committed slot."""
        searcher = self._seen[0]
        hits = searcher.search(tantivy.Query.term_query(self._schema, "slot", slot), limit=1, count=False).hits
        stored = searcher.doc(hits[0][1]).get_first("words") if hits else None
        return [] if stored is None else bytes(stored).decode().split()

    def posting(self, word: str) -> Posting:
        """A word's slots and scores; some of the slots may be dead, or newer than the caller's view."""
        return self._posting(word, tuple(FIELD_WEIGHTS))

    def named(self, word: str) -> Posting:
        """The same of the products that are called by the word: by their title, brand or category."""
        return self._posting(word, NAMING)

    def _posting(self, word: str, fields: tuple[str, ...]) -> Posting:
        searcher, count = self._seen
        with self._lock:
            known = self._remembered.get((word, fields))
            if known is not None:
                self._remembered.move_to_end((word, fields))
        if known is None or count > known.asked_at * DRIFT_MAX:
            known = self._ask(searcher, (word, fields), 0, count, count)
        elif known.upto < count:
            new = self._ask(searcher, (word, fields), known.upto, count, known.asked_at)
            known = Posting(
                np.concatenate((known.slots, new.slots)),
                np.concatenate((known.scores, new.scores)),
                count,
                new.asked_at,
            )
        else:
            return known
        self._remember((word, fields), known)
        return known

    def close(self) -> None:
        """Let go of the writer's lock on the folder."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    @property
    def _the_writer(self) -> tantivy.IndexWriter:
        assert self._writer is not None, "this process reads the index and does not write it"
        return self._writer

    def _look(self, count: int) -> tuple[tantivy.Searcher, int]:
        self._index.reload()
        return self._index.searcher(), count

    def _delete_from(self, count: int) -> None:
        """Drop what was written and not recorded before a crash: the events that brought it come again."""
        integer = tantivy.FieldType.Integer
        beyond = tantivy.Query.range_query(self._schema, "slot", integer, count, None, True, True)
        self._the_writer.delete_documents_by_query(beyond)
        self.commit(count)

    def _ask(self, searcher: tantivy.Searcher, asked: Asked, begin: int, end: int, asked_at: int) -> Posting:
        query = self._word_query(*asked)
        if begin:
            since = tantivy.Query.range_query(self._schema, "slot", tantivy.FieldType.Integer, begin, None)
            query = query.and_must_match(tantivy.Query.const_score_query(since, 0.0))
        hits = searcher.search(query, limit=max(1, int(searcher.num_docs)), count=False).hits if end else []
        slots = np.array(searcher.fast_field_values("slot", [address for _, address in hits]), np.int32)
        scores = np.array([score for score, _ in hits], np.float32)
        order = np.argsort(slots)
        order = order[: np.searchsorted(slots[order], end)]
        return Posting(slots[order], scores[order], end, asked_at)

    def _word_query(self, word: str, fields: tuple[str, ...]) -> tantivy.Query:
        parts = [
            tantivy.Query.boost_query(tantivy.Query.term_query(self._schema, name, word, "freq"), FIELD_WEIGHTS[name])
            for name in fields
        ]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])

    def _remember(self, asked: Asked, posting: Posting) -> None:
        with self._lock:
            before = self._remembered.pop(asked, None)
            self._remembered_slots += len(posting.slots) - (0 if before is None else len(before.slots))
            self._remembered[asked] = posting
            while self._remembered_slots > REMEMBERED_SLOTS_MAX:
                _, dropped = self._remembered.popitem(last=False)
                self._remembered_slots -= len(dropped.slots)

    def warm(self, words: Sequence[str]) -> None:
        """Ask for words before somebody does."""
        for word in words:
            self.posting(word)


def _check_whole(folder: Path) -> None:
    """Raise OSError when a file of a segment is missing: tantivy itself notices only when it reads it.

    A writer that merges segments meanwhile first lists the new one and then takes the old ones away. So what is missing
    from a list is missing in earnest only if the list still stands.
    """
    listed: bytes | None = None
    missing = ""
    while (now := (folder / "meta.json").read_bytes()) != listed:
        listed, missing = now, _missing_of(folder, now)
        if not missing:
            return
    raise OSError(f"{missing} is missing")


def _missing_of(folder: Path, listed: bytes) -> str:
    """The first file that is listed and not there."""
    names = [segment["segment_id"].replace("-", "") for segment in msgspec.json.decode(listed)["segments"]]
    files = (f"{name}.{part}" for name in names for part in SEGMENT_FILES)
    return next((file for file in files if not (folder / file).exists()), "")


def _writer(index: tantivy.Index, folder: Path) -> tantivy.IndexWriter:
    try:
        return index.writer(WRITER_BYTES, 1)
    except ValueError as error:
        if "LockBusy" in str(error):
            raise Busy(f"Another process has {folder} open for writing") from error
        raise


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in FIELD_WEIGHTS:
        builder.add_text_field(name, stored=False, tokenizer_name="whitespace", index_option="freq")
    # Signed on purpose: deleting by a term of an unsigned field deletes nothing, and says nothing.
    builder.add_integer_field("slot", stored=False, indexed=True, fast=True)
    builder.add_bytes_field("words", stored=True)
    return builder.build()
