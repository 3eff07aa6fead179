"""The operator's money of compute: customers with their credit and lines, prices by version, everybody's invoices."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import cloud, identity
from entrepot.kernel import SECOND, Tx

from ..endpoints import endpoint
from ..params import After, Amount, Id, Key, Most, Name, OptionalKey
from ..visit import Visit
from ..wire import Done, Listed, Made, Moment, listed
from .cloud_money import Nano, currency_of, issue

Reference = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class GrantCompute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Credit that nobody pays for; `ref` names it, and gives once. It lasts until `expires_at`, or for ever."""

    amount: Nano
    ref: Reference
    expires_at: Moment | None = None


class RecordPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money that came past the processors; `ref` is its own number, and counts once."""

    amount_minor: Amount
    ref: Reference


class SetCreditLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer may use before it pays."""

    amount: Nano


class DeclineRepayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why credit is not paid back."""

    reason: Name


class SetPrices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a model's prices, by meter, from a time on (left out: now); it never changes.

    Without `maker_bps` its maker's share stays, and without `batch_bps` what batches pay of these prices.
    """

    model: Name
    nano: Annotated[dict[str, Nano], Meta(min_length=1, max_length=20)]
    maker_bps: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    batch_bps: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    effective_at: Moment | None = None


class Credited(msgspec.Struct, frozen=True):
    """Whether it was credited now; false when the same `ref` was credited before."""

    credited: bool


class AllPrices(msgspec.Struct, frozen=True):
    """Every version of every model's prices."""

    models: dict[str, list[cloud.PriceBook]]


@endpoint("GET", "/api/operator/compute/customers", access="operator")
async def list_compute_customers(visit: Visit, after: After = None, most: Most = 50) -> Listed[cloud.Standing]:
    """Every customer of compute: credit, grants, what was paid, what is due."""
    currency = currency_of(visit)
    found = await visit.read(lambda s: cloud.list_customers(s, visit.scope, currency, after or "", most + 1))
    return listed(found, most, lambda each: each.organisation)


@endpoint("POST", "/api/operator/compute/customers/{organisation_id:str}/grants", asks=GrantCompute, access="operator")
async def grant_compute(visit: Visit, organisation_id: Id, asked: GrantCompute, key: Key) -> Credited:
    """Give a customer credit."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    unit, limits = cloud.nano(settings.currency), cloud.limits_of(settings)
    expires_at = None if asked.expires_at is None else int(asked.expires_at.timestamp()) * SECOND

    def command(tx: Tx) -> Credited:
        identity.get_organisation(tx, scope, organisation_id)
        given = cloud.grant_credit(
            tx, scope, organisation_id, unit, asked.amount, asked.ref, limits, expires_at=expires_at
        )
        return Credited(given)

    return await visit.once(key, command, Credited)


@endpoint(
    "POST", "/api/operator/compute/customers/{organisation_id:str}/payments", asks=RecordPayment, access="operator"
)
async def record_compute_payment(visit: Visit, organisation_id: Id, asked: RecordPayment, key: Key) -> Credited:
    """Record money that came by a bank transfer or in cash: it pays what is due, and the rest is credit."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    limits = cloud.limits_of(settings)

    def command(tx: Tx) -> Credited:
        identity.get_organisation(tx, scope, organisation_id)
        minor, ref = asked.amount_minor, asked.ref
        return Credited(cloud.record_payment(tx, scope, organisation_id, settings.currency, minor, ref, limits))

    return await visit.once(key, command, Credited)


@endpoint("PUT", "/api/operator/compute/customers/{organisation_id:str}/line", asks=SetCreditLine, access="operator")
async def set_compute_line(visit: Visit, organisation_id: Id, asked: SetCreditLine, key: OptionalKey = None) -> Done:
    """How much a customer may use before it pays."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    unit, limits = cloud.nano(settings.currency), cloud.limits_of(settings)

    def command(tx: Tx) -> Done:
        identity.get_organisation(tx, scope, organisation_id)
        cloud.set_credit_line(tx, scope, organisation_id, unit, asked.amount, limits)
        return Done()

    return await visit.once(key, command, Done)


@endpoint("GET", "/api/operator/compute/repayments", access="operator")
async def list_asked_repayments(visit: Visit) -> Listed[cloud.Repayment]:
    """Unused credit that customers ask back, oldest first."""
    return Listed(await visit.read(lambda s: cloud.list_asked(s, visit.scope)))


@endpoint("POST", "/api/operator/compute/repayments/{repayment_id:str}/pay", access="operator")
async def pay_repayment(visit: Visit, repayment_id: Id, key: Key) -> cloud.Repayment:
    """Pay it back: by the processors that took it; what had come past them (`elsewhere_minor`) you have sent."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    return await visit.once(
        key, lambda tx: cloud.pay_repayment(tx, scope, repayment_id, settings), cloud.Repayment
    )  # fmt: skip


@endpoint(
    "POST", "/api/operator/compute/repayments/{repayment_id:str}/decline", asks=DeclineRepayment, access="operator"
)
async def decline_repayment(visit: Visit, repayment_id: Id, asked: DeclineRepayment, key: Key) -> cloud.Repayment:
    """Tell a customer why its credit is not paid back."""
    scope, settings = visit.scope, visit.entrepot.settings.cloud
    return await visit.once(
        key, lambda tx: cloud.decline_repayment(tx, scope, repayment_id, asked.reason, settings), cloud.Repayment
    )


@endpoint("POST", "/api/operator/compute/customers/{organisation_id:str}/invoices", access="operator")
async def invoice_customer(visit: Visit, organisation_id: Id, key: Key) -> Made:
    """Invoice what a customer has used up to now."""
    return await issue(visit, key, organisation_id)


@endpoint("GET", "/api/operator/compute/invoices", access="operator")
async def list_all_compute_invoices(visit: Visit, after: After = None, most: Most = 50) -> Listed[cloud.CloudInvoice]:
    """Everybody's invoices for compute, newest first."""
    found = await visit.read(lambda s: cloud.list_all_invoices(s, visit.scope, before=after, most=most + 1))
    return listed(found, most, lambda invoice: invoice.id)


@endpoint("GET", "/api/operator/compute/prices", access="operator")
async def list_compute_prices(visit: Visit) -> AllPrices:
    """Every version of every model's prices, the latest to begin first."""
    return AllPrices(await visit.read(lambda s: cloud.list_priced(s, visit.scope)))


@endpoint("POST", "/api/operator/compute/prices", asks=SetPrices, access="operator")
async def publish_compute_prices(visit: Visit, asked: SetPrices, key: Key) -> cloud.PriceBook:
    """Add a version of a model's prices. What was used before it begins keeps its price."""

    begins = None if asked.effective_at is None else int(asked.effective_at.timestamp()) * SECOND

    def command(tx: Tx) -> cloud.PriceBook:
        return cloud.publish_prices(
            tx, visit.scope, asked.model, asked.nano, maker_bps=asked.maker_bps, batch_bps=asked.batch_bps,
            effective_at=begins,
        )  # fmt: skip

    return await visit.once(key, command, cloud.PriceBook)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_compute_customers, grant_compute, record_compute_payment, set_compute_line, invoice_customer,
    list_asked_repayments, pay_repayment, decline_repayment,
    list_all_compute_invoices, list_compute_prices, publish_compute_prices,
)  # fmt: skip
