"""The addresses that a person keeps for the next purchase."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select

from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, from_json, prepare, prepare_text, to_json

from . import tables
from .types import Address, Scope, check_address, require_person

KEPT_MAX = 50


class SavedAddress(msgspec.Struct, frozen=True):
    """An address under its id."""

    id: str
    address: Address


def save_address(tx: Tx, scope: Scope, address: Address, address_id: str | None = None) -> SavedAddress:
    """Keep an address, or replace the one with this id. Invalid, by field, when a parcel could not go there."""
    owner, address = require_person(scope), check_address(address)
    if address_id is None:
        if int(tx.value(_count, owner=owner)) >= KEPT_MAX:
            raise Conflict(f"You keep {KEPT_MAX} addresses already: delete one first")
        address_id = tx.new_id("adr")
    elif tx.value(_own, id=address_id, owner=owner) is None:
        raise NotFound("There is no such address")
    tx.run(_save, id=address_id, owner=owner, address=to_json(address), now=tx.now)
    return SavedAddress(address_id, address)


def list_addresses(snapshot: Snapshot, scope: Scope) -> list[SavedAddress]:
    """One's own addresses, the last saved first."""
    return snapshot.all(_all, owner=require_person(scope))


def delete_address(tx: Tx, scope: Scope, address_id: str) -> None:
    """Forget an address of one's own; NotFound for anybody else's."""
    if not tx.run(_delete, id_=address_id, owner_=require_person(scope)):
        raise NotFound("There is no such address")


def _saved(id: str, address: str) -> SavedAddress:
    return SavedAddress(id, from_json(address, Address))


_a = tables.addresses.c
_count: Prepared[Any] = prepare(select(func.count().label("kept")).where(_a.owner == bindparam("owner")))
_own: Prepared[Any] = prepare(select(_a.id).where(_a.id == bindparam("id"), _a.owner == bindparam("owner")))
_save: Prepared[Any] = prepare_text(
    "INSERT INTO identity_addresses (id, owner, address, saved_at) VALUES (:id, :owner, :address, :now) "
    "ON CONFLICT (id) DO UPDATE SET address = excluded.address, saved_at = excluded.saved_at"
)
_all: Prepared[SavedAddress] = prepare(
    select(_a.id, _a.address).where(_a.owner == bindparam("owner")).order_by(_a.saved_at.desc(), _a.id.desc()), _saved
)
_delete: Prepared[Any] = prepare(
    delete(tables.addresses).where(_a.id == bindparam("id_"), _a.owner == bindparam("owner_"))
)
