"""Pay: takes buyers' money, keeps it in escrow, gives it back or shares it out, and pays merchants.

What a processor does is asked for in a command, done by a task and recorded once, whoever brings the word of it.
Amounts in its rows say what was asked for; the ledger says what moved, and PROOFS compare the two.
"""

from . import accounts
from .events import PaymentCaptured, PaymentDeclined, PayoutPaid, RefundPaid
from .exchange import ExchangeRate, Rates, convert_by, home_currency, list_rates, read_rates, save_rates
from .payments import abandon_payment, find_payment_by_ref, get_payment, record_outcome, start_payment
from .payouts import get_payout, list_payouts, money_on_the_way, request_payouts
from .processor import Charge, ChargeIntent, PayoutIntent, Processor, Receipt, RefundIntent
from .proofs import PROOFS
from .refunds import list_refunds, refund_plan
from .sandbox import TOKENS, Faults, SandboxProcessor, WebhookSender
from .settlement import settle, settlement_plan
from .statements import get_statement
from .tasks import SCHEDULE, tasks
from .types import (
    CaptureMode,
    GiftUse,
    OnTheWay,
    Outcome,
    Payment,
    PaymentLeg,
    PaymentState,
    Payout,
    Refund,
    RefundRow,
    Settings,
    SettlementLegs,
    StartPayment,
    Statement,
    StatementLine,
)
from .webhooks import record_webhook

__all__ = [
    "PROOFS",
    "SCHEDULE",
    "TOKENS",
    "CaptureMode",
    "Charge",
    "ChargeIntent",
    "ExchangeRate",
    "Faults",
    "GiftUse",
    "OnTheWay",
    "Outcome",
    "Payment",
    "PaymentCaptured",
    "PaymentDeclined",
    "PaymentLeg",
    "PaymentState",
    "Payout",
    "PayoutIntent",
    "PayoutPaid",
    "Processor",
    "Rates",
    "Receipt",
    "Refund",
    "RefundIntent",
    "RefundPaid",
    "RefundRow",
    "SandboxProcessor",
    "Settings",
    "SettlementLegs",
    "StartPayment",
    "Statement",
    "StatementLine",
    "WebhookSender",
    "abandon_payment",
    "accounts",
    "convert_by",
    "find_payment_by_ref",
    "get_payment",
    "get_payout",
    "get_statement",
    "home_currency",
    "list_payouts",
    "list_rates",
    "list_refunds",
    "money_on_the_way",
    "read_rates",
    "record_outcome",
    "record_webhook",
    "refund_plan",
    "request_payouts",
    "save_rates",
    "settle",
    "settlement_plan",
    "start_payment",
    "tasks",
]
