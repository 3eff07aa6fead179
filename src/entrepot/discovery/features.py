"""What a result is judged by: the features that both the prior and a learned ranker see, each with its meaning.

They are general on purpose. None knows a shop, a language or a kind of goods, and each is comparable between queries,
so a ranker that was trained on some queries may be asked others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float64]

FEATURES: dict[str, str] = {
    # words
    "text": "how much its words say about the query's, as a share of the best result's (BM25 over three fields)",
    "text_place": "its place by words, 1 for the first, falling to 0; 0 where it has none of them",
    "telling": "the share of the query's words that it has, as much as they tell: little for words that many have",
    "words": "the share of the query's words that it has anywhere, rare ones counting more",
    "title_words": "the share of the query's words that its title has, rare ones counting more",
    "title_all": "whether its title has all of them",
    "title_share": "the share of its title that the query's words make up",
    "title_start": "how near to the title's beginning the first of them stands",
    "title_run": "the share of the query's neighbouring words that stand beside one another in its title too",
    "title_same": "whether its title is the query",
    "title_kin": "how much its title is made of words that the first results' titles share",
    # meaning
    "vector": "how alike the query it is in meaning (cosine)",
    "vector_lag": "how far it stays behind the most alike (cosine)",
    "vector_place": "its place by meaning, 1 for the first, falling to 0",
    "kin": "how alike the first results it is in meaning",
    "title_vector": "how alike the query its title alone is in meaning (cosine)",
    "title_vector_lag": "how far its title stays behind the most alike (cosine)",
    "title_vector_kin": "how alike the first results' titles its title is in meaning",
    "kin_text": "how well the words of the results most like it fit",
    # what kind of thing it is, and whether it is the thing or something for it
    "type": "the share of the first results that are of its category",
    "type_names": "how far it is described by the same attributes as the first results",
    "for": "whether the query's words stand in its title behind a word such as `for`",
    "brand": "whether the query names its brand",
    "attribute": "the share of the query's words that are values of its attributes",
    # what it costs
    "price": "how dear it is beside the first results (logarithm, 0 where it costs the same)",
    "price_place": "the share of results that are cheaper",
    # how people took it, and who sells it
    "popularity": "how often it was chosen lately, on a scale from 0 to 1",
    "rating": "its rating, as far as there are enough to trust it",
    "offers": "in how many ways it can be bought (logarithm)",
    "merchant": "how often its seller's goods are chosen lately, on a scale from 0 to 1",
    "reduced": "whether it costs less than before",
    # the thing and the query themselves
    "title_length": "how many words its title has (logarithm)",
    "attributes": "how many attributes describe it (logarithm)",
    "query_length": "how many words the query has (logarithm)",
}
NAMES: tuple[str, ...] = tuple(FEATURES)
PLACE = {name: place for place, name in enumerate(NAMES)}

GRID = float(1 << 20)
"""Contributions are whole parts of this, so that their sum is exact in whichever order they are added."""


def on_grid(values: npt.NDArray[np.floating]) -> Matrix:
    """The nearest numbers whose sums are exact."""
    exact: Matrix = np.asarray(values, np.float64) * GRID
    np.rint(exact, out=exact)
    exact /= GRID
    return exact


def columns_of(names: Sequence[str]) -> list[int]:
    """Where features stand in a matrix, by their names. KeyError for one that there is not."""
    return [PLACE[name] for name in names]
