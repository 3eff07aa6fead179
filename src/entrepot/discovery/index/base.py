"""The port of the product index, and what its answers mean; both implementations give the same ones.

1. The set of a query is decided by its text and its vector alone: the documents with every word (if there is none, with
   any word), and the nearest neighbours of the vector, at most NEIGHBOURS_MAX, above the floor of similarity.
2. Of these, a document stays when one of its offers can be bought and passes every filter, always by what is known now.
   The first such offer is the hit's: its price is shown, compared and sorted by. A document comes once.
3. Under an order that the shopper chose, of these only what best answers is left (`about.py`).
4. Total, facets and pages speak of exactly that set: no hit is missing or comes twice across pages.

What a word matches is in `matching.py`, what a filter means in `filters.py`, which facets are shown in `facets.py`,
what an operator's rules change of all this in `arrangement.py`.
Scores may differ between implementations; nothing else may.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from entrepot.kernel import Invalid, Unavailable

from ..features import Matrix, Scores
from ..prior import Scorer
from ..types import LIMIT_MAX, SORTS, Change, Document, Facet, Subject
from .arrangement import Arrangement
from .evidence import Evidence
from .matching import Synonym

DIMENSIONS = 256
ENCODER = "wordllama"
"""What makes the vectors of an index that says nothing else."""
ID_BYTES = 32
NEIGHBOURS_MAX = 300
SIMILARITY_UNIT = 10_000
"""Similarities are compared in whole ten-thousandths, so that the last bits of a sum decide nothing."""

Vectors = npt.NDArray[np.float32]


class IndexQuery(msgspec.Struct, frozen=True):
    """What an index is asked. `vector` has unit length; without text and vector everything matches.

    `facet_names` are the attributes that may be shown as facets (None: any), `preferred` those that come first, in
    their order, `numbers` those whose values are numbers. With `among` the set is these documents, in their order.
    `synonyms` are those of its words, `rules` the operator's that hold for it. Hits tell what their scores are made of
    when `explained`; a reason named in `without` then counts for nothing.
    No product is found that is called by all words of an `unwanted` phrase: by its title, brand or category. What the
    `subject` is about comes first, and under another order than relevance alone (`about`). Where it is to be `cheap`,
    low prices are preferred.
    """

    text: str = ""
    vector: Vectors | None = None
    filters: dict[str, tuple[str, ...]] = {}
    sort: str = "relevance"
    offset: int = 0
    limit: int = 24
    facets: bool = True
    facet_names: tuple[str, ...] | None = None
    preferred: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    among: tuple[str, ...] | None = None
    synonyms: tuple[Synonym, ...] = ()
    rules: Arrangement | None = None
    explained: bool = False
    without: frozenset[str] = frozenset()
    unwanted: tuple[str, ...] = ()
    subject: Subject | None = None
    cheap: bool = False


class IndexHit(msgspec.Struct, frozen=True):
    """A document's place in the answer: its score, which ways it was found, the offer that decided and its price.

    `contributions` are what the score is the sum of, by name: reasons to rank it, then rules by their ids.
    """

    id: str
    score: float
    reasons: tuple[str, ...] = ()
    offer: str = ""
    price_minor: int | None = None
    contributions: tuple[tuple[str, float], ...] = ()


class IndexPage(msgspec.Struct, frozen=True):
    """Hits `offset` to `offset + limit` of `total`. `corrected` holds a query's words after its typos were mended.
    `about` of them are about the query's subject; None where it has none, or nothing of it was found before filters."""

    hits: tuple[IndexHit, ...]
    total: int
    facets: tuple[Facet, ...]
    corrected: str | None = None
    about: int | None = None


class Completion(msgspec.Struct, frozen=True):
    """Words that go on from a prefix, and how many sellable documents they would find."""

    text: str
    kind: str
    count: int
    value: str = ""


class Damaged(Unavailable):
    """An index that cannot be opened. The sentence says what is wrong with it; it is then built anew."""


class Busy(Unavailable):
    """An index that another process still has open for writing."""


class Index(Protocol):
    """An index of products. One thread at a time puts in and takes out; any may change what changes often, and read.

    `encoder` made its vectors, whose dimensions `tuning` weighs; `scorer` judges results.
    """

    encoder: str
    scorer: Scorer
    tuning: npt.NDArray[np.float64] | None

    @property
    def made_by(self) -> str:
        """The encoder with its tuning: what a ranker saw the vectors of."""
        ...

    def upsert(self, documents: Sequence[Document], vectors: Vectors) -> None:
        """Put documents in, or in place of the ones with their ids; seen after the next `commit`.

        Invalid, and none of them is put in, when an id is longer than ID_BYTES or not plain ASCII.
        """
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """Take documents out; unknown ids are fine. Seen after the next `commit`."""
        ...

    def commit(self) -> None:
        """Let searches see what was put in and taken out."""
        ...

    def change(self, changes: Sequence[Change]) -> None:
        """Set what changes often; seen at once. Unknown ids are fine."""
        ...

    def set_popularity(self, weights: dict[str, int]) -> None:
        """Say how much each product is wanted; products left out have none. Seen at once."""
        ...

    def search(self, query: IndexQuery) -> IndexPage:
        """Answer a query. Invalid for a filter that cannot be read, an unknown sort, or a page out of bounds."""
        ...

    def features_of(self, query: IndexQuery) -> tuple[list[str], Matrix, Scores]:
        """The results that a scorer judges for a query, a row of features each, and what wishes and rules add to the
        score; none where there is none."""
        ...

    def vectors_of(self, ids: Sequence[str]) -> Vectors:
        """The vectors of documents, as they are compared; Invalid where they are not kept."""
        ...

    def list_ids(self, query: IndexQuery) -> tuple[list[str], str | None]:
        """Every document that a query finds, in order, and the correction; its page does not matter."""
        ...

    def suggest(self, prefix: str, most: int) -> list[Completion]:
        """Ways to go on from what was typed, each leading to something sellable."""
        ...

    def label(self, name: str, value: str) -> str:
        """How people write a value of an attribute; the value itself where nobody says otherwise."""
        ...

    def frequency(self, word: str) -> int:
        """How many documents have the word."""
        ...

    def near(self, word: str, edits: int) -> Sequence[str]:
        """Every word of letters at exactly this many edits."""
        ...

    def surface(self, word: str) -> str:
        """The word as people write it."""
        ...

    def saying(self, words: str) -> Sequence[tuple[str, str]]:
        """The terms, of any name, whose value says just these words of a query."""
        ...

    def evidence(self, text: str, synonyms: tuple[Synonym, ...] = ()) -> Evidence:
        """What the products with all the words of a text say of themselves."""
        ...

    def count(self) -> int:
        """How many documents are in, sellable or not."""
        ...


def check_ids(documents: Sequence[Document]) -> None:
    """Refuse documents with ids, or offers with ids, that no index can keep."""
    for document in documents:
        for each in (document.id, *(offer.id for offer in document.offers)):
            if not (each.isascii() and each.isprintable() and 0 < len(each) <= ID_BYTES):
                raise Invalid(f"{each!r} cannot be indexed: an id has 1 to {ID_BYTES} ASCII characters")


def check(query: IndexQuery) -> None:
    """Refuse what no index can answer."""
    if query.sort not in SORTS:
        raise Invalid(f"there is no order {query.sort!r}: choose one of {', '.join(SORTS)}", fields={"sort": "unknown"})
    if not 0 <= query.limit <= LIMIT_MAX:
        raise Invalid(f"a page has at most {LIMIT_MAX} results", fields={"limit": f"0 to {LIMIT_MAX}"})
    if query.offset < 0:
        raise Invalid("a page cannot begin before the first result", fields={"offset": "0 or more"})
