"""What must be true of pay's rows and of the money that they speak of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import func, select

from entrepot import ledger
from entrepot.identity import Scope
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, in_set, prepare

from . import accounts, tables
from .payouts import PAYOUT_COLUMNS, payout_hold_id
from .refunds import refund_hold_id
from .rows import LEG_COLUMNS, PAYMENT_COLUMNS, Leg, LegGift
from .sources import Source, sources_of
from .statements import get_statement
from .types import Payment, Payout

T = TypeVar("T")

BATCH = 500


def captures(snapshot: Snapshot) -> Finding:
    """What the processor brought for each leg is on the ledger; nothing is pending once its payment has ended.

    And each payment comes to the sum of its legs.
    """
    payments = snapshot.all(_payments)
    legs, breaches = 0, []
    for batch in _batches(payments):
        parts, gifts = _parts_of(snapshot, batch)
        legs += sum(map(len, parts.values()))
        sources = {payment.id: sources_of(payment, parts[payment.id], gifts[payment.id]) for payment in batch}
        holds = ledger.holds_of(snapshot, [each.hold_id for found in sources.values() for each in found])
        for payment in batch:
            breaches += _unlike_sums(payment, parts[payment.id], gifts[payment.id])
            breaches += [
                f"{payment.id} is {payment.state} with {each.amount_minor} for {each.seller_order_id}; "
                f"its hold {each.hold_id} says otherwise"
                for each in sources[payment.id]
                if not _is_held(payment, each, holds.get(each.hold_id))
            ]
    return Finding(legs, breaches)


def _parts_of(snapshot: Snapshot, payments: Sequence[Payment]) -> tuple[dict[str, list[Leg]], dict[str, list[LegGift]]]:
    ids = [payment.id for payment in payments]
    legs: dict[str, list[Leg]] = {payment_id: [] for payment_id in ids}
    gifts: dict[str, list[LegGift]] = {payment_id: [] for payment_id in ids}
    for leg in snapshot.all(_legs_in, ids=ids):
        legs[leg.payment_id].append(leg)
    for row in snapshot.all(_gifts_in, ids=ids):
        gifts[row.payment_id].append(LegGift(row.seller_order_id, row.card_id, row.amount_minor))
    return legs, gifts


def _unlike_sums(payment: Payment, legs: Sequence[Leg], gifts: Sequence[LegGift]) -> list[str]:
    """A payment comes to the sum of its legs, and each leg's gift cards to what it takes of them."""
    total = sum(leg.amount_minor for leg in legs)
    given: Counter[str] = Counter()
    for gift in gifts:
        given[gift.seller_order_id] += gift.amount_minor
    breaches = (
        [] if payment.amount_minor == total else [f"{payment.id} comes to {payment.amount_minor}, its legs to {total}"]
    )
    return breaches + [
        f"{payment.id} takes {leg.gift_minor} of gift cards for {leg.seller_order_id}, they give "
        f"{given[leg.seller_order_id]}"
        for leg in legs
        if leg.gift_minor != given[leg.seller_order_id]
    ]


def _is_held(payment: Payment, source: Source, hold: ledger.HoldState | None) -> bool:
    captured = source.amount_minor if payment.state == "captured" else 0
    left = source.amount_minor if payment.state == "requested" else 0
    return hold is not None and (hold.amount, hold.captured, hold.left) == (source.amount_minor, captured, left)


def escrows(snapshot: Snapshot) -> Finding:
    """Each seller order's escrow can spend what was captured, less what was given back and what was settled."""
    expected: Counter[tuple[str, str]] = Counter()
    refunded = _refunded(snapshot)
    for leg in snapshot.all(_legs_with_state):
        captured = leg.amount_minor + leg.gift_minor + leg.subsidy_minor if leg.state == "captured" else 0
        back = refunded.get((leg.payment_id, leg.seller_order_id), 0)
        expected[leg.seller_order_id, leg.currency] += captured - back
    for row in snapshot.all(_settled):
        expected[row.seller_order_id, row.currency] -= row.total
    breaches = _unlike_available(snapshot, [(accounts.escrow(*key), due) for key, due in expected.items()])
    return Finding(len(expected), breaches)


def refunds(snapshot: Snapshot) -> Finding:
    """No leg gives back more than it brought, and each refund is on the ledger as its row says."""
    legs = snapshot.all(_legs_with_state)
    brought = {(leg.payment_id, leg.seller_order_id): leg.amount_minor for leg in legs if leg.state == "captured"}
    breaches = [
        f"{key[0]} gave back {amount_minor} for {key[1]}, which brought {brought.get(key, 0)}"
        for key, amount_minor in _refunded(snapshot).items()
        if key[1] is not None and amount_minor > brought.get(key, 0)
    ]
    rows = snapshot.all(_refunds)
    held = [(row.id, refund_hold_id(row.id), row.amount_minor, row.state) for row in rows]
    return Finding(len(legs), breaches + _unlike_holds(snapshot, held))


def late_money(snapshot: Snapshot) -> Finding:
    """Money that came after its payment had ended is apart from every order, and all of it is on its way back."""
    payments = snapshot.all(_payments)
    back = _refunded(snapshot)
    breaches = [
        f"{payment.id} is {payment.state} with {payment.amount_minor}, and {back.get((payment.id, None), 0)} goes back"
        for payment in payments
        if back.get((payment.id, None), 0) != (payment.amount_minor if payment.state == "captured_late" else 0)
    ]
    apart = [(accounts.unapplied(payment.id, payment.currency), 0) for payment in payments]
    return Finding(len(payments), breaches + _unlike_available(snapshot, apart))


def statements(snapshot: Snapshot) -> Finding:
    """The lines of each statement sum to its payout, and each payout is on the ledger as its row says."""
    payouts = snapshot.all(_payouts)
    held = [(payout.id, payout_hold_id(payout.id), payout.amount_minor, payout.state) for payout in payouts]
    breaches = _unlike_holds(snapshot, held)
    for payout in payouts:
        total = sum(line.amount_minor for line in get_statement(snapshot, Scope.system(), payout.id).lines)
        if total != payout.amount_minor:
            breaches.append(f"the lines of {payout.id} sum to {total}, and {payout.amount_minor} was paid out")
    return Finding(len(payouts), breaches)


def settlements(snapshot: Snapshot) -> Finding:
    """Each merchant is owed the settled parts of their orders, less what was paid out."""
    settled = snapshot.all(_settled)
    owed: Counter[tuple[str, str]] = Counter()
    for row in settled:
        owed[row.merchant_id, row.currency] += row.seller_minor
    for payout in snapshot.all(_payouts):
        owed[payout.merchant_id, payout.currency] -= payout.amount_minor
    breaches = _unlike_available(snapshot, [(accounts.payable(*key), due) for key, due in owed.items()])
    return Finding(len(settled), breaches)


PROOFS = (
    Proof("pay.captures", "what buyers paid for each seller order is on the ledger", captures),
    Proof("pay.escrow", "escrow is what was captured, less given back, less settled", escrows),
    Proof("pay.refunds", "nothing is given back that was not paid", refunds),
    Proof("pay.late", "money that came too late is on its way back", late_money),
    Proof("pay.settlements", "merchants are owed their settled parts, less their payouts", settlements),
    Proof("pay.statements", "the lines of each statement sum to its payout", statements),
)


def _unlike_available(snapshot: Snapshot, expected: Sequence[tuple[ledger.Account, int]]) -> list[str]:
    """Accounts that do not have just this much to spend."""
    breaches = []
    for batch in _batches(expected):
        found = ledger.balances_of(snapshot, [account for account, _ in batch])
        for account, due in batch:
            available = found[account.id].available
            if available != due:
                breaches.append(
                    f"{account.kind} of {account.owner} has {available} {account.unit} to spend and should have {due}"
                )
    return breaches


def _unlike_holds(snapshot: Snapshot, expected: Sequence[tuple[str, str, int, str]]) -> list[str]:
    """Refunds or payouts whose hold is not as their state says: open until they are paid, captured then."""
    breaches = []
    for batch in _batches(expected):
        holds = ledger.holds_of(snapshot, [held for _, held, _, _ in batch])
        for row_id, held, amount_minor, state in batch:
            hold = holds.get(held)
            captured = amount_minor if state == "paid" else 0
            if hold is None or (hold.amount, hold.captured, hold.released) != (amount_minor, captured, 0):
                breaches.append(f"{row_id} is {state} with {amount_minor}, and its hold says otherwise")
    return breaches


def _refunded(snapshot: Snapshot) -> dict[tuple[str, str | None], int]:
    rows = snapshot.all(_refunded_by_leg)
    return {(row.payment_id, row.seller_order_id): int(row.amount_minor) for row in rows}


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


_p, _l, _r, _s, _o = (
    tables.payments.c, tables.legs.c, tables.refunds.c, tables.settlements.c, tables.payouts.c,
)  # fmt: skip
_payments: Prepared[Payment] = prepare(select(*PAYMENT_COLUMNS), Payment)
_legs_with_state: Prepared[Any] = prepare(
    select(
        _l.payment_id, _l.seller_order_id, _l.currency, _l.amount_minor, _l.gift_minor, _l.subsidy_minor, _p.state
    ).join_from(tables.legs, tables.payments, _l.payment_id == _p.id)
)  # fmt: skip
_g = tables.gift_uses.c
_legs_in: Prepared[Leg] = prepare(select(*LEG_COLUMNS).where(in_set(_l.payment_id, "ids")), Leg)
_gifts_in: Prepared[Any] = prepare(
    select(_g.payment_id, _g.seller_order_id, _g.card_id, _g.amount_minor).where(in_set(_g.payment_id, "ids"))
)
_refunds: Prepared[Any] = prepare(select(_r.id, _r.amount_minor, _r.state))
_refunded_by_leg: Prepared[Any] = prepare(
    select(_r.payment_id, _r.seller_order_id, func.sum(_r.amount_minor).label("amount_minor")).group_by(
        _r.payment_id, _r.seller_order_id
    )
)
_total = (_s.seller_minor + _s.commission_minor + _s.carrier_minor + _s.tax_minor).label("total")
_settled: Prepared[Any] = prepare(select(_s.seller_order_id, _s.merchant_id, _s.currency, _s.seller_minor, _total))
_payouts: Prepared[Payout] = prepare(select(*PAYOUT_COLUMNS), Payout)
