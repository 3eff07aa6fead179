"""What a processor reports, by whichever way, as what it means for our payments, refunds and payouts."""

from __future__ import annotations

from entrepot.kernel import Conflict, Tx

from . import rows
from .captures import read_capture, report_capture
from .chargebacks import report_chargeback
from .payments import record_outcome
from .payouts import read_payout, report_payout
from .processors import CaptureTold, Charge, ChargebackTold, ChargeTold, PayoutTold, Receipt, RefundTold, Told
from .refunds import read_refund, record_refund
from .types import Outcome, OutcomeKind, Payment, Payout

_KINDS: dict[str, OutcomeKind] = {
    "captured": "captured",
    "authorised": "authorised",
    "declined": "declined",
    "pending": "unknown",
}


def report(tx: Tx, processor: str, told: Told) -> None:
    """Record one thing that a processor tells. Conflict when it contradicts what we asked for."""
    match told:
        case ChargeTold(charge):
            report_charge(tx, charge, processor)
        case CaptureTold(receipt):
            _check_payments(tx, processor, read_capture(tx, receipt.key).payment_id)
            report_capture(tx, receipt)
        case RefundTold(receipt):
            _check_payments(tx, processor, read_refund(tx, receipt.key).payment_id)
            report_refund(tx, receipt)
        case PayoutTold(receipt):
            payout = read_payout(tx, receipt.key)
            _check_own(processor, payout.processor, payout.id)
            report_payout(tx, _same(receipt, payout))
        case ChargebackTold(chargeback):
            report_chargeback(tx, processor, chargeback)


def report_charge(tx: Tx, charge: Charge, processor: str | None = None) -> Payment:
    """Record what a processor says of the charge that a payment asked for.

    Conflict when it is of another amount, or comes from another processor: booking what was asked for would hide that
    something else was taken.
    """
    payment = rows.read_payment(tx, charge.key)
    if processor is not None:
        _check_own(processor, payment.processor, payment.id)
    if (charge.amount_minor, charge.currency) != (payment.amount_minor, payment.currency):
        raise Conflict(
            f"{payment.processor} reports {charge.amount_minor} {charge.currency} for the payment {payment.id} "
            f"of {payment.amount_minor} {payment.currency}"
        )
    return record_outcome(tx, payment.id, Outcome(_KINDS[charge.state], charge.processor_ref, charge.reason))


def report_refund(tx: Tx, receipt: Receipt) -> None:
    """Record that a refund was done; one that failed stays owed, and its task tells the operator."""
    refund = read_refund(tx, receipt.key)
    if (receipt.amount_minor, receipt.currency) != (refund.amount_minor, refund.currency):
        raise Conflict(
            f"The processor reports {receipt.amount_minor} {receipt.currency} for the refund {refund.id} "
            f"of {refund.amount_minor} {refund.currency}"
        )
    if receipt.state == "done":
        record_refund(tx, refund.id, receipt.processor_ref)


def _check_payments(tx: Tx, processor: str, payment_id: str) -> None:
    """What becomes of a payment is told by the processor that took it."""
    _check_own(processor, rows.read_payment(tx, payment_id).processor, payment_id)


def _check_own(processor: str, asked: str, name: str) -> None:
    """A processor's signature is good for what that processor was asked for, and for nothing of another one's."""
    if processor != asked:
        raise Conflict(f"{processor} tells of {name}, which {asked} was asked for")


def _same(receipt: Receipt, payout: Payout) -> Receipt:
    if (receipt.amount_minor, receipt.currency) != (payout.amount_minor, payout.currency):
        raise Conflict(
            f"The processor reports {receipt.amount_minor} {receipt.currency} for the payout {receipt.key} "
            f"of {payout.amount_minor} {payout.currency}"
        )
    return receipt
