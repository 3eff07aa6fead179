"""Ranking: what a score is made of, what the features see, and what a learned ranker may change."""

from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from entrepot.discovery.features import FEATURES, NAMES, PLACE, Matrix
from entrepot.discovery.index import ranking
from entrepot.discovery.index.about import of_subject
from entrepot.discovery.index.arrangement import Arrangement, Lift, Target
from entrepot.discovery.index.base import DIMENSIONS, IndexQuery, Vectors
from entrepot.discovery.index.candidates import Candidates
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.index.terms import TermTable
from entrepot.discovery.prior import WEIGHTS, Prior
from entrepot.discovery.ranker import Ranker, RankerFile
from entrepot.discovery.training import SCALE, Example, fit, train
from entrepot.discovery.types import THING, Document, Offer, Subject
from entrepot.kernel import Invalid

NOTEBOOKS, BAGS = 6, 6
ASKED = IndexQuery("laptop", limit=600, facets=False)


def unit(*parts: float) -> Vectors:
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[: len(parts)] = parts
    return vector / np.linalg.norm(vector)


QUERY = IndexQuery("laptop", unit(1.0, 0.3), limit=600, facets=False)


def thing(number: int, title: str, price: int, **more: object) -> Document:
    offers = (Offer(f"off_{number:026d}", price_minor=price),)
    return Document(f"prd_{number:026d}", title, offers=offers, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    """Notebooks, bags for laptops, and things that have nothing to do with either."""
    generation = Generation.create(tmp_path_factory.mktemp("shelf") / "generation", 0.2)
    documents = [
        *(thing(n, f"Notebook model {n} gaming laptop", 90_000 + n, brand="Acme", attributes=(("ram", "16 gb"),))
          for n in range(NOTEBOOKS)),
        *(thing(100 + n, f"Bag in black for laptop {n}", 2_000 + n, attributes=(("material", "nylon"),))
          for n in range(BAGS)),
        *(thing(200 + n, f"Garden hose {n}", 1_500) for n in range(4)),
    ]  # fmt: skip
    near = [unit(1.0, 0.1)] * NOTEBOOKS + [unit(0.7, 1.0)] * BAGS + [unit(0, 0, 1.0)] * 4
    generation.index.upsert(documents, np.stack(near), np.stack(near))
    generation.index.commit()
    yield generation
    generation.close()


def feature(shelf: Generation, name: str, query: IndexQuery = QUERY) -> dict[str, float]:
    ids, matrix, _ = shelf.index.features_of(query)
    return dict(zip(ids, matrix[:, PLACE[name]].tolist(), strict=True))


def test_every_weight_is_of_a_feature_and_every_feature_is_explained() -> None:
    assert set(WEIGHTS) <= set(FEATURES)
    assert all(FEATURES.values())
    assert len(set(FEATURES.values())) == len(FEATURES)


@pytest.mark.parametrize(
    "query", [QUERY, ASKED, IndexQuery("notebook bag", unit(1.0), limit=600), IndexQuery(limit=600)]
)
def test_contributions_sum_to_the_score_to_the_last_bit(shelf: Generation, query: IndexQuery) -> None:
    shelf.index.set_popularity({"prd_" + "1".zfill(26): 7})
    explained = IndexQuery(query.text, query.vector, limit=600, explained=True)
    page = shelf.index.search(explained)
    assert page.hits
    for hit in page.hits:
        parts = [part for _, part in hit.contributions]
        assert sum(parts) == sum(reversed(parts)) == hit.score


def test_what_is_judged_apart_keeps_its_order_and_its_sum(shelf: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shelf.index.search(QUERY)
    monkeypatch.setattr(ranking, "RERANKED", 5)
    page = shelf.index.search(IndexQuery(QUERY.text, QUERY.vector, limit=600, explained=True))
    scores = [hit.score for hit in page.hits]
    assert scores == sorted(scores, reverse=True)
    assert {hit.id for hit in page.hits} == {hit.id for hit in whole.hits}
    assert all(sum(part for _, part in hit.contributions) == hit.score for hit in page.hits)
    parted = [hit.id for at in range(0, len(scores), 2)
              for hit in shelf.index.search(IndexQuery(QUERY.text, QUERY.vector, offset=at, limit=2)).hits]  # fmt: skip
    assert parted == [hit.id for hit in page.hits]


def test_a_feature_that_is_left_out_takes_away_just_what_it_gave(shelf: Generation) -> None:
    explained = IndexQuery(QUERY.text, QUERY.vector, limit=600, explained=True)
    gave = {hit.id: dict(hit.contributions).get("telling", 0.0) for hit in shelf.index.search(explained).hits}
    scores = {hit.id: hit.score for hit in shelf.index.search(explained).hits}
    without = IndexQuery(QUERY.text, QUERY.vector, limit=600, explained=True, without=frozenset({"telling"}))
    for hit in shelf.index.search(without).hits:
        assert hit.score == scores[hit.id] - gave[hit.id]
        assert "telling" not in dict(hit.contributions)


def test_features_and_what_is_added_besides_make_the_score(shelf: Generation) -> None:
    lift = Lift("rule", 0.5, Target(ids=frozenset({"prd_" + "101".zfill(26)})))
    query = IndexQuery(QUERY.text, QUERY.vector, limit=600, rules=Arrangement(lifts=(lift,)))
    ids, matrix, lifts = shelf.index.features_of(query)
    assert [each for each, lifted in zip(ids, lifts.tolist(), strict=True) if lifted] == ["prd_" + "101".zfill(26)]
    scores = dict(zip(ids, (Prior().score(matrix) + lifts).tolist(), strict=True))
    assert {hit.id: hit.score for hit in shelf.index.search(query).hits} == scores


def test_a_search_works_out_what_its_scorer_looks_at_and_training_everything(
    shelf: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[str]] = []
    describe = ranking.describe

    def watched(candidates: Candidates, names: Collection[str]) -> Matrix:
        asked.append(set(names))
        return describe(candidates, names)

    monkeypatch.setattr(ranking, "describe", watched)
    shelf.index.search(QUERY)
    shelf.index.features_of(QUERY)
    monkeypatch.setattr(shelf.index, "scorer", Prior({"vector": 1.0}))
    shelf.index.search(QUERY)
    assert asked == [set(WEIGHTS), set(NAMES), {"vector"}]


def test_the_thing_itself_stands_before_what_is_for_it(shelf: Generation) -> None:
    order = [int(hit.id[-3:]) for hit in shelf.index.search(QUERY).hits]
    assert all(number < 100 for number in order[:NOTEBOOKS])


def test_features_tell_a_thing_from_what_is_for_it(shelf: Generation) -> None:
    meant = feature(shelf, "for")
    assert all((value == 1.0) == (int(product[-3:]) >= 100) for product, value in meant.items())
    kinds, prices = feature(shelf, "type_names"), feature(shelf, "price")
    notebook, bag = "prd_" + "1".zfill(26), "prd_" + "101".zfill(26)
    assert kinds[notebook] >= kinds[bag]
    assert prices[notebook] > prices[bag]


def test_features_see_brands_values_and_how_words_stand(shelf: Generation) -> None:
    asked = IndexQuery("acme gaming laptop", unit(1.0), limit=600, facets=False)
    notebook = "prd_" + "1".zfill(26)
    assert feature(shelf, "brand", asked)[notebook] == 1.0
    assert feature(shelf, "title_run", asked)[notebook] == 0.5
    assert (
        feature(shelf, "attribute", IndexQuery("laptop nylon", unit(1.0), limit=600))["prd_" + "101".zfill(26)] == 0.5
    )
    assert feature(shelf, "title_start", IndexQuery("notebook", limit=600))[notebook] == 1.0


def test_a_rare_word_tells_more_than_a_common_one(shelf: Generation) -> None:
    common = max(feature(shelf, "telling", IndexQuery("laptop", limit=600)).values())
    rare = max(feature(shelf, "telling", IndexQuery("hose", limit=600)).values())
    assert rare > common > 0


def test_a_vector_of_another_length_is_left_out_and_nothing_breaks(shelf: Generation) -> None:
    other = IndexQuery("laptop", np.ones(7, np.float32), limit=600, facets=False)
    assert shelf.index.search(other) == shelf.index.search(ASKED)


def test_features_are_numbers_whatever_is_asked(shelf: Generation) -> None:
    for text in ("laptop", "the of", '15.6"', "笔记本", "x" * 300, "for for for"):
        for vector in (None, unit(1.0), unit(0, 0, 0, 1.0)):
            _, matrix, _ = shelf.index.features_of(IndexQuery(text, vector, limit=600))
            assert matrix.shape[1] == len(NAMES)
            assert np.isfinite(matrix).all()


# Learned rankers


def examples(count: int, seed: int = 1) -> list[Example]:
    """Queries whose good results are those of a high price, which the prior does not look at."""
    random, made = np.random.default_rng(seed), []
    for number in range(count):
        features = random.random((30, len(NAMES)))
        price = features[:, PLACE["price"]]
        ratings = np.where(price > 0.7, 3.0, np.where(price > 0.5, 1.0, 0.0))
        ratings[20:] = -1.0
        made.append(Example(f"query {number}", tuple(f"{number}-{n}" for n in range(30)), features, ratings))
    return made


def ratings_of(made: list[Example]) -> dict[str, dict[str, float]]:
    return {
        each.query: {d: float(r) for d, r in zip(each.docids, each.ratings, strict=True) if r >= 0} for each in made
    }


def test_a_ranker_learns_what_the_prior_does_not_see_and_passes() -> None:
    pytest.importorskip("lightgbm")
    made = examples(40)
    trained = train(made, ratings_of(made), "wordllama")
    assert trained.decision.passed
    assert trained.after["re-rank"].ndcg > trained.before["re-rank"].ndcg + 0.05
    again = Ranker.read(trained.ranker.write())
    features = made[0].features
    assert (again.score(features) == trained.ranker.score(features)).all()
    assert (fit(made, "wordllama").score(features) == again.score(features)).all()


def test_a_ranker_is_measured_with_what_is_added_to_scores_whoever_gives_them() -> None:
    pytest.importorskip("lightgbm")
    made = [msgspec.structs.replace(each, lifts=np.maximum(each.ratings, 0.0) * 100.0) for each in examples(12)]
    trained = train(made, ratings_of(made), "wordllama")
    assert trained.before["re-rank"].ndcg == trained.after["re-rank"].ndcg == 1.0
    assert not trained.decision.passed


def test_parts_of_a_learned_score_sum_to_it_to_the_last_bit() -> None:
    pytest.importorskip("lightgbm")
    made = examples(12)
    ranker = fit(made, "wordllama")
    features = made[3].features
    parts, score = ranker.parts(features), ranker.score(features)
    assert (sum(parts.values()) == score).all()
    assert (sum(reversed(list(parts.values()))) == score).all()
    assert np.abs(parts["price"]).max() > 0


def test_ratings_by_chance_teach_nothing_that_passes() -> None:
    pytest.importorskip("lightgbm")
    random = np.random.default_rng(3)
    made = [
        Example(each.query, each.docids, each.features, np.where(each.ratings < 0, -1.0, random.integers(0, 3, 30)))
        for each in examples(40)
    ]
    assert not train(made, ratings_of(made), "wordllama").decision.passed


def test_few_queries_are_refused_with_a_sentence() -> None:
    made = examples(3)
    with pytest.raises(Invalid, match="5 are the least"):
        train(made, ratings_of(made), "wordllama")


def test_ratings_of_another_shops_products_are_told_from_few() -> None:
    made = [msgspec.structs.replace(each, ratings=np.full(len(each.ratings), -1.0)) for each in examples(8)]
    with pytest.raises(Invalid, match="No query finds a rated product"):
        train(made, ratings_of(made), "wordllama")


def test_a_file_that_is_no_ranker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no ranker's file"):
        Ranker.read(b"{}")
    strange = RankerFile("wordllama", {"nothing": 1.0}, SCALE, ("text",), ())
    with pytest.raises(Invalid, match="another version"):
        Ranker.read(Ranker.write(Ranker(RankerFile("wordllama", {}, SCALE, ("text",), ()))).replace(b"text", b"txet"))
    assert strange.weights


def test_the_prior_is_what_its_weights_say() -> None:
    features = np.zeros((2, len(NAMES)))
    features[1, PLACE["vector"]] = 0.5
    assert Prior({"vector": 2.0}).score(features).tolist() == [0.0, 1.0]


def test_what_is_called_so_is_no_mention_unless_by_chance() -> None:
    terms = TermTable()
    sofa, bank, lamp = terms.code_all([(THING, "sofa"), (THING, "power_bank"), (THING, "lamp")])
    places, codes = np.array([0, 1, 2]), np.array([sofa, bank, lamp], np.int32)
    called = np.array([False, True, True])
    plain = Subject(("sofa",), (("bank",),))
    for subject, mentions in (
        (plain, [False, False, False]),
        (msgspec.structs.replace(plain, homonyms=("power_bank",)), [False, True, False]),
    ):
        about, others = of_subject(subject, terms, places, codes, called)
        assert about.tolist() == [True, False, False]
        assert others.tolist() == mentions
