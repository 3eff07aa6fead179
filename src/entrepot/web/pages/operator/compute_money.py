"""The operator's money of compute: customers with credit, lines and what they owe; prices, version by version."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import cloud, identity, pay
from entrepot.kernel import Invalid, Refused, Tx, from_rfc3339, parse_money

from ...api.cloud_money import currency_of, issue
from ...api.operator_compute import Credited
from ...params import Id, MaybeInQuery
from ...rendering import redirect
from ...visit import CurrentVisit, Visit
from ...wire import Done, listed
from ..cloud.publishing import read_percent
from .console import OPERATOR, show

PAGE = 50
INVOICES = 12


class CreditForm(msgspec.Struct, frozen=True):
    """An amount for a customer, what it is called, and the day on which it ends, if it does."""

    amount: str = ""
    ref: str = ""
    expires: str = ""
    key: str = msgspec.field(default="", name="_key")


class DecideForm(msgspec.Struct, frozen=True):
    """The operator's word on credit that is asked back, and why not."""

    reason: str = ""
    key: str = msgspec.field(default="", name="_key")


class PriceForm(msgspec.Struct, frozen=True):
    """A version of a model's prices: from which day on (empty: now), and in percent the maker's share and what batches
    pay. Prices come under the names of their meters."""

    model: str = ""
    begins: str = ""
    share: str = ""
    batch: str = ""
    key: str = msgspec.field(default="", name="_key")


@get("/operator/compute/customers", include_in_schema=False, opt=OPERATOR)
async def customers(visit: Visit, after: MaybeInQuery = None, q: MaybeInQuery = None) -> Response[Any]:
    """Every customer of compute. An organisation that never used any is found by its name or its id."""
    named = (q or "").strip()
    matches = await visit.read(lambda s: identity.find_organisations(s, named)) if named else []
    if len(matches) == 1:
        return redirect(f"/operator/compute/customers/{matches[0].id}")
    currency = currency_of(visit)
    found = await visit.read(lambda s: cloud.list_customers(s, visit.scope, currency, after or "", PAGE + 1))
    page = listed(found, PAGE, lambda each: each.organisation)
    asked = await visit.read(lambda s: cloud.list_asked(s, visit.scope))
    owners = sorted({each.organisation for each in asked})
    return await show(
        visit, "compute", "compute-customers.html", customers=page.items, more=page.next, currency=currency,
        invoices=await visit.read(lambda s: cloud.list_all_invoices(s, visit.scope, most=INVOICES)),
        asked=asked, names=await visit.read(lambda s: identity.organisations_of(s, owners)), named=named,
        matches=matches,
    )  # fmt: skip


@get("/operator/compute/customers/{organisation_id:str}", include_in_schema=False, opt=OPERATOR)
async def customer(visit: Visit, organisation_id: Id) -> Response[str]:
    """One customer, and what can be done for it."""
    return await _customer(visit, organisation_id)


@post("/operator/compute/customers/{organisation_id:str}/grants", include_in_schema=False, opt=OPERATOR)
async def grant(visit: Visit, organisation_id: Id) -> Response[Any]:
    """Give credit."""
    form, settings = await visit.fields(CreditForm), visit.entrepot.settings.cloud
    unit, limits = cloud.nano(settings.currency), cloud.limits_of(settings)

    def command(tx: Tx) -> Credited:
        identity.get_organisation(tx, visit.scope, organisation_id)
        amount, expires_at = cloud.read_nano(form.amount), _day(form.expires, "expires")
        return Credited(
            cloud.grant_credit(tx, visit.scope, organisation_id, unit, amount, form.ref.strip(), limits, expires_at)
        )

    return await _credit(visit, organisation_id, form, command)


@post("/operator/compute/customers/{organisation_id:str}/payments", include_in_schema=False, opt=OPERATOR)
async def record_payment(visit: Visit, organisation_id: Id) -> Response[Any]:
    """Write down money that came past the processors."""
    form, settings = await visit.fields(CreditForm), visit.entrepot.settings.cloud
    limits, currency = cloud.limits_of(settings), settings.currency

    def command(tx: Tx) -> Credited:
        identity.get_organisation(tx, visit.scope, organisation_id)
        minor = parse_money(form.amount, currency)
        return Credited(
            cloud.record_payment(tx, visit.scope, organisation_id, currency, minor, form.ref.strip(), limits)
        )

    return await _credit(visit, organisation_id, form, command)


@post("/operator/compute/customers/{organisation_id:str}/line", include_in_schema=False, opt=OPERATOR)
async def set_line(visit: Visit, organisation_id: Id) -> Response[Any]:
    """How much a customer may use before it pays."""
    form, settings = await visit.fields(CreditForm), visit.entrepot.settings.cloud
    unit, limits = cloud.nano(settings.currency), cloud.limits_of(settings)

    def command(tx: Tx) -> Done:
        identity.get_organisation(tx, visit.scope, organisation_id)
        cloud.set_credit_line(tx, visit.scope, organisation_id, unit, cloud.read_nano(form.amount), limits)
        return Done()

    try:
        await visit.once(form.key, command, Done)
    except Invalid as refusal:
        return await _customer(visit, organisation_id, refusal)
    visit.flash("compute_money.line_set")
    return redirect(f"/operator/compute/customers/{organisation_id}")


@post("/operator/compute/customers/{organisation_id:str}/invoices", include_in_schema=False, opt=OPERATOR)
async def invoice_now(visit: Visit, organisation_id: Id) -> Response[Any]:
    """Invoice what a customer has used up to now."""
    form = await visit.fields(CreditForm)
    try:
        made = await issue(visit, form.key, organisation_id)
    except Refused as refusal:
        return await _customer(visit, organisation_id, refusal)
    if await visit.read(lambda s: cloud.find_draft(s, organisation_id)):
        visit.flash("invoice.making")
        return redirect(f"/operator/compute/customers/{organisation_id}")
    return redirect(f"/cloud/invoices/{made.id}")


@post("/operator/compute/repayments/{repayment_id:str}/pay", include_in_schema=False, opt=OPERATOR)
async def pay_back(visit: Visit, repayment_id: Id) -> Response[Any]:
    """Pay unused credit back."""
    form, settings = await visit.fields(DecideForm), visit.entrepot.settings.cloud
    return await _decide(
        visit, repayment_id, form, lambda tx: cloud.pay_repayment(tx, visit.scope, repayment_id, settings)
    )


@post("/operator/compute/repayments/{repayment_id:str}/decline", include_in_schema=False, opt=OPERATOR)
async def decline(visit: Visit, repayment_id: Id) -> Response[Any]:
    """Tell a customer why its credit is not paid back."""
    form, settings = await visit.fields(DecideForm), visit.entrepot.settings.cloud
    return await _decide(
        visit, repayment_id, form,
        lambda tx: cloud.decline_repayment(tx, visit.scope, repayment_id, form.reason, settings),
    )  # fmt: skip


async def _decide(visit: CurrentVisit, repayment_id: str, form: DecideForm, command: Any) -> Response[Any]:
    found = await visit.read(lambda s: cloud.get_repayment(s, visit.scope, repayment_id))
    try:
        done = await visit.once(form.key, command, cloud.Repayment)
    except Refused as refusal:
        return await _customer(visit, found.organisation, refusal)
    visit.flash("repay.paid" if done.state == "paid" else "repay.declined")
    return redirect(f"/operator/compute/customers/{found.organisation}")


@get("/operator/compute/prices", include_in_schema=False, opt=OPERATOR)
async def prices(visit: Visit, model: MaybeInQuery = None) -> Response[str]:
    """Every version of every model's prices, and a form for the next."""
    return await _prices(visit, PriceForm(model=model or ""))


@post("/operator/compute/prices", include_in_schema=False, opt=OPERATOR)
async def publish(visit: Visit) -> Response[Any]:
    """Add a version. None is ever changed."""
    form, fields = await visit.fields(PriceForm), await visit.form()
    try:
        nano = {
            meter: cloud.read_nano(text, meter) for meter in cloud.METERS if (text := fields.get(meter, "").strip())
        }
        begins = _day(form.begins, "begins")
        await visit.once(form.key, lambda tx: _publish(tx, visit, form, nano, begins), Done)
    except Refused as refusal:
        return await _prices(visit, form, refusal, fields)
    visit.flash("compute_money.price_added")
    return redirect("/operator/compute/prices")


def _publish(tx: Tx, visit: CurrentVisit, form: PriceForm, nano: dict[str, int], begins: int | None) -> Done:
    model = form.model.strip()
    if cloud.find_live(tx, model) is None:
        raise Invalid(visit.say("compute_money.no_model"), fields={"model": visit.say("compute_money.no_model")})
    cloud.publish_prices(
        tx, visit.scope, model, nano, maker_bps=read_percent(form.share, "share"),
        batch_bps=read_percent(form.batch, "batch"), effective_at=begins,
    )  # fmt: skip
    return Done()


def _day(text: str, field: str) -> int | None:
    if not text.strip():
        return None
    try:
        return from_rfc3339(f"{text.strip()}T00:00:00Z")
    except ValueError:
        raise Invalid("Write a day such as 2026-12-01", fields={field: "such as 2026-12-01"}) from None


async def _credit(visit: CurrentVisit, organisation_id: str, form: CreditForm, command: Any) -> Response[Any]:
    try:
        done = await visit.once(form.key, command, Credited)
    except Invalid as refusal:
        return await _customer(visit, organisation_id, refusal)
    visit.flash("compute_money.credited" if done.credited else "compute_money.credited_before")
    return redirect(f"/operator/compute/customers/{organisation_id}")


async def _customer(visit: CurrentVisit, organisation_id: str, refusal: Refused | None = None) -> Response[str]:
    scope, currency = visit.scope, currency_of(visit)
    organisation = await visit.read(lambda s: identity.get_organisation(s, scope, organisation_id))
    theirs = identity.Scope(scope.actor, organisation.id, frozenset())
    return await show(
        visit,
        "compute",
        "compute-customer.html",
        status=400 if refusal else 200,
        organisation=organisation,
        standing=await visit.read(lambda s: cloud.find_standing(s, scope, currency, organisation_id)),
        movements=await visit.read(lambda s: cloud.list_movements(s, theirs, currency, 20)),
        billing=await visit.read(lambda s: cloud.get_billing(s, theirs)),
        tax=await visit.read(lambda s: cloud.get_tax(s, theirs)),
        grants=await visit.read(lambda s: cloud.list_lasting(s, theirs, currency)),
        repayments=await visit.read(lambda s: cloud.list_repayments(s, theirs, most=10)),
        repayable=await visit.read(lambda s: cloud.find_repayable(s, theirs, currency)),
        percent_of=pay.percent_of,
        invoices=await visit.read(lambda s: cloud.list_cloud_invoices(s, theirs, most=INVOICES)),
        currency=currency,
        written=cloud.write_nano,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


async def _prices(
    visit: CurrentVisit, form: PriceForm, refusal: Refused | None = None, given: dict[str, str] | None = None
) -> Response[str]:
    return await show(
        visit,
        "compute",
        "compute-prices.html",
        status=400 if refusal else 200,
        books=await visit.read(lambda s: cloud.list_priced(s, visit.scope)),
        models=sorted({offer.model.name for offer in await visit.read(cloud.list_offers)}),
        meters=cloud.METERS,
        form=form,
        given=given or {},
        currency=currency_of(visit),
        written=cloud.write_nano,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    customers, customer, grant, record_payment, set_line, invoice_now, pay_back, decline, prices, publish,
)  # fmt: skip
