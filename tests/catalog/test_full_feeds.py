"""Full feeds, foreign columns, refused rows that come back mended, and what is kept of an upload."""

import csv
import io
import json
from pathlib import Path

import pytest
from msgspec import structs

from entrepot import catalog
from entrepot.catalog import ColumnMapping
from entrepot.kernel import DAY, Blobs, Conflict, Database, Invalid, NotFound, TooLarge
from entrepot.kernel.testing import settle
from tests.catalog.exporters import FEEDS, GOOD, Fixture, table_feed
from tests.catalog.feeds import bring, line, report, run, write_lines
from tests.catalog.shop import Shop, open_shop, rows_in, state


def upload(shop: Shop, blobs: Blobs, content: bytes, name: str, **options: object) -> catalog.Import:
    """What a browser sent, imported as far as it goes by itself."""
    sha256 = catalog.feeds_in(blobs).put(content)
    feed = catalog.uploaded_feed(blobs, sha256, name)
    job = shop.database.write_now(
        lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed, **options)  # type: ignore[arg-type]
    )
    settle(shop.database, {}, catalog.tasks(blobs))
    return shop.database.read_now(lambda s: catalog.get_import(s, shop.scope, job.id))


def refused_rows(shop: Shop, blobs: Blobs, job: catalog.Import) -> tuple[str, bytes]:
    rows = shop.database.read_now(lambda s: catalog.find_refused_rows(s, shop.scope, job.id))
    return rows.file_name, b"".join(rows.blocks(blobs))


# --- full feeds


def test_what_a_feed_leaves_out_stays_unless_it_is_full(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    run(shop, blobs, write_lines(tmp_path / "a.jsonl", [line("a"), line("b"), line("c")]))
    less = write_lines(tmp_path / "b.jsonl", [line("a")])
    assert run(shop, blobs, less).counts == catalog.Counts(unchanged=1)
    assert all(shop.product(name).visible for name in "abc")
    job = run(shop, blobs, less, full=True)
    assert job.counts == catalog.Counts(unchanged=1, delisted=2)
    assert [shop.product(name).visible for name in "abc"] == [True, False, False]
    assert run(shop, blobs, less, full=True).counts == catalog.Counts(unchanged=1)
    assert rows_in(shop.database, "catalog_import_seen") == 0


def test_what_comes_back_in_the_same_words_is_on_sale_again(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    both = write_lines(tmp_path / "a.jsonl", [line("a"), line("b")])
    run(shop, blobs, both)
    run(shop, blobs, write_lines(tmp_path / "b.jsonl", [line("a")]), full=True)
    assert run(shop, blobs, both).counts == catalog.Counts(unchanged=1, changed=1)
    assert shop.product("b").visible


def test_a_refused_row_keeps_its_product_on_sale_and_an_unknown_one_keeps_all(
    shop: Shop, blobs: Blobs, tmp_path: Path
) -> None:
    run(shop, blobs, write_lines(tmp_path / "a.jsonl", [line("a"), line("b"), line("c")]))
    job = run(shop, blobs, write_lines(tmp_path / "b.jsonl", [line("a"), line("b", price_minor=0)]), full=True)
    assert job.counts == catalog.Counts(unchanged=1, refused=1, delisted=1)
    assert [shop.product(name).visible for name in "abc"] == [True, True, False]
    job = run(shop, blobs, write_lines(tmp_path / "c.jsonl", [line("a"), "broken"]), "jsonl", full=True)
    assert job.counts == catalog.Counts(unchanged=1, refused=1, notes=1)
    assert shop.product("b").visible
    assert "nothing was taken off" in report(shop, job)[-1].reason


def test_a_trial_counts_what_a_full_feed_would_take_off(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    run(shop, blobs, write_lines(tmp_path / "a.jsonl", [line("a"), line("b"), line("c")]))
    less = write_lines(tmp_path / "b.jsonl", [line("a")])
    there = state(shop)
    assert run(shop, blobs, less, dry_run=True, full=True).counts == catalog.Counts(unchanged=1, delisted=2)
    preview = catalog.preview_import(shop.database, shop.scope, shop.id, catalog.local_feed(less), full=True)
    assert preview.counts == catalog.Counts(unchanged=1, delisted=2)
    assert state(shop) == there


def test_a_full_feed_takes_off_nothing_of_another_merchant(database: Database, blobs: Blobs, tmp_path: Path) -> None:
    one, other = open_shop(database, "One"), open_shop(database, "Other")
    path = write_lines(tmp_path / "a.jsonl", [line("a"), line("b")])
    run(one, blobs, path)
    run(other, blobs, path)
    run(one, blobs, write_lines(tmp_path / "b.jsonl", [line("a")]), full=True)
    assert other.product("b").visible


# --- what single rows are refused for when they are saved


def test_a_place_that_there_is_not_keeps_out_its_own_row_only(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    rows = [line(f"p-{number}") for number in range(9)]
    rows[4]["variants"][0] |= {"quantity": None, "stock": {"Atlantis": 3}}
    rows[7]["variants"][0] |= {"quantity": None, "stock": {"Workshop": 3}}
    job = run(shop, blobs, write_lines(tmp_path / "a.jsonl", rows))
    assert job.counts == catalog.Counts(created=8, refused=1)
    assert [each.line for each in report(shop, job)] == [5]


# --- columns


def test_a_foreign_sheet_waits_until_somebody_says_what_its_columns_are(shop: Shop, blobs: Blobs) -> None:
    fixture = table_feed()
    job = upload(shop, blobs, fixture.content, fixture.name)
    assert (job.state, job.counts) == ("mapping", catalog.Counts())
    path = catalog.feeds_in(blobs).path(job.place)
    sample = catalog.sample_columns(path, fixture.name)
    assert len(sample.rows) == 10
    shop.database.write_now(lambda tx: catalog.map_columns(tx, shop.scope, job.id, sample.guess))
    settle(shop.database, {}, catalog.tasks(blobs))
    job = shop.database.read_now(lambda s: catalog.get_import(s, shop.scope, job.id))
    assert (job.state, job.counts.created) == ("done", GOOD)
    with pytest.raises(Conflict):
        shop.database.write_now(lambda tx: catalog.map_columns(tx, shop.scope, job.id, sample.guess))
    again = upload(shop, blobs, fixture.content + b"\r\n", fixture.name)
    assert (again.state, again.counts.unchanged) == ("done", GOOD)


def test_a_mapping_without_what_makes_a_product_names_what_is_missing(shop: Shop, blobs: Blobs) -> None:
    job = upload(shop, blobs, b"a,b,c\n1,2,3\n", "x.csv")
    header = ("a", "b", "c")
    for columns, fields in (
        ({"a": "external_id", "b": "title"}, {"price"}),
        ({"a": "external_id", "b": "price", "c": "price"}, {"title", "price"}),
        ({"a": "external_id", "b": "title", "c": "colour"}, {"c", "price"}),
        ({"a": "external_id", "b": "title", "z": "price"}, {"z"}),
    ):
        mapping = ColumnMapping(header, columns)
        with pytest.raises(Invalid) as refusal:
            shop.database.write_now(lambda tx, m=mapping: catalog.map_columns(tx, shop.scope, job.id, m))  # type: ignore[misc]
        assert fields <= set(refusal.value.fields)


def test_a_sheet_that_waits_goes_on_when_its_columns_are_said_elsewhere(shop: Shop, blobs: Blobs) -> None:
    content = b"a,b,c\n1,x,3\n"
    waiting = upload(shop, blobs, content, "x.csv")
    mapping = ColumnMapping(("a", "b", "c"), {"a": "external_id", "b": "title", "c": "price"})
    done = upload(shop, blobs, content, "x.csv", mapping=mapping)
    assert (done.id, done.state, done.counts.created) == (waiting.id, "done", 1)


def test_columns_that_mean_something_else_now_begin_a_new_import(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b,c,d\n" + "".join(f"{n},x,3,4\n" for n in range(1_200)))
    feed = catalog.local_feed(path)
    for target, created in (("c", 500), ("d", 0)):
        columns = {"a": "external_id", "b": "title", target: "price"}
        mapping = ColumnMapping(("a", "b", "c", "d"), columns)
        job = shop.database.write_now(
            lambda tx, m=mapping: catalog.start_import(tx, shop.scope, shop.id, feed, mapping=m)  # type: ignore[misc]
        )
        asked = iter([False, True, True])
        if created:
            job = catalog.run_import(shop.database, blobs, job.id, closing_down=lambda: next(asked))  # noqa: B023
        assert job.counts.created == created
    catalog.run_import(shop.database, blobs, job.id)
    assert {shop.offer(str(n)).price_minor for n in (0, 700)} == {400}


def test_a_mapping_is_ones_own(database: Database, blobs: Blobs) -> None:
    one, other = open_shop(database, "One"), open_shop(database, "Other")
    job = upload(one, blobs, b"a,b,c\n1,2,3\n", "x.csv")
    mapping = ColumnMapping(("a", "b", "c"), {"a": "external_id", "b": "title", "c": "price"})
    with pytest.raises(NotFound):
        database.write_now(lambda tx: catalog.map_columns(tx, other.scope, job.id, mapping))
    database.write_now(lambda tx: catalog.map_columns(tx, one.scope, job.id, mapping))
    assert upload(other, blobs, b"a,b,c\n1,2,3\n", "x.csv").state == "mapping"


def test_objects_with_fields_of_their_own_are_a_sheet_too(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    rows = [
        {"id": n, "name": f"Lamp {n}", "pricing": {"price": 12.5}, "images": [{"url": f"https://x.example/{n}.jpg"}]}
        for n in range(3)
    ]
    job = bring(shop, blobs, write_lines(tmp_path / "x.jsonl", rows))
    assert (job.format, job.counts.created) == ("table", 3)
    assert shop.offer("2").price_minor == 1250
    assert shop.product("2").pictures[0].url == "https://x.example/2.jpg"


# --- refused rows


def _mended_csv(content: bytes) -> bytes:
    """Every price, stock, title and option as it should be: what a patient person does to a sheet."""
    text = content.decode("utf-8-sig")
    delimiter = max(",;\t", key=text.splitlines()[0].count)
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    fixes = {
        "Variant Price": "5.00", "Variant Compare At Price": "", "Variant Inventory Qty": "3", "Variant Grams": "5",
        "price": "50 USD", "sale_price": "", "sale_price_effective_date": "", "availability": "in_stock",
        "condition": "new", "gtin": "", "shipping_weight": "1 kg", "title": "Lamp", "售价": "5", "市场价": "",
        "库存": "3", "重量": "1", "商品名称": "灯",
    }  # fmt: skip
    for number, row in enumerate(rows):
        row |= {name: value for name, value in fixes.items() if name in row and (row[name] or value)}
        if row.get("Title") is not None and row.get("Variant SKU", "").endswith("-0"):
            row["Title"], row["Gift Card"] = "Lamp", "false"
        if row.get("Variant SKU"):
            place = int(row["Variant SKU"][-1])
            row["Option2 Value"] = "SM"[place % 2]
        elif "Variant Price" in row:
            row |= dict.fromkeys(("Variant Price", "Variant Inventory Qty", "Variant Grams"), "")
        if "size" in row:
            row["size"] = "SM"[int(row["id"][-1])]
        if "货号" in row:
            row["货号"] = row["货号"] or f"mended-{number}"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("format", ["shopify", "google-tsv", "table"])
def test_refused_rows_come_back_in_their_format_and_mended_they_are_exactly_what_was_missing(
    shop: Shop, blobs: Blobs, format: str
) -> None:
    fixture: Fixture = FEEDS[format]()
    if format == "table":
        first = upload(shop, blobs, fixture.content, fixture.name)
        guess = catalog.sample_columns(catalog.feeds_in(blobs).path(first.place), fixture.name).guess
        shop.database.write_now(lambda tx: catalog.map_columns(tx, shop.scope, first.id, guess))
    job = upload(shop, blobs, fixture.content, fixture.name)
    assert job.counts.created + job.counts.unchanged == GOOD
    name, content = refused_rows(shop, blobs, job)
    again = upload(shop, blobs, content, name)
    assert (again.format, again.counts) == (job.format, catalog.Counts(refused=job.counts.refused))
    mended = upload(shop, blobs, _mended_csv(content), name)
    assert mended.counts == catalog.Counts(created=job.counts.refused), [
        (each.field, each.reason, each.value) for each in report(shop, mended)
    ]


def test_refused_lines_and_items_come_back_with_what_is_wrong(shop: Shop, blobs: Blobs) -> None:
    for format, mark in (("jsonl", b'"_errors"'), ("google-xml", b"<!-- line"), ("schema-org", b'"_errors"')):
        fixture = FEEDS[format]()
        job = upload(shop, blobs, fixture.content, fixture.name)
        name, content = refused_rows(shop, blobs, job)
        assert content.count(mark) >= len(fixture.expected)
        again = upload(shop, blobs, content, name)
        assert (again.format, again.counts.refused, again.counts.created) == (format, job.counts.refused, 0)


def test_a_line_with_its_errors_still_in_it_comes_in_once_it_is_mended(
    shop: Shop, blobs: Blobs, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"_errors": ["price: too low"]} | line("a")])
    assert run(shop, blobs, path, "jsonl").counts == catalog.Counts(created=1)
    assert "_errors" not in json.dumps(shop.product("a").attributes)


def test_refused_rows_are_ones_own_and_only_of_what_is_kept(database: Database, blobs: Blobs) -> None:
    one, other = open_shop(database, "One"), open_shop(database, "Other")
    job = upload(one, blobs, b'{"external_id": "x"}\n', "x.jsonl")
    with pytest.raises(NotFound):
        database.read_now(lambda s: catalog.find_refused_rows(s, other.scope, job.id))
    assert catalog.gives_rows_back(job)
    assert not catalog.gives_rows_back(structs.replace(job, format="magento"))  # the page then offers the report alone


# --- what is kept


def test_uploads_are_kept_for_some_days_and_then_deleted(shop: Shop, blobs: Blobs) -> None:
    content = (json.dumps(line("a")) + "\n").encode()
    job = upload(shop, blobs, content, "a.jsonl")
    waiting = upload(shop, blobs, b"a,b,c\n1,2,3\n", "b.csv")
    feeds = catalog.feeds_in(blobs)
    assert (job.size_bytes, feeds.has(job.place)) == (len(content), True)
    clock = shop.database.clock
    settings = catalog.Settings()
    shop.database.write_now(lambda tx: tx.enqueue("catalog.tidy_feeds", catalog.TidyFeeds()))
    settle(shop.database, {}, catalog.tasks(blobs, settings))
    assert feeds.has(job.place)
    clock.advance((settings.feed_kept_days + 1) * DAY)  # type: ignore[attr-defined]
    shop.database.write_now(lambda tx: tx.enqueue("catalog.tidy_feeds", catalog.TidyFeeds()))
    settle(shop.database, {}, catalog.tasks(blobs, settings))
    assert not feeds.has(job.place)
    assert not feeds.has(waiting.place)
    gone = shop.database.read_now(lambda s: catalog.get_import(s, shop.scope, job.id))
    assert (gone.size_bytes, gone.counts) == (0, catalog.Counts(created=1))
    with pytest.raises(NotFound):
        refused_rows(shop, blobs, gone)


def test_a_merchant_cannot_fill_the_disk(shop: Shop, blobs: Blobs) -> None:
    settings = catalog.Settings(feed_quota_bytes=1_000_000)
    upload(shop, blobs, (json.dumps(line("a")) + "\n").encode() * 6_000, "a.jsonl")
    check = lambda size: shop.database.read_now(lambda s: catalog.check_quota(s, shop.id, size, settings))  # noqa: E731
    check(1_000)
    with pytest.raises(TooLarge, match="deleted 7 days"):
        check(500_000)
