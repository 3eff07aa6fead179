"""What must be true of stored orders: their sums, their legs, their money in escrow, their stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot import ledger, pay
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, in_set, prepare
from entrepot.ledger import Balance
from entrepot.pay.accounts import escrow

from . import rule_tables, tables
from .dispute_rows import disputes_of
from .money import line_legs, line_sum, shipping_legs
from .records import list_lines
from .refunds import refunds_of, taken_of
from .sending import parcels_of
from .shares import shares_of, sum_of_legs
from .types import Line, SellerOrder, SellerOrderStatus

BATCH = 500
_Check = Callable[[Snapshot, Sequence[SellerOrder]], list[str]]


def invariant(snapshot: Snapshot) -> Finding:
    """What is paid for each seller order and each line, with the platform's subsidy, is what their legs share out."""
    return _over_sellers(snapshot, _uneven)


def totals(snapshot: Snapshot) -> Finding:
    """Each order's total is the sum of its parts."""
    rows = int(snapshot.value(_orders) or 0)
    wrong = snapshot.all(_wrong_totals)
    return Finding(rows, [f"{row.id} comes to {row.total_minor}, its parts to {row.parts}" for row in wrong])


def escrows(snapshot: Snapshot) -> Finding:
    """Paid and not complete: escrow holds it all. Complete, given back or never paid: nothing is left."""
    return _over_sellers(snapshot, _misplaced_money)


def stock(snapshot: Snapshot) -> Finding:
    """The goods of each line are held until they are sent, leave once when they are, and are free when cancelled."""
    return _over_sellers(snapshot, _misplaced_stock)


def refunds(snapshot: Snapshot) -> Finding:
    """No refund takes more of a line or of the delivery than there was, on any leg; each sums to its parts."""
    return _over_sellers(snapshot, _overtaken)


def shared_out(snapshot: Snapshot) -> Finding:
    """Of every completed order each has just what their leg says, less what refunds took of it: commission too."""
    return _over_sellers(snapshot, _unlike_legs)


def disputes(snapshot: Snapshot) -> Finding:
    """The money of every open dispute is kept, and that of every decided one is not."""
    rows = int(snapshot.value(_disputed) or 0)
    return Finding(rows, _over_sellers(snapshot, _unkept).breaches)


def promotions(snapshot: Snapshot) -> Finding:
    """No promotion is used more often than it may be, and the counts of limited ones are those of its uses."""
    rows = snapshot.all(_limited)
    breaches = [f"{row.id} counts {row.used} uses and has {row.uses}" for row in rows if row.used != row.uses]
    return Finding(int(snapshot.value(_uses) or 0), breaches)


PROOFS = (
    Proof("orders.invariant", "what a buyer pays is what seller, commission, carrier and tax get", invariant),
    Proof("orders.promotions", "limited promotions were used as often as was counted", promotions),
    Proof("orders.totals", "an order comes to the sum of its parts", totals),
    Proof("orders.escrow", "what is paid, not given back and not complete lies in escrow, to the unit", escrows),
    Proof("orders.refunds", "no refund takes more of anything than there was", refunds),
    Proof("orders.shared", "of a completed order each has their leg, less what refunds took of it", shared_out),
    Proof("orders.disputes", "what is disputed is kept until it is decided", disputes),
    Proof("orders.stock", "sent goods left the stock once, waiting ones are held, cancelled ones are free", stock),
)


def _over_sellers(snapshot: Snapshot, check: _Check) -> Finding:
    rows, breaches = 0, []
    for sellers in _pages(snapshot):
        rows += len(sellers)
        breaches += check(snapshot, sellers)
    return Finding(rows, breaches)


def _pages(snapshot: Snapshot) -> Iterator[list[SellerOrder]]:
    after = ""
    while page := snapshot.all(_next_sellers, after=after, most=BATCH):
        yield page
        after = page[-1].id


def _uneven(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> list[str]:
    lines = _lines_by_seller(snapshot, sellers)
    return [breach for seller in sellers for breach in uneven(seller, lines[seller.id])]


def uneven(seller: SellerOrder, lines: Sequence[Line]) -> list[str]:
    """How a seller order and its lines disagree about what is paid and who gets it; nothing when all is well. Pure."""
    breaches = []
    legs = sum((line_legs(line) for line in lines), shipping_legs(seller))
    if seller.legs != legs:
        breaches.append(f"{seller.id} shares out {seller.legs}, its lines and delivery {legs}")
    if seller.total_minor + seller.subsidy_minor != seller.legs.total_minor:
        breaches.append(f"{seller.id} costs {seller.total_minor} and shares out {seller.legs}")
    if sum(line.total_minor for line in lines) != line_sum(seller):
        breaches.append(f"{seller.id} has goods for {line_sum(seller)}, its lines sum to {lines}")
    for line in lines:
        if line.goods_minor != line.quantity * line.price_minor:
            breaches.append(f"{line.id} of {seller.id} is {line.quantity} × {line.price_minor}, not {line.goods_minor}")
        if line.tax_included != seller.tax_included or line.commission_minor != sum(fee[1] for fee in line.fees):
            breaches.append(f"{line.id} of {seller.id} has tax or fees that are not its order's")
    return breaches


def _misplaced_money(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> list[str]:
    accounts = {seller.id: escrow(seller.id, seller.currency) for seller in sellers}
    balances = ledger.balances_of(snapshot, list(accounts.values()))
    taken = taken_of(snapshot, [seller.id for seller in sellers])
    set_aside = pay.set_aside_of(snapshot, [seller.id for seller in sellers])
    breaches = []
    for seller in sellers:
        balance = balances[accounts[seller.id].id]
        left_minor = seller.escrow_minor - sum_of_legs(taken[seller.id]).total_minor
        if not _is_money_right(seller, left_minor, balance, set_aside.get(seller.id)):
            breaches.append(
                f"{seller.id} is {seller.status} with {left_minor} left of {seller.escrow_minor}; "
                f"its escrow has {balance.available} available"
            )
    return breaches


def _is_money_right(seller: SellerOrder, left_minor: int, balance: Balance, set_aside_minor: int | None) -> bool:
    """What is pending in escrow is on its way back; what is not has not been given back or shared out yet.

    Of a payment that is only authorised, what is set aside is on its way there.
    """
    match seller.status:
        case SellerOrderStatus.PAID | SellerOrderStatus.SHIPPED | SellerOrderStatus.DELIVERED:
            if set_aside_minor is not None:
                comes = balance.pending_credits >= set_aside_minor
                return comes and balance.available + set_aside_minor == left_minor
            return (balance.available, balance.pending_credits) == (left_minor, 0)
        case SellerOrderStatus.AWAITING_PAYMENT:
            # The processor's word comes one step before ours: it may have brought all of it, or let go of it, already.
            coming = balance.balance + balance.pending_credits
            return balance.pending_debits == 0 and coming in (0, seller.escrow_minor)
        case SellerOrderStatus.COMPLETED:
            return (balance.available, balance.pending_credits) == (0, 0)
    if seller.refund_id is None:
        # Cancelled while the payment was under way: what came, or is coming, goes back in the next step.
        return balance.pending_debits == 0 and balance.balance + balance.pending_credits in (0, seller.escrow_minor)
    return balance.available == 0 and balance.pending_credits == 0


def _overtaken(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> list[str]:
    """Refunds that take more of a share than it has, or say another sum than their parts."""
    lines = _lines_by_seller(snapshot, sellers)
    taken = taken_of(snapshot, [seller.id for seller in sellers])
    refunds = refunds_of(snapshot, [seller.id for seller in sellers])
    breaches = []
    for seller in sellers:
        for share in shares_of(seller, lines[seller.id], taken[seller.id]).values():
            left = msgspec.structs.astuple(share.left)
            if min(*left, share.left.paid_minor, share.left_pieces) < 0:
                breaches.append(f"{seller.id} gave back more of {share.part} than there was: {share.left} is left")
        paid_minor = sum(row.paid_minor for row in refunds[seller.id])
        if paid_minor != sum_of_legs(taken[seller.id]).paid_minor:
            breaches.append(f"{seller.id} gave back {paid_minor}, the parts of its refunds sum to something else")
    return breaches


def _unlike_legs(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> list[str]:
    done = [seller for seller in sellers if seller.status == SellerOrderStatus.COMPLETED]
    taken = taken_of(snapshot, [seller.id for seller in done])
    kept = pay.kept_of(snapshot, [seller.id for seller in done])
    breaches = []
    for seller in done:
        left = seller.legs - sum_of_legs(taken[seller.id])
        parts = (left.seller_minor, left.commission_minor, left.carrier_minor, left.tax_minor, 0)
        if kept.get(seller.id) != parts:
            breaches.append(f"{seller.id} should leave {parts} with its parties, and leaves {kept.get(seller.id)}")
    return breaches


def _misplaced_stock(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> list[str]:
    breaches = []
    parcels = parcels_of(snapshot, [seller.id for seller in sellers])
    restocked = {row.line_id: int(row.restocked) for row in snapshot.all(_restocked, ids=[each.id for each in sellers])}
    lines = _lines_by_seller(snapshot, sellers)
    for seller in sellers:
        packed: Counter[str] = Counter()
        for parcel in parcels[seller.id]:
            packed.update({each.line_id: each.quantity for each in parcel.lines})
        for line in lines[seller.id]:
            if packed[line.id] != line.sent:
                breaches.append(f"{line.id} of {seller.id}: {line.sent} sent, {packed[line.id]} in its parcels")
            if seller.status == SellerOrderStatus.CANCELLED and line.left:
                breaches.append(f"{line.id} of {seller.id} is cancelled, and {line.left} are still to be sent")
            stock = _stock_of(snapshot, line.id)
            if stock.first and not stock.fits(line, restocked.get(line.id, 0)):
                breaches.append(f"{line.id} of {seller.id} ({seller.status}): {stock}")
    return breaches


class _Stock(NamedTuple):
    """What the ledger says of a line's stock: held at first, sent, still held, and put back on the shelf."""

    first: int = 0
    sent: int = 0
    held: int = 0
    restocked: int = 0

    def fits(self, line: Line, restocked: int) -> bool:
        """Whether it is what the line says; a piece of a bundle is several of its parts."""
        each, rest = divmod(self.first, line.quantity)
        return rest == 0 and self[1:] == (each * line.sent, each * line.left, each * restocked)


def _stock_of(snapshot: Snapshot, line_id: str) -> _Stock:
    """All zero where the merchant does not count. What is still held after a part was freed was held anew."""
    sums: Counter[str] = Counter()
    first = 0
    for transfer in ledger.list_transfers(snapshot, ref=line_id, most=1_000):
        sums[transfer.kind] += transfer.amount
        first += transfer.amount if transfer.kind == "hold" and set(sums) == {"hold"} else 0
    return _Stock(first, sums["capture"], sums["hold"] - sums["capture"] - sums["void"], sums["move"])


def _unkept(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> list[str]:
    """Open disputes that their seller order does not know, or whose money is not kept; and the other way round."""
    breaches = []
    disputes = disputes_of(snapshot, [seller.id for seller in sellers])
    for seller in sellers:
        found = [dispute.id for dispute in disputes[seller.id] if dispute.decided_at is None]
        if found != ([seller.dispute_id] if seller.dispute_id else []):
            breaches.append(f"{seller.id} is disputed by {seller.dispute_id}, open are {found}")
        for dispute in disputes[seller.id]:
            kept = pay.find_freeze(snapshot, dispute.id)
            if kept is None or (kept.released_at is None) != (dispute.decided_at is None):
                breaches.append(f"{dispute.id} is {dispute.status}, and its money says otherwise")
    return breaches


def _lines_by_seller(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {seller.id: [] for seller in sellers}
    for line in list_lines(snapshot, sorted({seller.order_id for seller in sellers})):
        if line.seller_order_id in found:
            found[line.seller_order_id].append(line)
    return found


_o, _s = tables.orders.c, tables.seller_orders.c
_next_sellers: Prepared[SellerOrder] = prepare(
    select(*_s).where(_s.id > bindparam("after")).order_by(_s.id).limit(bindparam("most")), SellerOrder
)
_orders: Prepared[Any] = prepare(select(func.count().label("orders")).select_from(tables.orders))
_paid = (
    _s.items_minor - _s.seller_discount_minor - _s.platform_discount_minor + _s.shipping_minor
    - _s.shipping_seller_discount_minor - _s.shipping_platform_discount_minor + (1 - _s.tax_included) * _s.tax_minor
)  # fmt: skip
_parts = func.coalesce(func.sum(_paid), 0)
_wrong_totals: Prepared[Any] = prepare(
    select(_o.id, _o.total_minor, _parts.label("parts"))
    .join_from(tables.orders, tables.seller_orders, _s.order_id == _o.id, isouter=True)
    .group_by(_o.id, _o.total_minor)
    .having(_parts != _o.total_minor)
)
_disputed: Prepared[Any] = prepare(select(func.count().label("disputes")).select_from(tables.disputes))
_t, _i = tables.returns.c, tables.return_lines.c
_restocked: Prepared[Any] = prepare(
    select(_i.line_id, func.sum(_i.restocked).label("restocked"))
    .join_from(tables.return_lines, tables.returns, _i.return_id == _t.id)
    .where(in_set(_t.seller_order_id, "ids"))
    .group_by(_i.line_id)
)
_c, _u = rule_tables.promotion_counts.c, rule_tables.promotion_uses.c
_of_it = select(func.count()).where(_u.promotion_id == _c.promotion_id, _u.released_at.is_(None)).scalar_subquery()
_limited: Prepared[Any] = prepare(
    select(_c.promotion_id.label("id"), _c.used, _of_it.label("uses")).where(_c.buyer == "")
)
_uses: Prepared[Any] = prepare(select(func.count().label("uses")).select_from(rule_tables.promotion_uses))
