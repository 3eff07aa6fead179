"""What the cloud announces."""

from __future__ import annotations

from entrepot.kernel import Event


class ModelPublished(Event, frozen=True):
    """A version of a model may be called, and is found in the catalogue."""

    model_id: str
    model: str
    version: int


class ModelWithdrawn(Event, frozen=True):
    """A version of a model may be called no more."""

    model_id: str
    model: str
    version: int


class ModelPriced(Event, frozen=True):
    """A model has other prices, from a time on (microseconds)."""

    model: str
    effective_at: int


class CreditPaid(Event, frozen=True):
    """An organisation has paid for credit, and may spend it."""

    topup_id: str
    organisation: str


class InvoiceIssued(Event, frozen=True):
    """What an organisation used is invoiced."""

    invoice_id: str
    organisation: str


class InvoicePaid(Event, frozen=True):
    """Nothing of an invoice is due any more."""

    invoice_id: str
    organisation: str
