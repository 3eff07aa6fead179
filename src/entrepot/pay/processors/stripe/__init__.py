"""Stripe: payment pages or saved methods, holds, refunds, transfers to connected accounts, and webhooks."""

from .processor import StripeProcessor
from .signatures import sign_event, verify_event

__all__ = ["StripeProcessor", "sign_event", "verify_event"]
