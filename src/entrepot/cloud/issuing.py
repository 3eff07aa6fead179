"""Issuing invoices: monthly by the clock, or when somebody asks.

1. the organisation's row is kept, so that its invoices come one after another;
2. every row of usage up to the end of the period that no invoice has, is claimed by this one, a slice at a time
   (`claiming`). A row that was committed late, whatever its time, is claimed by the next, so each is billed once and
   none is forgotten;
3. the rows of one model, meter and version of prices make a line;
4. grants pay first, in nano units. What is left, with what the invoice before carried, is whole minor units and a rest
   below one, which is carried on;
5. the tax comes on the whole minor units, once;
6. what was paid beforehand pays next, and what was set aside for the tax pays that; the rest is due. All of it is
   posted in one plan.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, exists, insert, select

from entrepot import ledger, pay
from entrepot.identity import Scope, organisations_of, require_operator
from entrepot.kernel import (
    DAY,
    Conflict,
    Database,
    Lane,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    derive_id,
    prepare,
    split,
    to_json,
)
from entrepot.kernel.sql import prepare_text

from . import accounts, netting, tables
from .accounting import account_owner
from .amounts import nano_per_minor
from .billing import read_billing, read_issuer
from .claiming import (
    SLICE,
    Draft,
    begin_draft,
    claim_slice,
    end_draft,
    is_long,
    list_drafts,
    lock_draft,
)
from .customers import limits_of, lock_customer
from .events import InvoiceIssued
from .grants import use_up
from .invoices import CloudInvoice, InvoiceLine, Parties, newest_invoice
from .meters import METERS
from .pricing import read_price_books
from .taxing import tax_of_customer
from .types import SHOP, Settings

TASK = "cloud.invoice"
AT_ONCE = 4 * SLICE
"""So many rows are invoiced while somebody waits; more are left to a task."""
NOTHING = "There is nothing to invoice: nothing was used since the last one"


class Charge(msgspec.Struct, frozen=True):
    """How an amount in nano units is paid, without and with the tax on it; `left_nano` is below a minor unit and
    carried on."""

    granted_nano: int
    left_nano: int
    amount_minor: int
    prepaid_minor: int
    due_minor: int
    tax_minor: int = 0
    aside_minor: int = 0
    tax: pay.TaxDue = pay.TaxDue()


class MakeInvoice(msgspec.Struct, frozen=True):
    """The task that makes an invoice of which a draft was begun."""

    organisation: str


def charge_of(usage_nano: int, carried_nano: int, granted_nano: int, prepaid_minor: int, per_minor: int) -> Charge:
    """Grants first, in nano units; then what was paid beforehand, in whole minor units; the rest is due. Pure."""
    given = min(granted_nano, usage_nano + carried_nano)
    amount_minor, left_nano = divmod(usage_nano + carried_nano - given, per_minor)
    there = min(prepaid_minor, amount_minor)
    return Charge(given, left_nano, amount_minor, there, amount_minor - there)


def with_tax(charge: Charge, tax: pay.TaxDue, aside_minor: int) -> Charge:
    """A charge with the tax on its amount: paid by what was set aside for it, the rest is due. Pure."""
    tax_minor = tax.on(charge.amount_minor)
    there = min(aside_minor, tax_minor)
    return msgspec.structs.replace(
        charge, tax=tax, tax_minor=tax_minor, aside_minor=there, due_minor=charge.due_minor + tax_minor - there
    )


def issue_now(tx: Tx, scope: Scope, settings: Settings, organisation: str | None = None) -> CloudInvoice:
    """An invoice of what the caller's organisation has used up to now; the operator may name another's.

    Conflict when there is nothing to invoice.
    """
    issued = issue(tx, _named(tx, scope, organisation), settings, tx.now + 1)
    if issued is None:
        raise Conflict(NOTHING)
    return issued


def request_invoice(tx: Tx, scope: Scope, settings: Settings, organisation: str | None = None) -> str:
    """The same, whatever there is on it: returns the invoice's id, at once. Where much is to be claimed, a task makes
    it, and until then it is not to be read."""
    named = _named(tx, scope, organisation)
    lock_customer(tx, named, limits_of(settings))
    until = tx.now + 1
    if lock_draft(tx, named) is None and not is_long(tx, named, until, AT_ONCE):
        return issue_now(tx, scope, settings, organisation).id
    draft = begin_draft(tx, named, until)
    if draft is None:
        raise Conflict(NOTHING)
    tx.enqueue(TASK, MakeInvoice(named), key=draft.invoice_id)
    return draft.invoice_id


def issue(tx: Tx, organisation: str, settings: Settings, until: int) -> CloudInvoice | None:
    """The invoice of what an organisation used before `until` and is on none yet; None when that is nothing. In one
    transaction: for what is not much.

    The shop's own use is invoiced to nobody: it pays the market with the market's money.
    """
    if not begin(tx, organisation, settings, until):
        return None
    while True:
        claimed = claim_slice(tx, organisation)
        if claimed is None or claimed[1]:
            return finish(tx, organisation, settings)


def issue_in_slices(database: Database, organisation: str, settings: Settings, until: int) -> CloudInvoice | None:
    """The same, in as many transactions as it takes, each of which may be the last one before a crash: who calls this
    again goes on where it ended."""
    if not database.write_now(lambda tx: begin(tx, organisation, settings, until), Lane.BULK):
        return None
    while True:
        claimed = database.write_now(lambda tx: claim_slice(tx, organisation), Lane.BULK)
        if claimed is None or claimed[1]:
            return database.write_now(lambda tx: finish(tx, organisation, settings), Lane.BULK)


def begin(tx: Tx, organisation: str, settings: Settings, until: int) -> bool:
    """Begin an invoice, or find the one that was begun; False when there is nothing to invoice."""
    if organisation == SHOP:
        return False
    lock_customer(tx, organisation, limits_of(settings))
    return begin_draft(tx, organisation, until) is not None


def finish(tx: Tx, organisation: str, settings: Settings) -> CloudInvoice | None:
    """Make the invoice of a draft; what was committed since the last slice is claimed here. None when another process
    has made it."""
    lock_customer(tx, organisation, limits_of(settings))
    claimed = claim_slice(tx, organisation, 2**31)
    if claimed is None:
        return None
    draft, before = claimed[0], newest_invoice(tx, organisation)
    invoice = _compose(tx, settings, draft, before)
    lines = _make_lines(tx, draft, invoice)
    tx.run(
        _insert, **msgspec.structs.asdict(invoice) | {"parties": to_json(invoice.parties), "tax": to_json(invoice.tax)}
    )
    tx.run_many(_insert_line, [{"invoice_id": invoice.id, **msgspec.structs.asdict(line)} for line in lines])
    use_up(tx, organisation, invoice.granted_nano)
    end_draft(tx, draft)
    ledger.post(tx, _plan(invoice) + netting.net_plan(tx, organisation, settings.currency))
    tx.announce(InvoiceIssued(invoice.id, organisation))
    return invoice


def list_due(snapshot: Snapshot, until: int) -> list[str]:
    """Who has used something before `until` that no invoice has, and has no invoice up to then; never the shop. And
    whose invoice was begun and not made.

    What was committed late, after that month's invoice, stands on the next one: nobody gets two for one month.
    """
    return list(
        dict.fromkeys([*(each.organisation for each in list_drafts(snapshot)), *snapshot.all(_due, until=until)])
    )


def month_of(at: int) -> int:
    """When the month of a time began, UTC, in microseconds."""
    moment = datetime.fromtimestamp(at // 1_000_000, UTC)
    return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1_000_000


def _named(tx: Tx, scope: Scope, organisation: str | None) -> str:
    if organisation is not None and organisation != scope.organisation:
        require_operator(scope)
        if organisation not in organisations_of(tx, [organisation]):
            raise NotFound("There is no such organisation")
    return organisation or account_owner(scope)


def _charge(tx: Tx, draft: Draft, currency: str, carried: int) -> Charge:
    organisation, unit = draft.organisation, accounts.nano(currency)
    granted, prepaid, aside = (
        accounts.granted(organisation, unit), pay.accounts.prepaid(organisation, currency),
        accounts.tax_aside(organisation, currency),
    )  # fmt: skip
    found = ledger.balances_of(tx, [granted, prepaid, aside])
    charge = charge_of(
        draft.price, carried, found[granted.id].available, found[prepaid.id].available, nano_per_minor(currency)
    )
    return with_tax(charge, tax_of_customer(tx, organisation), found[aside.id].available)


def _compose(tx: Tx, settings: Settings, draft: Draft, before: CloudInvoice | None) -> CloudInvoice:
    year = datetime.fromtimestamp(tx.now // 1_000_000, UTC).year
    carried = before.left_nano if before else 0
    charge = _charge(tx, draft, settings.currency, carried)
    return CloudInvoice(
        id=draft.invoice_id, organisation=draft.organisation, year=year,
        number=int(tx.value(_next_number, year=year)), currency=settings.currency,
        period_from=before.period_to if before else _day_of(draft.since), period_to=draft.until, rows=draft.rows,
        usage_nano=draft.price, carried_nano=carried, paid_minor=0, parties=_parties(tx, draft.organisation),
        issued_at=tx.now, due_by=tx.now + settings.invoice_days * DAY,
        paid_at=None if charge.due_minor else tx.now, **msgspec.structs.asdict(charge),
    )  # fmt: skip


def _parties(tx: Tx, organisation: str) -> Parties:
    """Who issues it to whom; without a name of their own, the organisations' names stand there."""
    named = organisations_of(tx, [organisation])
    buyer = read_billing(tx, [organisation])[organisation].party
    if not buyer.name:
        buyer = msgspec.structs.replace(buyer, name=named[organisation].name if organisation in named else organisation)
    return Parties(read_issuer(tx), msgspec.structs.replace(buyer, note=""))


def _plan(invoice: CloudInvoice) -> ledger.Plan:
    organisation, currency, unit = invoice.organisation, invoice.currency, accounts.nano(invoice.currency)
    revenue, tax, owed = accounts.revenue(currency), accounts.tax(currency), accounts.receivable(organisation, currency)
    due_net_minor = invoice.amount_minor - invoice.prepaid_minor
    parts = (
        (accounts.GRANTED, accounts.granted(organisation, unit), accounts.grants_open(unit), invoice.granted_nano),
        (accounts.INVOICE, pay.accounts.prepaid(organisation, currency), revenue, invoice.prepaid_minor),
        (accounts.DUE, owed, revenue, due_net_minor),
        (accounts.TAX, accounts.tax_aside(organisation, currency), tax, invoice.aside_minor),
        (accounts.TAX_DUE, owed, tax, invoice.tax_minor - invoice.aside_minor),
    )
    return ledger.Plan(
        tuple(
            ledger.Move(derive_id("trf", invoice.id, code), debit, credit, amount, code, invoice.id)
            for code, debit, credit, amount in parts
            if amount
        )
    )


def _make_lines(tx: Tx, draft: Draft, invoice: CloudInvoice) -> list[InvoiceLine]:
    """A line for each sum, with its part of the amount and of the tax, by what it cost."""
    books = read_price_books(tx, sorted({each.price_book for each in draft.sums if each.price_book}))
    weights = [each.price for each in draft.sums]
    shared = zip(draft.sums, split(invoice.amount_minor, weights), split(invoice.tax_minor, weights), strict=True)
    return [
        InvoiceLine(
            number, each.model, each.meter, each.price_book,
            books[each.price_book].tier if each.price_book else "standard",
            books[each.price_book].nano.get(each.meter, 0) if each.price_book else 0,
            METERS[each.meter].per, each.rows, each.quantity, each.price, net_minor, tax_minor,
        )
        for number, (each, net_minor, tax_minor) in enumerate(shared, 1)
    ]  # fmt: skip


def _day_of(at: Any) -> int:
    return int(at) - int(at) % DAY


_u, _c, _i = tables.usage.c, tables.customers.c, tables.invoices.c
_due: Prepared[str] = prepare(
    select(_c.organisation)
    .where(
        _c.organisation != SHOP,
        exists().where(
            _u.organisation == _c.organisation, _u.invoice.is_(None), _u.at < bindparam("until"), _u.price > 0
        ),
        ~exists().where(_i.organisation == _c.organisation, _i.period_to >= bindparam("until")),
    )
    .order_by(_c.organisation),
    str,
)
_insert: Prepared[Any] = prepare(
    insert(tables.invoices).values({column.name: bindparam(column.name) for column in tables.invoices.columns})
)
_insert_line: Prepared[Any] = prepare(
    insert(tables.invoice_lines).values(
        {column.name: bindparam(column.name) for column in tables.invoice_lines.columns}
    )
)
_next_number: Prepared[Any] = prepare_text(
    "INSERT INTO cloud_invoice_numbers (year, last) VALUES (:year, 1) "
    "ON CONFLICT (year) DO UPDATE SET last = cloud_invoice_numbers.last + 1 RETURNING last"
)
