"""The form of the checkout's first step: where it goes, whom to write to, and for whom the invoice is."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from entrepot.identity import Address
from entrepot.orders import Checkout

NOTHING = Address(name="", line1="", line2="", city="", region="", postal_code="", country="", phone="")


class CheckoutAddress(msgspec.Struct, frozen=True):
    """The form of the checkout's first step. `saved` is the id of a kept address, `edit` of one that is changed here.

    The fields that begin with `billing_` are the address on the invoice, when `other_billing` is ticked; `tax_id` is
    the number of a business that buys.
    """

    email: str = ""
    tax_id: str = ""
    saved: str = ""
    edit: str = ""
    keep: str = ""
    other_billing: str = ""
    billing_name: str = ""
    billing_line1: str = ""
    billing_line2: str = ""
    billing_postal_code: str = ""
    billing_city: str = ""
    billing_region: str = ""
    billing_country: str = ""
    billing_phone: str = ""
    name: str = ""
    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    phone: str = ""

    @property
    def address(self) -> Address:
        """The address that was typed."""
        fields = {name: getattr(self, name).strip() for name in Address.__struct_fields__}
        return Address(**fields)

    @property
    def billing(self) -> Address | None:
        """The address on the invoice, where another was typed."""
        if not self.other_billing:
            return None
        return Address(**{name: getattr(self, f"billing_{name}").strip() for name in Address.__struct_fields__})


class Asked(NamedTuple):
    """What the checkout's first step asks for."""

    address: Address
    email: str
    billing: Address | None = None
    tax_id: str = ""


def asked_of(quoted: Checkout) -> Asked:
    """What was asked for when this was quoted."""
    return Asked(quoted.address, quoted.email, quoted.billing, quoted.tax_id)
