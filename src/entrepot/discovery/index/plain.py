"""The plain index: dictionaries and loops, exact, in memory. The oracle of every other, and enough for a small shop."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from ..features import NAMES, Matrix, Scores
from ..prior import Prior, Scorer
from ..text import is_alphabetic, phrase, query_words, shorter
from ..types import LIMIT_MAX, Change, Document, Offer
from .about import REASON, WEIGHT, is_about, is_called
from .arrangement import Target, arranged
from .base import (
    ENCODER,
    NEIGHBOURS_MAX,
    SIMILARITY_UNIT,
    Completion,
    IndexHit,
    IndexPage,
    IndexQuery,
    Vectors,
    check,
    check_ids,
)
from .counting import count_values, facets_of, passes, passing
from .evidence import LOOKED_AT_MAX, Evidence
from .fields import fields_of
from .filters import offer_terms, read_filters, said_by, terms_of
from .matching import SYNONYM, Synonym, Wanted, correction, distance, understand
from .titles import WORDS_MAX

FIELD_WEIGHTS = (3.0, 2.0, 1.0)


class _Entry(msgspec.Struct):
    document: Document
    fields: tuple[list[str], list[str], list[str]]
    words: set[str]
    surfaces: dict[str, str]
    vector: Vectors
    popularity: int = 0


class PlainIndex:
    """See `base.Index`. Every answer is made by looking at every document."""

    def __init__(self, floor: float = 0.5) -> None:
        """`floor` is the similarity that a neighbour has at least."""
        self._floor = round(floor * SIMILARITY_UNIT)
        self.encoder = ENCODER
        self.tuning: npt.NDArray[np.float64] | None = None
        self.made_by = ENCODER
        self.scorer: Scorer = Prior()  # asked by no one: this index orders by words and vectors alone
        self._entries: dict[str, _Entry] = {}
        self._staged: dict[str, _Entry | None] = {}
        self._popularity: dict[str, int] = {}
        self._frequency: Counter[str] = Counter()
        self._surfaces: dict[str, str] = {}

    def upsert(self, documents: Sequence[Document], vectors: Vectors) -> None:
        """See `base.Index`."""
        check_ids(documents)
        for document, vector in zip(documents, vectors, strict=True):
            said = fields_of(document)
            fields = (said.title.split(), said.head.split(), said.body.split())
            words = set(said.words.split())
            self._staged[document.id] = _Entry(document, fields, words, said.surfaces, np.asarray(vector, np.float32))

    def remove(self, ids: Sequence[str]) -> None:
        """See `base.Index`."""
        self._staged.update(dict.fromkeys(ids))

    def commit(self) -> None:
        """See `base.Index`."""
        for document_id, entry in self._staged.items():
            before = self._entries.pop(document_id, None)
            if before is not None:
                self._frequency.subtract(before.words)
            if entry is not None:
                self._entries[document_id] = entry
                self._frequency.update(entry.words)
                for word, written in entry.surfaces.items():
                    self._surfaces[word] = shorter(self._surfaces.get(word), written)
        self._staged.clear()

    def change(self, changes: Sequence[Change]) -> None:
        """See `base.Index`."""
        for change in changes:
            for entries in (self._entries, self._staged):
                if (entry := entries.get(change.id)) is not None:
                    entry.document = msgspec.structs.replace(entry.document, **msgspec.structs.asdict(change))

    def set_popularity(self, weights: dict[str, int]) -> None:
        """See `base.Index`."""
        self._popularity = dict(weights)

    def count(self) -> int:
        """See `base.Index`."""
        return len(self._entries)

    def search(self, query: IndexQuery) -> IndexPage:
        """See `base.Index`."""
        check(query)
        filters = read_filters(query.filters)
        wanted = understand(query.text, self, query.synonyms)
        scores = self._candidates(query, wanted)
        candidates = [self._entries[document_id].document for document_id in scores]
        if query.rules is not None:
            joining = [each for each in query.rules.joining(query.sort) if each in self._entries and each not in scores]
            candidates += [self._entries[document_id].document for document_id in joining]
            candidates = [_allowed(document, query.rules.excluded) for document in candidates]
        about = self._about(query, wanted, [each for each in candidates if each.id in scores])
        candidates = self._narrowed(query, wanted, candidates, about, scores)
        kept = {document.id: offers[0] for document in candidates if (offers := passing(document, filters))}
        parts = {each: self._parts(query, each, kept[each], scores.get(each, {})) for each in kept}
        for each in about or () if query.sort == "relevance" and REASON not in query.without else ():
            if each in parts:
                parts[each] = {**parts[each], REASON: WEIGHT}
        totals = {each: sum(part.values()) for each, part in parts.items()}
        order = sorted(kept, key=_order(query, totals, self._entries, kept))
        if query.rules is not None and query.sort == "relevance":
            order = arranged(order, query.rules, kept)
        page = order[query.offset : query.offset + query.limit]
        hits = tuple(
            IndexHit(each, totals[each], (), kept[each].id, kept[each].price_minor,
                     tuple((name, part) for name, part in parts[each].items() if part) if query.explained else ())
            for each in page
        )  # fmt: skip
        facets = facets_of(candidates, filters, len(kept), query) if query.facets else ()
        counted = None if about is None else len(about & kept.keys())
        return IndexPage(hits, len(kept), facets, correction(query.text, wanted, self), counted)

    def features_of(self, query: IndexQuery) -> tuple[list[str], Matrix, Scores]:
        """See `base.Index`. This one judges by words and vectors alone."""
        return [], np.zeros((0, len(NAMES))), np.zeros(0)

    def vectors_of(self, ids: Sequence[str]) -> Vectors:
        """See `base.Index`."""
        return np.stack([self._entries[each].vector for each in ids])

    def list_ids(self, query: IndexQuery) -> tuple[list[str], str | None]:
        """See `base.Index`."""
        pages = [self.search(msgspec.structs.replace(query, offset=0, limit=LIMIT_MAX, facets=False))]
        while len(pages[-1].hits) == LIMIT_MAX:
            after = msgspec.structs.replace(query, offset=LIMIT_MAX * len(pages), limit=LIMIT_MAX, facets=False)
            pages.append(self.search(after))
        return [hit.id for page in pages for hit in page.hits], pages[0].corrected

    def suggest(self, prefix: str, most: int) -> list[Completion]:
        """See `base.Index`."""
        from .suggesting import suggest

        return suggest(self, prefix, most)

    def label(self, name: str, value: str) -> str:
        """See `base.Index`."""
        labels = {(code, key): label for entry in self._all() for code, key, label in entry.document.labels}
        return labels.get((name, value), value)

    # What `matching` and `suggesting` ask of an index.

    def frequency(self, word: str) -> int:
        """How many documents have the word."""
        return self._frequency[word]

    def near(self, word: str, edits: int) -> list[str]:
        """Every word of letters at exactly this many edits."""
        return [
            other
            for other, count in self._frequency.items()
            if count
            and is_alphabetic(other)
            and abs(len(other) - len(word)) <= edits
            and distance(word, other) == edits
        ]

    def starting(self, prefix: str, most: int) -> list[str]:
        """The words of letters that begin with the prefix, the most frequent first."""
        words = [
            (-count, word)
            for word, count in self._frequency.items()
            if count and word != prefix and word.startswith(prefix) and is_alphabetic(word)
        ]
        return [word for _, word in sorted(words)[:most]]

    def surface(self, word: str) -> str:
        """The word as people write it."""
        return self._surfaces.get(word, word)

    def saying(self, words: str) -> list[tuple[str, str]]:
        """The terms whose value says just these words of a query."""
        terms = {term for entry in self._all() for term in _every_term(entry)}
        return sorted(term for term in terms if " ".join(query_words(said_by(*term))) == words)

    def evidence(self, text: str, synonyms: tuple[Synonym, ...] = ()) -> Evidence:
        """What the products with all the words of a text say of themselves."""
        wanted = understand(text, self, synonyms)
        entries = [entry for entry in self._all() if wanted and all(_is_there(word, entry) for word in wanted)]
        sellable = [entry for entry in entries if any(offer.sellable for offer in entry.document.offers)]
        entries = (sellable if len(entries) <= LOOKED_AT_MAX else entries)[:LOOKED_AT_MAX]
        terms: Counter[tuple[str, str]] = Counter()
        for entry in entries:
            terms.update(_every_term(entry))
        varying = {name for entry in entries for offer in entry.document.offers for name, _ in offer_terms(offer)
                   if len(entry.document.offers) > 1}  # fmt: skip
        return Evidence(len(entries), len(entries), frozenset(varying), _Counts(terms))

    def sellable_with(self, words: Iterable[str]) -> int:
        """How many sellable documents have all these words."""
        needed = set(words)
        return sum(bool(passing(entry.document, ())) and needed <= entry.words for entry in self._entries.values())

    def sellable_terms(self, name: str) -> dict[str, int]:
        """The values of a filter among sellable documents, with their counts."""
        return count_values(name, [(entry.document, passing(entry.document, ())) for entry in self._all()])

    def _parts(self, query: IndexQuery, document_id: str, offer: Offer, found: dict[str, float]) -> dict[str, float]:
        """What a result's score is the sum of, by name."""
        if query.sort != "relevance" or query.among is not None:
            return {}
        parts = {**found, "popularity": self._popularity_score(document_id)}
        parts = {name: part for name, part in parts.items() if name not in query.without}
        for lift in query.rules.lifts if query.rules else ():
            if _holds(lift.target, self._entries[document_id].document, offer):
                parts[lift.name] = parts.get(lift.name, 0.0) + lift.weight
        return parts

    def _about(self, query: IndexQuery, wanted: Sequence[Wanted], candidates: Sequence[Document]) -> set[str] | None:
        """The ids of those that the query is about; None where none sells."""
        if (subject := query.subject) is None or query.among is not None or not (wanted or query.vector is not None):
            return None
        titles = {each.id: self._entries[each.id].fields[0][:WORDS_MAX] for each in candidates}
        sold = {each.id for each in candidates if passing(each, ())}
        found = {each for each, title in titles.items() if is_about(subject, self._entries[each].document, title)}
        called = {each for each in found if subject.narrow and is_called(subject, titles[each])}
        return called if called & sold else found if found & sold else None

    def _narrowed(
        self, query: IndexQuery, wanted: Sequence[Wanted], candidates: list[Document], about: set[str] | None,
        scores: dict[str, dict[str, float]],
    ) -> list[Document]:  # fmt: skip
        """What an order that the shopper chose is an order of."""
        if query.sort == "relevance" or query.among is not None or not (wanted or query.vector is not None):
            return candidates
        worded = {each for each, parts in scores.items() if parts.get("text")}
        joined = set(query.rules.joining(query.sort)) if query.rules else set()
        sold = {each.id for each in candidates if each.id in scores and passing(each, ())}
        levels = (worded,) if about is None else (about & worded, about)
        best = joined.union(next((level for level in levels if level & sold), scores))
        return [each for each in candidates if each.id in best]

    def _candidates(self, query: IndexQuery, wanted: Sequence[Wanted]) -> dict[str, dict[str, float]]:
        """Ids of the query's set before filters, with what words and vectors give them."""
        if query.among is not None:
            return {document_id: {} for document_id in query.among if document_id in self._entries}
        if query.unwanted:
            phrases = [words for each in query.unwanted if (words := query_words(each))]
            whole = self._candidates(msgspec.structs.replace(query, unwanted=()), wanted)
            return {each: parts for each, parts in whole.items() if not _is_called(self._entries[each], phrases)}
        if not wanted and query.vector is None:
            return {document_id: {} for document_id in self._entries}
        texts = self._text_matches(wanted)
        neighbours = {} if query.vector is None else self._neighbours(query.vector)
        best = max(texts.values(), default=1.0)
        title = phrase(query.text)
        return {
            document_id: {
                "text": texts.get(document_id, 0.0) / best,
                "vector": neighbours.get(document_id, 0) / SIMILARITY_UNIT,
                "title": float(phrase(self._entries[document_id].document.title) == title),
            }
            for document_id in texts.keys() | neighbours.keys()
        }

    def _text_matches(self, wanted: Sequence[Wanted]) -> dict[str, float]:
        if not wanted:
            return {}
        found = [{word for word in wanted if _is_there(word, entry)} for entry in self._all()]
        least = len(wanted) if any(len(words) == len(wanted) for words in found) else 1
        return {
            entry.document.id: self._relevance(entry, words)
            for entry, words in zip(self._all(), found, strict=True)
            if len(words) >= least
        }

    def _relevance(self, entry: _Entry, words: Iterable[Wanted]) -> float:
        total = 0.0
        for wanted in words:
            total += wanted.weight * sum(self._share(entry, word) for word in wanted.alternatives)
            ways = [(weight, phrase) for weight, phrase in wanted.ways() if entry.words.issuperset(phrase)]
            ways += [(SYNONYM, phrase) for phrase in wanted.named if _is_called(entry, [phrase])]
            total += max(
                (weight * sum(self._share(entry, word) for word in phrase) for weight, phrase in ways), default=0
            )
        return total

    def _share(self, entry: _Entry, word: str) -> float:
        """How much a word says about a document."""
        rarity = math.log(1 + len(self._entries) / (1 + self._frequency[word]))
        return rarity * sum(
            weight * field.count(word) / (1 + field.count(word))
            for weight, field in zip(FIELD_WEIGHTS, entry.fields, strict=True)
        )

    def _neighbours(self, vector: Vectors) -> dict[str, int]:
        """The similarities of the nearest documents above the floor, in whole units."""
        near = [(-round(float(np.dot(one.vector, vector)) * SIMILARITY_UNIT), one.document.id) for one in self._all()]
        return {document_id: -less for less, document_id in sorted(near)[:NEIGHBOURS_MAX] if -less >= self._floor}

    def _popularity_score(self, document_id: str) -> float:
        return 0.1 * math.log1p(self._popularity.get(document_id, 0))

    def _all(self) -> Iterable[_Entry]:
        return self._entries.values()


def _is_there(wanted: Wanted, entry: _Entry) -> bool:
    """Whether a document has what a word of the query asks for."""
    return (
        not entry.words.isdisjoint(wanted.alternatives)
        or any(entry.words.issuperset(phrase) for phrase in wanted.phrases)
        or _is_called(entry, wanted.named)
    )


class _Counts:
    """See `evidence.Counts`."""

    def __init__(self, terms: Counter[tuple[str, str]]) -> None:
        self._terms = terms

    def count(self, name: str, value: str) -> int:
        """See `evidence.Counts`."""
        return self._terms[name, value]

    def values(self, name: str) -> list[str]:
        """See `evidence.Counts`."""
        return [value for other, value in self._terms if other == name]

    def names(self) -> set[str]:
        """See `evidence.Counts`."""
        return {name for name, _ in self._terms}


def _every_term(entry: _Entry) -> set[tuple[str, str]]:
    return terms_of(entry.document).union(*(offer_terms(offer) for offer in entry.document.offers))


def _is_called(entry: _Entry, phrases: Sequence[Sequence[str]]) -> bool:
    """Whether a product is called by all words of one of these phrases."""
    title, head, _ = entry.fields
    names = {*title, *head}
    return any(names.issuperset(phrase) for phrase in phrases)


def _allowed(document: Document, excluded: Sequence[Target]) -> Document:
    """A document without the offers that rules take away."""
    offers = [offer for offer in document.offers if not any(_holds(each, document, offer) for each in excluded)]
    return document if len(offers) == len(document.offers) else msgspec.structs.replace(document, offers=tuple(offers))


def _holds(target: Target, document: Document, offer: Offer) -> bool:
    """Whether a rule's target holds an offer."""
    if target.ids:
        return document.id in target.ids
    return bool(target.filters) and all(passes(document, offer, each) for each in target.filters)


def _order(
    query: IndexQuery, scores: dict[str, float], entries: dict[str, _Entry], kept: dict[str, Offer]
) -> Callable[[str], tuple[object, ...]]:
    """What to sort by; equal ones stand in the order of their ids, and those without a price come last."""

    places = {document_id: place for place, document_id in enumerate(query.among or ())}

    def key(document_id: str) -> tuple[object, ...]:
        if query.among is not None:
            return (places[document_id],)
        document, price = entries[document_id].document, kept[document_id].price_minor
        return {
            "relevance": (-scores[document_id],),
            "price": (price is None, price or 0),
            "-price": (price is None, -(price or 0)),
            "newest": (-document.created_at,),
            "rating": (-document.rating_centi, -document.rating_count),
        }[query.sort] + (document_id,)

    return key
