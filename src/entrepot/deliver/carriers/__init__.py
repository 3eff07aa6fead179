"""Carriers: who brings parcels. A port, a sandbox, and any carrier of which only the tracking number is known.

An adapter of another carrier is a package of its own that offers a `Carrier` under the entry point `entrepot.carriers`;
`docs/developers.md` shows one, and `tests/contracts/test_carriers.py` is what every adapter must pass.
"""

from .base import Carrier, CarrierScan, NotSigned, TrackingOnly
from .registry import Carriers, open_carriers, webhook_secret
from .sandbox import SandboxCarrier, journey
from .signing import check_signature, sign

__all__ = [
    "Carrier",
    "CarrierScan",
    "Carriers",
    "NotSigned",
    "SandboxCarrier",
    "TrackingOnly",
    "check_signature",
    "journey",
    "open_carriers",
    "sign",
    "webhook_secret",
]
