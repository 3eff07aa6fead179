"""Tuning the encoder: what ratings teach, what the gate lets through, and an index that serves what passed."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from entrepot import cloud, discovery
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.index.weights import Tuning, tuned
from entrepot.discovery.judgments import Judged
from entrepot.discovery.learned import use_learned
from entrepot.discovery.tuning import Lesson, descend, keep_ratings, tune
from entrepot.kernel import Blobs, Database, Invalid
from entrepot.kernel.testing import settle
from tests.discovery.market import draft, open_shop

LENGTH = 16


def lessons(count: int, seed: int = 1, by_chance: bool = False) -> tuple[list[Lesson], dict[str, dict[str, float]]]:
    """Queries whose good results agree with them in the first dimensions; the last are noise, and larger."""
    random, made, ratings = np.random.default_rng(seed), [], {}
    scale = np.where(np.arange(LENGTH) < 6, 1.0, 1.6)
    for number in range(count):
        vector = random.standard_normal(LENGTH) * scale
        rows = random.standard_normal((12, LENGTH)) * scale
        good = random.random(12) < 0.4 if by_chance else np.arange(12) < 4
        good[:2] = (True, False)
        if not by_chance:
            rows[good, :6] += 0.8 * vector[:6]
        rated = np.where(good, 3.0, 0.0)
        docids = tuple(f"{number}-{n}" for n in range(12))
        shares = (2.0**rated - 1) / (2.0**rated - 1).sum()
        made.append(Lesson(f"q{number}", _unit(vector[None, :])[0], _unit(rows), shares, docids))
        ratings[f"q{number}"] = dict(zip(docids, rated.tolist(), strict=True))
    return made, ratings


def _unit(rows: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_dimensions_that_tell_weigh_more_and_that_passes() -> None:
    made, ratings = lessons(60)
    weights, decision, scores = tune(made, ratings)
    assert weights[:6].mean() > weights[6:].mean()
    assert decision.passed
    assert scores["queries_not_trained_on"]
    assert (descend(made) == weights).all()


def test_ratings_by_chance_do_not_pass() -> None:
    made, ratings = lessons(60, by_chance=True)
    assert not tune(made, ratings)[1].passed


def test_few_queries_are_refused() -> None:
    made, ratings = lessons(3)
    with pytest.raises(Invalid, match="5 are the least"):
        tune(made, ratings)


def test_few_ratings_are_refused_before_a_job_waits(tmp_path: Path) -> None:
    alike = {f"query {n}": {"1": 2.0, "2": 2.0} for n in range(9)}
    with pytest.raises(Invalid, match="Of the queries 0 have ratings that differ: 5 are the least"):
        keep_ratings(Blobs(tmp_path), Judged(alike, ""))


def test_weighed_vectors_have_unit_length_and_nothing_stays_nothing() -> None:
    rows = np.zeros((2, LENGTH), np.float32)
    rows[0, 0] = 1.0
    found = tuned(rows, np.full(LENGTH, 3.0))
    assert found.tolist() == rows.tolist()
    assert tuned(rows, None) is rows


def test_a_tuned_generation_weighs_what_comes_in_and_what_is_asked(tmp_path: Path) -> None:
    weights = tuple(2.0 if n < 10 else 0.5 for n in range(256))
    content = msgspec.json.encode(Tuning("wordllama", weights))
    generation = Generation.create(tmp_path / "tuned", 0.4, tuning=("a" * 64, content))
    assert generation.index.made_by == "wordllama+aaaaaaaaaaaa"
    generation.close()
    again = Generation.open(tmp_path / "tuned", None, writing=False)
    assert again.index.tuning is not None
    assert again.index.tuning.tolist() == list(weights)
    again.close()


def test_what_is_promoted_is_a_new_index_and_taking_it_back_is_another(database: Database, tmp_path: Path) -> None:
    with open_shop(database, tmp_path / "index") as shop:
        shop.put(*(draft(f"{kind}-{n}", f"{kind} thing {n}") for kind in ("lamp", "sofa", "desk", "rug", "mug")
                   for n in range(4)))  # fmt: skip
        shop.follow()
        blobs = Blobs(tmp_path / "blobs")
        judged = Judged({kind: {f"{kind}-{n}": float(3 * (n > 1)) for n in range(4)}
                         for kind in ("lamp", "sofa", "desk", "rug", "mug")}, "0" * 64)  # fmt: skip
        sha256 = discovery.keep_ratings(blobs, judged)
        task = discovery.tuning_task(database, blobs, shop.searcher, shop.meter)
        job_id = database.write_now(lambda tx: discovery.request_tuning(tx, shop.cast.dana, sha256))
        settle(database, {}, (task,))
        assert database.read_now(lambda snapshot: cloud.get_job(snapshot, shop.cast.dana, job_id)).state == "done"
        kept = database.read_now(lambda snapshot: discovery.list_learned(snapshot, shop.cast.dana, "encoder"))
        assert [each.used for each in kept] == [False]  # five queries are too few to tell
        database.write_now(lambda tx: use_learned(tx, shop.cast.dana, "encoder", "wordllama", kept[0].id))
        shop.indexer.close()
        indexer = discovery.Indexer(database, shop.meter, shop.folder, holder="second", blobs=blobs)
        indexer.open()
        assert indexer.index.current.made_by.startswith("wordllama+")
        searcher = discovery.Searcher(database, indexer.index, shop.meter, shop.signals)
        page = searcher.search(shop.cast.dana, discovery.SearchRequest("lamp"))
        assert page.hits[0].external_id.startswith("lamp")
        database.write_now(lambda tx: use_learned(tx, shop.cast.dana, "encoder", "wordllama", None))
        indexer.tick()
        assert indexer.index.current.made_by == "wordllama"
        indexer.close()
