"""Tuning the shop's encoder by ratings: each dimension of its vectors is given a weight.

1. For each rated query, the vectors of its rated results; those of high ratings should be more alike the query.
2. Weights are found by descent on a listwise softmax over those likenesses, held near 1 (`HOLD`).
3. They are measured as rankers are (`training`): every query by weights that were found without it, by likeness alone,
   tuned against untuned; and promoted by the same gate.

A tuned index applies the weights to what comes in and to what is asked, so nothing else knows of them. Promoting them
is one row, and the index is then built anew beside the one that serves.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from entrepot import cloud, identity
from entrepot.cloud import Meter, Usage
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Database, Invalid, TaskKind, TaskRun, Tx, new_id

from .evaluation import Lists, by_query, compare
from .gate import TOLERANCE, Decision, decide
from .index.weights import Tuning, tuned
from .judgments import Judged, parse_judgments, write_judgments
from .learned import Draft, find_used, keep_learned
from .searching import Searcher
from .training import FOLDS, Example, collect, folds

TRAIN_ENCODER = "discovery.train_encoder"
SHARPNESS = 12.0
HOLD = 0.002
STEPS, RATE = 150, 2.0
MODEL = "encoder-tuning"

Vectors = npt.NDArray[np.float32]


class TrainEncoder(msgspec.Struct, frozen=True):
    """The body of the task: the blob of the ratings, and whether what passes is used."""

    judgments: str
    use: bool = True


class Lesson(msgspec.Struct, frozen=True):
    """A query's vector, its rated results' vectors, and their gains as shares of the whole."""

    query: str
    vector: Vectors
    rows: Vectors
    shares: npt.NDArray[np.float64]
    docids: tuple[str, ...]


def request_tuning(tx: Tx, scope: Scope, sha256: str, *, use: bool = True) -> str:
    """Have the encoder tuned by the ratings of a blob, as a job like any other; returns its id. Operators only."""
    identity.require_operator(scope)
    job_id = cloud.submit_job(tx, scope, TRAIN_ENCODER, TrainEncoder(sha256, use))
    identity.audit(tx, scope, "discovery.request_tuning", job_id)
    return job_id


def keep_ratings(blobs: Blobs, judged: Judged) -> str:
    """Keep ratings for a job; returns the blob's name. Invalid where they are too few to learn from."""
    telling = sum(len(set(rated.values())) > 1 for rated in judged.ratings.values())
    if telling < FOLDS:
        raise Invalid(f"Of the queries {telling} have ratings that differ: {FOLDS} are the least")
    return blobs.put(write_judgments(judged.ratings))


def tuning_task(database: Database, blobs: Blobs, searcher: Searcher, meter: Meter) -> TaskKind[TrainEncoder]:
    """The kind of task that does it, metered by the processor's time."""

    def act(run: TaskRun, body: TrainEncoder) -> None:
        began = time.process_time()
        ratings = parse_judgments(blobs.get(body.judgments))
        draft = learn(database, blobs, searcher, ratings, body.judgments)
        now = meter.clock.now()
        request, spent = new_id("req", now, database.random), round((time.process_time() - began) * 1_000)
        meter.record(Usage(request=request, meter="cpu_ms", quantity=spent, model=MODEL, surface="training",
                           ref=run.task_id, at=now))  # fmt: skip
        run.settle(lambda tx: keep_learned(tx, Scope.system(), draft, use=body.use))

    return TaskKind(TRAIN_ENCODER, TrainEncoder, act, slow=True)


def learn(
    database: Database, blobs: Blobs, searcher: Searcher, ratings: Mapping[str, Mapping[str, float]], source: str
) -> Draft:
    """Find weights, and measure them beside what serves now. Invalid where nothing can be learned."""
    index = searcher.index.current
    before = index.tuning
    lessons = _lessons(searcher, collect(database, searcher, ratings))
    weights, decision, scores = tune(lessons, ratings)
    whole = weights if before is None else weights * before
    content = msgspec.json.encode(Tuning(index.encoder, tuple(whole.tolist())))
    base = database.read_now(lambda snapshot: find_used(snapshot, "encoder", index.encoder))
    return Draft(
        "encoder", index.encoder, blobs.put(content), source, None if base is None else base.id, scores,
        decision.passed, decision.reason,
    )  # fmt: skip


def tune(
    lessons: Sequence[Lesson], ratings: Mapping[str, Mapping[str, float]]
) -> tuple[npt.NDArray[np.float64], Decision, dict[str, object]]:
    """Weights of all lessons, the gate's decision about weights found without each query, and their scores."""
    if len(lessons) < FOLDS:
        raise Invalid(f"Of the rated queries {len(lessons)} have results of different ratings: {FOLDS} are the least")
    same = np.ones(lessons[0].rows.shape[1])
    before, after = _ordered(lessons, dict.fromkeys((each.query for each in lessons), same)), _validated(lessons)
    judged = {each.query: ratings[each.query] for each in lessons}
    compared = {
        protocol: compare(
            list(by_query(after, judged, protocol).values()),
            list(by_query(before, judged, protocol).values()),
            TOLERANCE,
        )
        for protocol in ("re-rank", "whole")
    }
    decision = decide(compared["re-rank"], compared["whole"], len(lessons))
    scores = {name: msgspec.to_builtins(each) for name, each in compared.items()}
    return descend(lessons), decision, {"queries_not_trained_on": True, "against_untuned": scores}


def descend(lessons: Sequence[Lesson]) -> npt.NDArray[np.float64]:
    """The weights that make each query most alike what was rated high."""
    products = [each.rows * each.vector for each in lessons]
    logs = np.zeros(lessons[0].rows.shape[1])
    for _ in range(STEPS):
        weights, slope = np.exp(2.0 * logs), 2.0 * HOLD * logs
        for each, product in zip(lessons, products, strict=True):
            scores = SHARPNESS * (product @ weights)
            shares = np.exp(scores - scores.max())
            off = shares / shares.sum() - each.shares
            slope += 2.0 * SHARPNESS * weights * (off @ product) / len(lessons)
        logs -= RATE * slope
    found: npt.NDArray[np.float64] = np.exp(np.clip(logs, -1.5, 1.5))
    return found


def _lessons(searcher: Searcher, examples: Sequence[Example]) -> list[Lesson]:
    index, lessons = searcher.index.current, []
    for each in examples:
        rated = np.flatnonzero(each.ratings >= 0)
        gains = 2.0 ** each.ratings[rated] - 1.0
        if each.vector is None or len(set(gains.tolist())) < 2:
            continue
        rows = index.vectors_of([each.ids[place] for place in rated.tolist()])
        vector = tuned(each.vector[None, :], index.tuning)[0]
        docids = tuple(each.docids[place] for place in rated.tolist())
        lessons.append(Lesson(each.query, vector, rows, gains / gains.sum(), docids))
    return lessons


def _validated(lessons: Sequence[Lesson]) -> Lists:
    weights = {}
    for part in folds([each.query for each in lessons]):
        found = descend([each for each in lessons if each.query not in part])
        weights.update(dict.fromkeys(part, found))
    return _ordered(lessons, weights)


def _ordered(lessons: Sequence[Lesson], weights: Mapping[str, npt.NDArray[np.float64]]) -> Lists:
    lists = {}
    for each in lessons:
        rows, vector = tuned(each.rows, weights[each.query]), tuned(each.vector[None, :], weights[each.query])[0]
        order = np.argsort(-(rows @ vector), kind="stable")
        lists[each.query] = [each.docids[place] for place in order.tolist()]
    return lists
