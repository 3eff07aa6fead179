"""Tax rates as the operator keeps them: listed, saved, taken out, read from a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, delete, select

from entrepot.identity import COUNTRIES, Scope, audit, require_operator
from entrepot.kernel import (
    SECOND,
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    prepare,
    prepare_text,
)

from . import tables
from .tax import PPM, TaxRate, region_key

CSV_COLUMNS = ("country", "region", "category", "name", "percent", "included", "valid_from", "valid_to", "reverse")
RATES_MAX = 20_000
NAME_LENGTH_MAX = 60
PLACE_LENGTH_MAX = 200
_PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,4})?")
_TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class TaxRateDraft(msgspec.Struct, frozen=True):
    """A rate to be kept. `percent` is a decimal; `valid_from` None: from now on; with an `id` it replaces that one;
    `reverse`: businesses of that country that buy from another one account for the tax themselves."""

    country: str
    name: str
    percent: str
    region: str = ""
    category: str = ""
    included: bool = True
    valid_from: int | None = None
    valid_to: int | None = None
    id: str | None = None
    reverse: bool = False


def list_tax_rates(snapshot: Snapshot, scope: Scope) -> list[TaxRate]:
    """Every rate, by country, region and category, those that begin last in front; for the operator."""
    require_operator(scope)
    return snapshot.all(_all)


def save_tax_rates(tx: Tx, scope: Scope, drafts: Sequence[TaxRateDraft]) -> list[TaxRate]:
    """Keep rates; one of the same place, category and beginning is replaced. They hold from the commit on.

    For the operator. Invalid, naming the line, for what is no rate. Prices in a country either include their tax or do
    not: a rate that says otherwise than its country's others is a Conflict.
    """
    require_operator(scope)
    if not 0 < len(drafts) <= RATES_MAX:
        raise Invalid(f"Give 1 to {RATES_MAX:,} rates at once")
    rates = [_rate(tx, draft, number) for number, draft in enumerate(drafts, 1)]
    for rate_id in [draft.id for draft in drafts if draft.id]:
        tx.run(_delete, id_=rate_id)
    tx.run_many(_save, [msgspec.structs.asdict(rate) for rate in rates])
    _check_countries(tx, {rate.country for rate in rates})
    audit(tx, scope, "pay.tax_rates_saved", rates[0].country, {"rates": len(rates)})
    return rates


def delete_tax_rate(tx: Tx, scope: Scope, rate_id: str) -> None:
    """Take a rate out. Orders keep what they were placed with; for the operator."""
    require_operator(scope)
    if not tx.run(_delete, id_=rate_id):
        raise NotFound("There is no such tax rate")
    audit(tx, scope, "pay.tax_rate_deleted", rate_id, {})


def read_tax_csv(content: bytes) -> list[TaxRateDraft]:
    """The rates of a CSV file, whose first line names the columns: `CSV_COLUMNS`.

    All but country, name and percent may be left out. Invalid, naming the line, for what cannot be read.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8 text: export it as CSV in UTF-8") from None
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.split("\n", 1)[0] else ",")
    try:
        columns = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if missing := [name for name in ("country", "name", "percent") if name not in columns]:
            raise Invalid(f"The first line must name the columns; {', '.join(missing)} is missing")
        reader.fieldnames = columns
        return [_draft(row, number) for number, row in enumerate(reader, 2)]
    except csv.Error as error:
        raise Invalid(f"The file is no CSV: {error}") from None


def rates_for(snapshot: Snapshot, country: str) -> list[TaxRate]:
    """What holds in a country now."""
    return snapshot.all(_current, country=country, now=snapshot.now)


def reversing_countries(snapshot: Snapshot) -> frozenset[str]:
    """The countries among which businesses account for the tax themselves now: those with a rate that reverses."""
    return frozenset(snapshot.all(_reversing, now=snapshot.now))


def _draft(row: dict[str, Any], number: int) -> TaxRateDraft:
    cells = {name: str(row.get(name) or "").strip() for name in CSV_COLUMNS}
    included, reverse = (_truth(cells, *each, number) for each in (("included", "1"), ("reverse", "0")))
    return TaxRateDraft(
        country=cells["country"].upper(),
        region=cells["region"],
        category=cells["category"],
        name=cells["name"],
        percent=cells["percent"].rstrip("%").strip(),
        included=included,
        valid_from=_day(cells["valid_from"], number) or 0,
        valid_to=_day(cells["valid_to"], number),
        reverse=reverse,
    )


def _truth(cells: dict[str, str], name: str, otherwise: str, number: int) -> bool:
    found = _TRUTHS.get(cells[name].lower() or otherwise)
    if found is None:
        raise Invalid(f"Line {number}: {name} is yes or no", fields={f"line {number}": f"{name} is yes or no"})
    return found


def _day(text: str, number: int) -> int | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"Line {number}: {text[:40]!r} is no day such as 2026-01-01") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * SECOND


def _rate(tx: Tx, draft: TaxRateDraft, number: int) -> TaxRate:
    if why := _wrong(draft, draft.valid_from if draft.valid_from is not None else tx.now):
        field, sentence = why
        raise Invalid(f"Rate {number}: {sentence}", fields={field: sentence})
    return TaxRate(
        id=draft.id or tx.new_id("tax"),
        country=draft.country,
        region=region_key(draft.region),
        category=draft.category,
        name=" ".join(draft.name.split()),
        ppm=int(Fraction(draft.percent.replace(",", ".")) * (PPM // 100)),
        included=int(draft.included),
        valid_from=draft.valid_from if draft.valid_from is not None else tx.now,
        valid_to=draft.valid_to,
        reverse=int(draft.reverse),
    )


def _wrong(draft: TaxRateDraft, valid_from: int) -> tuple[str, str] | None:
    if draft.country not in COUNTRIES:
        return "country", "write the country as a two-letter code, such as DE"
    if not _PERCENT.fullmatch(draft.percent) or Fraction(draft.percent.replace(",", ".")) > 100:
        return "percent", "a rate is 0 to 100 percent, with up to four decimals, such as 8.875"
    if not 0 < len(draft.name.strip()) <= NAME_LENGTH_MAX or "\0" in draft.name:
        return "name", f"give it a name of 1 to {NAME_LENGTH_MAX} characters: buyers see it"
    if any(len(text) > PLACE_LENGTH_MAX or "\0" in text for text in (draft.region, draft.category)):
        return "region", "a region or category is too long"
    if draft.valid_to is not None and draft.valid_to <= valid_from:
        return "valid_to", "it must end after it begins"
    return None


def _check_countries(tx: Tx, countries: Iterable[str]) -> None:
    for country in sorted(countries):
        if len(tx.all(_ways, country=country)) > 1:
            sentence = f"Prices in {country} include tax in some rates and not in others: choose one for the country"
            raise Conflict(sentence, fields={"included": sentence})


_t = tables.tax_rates.c
_COLUMNS = [_t[name] for name in TaxRate.__struct_fields__]
_all: Prepared[TaxRate] = prepare(
    select(*_COLUMNS).order_by(_t.country, _t.region, _t.category, _t.valid_from.desc()), TaxRate
)
_is_valid = and_(_t.valid_from <= bindparam("now"), _t.valid_to.is_(None) | (_t.valid_to > bindparam("now")))
_current: Prepared[TaxRate] = prepare(select(*_COLUMNS).where(_t.country == bindparam("country"), _is_valid), TaxRate)
_reversing: Prepared[str] = prepare(select(_t.country).where(_t.reverse == 1, _is_valid).distinct(), str)
_ways: Prepared[Any] = prepare(select(_t.included).where(_t.country == bindparam("country")).distinct())
_delete: Prepared[Any] = prepare(delete(tables.tax_rates).where(_t.id == bindparam("id_")))
_NAMES = ", ".join(TaxRate.__struct_fields__)
_save: Prepared[Any] = prepare_text(
    f"INSERT INTO pay_tax_rates ({_NAMES}) VALUES ({', '.join(f':{name}' for name in TaxRate.__struct_fields__)}) "
    "ON CONFLICT (country, region, category, valid_from) DO UPDATE SET name = excluded.name, ppm = excluded.ppm, "
    "included = excluded.included, valid_to = excluded.valid_to, reverse = excluded.reverse"
)
