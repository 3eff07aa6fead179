"""Packs from their files. What is wrong in one is told with its file, its path and its value, and stops the start."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import msgspec

from entrepot.kernel import Invalid

from ..texts import code_of
from ..values import DIMENSIONS, find_unit
from .types import Check, Pack, PackAttribute, Thing

GROUP: Final = "entrepot.packs"
"""The entry point of plug-ins: it names a path to a TOML file, or a function that returns one or the Pack itself."""
_OURS: Final = ("common", "electronics", "fashion", "grocery", "furniture")
_KEYED: Final = {"attributes": PackAttribute, "things": Thing, "checks": Check}


class PackFault(Invalid):
    """A pack cannot be read: the sentence names its file, the path in it and the value at fault."""


@cache
def load_packs() -> tuple[Pack, ...]:
    """Every pack: ours, then those of plug-ins, by name. Read once in a process."""
    folder = resources.files(__package__)
    packs = [read_pack(folder.joinpath(f"{name}.toml")) for name in _OURS]
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda each: each.name):
        packs.append(_plugged(entry))
    names = [pack.name for pack in packs]
    for name in names:
        if names.count(name) > 1:
            raise PackFault(f"Two packs are called {name!r}: uninstall one, or give it another name")
    return tuple(packs)


def read_pack(file: Traversable) -> Pack:
    """A pack from its TOML file. PackFault names what is wrong in it."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackFault(f"The pack {file} cannot be read: {error}") from None
    return make_pack(data, str(file))


def make_pack(data: dict[str, Any], source: str) -> Pack:
    """A pack from what its file says."""
    head = data.pop("pack", None)
    if not isinstance(head, dict):
        raise PackFault(f"{source}: [pack] is missing: it says the name, the names and the categories served")
    if both := set(head) & set(data):
        raise PackFault(f"{source}: {sorted(both)[0]} stands both in [pack] and beside it")
    values = head | data
    for table in _KEYED:
        entries = values.get(table, {})
        if not isinstance(entries, dict):
            raise PackFault(f"{source}: {table} = {entries!r}: write a table for each, such as [{table}.color]")
        values[table] = {code: _with_code(entry, code, f"{source}: {table}") for code, entry in entries.items()}
    try:
        pack = msgspec.convert(values, Pack)
    except msgspec.ValidationError as error:
        raise PackFault(f"{source}: {_fault(str(error), values)}") from None
    for path, value, problem in _contradictions(pack):
        raise PackFault(f"{source}: {path} = {value!r}: {problem}")
    return pack


def _with_code(entry: Any, code: str, where: str) -> Any:
    if not isinstance(entry, dict):
        raise PackFault(f"{where}.{code} = {entry!r}: write a table")
    if "code" in entry:
        raise PackFault(f"{where}.{code}.code = {entry['code']!r}: the code is the table's name")
    return {**entry, "code": code}


def _fault(error: str, values: dict[str, Any]) -> str:
    reason, _, path = error.partition(" - at `")
    path = path.removesuffix("`").removeprefix("$").removeprefix(".")
    return f"{path or 'pack'} = {_value_at(values, path)!r}: {reason}" if path else reason


def _value_at(values: Any, path: str) -> Any:
    for step in path.replace("[...]", "").split("."):
        values = values.get(step) if isinstance(values, dict) else None
    return values


def _contradictions(pack: Pack) -> Iterable[tuple[str, Any, str]]:
    if not pack.names.get("en"):
        yield "pack.names", pack.names, "an English name is needed"
    for code, attribute in pack.attributes.items():
        yield from _attribute_faults(f"attributes.{code}", attribute, pack)
    for code, thing in pack.things.items():
        if not thing.names.get("en") or not thing.words:
            yield f"things.{code}", thing.words, "a thing needs an English name and a word that names it"
        for low, high in filter(None, (thing.grams, thing.price)):
            if not 0 <= low < high:
                yield f"things.{code}", (low, high), "write the lesser figure first"
    for place, group in enumerate(pack.aliases):
        if len(group) < 2:
            yield f"aliases[{place}]", group, "words that mean the same are at least two"
    for code, check in pack.checks.items():
        if not check.sentence.get("en") or not check.names.get("en"):
            yield f"checks.{code}.sentence", check.sentence, "an English name and sentence are needed"


def _attribute_faults(path: str, attribute: PackAttribute, pack: Pack) -> Iterable[tuple[str, Any, str]]:
    if attribute.code != code_of(attribute.code):
        yield path, attribute.code, "a code has small letters, digits and underscores"
    if not attribute.names.get("en"):
        yield f"{path}.names", attribute.names, "an English name is needed"
    for dimension in attribute.dimensions:
        if dimension not in DIMENSIONS:
            yield (
                f"{path}.dimensions",
                dimension,
                f"there is no such dimension; there are {', '.join(sorted(DIMENSIONS))}",
            )
    if attribute.unit and attribute.reads == "number" and find_unit(attribute.unit, attribute.dimensions) is None:
        yield f"{path}.unit", attribute.unit, "no dimension of this attribute has this unit"
    if attribute.reads != "number" and attribute.dimensions:
        yield f"{path}.reads", attribute.reads, "only a number has dimensions"
    if attribute.group and attribute.group not in pack.groups:
        yield f"{path}.group", attribute.group, "there is no such group in [groups]"
    if None not in (attribute.least, attribute.most) and attribute.least > attribute.most:  # type: ignore[operator]
        yield f"{path}.least", attribute.least, "is more than `most`"


def _plugged(entry: metadata.EntryPoint) -> Pack:
    found = entry.load()
    found = found() if callable(found) else found
    if isinstance(found, Pack):
        return found
    return read_pack(Path(str(found)))
