"""Manual: money that people move. A buyer transfers it with a reference, or pays the carrier at the door.

There is nobody to ask. What came is told by the operator, or by the bank's file (`reconciliation`), through the same
verbs as a processor's own word; refunds and payouts wait until somebody says that they were sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from entrepot.kernel import Conflict, Invalid, NotAllowed

from ..bank_numbers import NAME_LENGTH, check_iban, creditor_reference
from .base import (
    Abilities,
    Action,
    CaptureIntent,
    Charge,
    ChargeIntent,
    ChargeName,
    PayoutIntent,
    Receipt,
    RefundIntent,
    Webhook,
)

TRANSFER, DELIVERY = "transfer", "delivery"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class ManualProcessor:
    """Bank transfers, and cash on delivery."""

    name = "manual"
    abilities = Abilities(holds=True, parts=True, payouts=True, asks=False)

    def __init__(
        self,
        ways: Sequence[str] = (TRANSFER, DELIVERY),
        *,
        holder: str = "",
        iban: str = "",
        bic: str = "",
        bank: str = "",
    ) -> None:
        """Whose account buyers transfer to. Invalid, naming the setting, when transfers are offered without one."""
        self.ways = tuple(ways)
        if TRANSFER in self.ways:
            if not holder:
                raise Invalid("Buyers need to know whom to transfer to: set pay.manual_holder, or leave transfers out")
            if not iban:
                raise Invalid("Buyers need an account to transfer to: set pay.manual_iban, or leave transfers out")
        self._lines = [("holder", holder), ("account", _shown(iban)), ("bic", bic), ("bank", bank)]

    def close(self) -> None:
        """There is nothing to let go of."""

    def check(self) -> None:
        """It is always there."""

    def charge(self, intent: ChargeIntent) -> Charge:
        """Tell the buyer what to transfer; or take their word that they pay at the door, where the money is held."""
        ref = transfer_reference(intent.key)
        if intent.method == DELIVERY and DELIVERY in self.ways:
            return Charge(intent.key, ref, "authorised", intent.amount_minor, intent.currency)
        if intent.method != TRANSFER or TRANSFER not in self.ways:
            raise Conflict("There is no such way to pay by hand")
        details = tuple((name, value) for name, value in self._lines if value)
        action = Action("transfer", reference=ref, details=details)
        return Charge(intent.key, ref, "pending", intent.amount_minor, intent.currency, action=action)

    def find_charge(self, key: str, processor_ref: str | None = None) -> Charge | None:
        """Nobody knows but people."""
        return None

    def capture(self, intent: CaptureIntent) -> Receipt:
        """The goods are handed over, so the carrier has the money and owes it to us."""
        return Receipt(intent.key, transfer_reference(intent.charge.key), intent.amount_minor, intent.currency)

    def find_capture(self, key: str, charge: ChargeName) -> Receipt | None:
        """Nothing is lost between us and ourselves: it may be asked again."""
        return None

    def void(self, charge: ChargeName) -> None:
        """What is not handed over is not paid."""

    def refund(self, intent: RefundIntent) -> Receipt:
        """Somebody has to send it."""
        return Receipt(intent.key, "", intent.amount_minor, intent.currency, "pending")

    def find_refund(self, key: str, charge: ChargeName | None = None) -> Receipt | None:
        """Nobody knows but people."""
        return None

    def payout(self, intent: PayoutIntent) -> Receipt:
        """Somebody has to send it."""
        return Receipt(intent.key, "", intent.amount_minor, intent.currency, "pending")

    def find_payout(self, key: str) -> Receipt | None:
        """Nobody knows but people."""
        return None

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> Webhook:
        """There is nobody who could send one."""
        raise NotAllowed("Nobody sends webhooks about what people do by hand")


def transfer_reference(key: str) -> str:
    """What a buyer writes on the transfer for a payment: short, and with check digits against typing errors."""
    number = int.from_bytes(hashlib.sha256(f"transfer {key}".encode()).digest()[:8], "big")
    signs = ""
    for _ in range(NAME_LENGTH):
        number, place = divmod(number, 32)
        signs += _ALPHABET[place]
    return creditor_reference(signs)


def _shown(iban: str) -> str:
    """An IBAN in groups of four; an account number of another kind as it was set."""
    if iban[:2].isalpha():
        iban = check_iban(iban)
        return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
    return iban
