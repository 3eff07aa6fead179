"""What a chip says, in the shopper's language; the page has its own words for sums."""

from __future__ import annotations

from collections.abc import Mapping

from entrepot import catalog
from entrepot.kernel import decimals_of

Names = Mapping[str, Mapping[str, str]]
"""What the shop calls its attributes, by code and language."""

_TEXTS = {
    "en": {
        "under": "Up to {high}", "over": "From {low}", "between": "{low} to {high}",
        "about": "About {low}", "not": "Not {value}",
        "device": "Not accessories", "accessory": "Accessories",
        "part": "A part", "consumable": "To use up", "fits": "Fits {value}", "brand": "Brand: {value}",
        "value": "{name}: {value}", "yes": "{name}", "alias": "{typed}: also {others}",
        "spelling": "{now} instead of {typed}", "cheap": "Low prices first",
    },
    "zh": {
        "under": "{high} 以内", "over": "{low} 以上", "between": "{low} 至 {high}",
        "about": "{low} 左右", "not": "不要 {value}",
        "device": "不要配件", "accessory": "配件",
        "part": "零件", "consumable": "耗材", "fits": "适用于 {value}", "brand": "品牌：{value}",
        "value": "{name}：{value}", "yes": "{name}", "alias": "{typed}：也叫 {others}",
        "spelling": "已将 {typed} 改为 {now}", "cheap": "低价优先",
    },
}  # fmt: skip


def say(key: str, language: str, **values: str) -> str:
    """A chip's words."""
    return _TEXTS.get(language, _TEXTS["en"])[key].format(**values)


def price_label(low: int | None, high: int | None, currency: str, language: str, about: int | None = None) -> str:
    """The bounds of a price, or what they lie around."""
    if about is not None:
        return say("about", language, low=_sum(about, currency))
    key = "between" if low is not None and high is not None else "under" if low is None else "over"
    return say(key, language, low=_sum(low, currency), high=_sum(high, currency))


def bound_label(name: str, low: str, high: str, unit: str, names: Names, language: str) -> str:
    """The bounds of an attribute, as they were typed."""
    key = "between" if low and high else "under" if high else "over"
    said = say(key, language, low=f"{low} {unit}", high=f"{high} {unit}")
    return say("value", language, name=_called(name, names, language), value=said)


def value_label(name: str, value: str, unit: str, names: Names, language: str) -> str:
    """A value of an attribute, with the attribute's name; a bare figure with its unit."""
    if name == "brand":
        return say("brand", language, value=value)
    called = _called(name, names, language)
    if value == "yes":
        return say("yes", language, name=called)
    return say("value", language, name=called, value=f"{value} {unit}" if unit and value.isdecimal() else value)


def _called(name: str, names: Names, language: str) -> str:
    """An attribute's name: the operator's, else the pack's."""
    own, known = names.get(name, {}), catalog.attribute_of(name)
    if language in own:
        return own[language]
    return known.name_in(language) if known else own.get("en") or name.replace("_", " ").capitalize()


def _sum(minor: int | None, currency: str) -> str:
    if minor is None:
        return ""
    decimals = decimals_of(currency)
    whole, rest = divmod(minor, 10**decimals)
    figures = f"{whole:,}.{rest:0{decimals}d}" if decimals and rest else f"{whole:,}"
    return f"{figures} {currency}"
