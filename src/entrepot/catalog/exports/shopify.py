"""Shopify's product CSV, so that a merchant can go there, or work on it in a spreadsheet and come back.

What that format has no place for is left out: sale windows, prices in other currencies, reviews, sizes. A fourth and
further option is joined to the third. The format has one currency, the merchant's: a product without a price in it is
left out whole, because any figure would be a wrong one. Texts that a spreadsheet would compute are guarded.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

import msgspec

from ..attributes import scalar_words
from ..drafts import AttributeValue, PictureDraft, ProductDraft, VariantDraft, picture_url
from ..texts import code_of
from .writing import Rows, Site, Source, figure, is_shown

OPTIONS: Final = (1, 2, 3)
_BEFORE: Final = ("Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Tags", "Published")
_OPTION_COLUMNS: Final = tuple(f"Option{number} {part}" for number in OPTIONS for part in ("Name", "Value"))
_VARIANT: Final = (
    "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy",
    "Variant Fulfillment Service", "Variant Price", "Variant Compare At Price", "Variant Requires Shipping",
    "Variant Taxable", "Variant Barcode",
)  # fmt: skip
_AFTER: Final = (
    "Image Src", "Image Position", "Image Alt Text", "Gift Card", "Google Shopping / MPN",
    "Google Shopping / Condition", "Variant Image", "Variant Weight Unit", "Variant Tax Code", "Status",
)  # fmt: skip
METAFIELDS_MAX: Final = 400
PLACE: Final = "Inventory Available: "

Row = dict[str, str]


class ShopifyWriter:
    """Writes Shopify's CSV."""

    format = "shopify"
    suffix = ".csv"
    media_type = "text/csv"

    def write(self, exports: Source, site: Site) -> Iterator[bytes]:
        """A run of rows a product. Its columns depend on what all of them say, so they are looked through first."""
        metafields, places = _columns_of(exports)
        columns = [*_BEFORE, *_OPTION_COLUMNS, *_VARIANT, *_AFTER, *metafields.values(), *places.values()]
        out = Rows()
        yield from out.add(columns)
        for each in exports():
            for row in rows_of(site.placed(in_currency(each.draft, each.currency)), metafields):
                yield from out.add([row.get(column, "") for column in columns])
        yield from out.rest()


def _columns_of(exports: Source) -> tuple[dict[str, str], dict[str, str]]:
    """A column for each attribute, under a key of its own, and one for each place that has stock."""
    metafields: dict[str, str] = {}
    places: dict[str, str] = {}
    for each in exports():
        for name in each.draft.attributes:
            if name not in metafields and len(metafields) < METAFIELDS_MAX:
                metafields[name] = f"{name} (product.metafields.custom.{code_of(name) or len(metafields)})"
        for variant in each.draft.variants:
            places.update({place: f"{PLACE}{place}" for place in variant.stock})
    return metafields, places


def in_currency(draft: ProductDraft, currency: str) -> ProductDraft:
    """The draft with the prices it has in a currency; without variants when one of them has none."""
    if all(variant.currency == currency for variant in draft.variants):
        return draft
    prices = [variant.prices.get(currency) for variant in draft.variants]
    variants = tuple(
        msgspec.structs.replace(variant, price_minor=price, currency=currency, list_price_minor=None, sale=None)
        for variant, price in zip(draft.variants, prices, strict=True)
        if price is not None
    )
    return msgspec.structs.replace(draft, variants=variants if None not in prices else ())


def rows_of(draft: ProductDraft, metafields: dict[str, str]) -> Iterator[Row]:
    """The rows of a product: its variants, and beside and below them its pictures."""
    if not draft.variants:
        return
    names = _option_names(draft)
    first = _product_cells(draft, metafields)
    for place, (variant, picture) in enumerate(zip_longest(draft.variants, draft.pictures)):
        row: Row = {"Handle": draft.external_id}
        if place == 0:
            row |= first
        if variant is not None:
            row |= _variant_cells(variant, names, draft, is_first=place == 0)
        if picture is not None:
            row |= _picture_cells(picture, place)
        yield row


def _option_names(draft: ProductDraft) -> list[list[str]]:
    """At most three groups of options; the third has all that are left."""
    names = list(draft.options) or list(draft.variants[0].options)
    return [[name] for name in names[:2]] + ([names[2:]] if names[2:] else [])


def _product_cells(draft: ProductDraft, metafields: dict[str, str]) -> Row:
    cells = {
        "Title": draft.title,
        "Body (HTML)": draft.description,
        "Vendor": draft.brand or "",
        "Product Category": draft.category or "",
        "Tags": ", ".join(draft.tags),
        "Published": "true" if is_shown(draft) else "false",
        "Gift Card": "false",
        "Status": "active" if is_shown(draft) else "draft",
    }
    return cells | {
        metafields[name]: metafield_cell(value) for name, value in draft.attributes.items() if name in metafields
    }


def metafield_cell(value: AttributeValue) -> str:
    """A value as a metafield is exported; several as JSON where one of them holds a semicolon."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        if any(not isinstance(each, str) or ";" in each or not each.strip() for each in value):
            return msgspec.json.encode(value).decode()
        return "; ".join(str(each) for each in value)
    text = "".join(scalar_words(value))
    return msgspec.json.encode([text]).decode() if ";" in text or text.startswith("[") else text


def _variant_cells(variant: VariantDraft, names: list[list[str]], draft: ProductDraft, *, is_first: bool) -> Row:
    counted = variant.is_counted
    cells = {
        "Variant SKU": variant.external_id,
        "Variant Grams": "" if variant.weight_g is None else str(variant.weight_g),
        "Variant Inventory Tracker": "shopify" if counted else "",
        "Variant Inventory Qty": "" if variant.quantity is None else str(variant.quantity),
        "Variant Inventory Policy": "deny" if counted else "continue",
        "Variant Fulfillment Service": "manual",
        "Variant Price": figure(variant.price_minor, variant.currency),
        "Variant Compare At Price": figure(variant.list_price_minor, variant.currency)
        if variant.list_price_minor
        else "",
        "Variant Requires Shipping": "true",
        "Variant Taxable": "true",
        "Variant Barcode": variant.gtin or "",
        "Google Shopping / MPN": variant.mpn or "",
        "Google Shopping / Condition": variant.condition,
        "Variant Image": variant.picture or "",
        "Variant Weight Unit": "g" if variant.weight_g is not None else "",
        "Variant Tax Code": variant.tax_category or draft.tax_category or "",
    }
    cells |= {f"{PLACE}{place}": str(count) for place, count in variant.stock.items()}
    if not names and is_first:
        cells |= {"Option1 Name": "Title", "Option1 Value": "Default Title"}
    for number, group in enumerate(names, start=1):
        if is_first:
            cells[f"Option{number} Name"] = " / ".join(group)
        cells[f"Option{number} Value"] = " / ".join(variant.options.get(name, "") for name in group)
    return cells


def _picture_cells(picture: str | PictureDraft, place: int) -> Row:
    alt = picture.alt if isinstance(picture, PictureDraft) else ""
    return {"Image Src": picture_url(picture), "Image Position": str(place + 1), "Image Alt Text": alt}
