"""Turns the grammar's templates into sentences."""

import re
from collections.abc import Iterable, Mapping
from random import Random

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_SENTENCE = re.compile(r"(^|[.!?] )([a-z])")
_SMALL_WORDS = frozenset(("with", "and", "of", "in", "no", "on", "for", "a", "the", "to"))
# Words that keep their capital inside a sentence.
_PROPER = frozenset((
    "Earl", "Grey", "Darjeeling", "Assam", "Seville", "Sicilian", "Medjool", "Breton", "Fair", "Isle",
    "Oxford", "Bluetooth", "Arabica", "Damascus", "Boston", "Chelsea", "Alpine", "Carnaroli",
    "Camargue-style", "Ethiopia", "Guji", "Colombia", "Huila", "Kenya", "Nyeri", "Brazil", "Cerrado",
    "Guatemala", "Antigua", "Sumatra", "Gayo", "Rwanda", "Nyamasheke", "Peru", "Cajamarca", "Arrabbiata",
))  # fmt: skip


_CONDITION = re.compile(r"(\w+)(?:(!?=)([^?]+))?\? ")


def allowed(templates: Iterable[str], attributes: Mapping[str, object]) -> list[str]:
    """The templates whose condition holds, without it."""
    kept = []
    for template in templates:
        condition = _CONDITION.match(template)
        if not condition:
            kept.append(template)
        elif _holds(attributes.get(condition[1]), condition[2], condition[3]):
            kept.append(template[condition.end() :])
    return kept


def _holds(value: object, relation: str | None, wanted: str | None) -> bool:
    if relation is None:
        return value is True
    return (str(value) == wanted) is (relation == "=")


def say(template: str, values: Mapping[str, str], chance: Random) -> str:
    """A sentence: one of each alternative, values as spoken, a capital where one belongs."""
    text = _SLOT.sub(lambda slot: _spoken(slot[1], values), _chosen(template, chance))
    return _SENTENCE.sub(lambda start: start[1] + start[2].upper(), text.strip())


def entitle(template: str, values: Mapping[str, str], chance: Random) -> str:
    """A title: values with the capitals of a title."""
    return _SLOT.sub(lambda slot: _titled(slot[1], values), _chosen(template, chance))


def _chosen(template: str, chance: Random) -> str:
    return _ALTERNATIVES.sub(lambda options: chance.choice(options[1].split("|")), template)


def _spoken(slot: str, values: Mapping[str, str]) -> str:
    if slot in values and (slot in ("brand", "model") or not slot[0].islower()):
        return values[slot]
    if slot in values:
        return " ".join(lowered(word) for word in values[slot].split(" "))
    return values[slot[0].lower() + slot[1:]]


def _titled(slot: str, values: Mapping[str, str]) -> str:
    if slot in values:
        return values[slot]
    words = values[slot[0].lower() + slot[1:]].split(" ")
    return " ".join(word if word in _SMALL_WORDS else word[:1].upper() + word[1:] for word in words)


def lowered(word: str) -> str:
    """The word as inside a sentence; names and abbreviations keep their capitals."""
    plain_word = word[:1].isupper() and word[1:].islower() and len(word) > 1
    return word.lower() if plain_word and word.strip(",") not in _PROPER else word
