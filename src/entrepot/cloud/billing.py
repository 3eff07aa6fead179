"""How an organisation is billed: what stands on its invoices, when it is told of low credit, whether a merchant's
payouts pay for what it uses. The platform's own row says who issues the invoices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from entrepot import ledger, pay
from entrepot.identity import COUNTRIES, Scope, find_platform
from entrepot.kernel import Invalid, Prepared, Snapshot, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .accounting import account_owner
from .types import SHOP

TEXT_LENGTH_MAX = 1_000
LINE_LENGTH_MAX = 200


class Party(msgspec.Struct, frozen=True):
    """Who issues an invoice or is to pay it, as it stands there. Empty texts are left out. `country` (and `region`,
    where it has rates of its own) is where it is taxed; `tax_id` shows that it is a business."""

    name: str = ""
    address: str = ""
    tax_id: str = ""
    note: str = ""
    country: str = ""
    region: str = ""


class Billing(msgspec.Struct, frozen=True):
    """How an organisation is billed. `alert_below` is the credit, in nano units, below which its people are told."""

    organisation: str
    name: str = ""
    address: str = ""
    tax_id: str = ""
    note: str = ""
    country: str = ""
    region: str = ""
    netted: bool = False
    alert_below: int = 0

    @property
    def party(self) -> Party:
        """What stands on an invoice."""
        return Party(self.name, self.address, self.tax_id, self.note, self.country, self.region)


def get_billing(snapshot: Snapshot, scope: Scope) -> Billing:
    """How the caller's organisation is billed; the operator's is the platform's own."""
    return read_billing(snapshot, [account_owner(scope)])[account_owner(scope)]


def save_party(tx: Tx, scope: Scope, party: Party) -> Billing:
    """What stands on invoices from now on; those that were issued stay as they are.

    Invalid, beside its field, for a tax number that its country does not write so.
    """
    fields = {
        name: f"At most {most} characters"
        for name, most in (("name", LINE_LENGTH_MAX), ("tax_id", LINE_LENGTH_MAX), ("address", TEXT_LENGTH_MAX),
                           ("note", TEXT_LENGTH_MAX), ("region", LINE_LENGTH_MAX))
        if len(getattr(party, name)) > most or "\0" in getattr(party, name)
    }  # fmt: skip
    if fields:
        raise Invalid("This is too long for an invoice: look at the marked fields", fields=fields)
    tidy = {name: getattr(party, name).replace("\r\n", "\n").strip() for name in Party.__struct_fields__}
    if tidy["country"] and tidy["country"] not in COUNTRIES:
        raise Invalid("Choose the country from the list", fields={"country": "a two-letter code, such as DE"})
    if tidy["country"] and tidy["tax_id"]:
        tidy["tax_id"] = pay.read_tax_id(tidy["country"], tidy["tax_id"]).number
    return _save(tx, msgspec.structs.replace(get_billing(tx, scope), **tidy))


def set_credit_alert(tx: Tx, scope: Scope, below: int) -> Billing:
    """Have the caller's people told when less credit than this is left, in nano units; zero: when nothing is left."""
    if not 0 <= below <= ledger.AMOUNT_MAX:
        raise Invalid("Write an amount of zero or more", fields={"alert_below": "zero or more"})
    tx.run(_rearm, organisation_=account_owner(scope))
    return _save(tx, msgspec.structs.replace(get_billing(tx, scope), alert_below=below))


def set_netting(tx: Tx, scope: Scope, netted: bool) -> Billing:
    """Whether what invoices leave due is taken from what the market owes the organisation as a merchant."""
    return _save(tx, msgspec.structs.replace(get_billing(tx, scope), netted=netted))


def read_billing(snapshot: Snapshot, organisations: Sequence[str]) -> dict[str, Billing]:
    """How each of these is billed; who said nothing has nothing on its invoices but its name."""
    found = {each.organisation: each for each in snapshot.all(_these, organisations=list(organisations))}
    return {organisation: found.get(organisation) or Billing(organisation) for organisation in organisations}


def read_issuer(snapshot: Snapshot) -> Party:
    """Who issues the invoices: under the market's own name, unless the operator gave another."""
    party = read_billing(snapshot, [SHOP])[SHOP].party
    if party.name:
        return party
    market = find_platform(snapshot)
    return msgspec.structs.replace(party, name=market.name if market is not None else "")


def list_netted(snapshot: Snapshot) -> list[str]:
    """The organisations whose payouts pay for what they use."""
    return [row.organisation for row in snapshot.all(_netted)]


def _save(tx: Tx, billing: Billing) -> Billing:
    tx.run(_write, **{**msgspec.structs.asdict(billing), "netted": int(billing.netted)}, now=tx.now)
    return billing


def _read(*columns: Any) -> Billing:
    values = dict(zip(Billing.__struct_fields__, columns, strict=True))
    return Billing(**values | {"netted": bool(values["netted"])})


_b = tables.billing.c
_these: Prepared[Billing] = prepare(
    select(*(_b[name] for name in Billing.__struct_fields__)).where(in_set(_b.organisation, "organisations")),
    _read,
)
_netted: Prepared[Any] = prepare(select(_b.organisation).where(_b.netted == 1).order_by(_b.organisation))
_rearm: Prepared[Any] = prepare_text("UPDATE cloud_billing SET alerted_at = NULL WHERE organisation = :organisation_")
_SAVED = tuple(name for name in Billing.__struct_fields__ if name != "organisation")
_write: Prepared[Any] = prepare_text(
    f"INSERT INTO cloud_billing (organisation, {', '.join(_SAVED)}, changed_at) "
    f"VALUES (:organisation, {', '.join(f':{name}' for name in _SAVED)}, :now) "
    "ON CONFLICT (organisation) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _SAVED)
    + ", changed_at = excluded.changed_at"
)
