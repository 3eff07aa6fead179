"""Payment processors: one port, and those who stand behind it. Which are enabled is a setting."""

from .base import (
    Abilities,
    Action,
    CaptureIntent,
    CaptureTold,
    Charge,
    Chargeback,
    ChargebackTold,
    ChargeIntent,
    ChargeName,
    ChargeTold,
    PayoutIntent,
    PayoutTold,
    Processor,
    Receipt,
    RefundIntent,
    RefundTold,
    RefusedByProcessor,
    Told,
    Webhook,
)
from .enabled import Processors, split_method
from .manual import ManualProcessor
from .opening import WEBHOOK_PATH, open_processors
from .sandbox import TOKENS, Faults, SandboxProcessor, Waiting, WebhookSender

__all__ = [
    "TOKENS",
    "WEBHOOK_PATH",
    "Abilities",
    "Action",
    "CaptureIntent",
    "CaptureTold",
    "Charge",
    "ChargeIntent",
    "ChargeName",
    "ChargeTold",
    "Chargeback",
    "ChargebackTold",
    "Faults",
    "ManualProcessor",
    "PayoutIntent",
    "PayoutTold",
    "Processor",
    "Processors",
    "Receipt",
    "RefundIntent",
    "RefundTold",
    "RefusedByProcessor",
    "SandboxProcessor",
    "Told",
    "Waiting",
    "Webhook",
    "WebhookSender",
    "open_processors",
    "split_method",
]
