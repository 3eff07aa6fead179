"""The processors that the settings name, opened with their keys. What is missing stops the start, by its name."""

from __future__ import annotations

from entrepot.kernel import Clock, Invalid

from ..types import Settings
from .base import Processor
from .enabled import Processors
from .manual import ManualProcessor
from .sandbox import SandboxProcessor

WEBHOOK_PATH = "/api/pay/webhooks/"


def open_processors(settings: Settings, sandbox: SandboxProcessor, clock: Clock, public_url: str) -> Processors:
    """What `pay.processors` names. The sandbox is known even where it is not offered: it may have work to finish."""
    if not settings.processors:
        raise Invalid("pay.processors names nobody who could take money: name one, such as sandbox")
    if len(set(settings.processors)) < len(settings.processors):
        raise Invalid("pay.processors names one processor twice")
    enabled = [_open(name, settings, sandbox, clock, public_url) for name in settings.processors]
    return Processors(enabled, [sandbox])


def _open(name: str, settings: Settings, sandbox: SandboxProcessor, clock: Clock, public_url: str) -> Processor:
    match name:
        case "manual":
            return ManualProcessor(
                settings.manual_ways, holder=settings.manual_holder, iban=settings.manual_iban,
                bic=settings.manual_bic, bank=settings.manual_bank,
            )  # fmt: skip
        case "stripe":
            return _open_stripe(settings)
        case "alipay":
            return _open_alipay(settings, clock, public_url)
    return sandbox


def _open_stripe(settings: Settings) -> Processor:
    from .stripe import StripeProcessor  # loads an HTTP client

    key = settings.stripe_key.reveal()
    if not key.startswith(("sk_", "rk_")):
        raise Invalid("pay.stripe_key is missing, or is no secret key: it begins with sk_ or rk_")
    if not settings.stripe_webhook_secrets:
        raise Invalid("pay.stripe_webhook_secrets is missing: Stripe shows it beside the webhook endpoint")
    _check_url("pay.stripe_url", settings.stripe_url)
    return StripeProcessor(
        settings.stripe_key, settings.stripe_webhook_secrets, url=settings.stripe_url, connect=settings.stripe_connect
    )


def _open_alipay(settings: Settings, clock: Clock, public_url: str) -> Processor:
    from .alipay import AlipayProcessor, open_keys

    if not settings.alipay_app_id:
        raise Invalid("pay.alipay_app_id is missing: Alipay shows it with the app")
    _check_url("pay.alipay_url", settings.alipay_url)
    keys = open_keys(settings.alipay_private_key, settings.alipay_public_key)
    return AlipayProcessor(
        settings.alipay_app_id, keys, url=settings.alipay_url, seller_id=settings.alipay_seller_id,
        notify_url=f"{public_url}{WEBHOOK_PATH}alipay", clock=clock,
    )  # fmt: skip


def _check_url(name: str, url: str) -> None:
    """Keys travel to this address, so it is encrypted; a double on this machine may do without."""
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise Invalid(f"{name} must begin with https://")
