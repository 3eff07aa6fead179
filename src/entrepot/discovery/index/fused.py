"""The fast index: words from tantivy, neighbours from faiss, everything else from numpy columns.

A search:

1. the query's words become alternatives (`matching`), each with its slots and scores (`postings`); these and the
   neighbours of the vector make the set (`retrieval`);
2. what is no longer sellable leaves, filters are applied and facets counted (`tally`);
3. scores are a sum of few reasons (`ranking`), and only the page asked for is put in order (`ordering`).

Step 1 is kept for queries that come again; 2 and 3 always run on the columns as they are now.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from ..features import NAMES, Matrix, Scores
from ..prior import Prior, Scorer
from ..types import Change, Document
from .about import Narrowed
from .arrays import are_in
from .base import ENCODER, SIMILARITY_UNIT, Completion, IndexHit, IndexPage, IndexQuery, Vectors, check, check_ids
from .columns import Columns, title_key
from .evidence import Evidence
from .fields import Fields, fields_of
from .filters import read_filters
from .looking import evidence_of
from .matching import Synonym, Wanted, correction, understand
from .offers import NO_PRICE
from .postings import Postings
from .ranking import Looked, Places, Ranked, contributions, in_order
from .retrieval import Found, Remembered, View, among, find, joined, key_of, text_matches
from .suggesting import suggest
from .tally import Tally
from .vectors import Graph, TitleVectors, VectorFile
from .vocabulary import Vocabulary
from .weights import tuned

Staged = tuple[Document, Fields | None, Vectors, TitleVectors]
WARMED_MAX = 300
EVIDENCE_MAX = 2_000


def _unmarked(stage: str) -> None:
    pass


class FusedIndex:
    """See `base.Index`. One thread puts in and takes out, any may change columns; searches never wait."""

    def __init__(
        self,
        columns: Columns,
        vocabulary: Vocabulary,
        postings: Postings,
        vectors: VectorFile,
        titles: VectorFile,
        graph: Graph | None,
        floor: float,
        zero: float = 0.0,
    ) -> None:
        """Made by `generation.open_generation`; `floor` is the similarity that a neighbour has at least, `zero` that of
        texts without anything in common.

        `scorer` judges results: the prior, until another is put in its place.
        """
        self.columns = columns
        self.vocabulary = vocabulary
        self.postings = postings
        self.vectors = vectors
        self.graph = graph
        self._floor = round(floor * SIMILARITY_UNIT)
        self.titles = titles
        self._zero = zero
        self.encoder = self.made_by = ENCODER
        self.tuning: npt.NDArray[np.float64] | None = None
        self.scorer: Scorer = Prior()
        self._staged: dict[str, Staged | None] = {}
        self._dead: list[int] = []
        self._remembered = Remembered()
        self._terms_seen: tuple[tuple[int, int], dict[str, dict[str, int]]] = ((-1, -1), {})
        self._evidence: dict[tuple[str, tuple[Synonym, ...]], tuple[tuple[int, int], Evidence]] = {}
        self._columns_lock = threading.Lock()
        self._view = self._look(0)

    # Writing

    def upsert(
        self,
        documents: Sequence[Document],
        vectors: Vectors,
        titles: Vectors | None = None,
        fields: Sequence[Fields] | None = None,
    ) -> None:
        """See `base.Index`. `titles` are the vectors of the titles alone; without them only ranking knows less.
        `fields` are the documents' words, where they are known already."""
        check_ids(documents)
        titles = tuned(np.zeros_like(vectors) if titles is None else titles, self.tuning)
        vectors = tuned(np.asarray(vectors, np.float32), self.tuning)
        words = [None] * len(documents) if fields is None else fields
        for document, said, vector, title in zip(documents, words, vectors, titles, strict=True):
            self._staged.pop(document.id, None)
            self._staged[document.id] = (document, said, np.asarray(vector, np.float32), np.asarray(title, np.float16))

    def remove(self, ids: Sequence[str]) -> None:
        """See `base.Index`."""
        self._staged.update(dict.fromkeys(ids))

    def add_new(self) -> None:
        """Write what is staged and replaces no other document, ahead of the commit that shows it."""
        new = [document_id for document_id in self._staged if document_id not in self.columns.slot_of]
        self._write([self._staged.pop(document_id) for document_id in new])

    def commit(self) -> None:
        """See `base.Index`. Durable only with the next checkpoint."""
        if not self._staged and self.columns.count == self._view.count:
            return
        dying = self._dying()
        self._write(list(self._staged.values()))
        with self._columns_lock:
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
        self.titles.look(self.columns.count)
        self._show()

    def change(self, changes: Sequence[Change]) -> None:
        """See `base.Index`."""
        with self._columns_lock:
            for change in changes:
                if (staged := self._staged.get(change.id)) is not None:
                    document = msgspec.structs.replace(staged[0], **msgspec.structs.asdict(change))
                    self._staged[change.id] = (document, *staged[1:])
                self.columns.change(change)

    def set_popularity(self, weights: dict[str, int]) -> None:
        """See `base.Index`."""
        with self._columns_lock:
            self.columns.set_popularity(weights)

    def attach(self, graph: Graph) -> None:
        """Find neighbours with this graph from now on."""
        self.graph = graph
        self._show()

    def sync(self) -> None:
        """Make what was committed durable, and take the dead out of the files."""
        self.commit()
        with self._columns_lock:
            self.columns.pack()
        self.vectors.sync()
        self.titles.sync()
        if self._dead:
            self.postings.delete(self._dead)
            self._dead = []
            self.postings.commit(self.columns.count)

    def warm(self) -> None:
        """Ask for the commonest words before somebody does: the first time takes longest."""
        self.postings.warm(self.vocabulary.commonest(WARMED_MAX))
        if self.graph is not None:
            self.graph.near(np.zeros(self.vectors.rows.shape[1], np.float32), self._view.alive, 1)

    def close(self) -> None:
        """Let go of the files."""
        self.postings.close()
        self.vectors.close()
        self.titles.close()

    # Reading

    def count(self) -> int:
        """See `base.Index`."""
        return self._view.living

    def has(self, document_id: str) -> bool:
        """Whether an id is in."""
        return document_id in self.columns.slot_of

    def search(self, query: IndexQuery, mark: Callable[[str], None] = _unmarked) -> IndexPage:
        """See `base.Index`. `mark` is told when a stage is done: words, set, filters, order, facets."""
        check(query)
        return self._answer(query, mark)

    def features_of(self, query: IndexQuery) -> tuple[list[str], Matrix, Scores]:
        """See `base.Index`. The best of the first look come first."""
        looked = msgspec.structs.replace(self._look_at(query, _unmarked), features=NAMES)
        ranked = in_order(looked)
        at = looked.found.slots[looked.tally.places[ranked.judged]]
        ids = [raw.decode() for raw in self.columns.ids[at].tolist()]
        if ranked.features is None:
            return ids, np.zeros((0, len(NAMES))), np.zeros(0)
        return ids, ranked.features, ranked.scores[ranked.judged] - looked.scorer.score(ranked.features)

    def vectors_of(self, ids: Sequence[str]) -> Vectors:
        """See `base.Index`."""
        return np.asarray(self._view.rows[[self.columns.slot_of[each] for each in ids]], np.float32)

    def list_ids(self, query: IndexQuery) -> tuple[list[str], str | None]:
        """See `base.Index`."""
        check(query)
        everything = msgspec.structs.replace(query, offset=0, limit=self._view.count, facets=False)
        page = self._answer(everything, _unmarked)
        return [hit.id for hit in page.hits], page.corrected

    def _answer(self, query: IndexQuery, mark: Callable[[str], None]) -> IndexPage:
        looked = self._look_at(query, mark)
        ranked = in_order(looked)
        hits = self._hits(looked, ranked, ranked.order[query.offset :])
        mark("order")
        facets = looked.tally.facets(query) if query.facets else ()
        mark("facets")
        about, corrected = looked.tally.about, correction(query.text, looked.wanted, self.vocabulary)
        counted = None if about is None else int(np.count_nonzero(about))
        return IndexPage(hits, len(looked.tally.places), facets, corrected, counted)

    def _look_at(self, query: IndexQuery, mark: Callable[[str], None]) -> Looked:
        """Steps 1 and 2."""
        filters = read_filters(query.filters)
        view, columns, scorer = self._view, self.columns, self.scorer
        if query.vector is not None and len(query.vector) != view.rows.shape[1]:
            query = msgspec.structs.replace(query, vector=None)  # made by the encoder of the index before this one
        elif query.vector is not None and self.tuning is not None:
            query = msgspec.structs.replace(query, vector=tuned(query.vector[None, :], self.tuning)[0])
        wanted = understand(query.text, self.vocabulary, query.synonyms)
        mark("words")
        found = own = self._find(view, query, wanted)
        if query.rules is not None:
            found = joined(own, view, columns, query.rules.joining(query.sort))
        mark("set")
        excluded = query.rules.excluded if query.rules else ()
        tally = Tally(columns, found, filters, excluded, self._narrowed(query, wanted, found, own))
        mark("filters")
        return Looked(view, columns, self.postings, query, wanted, found, tally, scorer, scorer.features)

    def suggest(self, prefix: str, most: int) -> list[Completion]:
        """See `base.Index`."""
        return suggest(self, prefix, most)

    def label(self, name: str, value: str) -> str:
        """See `base.Index`."""
        return self.columns.terms.labels.get((name, value), value)

    # What `suggesting` asks of an index.

    def frequency(self, word: str) -> int:
        """How many documents have the word."""
        return self.vocabulary.frequency(word)

    def starting(self, prefix: str, most: int) -> Sequence[str]:
        """The words that begin with the prefix, the most frequent first."""
        return self.vocabulary.starting(prefix, most)

    def near(self, word: str, edits: int) -> Sequence[str]:
        """Every word of letters at exactly this many edits."""
        return self.vocabulary.near(word, edits)

    def saying(self, words: str) -> list[tuple[str, str]]:
        """The terms, of any name, whose value says just these words of a query."""
        return [self.columns.terms.pairs[code] for code in self.columns.terms.saying(words)]

    def evidence(self, text: str, synonyms: tuple[Synonym, ...] = ()) -> Evidence:
        """What the products with all the words of a text say of themselves."""
        view = self._view
        known = self._evidence.get((text, synonyms))
        if known is None or known[0] != (view.number, self.columns.version):
            wanted = understand(text, self.vocabulary, synonyms)
            known = ((view.number, self.columns.version), evidence_of(view, self.postings, self.columns, wanted))
            if len(self._evidence) >= EVIDENCE_MAX:
                self._evidence = {}
            self._evidence[text, synonyms] = known
        return known[1]

    def surface(self, word: str) -> str:
        """The word as people write it."""
        return self.vocabulary.surface(word)

    def sellable_with(self, words: Iterable[str]) -> int:
        """How many sellable documents have all these words."""
        view = self._view
        wanted = [Wanted(word, (word,)) for word in words]
        slots, _ = text_matches(view, self.postings, wanted, any_word=False)
        return int(np.count_nonzero(self.columns.sellable(slots)))

    def sellable_terms(self, name: str) -> dict[str, int]:
        """The values of a filter among sellable documents, with their counts."""
        view, columns = self._view, self.columns
        now = (view.number, columns.version)
        seen, terms = self._terms_seen
        if seen != now:
            terms = {}
            self._terms_seen = (now, terms)
        if name not in terms:
            everything = self._find(view, IndexQuery(), ())
            terms[name] = Tally(columns, everything, ()).values(name)
        return terms[name]

    # Steps

    def _dying(self) -> list[int]:
        """The slots that what is staged replaces or removes; their words are taken away."""
        dying = [slot for document_id in self._staged if (slot := self.columns.slot_of.get(document_id)) is not None]
        if any(slot >= self._view.count for slot in dying):
            self.postings.commit(self._view.count)  # written ahead, and replaced at once: its words are to be read
        for slot in dying:
            self.vocabulary.take_away(self.postings.words_of(slot))
        return dying

    def _write(self, entries: Sequence[Staged | None]) -> None:
        """Give documents their slots, in this order."""
        added = [entry for entry in entries if entry is not None]
        if added:
            self.vectors.append(np.stack([vector for _, _, vector, _ in added]))
            self.titles.append(np.stack([title for _, _, _, title in added]))
        for document, known, _, _ in added:
            fields = known or fields_of(document)
            with self._columns_lock:
                slot, _ = self.columns.add(document, fields)
            self.postings.add(slot, fields)
            self.vocabulary.add(fields.words.split())
            self.vocabulary.write_as(fields.surfaces)

    def _show(self) -> None:
        self._view = self._look(self._view.number + 1)

    def _look(self, number: int) -> View:
        count = self.columns.count
        alive = self.columns.alive[:count].copy()
        return View(
            number,
            count,
            alive,
            int(np.count_nonzero(alive)),
            self.vectors.rows,
            self.graph,
            self.titles.rows,
            self._zero,
        )

    def _find(self, view: View, query: IndexQuery, wanted: Sequence[Wanted]) -> Found:
        """Step 1, or what it gave before."""
        if query.among is not None:
            return among(view, self.columns, query.among)
        key = key_of(query)
        found = self._remembered.find(view, key)
        if found is None:
            found = find(view, self.postings, self.columns.ids, query, wanted, self._floor)
            self._remembered.keep(view, key, found)
        return found

    def _narrowed(self, query: IndexQuery, wanted: Sequence[Wanted], found: Found, own: Found) -> Narrowed | None:
        """What of a set is about the query, where it says what that is or in which order it wants it."""
        is_sorted = query.sort != "relevance" and bool(wanted or query.vector is not None)
        if query.among is not None or found.everything or not (query.subject or is_sorted):
            return None
        names = query.subject.names if query.subject else ()
        joined = query.rules.joining(query.sort) if query.rules else ()
        slots = [slot for each in joined if (slot := self.columns.slot_of.get(each)) is not None]
        is_joined = are_in(found.slots, np.array(slots, np.int32))
        is_own = np.ones(len(found.slots), np.bool_) if found is own else are_in(found.slots, own.slots)
        is_called = found.once("called", names, lambda: self.columns.titles.called(found.slots, names))
        return Narrowed(query.subject, is_called, is_own, is_joined, is_sorted)

    def _hits(self, looked: Looked, ranked: Ranked, order: Places) -> tuple[IndexHit, ...]:
        """The hits of a page: all columns are read for the whole page at once."""
        query, found, tally = looked.query, looked.found, looked.tally
        columns, places = self.columns, tally.places[order]
        slots = found.slots[places]
        key = title_key(query.text)
        reasons = {
            "title": columns.title[slots] == key if key else np.zeros(len(slots), np.bool_),
            "words": found.text[places] > 0,
            "similar": found.similarity[places] > 0,
            "popular": columns.popularity[slots] > 0,
        }
        flags = zip(*(each.tolist() for each in reasons.values()), strict=True)
        told = [tuple(itertools.compress(reasons, each)) for each in flags]
        ids, offers = columns.ids[slots].tolist(), tally.offer_ids(order)
        prices = [None if price == NO_PRICE else price for price in tally.prices(order).tolist()]
        parts: Sequence[tuple[tuple[str, float], ...]] = [()] * len(order)
        if query.explained:
            parts = contributions(looked, ranked, order)
        scores = ranked.scores[order].tolist()
        return tuple(
            IndexHit(raw.decode(), score, why, offer, price, made_of)
            for raw, score, why, offer, price, made_of in zip(ids, scores, told, offers, prices, parts, strict=True)
        )
