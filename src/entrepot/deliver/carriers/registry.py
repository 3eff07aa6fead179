"""Which carriers a house has: the sandbox, the fleet, the merchant's own van, adapters that are installed."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import entry_points

from entrepot.kernel import Invalid, Secret

from ..types import FLEET, OWN, SANDBOX
from .base import Carrier, TrackingOnly
from .sandbox import SandboxCarrier

ENTRY_POINTS = "entrepot.carriers"


class Carriers:
    """The carriers by name. A name that nobody knows is a carrier of which only the tracking number is known."""

    def __init__(self, carriers: Iterable[Carrier]) -> None:
        self._carriers: Mapping[str, Carrier] = {carrier.name: carrier for carrier in carriers}

    def find(self, name: str) -> Carrier | None:
        """The adapter of this name, or None."""
        return self._carriers.get(name)

    def get(self, name: str) -> Carrier:
        """The carrier of this name: its adapter, or one that knows nothing but the number."""
        return self._carriers.get(name) or TrackingOnly(name, name)

    def check(self, name: str) -> None:
        """Invalid for the sandbox carrier in a market that does not play."""
        if name.strip() == SANDBOX and SANDBOX not in self._carriers:
            sentence = "The sandbox carrier carries nothing: this market takes real money. Name who really carries it"
            raise Invalid(sentence, fields={"carrier": "not in this market"})

    @property
    def for_labels(self) -> str:
        """Who brings a return that the merchant has given its own label for: the sandbox where there is one, else
        whoever the label is of, which the merchant knows."""
        return SANDBOX if SANDBOX in self._carriers else OWN

    def __iter__(self) -> Iterator[Carrier]:
        yield from self._carriers.values()


def open_carriers(key: Secret, *more: Carrier, sandbox: bool = True) -> Carriers:
    """The carriers of a house; `key` is its own, from which each one's webhook secret is made. The `sandbox` plays what
    its parcels meet: it is for markets in which nothing is real.

    An entry point names a function that is given its webhook secret and returns the carrier.
    """
    plain: list[Carrier] = [
        *([SandboxCarrier(webhook_secret(key, SANDBOX))] if sandbox else []),
        TrackingOnly(OWN, "Own delivery"),
        TrackingOnly(FLEET, "The market's vans"),
    ]
    installed = [
        entry.load()(webhook_secret(key, entry.name)) for entry in sorted(entry_points(group=ENTRY_POINTS), key=str)
    ]
    return Carriers([*plain, *installed, *more])


def webhook_secret(key: Secret, name: str) -> Secret:
    """What a carrier signs its webhooks with: made from the house's key, so that none is kept anywhere."""
    digest = hmac.digest(key.reveal().encode(), f"carrier webhook {name}".encode(), "sha256")
    return Secret("whsec_" + base64.b64encode(digest).decode())
