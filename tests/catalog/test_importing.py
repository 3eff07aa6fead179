"""Running imports: killed anywhere and gone on, twice is once, dry is dry, and a report that adds up."""

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from entrepot import catalog, identity
from entrepot.catalog.imports import batches, jobs, running
from entrepot.identity import Scope
from entrepot.kernel import Blobs, Conflict, Database, NotFound, Refused
from entrepot.kernel.sql import METADATA
from entrepot.kernel.testing import settle
from tests.catalog.feeds import line, report, run, write_lines
from tests.catalog.shop import SYSTEM, Shop, open_shop, rows_in, state

TABLES = sorted(METADATA.tables)


class Killed(Exception):
    """The process is gone."""


def mixed_feed(path: Path) -> Path:
    """Good lines, broken ones, one product twice, one picture that is there and one that is not."""
    rows: list[Any] = []
    for number in range(23):
        rows.append(line(f"p-{number}", price_minor=100 + number, quantity=number))
        if number % 5 == 0:
            rows += ["broken", line(f"bad-{number}", price_minor=0)]
    rows[7] = line("p-0", price_minor=999)
    rows[9] = line("pictured", pictures=["lamp.png", "none.png"])
    path.with_name("lamp.png").write_bytes(picture())
    return write_lines(path, rows)


def picture(colour: tuple[int, int, int] = (200, 90, 10)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 30), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of four rows, so that a short feed has many."""
    monkeypatch.setattr(batches, "ROWS_MAX", 4)


def counts_of(database: Database) -> dict[str, int]:
    return {table: rows_in(database, table) for table in TABLES}


def told(shop: Shop, job: catalog.Import) -> list[tuple[Any, ...]]:
    return [(each.number, each.line, each.field, each.value, each.refused) for each in report(shop, job)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_killed_at_every_batch_and_gone_on_it_ends_as_if_undisturbed(
    database: Database, blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    path = mixed_feed(tmp_path / "feed.jsonl")
    calm = open_shop(database, "Calm")
    whole = run(calm, blobs, path)
    assert whole.counts.rows == whole.cursor == 33
    batches_needed = rows_of_batches(path)

    for place in range(batches_needed):
        shop = open_shop(database, f"Shop {moment} {place}")
        seen = iter(range(100))

        def die(*args: Any, seen: Iterator[int] = seen, place: int = place) -> None:
            if next(seen) == place:
                raise Killed

        with monkeypatch.context() as patch:
            if moment == "before the commit":
                patch.setattr(running, "move_on", lambda *args, die=die: die() or jobs.move_on(*args))
            with pytest.raises(Killed):
                run(shop, blobs, path, progress=die if moment == "after the commit" else None)
        again = run(shop, blobs, path)
        assert (again.state, again.counts, again.cursor) == (whole.state, whole.counts, whole.cursor)
        assert state(shop) == state(calm)
        assert told(shop, again) == told(calm, whole)
    assert rows_in(database, "catalog_imports") == batches_needed + 1


def rows_of_batches(path: Path) -> int:
    from entrepot.catalog.imports.formats import READERS
    from entrepot.catalog.imports.reading import Feed

    source = READERS["jsonl"].open(Feed(path, path.name, "USD", is_local=True))
    count = sum(1 for _ in batches.batches(source.rows(), 0, has_location=True))
    source.close()
    return count


def test_a_second_run_changes_nothing_but_its_own_row(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    rows = [line(f"p-{number}", quantity=number) for number in range(20)]
    path = write_lines(tmp_path / "feed.jsonl", rows)
    run(shop, blobs, path)
    before, there = counts_of(shop.database), state(shop)
    job = run(shop, blobs, path)
    assert job.counts == catalog.Counts(unchanged=20)
    assert counts_of(shop.database) == before | {"catalog_imports": before["catalog_imports"] + 1}
    assert state(shop) == there


def test_a_changed_row_changes_exactly_that(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    rows = [line(f"p-{number}", quantity=number) for number in range(20)]
    run(shop, blobs, write_lines(tmp_path / "feed.jsonl", rows))
    there = state(shop)
    rows[7] = line("p-7", quantity=70)
    job = run(shop, blobs, write_lines(tmp_path / "feed.jsonl", rows))
    assert job.counts == catalog.Counts(unchanged=19, changed=1)
    after = state(shop)
    assert {name for name in after if after[name] != there[name]} == {"p-7"}


def test_a_second_line_about_one_product_is_refused_so_that_the_same_feed_again_changes_nothing(
    shop: Shop, blobs: Blobs, tmp_path: Path
) -> None:
    rows = [line("p", price_minor=1), line("q"), line("p", price_minor=2), line("p", price_minor=2)]
    path = write_lines(tmp_path / "feed.jsonl", rows)
    job = run(shop, blobs, path)
    assert job.counts == catalog.Counts(created=2, refused=2)
    assert [(each.line, each.field, each.value) for each in report(shop, job)] == [
        (3, "external_id", "p"),
        (4, "external_id", "p"),
    ]
    assert shop.offer("p").price_minor == 1
    assert run(shop, blobs, path).counts == catalog.Counts(unchanged=2, refused=2)


def test_progress_grows_to_the_end(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "feed.jsonl", [line(f"p-{number}") for number in range(1_200)])
    seen: list[tuple[int, int]] = []
    run(shop, blobs, path, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) == 3
    assert seen == sorted(seen)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


def test_a_preview_says_what_would_happen_and_writes_nothing_at_all(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    run(shop, blobs, write_lines(tmp_path / "first.jsonl", [line("p-1", price_minor=101, quantity=1), line("p-2")]))
    path = mixed_feed(tmp_path / "feed.jsonl")
    before, files = counts_of(shop.database), sorted((tmp_path / "blobs").rglob("*"))
    feed = catalog.local_feed(path)
    preview = catalog.preview_import(shop.database, shop.scope, shop.id, feed)
    assert counts_of(shop.database) == before
    assert sorted((tmp_path / "blobs").rglob("*")) == files
    job = run(shop, blobs, path)
    assert preview.counts == job.counts
    assert [(each.line, each.field, each.value) for each, _ in preview.problems] == [
        (each.line, each.field, each.value) for each in report(shop, job)
    ]


def test_a_dry_run_keeps_its_report_and_touches_no_goods(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = mixed_feed(tmp_path / "feed.jsonl")
    before = counts_of(shop.database)
    dry = run(shop, blobs, path, dry_run=True)
    after = counts_of(shop.database)
    assert {table for table in after if after[table] != before[table]} == {"catalog_imports", "catalog_import_errors"}
    real = run(shop, blobs, path)
    assert (dry.dry_run, real.dry_run) == (True, False)
    assert dry.counts == real.counts
    assert told(shop, dry) == told(shop, real)


@pytest.mark.proof
def test_any_feed_in_any_order_with_any_breaks_adds_up(database: Database, tmp_path: Path, blobs: Blobs) -> None:
    rows = st.lists(
        st.one_of(
            st.builds(lambda n, p: line(f"p-{n}", price_minor=p), st.integers(0, 5), st.integers(0, 3)),
            st.sampled_from(["broken", "{}", "", '{"external_id": 1}']),
        ),
        max_size=20,
    )

    @given(rows=rows, random=st.randoms(use_true_random=False))
    def check(rows: list[Any], random: Random) -> None:
        shop = open_shop(database)
        path = write_lines(tmp_path / "feed.jsonl", [line("first"), *rows])

        def stop(done: int, total: int) -> None:
            if random.random() < 0.5:
                raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batches, "ROWS_MAX", random.randint(1, 6))
            while True:
                try:
                    job = run(shop, blobs, path, progress=stop)
                    break
                except Killed:
                    continue
        good: dict[str, int] = {"first": 4900}
        for row in rows:
            if isinstance(row, dict) and row["variants"][0]["price_minor"]:
                good.setdefault(row["external_id"], row["variants"][0]["price_minor"])
        assert job.counts.rows == job.cursor == 1 + sum(row != "" for row in rows)
        assert job.counts.created == len(good)
        assert {name: there["offers"][0][2] for name, there in state(shop).items()} == good
        proof = next(each for each in catalog.PROOFS if each.name == "catalog.imports")
        assert not database.read_now(proof.check).breaches

    check()


def test_pictures_beside_the_feed_are_stored_once_and_what_is_none_is_noted(
    shop: Shop, blobs: Blobs, tmp_path: Path
) -> None:
    folder = tmp_path / "feed"
    (folder / "img").mkdir(parents=True)
    (folder / "img" / "a.png").write_bytes(picture())
    (folder / "broken.png").write_bytes(picture()[:40])
    (tmp_path / "secret.png").write_bytes(picture((1, 2, 3)))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    sources = ["img/a.png", "broken.png", "../secret.png", str(tmp_path / "secret.png"), "link.png", "img", "a\x00b"]
    path = write_lines(
        folder / "feed.jsonl",
        [
            line(
                "lamp", picture="img/a.png", pictures=[*sources, "https://img.example.com/x.jpg", "file:///etc/passwd"]
            ),
            line("b", pictures=["img/a.png"]),
        ],
    )
    job = run(shop, blobs, path)
    assert job.counts == catalog.Counts(created=2, notes=7)
    first, remote = shop.product("lamp").pictures
    assert first.sha256 == shop.product("b").pictures[0].sha256
    assert shop.product("lamp").variants[0].picture == first.sha256
    assert (first.width, first.height, remote.url) == (30, 30, "https://img.example.com/x.jpg")
    assert {each.value for each in report(shop, job)} == {*sources[1:-1], "a\ufffdb", "file:///etc/passwd"}
    assert all(
        each.line == 1 and not each.refused and "came in without it" in each.reason for each in report(shop, job)
    )
    assert run(shop, blobs, path).counts == catalog.Counts(unchanged=2, notes=7)


def test_an_upload_reads_no_files_of_the_server(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    rows = [line("lamp", pictures=["a.png", str(tmp_path / "a.png"), blobs.put(picture())])]
    sha256 = catalog.feeds_in(blobs).put(write_lines(tmp_path / "feed.jsonl", rows).read_bytes())
    feed = catalog.uploaded_feed(blobs, sha256, "feed.jsonl")
    job = shop.database.write_now(lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed))
    assert job.state == "waiting"
    settle(shop.database, {}, catalog.tasks(blobs))
    job = shop.database.read_now(lambda s: catalog.get_import(s, shop.scope, job.id))
    assert (job.state, job.counts) == ("done", catalog.Counts(created=1, notes=3))
    assert shop.product("lamp").pictures == ()
    notices = shop.database.read_now(lambda s: identity.list_notices(s, shop.scope))
    assert ["1 new" in each.text for each in notices if each.kind == "catalog.import_done"] == [True]


def test_counted_goods_of_a_shop_without_a_place_are_reported(database: Database, blobs: Blobs, tmp_path: Path) -> None:
    def found(tx: Any) -> str:
        organisation = identity.create_organisation(tx, SYSTEM, "merchant", "Nowhere")
        scope = Scope("usr_bruno", organisation, frozenset({"merchant"}))
        catalog.apply_as_merchant(tx, scope, catalog.MerchantApplication("Nowhere", "DE", "USD"))
        return organisation

    organisation = database.write_now(found)
    shop = Shop(database, organisation, Scope("usr_bruno", organisation, frozenset({"merchant"})), "")
    path = write_lines(tmp_path / "feed.jsonl", [line("counted"), line("uncounted", quantity=None)])
    job = run(shop, blobs, path)
    assert job.counts == catalog.Counts(created=1, refused=1)
    assert "add the place" in report(shop, job)[0].reason


def test_a_feed_that_changed_or_went_away_stops_with_a_sentence(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "feed.jsonl", [line("a")])
    feed = catalog.local_feed(path)
    job = shop.database.write_now(lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed))
    write_lines(path, [line("a"), line("b")])
    with pytest.raises(Refused, match="has changed"):
        catalog.run_import(shop.database, blobs, job.id)
    path.unlink()
    with pytest.raises(Refused, match="cannot be read"):
        catalog.run_import(shop.database, blobs, job.id)
    failed = shop.database.read_now(lambda s: catalog.get_import(s, shop.scope, job.id))
    assert failed.state == "failed"
    assert "put it back" in str(failed.failure)


def test_two_runs_of_one_import_do_not_both_go_on(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "feed.jsonl", [line(f"p-{number}") for number in range(1_200)])
    feed = catalog.local_feed(path)
    job = shop.database.write_now(lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed))

    def meanwhile(done: int, total: int) -> None:
        catalog.run_import(shop.database, blobs, job.id)

    with pytest.raises(Conflict, match="somebody else"):
        catalog.run_import(shop.database, blobs, job.id, meanwhile)
    ended = shop.database.read_now(lambda s: catalog.get_import(s, shop.scope, job.id))
    assert (ended.state, ended.counts) == ("done", catalog.Counts(created=1_200))


def test_a_stop_in_between_saves_where_it_is(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "feed.jsonl", [line(f"p-{number}") for number in range(1_200)])
    feed = catalog.local_feed(path)
    job = shop.database.write_now(lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed))
    asked = iter([False, True])
    job = catalog.run_import(shop.database, blobs, job.id, closing_down=lambda: next(asked))
    assert (job.state, job.cursor) == ("running", 500)
    assert catalog.run_import(shop.database, blobs, job.id).counts == catalog.Counts(created=1_200)


def test_imports_are_ones_own(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    other = open_shop(shop.database, "Other")
    path = write_lines(tmp_path / "feed.jsonl", ["broken"])
    feed = catalog.local_feed(write_lines(tmp_path / "good.jsonl", [line("a")]))
    job = run(shop, blobs, path, "jsonl")
    assert [each.id for each in shop.database.read_now(lambda s: catalog.list_imports(s, shop.scope, shop.id))] == [
        job.id
    ]
    for scope in (other.scope, Scope.public(), Scope("usr_alice")):
        for query in (
            lambda s, scope=scope: catalog.get_import(s, scope, job.id),
            lambda s, scope=scope: catalog.list_import_errors(s, scope, job.id),
            lambda s, scope=scope: catalog.list_imports(s, scope, shop.id),
        ):
            with pytest.raises(NotFound):
                shop.database.read_now(query)
        with pytest.raises(NotFound):
            shop.database.write_now(lambda tx, scope=scope: catalog.start_import(tx, scope, shop.id, feed))
        with pytest.raises(NotFound):
            catalog.preview_import(shop.database, scope, shop.id, feed)
    with pytest.raises(NotFound):
        shop.database.write_now(
            lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed, location_id=other.location_id)
        )


def test_a_report_keeps_a_bounded_number_and_counts_them_all(
    shop: Shop, blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ERRORS_KEPT_MAX", 10)
    job = run(shop, blobs, write_lines(tmp_path / "feed.jsonl", ["broken\x00"] * 700), "jsonl")
    assert (job.counts.refused, job.errors, len(report(shop, job))) == (700, 700, 10)


def test_a_long_feed_is_read_in_bounded_memory(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    """4 MiB a line would be 2 GiB a batch: what a batch holds is bounded in bytes too."""
    import tracemalloc

    path = tmp_path / "feed.jsonl"
    with path.open("w") as file:
        for number in range(120):
            words = {f"a-{part}": ["x" * 1_900] * 100 for part in range(5)}
            file.write(json.dumps(line(f"p-{number}", attributes=words, price_minor=0)) + "\n")
    assert path.stat().st_size > 100 * 2**20
    tracemalloc.start()
    job = run(shop, blobs, path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert job.counts.refused == 120
    assert peak < 40 * 2**20


def test_a_compressed_feed_is_the_feed_in_it(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl.gz"
    path.write_bytes(gzip.compress(write_lines(tmp_path / "feed.jsonl", [line("a"), line("b")]).read_bytes()))
    assert catalog.local_feed(path).format == "jsonl"
    assert run(shop, blobs, path).counts == catalog.Counts(created=2)
