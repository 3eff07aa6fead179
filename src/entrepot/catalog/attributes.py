"""What attributes mean: their kinds, units and names, and which of them lists offer as filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Invalid, Prepared, Snapshot, Tx, from_json, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import tables
from .texts import code_of
from .types import AttributeDefinition


def save_attributes(tx: Tx, scope: Scope, definitions: Sequence[AttributeDefinition]) -> None:
    """Define attributes, replacing those of the same code. Operators only."""
    identity.require_operator(scope)
    for definition in definitions:
        if not definition.code or definition.code != code_of(definition.code):
            raise Invalid(
                f"{definition.code!r} is no code: write small letters and underscores, such as shoe_size",
                fields={"code": "small letters, digits and underscores"},
            )
        if not definition.names.get("en"):
            raise Invalid(f"The attribute {definition.code} needs an English name", fields={"names": "add `en`"})
    tx.run_many(_save, [row_of(definition) for definition in definitions])


def list_attributes(snapshot: Snapshot) -> list[AttributeDefinition]:
    """Every definition, by code."""
    return snapshot.all(_list)


def read_choices(options: str) -> dict[str, str]:
    """A variant's choices as they are stored: pairs, because PostgreSQL does not keep the order of an object's keys."""
    return dict(from_json(options, list[tuple[str, str]]))


def scalar_words(value: object) -> tuple[str, ...]:
    """An attribute's value or values as words: filters compare these."""
    if isinstance(value, list | tuple):
        return tuple(word for each in value for word in scalar_words(each))
    if isinstance(value, bool):
        return ("yes",) if value else ("no",)
    if isinstance(value, float):
        return (f"{value:.10g}",)
    return (str(value),) if value not in (None, "") else ()


def row_of(definition: AttributeDefinition) -> dict[str, Any]:
    """A definition as a row of its table."""
    return {
        "code": definition.code,
        "kind": definition.kind,
        "names": to_json(definition.names),
        "unit": definition.unit,
        "facet": int(definition.facet),
        "variant": int(definition.variant),
    }


def _read(code: str, kind: Any, names: str, unit: str | None, facet: int, variant: int) -> AttributeDefinition:
    return AttributeDefinition(code, kind, from_json(names, dict[str, str]), unit, facet == 1, variant == 1)


_c = tables.attributes.c
_list: Prepared[AttributeDefinition] = prepare(
    select(_c.code, _c.kind, _c.names, _c.unit, _c.facet, _c.variant).order_by(_c.code), _read
)
_save: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_attributes (code, kind, names, unit, facet, variant) "
    "VALUES (:code, :kind, :names, :unit, :facet, :variant) ON CONFLICT (code) DO UPDATE SET "
    "kind = excluded.kind, names = excluded.names, unit = excluded.unit, facet = excluded.facet, "
    "variant = excluded.variant"
)
