"""Issuing invoices: monthly by the clock, or when somebody asks.

1. the organisation's row is kept, so that its invoices come one after another;
2. every row of usage up to the end of the period that no invoice has, is claimed by this one. A row that was committed
   late, whatever its time, is claimed by the next, so each is billed once and none is forgotten;
3. the rows of one model, meter and version of prices make a line;
4. grants pay first, in nano units. What is left, with what the invoice before carried, is whole minor units and a rest
   below one, which is carried on;
5. what was paid beforehand pays next; the rest is due. All of it is posted in one plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, exists, func, insert, select, update

from entrepot import ledger, pay
from entrepot.identity import Scope, organisations_of, require_operator
from entrepot.kernel import DAY, Conflict, NotFound, Prepared, Snapshot, Tx, derive_id, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import accounts, netting, tables
from .accounting import account_owner
from .amounts import nano_per_minor
from .billing import Party, read_billing
from .customers import limits_of, lock_customer
from .events import InvoiceIssued
from .invoices import CloudInvoice, InvoiceLine, Parties, newest_invoice
from .meters import METERS
from .pricing import read_price_books
from .types import SHOP, Settings


class Unbilled(msgspec.Struct, frozen=True):
    """What was used and is on no invoice yet, in nano units."""

    rows: int
    price: int
    since: int | None


class Charge(msgspec.Struct, frozen=True):
    """How an amount in nano units is paid; `left_nano` is below a minor unit and carried on."""

    granted_nano: int
    left_nano: int
    amount_minor: int
    prepaid_minor: int
    due_minor: int


def charge_of(usage_nano: int, carried_nano: int, granted_nano: int, prepaid_minor: int, per_minor: int) -> Charge:
    """Grants first, in nano units; then what was paid beforehand, in whole minor units; the rest is due. Pure."""
    given = min(granted_nano, usage_nano + carried_nano)
    amount_minor, left_nano = divmod(usage_nano + carried_nano - given, per_minor)
    there = min(prepaid_minor, amount_minor)
    return Charge(given, left_nano, amount_minor, there, amount_minor - there)


def find_unbilled(snapshot: Snapshot, scope: Scope) -> Unbilled:
    """What the caller has used and is on no invoice yet."""
    return _unbilled_of(snapshot, account_owner(scope), snapshot.now + 1)


def issue_now(tx: Tx, scope: Scope, settings: Settings, organisation: str | None = None) -> CloudInvoice:
    """An invoice of what the caller's organisation has used up to now; the operator may name another's.

    Conflict when there is nothing to invoice.
    """
    if organisation is not None and organisation != scope.organisation:
        require_operator(scope)
        if organisation not in organisations_of(tx, [organisation]):
            raise NotFound("There is no such organisation")
    issued = issue(tx, organisation or account_owner(scope), settings, tx.now + 1)
    if issued is None:
        raise Conflict("There is nothing to invoice: nothing was used since the last one")
    return issued


def issue(tx: Tx, organisation: str, settings: Settings, until: int) -> CloudInvoice | None:
    """The invoice of what an organisation used before `until` and is on none yet; None when that is nothing.

    The shop's own use is invoiced to nobody: it pays the market with the market's money.
    """
    if organisation == SHOP:
        return None
    lock_customer(tx, organisation, limits_of(settings))
    if not _unbilled_of(tx, organisation, until).price:
        return None
    before = newest_invoice(tx, organisation)
    invoice_id = tx.new_id("civ")
    tx.run(_claim, invoice_=invoice_id, organisation_=organisation, until_=until)
    lines = _make_lines(tx, invoice_id)
    since = before.period_to if before else _day_of(tx.value(_first, invoice=invoice_id))
    charge = _charge(tx, organisation, settings.currency, lines, before.left_nano if before else 0)
    invoice = _compose(tx, organisation, settings, (invoice_id, since, until), lines, charge, before)
    tx.run(_insert, **msgspec.structs.asdict(invoice) | {"parties": to_json(invoice.parties)})
    tx.run_many(_insert_line, [{"invoice_id": invoice_id, **msgspec.structs.asdict(line)} for line in lines])
    ledger.post(tx, _plan(invoice) + netting.net_plan(tx, organisation, settings.currency))
    tx.announce(InvoiceIssued(invoice.id, organisation))
    return invoice


def list_due(snapshot: Snapshot, until: int) -> list[str]:
    """Who has used something before `until` that no invoice has, and has no invoice up to then; never the shop.

    What was committed late, after that month's invoice, stands on the next one: nobody gets two for one month.
    """
    return snapshot.all(_due, until=until)


def month_of(at: int) -> int:
    """When the month of a time began, UTC, in microseconds."""
    moment = datetime.fromtimestamp(at // 1_000_000, UTC)
    return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1_000_000


def _charge(tx: Tx, organisation: str, currency: str, lines: Sequence[InvoiceLine], carried: int) -> Charge:
    granted = ledger.balance_of(tx, accounts.granted(organisation, accounts.nano(currency)))
    prepaid = ledger.balance_of(tx, pay.accounts.prepaid(organisation, currency))
    used = sum(line.price for line in lines)
    return charge_of(used, carried, granted.available, prepaid.available, nano_per_minor(currency))


def _compose(
    tx: Tx, organisation: str, settings: Settings, period: tuple[str, int, int], lines: Sequence[InvoiceLine],
    charge: Charge, before: CloudInvoice | None,
) -> CloudInvoice:  # fmt: skip
    year = datetime.fromtimestamp(tx.now // 1_000_000, UTC).year
    invoice_id, since, until = period
    return CloudInvoice(
        id=invoice_id, organisation=organisation, year=year, number=int(tx.value(_next_number, year=year)),
        currency=settings.currency, period_from=since, period_to=until,
        rows=sum(line.rows for line in lines), usage_nano=sum(line.price for line in lines),
        carried_nano=before.left_nano if before else 0, paid_minor=0, parties=_parties(tx, organisation),
        issued_at=tx.now, due_by=tx.now + settings.invoice_days * DAY,
        paid_at=None if charge.due_minor else tx.now, **msgspec.structs.asdict(charge),
    )  # fmt: skip


def _parties(tx: Tx, organisation: str) -> Parties:
    """Who issues it to whom; without a name of their own, the organisations' names stand there."""
    found = read_billing(tx, [SHOP, organisation])
    named = organisations_of(tx, [organisation])
    buyer = found[organisation].party
    if not buyer.name:
        buyer = msgspec.structs.replace(buyer, name=named[organisation].name if organisation in named else organisation)
    return Parties(found[SHOP].party, Party(buyer.name, buyer.address, buyer.tax_id))


def _plan(invoice: CloudInvoice) -> ledger.Plan:
    organisation, currency, unit = invoice.organisation, invoice.currency, accounts.nano(invoice.currency)
    revenue = accounts.revenue(currency)
    parts = (
        (accounts.GRANTED, accounts.granted(organisation, unit), accounts.grants_open(unit), invoice.granted_nano),
        (accounts.INVOICE, pay.accounts.prepaid(organisation, currency), revenue, invoice.prepaid_minor),
        (accounts.DUE, accounts.receivable(organisation, currency), revenue, invoice.due_minor),
    )
    return ledger.Plan(
        tuple(
            ledger.Move(derive_id("trf", invoice.id, code), debit, credit, amount, code, invoice.id)
            for code, debit, credit, amount in parts
            if amount
        )
    )


def _make_lines(tx: Tx, invoice_id: str) -> list[InvoiceLine]:
    rows = tx.all(_grouped, invoice=invoice_id)
    books = read_price_books(tx, sorted({row.price_book for row in rows if row.price_book}))
    return [
        InvoiceLine(
            number, row.model, row.meter, row.price_book,
            books[row.price_book].tier if row.price_book else "standard",
            books[row.price_book].nano.get(row.meter, 0) if row.price_book else 0,
            METERS[row.meter].per, int(row.rows), int(row.quantity), int(row.price),
        )
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip


def _unbilled_of(snapshot: Snapshot, organisation: str, until: int) -> Unbilled:
    if organisation == SHOP:
        return Unbilled(0, 0, None)
    row = snapshot.one(_unbilled, organisation=organisation, until=until)
    return Unbilled(int(row.rows), int(row.price or 0), row.since) if row is not None else Unbilled(0, 0, None)


def _day_of(at: Any) -> int:
    return int(at) - int(at) % DAY


_u, _c, _i = tables.usage.c, tables.customers.c, tables.invoices.c
_mine = (_u.organisation == bindparam("organisation"), _u.invoice.is_(None), _u.at < bindparam("until"))
_unbilled: Prepared[Any] = prepare(
    select(func.count().label("rows"), func.sum(_u.price).label("price"), func.min(_u.at).label("since")).where(*_mine)
)
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
_claim: Prepared[Any] = prepare(
    update(tables.usage)
    .where(_u.organisation == bindparam("organisation_"), _u.invoice.is_(None), _u.at < bindparam("until_"))
    .values(invoice=bindparam("invoice_"))
)
_first: Prepared[Any] = prepare(select(func.min(_u.at).label("at")).where(_u.invoice == bindparam("invoice")))
_grouped: Prepared[Any] = prepare(
    select(
        _u.model, _u.meter, _u.price_book, func.count().label("rows"), func.sum(_u.quantity).label("quantity"),
        func.sum(_u.price).label("price"),
    )
    .where(_u.invoice == bindparam("invoice"))
    .group_by(_u.model, _u.meter, _u.price_book)
    .order_by(_u.model, _u.meter, _u.price_book)
)  # fmt: skip
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
