"""Google Merchant's product data, as XML and as a sheet with tabs: an item a variant.

What that format has no place for is left out: counts at several places, prices in other currencies, reviews. `quantity`
is no attribute of Google's, who passes over it: it brings a merchant's own counts back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from ..attributes import scalar_words
from ..drafts import ProductDraft, SaleDraft, VariantDraft, picture_urls
from ..imports.google_items import ALWAYS, FOR_EVER, OPTIONS_SECTION
from ..texts import code_of
from .drafts import Exported
from .writing import Rows, Site, Source, figure, in_blocks, is_shown

PICTURES_MAX: Final = 10
DETAILS_MAX: Final = 1_000
_TOLD: Final = ("color", "size", "pattern", "material", "gender", "age_group", "size_system", "size_type")
COLUMNS: Final = (
    "id", "item_group_id", "title", "description", "link", "image_link", "additional_image_link", "availability",
    "quantity", "pause", "price", "sale_price", "sale_price_effective_date", "maximum_retail_price", "brand", "gtin",
    "mpn", "identifier_exists", "condition", "product_type", *_TOLD, "shipping_weight", "shipping_length",
    "shipping_width", "shipping_height", "tax_category", "tag", "product_detail",
)  # fmt: skip
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Detail = tuple[str, str, str]


class _Item(NamedTuple):
    values: dict[str, list[str]]
    details: list[Detail]


class GoogleXmlWriter:
    """Writes RSS 2.0 with the attributes in Google's namespace."""

    format = "google-xml"
    suffix = ".xml"
    media_type = "application/xml"

    def write(self, exports: Source, site: Site) -> Iterator[bytes]:
        """An item a variant."""
        return in_blocks(self._parts(exports, site))

    def _parts(self, exports: Source, site: Site) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">\n'
        yield f"<channel>\n<title>{_xml(site.url)}</title>\n<link>{_xml(site.url)}</link>\n"
        yield "<description></description>\n"
        for each in exports():
            for item in items_of(each, site):
                yield "".join(("<item>\n", *_tags(item), "</item>\n"))
        yield "</channel>\n</rss>\n"


class GoogleTsvWriter:
    """Writes the same as a sheet with tabs."""

    format = "google-tsv"
    suffix = ".tsv"
    media_type = "text/tab-separated-values"

    def write(self, exports: Source, site: Site) -> Iterator[bytes]:
        """A row a variant. Read by programs, so nothing in it is guarded from a spreadsheet."""
        out = Rows("\t", guard=False)
        yield from out.add(COLUMNS)
        for each in exports():
            for item in items_of(each, site):
                yield from out.add([_cell(item, column) for column in COLUMNS])
        yield from out.rest()


def items_of(each: Exported, site: Site) -> Iterator[_Item]:
    """The items of a listing."""
    draft = site.placed(each.draft)
    for place, (variant, variant_id) in enumerate(zip(draft.variants, each.variant_ids, strict=True)):
        is_paused = not each.visible and variant.quantity is None and not variant.stock
        is_there = variant.external_id in each.sellable or bool(variant.quantity) or is_paused
        link = site.product(each.slug, variant_id if len(draft.variants) > 1 else None)
        yield _item(draft, variant, link, is_first=place == 0, is_there=is_there)


def _item(draft: ProductDraft, variant: VariantDraft, link: str, *, is_first: bool, is_there: bool) -> _Item:
    pictures = list(picture_urls(draft))
    own = variant.picture or next(iter(pictures), "")
    further = [url for url in pictures if url != own] if is_first else []
    has_group = len(draft.variants) > 1 or variant.external_id not in ("", draft.external_id)
    price, sale = figure(variant.price_minor, variant.currency), variant.sale
    told, details = _told(draft, variant)
    values: dict[str, list[str]] = {
        "id": [variant.external_id or draft.external_id],
        "item_group_id": [draft.external_id] if has_group else [],
        "title": [draft.title],
        "description": [draft.description],
        "link": [link],
        "image_link": [own],
        "additional_image_link": further[:PICTURES_MAX],
        "availability": ["in_stock" if is_there else "out_of_stock"],
        "quantity": [str(variant.quantity)] if variant.quantity is not None else [],
        "pause": [] if is_shown(draft) else ["all"],
        "price": [f"{price} {variant.currency}"],
        "sale_price": [f"{figure(sale.price_minor, variant.currency)} {variant.currency}"] if sale else [],
        "sale_price_effective_date": [_window(sale)] if sale else [],
        "maximum_retail_price": [_listed(variant)],
        "brand": [draft.brand or ""],
        "gtin": [variant.gtin or draft.gtin or ""],
        "mpn": [variant.mpn or draft.mpn or ""],
        "identifier_exists": ["no"] if not (variant.gtin or draft.gtin or variant.mpn or draft.mpn) else [],
        "condition": [variant.condition],
        "product_type": [draft.category or ""],
        **told,
        "shipping_weight": [f"{variant.weight_g} g"] if variant.weight_g is not None else [],
        "shipping_length": [_centimetres(variant.length_mm)],
        "shipping_width": [_centimetres(variant.width_mm)],
        "shipping_height": [_centimetres(variant.height_mm)],
        "tax_category": [variant.tax_category or draft.tax_category or ""],
        "tag": list(draft.tags),
    }
    return _Item({name: [each for each in given if each] for name, given in values.items()}, details)


def _listed(variant: VariantDraft) -> str:
    if variant.list_price_minor is None:
        return ""
    return f"{figure(variant.list_price_minor, variant.currency)} {variant.currency}"


def _window(sale: SaleDraft) -> str:
    """Both borders, as the format wants them; one that is open stands far away. Empty where both are."""
    if sale.starts_at is None and sale.ends_at is None:
        return ""
    return f"{sale.starts_at or ALWAYS}/{sale.ends_at or FOR_EVER}"


def _told(draft: ProductDraft, variant: VariantDraft) -> tuple[dict[str, list[str]], list[Detail]]:
    """Choices and attributes: those that Google has a name for, and the rest as details."""
    told: dict[str, list[str]] = {}
    details: list[Detail] = []
    for name, value in variant.options.items():
        # The option's own name is kept as a detail, so that it comes back as it was written.
        details.append((OPTIONS_SECTION, name, value))
        if (code := code_of(name)) in _TOLD:
            told[code] = [value]
    for name, given in draft.attributes.items():
        words = [word for word in scalar_words(given) if word]
        if (code := code_of(name)) in _TOLD and code not in told and len(words) == 1 and name == code.replace("_", " "):
            told[code] = words
        else:
            details += [("", name, word) for word in words]
    return told, details[:DETAILS_MAX]


def _centimetres(length_mm: int | None) -> str:
    return f"{length_mm // 10}.{length_mm % 10} cm" if length_mm is not None else ""


def _tags(item: _Item) -> Iterator[str]:
    for name, given in item.values.items():
        for value in given:
            yield f"<g:{name}>{_xml(value)}</g:{name}>\n"
    for section, name, value in item.details:
        yield (
            f"<g:product_detail><g:section_name>{_xml(section)}</g:section_name>"
            f"<g:attribute_name>{_xml(name)}</g:attribute_name>"
            f"<g:attribute_value>{_xml(value)}</g:attribute_value></g:product_detail>\n"
        )


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _cell(item: _Item, column: str) -> str:
    if column == "product_detail":
        return ",".join(":".join(_escaped(part) for part in detail) for detail in item.details)
    separator = ", " if column == "tag" else ","
    return separator.join(item.values.get(column, ()))


def _escaped(part: str) -> str:
    return re.sub(r"([\\:,])", r"\\\1", part)
