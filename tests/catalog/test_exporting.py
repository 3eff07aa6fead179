"""Feeds out: import, export and import again is equal, for everything that a format can carry."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot import catalog
from entrepot.catalog import ProductDraft, ReviewDraft, SaleDraft, VariantDraft
from entrepot.catalog.drafts import PictureDraft
from entrepot.catalog.exports import sitemap
from entrepot.catalog.exports.drafts import export_page
from entrepot.catalog.imports.formats import READERS
from entrepot.catalog.imports.reading import Good
from entrepot.catalog.texts import code_of
from entrepot.kernel import Blobs, Database, Invalid, NotFound
from tests.catalog.feeds import read, report, run
from tests.catalog.shop import Shop, draft, open_shop
from tests.proof import count

SITE = catalog.Site("https://shop.example")
SUFFIX = {"jsonl": ".jsonl", "shopify": ".csv", "google-xml": ".xml", "google-tsv": ".tsv"}

# Words as they are once stored: one space between them, no markup; with everything that a format must keep apart.
WORDS = st.text(st.sampled_from("abcXYZ0159äöß中文é,;:|\"'=+-@#%/\\(){}.!?"), min_size=1, max_size=12).filter(
    lambda word: "//" not in word
)
LINE = st.lists(WORDS, min_size=1, max_size=4).map(" ".join).filter(lambda text: bool(code_of(text)))
NAME = st.sampled_from(["Colour", "Size", "color", "size", "Length", "Pattern: bold", "Höhe, oben", "material"])
VALUE = LINE.filter(lambda text: text not in ("true", "false") and not text.isdigit())
GTINS = ["4006381333931", "73513537", "036000291452"]


def choices(names: Sequence[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    each = st.fixed_dictionaries(dict.fromkeys(names, VALUE))
    return st.lists(each, min_size=1, max_size=4, unique_by=lambda options: tuple(sorted(options.items())))


@st.composite
def drafts(draw: Callable[..., Any]) -> ProductDraft:
    """A product as a careful merchant would describe it, with every field that a feed may have."""
    names = draw(st.lists(NAME, max_size=3, unique_by=code_of))
    options = draw(choices(names)) if names else [{}]
    price, currency = draw(st.integers(500, 10**7)), draw(st.sampled_from(["USD", "JPY", "KWD"]))
    variants = tuple(_variant(draw, number, chosen, price, currency) for number, chosen in enumerate(options))
    external_id = draw(st.sampled_from(["lamp-1", "=SUM(A1)", "'=x", "+49", "@home", "Ä 1"]))
    return ProductDraft(
        external_id=external_id,
        title=draw(LINE),
        variants=variants,
        description=draw(st.sampled_from(["", '<p>Soft &amp; warm,\n"really"</p>', "<ul>\n<li>=1+1</li>\n</ul>"])),
        brand=draw(st.none() | LINE),
        category=draw(st.none() | st.sampled_from(["Home > Lamps", "Home & Garden > Pots, pans", "家居 > 灯具"])),
        attributes=draw(st.dictionaries(st.sampled_from(["Fit", "care label", "gender", "Art."]), VALUE, max_size=3)),
        options=tuple(names),
        pictures=tuple(draw(st.lists(PICTURES, max_size=3, unique_by=str))),
        reviews=tuple(draw(st.lists(REVIEWS, max_size=2))),
        published=draw(st.booleans()),
        tags=tuple(draw(st.lists(LINE.filter(lambda tag: "," not in tag), max_size=2, unique=True))),
        mpn=None,
        fits=tuple(draw(st.lists(LINE, max_size=2, unique=True))),
    )


PICTURES = st.sampled_from([
    "https://img.example/a.jpg",
    "https://img.example/b,c.jpg?x=1&y=2",
    PictureDraft("https://img.example/d.jpg", "A lamp, lit"),
])  # fmt: skip
REVIEWS = st.builds(ReviewDraft, LINE, st.integers(1, 5), LINE, LINE, st.just("2026-01-31T12:00:00Z"))


def _variant(draw: Callable[..., Any], number: int, options: dict[str, str], price: int, currency: str) -> VariantDraft:
    sale = SaleDraft(price // 2, "2026-01-01T00:00:00Z", draw(st.none() | st.just("2036-01-01T00:00:00Z")))
    size = st.none() | st.integers(1, 5_000)
    return VariantDraft(
        price_minor=price + number,
        currency=currency,
        external_id=f"sku-{number}",
        options=options,
        list_price_minor=draw(st.none() | st.just(price * 3)),
        quantity=draw(st.none() | st.integers(0, 50)),
        weight_g=draw(st.none() | st.integers(0, 9_000)),
        gtin=draw(st.none() | st.just(GTINS[number])) if number < len(GTINS) else None,
        mpn=draw(st.none() | st.just(f"MPN {number}")),
        condition=draw(st.sampled_from(["new", "refurbished", "used"])),
        sale=draw(st.none() | st.just(sale)),
        prices=draw(st.just({}) | st.just({"EUR": 1_999})),
        low_stock_at=draw(st.none() | st.just(3)),
        length_mm=draw(size),
        width_mm=draw(size),
        height_mm=draw(size),
    )


def exported(shop: Shop) -> list[ProductDraft]:
    """What a shop lists, as drafts."""
    return [each.draft for each in shop.database.read_now(lambda s: export_page(s, shop.id)).listings]


def export(shop: Shop, path: Path, format: str) -> Path:
    """A shop's feed in a file."""
    path = path.with_suffix(SUFFIX[format])
    blocks = catalog.export_feed(shop.database.read_now, shop.scope, shop.id, format, SITE)
    path.write_bytes(b"".join(blocks))
    return path


def carried(draft: ProductDraft, format: str) -> Any:
    """The part of a draft that a format has a place for."""
    if format == "jsonl":
        return draft
    replace = msgspec.structs.replace
    lost: dict[str, Any] = {"prices": {}, "low_stock_at": None}
    if format == "shopify":
        lost |= {"sale": None, "length_mm": None, "width_mm": None, "height_mm": None}
        variants = tuple(replace(each, **lost) for each in draft.variants)
        return replace(draft, reviews=(), fits=(), variants=variants)
    variants = tuple(replace(each, **lost) for each in draft.variants)
    pictures = tuple(each.url if isinstance(each, PictureDraft) else each for each in draft.pictures)
    return replace(draft, reviews=(), fits=(), variants=variants, pictures=pictures)


@pytest.mark.proof
@pytest.mark.parametrize("format", list(SUFFIX))
def test_import_export_import_is_equal(database: Database, tmp_path: Path, blobs: Blobs, format: str) -> None:
    @settings(max_examples=count(12, 400))
    @given(wanted=drafts())
    def check(wanted: ProductDraft) -> None:
        shop = open_shop(database, currency=wanted.variants[0].currency)
        shop.save(wanted)
        before = exported(shop)
        assert len(before) == 1
        path = export(shop, tmp_path / "feed", format)
        job = run(shop, blobs, path, format)
        assert job.counts.refused == 0, [(each.field, each.reason, each.value) for each in report(shop, job)]
        after = exported(shop)
        assert [carried(each, format) for each in after] == [carried(each, format) for each in before]
        again = run(shop, blobs, export(shop, tmp_path / "again", format), format)
        assert again.counts.refused == 0
        assert exported(shop) == after

    check()


def test_what_a_spreadsheet_would_compute_is_guarded_on_the_way_out_and_comes_back(
    shop: Shop, blobs: Blobs, tmp_path: Path
) -> None:
    texts = ["=HYPERLINK(1)", "+1", "-1", "@x", "'=x", "''=x", "'tis", "=cmd|' /C calc'!A0"]
    for number, text in enumerate(texts):
        shop.save(draft(f"p-{number}", title=text))
    path = export(shop, tmp_path / "feed", "shopify")
    cells = [cell for row in csv.reader(io.StringIO(path.read_text())) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@") or cell[:2] == "-1"]
    run(shop, blobs, path)
    assert sorted(each.title for each in exported(shop)) == sorted(texts)


def test_a_feed_is_ones_own_and_in_a_format_that_there_is(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    with pytest.raises(NotFound):
        b"".join(catalog.export_feed(shop.database.read_now, other.scope, shop.id, "jsonl", SITE))
    with pytest.raises(Invalid, match="jsonl, shopify"):
        b"".join(catalog.export_feed(shop.database.read_now, shop.scope, shop.id, "excel", SITE))


def test_what_engines_read_has_only_what_buyers_see_and_no_counts(shop: Shop) -> None:
    shop.save(draft("seen", quantity=7), draft("none-left", quantity=0), draft("draft", published=False))
    text = b"".join(catalog.export_public_feed(shop.database.read_now, shop.id, "google-xml", SITE)).decode()
    assert text.count("<item>") == 2
    assert "<g:id>seen</g:id>" in text
    assert "<g:availability>in_stock</g:availability>" in text
    assert "<g:availability>out_of_stock</g:availability>" in text
    assert "<g:link>https://shop.example/p/" in text
    assert "quantity" not in text
    with pytest.raises(Invalid):
        catalog.export_public_feed(shop.database.read_now, shop.id, "jsonl", SITE)


def test_what_a_page_tells_search_engines_is_what_our_own_reader_reads(shop: Shop, tmp_path: Path) -> None:
    variants = tuple(
        VariantDraft(
            price_minor=1_000 + number, currency="USD", options={"Size": size, "Filling": "down"}, condition="used",
            quantity=number, gtin=GTINS[number],
        )
        for number, size in enumerate("SM")
    )  # fmt: skip
    shop.save(draft("vest", title='Vest & "more" 1 < 2', brand="Fjell", variants=variants))
    page = json.dumps(catalog.schema_org(shop.product("vest"), SITE)).replace("<", "\\u003c")
    path = tmp_path / "page.html"
    path.write_text(f'<html><script type="application/ld+json">{page}</script></html>')
    (row,) = read(READERS["schema-org"], path)
    assert isinstance(row, Good), row
    assert (row.draft.title, row.draft.brand) == ('Vest & "more" 1 < 2', "Fjell")
    assert [(each.price_minor, each.quantity, each.condition, each.gtin) for each in row.draft.variants] == [
        (1_000, 0, "used", GTINS[0].zfill(14)),
        (1_001, None, "used", GTINS[1].zfill(14)),
    ]
    assert [each.options["size"] for each in row.draft.variants] == ["S", "M"]


def test_the_map_has_every_product_once_in_parts_that_do_not_move(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "ADDRESSES_MAX", 4)
    shop.save(*(draft(f"p-{number}") for number in range(10)), draft("hidden", published=False))
    read_now = shop.database.read_now

    def parts() -> list[list[str]]:
        found = read_now(catalog.list_sitemap_parts)
        return [
            [each.slug for each in read_now(lambda s, part=part: catalog.list_sitemap_addresses(s, part.after))]
            for part in found
        ]

    before = parts()
    assert [len(part) for part in before] == [4, 4, 2]
    assert len({slug for part in before for slug in part}) == 10
    shop.database.clock.advance(1_000_000)  # type: ignore[attr-defined]
    shop.save(*(draft(f"q-{number}") for number in range(5)))
    assert parts()[:2] == before[:2]
    assert catalog.write_sitemap_index([], SITE.url).count("<sitemap>") == 0
