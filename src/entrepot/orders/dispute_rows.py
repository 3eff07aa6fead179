"""The rows of disputes: found, kept from others while they change, and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from entrepot.kernel import DAY, NotFound, Prepared, Snapshot, Tx, in_set, prepare

from . import tables
from .claims import Dispute, DisputeKind, DisputeOutcome, DisputeStatus, Evidence
from .records import lock_seller
from .types import SellerOrder, SellerOrderStatus


def lock(tx: Tx, dispute_id: str) -> tuple[Dispute, SellerOrder]:
    """A dispute and its seller order, kept from others until the commit: the seller order first, always."""
    seller_order_id = tx.value(_seller_of, id=dispute_id)
    if seller_order_id is None:
        raise NotFound("There is no such dispute")
    seller = lock_seller(tx, str(seller_order_id))
    dispute = tx.one(_locked, id=dispute_id)
    assert dispute is not None
    return dispute, seller


def find_dispute(snapshot: Snapshot, dispute_id: str) -> Dispute | None:
    """A dispute, whoever asks."""
    return snapshot.one(_dispute, id=dispute_id)


def store(tx: Tx, dispute: Dispute) -> None:
    """Write what has changed of a locked dispute."""
    values = msgspec.structs.asdict(dispute)
    tx.send(_store, **{f"{name}_": values[name] for name in ("id", *_MUTABLE)})


def disputes_of(snapshot: Snapshot, seller_order_ids: Sequence[str]) -> dict[str, list[Dispute]]:
    """The disputes of these seller orders, oldest first."""
    found: dict[str, list[Dispute]] = {seller_id: [] for seller_id in seller_order_ids}
    for dispute in snapshot.all(_of_sellers, ids=list(seller_order_ids)):
        found[dispute.seller_order_id].append(dispute)
    return found


def evidence_of(snapshot: Snapshot, dispute_ids: Sequence[str]) -> dict[str, list[Evidence]]:
    """What was said in these disputes, oldest first."""
    found: dict[str, list[Evidence]] = {dispute_id: [] for dispute_id in dispute_ids}
    for said in snapshot.all(_evidence_of, ids=list(dispute_ids)):
        found[said.dispute_id].append(said)
    return found


def list_unanswered(snapshot: Snapshot, after: str, most: int) -> list[str]:
    """Disputes whose merchant's days to answer are over, by id, behind `after`."""
    return snapshot.all(_unanswered, now=snapshot.now, after=after, most=most)


def list_lost(snapshot: Snapshot, after: str, most: int) -> list[str]:
    """Seller orders that were sent and should have arrived long ago, by id, behind `after`."""
    return snapshot.all(_lost, now=snapshot.now, after=after, most=most)


_MUTABLE = ("status", "outcome", "decided_at", "decided_by", "decision", "refund_id", "fee_minor")
_d, _e, _s = tables.disputes.c, tables.evidence.c, tables.seller_orders.c
insert_dispute: Prepared[Any] = prepare(
    insert(tables.disputes).values({each.name: bindparam(each.name) for each in _d})
)
insert_evidence: Prepared[Any] = prepare(
    insert(tables.evidence).values({each.name: bindparam(each.name) for each in _e})
)
_by_id = select(*_d).where(_d.id == bindparam("id"))
_dispute: Prepared[Dispute] = prepare(_by_id, Dispute)
_locked: Prepared[Dispute] = prepare(_by_id.with_for_update(), Dispute)
_seller_of: Prepared[Any] = prepare(select(_d.seller_order_id).where(_d.id == bindparam("id")))
_store: Prepared[Any] = prepare(
    update(tables.disputes).where(_d.id == bindparam("id_")).values({name: bindparam(f"{name}_") for name in _MUTABLE})
)
count_evidence: Prepared[Any] = prepare(
    select(func.count().label("number"))
    .select_from(tables.evidence)
    .where(_e.dispute_id == bindparam("dispute_id"), _e.party == bindparam("party"))
)
begin: Prepared[Any] = prepare(
    update(tables.seller_orders).where(_s.id == bindparam("id_")).values(dispute_id=bindparam("dispute_id_"))
)
end: Prepared[Any] = prepare(
    update(tables.seller_orders)
    .where(_s.id == bindparam("id_"), _s.dispute_id == bindparam("dispute_id_"))
    .values(dispute_id=None, confirm_by=_s.confirm_by + bindparam("paused"))
)
standing_chargebacks: Prepared[str] = prepare(
    select(_d.id)
    .where(
        _d.processor_ref == bindparam("processor_ref"),
        or_(_d.outcome.is_(None), _d.outcome != DisputeOutcome.WON.value),
    )
    .order_by(_d.id),
    str,
)
_of_sellers: Prepared[Dispute] = prepare(select(*_d).where(in_set(_d.seller_order_id, "ids")).order_by(_d.id), Dispute)
_evidence_of: Prepared[Evidence] = prepare(
    select(*_e).where(in_set(_e.dispute_id, "ids")).order_by(_e.at, _e.id), Evidence
)
_unanswered: Prepared[str] = prepare(
    select(_d.id)
    .where(
        _d.status == DisputeStatus.OPEN.value,
        _d.kind != DisputeKind.CHARGEBACK.value,
        _d.answer_by <= bindparam("now"),
        _d.id > bindparam("after"),
    )
    .order_by(_d.id)
    .limit(bindparam("most")),
    str,
)
_late = _s.dispute_days * DAY
_lost: Prepared[str] = prepare(
    select(_s.id)
    .where(
        _s.status == SellerOrderStatus.SHIPPED.value,
        _s.dispute_id.is_(None),
        and_(_s.arrives_by + _late <= bindparam("now"), _s.shipped_at + _late <= bindparam("now")),
        _s.id > bindparam("after"),
    )
    .order_by(_s.id)
    .limit(bindparam("most")),
    str,
)
