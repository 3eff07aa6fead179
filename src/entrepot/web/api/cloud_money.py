"""The money of compute: credit and top-ups, budgets and alerts, invoices with their rows, exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from litestar.params import QueryParameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import cloud, identity, pay
from entrepot.kernel import Invalid, Snapshot, Tx, from_rfc3339
from entrepot.ledger import AMOUNT_MAX

from ..downloads import download
from ..endpoints import endpoint
from ..params import NO_NUL, After, Amount, Id, Key, Line, Most, Name, OptionalKey, Token
from ..visit import CurrentVisit, Visit
from ..wire import Done, Listed, Made, listed

Nano = Annotated[int, Meta(ge=0, le=AMOUNT_MAX, description="Thousand-millionths of the home currency")]
Bps = Annotated[int, Meta(ge=1, le=10_000, description="Hundredths of a percent")]
ModelName = Annotated[str, QueryParameter(name="model", min_length=1, max_length=200, pattern=NO_NUL)]
LineNumber = Annotated[int, QueryParameter(name="line", ge=1, le=1_000_000)]
WantedFormat = Annotated[Literal["csv", "focus"], QueryParameter(name="format")]
PARTY = ("name", "address", "tax_id", "country", "region")
TIME = r"^[0-9]{4}-[0-9]{2}(-[0-9]{2}(T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2}))?)?$"
Since = Annotated[str, QueryParameter(name="since", pattern=TIME, description="2026-01, 2026-01-31 or RFC 3339; UTC")]
Until = Annotated[str, QueryParameter(name="until", pattern=TIME, description="The same; not included")]


class CreditView(msgspec.Struct, frozen=True):
    """What your organisation can spend and owes, how that came about, and how it is billed and taxed; what of it could
    be paid back now, and which grants end when."""

    currency: str
    standing: cloud.Standing
    billing: cloud.Billing
    tax: pay.TaxDue
    repayable: cloud.Repayable
    grants: list[cloud.Lasting]
    movements: list[cloud.Movement]


class TopUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Credit to be paid for, in minor units of the home currency, by a processor's method. The tax comes on top."""

    amount_minor: Amount
    method: Token


class TopUpView(msgspec.Struct, frozen=True):
    """A top-up as it stands, and what somebody has to do before its money can come."""

    topup: cloud.Topup
    action: pay.Action | None


class SetBilling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands on your invoices and where you are taxed, the credit below which you are told, and whether your sales
    pay what is due. What is left out stays."""

    name: Annotated[str, Meta(max_length=200)] | None = None
    address: Annotated[str, Meta(max_length=1_000)] | None = None
    tax_id: Annotated[str, Meta(max_length=200)] | None = None
    country: Annotated[str, Meta(pattern=r"^([A-Z]{2})?$")] | None = None
    region: Annotated[str, Meta(max_length=200)] | None = None
    alert_below: Nano | None = None
    netted: bool | None = None


class AskRepayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Credit that was paid and not used, to be paid back: in minor units, without the tax, which goes with it."""

    amount_minor: Amount


class SetBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bound on what is spent in a period, by every key or by one."""

    name: Name
    amount: Nano
    period: cloud.Period = "month"
    key_id: Line | None = None
    alert_bps: Annotated[list[Bps], Meta(max_length=5)] = msgspec.field(default_factory=lambda: [8_000, 10_000])


class ChangeBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another amount from now on, and other thresholds where they are given."""

    amount: Nano
    alert_bps: Annotated[list[Bps], Meta(max_length=5)] | None = None


class Budgets(msgspec.Struct, frozen=True):
    """Your budgets as they stand in their present periods, in nano units."""

    budgets: list[cloud.BudgetState]


class CloudInvoiceView(msgspec.Struct, frozen=True):
    """An invoice with its lines."""

    label: str
    open_minor: int
    invoice: cloud.CloudInvoice
    lines: list[cloud.InvoiceLine]


class PriceBooks(msgspec.Struct, frozen=True):
    """Every version of a model's prices, the latest to begin first."""

    books: list[cloud.PriceBook]


@endpoint("GET", "/api/cloud/credit", access="member")
async def read_credit(visit: Visit) -> CreditView:
    """What your organisation can spend on compute, what that is made of, and what it owes."""
    scope, currency = visit.scope, currency_of(visit)
    return CreditView(
        currency,
        await visit.read(lambda s: cloud.read_standing(s, scope, currency)),
        await visit.read(lambda s: cloud.get_billing(s, scope)),
        await visit.read(lambda s: cloud.get_tax(s, scope)),
        await visit.read(lambda s: repayable_of(s, scope, currency)),
        await visit.read(lambda s: cloud.list_lasting(s, scope, currency)),
        await visit.read(lambda s: cloud.list_movements(s, scope, currency)),
    )


@endpoint("PUT", "/api/cloud/billing", asks=SetBilling, access="member")
async def set_billing(visit: Visit, asked: SetBilling, key: OptionalKey = None) -> cloud.Billing:
    """Say how your organisation is billed from now on."""
    scope = visit.scope

    def command(tx: Tx) -> cloud.Billing:
        known = cloud.get_billing(tx, scope)
        given = {name: text for name in PARTY if (text := getattr(asked, name)) is not None}
        if given:
            cloud.save_party(tx, scope, msgspec.structs.replace(known.party, **given))
        if asked.alert_below is not None:
            cloud.set_credit_alert(tx, scope, asked.alert_below)
        if asked.netted is not None:
            cloud.set_netting(tx, scope, asked.netted)
        return cloud.get_billing(tx, scope)

    return await visit.once(key, command, cloud.Billing)


@endpoint("POST", "/api/cloud/topups", asks=TopUp, access="member")
async def top_up(visit: Visit, asked: TopUp, key: Key) -> cloud.Topup:
    """Pay for credit. The same key pays once; the credit is there once the state is `paid`."""
    return await begin_topup(visit, asked.amount_minor, asked.method, key)


@endpoint("GET", "/api/cloud/topups", access="member")
async def list_topups(visit: Visit, after: After = None, most: Most = 50) -> Listed[cloud.Topup]:
    """Your organisation's top-ups, newest first."""
    found = await visit.read(lambda s: cloud.list_topups(s, visit.scope, before=after, most=most + 1))
    return listed(found, most, lambda topup: topup.id)


@endpoint("GET", "/api/cloud/topups/{topup_id:str}", access="member")
async def get_topup(visit: Visit, topup_id: Id) -> TopUpView:
    """A top-up, and what is to be done for its money to come."""
    return TopUpView(
        await visit.read(lambda s: cloud.get_topup(s, visit.scope, topup_id)),
        await visit.read(lambda s: cloud.find_topup_action(s, visit.scope, topup_id)),
    )


@endpoint("DELETE", "/api/cloud/topups/{topup_id:str}", access="member")
async def cancel_topup(visit: Visit, topup_id: Id) -> Done:
    """Give up a top-up whose money has not come."""
    await visit.write(lambda tx: cloud.cancel_topup(tx, visit.scope, topup_id))
    return Done()


@endpoint("GET", "/api/cloud/budgets", access="member")
async def list_budgets(visit: Visit) -> Budgets:
    """Your organisation's budgets: what is spent, held and left of each."""
    return Budgets(await visit.read(lambda s: cloud.list_budgets(s, visit.scope)))


@endpoint("POST", "/api/cloud/budgets", asks=SetBudget, access="member")
async def add_budget(visit: Visit, asked: SetBudget, key: OptionalKey = None) -> cloud.Budget:
    """Set a bound that no call passes, however many come at once."""

    def command(tx: Tx) -> cloud.Budget:
        return cloud.add_budget(
            tx, visit.scope, asked.name, asked.amount, asked.period, key_id=asked.key_id, alert_bps=asked.alert_bps
        )

    return await visit.once(key, command, cloud.Budget)


@endpoint("PUT", "/api/cloud/budgets/{budget_id:str}", asks=ChangeBudget, access="member")
async def change_budget(visit: Visit, budget_id: Id, asked: ChangeBudget, key: OptionalKey = None) -> Made:
    """Another amount or other thresholds, from now on."""

    def command(tx: Tx) -> Made:
        cloud.change_budget(tx, visit.scope, budget_id, asked.amount, asked.alert_bps)
        return Made(budget_id)

    return await visit.once(key, command, Made)


@endpoint("DELETE", "/api/cloud/budgets/{budget_id:str}", access="member")
async def end_budget(visit: Visit, budget_id: Id) -> Made:
    """Bound nothing by it any more."""
    await visit.write(lambda tx: cloud.end_budget(tx, visit.scope, budget_id))
    return Made(budget_id)


@endpoint("GET", "/api/cloud/repayments", access="member")
async def list_repayments(visit: Visit, after: After = None, most: Most = 50) -> Listed[cloud.Repayment]:
    """Credit that your organisation asked back, newest first."""
    found = await visit.read(lambda s: cloud.list_repayments(s, visit.scope, before=after, most=most + 1))
    return listed(found, most, lambda each: each.id)


@endpoint("POST", "/api/cloud/repayments", asks=AskRepayment, access="member")
async def ask_repayment(visit: Visit, asked: AskRepayment, key: Key) -> cloud.Repayment:
    """Ask for credit back that was paid and is not used. It goes back the way that it was paid."""
    return await begin_repayment(visit, asked.amount_minor, key)


@endpoint("DELETE", "/api/cloud/repayments/{repayment_id:str}", access="member")
async def withdraw_repayment(visit: Visit, repayment_id: Id) -> cloud.Repayment:
    """Keep the credit after all."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    return await visit.write(lambda tx: cloud.withdraw_repayment(tx, scope, repayment_id, settings))


@endpoint("GET", "/api/cloud/invoices", access="member")
async def list_cloud_invoices(visit: Visit, after: After = None, most: Most = 50) -> Listed[cloud.CloudInvoice]:
    """Your organisation's invoices for compute, newest first."""
    found = await visit.read(lambda s: cloud.list_cloud_invoices(s, visit.scope, before=after, most=most + 1))
    return listed(found, most, lambda invoice: invoice.id)


@endpoint("POST", "/api/cloud/invoices", access="member")
async def issue_cloud_invoice(visit: Visit, key: Key) -> CloudInvoiceView:
    """Invoice what was used up to now. The months are invoiced by themselves.

    Where there is much on it, this answers with 409 while it is made: the same request, with the same key, gives it
    when it is.
    """
    made = await issue(visit, key)
    return await _view(visit, made.id)


@endpoint("GET", "/api/cloud/invoices/{cloud_invoice_id:str}", access="member")
async def get_cloud_invoice(visit: Visit, cloud_invoice_id: Id) -> CloudInvoiceView:
    """An invoice with its lines."""
    return await _view(visit, cloud_invoice_id)


@endpoint("GET", "/api/cloud/invoices/{cloud_invoice_id:str}/rows", access="member")
async def list_invoice_rows(
    visit: Visit, cloud_invoice_id: Id, line: LineNumber = 1, after: After = None, most: Most = 100
) -> Listed[cloud.InvoiceRow]:
    """The very rows of usage that a line sums."""
    found = await visit.read(
        lambda s: cloud.rows_of_line(s, visit.scope, cloud_invoice_id, line, after=after, most=most + 1)
    )
    return listed(found, most, cloud.place_of)


@endpoint("GET", "/api/cloud/invoices/{cloud_invoice_id:str}/export", access="member", answers="text/csv")
async def export_invoice(visit: Visit, cloud_invoice_id: Id, wanted: WantedFormat = "csv") -> Stream:
    """The rows of an invoice: our own table, which replays to the bill, or FOCUS 1.2."""
    wish = cloud.ExportWish(wanted, currency_of(visit), invoice=cloud_invoice_id)
    return await send_export(visit, wish, cloud_invoice_id)


@endpoint("GET", "/api/cloud/export", access="member", answers="text/csv")
async def export_usage(
    visit: Visit, wanted: WantedFormat = "csv", since: Since = "1970-01", until: Until = "9999-12"
) -> Stream:
    """What your organisation used in a time, a row for each meter of each call."""
    wish = cloud.ExportWish(wanted, currency_of(visit), read_time(since), read_time(until))
    return await send_export(visit, wish, "usage")


@endpoint("GET", "/api/cloud/prices", access="member")
async def list_price_books(visit: Visit, model: ModelName) -> PriceBooks:
    """Every version of a model's prices. What was used keeps the price that held when the call was let in."""
    return PriceBooks(await visit.read(lambda s: cloud.list_price_books(s, model)))


async def begin_topup(visit: CurrentVisit, amount_minor: int, method: str, key: str) -> cloud.Topup:
    """Begin to pay for credit, once per key, by a way that is offered."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    visit.entrepot.processors.check_method(method)
    return await visit.once(key, lambda tx: cloud.top_up(tx, scope, amount_minor, method, settings), cloud.Topup)


async def begin_repayment(visit: CurrentVisit, amount_minor: int, key: str) -> cloud.Repayment:
    """Ask for credit back, once per key."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    return await visit.once(key, lambda tx: cloud.ask_repayment(tx, scope, amount_minor, settings), cloud.Repayment)


def repayable_of(snapshot: Snapshot, scope: identity.Scope, currency: str) -> cloud.Repayable:
    """What could be paid back; the market's own account was never paid for."""
    return cloud.Repayable() if scope.is_operator else cloud.find_repayable(snapshot, scope, currency)


async def issue(visit: CurrentVisit, key: str | None, organisation: str | None = None) -> Made:
    """Issue an invoice now, once per key."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    return await visit.once(key, lambda tx: Made(cloud.request_invoice(tx, scope, settings, organisation)), Made)


async def send_export(visit: CurrentVisit, wish: cloud.ExportWish, name: str) -> Stream:
    """An export as a file, made while it is sent."""
    blocks = cloud.export_usage(visit.entrepot.database, visit.scope, wish)
    return await download(visit, f"{name}-{wish.format}.csv", "text/csv", blocks)


def read_time(text: str) -> int:
    """Microseconds from a month, a day or a moment."""
    try:
        return from_rfc3339(_whole(text))
    except ValueError:
        raise Invalid("Write a time such as 2026-01, 2026-01-31 or 2026-01-31T12:00:00Z") from None


def _whole(text: str) -> str:
    match len(text):
        case 7:
            return f"{text}-01T00:00:00Z"
        case 10:
            return f"{text}T00:00:00Z"
    return text


def currency_of(visit: CurrentVisit) -> str:
    """What compute is paid in."""
    return visit.entrepot.settings.cloud.currency


async def _view(visit: CurrentVisit, invoice_id: str) -> CloudInvoiceView:
    invoice = await visit.read(lambda s: cloud.get_cloud_invoice(s, visit.scope, invoice_id))
    lines: Sequence[cloud.InvoiceLine] = await visit.read(lambda s: cloud.lines_of(s, invoice.id))
    return CloudInvoiceView(invoice.label, invoice.open_minor, invoice, list(lines))


ROUTES: tuple[ControllerRouterHandler, ...] = (
    read_credit, set_billing, top_up, list_topups, get_topup, cancel_topup, list_budgets, add_budget, change_budget,
    end_budget, list_repayments, ask_repayment, withdraw_repayment, list_cloud_invoices, issue_cloud_invoice,
    get_cloud_invoice, list_invoice_rows, export_invoice, export_usage, list_price_books,
)  # fmt: skip
