"""Feeds that mean harm: refused or cleaned with a sentence, and memory stays bounded whatever they hold.

Memory is measured in a process for each feed, which does what an import does first: recognise, open and read every row.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from entrepot import catalog
from entrepot.catalog.imports import opening
from entrepot.kernel import Blobs, Invalid
from tests.catalog.feeds import bring, line, report, write_lines
from tests.catalog.shop import Shop
from tests.proof import count

MEMORY_MB = 160
"""What reading may add to an interpreter with our modules in it."""
READER = """
import json, os, resource, sys
from contextlib import closing
from pathlib import Path
from entrepot import catalog
from entrepot.catalog.imports.formats import READERS
from entrepot.catalog.imports.opening import opened
from entrepot.catalog.imports.reading import Bad, Feed
from entrepot.kernel import Invalid
import numpy
def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
def read(path):
    before, good, bad, sentence = used(), 0, [], ""
    try:
        feed = catalog.local_feed(path)
        mapping = catalog.sample_columns(path, path.name).guess if feed.header else None
        given = Feed(path, path.name, "USD", False, mapping=mapping)
        with opened(given) as plain, closing(READERS[feed.format].open(plain)) as source:
            for row in source.rows():
                if isinstance(row, Bad):
                    bad += [each.reason for each in row.problems][: 5 - len(bad)]
                else:
                    good += 1
    except Invalid as refusal:
        sentence = refusal.sentence
    print(json.dumps({"used": used() - before, "good": good, "bad": bad, "sentence": sentence}), flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        read(Path(line.strip()))
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        print("{}", flush=True)
"""
SHOPIFY = b"Handle,Title,Body (HTML),Variant Price\n"
XML = b'<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0"><channel>\n'
ITEM = b"<item><g:id>%d</g:id><g:title>T</g:title><g:price>5 USD</g:price></item>\n"


Read = Callable[[Path], dict[str, Any]]


@pytest.fixture(scope="module")
def read_apart() -> Iterator[Read]:
    """What a process of its own makes of a file, and how much memory it took.

    It is the child of one that has imported everything once, for that takes longer than most of these feeds.
    """
    with subprocess.Popen([sys.executable, "-c", READER], stdin=PIPE, stdout=PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        told, answers = parent.stdin, parent.stdout

        def read(path: Path) -> dict[str, Any]:
            told.write(f"{path}\n")
            told.flush()
            found: dict[str, Any] = json.loads(answers.readline())
            assert found["used"] < MEMORY_MB, found
            return found

        yield read


def repeated(head: bytes, piece: bytes, mebibytes: int, tail: bytes = b"") -> Iterator[bytes]:
    yield head
    block = piece * max(2**20 // len(piece), 1)
    for _ in range(mebibytes):
        yield block
    yield tail


HUGE: dict[str, tuple[str, Callable[[], Iterable[bytes]], int, str]] = {
    "a cell of 100 MB": (
        "p.csv", lambda: repeated(SHOPIFY + b"a,A,x,1\nb,B,", b"x", 100, b",1\nc,C,x,1\n"), 2, "MiB"),
    "a cell of 100 MB in quotes, over lines": (
        "p.csv", lambda: repeated(SHOPIFY + b'a,A,x,1\nb,B,"', b"x" * 999 + b"\n", 100, b'",1\n'), 1, "quote"),
    "a line without an end": ("p.csv", lambda: repeated(SHOPIFY, b"a", 120), 0, "MiB"),
    "a million columns": ("p.csv", lambda: repeated(b"Handle,Title,Variant Price", b",column", 7, b"\n"), 0,
        "columns|MiB"),
    "an object of 100 MB": (
        "p.jsonl", lambda: repeated(json.dumps(line("a")).encode() + b'\n{"external_id": "', b"x", 100, b'"}\n'),
        1, "MiB"),
    "JSON nested a million deep": (
        "p.jsonl", lambda: repeated(json.dumps(line("a")).encode() + b'\n{"external_id": ', b"[", 1, b"\n"),
        1, "nests|JSON|a list"),
    "a tag text of 100 MB": (
        "g.xml", lambda: repeated(XML + ITEM % 1 + b"<item><g:id>2</g:id><g:description>", b"x", 100,
                                  b"</g:description></item>" + ITEM % 3 + b"</channel></rss>"), 2, "MiB"),
    "an attribute of 100 MB": ("g.xml", lambda: repeated(XML + ITEM % 1 + b'<item x="', b"x", 100, b'"/>'), 1, "MiB"),
    "tags nested without an end": ("g.xml", lambda: repeated(XML + ITEM % 1 + b"<item>", b"<a>", 20), 1, "nested"),
    "empty tags without number": (
        "g.xml", lambda: repeated(XML + ITEM % 1 + b"<item>", b"<g:a/>", count(6, 40), b"</item></channel></rss>"), 1,
        "MiB"),
    "a script element without an end": (
        "p.html", lambda: repeated(b'<html><script type="application/ld+json">{"@type":"Product","name":"', b"x", 60),
        0, "MiB"),
    "a page of 100 MB": (
        "p.html", lambda: repeated(
            b'<html><script type="application/ld+json">{"@type":"Product","sku":"1","name":"L","offers":{"price":"5"}}'
            b"</script>", b"<p>words words words</p>\n", 100), 1, ""),
    "many rows": ("p.csv", lambda: repeated(SHOPIFY + b"a,A,x,1\n", b"b,B,x,1\n", count(4, 16)), -1, ""),
}  # fmt: skip


@pytest.mark.proof
@pytest.mark.parametrize("name", list(HUGE))
def test_what_is_huge_is_read_in_bounded_memory(read_apart: Read, tmp_path: Path, name: str) -> None:
    file_name, content, good, sentence = HUGE[name]
    path = tmp_path / file_name
    with path.open("wb") as file:
        file.writelines(content())
    found = read_apart(path)
    said = " ".join([found["sentence"], *found["bad"]])
    if good >= 0:
        assert found["good"] == good, found
    if sentence:
        assert any(word in said for word in sentence.split("|")), found


@pytest.mark.proof
def test_very_many_rows_in_groups_are_read_in_bounded_memory(read_apart: Read, tmp_path: Path) -> None:
    """Kept together they would take more than the bound: 1.3 kB a row."""
    path, rows = tmp_path / "google.tsv", count(150_000, 250_000)
    with path.open("w") as file:
        file.write("id\ttitle\tprice\timage_link\tavailability\titem_group_id\n")
        for number in range(rows):
            file.write(f"{number}\tLamp\t5 USD\thttps://x/y.jpg\tin_stock\tg{number // 2}\n")
    assert read_apart(path)["good"] == rows // 2


# --- XML


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/evil.dtd">',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>',
    ],
    ids=["laughs", "file", "external", "parameter"],
)
def test_entities_and_document_types_are_refused(shop: Shop, blobs: Blobs, tmp_path: Path, head: str) -> None:
    path = tmp_path / "g.xml"
    body = XML.decode().split("\n", 1)[1] + "<item><g:id>1</g:id><g:title>&b;&x;</g:title></item></channel></rss>"
    path.write_text(f'<?xml version="1.0"?>\n{head}\n{body}')
    job = bring(shop, blobs, path)
    assert job.counts == catalog.Counts(refused=1)
    assert "document type or entity" in report(shop, job)[0].reason


def test_xml_that_breaks_off_brings_in_what_stood_before(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "g.xml"
    path.write_bytes(XML + ITEM % 1 + ITEM % 2 + b"<item><g:id>3</g:id><g:title>A & B</g:title></item>" + ITEM % 4)
    job = bring(shop, blobs, path)
    assert (job.counts.created, job.counts.refused) == (2, 1)
    assert (report(shop, job)[0].line, "breaks off" in report(shop, job)[0].reason) == (5, True)


# --- archives


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a test can reach in a moment."""
    monkeypatch.setattr(opening, "RATIO_FREE_BYTES", 2**20)
    monkeypatch.setattr(opening, "UNPACKED_BYTES_MAX", 8 * 2**20)


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.usefixtures("small_bounds")
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("b.gz", gzip.compress(b"0" * 4 * 2**20, mtime=0), "times its size"),
        ("b.zip", zipped({"a.csv": b"0" * 4 * 2**20}), "times its size"),
        ("b.zip", zipped({f"{n}.csv": bytes(range(256)) * 4_000 + bytes([n]) for n in range(9)}), "more than"),
        ("b.gz", gzip.compress(b"{}", mtime=0)[:-6], "cannot be unpacked"),
        ("b.zip", zipped({"a.csv": b"x"})[:-10], "cannot be unpacked"),
        ("b.zip", zipped({}), "no file|cannot be unpacked"),
        ("b.xlsx", zipped({"[Content_Types].xml": b"<x/>", "xl/a.xml": b"<x/>"}), "save its sheet as CSV"),
        ("b.zip", zipped({"a/" * 5 + "x" * 250 + ".csv": b"x"}), "cannot be used"),
    ],
    # Archives hold the time they were made at: as names, they would be others in each process of a run.
    ids=["gzip bomb", "zip bomb", "many files", "cut gzip", "cut zip", "empty", "workbook", "long name"],
)
def test_archives_that_mean_harm_are_refused(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Invalid, match=sentence):
        catalog.local_feed(path)


def test_an_archive_cannot_write_outside_its_folder(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    feed = (json.dumps(line("a")) + "\n").encode()
    path = tmp_path / "in" / "f.zip"
    path.parent.mkdir()
    path.write_bytes(zipped({"../../escaped.jsonl": feed}))
    assert bring(shop, blobs, path).counts.created == 1
    assert sorted(each.name for each in tmp_path.rglob("*escaped*")) == []


def test_an_archive_brings_its_pictures_along(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    from tests.catalog.test_importing import picture

    feed = (json.dumps(line("lamp", pictures=["img/a.png"])) + "\n").encode()
    content = zipped({"shop/products.jsonl": feed, "shop/img/a.png": picture(), "__MACOSX/._x": b"x"})
    sha256 = catalog.feeds_in(blobs).put(content)
    ref = catalog.uploaded_feed(blobs, sha256, "shop.zip")
    job = shop.database.write_now(lambda tx: catalog.start_import(tx, shop.scope, shop.id, ref))
    done = catalog.run_import(shop.database, blobs, job.id)
    assert done.counts == catalog.Counts(created=1)
    assert shop.product("lamp").pictures[0].sha256


# --- cells and words


def test_nul_bytes_scripts_and_formulas_become_texts_that_do_nothing(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    body = "<p onclick=x()>Hi<script>alert(1)</script><img src=x onerror=alert(2)><a href=javascript:x>l</a></p>"
    path.write_bytes(SHOPIFY + f'a\0,=1+1\0,"{body}",5\n'.encode())
    assert bring(shop, blobs, path).counts.created == 1
    view = shop.product("a")
    assert view.title == "=1+1"
    assert not any(word in view.description_html for word in ("script", "onclick", "onerror", "javascript", "\0"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_lines_that_end_in_carriage_returns_alone_are_lines(
    shop: Shop, blobs: Blobs, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes("Handle,Title,Body (HTML),Variant Price\ra,Lämp,x,5\rb,Büro,y,6\r".encode(encoding))
    assert bring(shop, blobs, path).counts == catalog.Counts(created=2)
    assert (shop.product("a").title, shop.product("b").title) == ("Lämp", "Büro")


def test_what_is_neither_a_file_nor_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(Invalid, match="no file or folder"):
        catalog.local_feed(tmp_path / "pipe.csv")


def test_lines_in_another_encoding_say_so(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps(line("a")).encode() + b'\n{"external_id": "b", "title": "B\xfcro"}\n')
    job = bring(shop, blobs, path)
    assert [each.reason for each in report(shop, job)] == ["This is not UTF-8: save the feed as UTF-8"]


def test_a_column_that_stands_twice_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"Handle,Title,title,Variant Price\na,A,B,5\n")
    feed = catalog.local_feed(path, "shopify")
    from entrepot.catalog.imports.shopify import ShopifyReader
    from tests.catalog.feeds import read

    with pytest.raises(Invalid, match="'Title' twice"):
        read(ShopifyReader(), Path(feed.place))


def test_pictures_of_private_addresses_are_kept_as_addresses_only(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    addresses = ["http://127.0.0.1/a.png", "http://169.254.169.254/latest/meta-data", "http://[::1]/a.png"]
    path = write_lines(tmp_path / "p.jsonl", [line("lamp", pictures=addresses)])
    assert bring(shop, blobs, path).counts.created == 1
    assert [each.sha256 for each in shop.product("lamp").pictures] == [None] * 3


@pytest.mark.parametrize("unit", [b"<script application/ld+json ", b"<script ", b" application/ld+json", b"<script>"])
def test_pages_whose_tags_never_end_are_recognised_or_not_at_once(tmp_path: Path, unit: bytes) -> None:
    """A megabyte of tags without an end once kept the whole process busy for seven seconds, and each block two more."""
    path = tmp_path / "page.html"
    path.write_bytes(b"<html><script" + unit * (2**20 // len(unit)))
    begun = time.thread_time()
    with contextlib.suppress(Invalid):
        catalog.local_feed(path)
    assert time.thread_time() - begun < 2
