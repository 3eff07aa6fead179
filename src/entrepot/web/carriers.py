"""What a carrier is called: one that every house has, by our texts in the reader's language; another, by its name."""

from __future__ import annotations

from entrepot.deliver import FLEET, OWN, SANDBOX, Carrier

from .visit import CurrentVisit

TEXTS = {SANDBOX: "carrier.sandbox", OWN: "carrier.shop", FLEET: "carrier.fleet"}


def carrier_name(visit: CurrentVisit, carrier: Carrier) -> str:
    """The name to show for `carrier`."""
    text = TEXTS.get(carrier.name)
    return visit.say(text) if text else carrier.title
