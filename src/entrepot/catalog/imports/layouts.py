"""Layouts of public catalogues in Parquet: a row is a product, and each layout says in a function what it means.

They are known by their columns, as a file or as the folder it lies in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from entrepot.kernel import Invalid

from ..drafts import AttributeValue, ProductDraft, VariantDraft
from ..gtin import find_gtin
from .amounts import parse_price
from .parquet import Row, columns_of, iterate, open_parquet
from .reading import VALUE_LENGTH_MAX, Bad, Feed, Good, Problem, read_beside

JPEG: Final = "jpeg:"
"""Before the id of a picture that stands in the file itself."""


class Layout(NamedTuple):
    """A layout: the columns by which it is known, the file in a folder, and what a row says."""

    format: str
    file: str
    columns: frozenset[str]
    read: Callable[[Row, str], ProductDraft]
    note: str = ""


class LayoutReader:
    """Reads one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.format = layout.format

    def recognises(self, feed: Feed) -> bool:
        """By the file's columns."""
        columns = columns_of(_file(feed.path, self._layout))
        return columns is not None and self._layout.columns <= columns

    def open(self, feed: Feed) -> LayoutSource:
        """Invalid without the extra that reads Parquet, or when the file is not what it says."""
        return LayoutSource(feed, self._layout)


class LayoutSource:
    """A file of a layout, opened."""

    def __init__(self, feed: Feed, layout: Layout) -> None:
        self._feed, self._layout = feed, layout
        self._file = open_parquet(_file(feed.path, layout))
        missing = sorted(layout.columns - set(self._file.schema_arrow.names)) if self._file is not None else []
        if self._file is None or missing:
            raise Invalid(f"{feed.name} is not {layout.format}: it has no {missing[0] if missing else layout.file}")
        self._pictures: dict[str, bytes] = {}
        self.total: int = self._file.metadata.num_rows
        self.done = 0

    def rows(self) -> Iterator[Good | Bad]:
        """A product a row."""
        for row in iterate(self._file):
            self.done += 1
            yield self._read(row)

    def picture(self, reference: str) -> bytes:
        """A picture that stands in the file, else a file beside it."""
        if reference in self._pictures:
            return self._pictures[reference]
        return read_beside(self._feed, reference)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, row: Row) -> Good | Bad:
        line = self.done
        try:
            draft = self._layout.read(row, self._feed.currency)
        except Invalid as problem:
            field = next(iter(problem.fields), "row")
            shown = str(row.get(field) or "")[:VALUE_LENGTH_MAX]
            return Bad((Problem(line, field, problem.sentence, shown),), (line,), str(row.get("id") or ""))
        if (jpeg := row.get("jpeg")) and draft.pictures:
            self._remember(str(draft.pictures[0]), jpeg)
        note = self._layout.note
        notes = (Problem(line, "price", note, draft.external_id),) if note else ()
        return Good(line, draft, notes, len(draft.description) + 500, (line,))

    def _remember(self, reference: str, jpeg: bytes) -> None:
        """A batch asks for its pictures before a thousand more rows are read."""
        self._pictures[reference] = jpeg
        if len(self._pictures) > 1_000:
            del self._pictures[next(iter(self._pictures))]


def _file(path: Path, layout: Layout) -> Path:
    return path / layout.file if path.is_dir() else path


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _needed(row: Row, name: str) -> str:
    if not (text := _text(row, name)):
        raise Invalid(f"A product needs a {name}", fields={name: ""})
    return text


def _price(row: Row, name: str, currency: str) -> int:
    value = row.get(name)
    # A price kept as a binary fraction is the shortest decimal that means it: 49.99, not 49.990000000000002.
    text = format(Decimal(repr(value)), "f") if isinstance(value, float) else _text(row, name)
    try:
        minor = parse_price(text, currency)
    except Invalid as problem:
        raise Invalid(problem.sentence, fields={name: ""}) from None
    if minor <= 0:
        raise Invalid("A price is more than nothing", fields={name: ""})
    return minor


# --- icecat-chorus

_KINDS: Final = re.compile(r"^attr_([tnb])_(.+)$")
_objects = msgspec.json.Decoder(dict[str, Any])


def _icecat(row: Row, currency: str) -> ProductDraft:
    """Prices are whole US cents. Attributes are typed by their prefix; a number that is whole is one."""
    cents = row.get("price_cents")
    if not isinstance(cents, int) or cents <= 0:
        raise Invalid("A price is a whole number of cents above nothing", fields={"price_cents": ""})
    gtin = next((each for each in row.get("ean") or () if find_gtin(each)), None)
    mpn = _text(row, "name") or None
    return ProductDraft(
        external_id=_needed(row, "id"),
        title=_text(row, "title") or _needed(row, "name"),
        description=_text(row, "short_description"),
        brand=_text(row, "supplier") or None,
        attributes=_icecat_attributes(row.get("attributes") or "{}"),
        variants=(VariantDraft(price_minor=cents, currency="USD", gtin=gtin, mpn=mpn[:200] if mpn else None),),
        pictures=tuple(
            url for url in (_text(row, "img_high") or _text(row, "img_500x500") or _text(row, "img_low"),) if url
        ),
    )


def _icecat_attributes(text: str) -> dict[str, AttributeValue]:
    try:
        given = _objects.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        raise Invalid("The attributes are not an object in JSON", fields={"attributes": ""}) from None
    found: dict[str, AttributeValue] = {}
    for name, value in given.items():
        if value is None or value == "":
            continue
        kind, code = _named(name)
        if kind == "n" and isinstance(value, float) and value.is_integer():
            value = int(value)
        found[code] = value if isinstance(value, bool | int | float) else str(value)[:2_000]
        if len(found) == 200:
            break
    return found


@lru_cache(maxsize=16_384)  # every product has some of the same few names
def _named(name: str) -> tuple[str, str]:
    """What kind of values an attribute has, and its name for people."""
    kind, code = match.groups() if (match := _KINDS.match(name)) else ("t", name)
    return kind, code.replace("_", " ")


# --- bestbuy-open


def _bestbuy(row: Row, currency: str) -> ProductDraft:
    """Prices are US dollars."""
    return ProductDraft(
        external_id=_needed(row, "id"),
        title=_needed(row, "name"),
        description=_text(row, "description"),
        brand=_text(row, "brand") or None,
        category=" > ".join(str(each) for each in row.get("categories") or () if each) or None,
        variants=(VariantDraft(price_minor=_price(row, "price", "USD"), currency="USD"),),
        pictures=tuple(url for url in (_text(row, "image"),) if url),
    )


# --- retail-demo-store


def _retail(row: Row, currency: str) -> ProductDraft:
    """Pictures are not part of this catalogue, so their file names lead nowhere and are left out."""
    stock, gender = row.get("current_stock"), {"F": "women", "M": "men"}.get(_text(row, "gender_affinity"), "")
    attributes: dict[str, AttributeValue] = {"style": _text(row, "style"), "gender": gender}
    category, style = _text(row, "category"), _text(row, "style")
    image = _text(row, "image")
    return ProductDraft(
        external_id=_needed(row, "id"),
        title=_needed(row, "name"),
        description=_text(row, "description"),
        category=" > ".join(part.replace("_", " ").capitalize() for part in (category, style) if part) or None,
        attributes={name: value for name, value in attributes.items() if value},
        variants=(
            VariantDraft(
                price_minor=_price(row, "price", currency),
                currency=currency,
                quantity=max(stock, 0) if isinstance(stock, int) else None,
            ),
        ),
        pictures=(image,) if image.startswith(("https://", "http://")) else (),
    )


# --- grocery-store


def _grocery(row: Row, currency: str) -> ProductDraft:
    """This catalogue knows no prices: its products come in as drafts, at one unit of the currency."""
    id, name = _needed(row, "class_id"), _needed(row, "name")
    return ProductDraft(
        external_id=f"grocery-{id}",
        title=name.replace("-", " "),
        description=_text(row, "description"),
        category=f"Grocery > {_text(row, 'coarse').replace('-', ' ')}" if _text(row, "coarse") else "Grocery",
        variants=(VariantDraft(price_minor=parse_price("1", currency), currency=currency),),
        pictures=(f"{JPEG}{id}",) if row.get("jpeg") else (),
        published=False,
    )


LAYOUTS: Final = (
    Layout("icecat-chorus", "products.parquet",
           frozenset({"id", "title", "ean", "supplier", "price_cents", "attributes"}), _icecat),
    Layout("bestbuy-open", "products.parquet",
           frozenset({"id", "name", "brand", "categories", "price", "popularity"}), _bestbuy),
    Layout("retail-demo-store", "products.parquet",
           frozenset({"id", "name", "current_stock", "style", "price", "gender_affinity"}), _retail),
    Layout("grocery-store", "catalogue.parquet", frozenset({"class_id", "name", "coarse", "description"}), _grocery,
           "This catalogue knows no prices: the product is a draft at one unit. Set its price, then publish it"),
)  # fmt: skip
