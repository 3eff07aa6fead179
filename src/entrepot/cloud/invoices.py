"""Invoices as they stand: what was used in a period, what paid for it, and the very rows behind each line.

An invoice sums rows in nano units and moves whole minor units. What is left below one is carried to the next invoice,
so nothing is ever rounded twice, and all invoices of a customer together come to the rows, less what the last one left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, exists, func, select, tuple_

from entrepot import pay
from entrepot.identity import Scope, require_operator
from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare

from . import tables
from .accounting import account_owner
from .billing import Party
from .rating import Tier

State = Literal["paid", "due", "overdue"]
_ABOVE_ALL = "civ_~"


class Parties(msgspec.Struct, frozen=True):
    """Who issued an invoice to whom, as it was then."""

    seller: Party
    buyer: Party


class CloudInvoice(msgspec.Struct, frozen=True):
    """An invoice for compute.

    `usage_nano` + `carried_nano` - `granted_nano` is `amount_minor` in nano units and `left_nano`, which is less than a
    minor unit. On the amount comes `tax_minor`. Of the amount `prepaid_minor` was there beforehand, and of the tax
    `aside_minor`; of `due_minor`, which is the rest of both, so far `paid_minor` was paid.
    """

    id: str
    organisation: str
    year: int
    number: int
    currency: str
    period_from: int
    period_to: int
    rows: int
    usage_nano: int
    carried_nano: int
    granted_nano: int
    left_nano: int
    amount_minor: int
    tax_minor: int
    prepaid_minor: int
    aside_minor: int
    due_minor: int
    paid_minor: int
    parties: Parties
    tax: pay.TaxDue
    issued_at: int
    due_by: int
    paid_at: int | None

    @property
    def label(self) -> str:
        """Its number as it is written."""
        return f"C-{self.year}-{self.number:06}"

    @property
    def total_minor(self) -> int:
        """What it comes to, tax and all."""
        return self.amount_minor + self.tax_minor

    def net_of(self, paid_minor: int) -> int:
        """How much of a part of what is due is for compute, in minor units; the rest is for the tax."""
        return paid_minor * (self.amount_minor - self.prepaid_minor) // self.due_minor if self.due_minor else 0

    @property
    def open_net_minor(self) -> int:
        """What is still to be paid, without tax."""
        return self.net_of(self.due_minor) - self.net_of(self.paid_minor)

    @property
    def open_minor(self) -> int:
        """What is still to be paid."""
        return self.due_minor - self.paid_minor

    def state(self, now: int) -> State:
        """Whether it is paid, or how late that is."""
        if not self.open_minor:
            return "paid"
        return "overdue" if self.due_by < now else "due"


class Invoiced(msgspec.Struct, frozen=True):
    """What an organisation's invoices wait for, without tax, and what the last one left below a minor unit."""

    open_net_minor: int
    left_nano: int


class InvoiceLine(msgspec.Struct, frozen=True):
    """What was used of one meter of a model by one version of its prices, by single calls or in batches (`tier`):
    `unit_nano` for `per` units; `price` is the sum of its rows, each rounded up by itself. `net_minor` and `tax_minor`
    are its parts of what the invoice comes to."""

    line: int
    model: str
    meter: str
    price_book: str | None
    tier: Tier
    unit_nano: int
    per: int
    rows: int
    quantity: int
    price: int
    net_minor: int
    tax_minor: int


class InvoiceRow(msgspec.Struct, frozen=True):
    """One row of usage that a line sums; `actor` is the key or the person that asked, where somebody did."""

    request: str
    attempt: int
    meter: str
    model: str
    surface: str
    ref: str | None
    actor: str | None
    quantity: int
    price: int
    usage_class: str
    price_book: str | None
    at: int


def list_cloud_invoices(
    snapshot: Snapshot, scope: Scope, *, before: str | None = None, most: int = 50
) -> list[CloudInvoice]:
    """The caller's invoices, newest first, from the one before the id `before` on."""
    return snapshot.all(_of, organisation=account_owner(scope), before=before or _ABOVE_ALL, most=most)


def list_all_invoices(
    snapshot: Snapshot, scope: Scope, *, before: str | None = None, most: int = 50
) -> list[CloudInvoice]:
    """Everybody's invoices, newest first; for the operator."""
    require_operator(scope)
    return snapshot.all(_everybodys, before=before or _ABOVE_ALL, most=most)


def get_cloud_invoice(snapshot: Snapshot, scope: Scope, invoice_id: str) -> CloudInvoice:
    """An invoice of the caller's organisation; the operator sees every one. NotFound for another's, Conflict for one
    that is being made."""
    found = snapshot.one(_one, id=invoice_id)
    whose = found.organisation if found is not None else snapshot.value(_draft, id=invoice_id)
    if whose is None or not (scope.is_operator or whose == account_owner(scope)):
        raise NotFound("There is no such invoice")
    if found is None:
        raise Conflict("This invoice is being made: there is much on it. Look again in a moment")
    return found


def read_invoices(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, CloudInvoice]:
    """These invoices, by id; one that is being made is left out."""
    return {each.id: each for each in snapshot.all(_these, ids=list(ids))}


def read_invoice(snapshot: Snapshot, invoice_id: str) -> CloudInvoice:
    """An invoice, whoever asks; NotFound when there is none."""
    return get_cloud_invoice(snapshot, Scope.system(), invoice_id)


def lines_of(snapshot: Snapshot, invoice_id: str) -> list[InvoiceLine]:
    """The lines of an invoice, for who has seen the invoice."""
    return snapshot.all(_lines, invoice_id=invoice_id)


def rows_of_line(
    snapshot: Snapshot, scope: Scope, invoice_id: str, line: int, *, after: str | None = None, most: int = 100
) -> list[InvoiceRow]:
    """The rows that a line sums, by request, behind the request and attempt named by `after`."""
    get_cloud_invoice(snapshot, scope, invoice_id)
    found = next((each for each in lines_of(snapshot, invoice_id) if each.line == line), None)
    if found is None:
        raise NotFound("There is no such line")
    request, attempt = read_place(after)
    return snapshot.all(
        _rows, invoice=invoice_id, model=found.model, meter=found.meter, price_book=found.price_book or "",
        request=request, attempt=attempt, most=most,
    )  # fmt: skip


def place_of(row: InvoiceRow) -> str:
    """The name of a row's place among those of its line: what to send as `after`."""
    return f"{row.request}.{row.attempt}"


def read_place(after: str | None) -> tuple[str, int]:
    """The request and the attempt of a place."""
    request, _, attempt = (after or "").rpartition(".")
    return (request, int(attempt)) if attempt.isascii() and attempt.isdigit() and len(attempt) < 10 else ("", 0)


def newest_invoice(snapshot: Snapshot, organisation: str) -> CloudInvoice | None:
    """The last invoice of an organisation."""
    return snapshot.one(_newest, organisation=organisation)


def list_open_invoices(snapshot: Snapshot, organisation: str) -> Sequence[CloudInvoice]:
    """The invoices of which something is due, oldest first."""
    return snapshot.all(_opened, organisation=organisation)


def invoiced_of(snapshot: Snapshot, organisations: Sequence[str]) -> dict[str, Invoiced]:
    """What the invoices of each of these organisations wait for and carry on."""
    named = list(organisations)
    left = {row.organisation: int(row.left_nano) for row in snapshot.all(_left, organisations=named)}
    due = dict.fromkeys(named, 0)
    for invoice in snapshot.all(_opened_of, organisations=named):
        due[invoice.organisation] += invoice.open_net_minor
    return {each: Invoiced(due[each], left.get(each, 0)) for each in named}


def lock_open_invoices(tx: Tx, organisation: str) -> Sequence[CloudInvoice]:
    """The invoices of which something is due, oldest first, kept from others until the commit."""
    return tx.all(_open, organisation=organisation)


def _read(*columns: Any) -> CloudInvoice:
    values = dict(zip(CloudInvoice.__struct_fields__, columns, strict=True))
    values["parties"] = from_json(values["parties"], Parties)
    values["tax"] = from_json(values["tax"], pay.TaxDue)
    return CloudInvoice(**values)


_i, _l, _u, _r = tables.invoices.c, tables.invoice_lines.c, tables.usage.c, tables.requests.c
_every = select(*(_i[name] for name in CloudInvoice.__struct_fields__))
_these: Prepared[CloudInvoice] = prepare(_every.where(in_set(_i.id, "ids")), _read)
_draft: Prepared[Any] = prepare(
    select(tables.invoice_drafts.c.organisation).where(tables.invoice_drafts.c.invoice_id == bindparam("id"))
)
_one: Prepared[CloudInvoice] = prepare(_every.where(_i.id == bindparam("id")), _read)
_page = _every.where(_i.id < bindparam("before")).order_by(_i.id.desc()).limit(bindparam("most"))
_everybodys: Prepared[CloudInvoice] = prepare(_page, _read)
_of: Prepared[CloudInvoice] = prepare(_page.where(_i.organisation == bindparam("organisation")), _read)
_due = _every.where(_i.organisation == bindparam("organisation"), _i.paid_minor < _i.due_minor).order_by(
    _i.year, _i.number
)
_opened: Prepared[CloudInvoice] = prepare(_due, _read)
_open: Prepared[CloudInvoice] = prepare(_due.with_for_update(), _read)
_opened_of: Prepared[CloudInvoice] = prepare(
    _every.where(in_set(_i.organisation, "organisations"), _i.paid_minor < _i.due_minor), _read
)
_later = tables.invoices.alias("later")
_left: Prepared[Any] = prepare(
    select(_i.organisation, _i.left_nano).where(
        in_set(_i.organisation, "organisations"),
        ~exists().where(
            _later.c.organisation == _i.organisation,
            tuple_(_later.c.year, _later.c.number) > tuple_(_i.year, _i.number),
        ),
    )
)
_newest: Prepared[CloudInvoice] = prepare(
    _every.where(_i.organisation == bindparam("organisation")).order_by(_i.year.desc(), _i.number.desc()).limit(1),
    _read,
)
_lines: Prepared[InvoiceLine] = prepare(
    select(*(_l[name] for name in InvoiceLine.__struct_fields__))
    .where(_l.invoice_id == bindparam("invoice_id"))
    .order_by(_l.line),
    InvoiceLine,
)
_behind = (_u.request >= bindparam("request")) & (  # the first part is what an index can be entered by
    (_u.request > bindparam("request")) | (_u.attempt > bindparam("attempt"))
)
ROW_COLUMNS = tuple(_r.actor if name == "actor" else _u[name] for name in InvoiceRow.__struct_fields__)
rows_with_actor = select(*ROW_COLUMNS).join_from(
    tables.usage, tables.requests, (_r.id == _u.request) & (_r.attempt == _u.attempt), isouter=True
)
_rows: Prepared[InvoiceRow] = prepare(
    rows_with_actor.where(
        _u.invoice == bindparam("invoice"),
        _u.model == bindparam("model"),
        _u.meter == bindparam("meter"),
        func.coalesce(_u.price_book, "") == bindparam("price_book"),
        _behind,
    )
    .order_by(_u.request, _u.attempt)
    .limit(bindparam("most")),
    InvoiceRow,
)
every_invoice: Prepared[CloudInvoice] = prepare(_every.order_by(_i.year, _i.number), _read)
every_line: Prepared[Any] = prepare(
    select(_l.invoice_id, *(_l[name] for name in InvoiceLine.__struct_fields__)).order_by(_l.invoice_id, _l.line)
)
