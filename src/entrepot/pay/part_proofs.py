"""What must be true of payments that are captured part by part; and what each leg of any payment has brought."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from entrepot import ledger
from entrepot.kernel import Finding, Prepared, Snapshot, prepare

from . import accounts, tables
from .sources import hold_id


class BroughtLeg(NamedTuple):
    """A leg with what it has brought by now: nothing of a payment that is not captured, parts of an authorised one."""

    payment_id: str
    seller_order_id: str
    currency: str
    amount_minor: int
    gift_minor: int
    subsidy_minor: int
    state: str

    @property
    def total_minor(self) -> int:
        """All of it together."""
        return self.amount_minor + self.gift_minor + self.subsidy_minor


def brought_legs(snapshot: Snapshot) -> list[BroughtLeg]:
    """Every leg, with what it has brought."""
    done = {(row.payment_id, row.seller_order_id): int(row.amount_minor) for row in snapshot.all(_done)}
    return [_brought(row, done.get((row.payment_id, row.seller_order_id), 0)) for row in snapshot.all(_legs)]


def parts(snapshot: Snapshot) -> Finding:
    """Of each authorised leg the ledger has taken what was captured, and holds what may still be."""
    done = {(row.payment_id, row.seller_order_id): int(row.amount_minor) for row in snapshot.all(_done)}
    legs = [row for row in snapshot.all(_legs_in_parts) if row.amount_minor]
    breaches = []
    for start in range(0, len(legs), 500):
        batch = legs[start : start + 500]
        holds = ledger.holds_of(snapshot, [hold_id(leg.payment_id, leg.seller_order_id) for leg in batch])
        for leg in batch:
            hold = holds.get(hold_id(leg.payment_id, leg.seller_order_id))
            taken = _brought(leg, done.get((leg.payment_id, leg.seller_order_id), 0)).amount_minor
            is_open = leg.state == "authorised" and taken < leg.amount_minor - leg.released_minor
            expected = (leg.amount_minor, taken, leg.amount_minor - taken if is_open else 0)
            if hold is None or (hold.amount, hold.captured, hold.left) != expected:
                breaches.append(f"{leg.payment_id} took {taken} for {leg.seller_order_id}; its hold says otherwise")
    return Finding(len(legs), breaches)


def chargebacks(snapshot: Snapshot) -> Finding:
    """What banks took back and nobody has borne yet is what is open or lost, less the refunds that bore it; what was
    recovered is with those who had borne it."""
    expected: Counter[str] = Counter()
    rows = snapshot.all(_taken_back)
    for row in rows:
        expected[row.currency] -= 0 if row.state in ("won", "recovered") else row.amount_minor
    recovered = {row.id for row in rows if row.state == "recovered"}
    for row in snapshot.all(_borne):
        expected[row.currency] += 0 if row.processor_ref in recovered else row.amount_minor
    balances = ledger.balances_of(snapshot, [accounts.chargebacks(currency) for currency in expected])
    breaches = [
        f"banks took back {-due} {currency} that nobody has borne; the ledger says otherwise"
        for currency, due in expected.items()
        if balances[accounts.chargebacks(currency).id].balance != due
    ]
    return Finding(len(rows), breaches)


def in_parts(snapshot: Snapshot) -> set[str]:
    """Payments that are, or were, captured part by part."""
    return {row.payment_id for row in snapshot.all(_legs_in_parts)}


def _brought(leg: Any, done: int) -> BroughtLeg:
    amount_minor = {"captured": leg.amount_minor - leg.released_minor, "authorised": done}.get(leg.state, 0)
    with_others = leg.state in ("captured", "authorised") and (amount_minor or not leg.amount_minor)
    gift, subsidy = (leg.gift_minor, leg.subsidy_minor) if with_others else (0, 0)
    return BroughtLeg(leg.payment_id, leg.seller_order_id, leg.currency, amount_minor, gift, subsidy, leg.state)


_p, _l, _c = tables.payments.c, tables.legs.c, tables.captures.c
_every = select(
    _l.payment_id, _l.seller_order_id, _l.currency, _l.amount_minor, _l.released_minor, _l.gift_minor,
    _l.subsidy_minor, _p.state,
).join_from(tables.legs, tables.payments, _l.payment_id == _p.id)  # fmt: skip
_legs: Prepared[Any] = prepare(_every)
_legs_in_parts: Prepared[Any] = prepare(
    _every.where(
        or_(
            _p.state == "authorised",
            _p.id.in_(select(_c.payment_id)),
            _p.id.in_(select(_l.payment_id).where(_l.released_minor > 0)),
        )
    )
)
_b, _r = tables.chargebacks.c, tables.refunds.c
_taken_back: Prepared[Any] = prepare(select(_b.id, _b.currency, _b.amount_minor, _b.state))
_borne: Prepared[Any] = prepare(select(_r.currency, _r.amount_minor, _r.processor_ref).where(_r.charged_back == 1))
_done: Prepared[Any] = prepare(
    select(_c.payment_id, _c.seller_order_id, func.sum(_c.amount_minor).label("amount_minor"))
    .where(_c.state == "done")
    .group_by(_c.payment_id, _c.seller_order_id)
)
