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
from .entries import booked, owed_by_entries
from .part_proofs import BroughtLeg, brought_legs, chargebacks, in_parts, parts
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
    apart = in_parts(snapshot)
    payments = [payment for payment in snapshot.all(_payments) if payment.id not in apart]
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
    """Each seller order's escrow can spend what was captured, less what was given back and what was settled.

    A refund after the settlement brings what it gives back into escrow first.
    """
    expected: Counter[tuple[str, str]] = Counter()
    refunded = _refunded(snapshot)
    for leg in brought_legs(snapshot):
        back = refunded.get((leg.payment_id, leg.seller_order_id))
        expected[leg.seller_order_id, leg.currency] += leg.total_minor - (back.escrow_minor if back else 0)
    for row in snapshot.all(_settled):
        expected[row.seller_order_id, row.currency] -= row.total
    breaches = _unlike_available(snapshot, [(accounts.escrow(*key), due) for key, due in expected.items()])
    return Finding(len(expected), breaches)


def refunds(snapshot: Snapshot) -> Finding:
    """No leg gives back more than it brought, by the processor, gift cards or subsidy; and each refund is on the ledger
    as its row says: what goes back is what is given up."""
    legs = brought_legs(snapshot)
    brought: dict[tuple[str, str | None], BroughtLeg] = {
        (leg.payment_id, leg.seller_order_id): leg for leg in legs if leg.state in ("captured", "authorised")
    }
    breaches = [
        f"{key[0]} gave back more for {key[1]} than it had brought: {back}"
        for key, back in _refunded(snapshot).items()
        if key[1] is not None and _is_above(back, brought.get(key))
    ]
    rows = snapshot.all(_refunds)
    breaches += [
        f"{row.id} gives back {row.gross}, and {row.parts} is given up"
        for row in rows
        if row.seller_order_id is not None and (row.gross != row.parts or (row.settled and row.seller != row.found))
    ]
    held = [(row.id, refund_hold_id(row.id), row.amount_minor, row.state) for row in rows if _is_held_back(row)]
    return Finding(len(legs), breaches + _unlike_holds(snapshot, held))


def _is_above(back: Any, leg: Any) -> bool:
    if leg is None:
        return True
    names = ("amount_minor", "gift_minor", "subsidy_minor")
    return any(getattr(back, name) > getattr(leg, name) for name in names)


def _is_held_back(row: Any) -> bool:
    """Whether a refund has a hold: what a bank took by itself, or gift cards got at once, has none."""
    return bool(row.amount_minor) and not row.charged_back


def late_money(snapshot: Snapshot) -> Finding:
    """Money that came after its payment had ended is apart from every order, and all of it is on its way back."""
    payments = snapshot.all(_payments)
    back = _refunded(snapshot)
    breaches = [
        f"{payment.id} is {payment.state} with {payment.amount_minor}, and {_late(back, payment)} goes back"
        for payment in payments
        if _late(back, payment) != (payment.amount_minor if payment.state == "captured_late" else 0)
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
    """Each merchant is owed the settled parts of their orders and what was booked beside them, less reserves,
    payouts, refunds and what is disputed."""
    settled = snapshot.all(_settled)
    others = booked(snapshot)
    owed: Counter[tuple[str, str]] = Counter(others)
    for row in settled:
        owed[row.merchant_id, row.currency] += row.seller_minor - row.recovered_minor
    for row in snapshot.all(_reserved):
        owed[row.merchant_id, row.currency] -= row.kept_minor - row.released_minor
    for row in snapshot.all(_paid_out):
        owed[row.merchant_id, row.currency] -= row.amount_minor
    for row in snapshot.all(_from_merchants):
        owed[row.merchant_id, row.currency] -= row.payable_minor
    for row in snapshot.all(_kept_apart):
        owed[row.merchant_id, row.currency] -= row.amount_minor
    breaches = _unlike_available(snapshot, [(accounts.payable(*key), int(due)) for key, due in owed.items()])
    return Finding(len(settled) + len(others), breaches)


def receivables(snapshot: Snapshot) -> Finding:
    """What merchants owe is what refunds and entries did not find with them, and chargebacks' fees, less what was
    recovered."""
    owed: Counter[tuple[str, str]] = Counter()
    owed.subtract(owed_by_entries(snapshot))
    for row in snapshot.all(_from_merchants):
        owed[row.merchant_id, row.currency] -= row.receivable_minor
    for row in snapshot.all(_fees):
        owed[row.merchant_id, row.currency] -= row.fee_minor
    for row in snapshot.all(_settled):
        owed[row.merchant_id, row.currency] += row.recovered_minor
    breaches = _unlike_available(snapshot, [(accounts.receivable(*key), int(due)) for key, due in owed.items()])
    return Finding(sum(1 for due in owed.values() if due), breaches)


def freezes(snapshot: Snapshot) -> Finding:
    """What a dispute keeps of a merchant's money is apart until it is decided, and nothing of it afterwards."""
    kept = snapshot.all(_freezes)
    expected = [
        (accounts.disputed(row.id, row.currency), 0 if row.released_at is not None else row.amount_minor)
        for row in kept
    ]
    return Finding(len(kept), _unlike_available(snapshot, expected))


PROOFS = (
    Proof("pay.captures", "what buyers paid for each seller order is on the ledger", captures),
    Proof("pay.parts", "authorised money is taken part by part, as it was captured", parts),
    Proof("pay.escrow", "escrow is what was captured, less given back, less settled", escrows),
    Proof("pay.refunds", "nothing is given back that was not paid", refunds),
    Proof("pay.late", "money that came too late is on its way back", late_money),
    Proof("pay.settlements", "merchants are owed their settled parts, less reserves, payouts and refunds", settlements),
    Proof("pay.receivables", "what merchants owe is what refunds did not find, less what was recovered", receivables),
    Proof("pay.chargebacks", "what banks took back is open, or somebody has borne it", chargebacks),
    Proof("pay.freezes", "disputed money is apart until it is decided", freezes),
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
    """Refunds or payouts whose hold is not as their state says: open until they are paid, captured then.

    A payout that was refused has let go of its hold; one that came back had captured it.
    """
    breaches = []
    for batch in _batches(expected):
        holds = ledger.holds_of(snapshot, [held for _, held, _, _ in batch])
        for row_id, held, amount_minor, state in batch:
            hold = holds.get(held)
            captured = amount_minor if state in ("paid", "returned") else 0
            released = amount_minor if state == "failed" else 0
            if hold is None or (hold.amount, hold.captured, hold.released) != (amount_minor, captured, released):
                breaches.append(f"{row_id} is {state} with {amount_minor}, and its hold says otherwise")
    return breaches


def _refunded(snapshot: Snapshot) -> dict[tuple[str, str | None], Any]:
    """What went back of each leg, by what had brought it; `escrow_minor` is what escrow lost by it."""
    return {(row.payment_id, row.seller_order_id): row for row in snapshot.all(_refunded_by_leg)}


def _late(back: dict[tuple[str, str | None], Any], payment: Payment) -> int:
    row = back.get((payment.id, None))
    return int(row.amount_minor) if row is not None else 0


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


_p, _l, _r, _s, _o = (
    tables.payments.c, tables.legs.c, tables.refunds.c, tables.settlements.c, tables.payouts.c,
)  # fmt: skip
_BROUGHT = (_r.amount_minor, _r.gift_minor, _r.subsidy_minor)
_payments: Prepared[Payment] = prepare(select(*PAYMENT_COLUMNS), Payment)
_g = tables.gift_uses.c
_legs_in: Prepared[Leg] = prepare(select(*LEG_COLUMNS).where(in_set(_l.payment_id, "ids")), Leg)
_gifts_in: Prepared[Any] = prepare(
    select(_g.payment_id, _g.seller_order_id, _g.card_id, _g.amount_minor).where(in_set(_g.payment_id, "ids"))
)
_gross = _r.amount_minor + _r.gift_minor + _r.subsidy_minor
_refunds: Prepared[Any] = prepare(
    select(
        _r.id, _r.seller_order_id, _r.amount_minor, _r.charged_back, _r.state, _r.settled,
        _r.seller_minor.label("seller"),
        (_gross + _r.released_minor).label("gross"),
        (_r.seller_minor + _r.commission_minor + _r.carrier_minor + _r.tax_minor + _r.prepaid_minor).label("parts"),
        (_r.payable_minor + _r.reserve_minor + _r.receivable_minor).label("found"),
    )
)  # fmt: skip
_refunded_by_leg: Prepared[Any] = prepare(
    select(
        _r.payment_id, _r.seller_order_id, *(func.sum(each).label(each.name) for each in _BROUGHT),
        func.sum(_gross * (1 - _r.settled)).label("escrow_minor"),
    ).group_by(_r.payment_id, _r.seller_order_id)
)  # fmt: skip
_parts_sum = _s.seller_minor + _s.commission_minor + _s.carrier_minor + _s.tax_minor + _s.prepaid_minor
_total = _parts_sum.label("total")
_settled: Prepared[Any] = prepare(
    select(_s.seller_order_id, _s.merchant_id, _s.currency, _s.seller_minor, _s.recovered_minor, _total)
)
_v, _f = tables.reserves.c, tables.freezes.c
_reserved: Prepared[Any] = prepare(
    select(
        _v.merchant_id, _v.currency, func.sum(_v.amount_minor).label("kept_minor"),
        func.sum(func.coalesce(_v.released_minor, 0)).label("released_minor"),
    ).group_by(_v.merchant_id, _v.currency)
)  # fmt: skip
_paid_out: Prepared[Any] = prepare(
    select(_o.merchant_id, _o.currency, func.sum(_o.amount_minor).label("amount_minor"))
    .where(_o.state.in_(("requested", "paid")))
    .group_by(_o.merchant_id, _o.currency)
)
_from_merchants: Prepared[Any] = prepare(
    select(
        _s.merchant_id, _s.currency, func.sum(_r.payable_minor).label("payable_minor"),
        func.sum(_r.receivable_minor).label("receivable_minor"),
    )
    .join_from(tables.refunds, tables.settlements, _r.seller_order_id == _s.seller_order_id)
    .group_by(_s.merchant_id, _s.currency)
)  # fmt: skip
_kept_apart: Prepared[Any] = prepare(
    select(_f.merchant_id, _f.currency, func.sum(_f.amount_minor).label("amount_minor"))
    .where(_f.released_at.is_(None))
    .group_by(_f.merchant_id, _f.currency)
)
_fees: Prepared[Any] = prepare(
    select(_f.merchant_id, _f.currency, func.sum(_f.fee_minor).label("fee_minor")).group_by(_f.merchant_id, _f.currency)
)
_freezes: Prepared[Any] = prepare(select(_f.id, _f.currency, _f.amount_minor, _f.released_at))
_payouts: Prepared[Payout] = prepare(select(*PAYOUT_COLUMNS), Payout)
