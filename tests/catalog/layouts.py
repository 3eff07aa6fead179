"""Catalogues in Parquet as their exporters write them: some hundred products each, and the broken rows between them.

As in `exporters`, it is known of each broken row where and under which field the report must name it. What a column of
whole numbers cannot hold (a word) is not among them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from PIL import Image

from tests.catalog.exporters import GOOD, KINDS, SIZES, html, words

Row = dict[str, Any]
LONG = "x" * 1_000
DEEP = "[" * 100_000


class Breaking(NamedTuple):
    """What is wrong with a row, and the field that the report names."""

    name: str
    field: str
    changes: Row


class Catalogue(NamedTuple):
    """A layout's file, how a good row of it is made, and what can be wrong with one."""

    format: str
    file: str
    id: str
    make: Callable[[Random, int], Row]
    broken: tuple[Breaking, ...]


class Written(NamedTuple):
    """Where a catalogue lies, how many products of it are good, and (line, field) of each that is not."""

    folder: Path
    good: int
    expected: list[tuple[int, str]]


def jpeg() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (24, 30), (200, 40, 40)).save(out, "JPEG")
    return out.getvalue()


def icecat_row(random: Random, number: int) -> Row:
    """Open attributes by kind; most have no GTIN, some a wrong one."""
    attributes = {
        "attr_t_product_colour": random.choice(["Black", "Grün", None]), "attr_n_weight": random.choice([1.0, 12.5, 7]),
        "attr_b_wireless": random.random() < 0.5, "attr_t_notes": html(random), "attr_t_empty": "",
    }  # fmt: skip
    return {
        "id": str(10_000 + number), "name": f"M-{number}", "title": f"{random.choice(KINDS)} {words(random, 3)}",
        "ean": random.choice([[], ["0"], ["4006381333931"], ["x", "036000291452"]]),
        "short_description": html(random), "img_high": f"https://images.example/{number}.jpg", "img_low": "",
        "img_500x500": None, "img_thumb": None, "date_released": "2021-01-01",
        "supplier": random.choice(["Fjell", None]),
        "price_cents": random.randint(1, 900_000), "attributes": json.dumps(attributes),
    }  # fmt: skip


def bestbuy_row(random: Random, number: int) -> Row:
    """Prices as binary fractions, categories from the top down."""
    return {
        "id": 1_000_000 + number, "name": f"{random.choice(KINDS)} {words(random, 2)}", "description": html(random),
        "brand": random.choice(["Fjell", None]), "categories": ["Home", random.choice(KINDS)],
        "price": random.randint(1, 99_999) / 100, "image": f"https://images.example/{number}.jpg",
        "popularity": random.randint(0, 9_999),
    }  # fmt: skip


def retail_row(random: Random, number: int) -> Row:
    """Pictures by file name only, stock below nothing now and then."""
    return {
        "id": f"r-{number:04}", "current_stock": random.randint(-3, 40), "category": "home_decor", "style": "lighting",
        "name": f"{random.choice(KINDS)} {words(random, 1)}", "description": html(random),
        "price": random.randint(100, 99_999) / 100, "image": f"{number}.jpg",
        "gender_affinity": random.choice(["F", "M", None]),
    }  # fmt: skip


def grocery_row(random: Random, number: int) -> Row:
    """No prices; the picture stands in the file."""
    return {
        "class_id": number, "name": f"Golden-{random.choice(KINDS)}-{number}", "coarse": random.choice(["Apple", None]),
        "coarse_id": number % 40, "description": html(random), "jpeg": jpeg(),
    }  # fmt: skip


_WORDS = (
    Breaking("a title without an end", "title", {"name": LONG, "title": LONG}),
    Breaking("a description without an end", "description", {"description": "x" * 200_001}),
)
_FRACTIONS = tuple(
    Breaking(name, "price", {"price": price})
    for name, price in [
        ("no price", None), ("price of nothing", 0.0), ("price below nothing", -5.0), ("price too fine", 1.2345),
        ("no number", float("nan")), ("without an end", float("inf")), ("beyond what can be stored", 1e15),
        ("less than a cent", 0.001), ("a third", 10 / 3),
    ]
)  # fmt: skip

CATALOGUES = (
    Catalogue("icecat-chorus", "products.parquet", "id", icecat_row, (
        Breaking("no id", "id", {"id": None}),
        Breaking("an empty id", "id", {"id": ""}),
        Breaking("an id of blanks", "id", {"id": "  "}),
        Breaking("an id without an end", "external_id", {"id": LONG}),
        Breaking("no price", "price_cents", {"price_cents": None}),
        Breaking("price of nothing", "price_cents", {"price_cents": 0}),
        Breaking("price below nothing", "price_cents", {"price_cents": -5}),
        Breaking("price beyond what can be stored", "variants[0].price_minor", {"price_cents": 10**15}),
        Breaking("neither a title nor a name", "name", {"title": None, "name": None}),
        Breaking("an empty title", "name", {"title": " ", "name": ""}),
        Breaking("attributes that are no JSON", "attributes", {"attributes": "{not json"}),
        Breaking("attributes as a list", "attributes", {"attributes": "[1, 2]"}),
        Breaking("attributes without a bottom", "attributes", {"attributes": DEEP}),
        Breaking("a title without an end", "title", {"title": LONG}),
        Breaking("a description without an end", "description", {"short_description": "x" * 200_001}),
        Breaking("a brand without an end", "brand", {"supplier": LONG}),
    )),
    Catalogue("bestbuy-open", "products.parquet", "id", bestbuy_row, (
        *_FRACTIONS, *_WORDS,
        Breaking("no id", "id", {"id": None}),
        Breaking("no name", "name", {"name": None}),
        Breaking("an empty name", "name", {"name": "  "}),
        Breaking("a brand without an end", "brand", {"brand": LONG}),
    )),
    Catalogue("retail-demo-store", "products.parquet", "id", retail_row, (
        *_FRACTIONS, *_WORDS,
        Breaking("no id", "id", {"id": None}),
        Breaking("an empty id", "id", {"id": ""}),
        Breaking("no name", "name", {"name": None}),
        Breaking("more pieces than can be stored", "variants[0].quantity", {"current_stock": 10**15}),
    )),
    Catalogue("grocery-store", "catalogue.parquet", "class_id", grocery_row, (
        *_WORDS,
        Breaking("no id", "class_id", {"class_id": None}),
        Breaking("no name", "name", {"name": None}),
        Breaking("an empty name", "name", {"name": ""}),
        Breaking("a name of blanks", "name", {"name": "  "}),
    )),
)  # fmt: skip


def write_catalogue(folder: Path, catalogue: Catalogue) -> Written:
    """A folder with the layout's file: good rows, the broken ones spread between them."""
    random = Random(12)
    rows: list[Row] = []
    expected: list[tuple[int, str]] = []
    every = GOOD // len(catalogue.broken)
    for number in range(GOOD):
        rows.append(catalogue.make(random, number))
        if number % every == 0 and number // every < len(catalogue.broken):
            broken = catalogue.broken[number // every]
            row = catalogue.make(random, GOOD + number)
            rows.append({**row, **{name: value for name, value in broken.changes.items() if name in row}})
            expected.append((len(rows), broken.field))
    write_parquet(folder / catalogue.file, rows)
    return Written(folder, GOOD, expected)


def write_parquet(path: Path, rows: list[Row], **options: Any) -> None:
    """Rows as a Parquet file."""
    import pyarrow.parquet

    path.parent.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, **options)


# --- Magento


def magento_row(sku: str, **changes: Any) -> Row:
    """A simple product."""
    return {
        "sku": sku, "product_type": "simple",
        "categories": "Default Category/Men/Tops,Default Category/Collections/Eco/New", "name": f"Hoodie {sku}",
        "description": "<p>Warm</p>", "short_description": None, "weight": "1", "price": "52.000000",
        "url_key": None, "base_image": None, "additional_images": None,
        "additional_attributes": "climate=Cool|Indoor,erin_recommends=No,material=Cotton, brushed|Fleece,new=Yes",
        "qty": "100.0000", "configurable_variations": None,
    } | changes  # fmt: skip


def magento_product(random: Random, sku: str) -> list[Row]:
    """A configurable product in front of its two variants, as Magento's export has them."""
    sizes = SIZES[:2]
    variations = "|".join(f"sku={sku}-{size}-Red,size={size},color=Red, dark" for size in sizes)
    variants = [
        magento_row(f"{sku}-{size}-Red", price=f"{random.randint(5, 900)}.{random.randint(0, 99):02}0000")
        for size in sizes
    ]
    whole = magento_row(
        sku, product_type="configurable", qty="0", weight=None, description=html(random),
        configurable_variations=variations, name=f"{random.choice(KINDS)} {words(random, 2)}",
    )  # fmt: skip
    return [whole, *variants]


def _whole(**changes: Any) -> Callable[[list[Row]], None]:
    return lambda rows: rows[0].update(changes)


def _part(**changes: Any) -> Callable[[list[Row]], None]:
    return lambda rows: rows[1].update(changes)


def _without_variants(rows: list[Row]) -> None:
    del rows[1:]


MAGENTO_BROKEN: tuple[tuple[str, str, Callable[[list[Row]], None]], ...] = (
    ("no sku", "sku", _whole(sku=None)),
    ("an empty sku", "sku", _whole(sku="")),
    ("a sku without an end", "external_id", _whole(sku=LONG)),
    ("a variant that there is not", "configurable_variations", _without_variants),
    ("a variant without a price", "price", _part(price=None)),
    ("price in words", "price", _part(price="on request")),
    ("price of nothing", "price", _part(price="0.0000")),
    ("price below nothing", "price", _part(price="-5.00")),
    ("price too fine", "price", _part(price="1.2345")),
    ("stock in words", "qty", _part(qty="plenty")),
    ("half a piece", "qty", _part(qty="1.5")),
    ("weight in words", "weight", _part(weight="heavy")),
    ("weight below nothing", "weight", _part(weight="-1")),
    ("the same choices twice", "variants[1].options",
     lambda rows: rows[0].update(
         configurable_variations=rows[0]["configurable_variations"].replace("size=M", "size=S"))),
    ("a title without an end", "title", _whole(name=LONG)),
    ("a description without an end", "description", _whole(description="x" * 200_001)),
)  # fmt: skip


def write_magento(folder: Path) -> Written:
    """The folder of a shop's export. What is wrong with a variant is named at its product."""
    random = Random(13)
    rows: list[Row] = []
    expected: list[tuple[int, str]] = []
    every = GOOD // len(MAGENTO_BROKEN)
    for number in range(GOOD):
        rows += magento_product(random, f"m-{number:03}")
        if number % every == 0 and number // every < len(MAGENTO_BROKEN):
            _, field, change = MAGENTO_BROKEN[number // every]
            product = magento_product(random, f"broken-{number:03}")
            change(product)
            expected.append((len(rows) + 1, field))
            rows += product
    write_parquet(folder / "products.parquet", rows)
    return Written(folder, GOOD, expected)
