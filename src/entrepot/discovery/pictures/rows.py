"""The rows of what an encoder saw: a product's picture and its vector, in bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select

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


def replace_seen(tx: Tx, product_ids: Sequence[str], seen: Sequence[SeenPicture]) -> None:
    """Let this be all that is known of these products' pictures."""
    if product_ids:
        tx.run(_forget, ids=sorted(set(product_ids)))
        tx.run_many(_insert, [msgspec.structs.asdict(each) for each in seen])


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
_forget: Prepared[Any] = prepare(delete(tables.pictures).where(in_set(_p.product_id, "ids")))
_insert: Prepared[Any] = prepare(insert(tables.pictures))
