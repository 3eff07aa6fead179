"""What a full feed leaves out: taken off sale at its end, and counted.

Every product that a full feed names is noted as it is read, refused ones too: a row that cannot be taken is no reason
to take off what is there. Where a row could not even be told apart from others, nothing is taken off, because it may
have been any of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update

from entrepot.identity import Scope
from entrepot.kernel import Prepared, Snapshot, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from .. import tables
from ..publishing import LISTINGS_MAX, set_listing_status
from ..texts import clean_line

UNKNOWN: Final = ""
"""Stands for a row of which nobody knows what it is about."""
NOTHING_TAKEN_OFF: Final = (
    "Some rows could not be told apart, so nothing was taken off sale: mend them, and import the whole feed again"
)


def note_seen(tx: Tx, import_id: str, external_ids: Iterable[str]) -> None:
    """Remember what a full feed has named."""
    rows = [{"import_id": import_id, "external_id": each} for each in dict.fromkeys(map(clean_line, external_ids))]
    tx.run_many(_note, rows)


def may_take_off(snapshot: Snapshot, import_id: str) -> bool:
    """Whether it is known of every row what it was about."""
    return snapshot.value(_unknown, import_id=import_id) is None


def take_off(tx: Tx, scope: Scope, merchant_id: str, import_id: str) -> int:
    """Take off sale the next products that the feed left out; returns how many, 0 when none is left."""
    ids = [row.id for row in tx.all(_absent, merchant_id=merchant_id, import_id=import_id, most=LISTINGS_MAX)]
    if ids:
        set_listing_status(tx, scope, ids, "delisted")
        tx.run(_forget_row, ids=ids)  # named again, in the same words too, it is on sale again
    return len(ids)


def forget_seen(tx: Tx, import_id: str) -> None:
    """Forget what was noted, when the import is over."""
    tx.run(_forget, import_id=import_id)


def list_on_sale(snapshot: Snapshot, merchant_id: str, after: str, most: int) -> list[tuple[str, str]]:
    """(id, external id) of the merchant's listings that are not delisted, in the order of their ids."""
    return [(row.id, row.external_id) for row in snapshot.all(_listed, merchant_id=merchant_id, after=after, most=most)]


_l, _s = tables.listings.c, tables.import_seen.c
_note: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_import_seen (import_id, external_id) VALUES (:import_id, :external_id) "
    "ON CONFLICT (import_id, external_id) DO NOTHING"
)
_unknown: Prepared[Any] = prepare(
    select(_s.external_id).where(_s.import_id == bindparam("import_id"), _s.external_id == UNKNOWN)
)
_absent: Prepared[Any] = prepare(
    select(_l.id)
    .where(
        _l.merchant_id == bindparam("merchant_id"),
        _l.status != "delisted",
        ~select(_s.external_id)
        .where(_s.import_id == bindparam("import_id"), _s.external_id == _l.external_id)
        .exists(),
    )
    .order_by(_l.id)
    .limit(bindparam("most"))
)
_forget: Prepared[Any] = prepare(delete(tables.import_seen).where(_s.import_id == bindparam("import_id")))
_forget_row: Prepared[Any] = prepare(
    update(tables.listings).where(in_set(_l.id, "ids")).values(row_hash="", fed_published=0)
)
_listed: Prepared[Any] = prepare(
    select(_l.id, _l.external_id)
    .where(_l.merchant_id == bindparam("merchant_id"), _l.id > bindparam("after"), _l.status != "delisted")
    .order_by(_l.id)
    .limit(bindparam("most"))
)
