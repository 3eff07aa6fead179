"""What a processor reports of a charge, by whichever way, as the outcome of a payment."""

from __future__ import annotations

from entrepot.kernel import Conflict, Tx

from . import rows
from .payments import record_outcome
from .processor import Charge
from .types import Outcome, OutcomeKind, Payment

_KINDS: dict[str, OutcomeKind] = {"captured": "captured", "declined": "declined", "pending": "unknown"}


def report_charge(tx: Tx, charge: Charge) -> Payment:
    """Record what a processor says of the charge that a payment asked for.

    Conflict when it is of another amount: booking what was asked for would hide that something else was taken.
    """
    payment = rows.read_payment(tx, charge.key)
    if (charge.amount_minor, charge.currency) != (payment.amount_minor, payment.currency):
        raise Conflict(
            f"{payment.processor} reports {charge.amount_minor} {charge.currency} for the payment {payment.id} "
            f"of {payment.amount_minor} {payment.currency}"
        )
    return record_outcome(tx, payment.id, Outcome(_KINDS[charge.state], charge.processor_ref, charge.reason))
