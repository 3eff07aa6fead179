"""Pay: takes buyers' money, keeps it in escrow, gives it back or shares it out, and pays merchants."""

from .events import PaymentCaptured, PaymentDeclined, PayoutPaid, RefundPaid
from .types import (
    OnTheWay,
    Outcome,
    Payment,
    PaymentLeg,
    Payout,
    Refund,
    RefundRow,
    Settings,
    SettlementLegs,
    StartPayment,
    Statement,
    StatementLine,
)

__all__ = [
    "OnTheWay",
    "Outcome",
    "Payment",
    "PaymentCaptured",
    "PaymentDeclined",
    "PaymentLeg",
    "Payout",
    "PayoutPaid",
    "Refund",
    "RefundPaid",
    "RefundRow",
    "Settings",
    "SettlementLegs",
    "StartPayment",
    "Statement",
    "StatementLine",
]
