"""Our own format: the documented example, every kind of broken line, and lines that mean harm."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from entrepot import catalog
from entrepot.catalog.imports.jsonl import JsonlReader
from entrepot.catalog.imports.reading import Bad, Good
from entrepot.kernel import Blobs
from tests.catalog.feeds import line, read, report, run, write_lines
from tests.catalog.shop import Shop, rows_in
from tests.tidy.tree import ROOT

DOCS = ROOT / "docs" / "feeds"


def example() -> str:
    found = re.search(r"```jsonl\n(.*?)```", (DOCS / "jsonl.md").read_text(), re.DOTALL)
    assert found
    return found.group(1)


def test_the_documented_example_imports_whole(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "products.jsonl"
    path.write_text(example())
    job = run(shop, blobs, path)
    assert (job.format, job.state, job.counts) == ("jsonl", "done", catalog.Counts(created=2))
    shirt = shop.product("linen-shirt")
    assert [(each.label, each.offers[0].available) for each in shirt.variants] == [("White / M", 4), ("White / L", 0)]
    assert run(shop, blobs, path).counts == catalog.Counts(unchanged=2)


def test_the_schema_is_that_of_the_types_and_takes_the_example() -> None:
    schema = json.loads((DOCS / "jsonl.schema.json").read_text())
    assert schema == catalog.feed_schema()
    validator = jsonschema_rs.validator_for(schema)
    for row in example().splitlines():
        validator.validate(json.loads(row))
    assert not validator.is_valid(line(price_minor="12"))


def test_every_field_is_documented() -> None:
    page = (DOCS / "jsonl.md").read_text()
    for kind in (catalog.ProductDraft, catalog.VariantDraft, catalog.ReviewDraft):
        assert [name for name in kind.__struct_fields__ if f"`{name}`" not in page] == []


BROKEN: list[tuple[Any, str]] = [
    ("not json at all", "row"),
    ('{"external_id": "x"', "row"),
    ("[1, 2]", "row"),
    ("null", "row"),
    (b'{"external_id": "\xff"}', "row"),
    ({"title": "A", "variants": [{"price_minor": 1, "currency": "USD"}]}, "external_id"),
    ({"external_id": "x", "variants": [{"price_minor": 1, "currency": "USD"}]}, "title"),
    (line("x", title=""), "title"),
    (line("x", title="   "), "title"),
    (line("x", title=7), "title"),
    (line("x", variants=[]), "variants"),
    (line("x", price_minor="12"), "variants[0].price_minor"),
    (line("x", price_minor=12.5), "variants[0].price_minor"),
    (line("x", price_minor=0), "variants[0].price_minor"),
    (line("x", price_minor=-5), "variants[0].price_minor"),
    (line("x", price_minor=10**40), "variants[0].price_minor"),
    (line("x", currency="usd"), "variants[0].currency"),
    (line("x", quantity=-1), "variants[0].quantity"),
    (line("x", quantity=1.5), "variants[0].quantity"),
    (line("x", colour="red"), "colour"),
    (line("x", gtin="4006381333932"), "gtin"),
    (line("x", attributes={"a": {"b": 1}}), "attributes[...]"),
    (line("x", published="yes"), "published"),
    (line("x", pictures="a.jpg"), "pictures"),
    (line("x", options=["Size"]), "variants[0].options"),
    (line("x", reviews=[{"author": "A", "rating": 6}]), "reviews[0].rating"),
    (line("x", reviews=[{"author": "A", "rating": 5, "written_at": "soon"}]), "reviews[0].written_at"),
    (line("x", variants=[{"price_minor": 1, "currency": "USD"}] * 2), "variants[1].external_id"),
]


def test_each_broken_line_is_reported_by_line_field_reason_and_value_and_the_rest_goes_on(
    shop: Shop, blobs: Blobs, tmp_path: Path
) -> None:
    rows = [row for number, (bad, _) in enumerate(BROKEN) for row in (line(f"good-{number}"), bad)]
    job = run(shop, blobs, write_lines(tmp_path / "feed.jsonl", rows), "jsonl")
    assert job.counts == catalog.Counts(created=len(BROKEN), refused=len(BROKEN))
    found: dict[int, list[catalog.ReportLine]] = {}
    for each in report(shop, job):
        found.setdefault(each.line, []).append(each)
    assert sorted(found) == [2 * number + 2 for number in range(len(BROKEN))]
    for number, (_, field) in enumerate(BROKEN):
        assert field in {each.field for each in found[2 * number + 2]}, (number, found[2 * number + 2])
    assert all(each.reason and each.refused for lines in found.values() for each in lines)
    assert {each.value for each in found[24]} == {"12"}


def test_a_byte_order_mark_other_line_ends_and_empty_lines_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf" + json.dumps(line("a")).encode() + b"\r\n\r\n  \n" + json.dumps(line("b")).encode()
    )
    rows = read(JsonlReader(), path)
    assert [(row.line, row.draft.external_id) for row in rows if isinstance(row, Good)] == [(1, "a"), (4, "b")]


def test_a_line_above_4_mib_is_refused_and_never_held(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    with path.open("wb") as file:
        file.write(json.dumps(line("a")).encode() + b"\n")
        for _ in range(24):
            file.write(b"x" * 2**20)
        file.write(b"\n" + json.dumps(line("b")).encode())
    import tracemalloc

    tracemalloc.start()
    rows = read(JsonlReader(), path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(row) for row in rows] == [Good, Bad, Good]
    assert isinstance(rows[1], Bad)
    assert "4 MiB" in rows[1].problems[0].reason
    assert peak < 16 * 2**20


@pytest.mark.parametrize(
    "bomb",
    [
        b'{"attributes": ' + b"[" * 500_000,
        b'{"attributes": {"a": ' + b'{"a":' * 200_000,
        b'{"unknown": ' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b"[" * 1_000_000,
        b'{"title": ' + b"9" * 1_000_000 + b"}",
    ],
)
def test_a_nest_of_brackets_is_one_bad_line(tmp_path: Path, bomb: bytes) -> None:
    path = write_lines(tmp_path / "feed.jsonl", [bomb, line("good")])
    first, second = read(JsonlReader(), path)
    assert isinstance(first, Bad)
    assert isinstance(second, Good)
    assert len(first.problems[0].value) <= 500


def test_hostile_words_come_in_harmless(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    rows = [
        line(
            "=cmd|'/c calc'!A0",
            title='=HYPERLINK("http://evil")\x00\u202e<script>alert(1)</script>',
            description="<img src=x onerror=alert(1)>fine<script>alert(2)</script>",
            brand="\x1b[31mred",
            category="<b>Evil</b> > ../../etc > \x00",
            attributes={"a\x00b": "c\x00d", "__proto__": "x", "'; DROP TABLE catalog_products; --": "y"},
            reviews=[{"author": "<b>Ann</b>", "rating": 5, "body": "<script>alert(3)</script>"}],
        ),
        line("x" * 201),
        line("y", title="z" * 501),
    ]
    job = run(shop, blobs, write_lines(tmp_path / "feed.jsonl", rows))
    assert job.counts == catalog.Counts(created=1, refused=2)
    view = shop.product("=cmd|'/c calc'!A0")
    assert "<" not in view.title
    assert "\x00" not in view.title
    assert view.description_html == "<p>fine</p>"
    assert [category.slug for category in view.category] == ["evil", "evil/etc"]
    assert all("\x00" not in code + "".join(words) for code, words in view.attributes.items())
    assert rows_in(shop.database, "catalog_products") == 1
