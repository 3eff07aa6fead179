"""The fast index: words from tantivy, neighbours from faiss, everything else from numpy columns.

A search:

1. the query's words become alternatives (`matching`), each word's slots and scores come from `postings`, and the set is
   made by counting how many words each slot has; neighbours of the vector join it;
2. what is no longer sellable leaves, filters are applied and facets counted (`tally`);
3. relevance is a sum of few weights (`Prior`); the best RERANKED are compared by their own vectors, so that a text
   match that also means the same stands above one that does not;
4. only the page asked for is put in order (`ordering`).

Step 1 is kept for queries that come again; 2 to 4 always run on the columns as they are now.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from ..types import Change, Document
from .base import SIMILARITY_UNIT, Completion, IndexHit, IndexPage, IndexQuery, Vectors, check, check_ids
from .columns import Columns, Slots, title_key
from .fields import fields_of
from .filters import read_filters
from .matching import Wanted, correction, understand
from .ordering import first, sort_keys
from .postings import Posting, Postings
from .suggesting import suggest
from .tally import Tally
from .vectors import Graph, VectorFile, neighbours, similarities
from .vocabulary import Vocabulary

RERANKED = 600
REMEMBERED_MAX = 512
REMEMBERED_SLOTS_MAX = 4_000_000

Scores = npt.NDArray[np.float32]


class Prior(msgspec.Struct, frozen=True):
    """How much each reason counts when nothing has been learned yet; every part lies between 0 and 1."""

    text: float = 1.0
    vector: float = 1.5
    title: float = 1.0
    popularity: float = 0.10
    rating: float = 0.05


class Found(msgspec.Struct, frozen=True):
    """The set of a query before filters: slots ascending, the share of the best text score, the similarity (or 0)."""

    slots: Slots
    text: Scores
    similarity: npt.NDArray[np.int32]


class View(msgspec.Struct, frozen=True):
    """What searches see until the next commit."""

    number: int
    count: int
    alive: npt.NDArray[np.bool_]
    living: int
    rows: Vectors
    graph: Graph | None


class FusedIndex:
    """See `base.Index`. One thread writes at a time; searches never wait for it."""

    def __init__(
        self,
        columns: Columns,
        vocabulary: Vocabulary,
        postings: Postings,
        vectors: VectorFile,
        graph: Graph | None,
        floor: float,
        prior: Prior | None = None,
    ) -> None:
        """Made by `generation.open_generation`; `floor` is the similarity that a neighbour has at least."""
        self.columns = columns
        self.vocabulary = vocabulary
        self.postings = postings
        self.vectors = vectors
        self.graph = graph
        self._floor = round(floor * SIMILARITY_UNIT)
        self._prior = prior or Prior()
        self._staged: dict[str, tuple[Document, Vectors] | None] = {}
        self._dead: list[int] = []
        self._remembered: OrderedDict[tuple[str, bytes], Found] = OrderedDict()
        self._remembered_slots = 0
        self._terms_seen: tuple[tuple[int, int], dict[str, dict[str, int]]] = ((-1, -1), {})
        self._lock = threading.Lock()
        self._view = self._look(0)

    # Writing

    def upsert(self, documents: Sequence[Document], vectors: Vectors) -> None:
        """See `base.Index`."""
        check_ids(documents)
        for document, vector in zip(documents, vectors, strict=True):
            self._staged.pop(document.id, None)
            self._staged[document.id] = (document, np.asarray(vector, np.float32))

    def remove(self, ids: Sequence[str]) -> None:
        """See `base.Index`."""
        self._staged.update(dict.fromkeys(ids))

    def commit(self) -> None:
        """See `base.Index`. Durable only with the next checkpoint."""
        if not self._staged:
            return
        dying = self._dying()
        added = [entry for entry in self._staged.values() if entry is not None]
        if added:
            self.vectors.append(np.stack([vector for _, vector in added]))
        for document, _ in added:
            self._add(document)
        for document_id, entry in self._staged.items():
            if entry is None:
                self.columns.forget(document_id)
        for slot in dying:
            self.columns.kill(slot)
        self._dead += dying
        self._staged = {}
        self.vocabulary.settle()
        self.postings.commit(self.columns.count)
        self.vectors.look(self.columns.count)
        self._show()

    def change(self, changes: Sequence[Change]) -> None:
        """See `base.Index`."""
        for change in changes:
            if (staged := self._staged.get(change.id)) is not None:
                document = msgspec.structs.replace(staged[0], **msgspec.structs.asdict(change))
                self._staged[change.id] = (document, staged[1])
            self.columns.change(change)

    def set_popularity(self, weights: dict[str, int]) -> None:
        """See `base.Index`."""
        column = np.zeros_like(self.columns.popularity)
        for document_id, weight in weights.items():
            if (slot := self.columns.slot_of.get(document_id)) is not None:
                column[slot] = weight
        self.columns.popularity = column

    def attach(self, graph: Graph) -> None:
        """Find neighbours with this graph from now on."""
        self.graph = graph
        self._show()

    def sync(self) -> None:
        """Make what was committed durable, and take the dead out of the files."""
        self.commit()
        self.vectors.sync()
        if self._dead:
            self.postings.delete(self._dead)
            self._dead = []
            self.postings.commit(self.columns.count)

    def close(self) -> None:
        """Let go of the files."""
        self.postings.close()
        self.vectors.close()

    # Reading

    def count(self) -> int:
        """See `base.Index`."""
        return self._view.living

    def has(self, document_id: str) -> bool:
        """Whether an id is in."""
        return document_id in self.columns.slot_of

    def search(self, query: IndexQuery) -> IndexPage:
        """See `base.Index`."""
        check(query)
        filters = read_filters(query.filters)
        view, columns = self._view, self.columns
        wanted = understand(query.text, self.vocabulary)
        found = self._find(view, query, wanted)
        sellable = columns.sellable[found.slots]
        slots = found.slots[sellable]
        tally = Tally(columns, slots, filters)
        places = np.flatnonzero(sellable)[tally.kept]
        order, scores = self._order(view, query, found, places)
        page = list(zip(order.tolist(), scores.tolist(), strict=True))[query.offset :]
        hits = tuple(self._hit(query, found, place, score) for place, score in page)
        facets = tally.facets(query.facet_names) if query.facets else ()
        return IndexPage(hits, len(places), facets, correction(query.text, wanted, self.vocabulary))

    def suggest(self, prefix: str, most: int) -> list[Completion]:
        """See `base.Index`."""
        return suggest(self, prefix, most)

    # What `suggesting` asks of an index.

    def frequency(self, word: str) -> int:
        """How many documents have the word."""
        return self.vocabulary.frequency(word)

    def starting(self, prefix: str, most: int) -> Sequence[str]:
        """The words that begin with the prefix, the most frequent first."""
        return self.vocabulary.starting(prefix, most)

    def surface(self, word: str) -> str:
        """The word as people write it."""
        return self.vocabulary.surface(word)

    def sellable_with(self, words: Iterable[str]) -> int:
        """How many sellable documents have all these words."""
        view = self._view
        wanted = [Wanted(word, (word,)) for word in words]
        slots, _ = self._text_matches(view, wanted, any_word=False)
        return int(np.count_nonzero(self.columns.sellable[slots]))

    def sellable_terms(self, name: str) -> dict[str, int]:
        """The values of a filter among sellable documents, with their counts."""
        view, columns = self._view, self.columns
        now = (view.number, columns.version)
        seen, terms = self._terms_seen
        if seen != now:
            terms = {}
            self._terms_seen = (now, terms)
        if name not in terms:
            slots = np.flatnonzero(view.alive & columns.sellable[: view.count]).astype(np.int32)
            _, codes = columns.gather(slots)
            counts = np.bincount(codes[columns.terms.name_codes[codes] == columns.terms.name_code(name)])
            terms[name] = {columns.terms.pairs[code][1]: int(counts[code]) for code in np.flatnonzero(counts).tolist()}
        return terms[name]

    # Steps

    def _dying(self) -> list[int]:
        """The slots that what is staged replaces or removes; their words are taken away."""
        dying = [slot for document_id in self._staged if (slot := self.columns.slot_of.get(document_id)) is not None]
        for slot in dying:
            self.vocabulary.take_away(self.postings.words_of(slot))
        return dying

    def _add(self, document: Document) -> None:
        fields = fields_of(document)
        slot, _ = self.columns.add(document)
        self.postings.add(slot, fields)
        self.vocabulary.add(fields.distinct())
        self.vocabulary.write_as(fields.surfaces)

    def _show(self) -> None:
        self._view = self._look(self._view.number + 1)
        with self._lock:
            self._remembered.clear()
            self._remembered_slots = 0

    def _look(self, number: int) -> View:
        count = self.columns.count
        alive = self.columns.alive[:count].copy()
        return View(number, count, alive, int(np.count_nonzero(alive)), self.vectors.rows, self.graph)

    def _find(self, view: View, query: IndexQuery, wanted: Sequence[Wanted]) -> Found:
        """Step 1, or what it gave before."""
        key = (query.text, b"" if query.vector is None else query.vector.tobytes())
        with self._lock:
            found = self._remembered.get(key)
            if found is not None:
                self._remembered.move_to_end(key)
        if found is None:
            found = self._find_anew(view, query, wanted)
            self._remember(view, key, found)
        return found

    def _find_anew(self, view: View, query: IndexQuery, wanted: Sequence[Wanted]) -> Found:
        if not wanted and query.vector is None:
            slots = np.flatnonzero(view.alive).astype(np.int32)
            return Found(slots, np.zeros(len(slots), np.float32), np.zeros(len(slots), np.int32))
        texts, scores = self._text_matches(view, wanted, any_word=True)
        if query.vector is None:
            return Found(texts, scores, np.zeros(len(texts), np.int32))
        near, similarity = neighbours(view.rows, view.graph, query.vector, view.alive, self.columns.ids, self._floor)
        slots = np.union1d(texts, near).astype(np.int32)
        text = np.zeros(len(slots), np.float32)
        text[np.searchsorted(slots, texts)] = scores
        similar = np.zeros(len(slots), np.int32)
        similar[np.searchsorted(slots, near)] = similarity
        return Found(slots, text, similar)

    def _remember(self, view: View, key: tuple[str, bytes], found: Found) -> None:
        with self._lock:
            if view is not self._view or key in self._remembered:
                return
            self._remembered[key] = found
            self._remembered_slots += len(found.slots)
            while len(self._remembered) > REMEMBERED_MAX or self._remembered_slots > REMEMBERED_SLOTS_MAX:
                _, dropped = self._remembered.popitem(last=False)
                self._remembered_slots -= len(dropped.slots)

    def _text_matches(self, view: View, wanted: Sequence[Wanted], *, any_word: bool) -> tuple[Slots, Scores]:
        """The living slots with every word, or, when there are none and `any_word`, with any; scores up to 1."""
        if not wanted:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        words = [self._word_matches(view, each) for each in wanted]
        slots, scores = words[0] if len(words) == 1 else _joined(words, view.count, len(words))
        if not len(slots) and any_word:
            slots, scores = _joined(words, view.count, 1)
        best = scores.max(initial=0.0)
        return slots, scores / best if best > 0 else scores

    def _word_matches(self, view: View, wanted: Wanted) -> tuple[Slots, Scores]:
        """The living slots with one of a word's alternatives, ascending, each with its best score."""
        found = [_within(self.postings.posting(word), view) for word in wanted.alternatives]
        if len(found) == 1:
            return found[0][0], found[0][1] * np.float32(wanted.weight)
        slots = np.unique(np.concatenate([slots for slots, _ in found]))
        scores = np.zeros(len(slots), np.float32)
        for some, some_scores in found:
            places = np.searchsorted(slots, some)
            scores[places] = np.maximum(scores[places], some_scores)
        return slots, scores * np.float32(wanted.weight)

    def _order(
        self, view: View, query: IndexQuery, found: Found, places: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The places in `found` up to the end of the page, in order, and their scores."""
        slots = found.slots[places]
        most = min(query.offset + query.limit, len(places))
        if query.sort != "relevance":
            order = first(self.columns, slots, sort_keys(self.columns, slots, query.sort), most)
            return places[order], np.zeros(len(order))
        scores = self._relevance(query, found, places)
        reranked = 0 if query.vector is None else min(RERANKED, len(places))
        order = first(self.columns, slots, -scores, max(most, reranked))
        if query.vector is not None and reranked:
            scores = scores + self._nearness(view, query.vector, found, places, order[:reranked])
            again = first(self.columns, slots[order[:reranked]], -scores[order[:reranked]], reranked)
            order = np.concatenate((order[:reranked][again], order[reranked:]))
        return places[order[:most]], scores[order[:most]]

    def _relevance(self, query: IndexQuery, found: Found, places: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        prior, columns = self._prior, self.columns
        slots = found.slots[places]
        scores = prior.text * found.text[places].astype(np.float64)
        scores += prior.vector * found.similarity[places] / SIMILARITY_UNIT
        title = title_key(query.text)
        if title:
            scores += prior.title * (columns.title[slots] == title)
        popularity = np.log1p(columns.popularity[slots])
        scores += prior.popularity * popularity / (1.0 + popularity)
        return scores + prior.rating * _trust(columns, slots)

    def _nearness(
        self, view: View, vector: Vectors, found: Found, places: npt.NDArray[np.int64], best: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """What the vectors of the best add to their scores, where step 1 did not know them."""
        added = np.zeros(len(places))
        unknown = best[found.similarity[places[best]] == 0]
        rows = view.rows[found.slots[places[unknown]]]
        added[unknown] = self._prior.vector * np.maximum(similarities(rows, vector), 0) / SIMILARITY_UNIT
        return added

    def _hit(self, query: IndexQuery, found: Found, place: int, score: float) -> IndexHit:
        slot = int(found.slots[place])
        reasons = []
        if query.text and self.columns.title[slot] == title_key(query.text):
            reasons.append("title")
        if found.text[place] > 0:
            reasons.append("words")
        if found.similarity[place] > 0:
            reasons.append("similar")
        if self.columns.popularity[slot] > 0:
            reasons.append("popular")
        return IndexHit(self.columns.ids[slot].decode(), score, tuple(reasons))


def _within(posting: Posting, view: View) -> tuple[Slots, Scores]:
    """The part of a posting that a view sees."""
    end = len(posting.slots) if posting.upto <= view.count else int(np.searchsorted(posting.slots, view.count))
    slots, scores = posting.slots[:end], posting.scores[:end]
    if view.living == view.count:
        return slots, scores
    alive = view.alive[slots]
    return slots[alive], scores[alive]


def _joined(words: Sequence[tuple[Slots, Scores]], count: int, least: int) -> tuple[Slots, Scores]:
    """The slots that at least so many words have, and their scores added up."""
    if least == len(words):
        return _intersected(sorted(words, key=lambda word: len(word[0])), count)
    total = np.zeros(count, np.float32)
    for slots, scores in words:
        total[slots] += scores
    slots = np.unique(np.concatenate([slots for slots, _ in words]))
    return slots, total[slots]


def _intersected(words: Sequence[tuple[Slots, Scores]], count: int) -> tuple[Slots, Scores]:
    """The slots that all have, beginning with the rarest word."""
    slots, scores = words[0]
    place = np.full(count, -1, np.int32)
    for others, other_scores in words[1:]:
        if not len(slots):
            break
        place[slots] = np.arange(len(slots), dtype=np.int32)
        places = place[others]
        both = places >= 0
        place[slots] = -1
        kept = places[both]
        slots, scores = slots[kept], scores[kept] + other_scores[both]
    return slots, scores


def _trust(columns: Columns, slots: Slots) -> npt.NDArray[np.float64]:
    """Between 0 and 1: a good rating by many; the first ratings count little."""
    count = columns.rating_count[slots].astype(np.float64)
    return columns.rating[slots] / 500.0 * count / (count + 10.0)
