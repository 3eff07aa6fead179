"""Lineage: what a model was made from, and what was made from it, as far as this registry knows."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from entrepot.kernel import Prepared, Snapshot, prepare

from . import tables
from .registry import Model, find_version

DEPTH_MAX = 32


def ancestors(snapshot: Snapshot, model: Model) -> list[Model]:
    """The models of this registry that it was made from, the nearest first.

    A version names only what was there when it was registered, so the way up ends.
    """
    found: list[Model] = []
    base = model.base
    while base is not None and len(found) < DEPTH_MAX:
        parent = find_version(snapshot, base)
        if parent is None:
            break
        found.append(parent)
        base = parent.base
    return found


def descendants(snapshot: Snapshot, model: Model) -> list[str]:
    """Live models that were made from this very version, as `name@version`, by name."""
    return snapshot.all(_made_from, base=f"{model.name}@{model.version}")


_m = tables.models.c
_made_from: Prepared[str] = prepare(
    select(_m.name, _m.version).where(_m.base == bindparam("base"), _m.state == "live").order_by(_m.name, _m.version),
    lambda name, version: f"{name}@{version}",
)
