"""What a listing lacks: the checks of its category's pack, each with a sentence, and a score that they explain.

Derived from the product and the merchant's own offers whenever somebody looks; nothing of it is stored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from entrepot.kernel import decimals_of

from .packs import Check, Pack, Thing, list_packs, normalise, own_attribute_of, pack_named, pack_of
from .texts import code_of, plain_text
from .types import OfferView, ProductView

TITLE_MIN: Final = 12
TITLE_MAX: Final = 150
DESCRIPTION_MIN: Final = 80
PICTURES_WANTED: Final = 3
ODD_FACTOR: Final = 4
"""How far beyond the usual range a price or weight is worth a question."""
_PER_DOLLAR: Final = {
    "USD": 1, "EUR": 1, "GBP": 1, "CHF": 1, "CAD": 1, "AUD": 2, "CNY": 7, "HKD": 8, "TWD": 32, "JPY": 150, "KRW": 1400,
    "INR": 85, "SEK": 10, "NOK": 10, "DKK": 7, "PLN": 4, "CZK": 23, "BRL": 6, "MXN": 18, "TRY": 35, "ZAR": 18,
    "THB": 35, "IDR": 16_000, "VND": 25_000, "PHP": 57, "MYR": 4, "SGD": 1, "AED": 4, "ILS": 4, "HUF": 370, "RUB": 90,
}  # fmt: skip
"""Orders of magnitude, never rates: they only tell 19.99 from 1999."""
_PROMOTING = re.compile(
    r"\b(?:free shipping|free delivery|best price|best seller|bestseller|on sale|discount|cheap|buy now|\d+ ?% off"
    r"|gratis versand|versandkostenfrei|sonderangebot|livraison gratuite|promo|envío gratis)\b"
    r"|包邮|特价|促销|清仓|爆款|最低价",
    re.IGNORECASE,
)


class CheckLine(msgspec.Struct, frozen=True):
    """One check: whether it holds, how many points it counts, what it is called and what to do, by language."""

    code: str
    ok: bool
    points: int
    names: dict[str, str]
    sentences: dict[str, str]

    def name_in(self, language: str) -> str:
        """What a good listing has, in a language."""
        return self.names.get(language) or self.names["en"]

    def sentence_in(self, language: str) -> str:
        """What to do, in a language."""
        return self.sentences.get(language) or self.sentences["en"]


class Quality(msgspec.Struct, frozen=True):
    """How good a listing is: 0 to 100, the share of the points of its checks that it has. `thing` is what its title
    names, by language, where a pack knows it; `fits` what the title says that it fits."""

    score: int
    lines: tuple[CheckLine, ...]
    thing: dict[str, str] | None
    fits: tuple[str, ...]

    @property
    def wanting(self) -> tuple[CheckLine, ...]:
        """What is to be done, the weightiest first."""
        return tuple(sorted((line for line in self.lines if not line.ok), key=lambda line: (-line.points, line.code)))


class Looked(msgspec.Struct, frozen=True):
    """What the checks look at."""

    view: ProductView
    offers: tuple[OfferView, ...]
    category: str
    pack: Pack | None
    thing: Thing | None
    thing_pack: Pack | None
    attributes: dict[str, tuple[str, ...]]
    said: frozenset[str]
    """Attributes that the product or its variants say."""
    chosen: frozenset[str]
    """Attributes that variants differ by."""

    @property
    def thing_names(self) -> dict[str, str]:
        """What the thing is called, by language."""
        return self.thing.names if self.thing else {"en": "this", "zh": "此商品"}


Missing = dict[str, Any] | None
"""What a sentence's braces are filled with, by name (a text, or texts by language); None where the check holds."""


def check_listing(view: ProductView, offers: Sequence[OfferView]) -> Quality:
    """A listing's quality: its product with the merchant's own offers of it."""
    looked = _look(view, tuple(offers))
    checks = _checks_for(looked)
    lines = tuple(_line(check, _KINDS[check.kind](looked, check)) for check in checks)
    whole = sum(line.points for line in lines)
    kept = sum(line.points for line in lines if line.ok)
    fits = looked.thing_pack.fits_of(view.title) if looked.thing_pack else ()
    return Quality(kept * 100 // whole if whole else 100, lines, looked.thing.names if looked.thing else None, fits)


def _look(view: ProductView, offers: tuple[OfferView, ...]) -> Looked:
    category = view.category[-1].slug if view.category else ""
    pack = pack_of(category)
    thing, thing_pack = _thing_of(view.title, pack)
    options = {_code(name, category) for variant in view.variants for name in variant.options}
    attributes = {_code(code, category): words for code, words in view.attributes.items() if any(words)}
    said = frozenset(attributes) | options | ({"brand"} if view.brand else set())
    return Looked(view, offers, category, pack, thing, thing_pack, attributes, said, frozenset(options))


def _code(name: str, category: str) -> str:
    known = own_attribute_of(name, category)
    return known.code if known else code_of(name)


def _thing_of(title: str, pack: Pack | None) -> tuple[Thing | None, Pack | None]:
    """What a title names: by the category's pack, else by the only other that knows it."""
    if pack and (thing := pack.thing_of(title)):
        return thing, pack
    found = [(thing, each) for each in list_packs() if each is not pack and (thing := each.thing_of(title))]
    return found[0] if len(found) == 1 else (None, pack)


def _checks_for(looked: Looked) -> list[Check]:
    common = pack_named("common")
    checks = {**(common.checks if common else {}), **(looked.pack.checks if looked.pack else {})}
    return [check for check in checks.values() if check.kind in _KINDS and _applies(check, looked)]


def _applies(check: Check, looked: Looked) -> bool:
    if check.only_things and (looked.thing is None or looked.thing.code not in check.only_things):
        return False
    if check.only_categories and not set(check.only_categories) & set(looked.category.split("/")):
        return False
    return check.kind not in _OF_A_THING or looked.thing is not None


def _line(check: Check, missing: Missing) -> CheckLine:
    filled = {
        language: sentence.format_map({name: _said(value, language) for name, value in (missing or {}).items()})
        for language, sentence in check.sentence.items()
        if missing is not None
    }
    return CheckLine(check.code, missing is None, check.points, check.names, filled or check.sentence)


def _said(value: Any, language: str) -> str:
    return str(value.get(language) or value["en"]) if isinstance(value, dict) else str(value)


def _joined(names: Sequence[dict[str, str]]) -> dict[str, str]:
    return {
        "en": ", ".join(_in_a_sentence(name["en"]) for name in names),
        "zh": "、".join(name.get("zh") or name["en"] for name in names),
    }


def _in_a_sentence(name: str) -> str:
    """`Screen size` is said in small letters there, HDR and Wi-Fi are not."""
    return name if name[1:2].isupper() or "-" in name else name[:1].lower() + name[1:]


# --- what is looked at; each says None where all is well


def _no_picture(looked: Looked, check: Check) -> Missing:
    return None if looked.view.pictures else {}


def _few_pictures(looked: Looked, check: Check) -> Missing:
    count = len(looked.view.pictures)
    return None if count >= PICTURES_WANTED else {"count": count}


def _no_alt(looked: Looked, check: Check) -> Missing:
    title = looked.view.title.casefold()
    bare = [each for each in looked.view.pictures if not each.alt or each.alt.casefold() == title]
    return {} if looked.view.pictures and len(bare) == len(looked.view.pictures) else None


def _short_title(looked: Looked, check: Check) -> Missing:
    title = looked.view.title
    width = sum(2 if ord(sign) > 0x2E7F else 1 for sign in title)  # a Chinese sign says as much as two letters
    return {} if width < TITLE_MIN or (len(title.split()) < 2 and title.isascii()) else None


def _long_title(looked: Looked, check: Check) -> Missing:
    count = len(looked.view.title)
    return {"count": count} if count > TITLE_MAX else None


def _shouting(looked: Looked, check: Check) -> Missing:
    title = looked.view.title
    words = re.findall(r"[^\W\d_]{4,}", title)
    loud = sum(word.isupper() for word in words)
    return {} if title.count("!") + title.count("！") > 1 or (len(words) >= 3 and loud * 2 > len(words)) else None


def _repeating(looked: Looked, check: Check) -> Missing:
    words = Counter(re.findall(r"[^\W\d_]{4,}", looked.view.title.casefold()))
    word, count = words.most_common(1)[0] if words else ("", 0)
    return {"word": word, "count": count} if count >= 3 else None


def _promoting(looked: Looked, check: Check) -> Missing:
    match = _PROMOTING.search(looked.view.title)
    return {"word": match[0]} if match else None


def _no_description(looked: Looked, check: Check) -> Missing:
    text = plain_text(looked.view.description_html)
    return {} if len(text) < DESCRIPTION_MIN and len(text.encode()) < DESCRIPTION_MIN * 2 else None


def _no_brand(looked: Looked, check: Check) -> Missing:
    return None if looked.view.brand else {}


def _no_category(looked: Looked, check: Check) -> Missing:
    return None if looked.category else {}


def _wrong_category(looked: Looked, check: Check) -> Missing:
    """The title names a thing of another trade than the category's."""
    is_elsewhere = looked.category and looked.pack and looked.thing_pack and looked.thing_pack is not looked.pack
    if not is_elsewhere or looked.thing is None:
        return None
    return {"thing": looked.thing_names, "category": looked.thing_pack.names if looked.thing_pack else {}}


def _no_gtin(looked: Looked, check: Check) -> Missing:
    mine = {offer.variant_id for offer in looked.offers}
    return {} if any(variant.gtin is None for variant in looked.view.variants if variant.id in mine) else None


def _no_weight(looked: Looked, check: Check) -> Missing:
    return {} if any(offer.weight_g is None for offer in looked.offers) else None


def _odd_weight(looked: Looked, check: Check) -> Missing:
    usual = looked.thing.grams if looked.thing else None
    for offer in looked.offers:
        if usual and offer.weight_g and not _is_usual(offer.weight_g, usual):
            return {"grams": offer.weight_g, "thing": looked.thing_names}
    return None


def _odd_price(looked: Looked, check: Check) -> Missing:
    usual = looked.thing.price if looked.thing else None
    for offer in looked.offers:
        times = _PER_DOLLAR.get(offer.currency)
        if usual and times:
            hundredths = offer.price_minor * 100 // 10 ** decimals_of(offer.currency) // times
            if not _is_usual(hundredths, usual):
                return {"thing": looked.thing_names}
    return None


def _is_usual(figure: int, usual: tuple[int, int]) -> bool:
    return usual[0] <= figure * ODD_FACTOR and figure <= usual[1] * ODD_FACTOR


def _odd_list_price(looked: Looked, check: Check) -> Missing:
    odd = any(offer.list_price_minor and offer.list_price_minor > 5 * offer.price_minor for offer in looked.offers)
    return {} if odd else None


def _expected(looked: Looked, check: Check) -> Missing:
    """What a listing of such a thing says, brand aside, for which there is a check of its own."""
    if looked.thing is None:
        return None
    known = [own_attribute_of(code, looked.thing.category) for code in looked.thing.expects]
    lacking = [each for each in known if each and each.code != "brand" and each.code not in looked.said]
    return {"names": _joined([each.names for each in lacking]), "thing": looked.thing_names} if lacking else None


def _no_fits(looked: Looked, check: Check) -> Missing:
    if looked.thing is None or "fits" not in looked.thing.expects or "fits" in looked.said:
        return None
    return None if looked.thing_pack and looked.thing_pack.fits_of(looked.view.title) else {}


def _unreadable(looked: Looked, check: Check) -> Missing:
    for name, value, unit in _unread(looked):
        return {"name": name, "value": value[:60], "unit": unit}
    return None


def _unread(looked: Looked) -> Iterator[tuple[dict[str, str], str, str]]:
    for code, words in looked.attributes.items():
        known = own_attribute_of(code, looked.category)
        if known and known.reads == "number":
            for word in words:
                if normalise(code, word, looked.category).kind == "text":
                    yield known.names, word, known.unit or "/".join(known.dimensions)


def _not_said(looked: Looked, check: Check) -> Missing:
    return None if check.attribute in looked.said else {}


def _none_said(looked: Looked, check: Check) -> Missing:
    return None if looked.said & set(check.attribute.split()) else {}


def _not_chosen(looked: Looked, check: Check) -> Missing:
    """Variants differ by it, or the only variant says it; any size is one."""
    alike = {check.attribute, "size"} if check.attribute.endswith("size") else {check.attribute}
    has = alike & looked.chosen or (len(looked.view.variants) == 1 and alike & looked.said)
    return None if has else {}


_KINDS: Final[dict[str, Callable[[Looked, Check], Missing]]] = {
    "picture": _no_picture,
    "pictures": _few_pictures,
    "alt": _no_alt,
    "title_short": _short_title,
    "title_long": _long_title,
    "title_shouting": _shouting,
    "title_repeats": _repeating,
    "title_promotes": _promoting,
    "description": _no_description,
    "brand": _no_brand,
    "category": _no_category,
    "wrong_category": _wrong_category,
    "gtin": _no_gtin,
    "weight": _no_weight,
    "weight_odd": _odd_weight,
    "price_odd": _odd_price,
    "price_list": _odd_list_price,
    "expected": _expected,
    "fits": _no_fits,
    "unreadable": _unreadable,
    "attribute": _not_said,
    "any_attribute": _none_said,
    "variant": _not_chosen,
}
_OF_A_THING: Final = frozenset({"weight_odd", "price_odd", "expected", "fits", "wrong_category"})
"""Checks that say nothing of a thing that no pack knows."""

CHECK_KINDS: Final = frozenset(_KINDS)
