"""A draft's words as a product keeps them: cleaned, typed, under codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import func, select

from entrepot.kernel import Invalid, Tx, derive_id, in_set, prepare, to_json
from entrepot.kernel.clock import from_rfc3339
from entrepot.kernel.sql import Prepared, prepare_text

from . import tables
from .attributes import row_of
from .drafts import AttributeValue, PictureDraft, ProductDraft, VariantDraft, picture_urls
from .packs import own_attribute_of
from .texts import clean_html, clean_line, clean_text, clean_title, code_of
from .types import AttributeDefinition

_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_FACETS = frozenset({
    "color", "size", "material", "pattern", "style", "gender", "season", "shape", "finish", "flavor", "capacity",
})  # fmt: skip
DEFINED_MAX = 5_000
"""How many attributes feeds may define."""


class Content(msgspec.Struct, frozen=True):
    """What a draft says of its product, ready to be stored."""

    title: str
    description: str
    brand: str | None
    attributes: dict[str, AttributeValue]
    options: tuple[str, ...]
    pictures: tuple[tuple[str | None, str | None, str], ...]
    """(sha256, None, words) of a stored picture, or (None, address, words) of one that lies elsewhere."""
    mpn: str | None
    tax_category: str | None
    fits: tuple[str, ...]

    @property
    def picture(self) -> str | None:
        """The first stored picture."""
        return next((sha256 for sha256, _, _ in self.pictures if sha256), None)


def content_of(draft: ProductDraft) -> Content:
    """Invalid when a picture is neither stored nor a web address: files beside a feed are stored before this."""
    options = draft.options or tuple(draft.variants[0].options)
    return Content(
        title=clean_title(draft.title) or draft.external_id,
        description=clean_html(draft.description),
        brand=clean_title(draft.brand) or None if draft.brand else None,
        attributes={code: _clean_value(draft.attributes[name]) for name, code in attribute_codes(draft).items()},
        options=tuple(dict.fromkeys(clean_line(name) for name in options)),
        pictures=_pictures(draft),
        mpn=clean_line(draft.mpn) or None if draft.mpn else None,
        tax_category=draft.tax_category,
        fits=tuple(dict.fromkeys(filter(None, map(clean_title, draft.fits)))),
    )


def attribute_codes(draft: ProductDraft) -> Mapping[str, str]:
    """The code of each attribute that a draft names: the one that its category's pack knows the name by, so that
    `Storage capacity` and `Speicher` of two feeds are one filter; a second name for the same keeps its own code."""
    return _codes_of(tuple(draft.attributes), draft.category)


@lru_cache(maxsize=1_024)  # a save asks twice for each draft, and goods of one kind have the same names
def _codes_of(names: tuple[str, ...], category: str | None) -> Mapping[str, str]:
    codes: dict[str, str] = {}
    given: set[str] = set()
    named = [_named(name, category) for name in names]
    taken = {own for own, _ in named}
    for name, (own, known) in zip(names, named, strict=True):
        code = known if known and (known == own or known not in taken) else own
        if code and code not in given:
            codes[name] = code
            given.add(code)
            taken.add(code)
    return codes


@lru_cache(maxsize=16_384)  # goods of one kind have the same names, each with others beside it
def _named(name: str, category: str | None) -> tuple[str, str | None]:
    """The code that a name has by itself, and that of the attribute which the category's pack knows by it."""
    known = own_attribute_of(name, category)
    return code_of(name), known.code if known else None


def options_of(draft: ProductDraft, variant: VariantDraft) -> list[tuple[str, str]]:
    """A variant's choices, cleaned, in the order of the product's options."""
    names = dict.fromkeys((*draft.options, *draft.variants[0].options, *variant.options))
    return [(clean_line(name), clean_line(variant.options[name])) for name in names if name in variant.options]


def variant_picture(draft: ProductDraft, variant: VariantDraft) -> str | None:
    """The stored picture that shows this variant; None when it names none, or none of the product's."""
    return _picture(variant.picture)[0] if variant.picture and variant.picture in picture_urls(draft) else None


def product_values(content: Content) -> dict[str, Any]:
    """The columns of a product that its content decides."""
    return {
        "title": content.title,
        "description": content.description,
        "brand": content.brand,
        "attributes": to_json(list(content.attributes.items())),
        "options": to_json(content.options),
        "picture": content.picture,
        "mpn": content.mpn,
        "tax_category": content.tax_category,
        "fits": to_json(content.fits),
    }


def picture_rows(product_id: str, content: Content) -> list[dict[str, Any]]:
    """Rows of the product's pictures, in their order."""
    return [
        {
            "product_id": product_id,
            "position": position,
            "sha256": sha256,
            "url": url,
            "alt": alt or content.title,
            "provenance": "remote" if url else "merchant",
            "place": None,
            "added_by": None,
            "added_at": None,
            "licence": None,
        }
        for position, (sha256, url, alt) in enumerate(content.pictures)
    ]


def review_rows(draft: ProductDraft, product_id: str, merchant_id: str, now: int) -> list[dict[str, Any]]:
    """Rows of the reviews that a feed brought along. The same review has the same id, however often it comes."""
    rows = []
    for review in draft.reviews:
        author, title, body = clean_title(review.author), clean_title(review.title), clean_text(review.body)
        review_id = derive_id("rev", merchant_id, product_id, author, str(review.rating), title, body)
        written_at = from_rfc3339(review.written_at) if review.written_at else now
        row = {"id": review_id, "product_id": product_id, "author_id": None, "author": author or "—", "title": title}
        rows.append(
            {**row, "rating": review.rating, "body": body, "origin": "imported", "source": merchant_id,
             "written_at": min(written_at, now)}
        )  # fmt: skip
    return rows


def define_attributes(tx: Tx, drafts: Iterable[ProductDraft]) -> None:
    """Define the attributes and options that drafts use and nobody has defined, by what their values are.

    What variants differ by becomes a filter. A few statements, however many drafts; feeds define a bounded number,
    and what is beyond it keeps its values without a definition.
    """
    found: dict[str, AttributeDefinition] = {}
    for draft in drafts:
        for variant in draft.variants[:1]:
            for name in variant.options:
                _note(found, code_of(name), name, "choice", draft.category, variant=True)
        for name, code in attribute_codes(draft).items():
            if code not in found:
                _note(found, code, name, _kind_of(draft.attributes[name]), draft.category)
    if not found:
        return
    known = {row.code for row in tx.all(_known, codes=sorted(found))}
    fresh = [definition for code, definition in sorted(found.items()) if code not in known]
    if fresh:
        room = DEFINED_MAX - int(tx.value(_count) or 0)
        tx.run_many(_define, [row_of(definition) for definition in fresh[: max(room, 0)]])


def _note(
    found: dict[str, AttributeDefinition],
    code: str,
    name: str,
    kind: Any,
    category: str | None,
    *,
    variant: bool = False,
) -> None:
    """What a pack knows of it, else what its name and its values tell."""
    if not code or (code in found and (not variant or found[code].variant)):
        return
    known = own_attribute_of(code, category)
    if known is not None and known.code == code:
        unit = known.unit if known.reads == "number" else None
        facet = variant or known.facet
        found[code] = AttributeDefinition(code, known.kind, known.names, unit or None, facet, variant or known.variant)
        return
    label = clean_line(name)
    shown = label if label != code else label.replace("_", " ").capitalize()
    found[code] = AttributeDefinition(code, kind, {"en": shown}, facet=variant or code in _FACETS, variant=variant)


def _kind_of(value: AttributeValue) -> str:
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, bool):
        return "boolean"
    return "number" if isinstance(first, int | float) else "text"


def _clean_value(value: AttributeValue) -> AttributeValue:
    if isinstance(value, str):
        return clean_title(value)
    return (
        [clean_title(each) if isinstance(each, str) else each for each in value] if isinstance(value, list) else value
    )


def _pictures(draft: ProductDraft) -> tuple[tuple[str | None, str | None, str], ...]:
    """Each picture once, with the words that came with it first."""
    found: dict[tuple[str | None, str | None], str] = {}
    for url, picture in zip(picture_urls(draft), draft.pictures, strict=True):
        found.setdefault(_picture(url), clean_title(picture.alt) if isinstance(picture, PictureDraft) else "")
    return tuple((sha256, url, alt) for (sha256, url), alt in found.items())


def _picture(source: str) -> tuple[str | None, str | None]:
    if _SHA256.match(source):
        return source, None
    url = clean_line(source)
    if url.startswith(("https://", "http://")) and " " not in url and len(url) <= 2_000:
        return None, url
    raise Invalid(
        f"The picture {url[:100]!r} is neither stored nor a web address: store it first, or give its https address",
        fields={"pictures": "a sha256 or an https address"},
    )


_a = tables.attributes.c
_known: Prepared[Any] = prepare(select(_a.code).where(in_set(_a.code, "codes")))
_count: Prepared[Any] = prepare(select(func.count().label("rows")).select_from(tables.attributes))
_define: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_attributes (code, kind, names, unit, facet, variant) "
    "VALUES (:code, :kind, :names, :unit, :facet, :variant) ON CONFLICT (code) DO NOTHING"
)
