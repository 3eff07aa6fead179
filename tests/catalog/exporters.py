"""Feeds as exporters write them: some hundred products each, made from a seed, and fifteen kinds of broken row.

A `Fixture` is a file with good products and broken ones between them. Of each broken one it is known which line of the
file, and which field, the report must name. Nothing here is copied from anywhere: the words are drawn.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

GOOD = 220
KINDS = ["Lamp", "Chair", "Kettle", "Jacket", "Headphones", "Blanket", "Vase", "Backpack"]
WORDS = ["oak", "linen", "brass", "soft", "compact", "grün", "naïve", "黄铜", "90 %", 'the "big" one', "A/B", "5-in-1"]
COLOURS = ["Red", "Navy, dark", "White", "Grün"]
SIZES = ["S", "M", "L"]
GTINS = ["4006381333931", "036000291452", "73513537", "9780306406157"]


class Broken(NamedTuple):
    """What is wrong with a product, where it is reported (the row within the product) and under which field."""

    name: str
    field: str
    row: int = 0


class Fixture(NamedTuple):
    """A feed: its file's name and content, the ids that come in, and (line, field) of each that does not."""

    name: str
    content: bytes
    good: list[str]
    expected: list[tuple[int, str]]


def words(random: Random, count: int) -> str:
    """A few words."""
    return " ".join(random.choice(WORDS) for _ in range(count))


def html(random: Random) -> str:
    """A description over several lines, as shops have them."""
    items = "\n".join(f"<li>{words(random, 3)}</li>" for _ in range(random.randint(1, 4)))
    return f'<p>{words(random, 6)},\n{words(random, 4)}</p>\n\n<ul class="x" style="color:red">\n{items}\n</ul>'


# --- Shopify

SHOPIFY = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Option1 Name",
    "Option1 Value", "Option1 Linked To", "Option2 Name", "Option2 Value", "Option2 Linked To", "Option3 Name",
    "Option3 Value", "Option3 Linked To", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price",
    "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable", "Variant Barcode", "Image Src",
    "Image Position", "Image Alt Text", "Gift Card", "SEO Title", "SEO Description",
    "Google Shopping / Google Product Category", "Google Shopping / Gender", "Google Shopping / Age Group",
    "Google Shopping / MPN", "Google Shopping / Condition", "Google Shopping / Custom Product",
    "Fabric (product.metafields.shopify.fabric)", "Variant Image", "Variant Weight Unit", "Variant Tax Code",
    "Cost per item", "Included / International", "Price / International", "Status",
)  # fmt: skip

Row = dict[str, str]


def shopify_product(random: Random, handle: str) -> list[Row]:
    """Four variants and five pictures: the first row has the words, the last one only a picture."""
    rows: list[Row] = []
    for number, (colour, size) in enumerate([(c, s) for c in COLOURS[:2] for s in SIZES[:2]]):
        row = {
            "Handle": handle, "Option1 Value": colour, "Option2 Value": size, "Variant SKU": f"{handle}-{number}",
            "Variant Grams": f"{random.randint(1, 3_000)}.0", "Variant Inventory Tracker": "shopify",
            "Variant Inventory Qty": str(random.randint(-3, 40)), "Variant Inventory Policy": "deny",
            "Variant Fulfillment Service": "manual",
            "Variant Price": f"{random.randint(5, 900)}.{random.randint(0, 99):02}",
            "Variant Compare At Price": random.choice(["", "999.00"]), "Variant Requires Shipping": "true",
            "Variant Taxable": "true", "Image Src": f"https://cdn.example.com/{handle}-{number}.jpg?v=1",
            "Image Position": str(number + 1), "Image Alt Text": words(random, 3), "Variant Weight Unit": "kg",
            "Cost per item": "3.10", "Google Shopping / Condition": "new",
        }  # fmt: skip
        rows.append(row)
    rows[0] |= {
        "Title": f"{random.choice(KINDS)} {words(random, 2)}", "Body (HTML)": html(random), "Vendor": "Fjell & Söhne",
        "Product Category": "Home & Garden > Lighting > Lamps", "Type": "Lamp", "Tags": "summer, new in, 夏季",
        "Published": "true", "Option1 Name": "Color", "Option2 Name": "Size", "Gift Card": "false", "SEO Title": "x",
        "Fabric (product.metafields.shopify.fabric)": "linen; cotton", "Status": random.choice(["active", "draft"]),
        "Variant Barcode": "",
    }  # fmt: skip
    return [*rows, {"Handle": handle, "Image Src": f"https://cdn.example.com/{handle}-4.jpg", "Image Position": "5"}]


def _set(field: str, value: str, row: int = 0) -> Callable[[list[Row]], None]:
    def change(rows: list[Row]) -> None:
        rows[row][field] = value

    return change


SHOPIFY_BROKEN: list[tuple[Broken, Callable[[list[Row]], None]]] = [
    (Broken("no title", "title"), _set("Title", "")),
    (Broken("no price", "variant price"), _set("Variant Price", "")),
    (Broken("price in words", "variant price"), _set("Variant Price", "on request")),
    (Broken("price of nothing", "variant price"), _set("Variant Price", "0.00")),
    (Broken("price below nothing", "variant price"), _set("Variant Price", "-5.00")),
    (Broken("price too fine", "variant price", 1), _set("Variant Price", "1.2345", 1)),
    (Broken("price as a date", "variant price", 2), _set("Variant Price", "12. Jan", 2)),
    (Broken("compare-at in words", "variant compare at price"), _set("Variant Compare At Price", "was more")),
    (Broken("stock in words", "variant inventory qty"), _set("Variant Inventory Qty", "plenty")),
    (Broken("half a piece", "variant inventory qty", 1), _set("Variant Inventory Qty", "1.5", 1)),
    (Broken("weight in words", "variant grams", 3), _set("Variant Grams", "heavy", 3)),
    (Broken("a gift card", "gift card"), _set("Gift Card", "true")),
    (Broken("option without a value", "option2 value", 2), _set("Option2 Value", "", 2)),
    (Broken("the same choices twice", "option1 value", 1), _set("Option2 Value", "S", 1)),
    (Broken("title without an end", "title"), _set("Title", "x" * 501)),
]


def shopify_feed(end: str = "\r\n", delimiter: str = ",", encoding: str = "utf-8") -> Fixture:
    """An export with its broken products between the good ones."""
    random = Random(7)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, SHOPIFY, restval="", delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    good: list[str] = []
    expected: list[tuple[int, str]] = []
    for name, broken, change in _mixed(SHOPIFY_BROKEN):
        rows = shopify_product(random, name)
        if change is not None and broken is not None:
            change(rows)
        else:
            good.append(name)
        for place, row in enumerate(rows):
            if broken is not None and place == broken.row:
                expected.append((out.getvalue().count("\n") + 1, broken.field))
            writer.writerow(row)
    return Fixture("products_export_1.csv", out.getvalue().encode(encoding), good, expected)


def _mixed(broken: Sequence[tuple[Broken, Any]]) -> Iterator[tuple[str, Broken | None, Any]]:
    """Names of good products with the broken ones spread between them."""
    every = GOOD // len(broken)
    for number in range(GOOD):
        yield f"p-{number:03}", None, None
        if number % every == 0 and number // every < len(broken):
            what, change = broken[number // every]
            yield f"broken-{number // every:02}", what, change


# --- Google Merchant

GOOGLE = (
    "id", "title", "description", "link", "image_link", "additional_image_link", "availability", "price", "sale_price",
    "sale_price_effective_date", "google_product_category", "product_type", "brand", "gtin", "mpn",
    "identifier_exists", "condition", "item_group_id", "color", "size", "age_group", "gender", "material",
    "shipping_weight", "product_length", "product_detail", "shipping(country:price)", "custom_label_0",
)  # fmt: skip
Item = dict[str, str]


def google_product(random: Random, name: str) -> list[Item]:
    """Two variants of one group; every other has a sale with its dates."""
    title = f"{random.choice(KINDS)} {words(random, 1)}"
    items = []
    for number, size in enumerate(SIZES[:2]):
        item = {
            "id": f"{name}-{number}", "title": f"{title} - Red / {size}", "description": html(random),
            "link": f"https://shop.example/{name}?variant={number}", "image_link": f"https://cdn.example.com/{name}.jpg",
            "additional_image_link": f"https://cdn.example.com/{name},2.jpg,https://cdn.example.com/{name}-3.jpg",
            "availability": random.choice(["in_stock", "in stock", "out_of_stock", "preorder", "backorder"]),
            "price": f"{random.randint(50, 900)}.00 USD", "sale_price": "", "sale_price_effective_date": "",
            "google_product_category": "2899", "product_type": "Home & Garden > Lighting", "brand": "Fjell",
            "gtin": "", "mpn": f"M-{name}", "identifier_exists": "no", "condition": "new", "item_group_id": name,
            "color": "Red", "size": size, "age_group": "adult", "gender": "unisex", "material": "oak/brass",
            "shipping_weight": "1.2 kg", "product_length": "12 in",
            "product_detail": "General:Product Type:Lamp,:Watts:40", "shipping(country:price)": "US:5.00 USD",
            "custom_label_0": "season",
        }  # fmt: skip
        if random.random() < 0.5:
            item |= {
                "sale_price": "40.00 USD",
                "sale_price_effective_date": "2026-02-24T13:00+0100/2026-02-28T23:59+0100",
            }
        items.append(item)
    return items


GOOGLE_BROKEN: list[tuple[Broken, Callable[[list[Row]], None]]] = [
    (Broken("no title", "title"), lambda items: [item.update(title="") for item in items] and None),
    (Broken("no price", "price"), _set("price", "")),
    (Broken("price in words", "price"), _set("price", "ask us")),
    (Broken("price of nothing", "price", 1), _set("price", "0 USD", 1)),
    (Broken("a currency that there is not", "price"), _set("price", "15.00 Taler")),
    (Broken("two currencies", "price", 1), lambda items: items[1].update(price="15.00 EUR", sale_price="")),
    (Broken("sale price in words", "sale_price"), _set("sale_price", "half")),
    (Broken("sale in another currency", "sale_price", 1), _set("sale_price", "1.00 EUR", 1)),
    (Broken("a window with one end", "sale_price_effective_date"), _set("sale_price_effective_date", "2026-02-24")),
    (Broken("a window backwards", "sale_price_effective_date"),
     _set("sale_price_effective_date", "2026-03-24T00:00Z/2026-02-24T00:00Z")),
    (Broken("availability in words", "availability", 1), _set("availability", "maybe", 1)),
    (Broken("condition in words", "condition"), _set("condition", "slightly loved")),
    (Broken("a GTIN with a wrong end", "gtin"),
     lambda items: items[0].update(gtin="4006381333932", identifier_exists="yes")),
    (Broken("weight in stones", "shipping_weight"), _set("shipping_weight", "3 stone")),
    (Broken("a variant without its size", "size", 1), _set("size", "", 1)),
]  # fmt: skip


def google_tsv_feed() -> Fixture:
    """The sheet, variants below each other."""
    random = Random(8)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, GOOGLE, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    good, expected = [], []
    for name, broken, change in _mixed(GOOGLE_BROKEN):
        items = google_product(random, name)
        if broken is not None:
            change(items)
        else:
            good.append(name)
        for place, item in enumerate(items):
            if broken is not None and place == (0 if broken.field.startswith("variants") else broken.row):
                expected.append((out.getvalue().count("\n") + 1, broken.field))
            writer.writerow(item)
    return Fixture("google.tsv", out.getvalue().encode(), good, expected)


def google_xml_feed(atom: bool = False) -> Fixture:
    """The XML, with CDATA around HTML and tags over several lines."""
    random = Random(9)
    item_tag = "entry" if atom else "item"
    head = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">\n<title>Shop</title>\n'
        if atom
        else '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n<title>Shop</title>\n'
    )
    parts = ['<?xml version="1.0" encoding="utf-8"?>\n', head]
    line = 1 + "".join(parts).count("\n")
    good, expected = [], []
    for name, broken, change in _mixed(GOOGLE_BROKEN):
        items = google_product(random, name)
        if broken is not None:
            change(items)
        else:
            good.append(name)
        for place, item in enumerate(items):
            if broken is not None and place == (0 if broken.field.startswith("variants") else broken.row):
                expected.append((line, broken.field))
            text = f"<{item_tag}>\n{_tags(item)}</{item_tag}>\n"
            line += text.count("\n")
            parts.append(text)
    parts.append("</feed>\n" if atom else "</channel>\n</rss>\n")
    return Fixture("google.xml", "".join(parts).encode(), good, expected)


def _tags(item: Item) -> str:
    tags = []
    for name, value in item.items():
        if name == "description":
            tags.append(f"<g:description><![CDATA[{value}]]></g:description>\n")
        elif name == "additional_image_link":
            tags += [f"<g:{name}>{escape(url)}</g:{name}>\n" for url in value.replace(",https", "\nhttps").split("\n")]
        elif name == "product_detail":
            tags.append(
                "<g:product_detail>\n<g:section_name>General</g:section_name>"
                "<g:attribute_name>Product Type</g:attribute_name><g:attribute_value>Lamp</g:attribute_value>\n"
                "</g:product_detail>\n"
            )
        elif value and "(" not in name:
            tags.append(f"<g:{name}>{escape(value)}</g:{name}>\n")
    return "".join(tags)


# --- our JSON Lines


def jsonl_product(random: Random, name: str) -> dict[str, Any]:
    """A product with three variants."""
    return {
        "external_id": name, "title": f"{random.choice(KINDS)} {words(random, 2)}", "description": html(random),
        "brand": "Fjell", "category": "Home > Lamps", "attributes": {"care": ["cold", "dry"], "watts": 40, "dim": True},
        "options": ["Size"], "pictures": [f"https://cdn.example.com/{name}.jpg"], "tags": ["new"],
        "variants": [
            {"external_id": f"{name}-{size}", "options": {"Size": size}, "price_minor": random.randint(100, 9_000),
             "currency": "USD", "quantity": random.randint(0, 9), "weight_g": 100}
            for size in SIZES
        ],
        "reviews": [{"author": "Ana", "rating": 5, "written_at": "2026-01-31T12:00:00Z"}],
    }  # fmt: skip


def _at(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(product: dict[str, Any]) -> None:
        *way, last = path.split(".")
        target: Any = product
        for step in way:
            target = target[int(step) if step.isdigit() else step]
        if value is None:
            del target[last]
        else:
            target[last] = value

    return change


JSONL_BROKEN: list[tuple[Broken, Callable[[dict[str, Any]], None]]] = [
    (Broken("no title", "title"), _at("title", None)),
    (Broken("an empty title", "title"), _at("title", "")),
    (Broken("no variants", "variants"), _at("variants", [])),
    (Broken("no price", "variants[0].price_minor"), _at("variants.0.price_minor", None)),
    (Broken("price of nothing", "variants[0].price_minor"), _at("variants.0.price_minor", 0)),
    (Broken("price with a point", "variants[1].price_minor"), _at("variants.1.price_minor", 12.5)),
    (Broken("price as text", "variants[0].price_minor"), _at("variants.0.price_minor", "1200")),
    (Broken("currency in small letters", "variants[0].currency"), _at("variants.0.currency", "usd")),
    (Broken("a currency that there is not", "variants[1].currency"), _at("variants.1.currency", "XQZ")),
    (Broken("less than no stock", "variants[2].quantity"), _at("variants.2.quantity", -1)),
    (Broken("a field that there is not", "colour"), _at("colour", "red")),
    (Broken("the same id twice", "variants[1].external_id"), _at("variants.1.external_id", "same")),
    (Broken("a choice left out", "variants[0].options"), _at("variants.0.options", {})),
    (Broken("six stars", "reviews[0].rating"), _at("reviews.0.rating", 6)),
    (Broken("a time that is none", "reviews[0].written_at"), _at("reviews.0.written_at", "yesterday")),
]


def jsonl_feed() -> Fixture:
    """A product a line."""
    random = Random(10)
    lines, good, expected = [], [], []
    for name, broken, change in _mixed(JSONL_BROKEN):
        product = jsonl_product(random, name)
        if broken is not None:
            change(product)
            if broken.name == "the same id twice":
                product["variants"][0]["external_id"] = "same"
            expected.append((len(lines) + 1, broken.field))
        else:
            good.append(name)
        lines.append(json.dumps(product, ensure_ascii=False))
    return Fixture("products.jsonl", "\n".join(lines).encode(), good, expected)


# --- schema.org


def page_product(random: Random, name: str) -> dict[str, Any]:
    """A group with two variants, as themes of today write it."""
    return {
        "@context": "https://schema.org/", "@type": "ProductGroup", "@id": f"https://shop.example/p/{name}#g",
        "productGroupID": name, "name": f"{random.choice(KINDS)} {words(random, 2)}", "description": html(random),
        "brand": {"@type": "Brand", "name": "Fjell"}, "category": "Home > Lamps",
        "variesBy": ["https://schema.org/size"],
        "image": [{"@type": "ImageObject", "url": f"https://cdn.example.com/{name}.jpg"}],
        "hasVariant": [
            {"@type": "Product", "sku": f"{name}-{size}", "name": f"Lamp {size}", "size": size,
             "weight": {"@type": "QuantitativeValue", "value": "1.2", "unitCode": "KGM"},
             "offers": {"@type": "Offer", "price": f"{random.randint(5, 900)}.00", "priceCurrency": "USD",
                        "availability": "https://schema.org/InStock", "itemCondition": "https://schema.org/NewCondition"}}
            for size in SIZES[:2]
        ],
        "review": [{"@type": "Review", "author": {"@type": "Person", "name": "Ana"},
                    "reviewRating": {"@type": "Rating", "ratingValue": "4", "bestRating": "5"}, "reviewBody": "Good."}],
    }  # fmt: skip


PAGE_BROKEN: list[tuple[Broken, Callable[[dict[str, Any]], None]]] = [
    (Broken("no offer", "offers"), _at("hasVariant.0.offers", None)),
    (Broken("an offer without a price", "price"), _at("hasVariant.0.offers.price", None)),
    (Broken("price of nothing", "price"), _at("hasVariant.1.offers.price", "0")),
    (Broken("price in words", "offers"), _at("hasVariant.0.offers.price", "ask")),
    (Broken("a currency that there is not", "offers"), _at("hasVariant.0.offers.priceCurrency", "Taler")),
    (Broken("two currencies", "priceCurrency"), _at("hasVariant.1.offers.priceCurrency", "EUR")),
    (Broken("a variant without its size", "size"), _at("hasVariant.1.size", None)),
    (Broken("the same size twice", "variesBy"), _at("hasVariant.1.size", "S")),
    (
        Broken("the same sku twice", "sku"),
        lambda p: p["hasVariant"][1].update(sku=p["hasVariant"][0]["sku"]),
    ),
    (Broken("no name", "name"), lambda p: (p.pop("name"), [v.pop("name") for v in p["hasVariant"]])[0] and None),
    (Broken("half a piece", "offers"), _at("hasVariant.0.offers.inventoryLevel", {"value": 1.5})),
    (Broken("a title without an end", "row"), _at("productGroupID", "x" * 1_000)),
    (Broken("offers that are a text", "offers"), _at("hasVariant.0.offers", "cheap")),
    (Broken("price as a list", "offers"), _at("hasVariant.0.offers.price", ["x", "y"])),
    (Broken("no JSON", "row"), lambda p: p.update(broken=True)),
]


def page_feed() -> Fixture:
    """A dump of pages, one behind the other, each with scripts that are none of ours around the product."""
    random = Random(11)
    parts: list[str] = []
    good, expected = [], []
    line = 1
    for name, broken, change in _mixed(PAGE_BROKEN):
        product = page_product(random, name)
        if broken is not None:
            change(product)
        else:
            good.append(name)
        body = json.dumps(product, indent=1, ensure_ascii=False)
        if "broken" in product:
            body = body[: len(body) // 2]
        before = (
            f"<!doctype html>\n<html><head><title>{name}</title>\n<script>var x = '<p>';</script>\n"
            '<script type="application/ld+json">'
            '{"@context": "https://schema.org", "@type": "Organization", "name": "S"}</script>\n'
            '<script data-x="1" type="application/ld+json">'
        )
        if broken is not None and broken.name != "a title without an end":
            expected.append((line + before.count("\n"), broken.field))
        elif broken is not None:
            good.append("x" * 200)  # an id that is too long is cut
        text = f"{before}{body}</script></head>\n<body><h1>{name}</h1></body></html>\n"
        line += text.count("\n")
        parts.append(text)
    return Fixture("pages.html", "".join(parts).encode(), good, expected)


# --- a sheet of a merchant's own

TABLE = ("货号", "商品名称", "描述", "品牌", "售价", "市场价", "库存", "条码", "重量", "主图", "附图", "产地", "备注")


def table_product(random: Random, name: str) -> Row:
    """A row as a shop's own accounting writes it."""
    return {
        "货号": name, "商品名称": f"{random.choice(KINDS)} {words(random, 1)}", "描述": html(random), "品牌": "瓷",
        "售价": f"¥ {random.randint(1, 9)}.{random.randint(100, 999)},{random.randint(0, 99):02}", "市场价": "",
        "库存": str(random.randint(0, 40)), "条码": random.choice(["", *GTINS]), "重量": "1,2 kg",
        "主图": f"https://cdn.example.com/{name}.jpg", "附图": f"https://cdn.example.com/{name}-2.jpg",
        "产地": random.choice(["景德镇", "杭州"]), "备注": "",
    }  # fmt: skip


TABLE_BROKEN: list[tuple[Broken, Callable[[Row], None]]] = [
    (Broken("no name", "商品名称"), lambda row: row.update({"商品名称": ""})),
    (Broken("no number", "货号"), lambda row: row.update({"货号": ""})),
    (Broken("no price", "售价"), lambda row: row.update({"售价": ""})),
    (Broken("price in words", "售价"), lambda row: row.update({"售价": "面议"})),
    (Broken("price of nothing", "售价"), lambda row: row.update({"售价": "0"})),
    (Broken("price below nothing", "售价"), lambda row: row.update({"售价": "-5"})),
    (Broken("two currencies", "售价"), lambda row: row.update({"售价": "€ 5 USD"})),
    (Broken("a currency that there is not", "售价"), lambda row: row.update({"售价": "5 Taler"})),
    (Broken("list price in words", "市场价"), lambda row: row.update({"市场价": "很高"})),
    (Broken("stock in words", "库存"), lambda row: row.update({"库存": "很多"})),
    (Broken("half a piece", "库存"), lambda row: row.update({"库存": "1.5"})),
    (Broken("weight in words", "重量"), lambda row: row.update({"重量": "重"})),
    (Broken("weight below nothing", "重量"), lambda row: row.update({"重量": "-1 kg"})),
    (Broken("a weight without a figure", "重量"), lambda row: row.update({"重量": "kg"})),
    (Broken("a name without an end", "商品名称"), lambda row: row.update({"商品名称": "长" * 501})),
]


def table_feed(encoding: str = "gb18030", delimiter: str = ";") -> Fixture:
    """The sheet in an encoding of Chinese Windows, cells parted by semicolons, decimals by commas."""
    random = Random(12)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, TABLE, delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    good, expected = [], []
    for name, broken, change in _mixed(TABLE_BROKEN):
        row = table_product(random, name)
        if broken is not None:
            change(row)
            expected.append((out.getvalue().count("\n") + 1, broken.field))
        else:
            good.append(name)
        writer.writerow(row)
    return Fixture("库存表.csv", out.getvalue().encode(encoding), good, expected)


FEEDS: dict[str, Callable[[], Fixture]] = {
    "shopify": shopify_feed,
    "google-tsv": google_tsv_feed,
    "google-xml": google_xml_feed,
    "jsonl": jsonl_feed,
    "schema-org": page_feed,
    "table": table_feed,
}
