"""The platform's own vans and who drives them."""

from __future__ import annotations

from msgspec import structs

from entrepot.identity import Scope, require_operator
from entrepot.kernel import Invalid, NotFound, Snapshot, Tx

from .locations import check_name, locations_of
from .terms import delete_terms, has_terms, list_terms, write_terms
from .types import PLATFORM, Van

SKILLS_MAX = 20
MINUTES_A_DAY = 1_440


def list_vans(snapshot: Snapshot, scope: Scope) -> list[Van]:
    """The platform's vans, oldest first. For the operator."""
    require_operator(scope)
    return vans_of(snapshot)


def vans_of(snapshot: Snapshot) -> list[Van]:
    """The same, for those who have checked who asks."""
    return list_terms(snapshot, PLATFORM, Van)


def get_van(snapshot: Snapshot, van_id: str) -> Van:
    """A van by its id; NotFound when there is none."""
    for van in vans_of(snapshot):
        if van.id == van_id:
            return van
    raise NotFound("There is no such van")


def save_van(tx: Tx, scope: Scope, van: Van) -> Van:
    """Save a van, new when its id is empty, else in place of that one. Plans made already stand. For the operator."""
    require_operator(scope)
    if van.id and not has_terms(tx, van.id, PLATFORM, Van):
        raise NotFound("There is no such van")
    known = {location.id for location in locations_of(tx, [PLATFORM])[PLATFORM]}
    fields = {}
    if van.location_id not in known or van.end_location_id not in (None, *known):
        fields["location_id"] = "Choose one of the market's own locations"
    for name in ("capacity_g", "capacity_l", "stops_max"):
        bound = getattr(van, name)
        if bound is not None and not 0 < bound <= 10**9:
            fields[name] = "Write a whole number above zero, or nothing"
    if not 0 <= van.shift_start < van.shift_end <= MINUTES_A_DAY:
        fields["shift_end"] = "A shift ends after it begins, on the same day"
    skills = tuple(sorted({" ".join(skill.casefold().split()) for skill in van.skills} - {""}))
    if len(skills) > SKILLS_MAX or any(len(skill) > 50 or not skill.isprintable() for skill in skills):
        fields["skills"] = f"Write {SKILLS_MAX} short words at most"
    if fields:
        raise Invalid("The van cannot be used: look at " + ", ".join(fields), fields=fields)
    driver = check_name(van.driver) if van.driver.strip() else ""
    kept = structs.replace(
        van, id=van.id or tx.new_id("van"), organisation=PLATFORM, name=check_name(van.name), driver=driver,
        skills=skills,
    )  # fmt: skip
    write_terms(tx, kept.id, PLATFORM, kept)
    return kept


def renew_driver_link(tx: Tx, scope: Scope, van_id: str) -> Van:
    """From now on the link that the driver had leads nowhere; returns the van with the number of the next one."""
    require_operator(scope)
    van = get_van(tx, van_id)
    renewed = structs.replace(van, link=van.link + 1)
    write_terms(tx, van.id, PLATFORM, renewed)
    return renewed


def delete_van(tx: Tx, scope: Scope, van_id: str) -> None:
    """Plan with it no longer. NotFound when there is none. For the operator."""
    require_operator(scope)
    if not delete_terms(tx, van_id, PLATFORM, Van):
        raise NotFound("There is no such van")
