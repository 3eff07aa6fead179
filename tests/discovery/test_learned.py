"""What was trained: kept whatever came of it, in use only if it passed, and taken back by one row."""

import gzip
from pathlib import Path

import pytest

from entrepot import discovery
from entrepot.discovery.learned import Draft, find_used, keep_learned, list_learned, use_learned
from entrepot.discovery.prior import Prior
from entrepot.discovery.ranker import Ranker
from entrepot.discovery.scorers import Scorers
from entrepot.kernel import Blobs, Database, Invalid, NotAllowed, NotFound
from tests.cast import invite
from tests.discovery.market import draft, open_shop


def kept_as(passed: bool, sha256: str = "0" * 64, encoder: str = "wordllama") -> Draft:
    return Draft("ranker", encoder, sha256, "1" * 64, None, {"after": 0.9}, passed, "it gains")


def test_what_passed_serves_and_going_back_is_one_row(database: Database) -> None:
    dana = invite(database).dana
    first = database.write_now(lambda tx: keep_learned(tx, dana, kept_as(True), use=True))
    second = database.write_now(lambda tx: keep_learned(tx, dana, kept_as(True, "2" * 64), use=True))
    failed = database.write_now(lambda tx: keep_learned(tx, dana, kept_as(False, "3" * 64), use=True))

    def used() -> str | None:
        found = database.read_now(lambda snapshot: find_used(snapshot, "ranker", "wordllama"))
        return None if found is None else found.id

    assert (first.used, second.used, failed.used) == (True, True, False)
    assert used() == second.id
    database.write_now(lambda tx: use_learned(tx, dana, "ranker", "wordllama", first.id))
    assert used() == first.id
    database.write_now(lambda tx: use_learned(tx, dana, "ranker", "wordllama", None))
    assert used() is None
    listed = database.read_now(lambda snapshot: list_learned(snapshot, dana, "ranker"))
    assert {each.id for each in listed} == {first.id, second.id, failed.id}
    assert not any(each.used for each in listed)


def test_only_operators_and_only_what_fits(database: Database) -> None:
    cast = invite(database)
    kept = database.write_now(lambda tx: keep_learned(tx, cast.dana, kept_as(True, encoder="minilm"), use=True))
    assert database.read_now(lambda snapshot: find_used(snapshot, "ranker", "wordllama")) is None
    with pytest.raises(Invalid, match="for the encoder minilm"):
        database.write_now(lambda tx: use_learned(tx, cast.dana, "ranker", "wordllama", kept.id))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: use_learned(tx, cast.dana, "ranker", "minilm", "lrn_nothing"))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: use_learned(tx, cast.bruno, "ranker", "minilm", None))


def test_a_ranker_that_cannot_be_used_leaves_the_prior(database: Database, tmp_path: Path) -> None:
    dana, blobs = invite(database).dana, Blobs(tmp_path / "blobs")
    scorers = Scorers(database, blobs)
    assert isinstance(scorers.of("wordllama"), Prior)
    for sha256 in (blobs.put(b"no ranker"), "4" * 64):
        database.write_now(lambda tx, sha256=sha256: keep_learned(tx, dana, kept_as(True, sha256), use=True))  # type: ignore[misc]
        assert isinstance(scorers.of("wordllama"), Prior)


def test_a_market_is_taught_by_ratings_and_answers_by_what_it_learned(database: Database, tmp_path: Path) -> None:
    pytest.importorskip("lightgbm")
    with open_shop(database, tmp_path / "index") as shop:
        shop.put(*(draft(f"{kind}-{n}", f"{kind} lamp number {n}", 1_000 + 100 * n)
                   for kind in ("desk", "floor", "wall", "oak", "brass", "glass") for n in range(8)))  # fmt: skip
        shop.follow()
        lines = ["query,docid,rating"]
        for kind in ("desk", "floor", "wall", "oak", "brass", "glass"):
            lines += [f"{kind} lamp,{kind}-{n},{3 if n >= 5 else 0}" for n in range(8)]
        path = tmp_path / "ratings.csv.gz"
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        judged = discovery.read_judgments(path)
        examples = discovery.collect_examples(database, shop.searcher, judged.ratings)
        assert all((each.ratings >= 0).sum() == 8 for each in examples)
        trained = discovery.train_ranker(examples, judged.ratings, shop.indexer.index.encoder)
        assert not trained.decision.passed  # six queries are too few to tell
        blobs = Blobs(tmp_path / "blobs")
        learned = discovery.keep_ranker(database, blobs, shop.cast.dana, trained, judged)
        assert not learned.used
        assert Ranker.read(blobs.get(learned.draft.sha256)).file == trained.ranker.file
        assert blobs.get(learned.draft.judgments).startswith(b"query,docid,rating")
