"""Promotions as they are stored: found for a cart, listed, written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, or_, select, update

from entrepot.kernel import Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json

from .. import rule_tables as tables
from .terms import Promotion, Terms, code_key


def automatic_for(snapshot: Snapshot, owners: Sequence[str]) -> Callable[[], list[Promotion]]:
    """What applies by itself to goods of these owners now; to be called for."""
    return snapshot.later(_automatic, owners=list(owners), now=snapshot.now)


def coded_for(snapshot: Snapshot, owners: Sequence[str], codes: Sequence[str]) -> list[Promotion]:
    """What these codes stand for with these owners, one for each owner and code: the live one, else the newest."""
    keys = [code_key(code) for code in codes]
    found: dict[tuple[str, str], Promotion] = {}
    for promotion in snapshot.all(_coded, owners=list(owners), keys=keys) if keys else []:
        found[promotion.owner, code_key(promotion.code or "")] = promotion
    return list(found.values())


def knows_code(snapshot: Snapshot, code: str) -> bool:
    """Whether anybody has, or had, a promotion with this code."""
    return bool(snapshot.value(_known, key=code_key(code)))


def count_live(snapshot: Snapshot, owner: str) -> int:
    """How many promotions of an owner are active."""
    return int(snapshot.value(_live, owner=owner))


def find_promotion(snapshot: Snapshot, promotion_id: str) -> Promotion | None:
    """A promotion, whoever asks."""
    return snapshot.one(_one, id=promotion_id)


def lock_promotion(tx: Tx, promotion_id: str) -> Promotion | None:
    """The same, kept from others until the commit."""
    return tx.one(_lock, id=promotion_id)


def list_of(snapshot: Snapshot, owner: str, before: str, most: int) -> list[Promotion]:
    """An owner's promotions, newest first."""
    return snapshot.all(_of, owner=owner, before=before, most=most)


def insert_promotion(tx: Tx, promotion: Promotion) -> None:
    """Store a new one."""
    tx.send(_insert, **_row(promotion), changed_at=tx.now)


def update_promotion(tx: Tx, promotion: Promotion) -> None:
    """Store a changed one."""
    values = {f"{name}_": value for name, value in _row(promotion).items() if name not in ("owner", "created_at")}
    tx.send(_update, **values, changed_at_=tx.now)


def _row(promotion: Promotion) -> dict[str, Any]:
    row = msgspec.structs.asdict(promotion)
    row["terms"] = to_json(promotion.terms)
    row["code_key"] = code_key(promotion.code) if promotion.code else None
    return row


def _promotion(*row: Any) -> Promotion:
    values = dict(zip(Promotion.__struct_fields__, row, strict=True))
    return Promotion(**{**values, "terms": from_json(values["terms"], Terms)})


_p = tables.promotions.c
_ALL = select(*(_p[name] for name in Promotion.__struct_fields__))
_automatic: Prepared[Promotion] = prepare(
    _ALL.where(
        in_set(_p.owner, "owners"), _p.state == "active", _p.code_key.is_(None), _p.starts_at <= bindparam("now"),
        or_(_p.ends_at.is_(None), _p.ends_at > bindparam("now")),
    ),
    _promotion,
)  # fmt: skip
_coded: Prepared[Promotion] = prepare(
    _ALL.where(in_set(_p.code_key, "keys"), in_set(_p.owner, "owners")).order_by(_p.state.desc(), _p.created_at),
    _promotion,
)
_known: Prepared[Any] = prepare(
    select(func.count().label("known")).select_from(tables.promotions).where(_p.code_key == bindparam("key"))
)
_live: Prepared[Any] = prepare(
    select(func.count().label("live"))
    .select_from(tables.promotions)
    .where(_p.owner == bindparam("owner"), _p.state == "active")
)
_one: Prepared[Promotion] = prepare(_ALL.where(_p.id == bindparam("id")), _promotion)
_lock: Prepared[Promotion] = prepare(_ALL.where(_p.id == bindparam("id")).with_for_update(), _promotion)
_of: Prepared[Promotion] = prepare(
    _ALL.where(_p.owner == bindparam("owner"), _p.id < bindparam("before"))
    .order_by(_p.id.desc())
    .limit(bindparam("most")),
    _promotion,
)
_insert: Prepared[Any] = prepare(
    insert(tables.promotions).values({column.name: bindparam(column.name) for column in tables.promotions.columns})
)
_CHANGED = ("name", "kind", "code", "code_key", "state", "terms", "starts_at", "ends_at", "changed_at")
_update: Prepared[Any] = prepare(
    update(tables.promotions)
    .where(_p.id == bindparam("id_"))
    .values({name: bindparam(f"{name}_") for name in _CHANGED})
)
