"""The merchant's sales: orders to send, places they leave from, what delivery costs, and when the money comes."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Response
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import deliver, identity, orders, pay

from ..csv_files import csv_file
from ..endpoints import endpoint
from ..params import NO_NUL, After, Amount, Currency, Id, Key, Most, Name, OptionalKey
from ..visit import Visit
from ..wire import Done, Listed, Made, listed, time_of, with_id
from .account import PostalAddress
from .aftersales import Pieces
from .sheet_terms import SaveTerms

Status = Annotated[
    str | None,
    QueryParameter(
        name="status", pattern="^(paid|shipped|delivered|completed|cancelled)$", description="Only of this one"
    ),
]
_ANYWHERE = Meta(pattern=r"^([A-Z]{2}|\*)$", extra_json_schema={"enum": ["*", *sorted(identity.COUNTRIES)]})
Days = Annotated[int, Meta(ge=0, le=90)]
Grams = Annotated[int, Meta(ge=1, le=10_000_000)]


class Ship(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the goods are sent; the carrier `sandbox` needs no number. `pieces` are those in this parcel (null: all)."""

    carrier: Name
    tracking_no: Annotated[str, Meta(pattern=NO_NUL, max_length=100)] | None = None
    pieces: Pieces | None = None


class NewLocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place that goods leave from."""

    name: Name
    address: PostalAddress


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to this weight, this price."""

    weight_g_max: Grams
    amount_minor: Annotated[int, Meta(ge=0, le=10**12)]


class SaveRateSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What delivery costs. `countries` are ISO codes, or `*`; a flat sheet has one step."""

    name: Name
    kind: Literal["flat", "weight"]
    countries: Annotated[list[Annotated[str, _ANYWHERE]], Meta(min_length=1, max_length=250)]
    currency: Currency
    steps: Annotated[list[Step], Meta(min_length=1, max_length=50)]
    free_over_minor: Amount | None = None
    days_min: Days = 2
    days_max: Days = 5
    terms: SaveTerms = SaveTerms()

    def draft(self, sheet_id: str | None) -> deliver.RateSheetDraft:
        """As `deliver` has it."""
        return deliver.RateSheetDraft(
            self.name, self.kind, tuple(self.countries), self.currency,
            tuple((step.weight_g_max, step.amount_minor) for step in self.steps),
            self.free_over_minor, self.days_min, self.days_max, sheet_id,
            self.terms.plain(),
        )  # fmt: skip


class Locations(msgspec.Struct, frozen=True):
    """One's places, oldest first."""

    locations: list[deliver.Location]


class RateSheets(msgspec.Struct, frozen=True):
    """One's sheets, oldest first."""

    rate_sheets: list[deliver.RateSheet]


class Money(msgspec.Struct, frozen=True):
    """Where one's money is, a line for each currency."""

    on_the_way: list[pay.OnTheWay]


@endpoint("GET", "/api/merchant/orders", access="member")
async def list_seller_orders(
    visit: Visit, status: Status = None, after: After = None, most: Most = 20
) -> Listed[orders.SellerOrderView]:
    """Orders of the merchant, newest first; `status=paid` are those to send."""
    wanted = orders.SellerOrderStatus(status) if status else None
    found = await visit.read(lambda s: orders.list_seller_orders(s, visit.scope, wanted, after, most + 1))
    return listed(found, most, lambda order: order.id)


@endpoint("POST", "/api/merchant/orders/{seller_order_id:str}/ship", asks=Ship, access="member", status=200)
async def ship_order(visit: Visit, seller_order_id: Id, asked: Ship, key: Key) -> orders.SellerOrderView:
    """Hand the goods over: stock leaves, a parcel is booked, the buyer is told."""
    scope, shipment = visit.scope, orders.Shipment(asked.carrier, asked.tracking_no, asked.pieces)
    visit.entrepot.carriers.check(asked.carrier)
    await visit.once(key, lambda tx: Made(orders.ship(tx, scope, seller_order_id, shipment).seller_order_id), Made)
    return await visit.read(lambda s: orders.get_seller_order(s, scope, seller_order_id))


@endpoint("GET", "/api/merchant/locations", access="member")
async def list_locations(visit: Visit) -> Locations:
    """Places that one's goods leave from."""
    return Locations(await visit.read(lambda s: deliver.list_locations(s, visit.scope)))


@endpoint("POST", "/api/merchant/locations", asks=NewLocation, access="member")
async def add_location(visit: Visit, asked: NewLocation, key: OptionalKey = None) -> deliver.Location:
    """Add a place that goods leave from."""
    scope, address = visit.scope, asked.address.plain()
    made = await visit.once(key, lambda tx: Made(deliver.add_location(tx, scope, asked.name, address).id), Made)
    return with_id(await visit.read(lambda s: deliver.list_locations(s, scope)), made.id)


@endpoint("GET", "/api/merchant/rate-sheets", access="member")
async def list_rate_sheets(visit: Visit) -> RateSheets:
    """What one asks for delivery."""
    return RateSheets(await visit.read(lambda s: deliver.list_rate_sheets(s, visit.scope)))


@endpoint("POST", "/api/merchant/rate-sheets", asks=SaveRateSheet, access="member")
async def add_rate_sheet(visit: Visit, asked: SaveRateSheet, key: OptionalKey = None) -> deliver.RateSheet:
    """Add a sheet of prices for delivery."""
    return await _save_sheet(visit, asked.draft(None), key)


@endpoint("PUT", "/api/merchant/rate-sheets/{sheet_id:str}", asks=SaveRateSheet, access="member")
async def replace_rate_sheet(
    visit: Visit, sheet_id: Id, asked: SaveRateSheet, key: OptionalKey = None
) -> deliver.RateSheet:
    """Replace a sheet; quotes that were given stand."""
    return await _save_sheet(visit, asked.draft(sheet_id), key)


@endpoint("DELETE", "/api/merchant/rate-sheets/{sheet_id:str}", access="member")
async def delete_rate_sheet(visit: Visit, sheet_id: Id) -> Done:
    """Offer a sheet no longer; quotes that were given stand."""
    await visit.write(lambda tx: deliver.delete_rate_sheet(tx, visit.scope, sheet_id))
    return Done()


@endpoint("GET", "/api/merchant/money", access="member")
async def money_on_the_way(visit: Visit) -> Money:
    """What is in escrow, what is due, and what is being sent."""
    return Money(await visit.read(lambda s: pay.money_on_the_way(s, visit.scope)))


@endpoint("GET", "/api/merchant/payouts", access="member")
async def list_payouts(visit: Visit, after: After = None, most: Most = 50) -> Listed[pay.Payout]:
    """Payouts, newest first."""
    found = await visit.read(lambda s: pay.list_payouts(s, visit.scope, after=after, most=most + 1))
    return listed(found, most, lambda payout: payout.id)


@endpoint("GET", "/api/merchant/payouts/{payout_id:str}", access="member")
async def get_statement(visit: Visit, payout_id: Id) -> pay.Statement:
    """The statement of a payout: lines that sum to it, to the unit."""
    return await visit.read(lambda s: pay.get_statement(s, visit.scope, payout_id))


@endpoint("GET", "/api/merchant/payouts/{payout_id:str}/statement.csv", access="member", answers="text/csv")
async def get_statement_csv(visit: Visit, payout_id: Id) -> Response[str]:
    """The same as CSV, for a spreadsheet."""
    statement = await visit.read(lambda s: pay.get_statement(s, visit.scope, payout_id))
    return csv_file(f"{payout_id}.csv", statement_rows(statement))


async def _save_sheet(visit: Visit, draft: deliver.RateSheetDraft, key: str | None) -> deliver.RateSheet:
    scope = visit.scope
    made = await visit.once(key, lambda tx: Made(deliver.save_rate_sheet(tx, scope, draft).id), Made)
    return with_id(await visit.read(lambda s: deliver.list_rate_sheets(s, scope)), made.id)


def statement_rows(statement: pay.Statement) -> list[list[object]]:
    """A head, a row for each line, and the total."""
    head: list[object] = ["at", "code", "ref", "amount_minor", "currency", "paid_minor", "commission_minor",
                          "carrier_minor", "tax_minor"]  # fmt: skip
    currency = statement.payout.currency
    rows: list[list[object]] = [
        [time_of(line.at).isoformat(), line.code, line.ref, line.amount_minor, currency, line.paid_minor,
         line.commission_minor, line.carrier_minor, line.tax_minor]
        for line in statement.lines
    ]  # fmt: skip
    return [head, *rows, ["", "total", statement.payout.id, statement.payout.amount_minor, currency, "", "", "", ""]]


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_seller_orders,
    ship_order,
    list_locations,
    add_location,
    list_rate_sheets,
    add_rate_sheet,
    replace_rate_sheet,
    delete_rate_sheet,
    money_on_the_way,
    list_payouts,
    get_statement,
    get_statement_csv,
)
