"""A processor in a box: an outside world with books of its own, that fails in every way a real one does, on demand."""

from .books import Waiting
from .faults import TOKENS, Faults
from .processor import SandboxProcessor
from .telling import WebhookSender

__all__ = ["TOKENS", "Faults", "SandboxProcessor", "Waiting", "WebhookSender"]
