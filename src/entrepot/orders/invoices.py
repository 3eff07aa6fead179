"""Invoices and credit notes: one invoice for each seller order that was sent, one credit note for each refund after it.

Numbered without gaps for each merchant and year, and frozen as they are issued: names, addresses, lines, tax. What
changes later changes no document; it brings another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import and_, bindparam, or_, select

from entrepot.identity import Address, Scope, require_organisation
from entrepot.kernel import SECOND, Invalid, NotFound, Prepared, Snapshot, Tx, from_json, prepare, prepare_text, to_json

from . import tables
from .access import is_owner, is_seller, number_of
from .events import RefundMade, SellerOrderShipped
from .legal_details import LegalDetails, details_of
from .records import find_order, find_seller, lines_of_seller
from .refunds import parts_of_refunds, refunds_of
from .shares import SHIPPING, Taken
from .types import Line, Order, SellerOrder


class InvoiceLine(msgspec.Struct, frozen=True):
    """Goods or their delivery (`title` empty) on a document; amounts with tax unless named otherwise."""

    title: str
    variant: str
    quantity: int
    price_minor: int
    discount_minor: int
    total_minor: int
    tax_name: str
    tax_ppm: int
    tax_minor: int


class TaxRow(msgspec.Struct, frozen=True):
    """What a document comes to at one rate of tax."""

    name: str
    ppm: int
    net_minor: int
    tax_minor: int
    gross_minor: int


class InvoiceBody(msgspec.Struct, frozen=True):
    """What stands on a document, frozen when it was issued. `of_number` is the invoice that a credit note is about.

    With `reverse_charge` the buyer, a business with the number `buyer_tax_id`, accounts for the tax.
    """

    seller: LegalDetails
    buyer: Address
    email: str
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxRow, ...]
    tax_included: bool
    placed_at: int
    reason: str = ""
    of_number: str = ""
    buyer_tax_id: str = ""
    reverse_charge: bool = False


class Invoice(msgspec.Struct, frozen=True):
    """An invoice, or a credit note (whose amounts go back to the buyer)."""

    id: str
    kind: Literal["invoice", "credit_note"]
    merchant_id: str
    year: int
    number: int
    order_id: str
    seller_order_id: str
    refund_id: str
    currency: str
    total_minor: int
    body: InvoiceBody
    issued_at: int

    @property
    def label(self) -> str:
        """Its number as it is written."""
        return f"{self.year}-{self.number:05}"

    @property
    def order_number(self) -> str:
        """The number that its seller knows the order by."""
        return number_of(self.seller_order_id)


def issue_invoice(tx: Tx, event: SellerOrderShipped) -> None:
    """Issue the invoice of a seller order that was sent, once, and the credit notes of refunds that came before."""
    seller = find_seller(tx, event.seller_order_id)
    order = _order_of(tx, seller)
    lines = _lines(seller, lines_of_seller(tx, seller))
    body = _body(tx, seller, order, lines)
    _issue(tx, "invoice", seller, "", seller.total_minor, body)
    for refund in refunds_of(tx, [seller.id])[seller.id]:
        _credit(tx, seller, order, refund.id, refund.reason)


def issue_credit_note(tx: Tx, event: RefundMade) -> None:
    """Issue the credit note of a refund, once, where there is an invoice; before that, nothing was charged for."""
    seller = find_seller(tx, event.seller_order_id)
    _credit(tx, seller, _order_of(tx, seller), event.refund_id, event.reason)


def list_invoices(snapshot: Snapshot, scope: Scope, *, before: str | None = None, most: int = 50) -> list[Invoice]:
    """The documents of the caller's organisation, newest first, from below the number `before` (such as 2026-00012)."""
    year, _, number = (before or "9999-0").partition("-")
    if not (year.isdecimal() and number.isdecimal() and len(before or "") <= 20):
        raise Invalid("There is no such number of a document")
    merchant_id = require_organisation(scope)
    found = snapshot.all(_of_merchant, merchant_id=merchant_id, year=int(year), number=int(number), most=most)
    return [_invoice(row) for row in found]


def invoices_of_order(snapshot: Snapshot, scope: Scope, order_id: str) -> list[Invoice]:
    """The documents of an order, for its buyer and the operator; nobody else sees any."""
    order = find_order(snapshot, order_id)
    if order is None or not (scope.is_operator or is_owner(scope, order.owner)):
        return []
    return [_invoice(row) for row in snapshot.all(_of_order, order_id=order_id)]


def get_invoice(snapshot: Snapshot, scope: Scope, invoice_id: str) -> Invoice:
    """A document, for its merchant, its buyer and the operator; NotFound for everybody else."""
    row = snapshot.one(_by_id, id=invoice_id)
    if row is None:
        raise NotFound("There is no such document")
    order = find_order(snapshot, row.order_id)
    allowed = scope.is_operator or is_seller(scope, row.merchant_id)
    if not allowed and (order is None or not is_owner(scope, order.owner)):
        raise NotFound("There is no such document")
    return _invoice(row)


def tax_table(lines: Sequence[InvoiceLine]) -> tuple[TaxRow, ...]:
    """What lines come to at each rate, the highest first; the rows sum to the lines."""
    found: dict[tuple[str, int], list[int]] = {}
    for line in lines:
        sums = found.setdefault((line.tax_name, line.tax_ppm), [0, 0])
        sums[0] += line.tax_minor
        sums[1] += line.total_minor
    rows = [TaxRow(name, ppm, gross - tax, tax, gross) for (name, ppm), (tax, gross) in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.ppm, row.name)))


def _credit(tx: Tx, seller: SellerOrder, order: Order, refund_id: str, reason: str) -> None:
    invoice = tx.one(_of_seller, seller_order_id=seller.id)
    if invoice is None:
        return
    by_id = {line.id: line for line in lines_of_seller(tx, seller)}
    taken = parts_of_refunds(tx, [seller.id]).get(refund_id, [])
    lines = [_credited(seller, by_id, each) for each in taken]
    body = msgspec.structs.replace(_body(tx, seller, order, lines), reason=reason, of_number=_invoice(invoice).label)
    _issue(tx, "credit_note", seller, refund_id, sum(line.total_minor for line in lines), body)


def _credited(seller: SellerOrder, by_id: dict[str, Line], taken: Taken) -> InvoiceLine:
    paid, tax = taken.legs.paid_minor, taken.legs.tax_minor
    if taken.part == SHIPPING:
        return InvoiceLine("", "", 1, paid, 0, paid, seller.shipping_tax_name, seller.shipping_tax_ppm, tax)
    line = by_id[taken.part]
    return InvoiceLine(
        line.title, line.variant_label, taken.pieces, line.price_minor, 0, paid, line.tax_name, line.tax_ppm, tax
    )


def _lines(seller: SellerOrder, lines: Sequence[Line]) -> list[InvoiceLine]:
    found = [
        InvoiceLine(
            line.title, line.variant_label, line.quantity, line.price_minor, line.discount_minor, line.total_minor,
            line.tax_name, line.tax_ppm, line.tax_minor,
        )
        for line in lines
    ]  # fmt: skip
    delivery = seller.total_minor - sum(line.total_minor for line in lines)
    if seller.shipping_minor or delivery:
        discount = seller.shipping_seller_discount_minor + seller.shipping_platform_discount_minor
        found.append(
            InvoiceLine(
                "", seller.delivery_name, 1, seller.shipping_minor, discount, delivery, seller.shipping_tax_name,
                seller.shipping_tax_ppm, seller.shipping_tax_minor,
            )
        )  # fmt: skip
    return found


def _body(tx: Tx, seller: SellerOrder, order: Order, lines: Sequence[InvoiceLine]) -> InvoiceBody:
    details = details_of(tx, [seller.merchant_id]).get(seller.merchant_id) or LegalDetails(seller.merchant_name)
    return InvoiceBody(
        seller=details,
        buyer=order.billing or order.address,
        email=order.email,
        lines=tuple(lines),
        taxes=tax_table(lines),
        tax_included=bool(seller.tax_included),
        placed_at=seller.placed_at,
        buyer_tax_id=order.tax_id,
        reverse_charge=bool(seller.reverse_charge),
    )


def _issue(
    tx: Tx, kind: Literal["invoice", "credit_note"], seller: SellerOrder, refund_id: str, total_minor: int,
    body: InvoiceBody,
) -> None:  # fmt: skip
    if tx.one(_issued, seller_order_id=seller.id, refund_id=refund_id) is not None:
        return
    year = datetime.fromtimestamp(tx.now // SECOND, UTC).year
    number = int(tx.value(_next_number, merchant_id=seller.merchant_id, year=year))
    tx.send(
        _insert, id=tx.new_id("inv"), kind=kind, merchant_id=seller.merchant_id, year=year, number=number,
        order_id=seller.order_id, seller_order_id=seller.id, refund_id=refund_id, currency=seller.currency,
        total_minor=total_minor, body=to_json(body), issued_at=tx.now,
    )  # fmt: skip


def _order_of(snapshot: Snapshot, seller: SellerOrder) -> Order:
    order = find_order(snapshot, seller.order_id)
    assert order is not None
    return order


def _invoice(row: Any) -> Invoice:
    fields = {name: getattr(row, name) for name in Invoice.__struct_fields__}
    return Invoice(**{**fields, "body": from_json(row.body, InvoiceBody)})


_i = tables.invoices.c
_every = select(*_i)
_by_id: Prepared[Any] = prepare(_every.where(_i.id == bindparam("id")))
_of_order: Prepared[Any] = prepare(_every.where(_i.order_id == bindparam("order_id")).order_by(_i.id))
_of_seller: Prepared[Any] = prepare(
    _every.where(_i.seller_order_id == bindparam("seller_order_id"), _i.refund_id == "")
)
_issued: Prepared[Any] = prepare(
    select(_i.id).where(_i.seller_order_id == bindparam("seller_order_id"), _i.refund_id == bindparam("refund_id"))
)
_of_merchant: Prepared[Any] = prepare(
    _every.where(
        _i.merchant_id == bindparam("merchant_id"),
        or_(_i.year < bindparam("year"), and_(_i.year == bindparam("year"), _i.number < bindparam("number"))),
    )
    .order_by(_i.year.desc(), _i.number.desc())
    .limit(bindparam("most"))
)
_NAMES = [column.name for column in tables.invoices.columns]
_insert: Prepared[Any] = prepare_text(
    f"INSERT INTO orders_invoices ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
)
_next_number: Prepared[Any] = prepare_text(
    "INSERT INTO orders_invoice_numbers (merchant_id, year, last) VALUES (:merchant_id, :year, 1) "
    "ON CONFLICT (merchant_id, year) DO UPDATE SET last = orders_invoice_numbers.last + 1 RETURNING last",
    int,
)
