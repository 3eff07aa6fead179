"""Who merchants are before the law: what stands on their documents, and where they are for taxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from entrepot import pay
from entrepot.identity import COUNTRIES, Scope, require_organisation
from entrepot.kernel import Invalid, Prepared, Snapshot, Tx, in_set, prepare, prepare_text

from . import tables

TEXT_MAX = 1_000


class LegalDetails(msgspec.Struct, frozen=True):
    """Who a merchant is before the law, as it stands on their documents; `address` has a line for each line.

    `country` is where it is established. With it, `tax_id` is a number as that country writes them.
    """

    name: str = ""
    address: str = ""
    tax_id: str = ""
    register_no: str = ""
    note: str = ""
    country: str = ""


def get_legal_details(snapshot: Snapshot, scope: Scope) -> LegalDetails:
    """Who the caller's organisation is on its documents; empty until it has said so."""
    merchant_id = require_organisation(scope)
    return details_of(snapshot, [merchant_id]).get(merchant_id) or LegalDetails()


def save_legal_details(tx: Tx, scope: Scope, details: LegalDetails) -> None:
    """Say who the caller's organisation is on documents that are issued from now on.

    Invalid, beside its field, for a country that is none, and for a tax number that its country does not write so.
    """
    merchant_id = require_organisation(scope)
    if len(details.name.strip()) < 2:
        raise Invalid("Write the name of your business", fields={"name": "Write the name of your business"})
    for name in LegalDetails.__struct_fields__:
        if len(getattr(details, name)) > TEXT_MAX:
            raise Invalid(f"Write at most {TEXT_MAX} characters", fields={name: "This is too long"})
    if details.country and details.country not in COUNTRIES:
        raise Invalid("Choose the country from the list", fields={"country": "a two-letter code, such as DE"})
    if details.country and details.tax_id:
        number = pay.read_tax_id(details.country, details.tax_id).number
        details = msgspec.structs.replace(details, tax_id=number)
    tx.send(_save, merchant_id=merchant_id, changed_at=tx.now, **msgspec.structs.asdict(details))


def details_of(snapshot: Snapshot, merchant_ids: Sequence[str]) -> dict[str, LegalDetails]:
    """What each of these merchants has said, whoever asks; one that said nothing is left out."""
    rows = snapshot.all(_of, ids=merchant_ids)
    names = LegalDetails.__struct_fields__
    return {row.merchant_id: LegalDetails(*(getattr(row, name) for name in names)) for row in rows}


_NAMES = ("merchant_id", *LegalDetails.__struct_fields__, "changed_at")
_d = tables.legal_details.c
_of: Prepared[Any] = prepare(select(*_d).where(in_set(_d.merchant_id, "ids")))
_save: Prepared[Any] = prepare_text(
    f"INSERT INTO orders_legal_details ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    f"ON CONFLICT (merchant_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _NAMES[1:])}"
)
