"""What the columns of a foreign sheet mean: said by its merchant once, kept per merchant and header.

`columns` gives each column its target. Several columns may have the targets `picture`, `option`, `attribute` and `tag`;
every other target belongs to one column. A sheet whose rows are variants names their product in the column `group`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, select

from entrepot.kernel import Invalid, Prepared, Snapshot, Tx, from_json, prepare, to_json
from entrepot.kernel.sql import prepare_text

from .. import tables
from ..currencies import is_currency

MAPPED: Final = "table"
"""The format of a sheet that is none of ours."""
IGNORED: Final = ""
NEEDED: Final = ("external_id", "title", "price")
MANY: Final = frozenset({"picture", "option", "attribute", "tag"})
TARGETS: Final = (
    "external_id", "group", "title", "description", "brand", "category", "price", "list_price", "sale_price",
    "sale_starts_at", "sale_ends_at", "currency", "quantity", "availability", "sku", "gtin", "mpn", "condition",
    "weight", "length", "width", "height", "picture", "option", "attribute", "tag", "tax_category", "published",
)  # fmt: skip
WEIGHT_UNITS: Final = ("g", "kg", "lb", "oz")
LENGTH_UNITS: Final = ("mm", "cm", "m", "in")


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each column of a sheet means, and what its figures are in where a cell does not say.

    `header` are the names of its columns as the sheet has them; `currency` None is the merchant's own.
    """

    header: tuple[str, ...]
    columns: dict[str, str]
    currency: str | None = None
    weight_unit: str = "g"
    length_unit: str = "mm"

    def of(self, target: str) -> tuple[str, ...]:
        """The columns with a target, in the sheet's order."""
        return tuple(name for name in self.header if self.columns.get(name) == target)


def check_mapping(mapping: Mapping) -> None:
    """Invalid, naming each part at fault, for a mapping by which no product can be read."""
    counts = Counter(mapping.columns.values())
    faults = {name: "is not a column of this sheet" for name in mapping.columns if name not in mapping.header}
    faults |= {name: f"{to!r} means nothing here" for name, to in mapping.columns.items() if to and to not in TARGETS}
    faults |= {
        target: "two columns cannot both be this"
        for target, count in counts.items()
        if count > 1 and target and target not in MANY
    }
    faults |= {target: "no column is this, and every product needs it" for target in NEEDED if not counts[target]}
    if mapping.weight_unit not in WEIGHT_UNITS:
        faults["weight_unit"] = f"is one of {', '.join(WEIGHT_UNITS)}"
    if mapping.length_unit not in LENGTH_UNITS:
        faults["length_unit"] = f"is one of {', '.join(LENGTH_UNITS)}"
    if mapping.currency is not None and not is_currency(mapping.currency):
        faults["currency"] = "is the three letters of a currency, such as USD"
    if faults:
        name, reason = next(iter(faults.items()))
        raise Invalid(f"The columns are not yet clear: {name}: {reason}", fields=faults)


def header_digest(header: Sequence[str]) -> str:
    """What two sheets with the same columns, in any order, share."""
    return hashlib.blake2b("\x1f".join(sorted(header)).encode("utf-8", "replace"), digest_size=16).hexdigest()


def find_mapping(snapshot: Snapshot, merchant_id: str, header: Sequence[str]) -> Mapping | None:
    """What this merchant said last of a sheet with these columns."""
    found = snapshot.value(_find, merchant_id=merchant_id, header=header_digest(header))
    return from_json(found, Mapping) if found else None


def keep_mapping(tx: Tx, merchant_id: str, mapping: Mapping) -> None:
    """Remember what a merchant said of a sheet with these columns, in place of what was said before."""
    tx.run(
        _keep,
        merchant_id=merchant_id,
        header=header_digest(mapping.header),
        mapping=to_json(mapping),
        now=tx.now,
    )


_m = tables.import_mappings.c
_find: Prepared[Any] = prepare(
    select(_m.mapping).where(_m.merchant_id == bindparam("merchant_id"), _m.header == bindparam("header"))
)
_keep: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_import_mappings (merchant_id, header, mapping, changed_at) "
    "VALUES (:merchant_id, :header, :mapping, :now) "
    "ON CONFLICT (merchant_id, header) DO UPDATE SET mapping = excluded.mapping, changed_at = excluded.changed_at"
)
