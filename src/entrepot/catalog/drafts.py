"""What a merchant wants listed, as a feed or a form says it; and what must be true of it before it is saved.

These types are the JSONL feed format too: their docstrings and bounds become its JSON Schema.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from entrepot.kernel import Invalid
from entrepot.kernel.clock import from_rfc3339

from .currencies import is_currency
from .gtin import find_gtin, gtin_fault
from .types import PRICE_MINOR_MAX, QUANTITY_MAX, WEIGHT_G_MAX, Condition

TITLE_LENGTH_MAX = 500
DESCRIPTION_LENGTH_MAX = 200_000
NAME_LENGTH_MAX = 200
VALUE_LENGTH_MAX = 2_000
VARIANTS_MAX = 2_000
OPTIONS_MAX = 10
PICTURES_MAX = 50
ATTRIBUTES_MAX = 200
REVIEWS_MAX = 1_000
EXTERNAL_ID_LENGTH_MAX = 200
CURRENCIES_MAX = 50
PLACES_MAX = 200
TAGS_MAX = 100
FITS_MAX = 500
SIZE_MM_MAX = 100_000

Scalar = str | int | float | bool
AttributeValue = Scalar | list[Scalar]
"""One value, or several. Numbers and booleans stay what they are."""

_HASH_VERSION = b"1"
"""Raise it when the same draft must be saved again, because what is made of it has changed."""


Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
PriceMinor = Annotated[int, Meta(ge=1, le=PRICE_MINOR_MAX)]
Quantity = Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]
SizeMm = Annotated[int, Meta(ge=1, le=SIZE_MM_MAX)]
TaxCategory = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
ModelNumber = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]


class SaleDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lower price for a while: from `starts_at` (else from now) until before `ends_at` (else until it is taken
    away), RFC 3339. `price_minor` is in minor units of the variant's currency and below its price."""

    price_minor: PriceMinor
    starts_at: str | None = None
    ends_at: str | None = None


class VariantDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to buy the product, at the seller's price.

    `price_minor` (the regular price) and `list_price_minor` (the price that the maker recommends) are whole minor
    units: 1250 is 12.50 USD. `sale` is a lower price for a while. `prices` are regular prices in other currencies, in
    their minor units, such as {"EUR": 1150}. `quantity` is how many there are, absolute; leave it out where stock is
    not counted. Goods at several places say `stock` instead: how many at each, by the place's name or id. Below
    `low_stock_at` pieces the seller is told. `picture` is the one of the product's pictures that shows this variant.
    `mpn` is the maker's model number. Sizes are the packed piece's.
    """

    price_minor: PriceMinor
    currency: Currency
    external_id: Annotated[str, Meta(max_length=EXTERNAL_ID_LENGTH_MAX)] = ""
    options: dict[str, str] = {}
    list_price_minor: PriceMinor | None = None
    quantity: Quantity | None = None
    weight_g: Annotated[int, Meta(ge=0, le=WEIGHT_G_MAX)] | None = None
    gtin: str | None = None
    picture: str | None = None
    mpn: ModelNumber | None = None
    condition: Condition = "new"
    sale: SaleDraft | None = None
    prices: Annotated[dict[Currency, PriceMinor], Meta(max_length=CURRENCIES_MAX)] = {}
    stock: Annotated[dict[str, Quantity], Meta(max_length=PLACES_MAX)] = {}
    low_stock_at: Quantity | None = None
    length_mm: SizeMm | None = None
    width_mm: SizeMm | None = None
    height_mm: SizeMm | None = None
    tax_category: TaxCategory | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it says how many there are."""
        return self.quantity is not None or bool(self.stock)


class ReviewDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A review that was written elsewhere; shown as imported. `written_at` is RFC 3339."""

    author: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
    rating: Annotated[int, Meta(ge=1, le=5)]
    body: Annotated[str, Meta(max_length=20_000)] = ""
    title: Annotated[str, Meta(max_length=TITLE_LENGTH_MAX)] = ""
    written_at: str | None = None


class PictureDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture with words for those who do not see it."""

    url: Annotated[str, Meta(max_length=VALUE_LENGTH_MAX)]
    alt: Annotated[str, Meta(max_length=TITLE_LENGTH_MAX)] = ""


class ProductDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product as its merchant describes it. `external_id` is the merchant's own name for it and stays the same.

    `description` is HTML, cleaned when it is saved. `category` is a path such as `electronics/audio/headphones`, or
    names joined by ` > `. `options` names what variants differ by, in order. `pictures` are https addresses, and in a
    feed also paths beside it, which are stored and named by their sha256 before they are saved; the first one stands
    for the product. A product that is not `published` is a draft, which buyers do not see; one with `publish_at` (RFC
    3339) is seen from then on. `tags` are the merchant's own words for sorting goods, which buyers do not see.
    `fits` names what an accessory fits: a GTIN, an external id, or words. `tax_category` is a code of the market's
    operator, such as `food` or `books`.
    """

    external_id: Annotated[str, Meta(min_length=1, max_length=EXTERNAL_ID_LENGTH_MAX)]
    title: Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX)]
    variants: Annotated[tuple[VariantDraft, ...], Meta(min_length=1, max_length=VARIANTS_MAX)]
    description: Annotated[str, Meta(max_length=DESCRIPTION_LENGTH_MAX)] = ""
    brand: Annotated[str, Meta(max_length=NAME_LENGTH_MAX)] | None = None
    gtin: str | None = None
    category: Annotated[str, Meta(max_length=1_000)] | None = None
    attributes: dict[str, AttributeValue] = {}
    options: Annotated[tuple[str, ...], Meta(max_length=OPTIONS_MAX)] = ()
    pictures: Annotated[tuple[str | PictureDraft, ...], Meta(max_length=PICTURES_MAX)] = ()
    reviews: Annotated[tuple[ReviewDraft, ...], Meta(max_length=REVIEWS_MAX)] = ()
    published: bool = True
    publish_at: str | None = None
    mpn: ModelNumber | None = None
    tax_category: TaxCategory | None = None
    fits: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX)], ...],
                    Meta(max_length=FITS_MAX)] = ()  # fmt: skip
    tags: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)], ...],
                    Meta(max_length=TAGS_MAX)] = ()  # fmt: skip


def picture_url(picture: str | PictureDraft) -> str:
    """Where a picture is, or its sha256 once it is stored."""
    return picture.url if isinstance(picture, PictureDraft) else picture


def picture_urls(draft: ProductDraft) -> tuple[str, ...]:
    """The same for all of a product's pictures, in order."""
    return tuple(map(picture_url, draft.pictures))


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a draft: the field, a sentence, and the value as it was given."""

    field: str
    reason: str
    value: str


def check_draft(draft: ProductDraft) -> None:
    """Invalid, naming each field at fault, for a draft that cannot be listed."""
    faults = list(find_faults(draft))
    if faults:
        raise Invalid(
            f"{draft.external_id or 'A product'} cannot be listed: {faults[0].field}: {faults[0].reason}",
            fields={fault.field: fault.reason for fault in faults},
        )


def find_faults(draft: ProductDraft, *, is_bounded: bool = False) -> Iterator[Fault]:
    """Everything that stands in the way of listing a draft; nothing for a good one. `is_bounded`: it was decoded, or
    held to the bounds of its types, already."""
    if not is_bounded:
        yield from _bounds(draft)
    if not draft.title.strip():
        yield Fault("title", "A product needs a title", draft.title)
    if not draft.external_id.strip():
        yield Fault("external_id", "A product needs an id of your own", draft.external_id)
    if draft.gtin is not None and find_gtin(draft.gtin) is None:
        yield Fault("gtin", gtin_fault(draft.gtin), draft.gtin)
    if draft.publish_at is not None and not _is_time(draft.publish_at):
        yield Fault("publish_at", _TIME, draft.publish_at)
    yield from _attribute_faults(draft)
    yield from _variant_faults(draft)
    for place, review in enumerate(draft.reviews):
        if review.written_at is not None and not _is_time(review.written_at):
            yield Fault(f"reviews[{place}].written_at", _TIME, review.written_at)


def variant_ids(draft: ProductDraft) -> tuple[str, ...]:
    """The external id of each variant: the feed's own, else the product's with the variant's choices."""
    if len(draft.variants) == 1:
        return (draft.variants[0].external_id or draft.external_id,)
    return tuple(
        variant.external_id or "/".join((draft.external_id, *variant.options.values())) for variant in draft.variants
    )


def row_hash(draft: ProductDraft, location_id: str | None) -> str:
    """A digest of everything that a draft says: the same row of a feed always has the same."""
    return _digest(msgspec.json.encode(draft, order="deterministic"), (location_id or "").encode())


def content_hash(draft: ProductDraft) -> str:
    """A digest of what the product is: all but prices, stock and whether it is published."""
    shape = [(variant.options, variant.gtin, variant.picture, variant.mpn) for variant in draft.variants]
    parts = (
        draft.title, draft.description, draft.brand, draft.gtin, draft.category, draft.attributes, draft.options,
        draft.pictures, draft.reviews, shape, variant_ids(draft), draft.mpn, draft.tax_category, draft.fits,
    )  # fmt: skip
    return _digest(msgspec.json.encode(parts, order="deterministic"))


def _digest(*parts: bytes) -> str:
    return hashlib.blake2b(b"\x1f".join((_HASH_VERSION, *parts)), digest_size=16).hexdigest()


def _bounds(draft: ProductDraft) -> Iterator[Fault]:
    """The bounds of the types, which decoding checks and building a draft in Python does not."""
    try:
        msgspec.convert(msgspec.to_builtins(draft), ProductDraft)
    except msgspec.ValidationError as error:
        yield fault_of(error, draft)


def fault_of(error: msgspec.ValidationError, value: object) -> Fault:
    """A decoder's error as a fault: its path becomes the field, its types become words."""
    reason, _, path = str(error).partition(" - at `")
    field = path.removesuffix("`").removeprefix("$").removeprefix(".")
    if named := _FIELD.match(reason):
        field = f"{field}.{named.group(2)}".removeprefix(".")
        is_missing = named.group(1) == "missing required"
        return Fault(
            field, "This field is missing" if is_missing else "There is no such field", shown(_at(value, field))
        )
    given = shown(_at(value, field))
    return Fault(field or "row", _in_words(field, reason), given)


def _in_words(field: str, reason: str) -> str:
    """What msgspec says, as a person would."""
    if (bound := _LENGTH.match(reason)) is not None:
        kind, limit = ("characters" if bound[1] == "str" else "entries"), int(bound[3])
        if bound[2] == "<=":
            return f"At most {limit:,} {kind} fit here: shorten it"
        return "This is empty: fill it in" if limit == 1 else f"At least {limit:,} {kind} are needed here"
    if (bound := _BOUND.match(reason)) is not None:
        return f"Write a whole number of at {'most' if bound[1] == '<=' else 'least'} {int(bound[2]):,}"
    if reason.startswith("Invalid enum value") and field.endswith("condition"):
        return "This is new, refurbished or used"
    if _PATTERN in reason:
        return "Write three capital letters, such as USD"
    named = _TYPE.sub(lambda found: " or ".join(_WORDS.get(kind, kind) for kind in found[1].split(" | ")), reason)
    wanted, _, got = named.removeprefix("Expected ").partition(", got ")
    return f"Write {wanted} here: this is {got}" if got else named


_FIELD = re.compile(r"^Object (?:is )?(missing required|contains unknown) field `(.+)`$")
_LENGTH = re.compile(r"^Expected `(str|array|object)` of length (<=|>=) (\d+)$")
_BOUND = re.compile(r"^Expected `int` (<=|>=) (-?\d+)$")
_PATTERN = "matching regex '^[A-Z]{3}$'"
_TYPE = re.compile("`([^`]+)`")
_WORDS = {
    "int": "a whole number", "str": "text", "array": "a list", "object": "an object", "bool": "true or false",
    "null": "nothing", "float": "a number",
}  # fmt: skip


def shown(value: object, most: int = 500) -> str:
    """A value as a report shows it, cut to a length."""
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
    return text[:most]


def _at(value: object, field: str) -> object:
    """The part of a value that a path such as variants[0].price_minor means; the whole where it cannot be followed."""
    for step in field.replace("[", ".").replace("]", "").split("."):
        found: Any = None
        if isinstance(value, dict):
            found = value.get(step)
        elif isinstance(value, list | tuple) and step.isdigit() and int(step) < len(value):
            found = value[int(step)]
        elif isinstance(value, msgspec.Struct):
            found = getattr(value, step, None)
        if found is None:
            return value if not isinstance(value, msgspec.Struct) else ""
        value = found
    return value


def _attribute_faults(draft: ProductDraft) -> Iterator[Fault]:
    if len(draft.attributes) > ATTRIBUTES_MAX:
        yield Fault("attributes", f"At most {ATTRIBUTES_MAX} attributes", str(len(draft.attributes)))
    for name, value in draft.attributes.items():
        if not name.strip() or len(name) > NAME_LENGTH_MAX:
            yield Fault("attributes", f"An attribute's name has 1 to {NAME_LENGTH_MAX} characters", name[:500])
            continue
        if isinstance(value, int) or (isinstance(value, str) and len(value) <= VALUE_LENGTH_MAX):
            continue
        values = value if isinstance(value, list) else [value]
        if len(values) > ATTRIBUTES_MAX or any(isinstance(v, str) and len(v) > VALUE_LENGTH_MAX for v in values):
            yield Fault(f"attributes.{name}", f"A value has at most {VALUE_LENGTH_MAX} characters", shown(value))
        elif any(isinstance(each, float) and each - each != 0 for each in values):
            yield Fault(f"attributes.{name}", "This is no number", str(value))


def _variant_faults(draft: ProductDraft) -> Iterator[Fault]:
    seen_ids: set[str] = set()
    seen_options: set[tuple[tuple[str, str], ...]] = set()
    currency = draft.variants[0].currency if draft.variants else ""
    for place, (variant, external_id) in enumerate(zip(draft.variants, variant_ids(draft), strict=True)):
        at = f"variants[{place}]"
        yield from _single_variant_faults(draft, variant, at)
        if variant.currency != currency:
            yield Fault(f"{at}.currency", "All variants of a product have one currency", variant.currency)
        if external_id in seen_ids:
            yield Fault(f"{at}.external_id", "Two variants have this id: each needs its own", external_id)
        options = tuple(sorted(variant.options.items()))
        if options in seen_options:
            yield Fault(f"{at}.options", "Two variants have the same choices", shown(variant.options))
        seen_ids.add(external_id)
        seen_options.add(options)


def _single_variant_faults(draft: ProductDraft, variant: VariantDraft, at: str) -> Iterator[Fault]:
    yield from _price_faults(variant, at)
    if variant.quantity is not None and variant.stock:
        yield Fault(f"{at}.stock", "Say how many there are in all, or at each place: not both", shown(variant.stock))
    if variant.gtin is not None and find_gtin(variant.gtin) is None:
        yield Fault(f"{at}.gtin", gtin_fault(variant.gtin), variant.gtin)
    if len(variant.options) > OPTIONS_MAX:
        yield Fault(f"{at}.options", f"At most {OPTIONS_MAX} options", str(len(variant.options)))
    for name, value in variant.options.items():
        if not name.strip() or not value.strip() or len(name) + len(value) > VALUE_LENGTH_MAX:
            yield Fault(f"{at}.options", "An option needs a name and a value, neither very long", shown([name, value]))
    if missing := [name for name in draft.options if name not in variant.options]:
        yield Fault(f"{at}.options", f"This variant does not say its {missing[0]}", shown(variant.options))


def _price_faults(variant: VariantDraft, at: str) -> Iterator[Fault]:
    for field, currency in ((f"{at}.currency", variant.currency), *((f"{at}.prices", each) for each in variant.prices)):
        if not is_currency(currency):
            yield Fault(field, f"{currency[:20]!r} is no currency: write its three letters, such as USD", currency)
    if variant.currency in variant.prices:
        yield Fault(f"{at}.prices", f"The price in {variant.currency} is price_minor", shown(variant.prices))
    sale = variant.sale
    if sale is None:
        return
    if sale.price_minor >= variant.price_minor:
        yield Fault(f"{at}.sale.price_minor", "A sale's price is below the regular price", str(sale.price_minor))
    times = {"starts_at": sale.starts_at, "ends_at": sale.ends_at}
    wrong = {name: text for name, text in times.items() if text is not None and not _is_time(text)}
    for name, text in wrong.items():
        yield Fault(f"{at}.sale.{name}", _TIME, text)
    if sale.starts_at and sale.ends_at and not wrong and from_rfc3339(sale.starts_at) >= from_rfc3339(sale.ends_at):
        yield Fault(f"{at}.sale.ends_at", "A sale ends after it starts", sale.ends_at)


def _is_time(text: str) -> bool:
    try:
        from_rfc3339(text)
    except (ValueError, OverflowError):
        return False
    return True


_TIME = "Write a time such as 2026-01-31T12:00:00Z"
