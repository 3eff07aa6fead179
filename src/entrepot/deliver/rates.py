"""Rate sheets: what delivery costs by weight and subtotal, as pure arithmetic and as stored rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from entrepot.identity import COUNTRIES, Scope
from entrepot.kernel import (
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    decimals_of,
    from_json,
    in_set,
    prepare,
    to_json,
)

from . import tables
from .locations import check_name
from .ownership import acting_owner
from .types import EVERYWHERE, QuoteRequest, RateSheet, RateSheetDraft

STEPS_MAX = 100
AMOUNT_MAX = 10**12
DAYS_MAX = 365


def price_by(sheet: RateSheet, request: QuoteRequest) -> int | None:
    """What this sheet asks for a delivery, in minor units; None where it does not apply.

    It applies to its countries and currency, up to its heaviest step; by weight, only where the weight is known.
    """
    if sheet.currency != request.currency or not serves(sheet, request.country):
        return None
    if sheet.kind == "flat":
        amount_minor: int | None = sheet.steps[0][1]
    elif request.weight_g is None:
        return None
    else:
        weight_g = request.weight_g
        amount_minor = next((amount for weight_g_max, amount in sheet.steps if weight_g <= weight_g_max), None)
    if amount_minor is not None and sheet.free_over_minor is not None:
        return 0 if request.subtotal_minor >= sheet.free_over_minor else amount_minor
    return amount_minor


def serves(sheet: RateSheet, country: str) -> bool:
    """Whether a sheet is for this country."""
    return country in sheet.countries or EVERYWHERE in sheet.countries


def list_rate_sheets(snapshot: Snapshot, scope: Scope, organisation: str | None = None) -> list[RateSheet]:
    """The caller's own sheets, oldest first; the operator's are the platform's, or those of an organisation named."""
    owner = acting_owner(scope, organisation)
    return sheets_of(snapshot, [owner])[owner]


def sheets_of(snapshot: Snapshot, organisations: Iterable[str]) -> dict[str, list[RateSheet]]:
    """The sheets of each organisation, oldest first."""
    found: dict[str, list[RateSheet]] = {organisation: [] for organisation in organisations}
    for sheet in snapshot.all(_sheets_of, organisations=list(found)):
        found[sheet.organisation].append(sheet)
    return found


def save_rate_sheet(tx: Tx, scope: Scope, draft: RateSheetDraft, organisation: str | None = None) -> RateSheet:
    """Save a sheet of the caller's organisation, new or in place of the one it names; quotes given stand as they are.

    The operator's is the platform's default, for merchants without any of their own. Invalid, naming each field at
    fault.
    """
    owner = acting_owner(scope, organisation)
    sheet = check_sheet(draft, draft.id or tx.new_id("rat"), owner)
    values = {
        "name": sheet.name,
        "kind": sheet.kind,
        "countries": to_json(sheet.countries),
        "currency": sheet.currency,
        "steps": to_json(sheet.steps),
        "free_over_minor": sheet.free_over_minor,
        "days_min": sheet.days_min,
        "days_max": sheet.days_max,
        "updated_at": tx.now,
    }
    if draft.id is None:
        tx.run(_insert, id=sheet.id, organisation=owner, **values)
    elif not tx.run(
        _replace, id_=sheet.id, organisation_=owner, **{f"{name}_": value for name, value in values.items()}
    ):
        raise NotFound("There is no such rate sheet")
    return sheet


def delete_rate_sheet(tx: Tx, scope: Scope, sheet_id: str, organisation: str | None = None) -> None:
    """Offer a sheet no longer; quotes given stand. NotFound when it is not the caller's."""
    if not tx.run(_delete, id_=sheet_id, organisation_=acting_owner(scope, organisation)):
        raise NotFound("There is no such rate sheet")


def check_sheet(draft: RateSheetDraft, sheet_id: str, owner: str) -> RateSheet:
    """The sheet of a draft; Invalid, with a sentence for each field, when it could not price a delivery."""
    name = check_name(draft.name)
    decimals_of(draft.currency)
    countries = tuple(dict.fromkeys(country.strip().upper() for country in draft.countries))
    steps = tuple(draft.steps)
    fields = {}
    if not countries or any(country != EVERYWHERE and country not in COUNTRIES for country in countries):
        fields["countries"] = "Write two-letter codes of countries, such as DE, or * for everywhere"
    if (problem := _problem_of_steps(draft.kind, steps)) is not None:
        fields["steps"] = problem
    if draft.free_over_minor is not None and not 0 <= draft.free_over_minor <= AMOUNT_MAX:
        fields["free_over_minor"] = "Write an amount of zero or more, or nothing"
    if not 0 <= draft.days_min <= draft.days_max <= DAYS_MAX:
        fields["days_max"] = f"Write business days from 0 to {DAYS_MAX}, the fewest first"
    if fields:
        raise Invalid("The rate sheet cannot be used: look at " + ", ".join(fields), fields=fields)
    return RateSheet(
        sheet_id, owner, name, draft.kind, countries, draft.currency, steps, draft.free_over_minor, draft.days_min,
        draft.days_max,
    )  # fmt: skip


def _problem_of_steps(kind: str, steps: tuple[tuple[int, int], ...]) -> str | None:
    if not steps or len(steps) > STEPS_MAX or (kind == "flat" and len(steps) != 1):
        return "Write one price" if kind == "flat" else f"Write 1 to {STEPS_MAX} steps of weight and price"
    if any(not 0 <= amount_minor <= AMOUNT_MAX for _, amount_minor in steps):
        return "A price of delivery is zero or more"
    weights = [weight_g for weight_g, _ in steps]
    if kind == "weight" and (weights[0] <= 0 or any(a >= b for a, b in pairwise(weights))):
        return "Each step's weight, in grams, must be more than the one before"
    return None


def _sheet(
    sheet_id: str, organisation: str, name: str, kind: Any, countries: str, currency: str, steps: str, *rest: Any
) -> RateSheet:
    return RateSheet(
        sheet_id, organisation, name, kind, from_json(countries, tuple[str, ...]), currency,
        from_json(steps, tuple[tuple[int, int], ...]), *rest,
    )  # fmt: skip


_s = tables.rate_sheets.c
_COLUMNS = (
    _s.id, _s.organisation, _s.name, _s.kind, _s.countries, _s.currency, _s.steps, _s.free_over_minor, _s.days_min,
    _s.days_max,
)  # fmt: skip
_sheets_of: Prepared[RateSheet] = prepare(
    select(*_COLUMNS).where(in_set(_s.organisation, "organisations")).order_by(_s.id), _sheet
)
_insert: Prepared[Any] = prepare(
    insert(tables.rate_sheets).values({column.name: bindparam(column.name) for column in tables.rate_sheets.columns})
)
_CHANGED = [each.name for each in tables.rate_sheets.columns if each.name not in ("id", "organisation")]
_own = (_s.id == bindparam("id_")) & (_s.organisation == bindparam("organisation_"))
_replace: Prepared[Any] = prepare(
    update(tables.rate_sheets).where(_own).values({name: bindparam(f"{name}_") for name in _CHANGED})
)
_delete: Prepared[Any] = prepare(delete(tables.rate_sheets).where(_own))
