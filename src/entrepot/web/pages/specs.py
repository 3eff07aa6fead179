"""The table of what is known about a product: grouped as its category's pack says, with names in the reader's language
and units where the words do not say one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot import catalog
from entrepot.catalog import AttributeDefinition, Pack, PackAttribute, ProductView

from ..texts import say

UNSAID = frozenset({"order", "pcs"})
"""Units that nobody says of a bare number: three seats are not three pieces."""


class SpecGroup(msgspec.Struct, frozen=True):
    """Rows of name and value under a heading; the last group may have none."""

    name: str
    rows: tuple[tuple[str, str], ...]


def list_specs(view: ProductView, definitions: Sequence[AttributeDefinition], language: str) -> list[SpecGroup]:
    """The groups in the pack's order, then what it does not know."""
    category = view.category[-1].slug if view.category else ""
    packs = [pack for pack in (catalog.pack_of(category), catalog.pack_named("common")) if pack]
    defined = {definition.code: definition for definition in definitions}
    groups: dict[str, list[tuple[str, str]]] = {
        name.get(language) or name["en"]: [] for pack in packs for name in pack.groups.values()
    }
    for code, values in view.attributes.items():
        known = catalog.attribute_of(code, category)
        name = _name(code, known, defined.get(code), language)
        unit = (known.unit if known and known.reads == "number" else None) or _unit(defined.get(code))
        row = (name, ", ".join(_with_unit(_said(value, language), unit) for value in values))
        groups.setdefault(_group(known, packs, language), []).append(row)
    filled = [SpecGroup(name, tuple(rows)) for name, rows in groups.items() if rows]
    return filled if len(filled) > 1 else [SpecGroup("", group.rows) for group in filled]


def _name(code: str, known: PackAttribute | None, definition: AttributeDefinition | None, language: str) -> str:
    """As the operator named it, else as the pack does."""
    if definition and (name := definition.names.get(language)):
        return name
    if known and known.code == code:
        return known.name_in(language)
    return definition.names.get("en", code) if definition else code.replace("_", " ").capitalize()


def _group(known: PackAttribute | None, packs: Sequence[Pack], language: str) -> str:
    for pack in packs:
        if known and (names := pack.groups.get(known.group)):
            return names.get(language) or names["en"]
    return ""


def _unit(definition: AttributeDefinition | None) -> str | None:
    return definition.unit if definition else None


def _said(value: str, language: str) -> str:
    """Whether something is so is said in the reader's language; other words stay as they were given."""
    return say(language, f"specs.{value}") if value in ("yes", "no") else value


def _with_unit(value: str, unit: str | None) -> str:
    """A bare number gets its unit; words and what says one already stay as they were given."""
    is_bare = value.replace(".", "", 1).replace(",", "", 1).lstrip("-").isdecimal()
    return f"{value} {unit}" if unit and unit not in UNSAID and is_bare else value
