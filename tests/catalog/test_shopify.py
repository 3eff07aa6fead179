"""Shopify's CSV: the habits of its exporter, and of the spreadsheets it goes through."""

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from entrepot import catalog
from entrepot.catalog.drafts import picture_url
from entrepot.catalog.imports.reading import Bad, Good
from entrepot.catalog.imports.shopify import ShopifyReader
from entrepot.kernel import Blobs, Invalid
from tests.catalog.feeds import read, report, run
from tests.catalog.shop import Shop
from tests.proof import count

COLUMNS = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option1 Linked To",
    "Option2 Name",
    "Option2 Value",
    "Option2 Linked To",
    "Option3 Name",
    "Option3 Value",
    "Option3 Linked To",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "SEO Title",
    "SEO Description",
    "Google Shopping / Gender",
    "Fabric (product.metafields.shopify.fabric)",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Cost per item",
    "Status",
]
SHIRT: dict[str, str] = {
    "Handle": "linen-shirt",
    "Title": "Linen shirt",
    "Body (HTML)": '<p>Light,\nfor "warm" days.</p>\n\n<ul>\n<li>Linen</li>\n</ul>',
    "Vendor": "Fjell",
    "Product Category": "Apparel & Accessories > Clothing > Shirts",
    "Type": "Shirt",
    "Tags": "summer, linen, new",
    "Published": "true",
    "Option1 Name": "Colour",
    "Option1 Value": "White",
    "Option2 Name": "Size",
    "Option2 Value": "M",
    "Variant SKU": "LS-W-M",
    "Variant Grams": "240.0",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "4",
    "Variant Inventory Policy": "deny",
    "Variant Price": "59.00",
    "Variant Compare At Price": "79.00",
    "Variant Barcode": "4006381333931",
    "Image Src": "https://cdn.example.com/b.jpg",
    "Image Position": "2",
    "Gift Card": "false",
    "Google Shopping / Gender": "unisex",
    "Fabric (product.metafields.shopify.fabric)": "linen; cotton",
    "Variant Weight Unit": "kg",
    "Status": "active",
}
LARGE = {
    "Handle": "linen-shirt",
    "Option1 Value": "White",
    "Option2 Value": "L",
    "Variant SKU": "LS-W-L",
    "Variant Grams": "260",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "-2",
    "Variant Inventory Policy": "deny",
    "Variant Price": "59.00",
    "Image Src": "https://cdn.example.com/a.jpg",
    "Image Position": "1",
}
BLACK = LARGE | {
    "Option1 Value": "Black",
    "Variant SKU": "",
    "Variant Inventory Policy": "continue",
    "Variant Price": "61.00",
    "Image Src": "",
    "Variant Image": "https://cdn.example.com/black.jpg",
}
PICTURE = {"Handle": "linen-shirt", "Image Src": "https://cdn.example.com/c.jpg", "Image Position": "3"}
CARD = {
    "Handle": "vase",
    "Title": "Vase",
    "Option1 Name": "Title",
    "Option1 Value": "Default Title",
    "Variant Price": "12",
    "Status": "draft",
}


def sheet(
    rows: Sequence[Mapping[str, str]],
    columns: Sequence[str] = COLUMNS,
    *,
    delimiter: str = ",",
    end: str = "\n",
) -> str:
    """Rows as a spreadsheet program writes them."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def save(path: Path, content: str | bytes) -> Path:
    """Write a file exactly."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def drafts(path: Path, currency: str = "USD") -> list[catalog.ProductDraft]:
    rows = read(ShopifyReader(), path, currency=currency)
    assert [row for row in rows if isinstance(row, Bad)] == []
    return [row.draft for row in rows if isinstance(row, Good)]


def problems(path: Path) -> list[tuple[int, str]]:
    return [
        (each.line, each.field) for row in read(ShopifyReader(), path) if isinstance(row, Bad) for each in row.problems
    ]


def test_rows_of_a_handle_become_one_product(tmp_path: Path) -> None:
    shirt, vase = drafts(save(tmp_path / "products.csv", sheet([SHIRT, LARGE, BLACK, PICTURE, CARD])))
    assert (shirt.external_id, shirt.title, shirt.brand) == ("linen-shirt", "Linen shirt", "Fjell")
    assert shirt.category == "Apparel & Accessories > Clothing > Shirts"
    assert shirt.attributes == {
        "type": "Shirt",
        "gender": "unisex",
        "fabric": ["linen", "cotton"],
    }
    assert shirt.tags == ("summer", "linen", "new")
    assert shirt.options == ("Colour", "Size")
    assert [(each.external_id, each.options, each.price_minor, each.quantity) for each in shirt.variants] == [
        ("LS-W-M", {"Colour": "White", "Size": "M"}, 5900, 4),
        ("LS-W-L", {"Colour": "White", "Size": "L"}, 5900, 0),
        ("", {"Colour": "Black", "Size": "L"}, 6100, None),
    ]
    assert (shirt.variants[0].list_price_minor, shirt.variants[0].weight_g) == (7900, 240)
    assert shirt.variants[0].gtin == "4006381333931"
    assert [picture_url(each)[-7:] for each in shirt.pictures] == ["m/a.jpg", "m/b.jpg", "m/c.jpg", "ack.jpg"]
    assert shirt.published
    assert "\n" in shirt.description
    assert (vase.options, vase.variants[0].options, vase.variants[0].quantity, vase.published) == ((), {}, None, False)


def test_it_imports_and_a_second_run_changes_nothing(shop: Shop, blobs: Blobs, tmp_path: Path) -> None:
    path = save(tmp_path / "products_export_1.csv", sheet([SHIRT, LARGE, BLACK, PICTURE, CARD]))
    job = run(shop, blobs, path)
    assert (job.format, job.counts) == ("shopify", catalog.Counts(created=2))
    view = shop.product("linen-shirt")
    assert view.description_html == '<p>Light,\nfor "warm" days.</p>\n\n<ul>\n<li>Linen</li>\n</ul>'
    assert [category.slug for category in view.category][-1] == "apparel-accessories/clothing/shirts"
    assert [(each.label, each.offers[0].available) for each in view.variants] == [
        ("White / M", 4),
        ("White / L", 0),
        ("Black / L", None),
    ]
    assert [picture.provenance for picture in view.pictures] == ["remote"] * 4
    assert not shop.product("vase").visible
    assert run(shop, blobs, path).counts == catalog.Counts(unchanged=2)


@pytest.mark.parametrize(
    "content",
    [
        sheet([SHIRT, LARGE, CARD], end="\r\n"),
        "\ufeff" + sheet([SHIRT, LARGE, CARD]),
        "\ufeff" + sheet([SHIRT, LARGE, CARD], delimiter=";", end="\r\n"),
        sheet([SHIRT, LARGE, CARD], delimiter="\t"),
        sheet([SHIRT, LARGE, CARD], list(reversed(COLUMNS))),
        sheet([SHIRT, LARGE, CARD]).replace("linen-shirt,,", "linen-shirt ,,").rstrip("\n"),
        sheet([SHIRT, LARGE, CARD]) + "," * 40 + "\n\n",
    ],
    ids=["crlf", "bom", "excel-semicolons", "tabs", "columns-reversed", "no-end", "empty-rows"],
)
def test_spreadsheets_on_the_way_change_nothing(tmp_path: Path, content: str) -> None:
    plain = drafts(save(tmp_path / "plain.csv", sheet([SHIRT, LARGE, CARD])))
    assert drafts(save(tmp_path / "other.csv", content)) == plain


def test_decimal_commas_are_read(tmp_path: Path) -> None:
    row = SHIRT | {"Variant Price": "1.059,00", "Variant Compare At Price": "1079,5", "Variant Grams": "240,0"}
    (shirt,) = drafts(save(tmp_path / "p.csv", sheet([row], delimiter=";")), "EUR")
    variant = shirt.variants[0]
    assert (variant.price_minor, variant.list_price_minor, variant.weight_g, variant.currency) == (
        105900,
        107950,
        240,
        "EUR",
    )


def test_missing_columns_are_no_matter_but_for_those_that_make_a_product(tmp_path: Path) -> None:
    few = ("Handle", "Title", "Variant Price")
    (shirt,) = drafts(save(tmp_path / "p.csv", sheet([SHIRT], few)))
    assert (shirt.variants[0].quantity, shirt.pictures, shirt.published) == (None, (), True)
    for missing in few:
        path = save(tmp_path / "q.csv", sheet([SHIRT], [name for name in COLUMNS if name != missing]))
        with pytest.raises(Invalid, match="no column"):
            read(ShopifyReader(), path)


def test_the_columns_of_today_are_known_too(tmp_path: Path) -> None:
    row = {
        "Title": "Linen shirt",
        "URL handle": "linen-shirt",
        "Description": "<p>Light</p>",
        "Published on online store": "TRUE",
        "Status": "Active",
        "SKU": "LS",
        "Option1 name": "Size",
        "Option1 value": "M",
        "Price": "59.00",
        "Compare-at price": "",
        "Inventory tracker": "shopify",
        "Inventory quantity": "4",
        "Continue selling when out of stock": "DENY",
        "Weight value (grams)": "240",
        "Product image URL": "https://cdn.example.com/a.jpg",
    }
    path = save(tmp_path / "p.csv", sheet([row], tuple(row)))
    assert catalog.local_feed(path).format == "shopify"
    (shirt,) = drafts(path)
    assert (shirt.external_id, shirt.variants[0].quantity, shirt.variants[0].weight_g) == ("linen-shirt", 4, 240)
    assert shirt.variants[0].options == {"Size": "M"}


def test_the_same_sku_twice_and_a_guarded_formula_come_in(tmp_path: Path) -> None:
    rows = [SHIRT | {"Title": "'=SUM(A1)"}, LARGE | {"Variant SKU": "LS-W-M"}]
    (shirt,) = drafts(save(tmp_path / "p.csv", sheet(rows)))
    assert shirt.title == "=SUM(A1)"
    assert [variant.external_id for variant in shirt.variants] == ["", ""]


def test_digits_behind_an_apostrophe_are_the_digits(tmp_path: Path) -> None:
    codes = {"Variant SKU": "'00123", "Variant Barcode": "'4006381333931"}
    (shirt,) = drafts(save(tmp_path / "p.csv", sheet([SHIRT | codes])))
    assert (shirt.variants[0].external_id, shirt.variants[0].gtin) == ("00123", "4006381333931")


def test_a_barcode_that_is_no_gtin_is_left_out(tmp_path: Path) -> None:
    (shirt,) = drafts(save(tmp_path / "p.csv", sheet([SHIRT | {"Variant Barcode": "SHELF-7"}])))
    assert shirt.variants[0].gtin is None


BROKEN: list[tuple[list[dict[str, str]], list[tuple[int, str]]]] = [
    ([SHIRT | {"Title": ""}], [(0, "title")]),
    ([SHIRT | {"Handle": ""}], [(0, "handle")]),
    ([SHIRT | {"Variant Price": ""}], [(0, "variant price")]),
    ([SHIRT | {"Variant Price": "free"}], [(0, "variant price")]),
    ([SHIRT | {"Variant Price": "0.00"}], [(0, "variant price")]),
    ([SHIRT | {"Variant Price": "-5"}], [(0, "variant price")]),
    ([SHIRT | {"Variant Price": "1.2345"}], [(0, "variant price")]),
    ([SHIRT | {"Variant Compare At Price": "was more"}], [(0, "variant compare at price")]),
    ([SHIRT | {"Variant Inventory Qty": "many"}], [(0, "variant inventory qty")]),
    ([SHIRT | {"Variant Inventory Qty": "1.5"}], [(0, "variant inventory qty")]),
    ([SHIRT | {"Variant Grams": "heavy"}], [(0, "variant grams")]),
    ([SHIRT | {"Gift Card": "true"}], [(0, "gift card")]),
    ([SHIRT, LARGE | {"Option2 Value": ""}], [(1, "option2 value")]),
    (
        [SHIRT, LARGE | {"Variant Price": "x"}, BLACK | {"Variant Price": "y"}],
        [(1, "variant price"), (2, "variant price")],
    ),
    ([SHIRT, LARGE | {"Option2 Value": "M"}], [(1, "option1 value")]),
    ([{"Handle": "bare", "Title": "Bare"}], [(0, "variant price")]),
    ([SHIRT | {"Title": "x" * 501}], [(0, "title")]),
]


def test_each_broken_row_is_reported_and_its_product_stays_out_while_others_come_in(
    shop: Shop, blobs: Blobs, tmp_path: Path
) -> None:
    content = io.StringIO()
    content.write(",".join(COLUMNS) + "\n")
    expected: list[tuple[int, str]] = []
    for number, (rows, faults) in enumerate(BROKEN):
        for handle, group in ((f"broken-{number}", rows), (f"good-{number}", [SHIRT, LARGE])):
            start = content.getvalue().count("\n") + 1
            named = [row | {"Handle": handle} if row["Handle"] else row for row in group]
            starts = []
            for row in named:
                starts.append(content.getvalue().count("\n") + 1)
                content.write(sheet([row]).split("\n", 1)[1])
            if handle.startswith("broken"):
                expected += [(starts[place] if len(starts) > place else start, field) for place, field in faults]
    job = run(shop, blobs, save(tmp_path / "p.csv", content.getvalue()), "shopify")
    assert job.counts == catalog.Counts(created=len(BROKEN), refused=len(BROKEN))
    found = [(each.line, each.field) for each in report(shop, job)]
    assert found == expected
    assert all(each.refused and each.reason for each in report(shop, job))


@pytest.mark.parametrize("tail", ["", "\n" * 3, "x,y\n" * 10])
def test_a_quote_that_is_never_closed_spoils_one_row(tmp_path: Path, tail: str) -> None:
    broken = 'bad,"Never closed,,,\n'
    good = "".join(f"p-{n},Product {n},,\n" for n in range(5))
    text = (
        "Handle,Title,Body (HTML),Variant Price\n"
        + broken
        + good.replace(",,\n", ",,5\n")
        + tail.replace("x,y", "x,y,,")
    )
    rows = read(ShopifyReader(), save(tmp_path / "p.csv", text))
    assert isinstance(rows[0], Bad)
    assert (rows[0].problems[0].line, rows[0].problems[0].field) == (2, "row")
    assert [row.draft.external_id for row in rows if isinstance(row, Good)] == [f"p-{n}" for n in range(5)]


def test_too_many_cells_a_wrong_encoding_and_a_long_line_spoil_their_row(tmp_path: Path) -> None:
    head = b"Handle,Title,Variant Price\n"
    lines = [
        b"a,A,1",
        b"b,B,1,extra",
        b"c,\xff\xfe,1",
        "z,Größe,1".encode(),
        b"d," + b"x" * (5 * 2**20) + b",1",
        b"e,E,1",
        b'f,"F" G,1',
        b"h,H,1",
    ]
    path = save(tmp_path / "p.csv", head + b"\n".join(lines))
    rows = read(ShopifyReader(), path)
    assert [row.draft.external_id for row in rows if isinstance(row, Good)] == ["a", "z", "e", "h"]
    assert problems(path) == [(3, "row"), (4, "row"), (6, "row"), (8, "row")]


@pytest.mark.proof
def test_a_handle_with_endless_rows_is_one_refusal_in_bounded_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "p.csv"
    with path.open("w") as file:
        file.write("Handle,Title,Option1 Name,Option1 Value,Variant Price\n")
        for number in range(count(30_000, 60_000)):  # kept together, 1.3 kB each
            file.write(f"same,Same,Size,{number},1\n")
        file.write("next,Next,,,1\n")
    tracemalloc.start()
    bad, good = read(ShopifyReader(), path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(bad, Bad)
    assert isinstance(good, Good)
    assert peak < 24 * 2**20


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"just words\n", "not recognised"),
        (b"\x89PNG\r\n", "a picture and no feed"),
        (b"%PDF-1.7", "a PDF: export"),
        (b"BZh91AY", "packed by bzip2: unpack it"),
        (b"\x28\xb5\x2f\xfd....", "packed by zstd: unpack it"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "packed twice"),
        (b'[{"external_id": "a"}, {"external_id": "b"}]', "one list in JSON: write an object a line"),
        (b"<xml/>", "not recognised"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        catalog.local_feed(save(tmp_path / "feed.bin", content))


def test_formats_have_names_and_unknown_ones_are_refused_with_the_list(tmp_path: Path) -> None:
    assert catalog.FORMATS == (
        "jsonl", "shopify", "google-xml", "google-tsv", "schema-org", "magento-luma", "icecat-chorus", "bestbuy-open",
        "retail-demo-store", "grocery-store", "table",
    )  # fmt: skip
    path = save(tmp_path / "p.csv", sheet([SHIRT]))
    with pytest.raises(Invalid, match="jsonl, shopify, google-xml"):
        catalog.local_feed(path, "excel")
    with pytest.raises(Invalid, match="no file"):
        catalog.local_feed(tmp_path / "absent.csv")
