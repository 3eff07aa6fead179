"""A processor together with the outside world that it speaks to, as the contract suite needs them."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from entrepot import pay
from entrepot.kernel import ManualClock, Secret
from entrepot.pay.processors.alipay import AlipayProcessor, open_keys
from entrepot.pay.processors.manual import ManualProcessor
from entrepot.pay.processors.stripe import StripeProcessor
from tests.contracts.providers import alipay, stripe
from tests.contracts.providers.faults import Line

Signed = tuple[Mapping[str, str], bytes]


class World(Protocol):
    """What a suite may do to a processor's outside world."""

    processor: pay.Processor
    currency: str
    method: str
    """A way to pay that succeeds once the buyer has done their part."""
    account: str
    """A merchant's account that money arrives at."""
    bad_account: str
    line: Line | None

    def buyer_pays(self, charge: pay.Charge) -> None:
        """The buyer does their part."""
        ...

    def webhooks(self) -> list[Signed]:
        """What it has told so far, oldest first."""
        ...


class SandboxWorld:
    """The sandbox is its own outside world."""

    currency, method, account, bad_account, line = "EUR", "tok_ok", "open", "closed", None

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.processor = pay.SandboxProcessor(folder, clock=clock)
        self.method = "tok_webhook_only"
        self._told: list[Signed] = []

    def buyer_pays(self, charge: pay.Charge) -> None:
        """Nothing to do."""

    def webhooks(self) -> list[Signed]:
        """What it has sent."""
        self.processor.deliver_webhooks(lambda headers, body: self._told.append((headers, body)))
        return self._told


class StripeWorld:
    """Stripe's adapter against its double."""

    currency, method, account, bad_account = "EUR", "checkout", "acct_Bruno0001", "acct_Nobody001"

    def __init__(self, clock: ManualClock) -> None:
        self.double = stripe.StripeDouble(clock)
        self.line: Line | None = self.double.line
        self.processor = StripeProcessor(
            Secret(self.double.key), [Secret("whsec_old"), Secret(self.double.secret)], connect=True,
            transport=self.double.transport,
        )  # fmt: skip

    def buyer_pays(self, charge: pay.Charge) -> None:
        """On Stripe's page."""
        assert charge.action is not None
        assert charge.action.url.startswith("https://checkout.stripe.test/")
        self.double.pay(charge.key)

    def webhooks(self) -> list[Signed]:
        """Its events, signed now."""
        return [(self.double.signed(body), body) for body in self.double.events]


class AlipayWorld:
    """Alipay's adapter against its double."""

    currency, method, account, bad_account = "CNY", "page", "bruno@example.test", "nobody@example.test"

    def __init__(self, clock: ManualClock) -> None:
        self.double = alipay.AlipayDouble(clock)
        self.line: Line | None = self.double.line
        keys = open_keys(Secret(alipay.pem(alipay.OURS)), alipay.public_pem(alipay.THEIRS))
        self.processor = AlipayProcessor(
            alipay.APP_ID, keys, seller_id=alipay.SELLER_ID, clock=clock, transport=self.double.transport,
            notify_url="https://market.example/api/pay/webhooks/alipay",
        )  # fmt: skip

    def buyer_pays(self, charge: pay.Charge) -> None:
        """On Alipay's page."""
        assert charge.action is not None
        self.double.open_page(charge.action.url)
        self.double.pay(charge.key)

    def webhooks(self) -> list[Signed]:
        """Its notices."""
        return [({"content-type": "application/x-www-form-urlencoded"}, body) for body in self.double.notices]


class ManualWorld:
    """People."""

    currency, method, account, bad_account, line = "EUR", "transfer", "DE89370400440532013000", "", None

    def __init__(self) -> None:
        self.processor = ManualProcessor(holder="Market Ltd", iban="DE89370400440532013000", bic="COBADEFFXXX")

    def buyer_pays(self, charge: pay.Charge) -> None:
        """At their bank."""

    def webhooks(self) -> list[Signed]:
        """Nobody tells."""
        return []


def flipped(text: str) -> str:
    """A signature that is not right any more, of the same form."""
    raw = bytearray(base64.b64decode(text))
    raw[0] ^= 1
    return base64.b64encode(raw).decode()


MAKERS: dict[str, Callable[[Path, ManualClock], World]] = {
    "sandbox": SandboxWorld,
    "stripe": lambda folder, clock: StripeWorld(clock),
    "alipay": lambda folder, clock: AlipayWorld(clock),
    "manual": lambda folder, clock: ManualWorld(),
}
