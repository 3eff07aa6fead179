"""Exports of what was used: our own table, which replays to the bill by itself, and FOCUS, which FinOps tools read.

Made a page at a time while it is sent, so that a year of calls takes no more memory than an hour. Rows come in the
order of their time; a page begins behind the last row of the one before.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import msgspec
from sqlalchemy import and_, bindparam, func, or_, select

from entrepot import pay
from entrepot.identity import Scope, keys_of, organisations_of, require_operator, users_of
from entrepot.kernel import Database, Invalid, Prepared, Snapshot, guarded, prepare, to_rfc3339

from . import focus, tables
from .accounting import account_owner
from .amounts import write_nano
from .billing import read_issuer
from .invoices import CloudInvoice, InvoiceRow, get_cloud_invoice, read_invoices, rows_with_actor
from .meters import METERS
from .pricing import read_price_books
from .rating import PriceBook, Tier

T = TypeVar("T")
Format = Literal["csv", "focus"]
FORMATS: tuple[Format, ...] = ("csv", "focus")
PAGE = 1_000

COLUMNS = (
    "request", "attempt", "at", "organisation", "model", "meter", "quantity", "unit", "price_book", "tier", "price",
    "per", "cost", "cost_nano", "currency", "tax_percent", "class", "surface", "ref", "actor", "invoice",
)  # fmt: skip
"""Of our own table. `price` is quoted for `per` units, `cost` that times the quantity, rounded up to a whole nano
unit, both without tax; `tax_percent` is the rate that the row's invoice puts on it."""


class ExportWish(msgspec.Struct, frozen=True):
    """Whose use of which time (from `since` up to, not including, `until`), or the rows of one invoice."""

    format: Format
    currency: str
    since: int = 0
    until: int = 2**62
    invoice: str | None = None
    organisation: str | None = None


class Exported(InvoiceRow, frozen=True):
    """A row with whose it is and which invoice bills it."""

    organisation: str = ""
    invoice: str | None = None


class Pages:
    """What a page of rows needs beside them, read as it is needed and kept: prices, invoices, names."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.books: dict[str, PriceBook] = {}
        self.invoices: dict[str, CloudInvoice] = {}
        self.names: dict[str, str] = {}
        self.callers: dict[str, str] = {}
        self.issuer = ""

    def read(self, snapshot: Snapshot, rows: Sequence[Exported]) -> None:
        """Read what these rows speak of and was not read before."""
        books = {row.price_book for row in rows if row.price_book} - self.books.keys()
        if books:
            self.books |= read_price_books(snapshot, sorted(books))
        invoices = {row.invoice for row in rows if row.invoice} - self.invoices.keys()
        if invoices:
            self.invoices |= read_invoices(snapshot, sorted(invoices))
        named = {row.organisation for row in rows} - self.names.keys()
        if named:
            found = organisations_of(snapshot, sorted(named))
            self.names |= {each: found[each].name if each in found else each for each in named}
        called = {row.actor for row in rows if row.actor} - self.callers.keys()
        if called:
            self.callers |= _names_of(snapshot, sorted(called))
        self.issuer = self.issuer or read_issuer(snapshot).name or "Entrepot"

    def price(self, row: Exported) -> int:
        """The quoted price of a row's meter, in nano units; zero without a price."""
        return self.books[row.price_book].nano.get(row.meter, 0) if row.price_book else 0

    def invoice(self, row: Exported) -> str:
        """The invoice that bills a row; empty while there is none, or it is being made."""
        return row.invoice if row.invoice is not None and row.invoice in self.invoices else ""

    def tax(self, row: Exported) -> str:
        """The rate of tax that its invoice puts on a row; empty while it is on none."""
        invoice = self.invoices.get(row.invoice or "")
        return pay.percent_of(invoice.tax.ppm) if invoice else ""

    def tier(self, row: Exported) -> Tier:
        """Whether a row was rated as a call by itself or as one of a batch."""
        return self.books[row.price_book].tier if row.price_book else "standard"


def export_usage(database: Database, scope: Scope, wish: ExportWish) -> Iterator[bytes]:
    """A CSV file, a piece for each page. The caller's own rows; the operator may name anybody's, or none for all.

    FOCUS adds a row for each grant that paid and each rest that was carried, so that the billed costs of an invoice sum
    to what it moved.
    """
    if wish.format not in FORMATS:
        raise Invalid(f"There is no format {wish.format}: there are {', '.join(FORMATS)}")
    organisation = _whose(database, scope, wish)
    pages = Pages(wish.currency)
    yield _lines([COLUMNS if wish.format == "csv" else focus.COLUMNS])
    make: Callable[[Pages, Exported], Sequence[str]] = csv_row if wish.format == "csv" else focus_row
    for rows in _pages(database, organisation, wish, pages):
        yield _lines([make(pages, row) for row in rows])
    if wish.format == "focus":
        yield _lines(_beside_usage(database, organisation, wish, pages))


def csv_row(pages: Pages, row: Exported) -> Sequence[str]:
    """A row of our own table."""
    kind = METERS[row.meter]
    return (
        row.request, str(row.attempt), to_rfc3339(row.at), row.organisation, guarded(row.model), row.meter,
        str(row.quantity), kind.unit, row.price_book or "", pages.tier(row), write_nano(pages.price(row)),
        str(kind.per), write_nano(row.price), str(row.price), pages.currency, pages.tax(row), row.usage_class,
        guarded(row.surface), guarded(row.ref or ""), row.actor or "", pages.invoice(row),
    )  # fmt: skip


def focus_row(pages: Pages, row: Exported) -> Sequence[str]:
    """A row of FOCUS."""
    invoice = pages.invoices.get(row.invoice or "")
    return focus.usage_row(
        row, organisation=row.organisation, name=guarded(pages.names[row.organisation]),
        caller=guarded(pages.callers.get(row.actor or "", "")), issuer=pages.issuer, currency=pages.currency,
        unit_nano=pages.price(row), tier=pages.tier(row), invoice=invoice,
    )  # fmt: skip


def _names_of(snapshot: Snapshot, callers: list[str]) -> dict[str, str]:
    """What keys and people are called who called; nothing for those that are no longer there."""
    known = {each: name for each, (name, _) in keys_of(snapshot, callers).items()}
    known |= {each: user.name for each, user in users_of(snapshot, callers).items()}
    return {each: known.get(each, "") for each in callers}


def _whose(database: Database, scope: Scope, wish: ExportWish) -> str | None:
    if wish.invoice is not None:
        invoice_id = wish.invoice
        return database.read_now(lambda s: get_cloud_invoice(s, scope, invoice_id)).organisation
    if not scope.is_operator and wish.organisation in (None, scope.organisation):
        return account_owner(scope)
    require_operator(scope)
    return wish.organisation


def _pages(
    database: Database, organisation: str | None, wish: ExportWish, pages: Pages
) -> Iterator[Sequence[Exported]]:
    statement = _statements[organisation is not None, wish.invoice is not None]
    since, until = _bounds(database, wish)
    place: dict[str, Any] = {"at": since, "request": "", "attempt": 0, "meter": ""}
    while True:
        params = {**place, "until": until, "most": PAGE}
        if organisation is not None:
            params["organisation"] = organisation
        if wish.invoice is not None:
            params["invoice"] = wish.invoice

        def page(snapshot: Snapshot, params: dict[str, Any] = params) -> list[Exported]:
            rows = snapshot.all(statement, **params)
            pages.read(snapshot, rows)
            return rows

        rows = database.read_now(page)
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        last = rows[-1]
        place = {"at": last.at, "request": last.request, "attempt": last.attempt, "meter": last.meter}


def _bounds(database: Database, wish: ExportWish) -> tuple[int, int]:
    """The time to look in: an invoice's rows are looked for between its first and its last one."""
    if wish.invoice is None:
        return wish.since, wish.until
    row = database.read_now(lambda s: s.one(_span, invoice=wish.invoice))
    return (row.first, row.last + 1) if row is not None and row.first is not None else (0, 0)


def _beside_usage(database: Database, organisation: str | None, wish: ExportWish, pages: Pages) -> list[Sequence[str]]:
    """Grants and rests of the invoice, or of those whose period ended in the time that was asked for."""

    def read(snapshot: Snapshot) -> list[Sequence[str]]:
        found = (
            [get_cloud_invoice(snapshot, Scope.system(), wish.invoice)]
            if wish.invoice is not None
            else [
                get_cloud_invoice(snapshot, Scope.system(), row.id)
                for row in snapshot.all(_ended, since=wish.since, until=wish.until, organisation=organisation or "")
            ]
        )
        named = organisations_of(snapshot, sorted({each.organisation for each in found}))
        return [
            row
            for invoice in found
            for row in focus.beside_rows(
                invoice, guarded(named[invoice.organisation].name if invoice.organisation in named else ""),
                pages.issuer or "Entrepot",
            )
        ]  # fmt: skip

    return database.read_now(read)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


_u, _i = tables.usage.c, tables.invoices.c
_behind = or_(
    _u.at > bindparam("at"),
    and_(_u.at == bindparam("at"), _u.request > bindparam("request")),
    and_(_u.at == bindparam("at"), _u.request == bindparam("request"), _u.attempt > bindparam("attempt")),
    and_(
        _u.at == bindparam("at"),
        _u.request == bindparam("request"),
        _u.attempt == bindparam("attempt"),
        _u.meter > bindparam("meter"),
    ),
)


def _statement(of_one: bool, of_invoice: bool) -> Prepared[Exported]:
    query = (
        rows_with_actor.add_columns(_u.organisation, _u.invoice)
        .where(_u.at >= bindparam("at"), _behind, _u.at < bindparam("until"))
        .order_by(_u.at, _u.request, _u.attempt, _u.meter)
        .limit(bindparam("most"))
    )
    if of_one:
        query = query.where(_u.organisation == bindparam("organisation"))
    if of_invoice:
        query = query.where(func.coalesce(_u.invoice, "") == bindparam("invoice"))  # by time, as it is ordered
    return prepare(query, Exported)


_statements = {(one, invoice): _statement(one, invoice) for one in (True, False) for invoice in (True, False)}
_span: Prepared[Any] = prepare(
    select(func.min(_u.at).label("first"), func.max(_u.at).label("last")).where(_u.invoice == bindparam("invoice"))
)
_ended: Prepared[Any] = prepare(
    tables.invoices.select()
    .with_only_columns(_i.id)
    .where(
        _i.period_to > bindparam("since"),
        _i.period_to <= bindparam("until"),
        or_(bindparam("organisation", type_=_i.organisation.type) == "", _i.organisation == bindparam("organisation")),
    )
    .order_by(_i.id)
)
