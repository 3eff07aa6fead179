"""A product of schema.org, or a group with its variants, as a draft."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from entrepot.kernel import Invalid
from entrepot.kernel.clock import from_rfc3339

from ..drafts import (
    NAME_LENGTH_MAX,
    PICTURES_MAX,
    REVIEWS_MAX,
    TITLE_LENGTH_MAX,
    AttributeValue,
    PictureDraft,
    ProductDraft,
    ReviewDraft,
    Scalar,
    VariantDraft,
)
from ..gtin import find_gtin, gtin_fault
from .amounts import parse_measure, parse_weight_cell
from .gathering import Group
from .google_items import checked, common_title
from .jsonld_nodes import Node, Values, list_of, short, text_of, types_of
from .jsonld_offers import Priced, offers_of, priced
from .reading import VALUE_LENGTH_MAX, Bad, Good, Problem

OPTIONS: Final = ("color", "size", "material", "pattern", "suggestedAge", "suggestedGender")
_ATTRIBUTES: Final = ("color", "size", "material", "pattern", "model", "keywords", "energyEfficiencyClass")
COLUMNS: Final = {
    "external_id": "sku", "title": "name", "pictures": "image", "attributes": "additionalProperty",
    "options": "variesBy", "reviews": "review", "variant.external_id": "sku", "variant.options": "variesBy",
    "variant.price_minor": "price", "variant.currency": "priceCurrency", "variant.sale": "validThrough",
    "variant.quantity": "inventoryLevel", "variant.weight_g": "weight", "variant.picture": "image",
    "variant.length_mm": "depth", "variant.width_mm": "width", "variant.height_mm": "height",
}  # fmt: skip
"""What schema.org calls our fields, where it is another word."""
_GTINS: Final = ("gtin13", "gtin14", "gtin12", "gtin8", "gtin", "isbn")
_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def group_of(node: Node) -> str:
    """What a variant that stands alone says it is a variant of; empty for what stands for itself."""
    if "ProductGroup" in types_of(node.values):
        return identifier_of(node, node.values, "productGroupID") if not node.list("hasVariant") else ""
    parent = node.first("isVariantOf")
    if isinstance(parent, Mapping):
        return identifier_of(node, parent, "productGroupID")
    return node.text("inProductGroupWithID")


def read_nodes(group: Group, currency: str) -> Good | Bad:
    """The product of a node, or of the variants that name one group; its problems when there are some."""
    nodes: list[Node] = group.rows
    lines = tuple(dict.fromkeys(node.line for node in nodes))
    parent, pairs = _variants(nodes)
    external_id = (group.key or identifier_of(parent, parent.values, "productGroupID"))[:200]
    size = sum(node.size for node in nodes)
    problems = [Problem(lines[0], "isVariantOf", group.refusal, external_id)] if group.refusal else []
    options = _options(parent, [values for _, values, _ in pairs])
    variants = []
    notes: list[Problem] = []
    for node, values, offers in pairs:
        try:
            variants.append(_variant(node, values, offers, options, currency, len(pairs)))
        except Invalid as problem:
            field = next(iter(problem.fields), "offers")
            problems.append(Problem(node.line, field, problem.sentence, _shown(node, values)))
        written = next((text for name in _GTINS if (text := node.text(name, values))), "")
        if written and variants and variants[-1].gtin is None:
            notes.append(Problem(node.line, "gtin", f"{gtin_fault(written)}. It came in without one", written[:500]))
        if len(offers) > 1 and len(pairs) == 1:
            notes.append(
                Problem(node.line, "offers", "There are several offers: the first came in", _shown(node, values))
            )
    title = parent.text("name") or common_title([node.text("name", values) for node, values, _ in pairs])
    if not title:
        problems.append(Problem(lines[0], "name", "A product needs a name", external_id[:VALUE_LENGTH_MAX]))
    if not external_id:
        problems.append(Problem(lines[0], "sku", "A product needs a sku, productID, gtin, url or @id", title[:500]))
    if problems or not variants:
        return Bad(tuple(problems), lines, external_id)
    draft = _draft(parent, pairs, external_id, title, options, tuple(variants))
    variant_lines = tuple(node.line for node, _, _ in pairs)
    read = checked(draft, lines, size, variant_lines=variant_lines, columns=COLUMNS)
    return msgspec.structs.replace(read, notes=tuple(notes)) if isinstance(read, Good) else read


Pairs = list[tuple[Node, Values, list[Values]]]


def _variants(nodes: Sequence[Node]) -> tuple[Node, Pairs]:
    """The node that speaks for the product, and each variant with its offers."""
    parent = next((node for node in nodes if "ProductGroup" in types_of(node.values)), nodes[0])
    pairs: Pairs = []
    for node in nodes:
        own = [each for each in node.list("hasVariant") if isinstance(each, Mapping)]
        if own or "ProductGroup" in types_of(node.values):
            pairs += [(node, values, offers_of(node, values) or offers_of(node, node.values)) for values in own]
        else:
            pairs += _by_offers(node)
    return parent, pairs or [(parent, parent.values, offers_of(parent, parent.values))]


def _by_offers(node: Node) -> Pairs:
    """A product whose offers have a SKU each and differ in name is as many variants: themes without groups write so."""
    offers = offers_of(node, node.values)
    skus = {text_of(offer.get("sku")) for offer in offers}
    names = {text_of(offer.get("name")) for offer in offers}
    if len(offers) < 2 or len(skus) < len(offers) or len(names) < len(offers) or "" in skus | names:
        return [(node, node.values, offers)]
    taken = ("sku", "name", "gtin", "gtin13", "gtin12", "gtin8", "gtin14", "mpn", "image", "weight")
    return [
        (node, {**node.values, **{name: offer[name] for name in taken if name in offer}, "_offer": offer}, [offer])
        for offer in offers
    ]


def identifier_of(node: Node, values: Values, *names: str) -> str:
    """What a shop calls a product: the first of these that it has."""
    for name in (*names, "sku", "productID", "mpn", *_GTINS):
        if text := node.text(name, values):
            return text
    url = text_of(values.get("url")) or text_of(values.get("@id"))
    return url.split("?", 1)[0].split("#", 1)[0].rstrip("/").rsplit("/", 1)[-1] or url.rsplit("#", 1)[-1]


def _options(parent: Node, variants: Sequence[Values]) -> tuple[str, ...]:
    """What the group says that it varies by, else what its variants differ by."""
    if any("_offer" in values for values in variants):
        return ("Variant",)
    named = tuple(dict.fromkeys(short(text) for each in parent.list("variesBy") if (text := text_of(each))))
    if named:
        return named
    if len(variants) < 2:
        return ()
    plain = [name for name in OPTIONS if len({text_of(values.get(name)) for values in variants}) > 1]
    extra = [name for name, _ in _properties(parent, variants[0])]
    return (
        *plain,
        *(name for name in dict.fromkeys(extra) if len({_choice(parent, values, name) for values in variants}) > 1),
    )


def _choice(node: Node, values: Values, name: str) -> str:
    if name == "Variant" and "_offer" in values:
        return text_of(values.get("name"))
    if text := text_of(node.resolve(next(iter(list_of(values.get(name))), None))):
        return text
    wanted = name.lower()
    return next((text_of(value) for each, value in _properties(node, values) if each.lower() == wanted), "")


def _variant(
    node: Node, values: Values, offers: Sequence[Values], options: Sequence[str], currency: str, count: int
) -> VariantDraft:
    choices = {_label(name): _choice(node, values, name) for name in options}
    if missing := next((name for name, value in choices.items() if not value), None):
        raise Invalid(f"This variant does not say its {missing}", fields={missing: ""})
    if not options and count > 1:
        choices = {"Variant": node.text("name", values)}
    offer: Priced = priced(node, offers, currency)
    weight, sizes = node.first("weight", values), ("depth", "width", "height")
    length_mm, width_mm, height_mm = (_size(node.first(name, values)) for name in sizes)
    gtin = next((text for name in _GTINS if (text := node.text(name, values)) and find_gtin(text)), None)
    pictures = _pictures(node.list("image", values))
    is_alone = count == 1 and "_offer" not in values
    return VariantDraft(
        external_id=(node.text("sku", values) or ("" if is_alone else identifier_of(node, values)))[:200],
        options=choices,
        price_minor=offer.price_minor,
        currency=offer.currency,
        list_price_minor=offer.list_price_minor,
        quantity=offer.quantity,
        weight_g=_weight(weight),
        gtin=gtin,
        picture=pictures[0].url if pictures and not is_alone and "_offer" not in values else None,
        mpn=node.text("mpn", values)[:NAME_LENGTH_MAX] or None,
        condition=offer.condition,
        sale=offer.sale,
        length_mm=length_mm,
        width_mm=width_mm,
        height_mm=height_mm,
    )


def _measured(value: Any) -> str:
    """A figure with its unit, such as `1.2 KGM`, from a QuantitativeValue or a text."""
    if isinstance(value, Mapping):
        unit = text_of(value.get("unitCode")) or text_of(value.get("unitText"))
        return f"{text_of(value.get('value'))} {short(unit)}".strip()
    return text_of(value)


def _weight(value: Any) -> int | None:
    try:
        return parse_weight_cell(text) if (text := _measured(value)) else None
    except Invalid:
        return None  # a weight that cannot be read is unknown, and no reason to leave the product out


def _size(value: Any) -> int | None:
    try:
        return (parse_measure(text) or None) if (text := _measured(value)) else None
    except Invalid:
        return None


def _draft(
    parent: Node, pairs: Pairs, external_id: str, title: str, options: Sequence[str], variants: tuple[VariantDraft, ...]
) -> ProductDraft:
    node, first, _ = pairs[0]
    brand = parent.text("brand") or node.text("brand", first) or parent.text("manufacturer")
    images = [*parent.list("image"), *(image for _, values, _ in pairs for image in node.list("image", values))]
    pictures = {picture.url: picture for picture in reversed(_pictures(images))}
    return ProductDraft(
        external_id=external_id,
        title=title[:TITLE_LENGTH_MAX],
        description=parent.text("description") or node.text("description", first),
        brand=brand[:NAME_LENGTH_MAX] or None,
        category=_category(parent, first),
        attributes=_attributes(parent, first, options),
        options=tuple(map(_label, options)) or tuple(variants[0].options),
        variants=variants,
        pictures=tuple(p if p.alt else p.url for p in reversed(list(pictures.values())))[:PICTURES_MAX],
        reviews=tuple(_reviews(parent))[:REVIEWS_MAX],
    )


def _category(parent: Node, first: Values) -> str | None:
    names = [*parent.list("category"), *list_of(first.get("category"))]
    texts = [text for name in names if (text := text_of(name)) and "://" not in text]
    return (texts[0] if texts else parent.breadcrumb)[:1_000] or None


def _label(name: str) -> str:
    """suggestedAge as people write it: suggested age."""
    return _WORDS.sub(" ", name).lower() if name in OPTIONS or name in _ATTRIBUTES else name


def _attributes(parent: Node, first: Values, options: Sequence[str]) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {}
    for name in _ATTRIBUTES:
        if name not in options and (text := parent.text(name) or text_of(first.get(name))):
            found[_label(name)] = text[:2_000]
    for name, value in (*_properties(parent, parent.values), *_properties(parent, first)):
        if name not in options and name not in found and (known := _property_value(value)) != "":
            found[name] = known
    return dict(list(found.items())[:200])


def _property_value(value: Any) -> AttributeValue:
    if isinstance(value, list):
        several: list[Scalar] = [text_of(each)[:2_000] for each in value[:200]]
        return several
    return value if isinstance(value, bool | int | float) else text_of(value)[:2_000]


def _properties(node: Node, values: Values) -> Iterator[tuple[str, Any]]:
    """Names and values of what a product says in additionalProperty, with their units."""
    for each in node.list("additionalProperty", values):
        if isinstance(each, Mapping) and (name := node.text("name", each)[:NAME_LENGTH_MAX]):
            unit = text_of(each.get("unitText"))
            value = each.get("value")
            yield name, f"{text_of(value)} {unit}" if unit else value


def _pictures(images: Sequence[Any]) -> list[PictureDraft]:
    found = []
    for image in images:
        values: Values = image if isinstance(image, Mapping) else {"url": image}
        url = text_of(values.get("contentUrl")) or text_of(values.get("url"))
        if url:
            found.append(PictureDraft(url[:2_000], text_of(values.get("caption"))[:TITLE_LENGTH_MAX]))
    return found


def _reviews(parent: Node) -> Iterator[ReviewDraft]:
    """Reviews with a rating, brought to five stars."""
    for each in (*parent.list("review"), *parent.list("reviews")):
        if isinstance(each, Mapping) and (rating := _rating(parent, each)) is not None:
            written = text_of(each.get("datePublished"))
            yield ReviewDraft(
                author=parent.text("author", each)[:NAME_LENGTH_MAX] or "—",
                rating=rating,
                body=(text_of(each.get("reviewBody")) or text_of(each.get("description")))[:20_000],
                title=(text_of(each.get("name")) or text_of(each.get("headline")))[:TITLE_LENGTH_MAX],
                written_at=_time(written),
            )


def _rating(parent: Node, review: Values) -> int | None:
    rating = parent.first("reviewRating", review)
    values: Values = rating if isinstance(rating, Mapping) else {"ratingValue": rating}
    try:
        value, best = (
            float(text_of(values.get(name)) or other) for name, other in (("ratingValue", "x"), ("bestRating", "5"))
        )
        worst = float(text_of(values.get("worstRating")) or 1)
        share = (value - worst) / (best - worst)
    except (ValueError, ZeroDivisionError):
        return None
    return 1 + round(4 * share) if 0 <= share <= 1 else None


def _time(text: str) -> str | None:
    whole = f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text
    try:
        from_rfc3339(whole)
    except (ValueError, OverflowError):
        return None
    return whole


def _shown(node: Node, values: Values) -> str:
    return (node.text("name", values) or identifier_of(node, values))[:VALUE_LENGTH_MAX]
