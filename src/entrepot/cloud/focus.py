"""Charges in the columns of FOCUS 1.2, the FinOps Open Cost and Usage Specification (https://focus.finops.org).

One row for each row of usage; for an invoice also a `Credit` for what grants paid, an `Adjustment` for what was carried
from the invoice before and on to the next, and a `Tax`. So `BilledCost` sums, for an `InvoiceId`, to what it moved.
Amounts are decimal texts, exact to the nano unit; times are UTC. Columns whose names begin with `x_` are our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import msgspec

from entrepot import pay
from entrepot.kernel import SECOND, to_json

from .amounts import nano_per_minor, write_nano
from .invoices import CloudInvoice, InvoiceRow
from .meters import METERS
from .rating import Tier

COLUMNS = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId", "CapacityReservationStatus",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory",
    "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId",
    "SubAccountName", "SubAccountType", "Tags", "x_RequestId", "x_Attempt", "x_UsageClass", "x_InvoiceNumber",
)  # fmt: skip

SERVICE = "Entrepot compute"
CATEGORY, SUBCATEGORY = "AI and Machine Learning", "Generative AI"
QUANTITY_DIGITS = Decimal(1).scaleb(-12)
_UNITS = {
    "cpu_ms": ("Milliseconds", "Core-Hours"), "gpu_ms": ("Milliseconds", "GPU-Hours"),
    "storage_mib_hours": ("MiB-Hours", "GiB-Months"),
}  # fmt: skip
"""What is consumed and what is priced, in FOCUS's format of units, whose quantities are whole numbers; all others are
tokens and millions of them."""


class Bounds(msgspec.Struct, frozen=True):
    """The billing period that a row belongs to."""

    begins: int
    ends: int


def usage_row(
    row: InvoiceRow, *, organisation: str, name: str, caller: str, issuer: str, currency: str, unit_nano: int,
    tier: Tier, invoice: CloudInvoice | None,
) -> Sequence[str]:  # fmt: skip
    """A row of usage. Billed, effective, contracted and list cost are one: there are no discounts on prices here."""
    consumed, priced = _UNITS.get(row.meter, ("Tokens", "1000000 Tokens"))
    cost, price = write_nano(row.price), write_nano(unit_nano)
    begins = row.at - row.at % SECOND
    cells = _common(organisation, name, issuer, currency, _period(row.at, invoice), invoice) | {
        "BilledCost": cost, "EffectiveCost": cost, "ListCost": cost, "ContractedCost": cost,
        "PricingCurrencyEffectiveCost": cost,
        "ChargeCategory": "Usage", "ChargeFrequency": "Usage-Based",
        "ChargeDescription": f"{row.meter} of {row.model}",
        "ChargePeriodStart": moment(begins), "ChargePeriodEnd": moment(begins + SECOND),
        "ConsumedQuantity": str(row.quantity), "ConsumedUnit": consumed,
        "PricingCategory": "Standard", "PricingQuantity": _quantity(row.meter, row.quantity), "PricingUnit": priced,
        "ListUnitPrice": price, "ContractedUnitPrice": price, "PricingCurrencyListUnitPrice": price,
        "PricingCurrencyContractedUnitPrice": price,
        "ResourceId": row.model, "ResourceName": row.model, "ResourceType": "Model",
        "SkuId": f"{row.model}/{row.meter}{'/batch' if tier == 'batch' else ''}", "SkuMeter": row.meter,
        "SkuPriceId": row.price_book or "", "SkuPriceDetails": to_json({"x_Tier": tier}),
        "SubAccountId": row.actor or "", "SubAccountName": caller, "SubAccountType": _kind_of(row.actor),
        "Tags": to_json({"surface": row.surface, **({"ref": row.ref} if row.ref else {})}),
        "x_RequestId": row.request, "x_Attempt": str(row.attempt), "x_UsageClass": row.usage_class,
    }  # fmt: skip
    return [cells.get(column, "") for column in COLUMNS]


def beside_rows(invoice: CloudInvoice, name: str, issuer: str) -> Iterator[Sequence[str]]:
    """What an invoice has beside usage: what grants paid, what came from the one before, what goes to the next."""
    for category, words, amount in (
        ("Credit", "Granted credit", -invoice.granted_nano),
        ("Adjustment", "Carried from the invoice before", invoice.carried_nano),
        (
            "Tax",
            f"{invoice.tax.name} {pay.percent_of(invoice.tax.ppm)} %",
            invoice.tax_minor * nano_per_minor(invoice.currency),
        ),
        ("Adjustment", "Carried to the next invoice: below a whole minor unit", -invoice.left_nano),
    ):
        if amount:
            cost = write_nano(amount)
            period = Bounds(invoice.period_from, invoice.period_to)
            common = _common(invoice.organisation, name, issuer, invoice.currency, period, invoice)
            cells = common | {
                "BilledCost": cost, "EffectiveCost": cost, "ListCost": cost, "ContractedCost": cost,
                "PricingCurrencyEffectiveCost": cost,
                "ChargeCategory": category, "ChargeFrequency": "One-Time", "ChargeDescription": words,
                "ChargePeriodStart": moment(invoice.period_from), "ChargePeriodEnd": moment(invoice.period_to),
            }  # fmt: skip
            yield [cells.get(column, "") for column in COLUMNS]


def moment(at: int) -> str:
    """A time as FOCUS writes it: 2026-11-21T10:00:00Z."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _common(
    organisation: str, name: str, issuer: str, currency: str, period: Bounds, invoice: CloudInvoice | None
) -> dict[str, str]:
    return {
        "BillingAccountId": organisation, "BillingAccountName": name, "BillingAccountType": "Organisation",
        "BillingCurrency": currency, "PricingCurrency": currency,
        "BillingPeriodStart": moment(period.begins), "BillingPeriodEnd": moment(period.ends),
        "InvoiceId": invoice.id if invoice else "", "x_InvoiceNumber": invoice.label if invoice else "",
        "InvoiceIssuerName": issuer, "ProviderName": issuer, "PublisherName": issuer,
        "ServiceCategory": CATEGORY, "ServiceSubcategory": SUBCATEGORY, "ServiceName": SERVICE,
    }  # fmt: skip


def _period(at: int, invoice: CloudInvoice | None) -> Bounds:
    """The invoice's period; the month, while there is none."""
    if invoice is not None:
        return Bounds(invoice.period_from, invoice.period_to)
    found = datetime.fromtimestamp(at // SECOND, UTC)
    begins = datetime(found.year, found.month, 1, tzinfo=UTC)
    ends = datetime(found.year + found.month // 12, found.month % 12 + 1, 1, tzinfo=UTC)
    return Bounds(int(begins.timestamp()) * SECOND, int(ends.timestamp()) * SECOND)


def _quantity(meter: str, quantity: int) -> str:
    """The quantity in units that prices are quoted for; exact for tokens, to twelve decimals for times."""
    with localcontext() as context:
        context.prec = 60
        value = (Decimal(quantity) / METERS[meter].per).quantize(QUANTITY_DIGITS, ROUND_HALF_EVEN)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kind_of(actor: str | None) -> str:
    if actor is None:
        return ""
    return "API key" if actor.startswith("key_") else "Person"
