"""What must be true of stored orders: their sums, their legs, their money in escrow, their stock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from entrepot import ledger
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare
from entrepot.ledger import Balance
from entrepot.pay.accounts import escrow

from . import tables
from .money import line_legs, line_sum, shipping_legs
from .records import list_lines
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


PROOFS = (
    Proof("orders.invariant", "what a buyer pays is what seller, commission, carrier and tax get", invariant),
    Proof("orders.totals", "an order comes to the sum of its parts", totals),
    Proof("orders.escrow", "what is paid and not complete lies in escrow, to the unit", escrows),
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
    lines: dict[str, list[Line]] = {seller.id: [] for seller in sellers}
    for line in list_lines(snapshot, sorted({seller.order_id for seller in sellers})):
        if line.seller_order_id in lines:
            lines[line.seller_order_id].append(line)
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
        if line.tax_included != seller.tax_included or line.commission_minor != sum(fee[1] for fee in line.fees):
            breaches.append(f"{line.id} of {seller.id} has tax or fees that are not its order's")
    return breaches


def _misplaced_money(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> list[str]:
    accounts = {seller.id: escrow(seller.id, seller.currency) for seller in sellers}
    balances = ledger.balances_of(snapshot, list(accounts.values()))
    return [
        f"{seller.id} is {seller.status} with {seller.escrow_minor}; its escrow has {balance.available} available"
        for seller in sellers
        if not _is_money_right(seller, balance := balances[accounts[seller.id].id])
    ]


def _is_money_right(seller: SellerOrder, balance: Balance) -> bool:
    match seller.status:
        case SellerOrderStatus.PAID | SellerOrderStatus.SHIPPED | SellerOrderStatus.DELIVERED:
            return balance == Balance(seller.escrow_minor)
        case SellerOrderStatus.AWAITING_PAYMENT:
            # The processor's word comes one step before ours: it may have brought all of it, or let go of it, already.
            coming = balance.balance + balance.pending_credits
            return balance.pending_debits == 0 and coming in (0, seller.escrow_minor)
        case SellerOrderStatus.COMPLETED:
            return balance == Balance()
    if seller.refund_id is None:
        # Cancelled while the payment was under way: what came, or is coming, goes back in the next step.
        return balance.pending_debits == 0 and balance.balance + balance.pending_credits in (0, seller.escrow_minor)
    return balance.available == 0 and balance.pending_credits == 0


def _misplaced_stock(snapshot: Snapshot, sellers: Sequence[SellerOrder]) -> list[str]:
    by_id = {seller.id: seller for seller in sellers}
    breaches = []
    for line in list_lines(snapshot, sorted({seller.order_id for seller in sellers})):
        seller = by_id.get(line.seller_order_id)
        if seller is None:
            continue
        held, gone, freed = _stock_of(snapshot, line.id)
        if held and (held, gone, freed) != (line.quantity, *_where_stock_should_be(seller, line.quantity)):
            breaches.append(f"{line.id} of {seller.id} ({seller.status}): {held} held, {gone} sent, {freed} released")
    return breaches


def _where_stock_should_be(seller: SellerOrder, quantity: int) -> tuple[int, int]:
    """How much of a counted line has left, and how much was released."""
    if seller.status == SellerOrderStatus.CANCELLED:
        return 0, quantity
    return (quantity, 0) if seller.shipped_at is not None else (0, 0)


def _stock_of(snapshot: Snapshot, line_id: str) -> tuple[int, int, int]:
    """Held, captured and released pieces of a line; all zero where the merchant does not count."""
    sums = {"hold": 0, "capture": 0, "void": 0}
    for transfer in ledger.list_transfers(snapshot, ref=line_id, most=1_000):
        sums[transfer.kind] = sums.get(transfer.kind, 0) + transfer.amount
    return sums["hold"], sums["capture"], sums["void"]


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
