"""Which pack serves a category, which attribute a name means, which words mean the same."""

from __future__ import annotations

from functools import cache, lru_cache

from ..texts import code_of, slug_of
from ..values import plain
from .loading import load_packs
from .types import Pack, PackAttribute

COMMON = "common"
"""The pack of what any goods have: brand, colour, size, weight, measures."""


def list_packs() -> tuple[Pack, ...]:
    """Every industry's pack, ours first, then plug-ins."""
    return tuple(pack for pack in load_packs() if pack.name != COMMON)


def pack_named(name: str) -> Pack | None:
    """A pack by its name."""
    return next((pack for pack in load_packs() if pack.name == name), None)


@lru_cache(maxsize=16_384)
def pack_of(category: str | None) -> Pack | None:
    """The pack that serves a category, by its path (`electronics/audio/headphones`, or names joined by ` > `): the one
    that names the longest beginning of it, or a part deeper in it. None for a category that no pack serves."""
    if not category:
        return None
    parts = [slug_of(part) for part in category.split(">" if ">" in category else "/")]
    best: tuple[int, Pack] | None = None
    for pack in list_packs():
        for served in pack.categories:
            depth = _depth_served(parts, served.split("/"))
            if depth and (best is None or depth > best[0]):
                best = (depth, pack)
    return best[1] if best else None


def attribute_of(code_or_name: str, category: str | None = None) -> PackAttribute | None:
    """The attribute that a code or a name in any language means: as the category's pack says, else as the common pack
    and then every other says. None where no pack knows it, or two say different things and no category decides."""
    return _attribute_of(code_of(code_or_name), category or "")


def own_attribute_of(code_or_name: str, category: str | None) -> PackAttribute | None:
    """The same as only the category's own pack and the common one say it: for giving an attribute another name, which
    words of a far trade must not do."""
    return _own_attribute_of(code_of(code_or_name), category or "")


def is_same_word(one: str, other: str) -> bool:
    """Whether two words mean the same in some pack: notebook and laptop."""
    return plain(other) in same_words(one)


@cache
def same_words(word: str) -> frozenset[str]:
    """A word with all that mean the same: a word, in small letters, is at least itself."""
    return _aliases().get(plain(word), frozenset({plain(word)}))


@lru_cache(maxsize=16_384)
def _own_attribute_of(code: str, category: str) -> PackAttribute | None:
    pack = pack_of(category)
    return (_by_name(pack.name).get(code) if pack else None) or _by_name(COMMON).get(code)


@lru_cache(maxsize=16_384)
def _attribute_of(code: str, category: str) -> PackAttribute | None:
    pack = pack_of(category)
    if pack and (found := _by_name(pack.name).get(code)):
        return found
    if found := _by_name(COMMON).get(code):
        return found
    known = [each.attributes[code] for each in list_packs() if code in each.attributes]
    known = known or [found for each in list_packs() if (found := _by_name(each.name).get(code))]
    return known[0] if known and all(_reads_alike(known[0], each) for each in known) else None


def _reads_alike(one: PackAttribute, other: PackAttribute) -> bool:
    return (one.code, one.reads, one.dimensions, one.unit) == (other.code, other.reads, other.dimensions, other.unit)


@cache
def _by_name(name: str) -> dict[str, PackAttribute]:
    pack = pack_named(name)
    named: dict[str, PackAttribute] = {}
    for attribute in pack.attributes.values() if pack else ():
        named |= {code_of(each): attribute for each in (*attribute.names.values(), *attribute.also) if code_of(each)}
    codes = {attribute.code: attribute for attribute in pack.attributes.values()} if pack else {}
    return named | codes


@cache
def _aliases() -> dict[str, frozenset[str]]:
    return {
        plain(word): frozenset(plain(each) for each in group)
        for pack in load_packs()
        for group in pack.aliases
        for word in group
    }


def _depth_served(parts: list[str], served: list[str]) -> int:
    """How deep into a path what a pack serves lies: a beginning of it, or `*/part` anywhere; 0 where it does not."""
    if served[0] == "*":
        return parts.index(served[1]) + 1 if served[1] in parts else 0
    return len(served) if parts[: len(served)] == served else 0
