"""Training a ranker from ratings, and measuring it on queries that it was not trained on.

1. Each rated query is asked as a shopper would ask it; its best few hundred results with their features are examples.
2. The queries are parted into FOLDS; a ranker trained on all but one part orders the queries of that part, in turn.
   So every query is ordered by a ranker that never saw it, and these orders are compared with the prior's (`gate`).
3. One trained on all of them is kept, with the scores of step 2, and serves if it passed.

Of what nobody rated a few results come along as if rated 0, at a small weight: a first page has those too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from entrepot import catalog
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Database, Invalid, Tx

from .evaluation import Lists, Measure, by_query, compare, measure
from .features import FEATURES, Matrix, Scores, columns_of
from .gate import TOLERANCE, Decision, decide
from .judgments import Judged, write_judgments
from .learned import Draft, Learned, find_used, keep_learned
from .prior import Prior, Scorer
from .ranker import Ranker, RankerFile, library
from .searching import Searcher
from .types import LIMIT_MAX, SearchRequest

FOLDS = 5
SEEDS = 3
SCALE = 0.5
"""How much of the prior's measure a unit of the trees is."""
TREES = 80
UNRATED, UNRATED_WEIGHT = 20, 0.1
PARAMETERS = {
    "objective": "rank_xendcg",  # Bruch (2021): learns from few queries with less noise than LambdaMART's pairs
    "num_leaves": 6,
    "learning_rate": 0.05,
    "min_data_in_leaf": 20,
    "lambda_l2": 20.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "extra_trees": True,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
LEARNED_FROM = tuple(name for name in FEATURES if name != "query_length")


class Example(msgspec.Struct, frozen=True):
    """A query's results, each with its features, its rating (-1 where nobody rated it), and its docid.

    `ids` are our own ids of them, `vector` the query's, where they are known; `lifts` is what the query's wishes and
    the operator's rules add to their scores, whoever judges them.
    """

    query: str
    docids: tuple[str, ...]
    features: Matrix
    ratings: npt.NDArray[np.float64]
    ids: tuple[str, ...] = ()
    vector: npt.NDArray[np.float32] | None = None
    lifts: Scores | None = None


class Trained(msgspec.Struct, frozen=True):
    """A ranker, how it did on queries it was not trained on, and how the prior did; and the decision."""

    ranker: Ranker
    decision: Decision
    before: dict[str, Measure]
    after: dict[str, Measure]


def collect(
    database: Database,
    searcher: Searcher,
    ratings: Mapping[str, Mapping[str, float]],
    progress: Callable[[int], None] = lambda done: None,
) -> list[Example]:
    """The examples of every rated query, as this market's index answers it."""
    names, examples = _Names(database), []
    for query, rated in ratings.items():
        request = SearchRequest(query, limit=LIMIT_MAX, facets=False)
        _, asked, _ = searcher.find(request, "")
        ids, features, lifts = searcher.index.current.features_of(asked)
        docids = [_docid(each, rated, names.of(ids)) for each in ids]
        rating = np.array([rated.get(each, -1.0) for each in docids])
        examples.append(Example(query, tuple(docids), features, rating, tuple(ids), asked.vector, lifts))
        progress(1)
    return examples


def train(
    examples: Sequence[Example],
    ratings: Mapping[str, Mapping[str, float]],
    encoder: str,
    progress: Callable[[int], None] = lambda done: None,
) -> Trained:
    """Train on all examples; measured on folds of them. Invalid when nothing can be learned from them."""
    if not any((each.ratings >= 0).any() for each in examples):
        raise Invalid("No query finds a rated product: a docid is the feed's own number of a product, or our id")
    usable = [each for each in examples if len(set(each.ratings[each.ratings >= 0])) > 1]
    if len(usable) < FOLDS:
        raise Invalid(f"Of the rated queries {len(usable)} have results of different ratings: {FOLDS} are the least")
    prior = Prior()
    before, after = _ordered(examples, lambda each: prior), _validated(examples, encoder, progress)
    judged = {query: rated for query, rated in ratings.items() if any(rating > 0 for rating in rated.values())}
    compared = {
        protocol: compare(
            list(by_query(after, judged, protocol).values()),
            list(by_query(before, judged, protocol).values()),
            TOLERANCE,
        )
        for protocol in ("re-rank", "whole")
    }
    decision = decide(compared["re-rank"], compared["whole"], len(judged))
    ranker = fit(examples, encoder)
    progress(1)
    return Trained(ranker, decision, _measured(before, judged, None), _measured(after, judged, before))


def scores_of(trained: Trained) -> dict[str, object]:
    """What is kept of a training's measures."""
    return {
        "queries_not_trained_on": True,
        "before": {name: msgspec.to_builtins(each) for name, each in trained.before.items()},
        "after": {name: msgspec.to_builtins(each) for name, each in trained.after.items()},
    }


def keep_ranker(
    database: Database, blobs: Blobs, scope: Scope, trained: Trained, judged: Judged, *, use: bool = True
) -> Learned:
    """Keep a ranker with what it was trained on and how it did; it serves if it passed and `use` says so."""
    content, encoder = trained.ranker.write(), trained.ranker.file.encoder
    sha256, ratings = blobs.put(content), blobs.put(write_judgments(judged.ratings))
    decision, scores = trained.decision, scores_of(trained)

    def command(tx: Tx) -> Learned:
        base = find_used(tx, "ranker", encoder)
        draft = Draft(
            "ranker", encoder, sha256, ratings, None if base is None else base.id, scores, decision.passed,
            decision.reason,
        )  # fmt: skip
        return keep_learned(tx, scope, draft, use=use)

    return database.write_now(command)


def fit(examples: Sequence[Example], encoder: str) -> Ranker:
    """A ranker of these examples; the same examples make the same one."""
    lightgbm, prior = library(), Prior()
    columns, trees = columns_of(LEARNED_FROM), []
    for seed in range(SEEDS):
        data = _Data(examples, seed, _grades(examples))
        rows = lightgbm.Dataset(
            data.features[:, columns], data.grades, weight=data.weights, group=data.groups,
            init_score=prior.score(data.features) / SCALE, free_raw_data=True,
        )  # fmt: skip
        leaf = min(int(str(PARAMETERS["min_data_in_leaf"])), max(1, len(data.grades) // 20))
        model = lightgbm.train({**PARAMETERS, "min_data_in_leaf": leaf, "seed": seed}, rows, TREES)
        trees.append(model.model_to_string())
    return Ranker(RankerFile(encoder, prior.weights, SCALE, LEARNED_FROM, tuple(trees)))


class _Data:
    """Rows to train on: what is rated, and some of what is not."""

    def __init__(self, examples: Sequence[Example], seed: int, grade_of: Mapping[float, int]) -> None:
        random, parts = np.random.default_rng(seed), []
        for each in examples:
            rated, unrated = np.flatnonzero(each.ratings >= 0), np.flatnonzero(each.ratings < 0)
            if not len(rated) or each.ratings[rated].max() <= 0:
                continue  # every order of these is as good
            some = random.choice(unrated, min(UNRATED, len(unrated)), replace=False)
            rows = np.concatenate((rated, some))
            grades = np.array([grade_of[rating] for rating in np.maximum(each.ratings[rows], 0.0).tolist()])
            parts.append((each.features[rows], grades, np.where(each.ratings[rows] < 0, UNRATED_WEIGHT, 1.0)))
        if not parts:
            raise Invalid("No rated query has a result with a rating above 0")
        self.features = np.concatenate([features for features, _, _ in parts])
        self.grades = np.concatenate([grades for _, grades, _ in parts])
        self.weights = np.concatenate([weights for _, _, weights in parts])
        self.groups = [len(grades) for _, grades, _ in parts]


def _grades(examples: Sequence[Example]) -> dict[float, int]:
    """Ratings as whole grades: themselves where they are whole, else by their order."""
    known = {0.0, *(float(rating) for each in examples for rating in each.ratings if rating >= 0)}
    if all(rating.is_integer() for rating in known):
        return {rating: int(rating) for rating in known}
    return {rating: grade for grade, rating in enumerate(sorted(known))}


def _validated(examples: Sequence[Example], encoder: str, progress: Callable[[int], None]) -> Lists:
    """Every query's order by a ranker that was trained without it."""
    parts = folds([each.query for each in examples])
    rankers = {}
    for part in parts:
        ranker = fit([each for each in examples if each.query not in part], encoder)
        rankers.update(dict.fromkeys(part, ranker))
        progress(1)
    return _ordered(examples, lambda each: rankers[each.query])


def folds(queries: Sequence[str]) -> list[set[str]]:
    """Parts of about one size, the same for the same queries."""
    order = sorted(queries, key=lambda query: hashlib.sha256(query.encode()).digest())
    return [set(order[start::FOLDS]) for start in range(FOLDS)]


def _ordered(examples: Sequence[Example], scorer_of: Callable[[Example], Scorer]) -> dict[str, list[str]]:
    lists = {}
    for each in examples:
        scores = scorer_of(each).score(each.features)
        order = np.argsort(-(scores if each.lifts is None else scores + each.lifts), kind="stable")
        lists[each.query] = [each.docids[place] for place in order.tolist()]
    return lists


def _measured(lists: Lists, ratings: Mapping[str, Mapping[str, float]], baseline: Lists | None) -> dict[str, Measure]:
    return {
        protocol: measure(lists, ratings, protocol, baseline=baseline, tolerance=TOLERANCE)
        for protocol in ("re-rank", "whole")
    }


class _Names:
    """The docids of products, remembered: what many queries find is asked for once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, str] = {}

    def of(self, ids: Sequence[str]) -> dict[str, str]:
        missing = [each for each in ids if each not in self._known]
        if missing:
            cards = self._database.read_now(lambda snapshot: catalog.list_cards(snapshot, missing, {}))
            self._known.update({card.id: card.external_id for card in cards})
        return self._known


def _docid(product_id: str, rated: Mapping[str, float], names: Mapping[str, str]) -> str:
    """The id that ratings know a product by: ours, or the feed's own."""
    return product_id if product_id in rated else names.get(product_id, product_id)
