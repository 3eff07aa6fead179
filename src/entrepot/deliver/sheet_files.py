"""Rate sheets as CSV files: one row for each step of each zone, so that a spreadsheet can change them.

| column | holds |
|---|---|
| sheet | the name; the rows of one name are one sheet |
| kind, currency | `flat` or `weight`; ISO 4217 |
| places | places as `places.py` reads them, with spaces between; a zone of these places is used, or made |
| up_to_g | the heaviest weight of the step in grams; empty for a flat sheet |
| price | a decimal amount, such as 4.90; empty: not delivered there |
| days_min, days_max, free_over | of the first row of a sheet; days also of a zone |

Countries and `*` alone are the sheet's own places; any other place makes a zone. What a file does not say (surcharges,
divisor, sizes) stays as the sheet of that name has it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from entrepot.identity import COUNTRIES, Scope
from entrepot.kernel import Invalid, Snapshot, Tx, decimals_of, parse_money

from .ownership import acting_owner
from .places import EVERYWHERE, check_places
from .sheets import list_rate_sheets, list_zones, save_rate_sheet, save_zone
from .types import RateSheet, RateSheetDraft, SheetTerms, Zone, ZoneRate

COLUMNS = ("sheet", "kind", "currency", "places", "up_to_g", "price", "days_min", "days_max", "free_over")
ROWS_MAX = 5_000


class _Row(msgspec.Struct, frozen=True):
    line: int
    sheet: str
    kind: str
    currency: str
    places: tuple[str, ...]
    step: tuple[int, int] | None
    days: tuple[int | None, int | None]
    free_over_minor: int | None


def write_sheets(snapshot: Snapshot, scope: Scope) -> str:
    """The caller's sheets as CSV; reading it again changes nothing."""
    zones = {zone.id: zone for zone in list_zones(snapshot, scope)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for sheet in list_rate_sheets(snapshot, scope):
        writer.writerows(_written(sheet, zones))
    return out.getvalue()


def read_sheets(tx: Tx, scope: Scope, text: str) -> list[RateSheet]:
    """Save every sheet of a CSV file, new or in place of the one of its name; all of them, or none.

    Invalid, naming the line, for the first row that cannot be read.
    """
    acting_owner(scope)
    by_name: dict[str, list[_Row]] = {}
    for row in _rows(text):
        by_name.setdefault(row.sheet, []).append(row)
    if not by_name:
        raise Invalid(f"The file holds no sheets: its first line is {','.join(COLUMNS)}")
    known = {sheet.name: sheet for sheet in list_rate_sheets(tx, scope)}
    zones = {zone.places: zone for zone in list_zones(tx, scope)}
    saved = []
    for name, rows in by_name.items():
        draft = _draft(tx, scope, rows, known.get(name), zones)
        try:
            saved.append(save_rate_sheet(tx, scope, draft))
        except Invalid as problem:
            raise Invalid(f"Line {rows[0].line}, {name}: {problem.sentence}", fields=dict(problem.fields)) from None
    return saved


class _Part(msgspec.Struct, frozen=True):
    """The steps that a sheet has for places."""

    places: str
    steps: tuple[tuple[int, int], ...]
    days_min: int | None
    days_max: int | None


def _written(sheet: RateSheet, zones: dict[str, Zone]) -> list[list[str]]:
    parts = [_Part(" ".join(sheet.countries), sheet.steps, sheet.days_min, sheet.days_max)]
    for rate in sheet.terms.zones:
        if rate.zone_id in zones:
            places = " ".join(place.replace(" ", "_") for place in zones[rate.zone_id].places)
            parts.append(_Part(places, rate.steps, rate.days_min, rate.days_max))
    free_over = "" if sheet.free_over_minor is None else _decimal(sheet.free_over_minor, sheet.currency)
    rows = []
    for part in parts:
        days = ["" if each is None else str(each) for each in (part.days_min, part.days_max)]
        for cells in _steps_written(sheet, part.steps):
            rows.append([sheet.name, sheet.kind, sheet.currency, part.places, *cells, *days, free_over])
    return rows


def _steps_written(sheet: RateSheet, steps: tuple[tuple[int, int], ...]) -> list[list[str]]:
    """The cells `up_to_g` and `price`; one row without a price where nothing is delivered."""
    return [
        ["" if sheet.kind == "flat" else str(weight_g), _decimal(amount_minor, sheet.currency)]
        for weight_g, amount_minor in steps
    ] or [["", ""]]


def _decimal(amount_minor: int, currency: str) -> str:
    decimals = decimals_of(currency)
    whole, rest = divmod(amount_minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def _rows(text: str) -> list[_Row]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as problem:
        raise Invalid(f"This is no CSV file: {problem}") from None
    if not lines or tuple(cell.strip().lower() for cell in lines[0][1]) != COLUMNS:
        raise Invalid(f"The first line of the file is {','.join(COLUMNS)}")
    if len(lines) > ROWS_MAX:
        raise Invalid(f"A file holds {ROWS_MAX:,} rows at most")
    return [_row(line, [cell.strip() for cell in row]) for line, row in lines[1:]]


def _row(line: int, cells: Sequence[str]) -> _Row:
    if len(cells) != len(COLUMNS):
        raise Invalid(f"Line {line} has {len(cells)} cells and not {len(COLUMNS)}")
    name, kind, currency, places, up_to, price, days_min, days_max, free_over = cells
    try:
        if kind not in ("flat", "weight") or not name:
            raise Invalid("write a name, and flat or weight as its kind")
        amount = None if not price else parse_money(price, currency)
        step = None if amount is None else (_whole(up_to) or 0, amount)
        return _Row(
            line, name, kind, currency, check_places(place.replace("_", " ") for place in places.split()), step,
            (_whole(days_min), _whole(days_max)), parse_money(free_over, currency) if free_over else None,
        )  # fmt: skip
    except Invalid as problem:
        raise Invalid(f"Line {line}: {problem.sentence}") from None


def _whole(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Invalid(f"{text[:20]!r} is no whole number")
    return int(text)


def _draft(
    tx: Tx, scope: Scope, rows: Sequence[_Row], known: RateSheet | None, zones: dict[tuple[str, ...], Zone]
) -> RateSheetDraft:  # fmt: skip
    first = rows[0]
    parts: dict[tuple[str, ...], list[_Row]] = {}
    for row in rows:
        if (row.kind, row.currency) != (first.kind, first.currency):
            raise Invalid(f"Line {row.line}: the rows of {first.sheet} have different kinds or currencies")
        parts.setdefault(row.places, []).append(row)
    own = [places for places in parts if all(place == EVERYWHERE or place in COUNTRIES for place in places)]
    rates = []
    for places, found in parts.items():
        if places in own[:1]:
            continue
        if places not in zones:
            zones[places] = save_zone(tx, scope, " ".join(places)[:80], places)
        rates.append(ZoneRate(zones[places].id, _steps(found), *found[0].days))
    mine = parts[own[0]] if own else rows
    days_min, days_max = mine[0].days
    terms = msgspec.structs.replace(known.terms if known else SheetTerms(), zones=tuple(rates))
    return RateSheetDraft(
        first.sheet, first.kind, own[0] if own else (), first.currency, _steps(mine) or _steps(rows),  # type: ignore[arg-type]
        first.free_over_minor, 2 if days_min is None else days_min, 5 if days_max is None else days_max,
        known.id if known else None, terms,
    )  # fmt: skip


def _steps(rows: Sequence[_Row]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(row.step for row in rows if row.step is not None))
