"""Paydays and documents of a merchant; payees, breaks and what is done by hand, for the operator."""

from __future__ import annotations

import msgspec
from litestar.types import ControllerRouterHandler

from entrepot import orders, pay
from entrepot.kernel import Tx
from entrepot.pay import reconciliation
from entrepot.pay.terms import PayoutTerms, Schedule

from ..endpoints import endpoint
from ..params import Id, Key, OptionalKey
from ..visit import Visit
from ..wire import Done


class Paydays(msgspec.Struct, frozen=True):
    """When and where a merchant is paid; nothing but the masked account is ever told."""

    terms: PayoutTerms
    accounts: list[pay.PayoutAccount]
    waiting: list[pay.WaitingPayee]


class SetSchedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other days, or another minimum in minor units; `day` is of the week (1 is Monday) or of the month."""

    schedule: Schedule
    day: int
    minimum_minor: int


class Documents(msgspec.Struct, frozen=True):
    """Invoices and credit notes, newest first."""

    documents: list[orders.Invoice]


class Breaks(msgspec.Struct, frozen=True):
    """What does not agree, the oldest first."""

    breaks: list[reconciliation.Break]


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a break is resolved, and why."""

    resolution: reconciliation.Resolution
    note: str


class ByHand(msgspec.Struct, frozen=True):
    """What people have to do or to look for."""

    waiting: list[pay.Waiting]


@endpoint("GET", "/api/merchant/paydays", access="member")
async def get_paydays(visit: Visit) -> Paydays:
    """When and where the merchant is paid, and why something that is due is not being sent."""
    scope, default = visit.scope, _default(visit)
    return Paydays(
        await visit.read(lambda s: pay.get_terms(s, scope, default)),
        await visit.read(lambda s: pay.list_accounts(s, scope)),
        await visit.read(lambda s: pay.waiting_of(s, scope, default)),
    )


@endpoint("PUT", "/api/merchant/paydays", access="member", asks=SetSchedule)
async def set_paydays(visit: Visit, asked: SetSchedule, key: OptionalKey = None) -> PayoutTerms:
    """Be paid on other days. An account is changed on the page alone, where the password is asked for."""
    scope, default = visit.scope, _default(visit)

    def command(tx: Tx) -> PayoutTerms:
        return pay.choose_schedule(tx, scope, asked.schedule, asked.day, asked.minimum_minor, default)

    return await visit.once(key, command, PayoutTerms)


@endpoint("GET", "/api/merchant/documents", access="member")
async def list_documents(visit: Visit) -> Documents:
    """The merchant's newest invoices and credit notes."""
    return Documents(await visit.read(lambda s: orders.list_invoices(s, visit.scope, most=100)))


@endpoint("GET", "/api/operator/breaks", access="operator")
async def list_breaks(visit: Visit) -> Breaks:
    """Where files of providers and banks and the ledger do not agree."""
    return Breaks(await visit.read(lambda s: reconciliation.list_breaks(s, visit.scope)))


@endpoint("POST", "/api/operator/breaks/{break_id:str}/resolve", access="operator", asks=Resolve, status=200)
async def resolve_break(visit: Visit, break_id: Id, asked: Resolve, key: Key) -> Done:
    """Resolve a break with a reason; a fee, a transfer or a difference is booked."""
    scope = visit.scope

    def command(tx: Tx) -> Done:
        reconciliation.resolve_break(tx, scope, break_id, asked.resolution, asked.note)
        return Done()

    return await visit.once(key, command, Done)


@endpoint("GET", "/api/operator/by-hand", access="operator")
async def list_by_hand(visit: Visit) -> ByHand:
    """Transfers that are expected, refunds and payouts that people have to send."""
    return ByHand(await visit.read(lambda s: pay.list_by_hand(s, visit.scope)))


def _default(visit: Visit) -> PayoutTerms:
    return PayoutTerms(minimum_minor=visit.entrepot.settings.pay.payout_min_minor)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    get_paydays, set_paydays, list_documents, list_breaks, resolve_break, list_by_hand,
)  # fmt: skip
