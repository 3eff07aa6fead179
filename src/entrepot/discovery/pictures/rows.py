"""The rows of what an encoder saw: a product's picture and its vector, in bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, tuple_

from entrepot.kernel import Prepared, Snapshot, Tx, in_set, prepare

from .. import tables


class SeenPicture(msgspec.Struct, frozen=True):
    """A product's picture as an encoder saw it."""

    product_id: str
    sha256: str
    encoder: str
    vector: bytes


def seen_of(snapshot: Snapshot, product_ids: Sequence[str], encoder: str) -> list[SeenPicture]:
    """What is known of these products' pictures by an encoder."""
    return snapshot.all(_of, ids=sorted(set(product_ids)), encoder=encoder) if product_ids else []


def next_seen(snapshot: Snapshot, encoder: str, after_id: str, most: int) -> list[SeenPicture]:
    """The next pictures behind a product, by product; fewer than `most` means the end."""
    return snapshot.all(_next, encoder=encoder, after=after_id, most=most)


def is_any_seen(snapshot: Snapshot, product_ids: Sequence[str]) -> bool:
    """Whether something is known of one of these products' pictures, by whichever encoder."""
    return bool(product_ids) and snapshot.one(_any, ids=sorted(set(product_ids))) is not None


def count_seen(snapshot: Snapshot, encoder: str) -> int:
    """How many products' pictures an encoder saw."""
    return int(snapshot.value(_count, encoder=encoder) or 0)


def sample_seen(snapshot: Snapshot, encoder: str, most: int) -> list[str]:
    """Some different pictures that an encoder saw, the same ones as long as they are there."""
    return [row.sha256 for row in snapshot.all(_sample, encoder=encoder, most=most)]


def replace_seen(tx: Tx, product_ids: Sequence[str], encoder: str, seen: Sequence[SeenPicture]) -> None:
    """Let this be all that an encoder knows of these products' pictures."""
    if product_ids:
        tx.run(_forget, ids=sorted(set(product_ids)), encoder=encoder)
        tx.run_many(_insert, [msgspec.structs.asdict(each) for each in seen])


def forget_others(tx: Tx, encoder: str, most: int) -> int:
    """Forget what other encoders saw, of so many pictures at most; returns of how many."""
    return tx.run(_forget_others, encoder=encoder, most=most)


def _read(product_id: str, sha256: str, encoder: str, vector: Any) -> SeenPicture:
    return SeenPicture(product_id, sha256, encoder, bytes(vector))


_p = tables.pictures.c
_whole = select(_p.product_id, _p.sha256, _p.encoder, _p.vector)
_of: Prepared[SeenPicture] = prepare(
    _whole.where(in_set(_p.product_id, "ids"), _p.encoder == bindparam("encoder")), _read
)
_next: Prepared[SeenPicture] = prepare(
    _whole.where(_p.encoder == bindparam("encoder"), _p.product_id > bindparam("after"))
    .order_by(_p.product_id)
    .limit(bindparam("most")),
    _read,
)
_any: Prepared[Any] = prepare(select(_p.product_id).where(in_set(_p.product_id, "ids")).limit(1))
_count: Prepared[Any] = prepare(select(func.count()).where(_p.encoder == bindparam("encoder")))
_sample: Prepared[Any] = prepare(
    select(_p.sha256).where(_p.encoder == bindparam("encoder")).distinct().order_by(_p.sha256).limit(bindparam("most"))
)
_forget: Prepared[Any] = prepare(
    delete(tables.pictures).where(in_set(_p.product_id, "ids"), _p.encoder == bindparam("encoder"))
)
_others = select(_p.product_id, _p.encoder).where(_p.encoder != bindparam("encoder")).limit(bindparam("most"))
_forget_others: Prepared[Any] = prepare(delete(tables.pictures).where(tuple_(_p.product_id, _p.encoder).in_(_others)))
_insert: Prepared[Any] = prepare(insert(tables.pictures))
