"""Feeds as people and spreadsheets spoil them: what can be meant is read, the rest refused with what to do about it."""

from __future__ import annotations

import json
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from entrepot import catalog
from entrepot.catalog.imports.encodings import find_encoding
from entrepot.catalog.imports.formats import READERS
from entrepot.catalog.imports.opening import opened
from entrepot.catalog.imports.reading import Bad, Feed, Good
from entrepot.kernel import Blobs, Invalid
from tests.catalog.feeds import bring, line, report, write_lines
from tests.catalog.shop import Shop

SHOPIFY = "Handle,Title,Variant Price\n"


def rows_of(path: Path) -> list[Good | Bad]:
    """What is read of a file in whatever format it is, with the columns of a foreign sheet as they are guessed."""
    feed = catalog.local_feed(path)
    mapping = catalog.sample_columns(path, path.name).guess if feed.header else None
    given = Feed(path, path.name, "USD", is_local=True, mapping=mapping)
    with opened(given) as plain, closing(READERS[feed.format].open(plain)) as source:
        return list(source.rows())


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def titles(rows: list[Good | Bad]) -> list[str]:
    return [row.draft.title for row in rows if isinstance(row, Good)]


def problems(rows: list[Good | Bad]) -> list[tuple[int, str, str]]:
    found = [problem for row in rows for problem in (row.problems if isinstance(row, Bad) else row.notes)]
    return [(each.line, each.field, each.reason) for each in found]


def test_a_quote_within_a_cell_opens_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", SHOPIFY + 'a,15" screen,5\nb,"He said ""hi""",6\nc,"lines\nof text",7\n')
    assert titles(rows_of(path)) == ['15" screen', 'He said "hi"', "lines\nof text"]


@pytest.mark.parametrize("spoilt", ['"open', 'x,"open', '"closed"astray, "'])
def test_a_quote_astray_spoils_its_own_row_and_no_other(tmp_path: Path, spoilt: str) -> None:
    path = written(tmp_path / "p.csv", SHOPIFY + f'a,A,5\nb,{spoilt},6\nc,C,7\nd,"D ""d""",8\n')
    rows = rows_of(path)
    assert titles(rows) == ["A", "C", 'D "d"']
    [(number, field, reason)] = problems(rows)
    assert (number, field) == (3, "row")
    assert "quote" in reason


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Красная лампа для чтения", "cp1251"),
        ("Κόκκινη λάμπα", "cp1253"),
        ("赤いランプ 学習用の電気スタンド", "shift_jis"),
        ("赤いランプとあかるい電気スタンドをどうぞ", "euc_jp"),
        ("빨간 램프 책상용 조명 스탠드 어린이용", "euc_kr"),
        ("Żółta lampka źdźbło", "cp1250"),
    ],
)
def test_letters_that_may_be_of_several_languages_are_not_guessed(tmp_path: Path, text: str, encoding: str) -> None:
    path = written(tmp_path / "p.csv", f"{SHOPIFY}a,{text},5\n".encode(encoding))
    with pytest.raises(Invalid, match="save it as UTF-8"):
        catalog.local_feed(path)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe über fünf, Stühle – “schön”", "cp1252"),
        ("Crème brûlée à l’œuf, déjà créée", "cp1252"),
        ("¿Qué tal? Niño 1ª edición, 20 m³, 25 °C", "cp1252"),
        ("Col·lecció d´estiu, ½ kg", "cp1252"),
        ("红色台灯可调光护眼学习灯", "gb18030"),
        ("灯", "gb18030"),
        ("是我在有一中的灯和椅子桌子", "gb18030"),
    ],
)
def test_western_and_chinese_letters_are_told(text: str, encoding: str) -> None:
    assert find_encoding(f"{SHOPIFY}a,{text},5\n".encode(encoding)) == encoding


def test_links_are_taken_as_people_paste_them(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    links = ["https://p.example/a b.jpg", " //p.example/c.jpg ", "HTTPS://p.example/d.jpg", "www.p.example/e.jpg"]
    path = write_lines(tmp_path / "p.jsonl", [line("lamp", pictures=links)])
    job = bring(shop, blobs, path)
    assert (job.counts.created, report(shop, job)) == (1, [])
    assert [each.url for each in shop.product("lamp").pictures] == [
        "https://p.example/a%20b.jpg", "https://p.example/c.jpg", "https://p.example/d.jpg", "https://www.p.example/e.jpg"
    ]  # fmt: skip
    assert bring(shop, blobs, path).counts.rows == 1  # the same again is the same import


def test_numbers_that_a_spreadsheet_kept_or_spoilt(tmp_path: Path) -> None:
    cells = ['="4006381333931"', "4006381333931.0", "4006 3813 3393 1", "4.00638E+12", "0"]
    rows = "".join(f"p{number},P,5,{cell}\n" for number, cell in enumerate(cells))
    read = rows_of(written(tmp_path / "p.csv", f"sku,name,price,ean\n{rows}"))
    assert [row.draft.variants[0].gtin is not None for row in read if isinstance(row, Good)] == [True] * 3 + [False] * 2
    assert "rounded" in problems(read)[0][2]
    assert "zeros" not in problems(read)[1][2]


def test_ids_that_a_spreadsheet_rounded_are_refused(tmp_path: Path) -> None:
    read = rows_of(written(tmp_path / "p.csv", "sku,name,price\n1.23E+15,A,5\n123E4,B,5\n"))
    assert titles(read) == ["B"]
    assert [(number, field) for number, field, _ in problems(read)] == [(2, "sku")]
    assert "rounded" in problems(read)[0][2]


def test_a_graph_in_graphs_without_end_says_so(tmp_path: Path) -> None:
    document: object = {"@type": "Product", "name": "P", "sku": "s", "offers": {"price": "5", "priceCurrency": "USD"}}
    for _ in range(30):
        document = {"@context": "https://schema.org", "@graph": [document]}
    [(_, _, reason)] = problems(rows_of(written(tmp_path / "p.jsonld", json.dumps(document))))
    assert "nests too deeply" in reason


def archive(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def test_a_note_beside_the_feed_in_an_archive_is_passed_over(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.zip", {"products.csv": f"{SHOPIFY}a,A,5\n", "readme.txt": "Our goods, with love"})
    assert titles(rows_of(path)) == ["A"]


def test_of_an_archive_with_several_feeds_each_is_to_be_sent_alone(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.zip", {"a.csv": f"{SHOPIFY}a,A,5\n", "b.csv": f"{SHOPIFY}b,B,5\n"})
    with pytest.raises(Invalid, match=r"holds 2 files that may be the feed \(a.csv, b.csv\): send them one by one"):
        catalog.local_feed(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"products": [{"title": "A"}]}', "an object a line"),
        ('<?xml version="1.0"?><goods><thing>A</thing></goods>', "export the goods as CSV"),
    ],
)
def test_what_is_no_feed_says_what_to_send_instead(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        catalog.local_feed(written(tmp_path / "goods.json", content))


@pytest.mark.parametrize(
    ("name", "format", "content"),
    [
        ("p.csv", "shopify", SHOPIFY),
        ("p.jsonl", "jsonl", "\n\n"),
        ("p.tsv", "google-tsv", "id\ttitle\tprice\tavailability\tlink\timage_link\n"),
    ],
)
def test_a_feed_without_rows_says_so_and_takes_nothing_off_sale(
    shop: Shop, blobs: Blobs, tmp_path: Path, name: str, format: str, content: str
) -> None:
    bring(shop, blobs, write_lines(tmp_path / "before.jsonl", [line("a")]))
    feed = catalog.local_feed(written(tmp_path / name, content), format)
    with pytest.raises(Invalid, match="has no rows"):
        catalog.preview_import(shop.database, shop.scope, shop.id, feed, full=True)
    job = shop.database.write_now(lambda tx: catalog.start_import(tx, shop.scope, shop.id, feed, full=True))
    with pytest.raises(Invalid, match="has no rows"):
        catalog.run_import(shop.database, blobs, job.id)
    failed = shop.database.read_now(lambda s: catalog.get_import(s, shop.scope, job.id))
    assert failed.state == "failed"
    assert name in (failed.failure or "")
    assert shop.product("a").offers
