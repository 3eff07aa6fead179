"""Rate sheets and zones as an organisation keeps them: checked when they are saved, so that each can be priced."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from msgspec import structs

from entrepot.identity import COUNTRIES, Scope
from entrepot.kernel import Invalid, NotFound, Snapshot, Tx, decimals_of

from .locations import check_name
from .ownership import acting_owner
from .places import EVERYWHERE, check_places
from .terms import delete_terms, has_terms, list_terms, write_terms
from .types import RateSheet, RateSheetDraft, SheetTerms, Surcharge, Zone, ZoneRate

STEPS_MAX = 100
ZONES_MAX = 100
PLACES_MAX = 1_000
SURCHARGES_MAX = 20
AMOUNT_MAX = 10**12
DAYS_MAX = 365
SIZE_MAX = 10**8
"""Millimetres or grams: a hundred kilometres, or tonnes, bound every sum."""


def list_rate_sheets(snapshot: Snapshot, scope: Scope) -> list[RateSheet]:
    """The caller's own sheets, oldest first; the operator's are the platform's."""
    return list_terms(snapshot, acting_owner(scope), RateSheet)


def save_rate_sheet(tx: Tx, scope: Scope, draft: RateSheetDraft) -> RateSheet:
    """Save a sheet of the caller's organisation, new or in place of the one it names; quotes given stand as they are.

    The operator's is the platform's default, for merchants without any of their own. Invalid, naming each field at
    fault.
    """
    owner = acting_owner(scope)
    if draft.id is not None and not has_terms(tx, draft.id, owner, RateSheet):
        raise NotFound("There is no such rate sheet")
    sheet = check_sheet(draft, draft.id or tx.new_id("rat"), owner)
    known = {zone.id for zone in list_terms(tx, owner, Zone)} if sheet.terms.zones else set()
    if any(each.zone_id not in known for each in sheet.terms.zones):
        raise Invalid("The rate sheet names a zone that is not there", fields={"zones": "Choose one of your zones"})
    write_terms(tx, sheet.id, owner, sheet)
    return sheet


def delete_rate_sheet(tx: Tx, scope: Scope, sheet_id: str) -> None:
    """Offer a sheet no longer; quotes given stand. NotFound when it is not the caller's."""
    if not delete_terms(tx, sheet_id, acting_owner(scope), RateSheet):
        raise NotFound("There is no such rate sheet")


def list_zones(snapshot: Snapshot, scope: Scope) -> list[Zone]:
    """The caller's own zones, oldest first."""
    return list_terms(snapshot, acting_owner(scope), Zone)


def save_zone(tx: Tx, scope: Scope, name: str, places: Iterable[str], zone_id: str | None = None) -> Zone:
    """Save a zone, new or in place of the one named. Invalid when one of its places cannot be read."""
    owner = acting_owner(scope)
    if zone_id is not None and not has_terms(tx, zone_id, owner, Zone):
        raise NotFound("There is no such zone")
    try:
        kept = check_places(places)
    except Invalid as problem:
        raise Invalid(problem.sentence, fields={"places": problem.sentence}) from None
    if not 0 < len(kept) <= PLACES_MAX:
        raise Invalid("A zone has places", fields={"places": f"Write 1 to {PLACES_MAX} places"})
    zone = Zone(zone_id or tx.new_id("zon"), owner, check_name(name), kept)
    write_terms(tx, zone.id, owner, zone)
    return zone


def delete_zone(tx: Tx, scope: Scope, zone_id: str) -> None:
    """Delete a zone; the rates that sheets have for it go with it."""
    owner = acting_owner(scope)
    if not delete_terms(tx, zone_id, owner, Zone):
        raise NotFound("There is no such zone")
    for sheet in list_terms(tx, owner, RateSheet):
        left = tuple(each for each in sheet.terms.zones if each.zone_id != zone_id)
        if left != sheet.terms.zones:
            write_terms(tx, sheet.id, owner, structs.replace(sheet, terms=structs.replace(sheet.terms, zones=left)))


def check_sheet(draft: RateSheetDraft, sheet_id: str, owner: str) -> RateSheet:
    """The sheet of a draft; Invalid, with a sentence for each field, when it could not price a delivery."""
    name = check_name(draft.name)
    decimals_of(draft.currency)
    countries = tuple(dict.fromkeys(country.strip().upper() for country in draft.countries))
    steps = tuple(draft.steps)
    fields = {}
    if (not countries and not draft.terms.zones) or any(
        country != EVERYWHERE and country not in COUNTRIES for country in countries
    ):
        fields["countries"] = "Write two-letter codes of countries, such as DE, or * for everywhere"
    if (problem := _problem_of_steps(draft.kind, steps)) is not None:
        fields["steps"] = problem
    if draft.free_over_minor is not None and not 0 <= draft.free_over_minor <= AMOUNT_MAX:
        fields["free_over_minor"] = "Write an amount of zero or more, or nothing"
    if not 0 <= draft.days_min <= draft.days_max <= DAYS_MAX:
        fields["days_max"] = f"Write business days from 0 to {DAYS_MAX}, the fewest first"
    fields |= _problems_of_terms(draft)
    if fields:
        raise Invalid("The rate sheet cannot be used: look at " + ", ".join(fields), fields=fields)
    return RateSheet(
        sheet_id, owner, name, draft.kind, countries, draft.currency, steps, draft.free_over_minor, draft.days_min,
        draft.days_max, _kept(draft.terms),
    )  # fmt: skip


def _kept(terms: SheetTerms) -> SheetTerms:
    surcharges = tuple(structs.replace(each, places=check_places(each.places)) for each in terms.surcharges)
    return structs.replace(terms, surcharges=surcharges)


def _problem_of_steps(kind: str, steps: tuple[tuple[int, int], ...]) -> str | None:
    if not steps or len(steps) > STEPS_MAX or (kind == "flat" and len(steps) != 1):
        return "Write one price" if kind == "flat" else f"Write 1 to {STEPS_MAX} steps of weight and price"
    if any(not 0 <= amount_minor <= AMOUNT_MAX for _, amount_minor in steps):
        return "A price of delivery is zero or more"
    weights = [weight_g for weight_g, _ in steps]
    if any(abs(weight_g) > SIZE_MAX for weight_g in weights):
        return f"A step goes up to {SIZE_MAX:,} g at most"
    if kind == "weight" and (weights[0] <= 0 or any(a >= b for a, b in pairwise(weights))):
        return "Each step's weight, in grams, must be more than the one before"
    return None


def _problems_of_terms(draft: RateSheetDraft) -> dict[str, str]:
    terms, fields = draft.terms, {}
    bounds = (terms.divisor_cm3_per_kg, terms.longest_mm_max, terms.girth_mm_max, terms.parcel_g_max)
    names = ("divisor_cm3_per_kg", "longest_mm_max", "girth_mm_max", "parcel_g_max")
    for name, bound in zip(names, bounds, strict=True):
        if bound is not None and not 0 < bound <= SIZE_MAX:
            fields[name] = "Write a whole number above zero, or nothing"
    for name, amount in (("per_parcel_minor", terms.per_parcel_minor), ("per_kg_minor", terms.per_kg_minor)):
        if not 0 <= amount <= AMOUNT_MAX:
            fields[name] = "Write an amount of zero or more"
    if len(terms.zones) > ZONES_MAX or len({each.zone_id for each in terms.zones}) < len(terms.zones):
        fields["zones"] = f"Name each zone once, and {ZONES_MAX} at most"
    for each in terms.zones:
        if (problem := _problem_of_zone(draft.kind, each)) is not None:
            fields["zones"] = problem
    if len(terms.surcharges) > SURCHARGES_MAX:
        fields["surcharges"] = f"Write {SURCHARGES_MAX} surcharges at most"
    for surcharge in terms.surcharges:
        if (problem := _problem_of_surcharge(surcharge)) is not None:
            fields["surcharges"] = problem
    return fields


def _problem_of_zone(kind: str, zone: ZoneRate) -> str | None:
    days = [each for each in (zone.days_min, zone.days_max) if each is not None]
    if any(not 0 <= each <= DAYS_MAX for each in days) or days != sorted(days):
        return f"Write business days from 0 to {DAYS_MAX}, the fewest first"
    return _problem_of_steps(kind, zone.steps) if zone.steps else None


def _problem_of_surcharge(surcharge: Surcharge) -> str | None:
    bounds = [surcharge.over_longest_mm, surcharge.over_girth_mm, surcharge.over_g]
    if not surcharge.name.strip() or len(surcharge.name) > 100 or not surcharge.name.isprintable():
        return "Give each surcharge a name"
    if not 0 <= surcharge.amount_minor <= AMOUNT_MAX:
        return "A surcharge is zero or more"
    if any(bound is not None and not 0 < bound <= SIZE_MAX for bound in bounds):
        return "Write bounds above zero, or nothing"
    if not surcharge.places and all(bound is None for bound in bounds):
        return "Say of each surcharge from which size, which weight or where it is asked"
    try:
        check_places(surcharge.places)
    except Invalid as problem:
        return problem.sentence
    return None
