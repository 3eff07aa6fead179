"""The rules and synonyms that this process searches by: read when they change, found by a request's words and category.

A request costs a look into two dictionaries; where there are no rules, not even that.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from entrepot.kernel import Database, Recorded, Snapshot, last_position

from .events import RulesChanged
from .index.arrangement import Arrangement, Lift, Pin, Target
from .index.filters import CATEGORY, read_filters
from .index.matching import Synonym
from .names import read_filters as meant_filters
from .rules import Rule, RuleDraft, rules_in_force
from .synonyms import rewrites, synonyms_in_force
from .text import query_words


class Book(msgspec.Struct, frozen=True):
    """Everything that holds or will: rules by the first word of each query, those of a category alone, those of every
    list; synonyms by their first word."""

    by_word: dict[str, list[tuple[frozenset[str], Rule]]] = {}
    by_category: dict[str, list[Rule]] = {}
    everywhere: tuple[Rule, ...] = ()
    synonyms: dict[str, list[tuple[str, Synonym]]] = {}


class Rulebook:
    """A projection of `RulesChanged`. Any thread may ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._book: Book | None = None
        self._position = 0

    @property
    def position(self) -> int:
        """See `kernel.Projection`."""
        self._now()
        return self._position

    def apply(self, snapshot: Snapshot, events: Sequence[Recorded]) -> None:
        """See `kernel.Projection`."""
        if any(isinstance(recorded.event, RulesChanged) for recorded in events):
            self._book = read_book(snapshot)
        self._position = events[-1].position

    def refresh(self) -> None:
        """Read everything now: for whoever just wrote a rule and wants to see what it does."""
        self._book = self._database.read_now(read_book)

    @property
    def has_rules(self) -> bool:
        """Whether there is any rule, in force or planned: where there is none, nobody has to look for them."""
        book = self._now()
        return bool(book.by_word or book.by_category or book.everywhere)

    def rules_for(self, q: str, filters: Mapping[str, tuple[str, ...]], now: int) -> list[Rule]:
        """The rules that hold for a search now, the eldest first."""
        book = self._now()
        found = {rule.id: rule for rule in _fitting(book, frozenset(query_words(q)), _categories(filters))}
        return sorted((rule for rule in found.values() if rule.state(now) == "active"), key=lambda rule: rule.id)

    def synonyms_for(self, q: str, language: str) -> tuple[Synonym, ...]:
        """The synonyms of a search's words, in this language."""
        book = self._now()
        if not book.synonyms:
            return ()
        words = query_words(q)
        return tuple(
            synonym for word in words for spoken, synonym in book.synonyms.get(word, ()) if spoken in ("", language)
        )

    def _now(self) -> Book:
        book = self._book
        if book is not None:
            return book
        with self._lock:
            if self._book is None:
                book, self._position = self._database.read_now(lambda s: (read_book(s), last_position(s)))
                self._book = book
            return self._book


def read_book(snapshot: Snapshot) -> Book:
    """What the database holds now."""
    return msgspec.structs.replace(_book_of(rules_in_force(snapshot)), synonyms=rewrites(synonyms_in_force(snapshot)))


def _book_of(rules: Iterable[Rule]) -> Book:
    book, everywhere = Book(), []
    for rule in rules:
        for query in rule.draft.queries:
            words = query_words(query)
            book.by_word.setdefault(words[0], []).append((frozenset(words), rule))
        if not rule.draft.queries and rule.draft.category:
            book.by_category.setdefault(rule.draft.category, []).append(rule)
        elif not rule.draft.queries:
            everywhere.append(rule)
    return msgspec.structs.replace(book, everywhere=tuple(everywhere))


def holds_for(rule: Rule, q: str, filters: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a rule is about a search with these words and filters, whatever the time."""
    return rule in _fitting(_book_of([rule]), frozenset(query_words(q)), _categories(filters))


def arrangement_of(rules: Sequence[Rule]) -> Arrangement | None:
    """What an index is told of these rules; None for none."""
    if not rules:
        return None
    excluded: list[Target] = []
    included: list[str] = []
    lifts: list[Lift] = []
    pins: list[Pin] = []
    bounds: list[int] = []
    for rule in rules:
        draft = rule.draft
        match draft.action:
            case "exclude":
                excluded.append(_target(draft))
            case "include":
                included += draft.products
            case "boost" | "bury":
                lifts.append(Lift(rule.id, draft.weight if draft.action == "boost" else -draft.weight, _target(draft)))
            case "pin":
                pins += [Pin(rule.id, place, each) for place, each in enumerate(draft.products, draft.position)]
            case "spread":
                bounds.append(draft.most)
    return Arrangement(tuple(excluded), tuple(included), tuple(lifts), min(bounds, default=0), tuple(pins))


def _target(draft: RuleDraft) -> Target:
    return Target(frozenset(draft.products), read_filters(meant_filters(draft.filters)))


def _fitting(book: Book, words: frozenset[str], categories: Sequence[str]) -> Iterable[Rule]:
    """The rules whose queries and category fit, whatever the time; some may come twice."""
    yield from book.everywhere
    for category in categories:
        yield from book.by_category.get(category, ())
    for word in words:
        for wanted, rule in book.by_word.get(word, ()):
            fits = wanted == words if rule.draft.whole else wanted <= words
            if fits and (not rule.draft.category or rule.draft.category in categories):
                yield rule


def _categories(filters: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The category that a list is of, and those above it; none for a list of several."""
    paths = filters.get(CATEGORY, ())
    parts = paths[0].split("/") if len(paths) == 1 else []
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
