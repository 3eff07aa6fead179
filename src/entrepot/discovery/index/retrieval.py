"""Which slots a query finds, before filters: by its words, and by its vector.

Every word's slots and scores are arrays; the set of all words is an intersection that begins with the rarest, the set
of any word a union, and the score a sum. Neighbours join the set with their similarity.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from ..text import query_words
from .arrays import Slots, are_in
from .base import IndexQuery, Vectors
from .columns import Columns
from .matching import SYNONYM, Synonym, Wanted
from .postings import Posting, Postings
from .vectors import Graph, neighbours

REMEMBERED_MAX = 512
REMEMBERED_SLOTS_MAX = 4_000_000

T = TypeVar("T")
Scores = npt.NDArray[np.float32]
Titles = npt.NDArray[np.float16]
Key = tuple[str, bytes, tuple[Synonym, ...], tuple[str, ...]]


class View(msgspec.Struct, frozen=True):
    """What searches see until the next commit. `titles` are vectors of the titles alone, where they are kept."""

    number: int
    count: int
    alive: npt.NDArray[np.bool_]
    living: int
    rows: Vectors
    graph: Graph | None
    titles: Titles | None = None
    zero: float = 0.0


class Found(msgspec.Struct, frozen=True):
    """The set of a query before filters: slots ascending, the share of the best text score, the similarity (or 0).

    `derived` is what was worked out from its slots, for the next who asks.
    """

    slots: Slots
    text: Scores
    similarity: npt.NDArray[np.int32]
    everything: bool = False
    derived: dict[str, tuple[object, Any]] = {}

    def once_of_all(self, name: str, state: object, make: Callable[[], T]) -> T:
        """The same of what is large, kept only for everything: it is one set, and the largest."""
        return self.once(name, state, make) if self.everything else make()

    def once(self, name: str, state: object, make: Callable[[], T]) -> T:
        """What `make` gives, kept while `state` is the same."""
        kept = self.derived.get(name)
        if kept is None or kept[0] != state:
            kept = self.derived[name] = (state, make())
        return kept[1]


class Remembered:
    """What queries found under the current view, for when they come again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[Key, Found] = OrderedDict()
        self._slots = 0
        self._number = -1

    def find(self, view: View, key: Key) -> Found | None:
        """What this query found under this view, if that is still known."""
        with self._lock:
            if view.number != self._number or (found := self._found.get(key)) is None:
                return None
            self._found.move_to_end(key)
            return found

    def keep(self, view: View, key: Key, found: Found) -> None:
        """Remember for this view; what an older one found is forgotten."""
        with self._lock:
            if view.number > self._number:
                self._found.clear()
                self._slots, self._number = 0, view.number
            if view.number < self._number or key in self._found:
                return
            self._found[key] = found
            self._slots += len(found.slots)
            while len(self._found) > REMEMBERED_MAX or self._slots > REMEMBERED_SLOTS_MAX:
                _, dropped = self._found.popitem(last=False)
                self._slots -= len(dropped.slots)


def key_of(query: IndexQuery) -> Key:
    """What decides the set of a query."""
    return query.text, b"" if query.vector is None else query.vector.tobytes(), query.synonyms, query.unwanted


def find(
    view: View, postings: Postings, ids: npt.NDArray[np.bytes_], query: IndexQuery, wanted: Sequence[Wanted], floor: int
) -> Found:
    """The set of a query. Without words and vector it is everything that lives."""
    if query.unwanted:
        whole = find(view, postings, ids, msgspec.structs.replace(query, unwanted=()), wanted, floor)
        return _lacking(whole, view, postings, query.unwanted)
    if not wanted and query.vector is None:
        slots = np.flatnonzero(view.alive).astype(np.int32)
        return Found(slots, np.zeros(len(slots), np.float32), np.zeros(len(slots), np.int32), everything=True)
    texts, scores = text_matches(view, postings, wanted, any_word=True)
    if query.vector is None:
        return Found(texts, scores, np.zeros(len(texts), np.int32))
    near, similarity = neighbours(view.rows, view.graph, query.vector, view.alive, ids, floor)
    slots, has_text = _united(texts, near)
    text = np.zeros(len(slots), np.float32)
    text[has_text] = scores
    similar = np.zeros(len(slots), np.int32)
    similar[np.searchsorted(slots, near)] = similarity
    return Found(slots, text, similar)


def among(view: View, columns: Columns, ids: Sequence[str]) -> Found:
    """These documents, those that live; their scores fall in the order given."""
    known = {slot: -place for place, each in enumerate(ids) if (slot := columns.slot_of.get(each)) is not None}
    slots = np.array(sorted(slot for slot in known if slot < view.count and view.alive[slot]), np.int32)
    ranks = np.array([known[slot] for slot in slots.tolist()], np.float32)
    return Found(slots, ranks, np.zeros(len(slots), np.int32))


def joined(found: Found, view: View, columns: Columns, ids: Sequence[str]) -> Found:
    """A set with these documents too, those that live; they have no score by words or vector of their own."""
    known = [columns.slot_of.get(each) for each in ids]
    slots = np.array(
        sorted({slot for slot in known if slot is not None and slot < view.count and view.alive[slot]}), np.int32
    )
    if found.everything or not len(slots):
        return found
    united, at = _united(found.slots, slots)
    text, similarity = np.zeros(len(united), np.float32), np.zeros(len(united), np.int32)
    text[at], similarity[at] = found.text, found.similarity
    return Found(united, text, similarity)


def _lacking(found: Found, view: View, postings: Postings, unwanted: Sequence[str]) -> Found:
    """A set without the products that are called by all words of one of these phrases."""
    kept = np.ones(len(found.slots), np.bool_)
    for words in filter(None, map(query_words, unwanted)):
        slots, _ = _with_all([_within(postings.named(word), view) for word in words])
        kept &= ~are_in(found.slots, slots)
    return Found(found.slots[kept], found.text[kept], found.similarity[kept])


def _united(slots: Slots, more: Slots) -> tuple[Slots, npt.NDArray[np.bool_]]:
    """Slots that are ascending already, with some others, and which were there: far quicker than any two's union."""
    places = np.minimum(np.searchsorted(slots, more), max(len(slots) - 1, 0))
    new = more[slots[places] != more] if len(slots) else more
    united = np.sort(np.concatenate((slots, new)), kind="stable")
    was_there = np.ones(len(united), np.bool_)
    was_there[np.searchsorted(united, new)] = False
    return united, was_there


def text_matches(view: View, postings: Postings, wanted: Sequence[Wanted], *, any_word: bool) -> tuple[Slots, Scores]:
    """The living slots with every word, or, when there are none and `any_word`, with any; scores up to 1."""
    if not wanted:
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    words = [_word_matches(view, postings, each) for each in wanted]
    slots, scores = _with_all(words)
    if not len(slots) and any_word:
        slots, scores = _with_any(words, view.count)
    best = scores.max(initial=0.0)
    return slots, scores / best if best > 0 else scores


def _word_matches(view: View, postings: Postings, wanted: Wanted) -> tuple[Slots, Scores]:
    """The living slots with one of a word's alternatives, or phrases, ascending, each with its best score."""
    found = [_within(postings.posting(word), view) for word in wanted.alternatives]
    for weight, phrase in wanted.ways():
        slots, scores = _with_all([_within(postings.posting(word), view) for word in phrase])
        found.append((slots, scores * np.float32(weight)))
    for phrase in wanted.named:
        slots, scores = _with_all([_within(postings.named(word), view) for word in phrase])
        found.append((slots, scores * np.float32(SYNONYM)))
    if len(found) == 1:
        return found[0][0], found[0][1] * np.float32(wanted.weight)
    slots = np.unique(np.concatenate([slots for slots, _ in found]))
    scores = np.zeros(len(slots), np.float32)
    for some, some_scores in found:
        places = np.searchsorted(slots, some)
        scores[places] = np.maximum(scores[places], some_scores)
    return slots, scores * np.float32(wanted.weight)


def _within(posting: Posting, view: View) -> tuple[Slots, Scores]:
    """The part of a posting that a view sees."""
    end = len(posting.slots) if posting.upto <= view.count else int(np.searchsorted(posting.slots, view.count))
    slots, scores = posting.slots[:end], posting.scores[:end]
    if view.living == view.count:
        return slots, scores
    alive = view.alive[slots]
    return slots[alive], scores[alive]


def _with_any(words: Sequence[tuple[Slots, Scores]], count: int) -> tuple[Slots, Scores]:
    """The slots that some word has, and their scores added up."""
    total = np.zeros(count, np.float32)
    for slots, scores in words:
        total[slots] += scores
    slots = np.unique(np.concatenate([slots for slots, _ in words]))
    return slots, total[slots]


def _with_all(words: Sequence[tuple[Slots, Scores]]) -> tuple[Slots, Scores]:
    """The slots that all words have, and their scores added up; begins with the rarest word."""
    (slots, scores), *others = sorted(words, key=lambda word: len(word[0]))
    for more, more_scores in others:
        if not len(slots):
            break
        at = np.minimum(np.searchsorted(more, slots), len(more) - 1)
        both = more[at] == slots
        slots, scores = slots[both], scores[both] + more_scores[at[both]]
    return slots, scores
