"""How an organisation prepares its parcels: the boxes it packs into, its working hours, the days nobody delivers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from entrepot.identity import COUNTRIES, Scope, require_operator
from entrepot.kernel import Invalid, NotFound, Snapshot, Tx, derive_id

from .locations import check_name
from .ownership import acting_owner
from .terms import delete_terms, has_terms, list_terms, write_terms
from .types import PLATFORM, Box, Handling, Holidays

SIDE_MM_MAX = 10_000
WEIGHT_G_MAX = 2_000_000
HOLIDAYS_MAX = 400
"""Of one country."""
_YEARLY = re.compile(r"\d{2}-\d{2}")


class BoxDraft(msgspec.Struct, frozen=True):
    """A box to be saved; with an `id` in place of that one."""

    name: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int
    load_g_max: int
    id: str | None = None


def list_boxes(snapshot: Snapshot, scope: Scope) -> list[Box]:
    """The caller's own boxes, oldest first; without any, the platform's are used."""
    return list_terms(snapshot, acting_owner(scope), Box)


def save_box(tx: Tx, scope: Scope, draft: BoxDraft) -> Box:
    """Save a box, new or in place of the one named. Invalid, naming each field, when nothing could lie in it."""
    owner = acting_owner(scope)
    if draft.id is not None and not has_terms(tx, draft.id, owner, Box):
        raise NotFound("There is no such box")
    fields = {
        name: f"Write millimetres from 1 to {SIDE_MM_MAX:,}"
        for name in ("length_mm", "width_mm", "height_mm")
        if not 1 <= getattr(draft, name) <= SIDE_MM_MAX
    }
    if not 0 <= draft.tare_g <= WEIGHT_G_MAX:
        fields["tare_g"] = f"Write grams from 0 to {WEIGHT_G_MAX:,}"
    if not 1 <= draft.load_g_max <= WEIGHT_G_MAX:
        fields["load_g_max"] = f"Write grams from 1 to {WEIGHT_G_MAX:,}"
    if fields:
        raise Invalid("The box cannot be used: look at " + ", ".join(fields), fields=fields)
    box = Box(
        draft.id or tx.new_id("box"), owner, check_name(draft.name), draft.length_mm, draft.width_mm,
        draft.height_mm, draft.tare_g, draft.load_g_max,
    )  # fmt: skip
    write_terms(tx, box.id, owner, box)
    return box


def delete_box(tx: Tx, scope: Scope, box_id: str) -> None:
    """Pack into it no longer. NotFound when it is not the caller's."""
    if not delete_terms(tx, box_id, acting_owner(scope), Box):
        raise NotFound("There is no such box")


def get_handling(snapshot: Snapshot, scope: Scope) -> Handling:
    """How long the caller's organisation takes until goods leave."""
    found = list_terms(snapshot, acting_owner(scope), Handling)
    return found[0] if found else Handling()


def save_handling(tx: Tx, scope: Scope, handling: Handling) -> Handling:
    """Say until when orders count for a day, and how many days goods take to leave; quotes given stand."""
    owner = acting_owner(scope)
    fields = {}
    if handling.cut_off is not None and not 0 <= handling.cut_off <= 1_440:
        fields["cut_off"] = "Write minutes after midnight, up to 1440"
    if not 0 <= handling.days <= 60:
        fields["days"] = "Write days from 0 to 60"
    weekdays = tuple(sorted(set(handling.weekdays)))
    if not weekdays or not set(weekdays) <= set(range(7)):
        fields["weekdays"] = "Choose at least one day of the week"
    if not _is_zone(handling.timezone):
        fields["timezone"] = "Write a time zone such as Europe/Berlin, or UTC"
    if fields:
        raise Invalid("This cannot be used: look at " + ", ".join(fields), fields=fields)
    handling = msgspec.structs.replace(handling, weekdays=weekdays)
    write_terms(tx, derive_id("han", owner), owner, handling)
    return handling


def get_holidays(snapshot: Snapshot) -> Holidays:
    """The days without delivery, by country."""
    found = list_terms(snapshot, PLATFORM, Holidays)
    return found[0] if found else Holidays()


def save_holidays(tx: Tx, scope: Scope, days: Mapping[str, Sequence[str]]) -> Holidays:
    """Say on which days nothing is delivered, by country, in place of all said before. For the operator."""
    require_operator(scope)
    for country, dates in days.items():
        if country not in COUNTRIES or len(dates) > HOLIDAYS_MAX or not all(_is_day(each) for each in dates):
            raise Invalid(
                f"{country[:20]}: write days such as 2026-04-03, or 12-25 for every year",
                fields={"days": f"Look at {country[:20]}"},
            )
    holidays = Holidays({country: tuple(sorted(set(dates))) for country, dates in sorted(days.items()) if dates})
    write_terms(tx, derive_id("hol", PLATFORM), PLATFORM, holidays)
    return holidays


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(f"2000-{text}" if _YEARLY.fullmatch(text) else text)
    except ValueError:
        return False
    return len(text) in (5, 10)


def _is_zone(name: str) -> bool:
    try:
        return name == "UTC" or ZoneInfo(name) is not None
    except (KeyError, ValueError, OSError):
        return False
