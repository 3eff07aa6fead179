"""`magento-luma`: a folder of Magento's sample catalogue as Parquet files.

`products.parquet` has configurable products and the simple ones that are their variants; `gear.parquet` simple products
in columns of their own; `images.parquet` the pictures by path; `reviews.csv.gz` reviews by sku. Only the first must be
there. What a configurable product needs of its variants (price, stock, weight, picture) is read first and kept.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any, Final

from entrepot.kernel import Invalid

from ..drafts import PICTURES_MAX, AttributeValue, ProductDraft, ReviewDraft, VariantDraft
from .amounts import parse_count, parse_price, parse_weight
from .parquet import has_column, open_parquet
from .reading import VALUE_LENGTH_MAX, Bad, Feed, Good, Problem

PRODUCTS, GEAR, IMAGES, REVIEWS = "products.parquet", "gear.parquet", "images.parquet", "reviews.csv.gz"
BATCH_ROWS: Final = 500
REVIEWS_BYTES_MAX: Final = 64 * 2**20
_ROOTS: Final = {"Default Category"}
_SHOWCASES: Final = {"Collections", "Promotions"}
_NOT_ATTRIBUTES: Final = {"has_options", "required_options", "erin_recommends", "new", "sale"}
_GEAR_COLUMNS: Final = {
    "category", "name", "sku", "price", "qty", "description", "special_price", "attribute_set", "source_file",
    "visibility", "url_key",
}  # fmt: skip

Row = dict[str, Any]


class MagentoReader:
    """Reads the folder."""

    format = "magento-luma"

    def recognises(self, feed: Feed) -> bool:
        """A folder with its products, and no other layout's."""
        return (feed.path / PRODUCTS).is_file() and has_column(feed.path / PRODUCTS, "configurable_variations")

    def open(self, feed: Feed) -> MagentoSource:
        """Invalid without the extra that reads Parquet, or when the folder is not what it says."""
        return MagentoSource(feed)


class MagentoSource:
    """The folder, opened."""

    def __init__(self, feed: Feed) -> None:
        self._currency = feed.currency
        self._files = {name: open_parquet(feed.path / name) for name in (PRODUCTS, GEAR, IMAGES)}
        products = self._files[PRODUCTS]
        if products is None:
            raise Invalid(f"{feed.name} has no {PRODUCTS}: is it the magento-luma folder?")
        if "configurable_variations" not in products.schema_arrow.names:
            raise Invalid(f"{feed.name} has no {PRODUCTS} with configurable_variations: is it the magento-luma folder?")
        self._reviews = _read_reviews(feed.path / REVIEWS)
        self._pictures = _Pictures(self._files[IMAGES])
        self._simples: dict[str, Row] = {}
        self._children: set[str] = set()
        self.total = sum(self._files[name].metadata.num_rows for name in (PRODUCTS, GEAR) if self._files[name])
        self.done = 0

    def rows(self) -> Iterator[Good | Bad]:
        """Configurable products with their variants, then simple ones that belong to none."""
        self._note_simples()
        for row in self._iterate(PRODUCTS):
            if row.get("product_type") == "configurable" or row.get("sku") not in self._children:
                yield self._read(row, row.get("configurable_variations") or "", "categories")
        for row in self._iterate(GEAR):
            yield self._read(_from_gear(row, self._pictures.of_sku(str(row.get("sku") or ""))), "", "category")

    def picture(self, reference: str) -> bytes:
        """A picture of the folder by its path."""
        return self._pictures.get(reference)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            if file is not None:
                file.close()

    def _iterate(self, name: str) -> Iterator[Row]:
        file = self._files[name]
        if file is None:
            return
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            for row in batch.to_pylist():
                self.done += 1
                yield row

    def _note_simples(self) -> None:
        columns = ["sku", "product_type", "price", "qty", "weight", "base_image", "configurable_variations"]
        for batch in self._files[PRODUCTS].iter_batches(batch_size=BATCH_ROWS, columns=columns):
            for row in batch.to_pylist():
                if row["product_type"] == "simple":
                    self._simples[row["sku"]] = row
                for variation in _variations(row["configurable_variations"] or ""):
                    self._children.add(variation.get("sku", ""))

    def _read(self, row: Row, variations: str, category_field: str) -> Good | Bad:
        line, sku = self.done, str(row.get("sku") or "")
        field = "sku"
        try:
            if not sku:
                raise Invalid("A product needs a sku")
            field = "configurable_variations"
            children = [self._child(variation) for variation in _variations(variations)]
            field = "row"
            variants = [self._variant(child, choices) for child, choices in children] or [self._variant(row, {})]
        except Invalid as problem:
            field = next(iter(problem.fields), field)
            value = problem.fields.get(field) or str(row.get(field) or "")[:VALUE_LENGTH_MAX]
            return Bad((Problem(line, field, problem.sentence, value),), (line,), sku)
        return Good(line, self._draft(row, variants, [child for child, _ in children], category_field))

    def _child(self, variation: dict[str, str]) -> tuple[Row, dict[str, str]]:
        sku = variation.pop("sku", "")
        if sku not in self._simples:
            raise Invalid(f"The variant {sku[:100]!r} is not among the simple products")
        return self._simples[sku], {name.replace("_", " ").capitalize(): value for name, value in variation.items()}

    def _variant(self, row: Row, choices: dict[str, str]) -> VariantDraft:
        return VariantDraft(
            external_id=str(row["sku"]),
            options=choices,
            price_minor=_cell(row, "price", self._price, needed=True),
            currency=self._currency,
            quantity=_cell(row, "qty", parse_count),
            weight_g=_cell(row, "weight", lambda text: parse_weight(text, "lb")),
            picture=row.get("base_image") or None if choices else None,
        )

    def _price(self, text: str) -> int:
        minor = parse_price(text, self._currency)
        if minor <= 0:
            raise Invalid("A price is more than nothing")
        return minor

    def _draft(self, row: Row, variants: list[VariantDraft], children: list[Row], category_field: str) -> ProductDraft:
        sku = str(row["sku"])
        images = [row.get("base_image"), *(row.get("additional_images") or "").split(",")]
        images += [child.get("base_image") for child in children]
        known = dict.fromkeys(image for image in images if image and image in self._pictures)
        return ProductDraft(
            external_id=sku,
            title=unescape(str(row.get("name") or sku)).strip(),
            description=str(row.get("description") or row.get("short_description") or ""),
            category=_category(str(row.get(category_field) or "")),
            attributes=row["attributes"]
            if "attributes" in row
            else _attributes(row.get("additional_attributes") or ""),
            options=tuple(variants[0].options),
            variants=tuple(variants),
            pictures=tuple(known)[:PICTURES_MAX],
            reviews=tuple(self._reviews.get(sku, ())),
        )


class _Pictures:
    """Pictures by path, read one part of the file at a time."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}
        self._part: tuple[int, list[bytes]] = (-1, [])
        for part in range(file.num_row_groups if file is not None else 0):
            paths = file.read_row_group(part, columns=["path"]).column("path").to_pylist()
            self._places.update({path: (part, row) for row, path in enumerate(paths) if path})

    def __contains__(self, path: object) -> bool:
        return path in self._places

    def of_sku(self, sku: str) -> list[str]:
        """Paths of pictures whose names begin with the last part of a gear sku: 24-MB01 is mb01-blue-0.jpg."""
        stem = sku.lower().removeprefix("24-")
        return sorted(path for path in self._places if stem and Path(path).name.startswith(f"{stem}-"))

    def get(self, path: str) -> bytes:
        if path not in self._places:
            raise Invalid("There is no such picture in images.parquet")
        part, row = self._places[path]
        if self._part[0] != part:
            self._part = (part, self._file.read_row_group(part, columns=["jpeg"]).column("jpeg").to_pylist())
        return self._part[1][row] or b""


def _cell(row: Row, name: str, parse: Callable[[str], int], needed: bool = False) -> Any:
    """A cell as a number, None where it is empty and not needed. Invalid names the column, and holds the cell."""
    text = "" if row.get(name) is None else str(row[name]).strip()
    if not text and not needed:
        return None
    try:
        return parse(text)
    except Invalid as problem:
        of = "" if not row.get("sku") else f" ({row['sku']})"
        raise Invalid(f"{problem.sentence}{of[:120]}", fields={name: text[:VALUE_LENGTH_MAX]}) from None


def _variations(text: str) -> list[dict[str, str]]:
    """`sku=A-S,size=S|sku=A-M,size=M` as dictionaries."""
    return [_pairs(part) for part in text.split("|") if "sku=" in part]


def _pairs(text: str) -> dict[str, str]:
    """`a=1,b=2,3` as a dictionary: a piece without a sign of equality belongs to the value before it."""
    found: dict[str, str] = {}
    last = ""
    for piece in text.split(","):
        name, sign, value = piece.partition("=")
        if sign:
            last = name.strip()
            found[last] = value.strip()
        elif last:
            found[last] += "," + piece
    return found


def _attributes(text: str) -> dict[str, AttributeValue]:
    return {name: _value(value, "|") for name, value in _pairs(text).items() if name not in _NOT_ATTRIBUTES and value}


def _value(text: str, separator: str) -> AttributeValue:
    if text in ("Yes", "No"):
        return text == "Yes"
    values = [part.strip() for part in text.split(separator) if part.strip()]
    return list(values) if len(values) > 1 else text.strip()


def _category(text: str) -> str | None:
    """The deepest path that is a shelf and no showcase; of gear the first run of names."""
    if "\n" in text:
        names = text.split("\n")
        end = next((place for place, name in enumerate(names) if name in _SHOWCASES), len(names))
        return " > ".join(names[:end]) or None
    paths = [[part for part in path.split("/") if part and part not in _ROOTS] for path in text.split(",")]
    shelves = [path for path in paths if path and path[0] not in _SHOWCASES] or [path for path in paths if path]
    depths = [len(path) for path in shelves]
    return " > ".join(shelves[depths.index(max(depths))]) if shelves else None


def _from_gear(row: Row, images: list[str]) -> Row:
    attributes = {
        name: _value(str(value), "\n")
        for name, value in row.items()
        if value and name not in _GEAR_COLUMNS and name not in _NOT_ATTRIBUTES
    }
    return {**row, "attributes": attributes, "base_image": images[0] if images else None,
            "additional_images": ",".join(images[1:])}  # fmt: skip


def _read_reviews(path: Path) -> dict[str, list[ReviewDraft]]:
    """Reviews by sku; those that say no rating are left aside. A file that unpacks to more than 64 MiB is refused."""
    found: dict[str, list[ReviewDraft]] = defaultdict(list)
    if not path.is_file():
        return found
    try:
        with gzip.open(path, "rb") as packed:
            content = packed.read(REVIEWS_BYTES_MAX + 1)
    except (OSError, EOFError) as error:
        raise Invalid(f"{path.name} cannot be unpacked: {error}") from error
    if len(content) > REVIEWS_BYTES_MAX:
        raise Invalid(f"{path.name} unpacks to more than {REVIEWS_BYTES_MAX // 2**20} MiB")
    for row in csv.DictReader(io.StringIO(content.decode("utf-8", "replace"), newline="")):
        rating = str(row.get("rating_value") or "")
        if rating in ("1", "2", "3", "4", "5"):
            author, title, body = (str(row.get(name) or "").strip() for name in ("reviewer", "title", "review"))
            found[str(row.get("sku"))].append(ReviewDraft(author[:200] or "—", int(rating), body[:20_000], title[:500]))
    return found
