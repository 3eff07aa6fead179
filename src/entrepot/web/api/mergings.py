"""Attributes and values that mean another, for the operator."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import Merging
from entrepot.kernel import Tx

from ..endpoints import endpoint
from ..params import NO_NUL, Line, OptionalKey, Slug
from ..visit import Visit
from ..wire import Done

Word = Annotated[
    str, QueryParameter(name="word", max_length=200, pattern=NO_NUL, description="A value; none: the attribute itself")
]


class Merge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An attribute that is another one; with a `word`, a value of it that is another value."""

    attribute: Line
    into: Line
    word: Line = ""


class Mergings(msgspec.Struct, frozen=True):
    """All that was merged, by attribute and word."""

    mergings: list[Merging]


@endpoint("GET", "/api/operator/mergings", access="operator")
async def list_mergings(visit: Visit) -> Mergings:
    """Attributes and values that mean another."""
    return Mergings(await visit.read(lambda s: catalog.list_mergings(s, visit.scope)))


@endpoint("POST", "/api/operator/mergings", access="operator", asks=Merge, status=200)
async def merge(visit: Visit, asked: Merge, key: OptionalKey = None) -> Merging:
    """Merge one into another, in the whole shop; filters follow as products are read again."""
    scope = visit.scope

    def command(tx: Tx) -> Merging:
        if asked.word:
            return catalog.merge_value(tx, scope, asked.attribute, asked.word, asked.into)
        return catalog.merge_attribute(tx, scope, asked.attribute, asked.into)

    return await visit.once(key, command, Merging)


@endpoint("DELETE", "/api/operator/mergings/{attribute:str}", access="operator")
async def undo_merging(visit: Visit, attribute: Slug, word: Word = "") -> Done:
    """Take it back: products say again what their feeds say."""
    await visit.write(lambda tx: catalog.undo_merging(tx, visit.scope, attribute, word))
    return Done()


ROUTES: tuple[ControllerRouterHandler, ...] = (list_mergings, merge, undo_merging)
