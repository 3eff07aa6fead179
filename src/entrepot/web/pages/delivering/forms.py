"""What the forms of delivery mean: weights in kilograms, sides in centimetres, prices by weight in a line of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from entrepot import deliver
from entrepot.deliver import (
    BoxDraft,
    Handling,
    Opening,
    RateSheet,
    RateSheetDraft,
    SheetTerms,
    Surcharge,
    Zone,
    ZoneRate,
)
from entrepot.kernel import Invalid, decimals_of, parse_money

from ..reading import at_field

WEIGHT_G_MAX = 1_000_000
NOT_THERE = "-"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Form = Mapping[str, str]


class Written(dict[str, str]):
    """What was written into a form, for its template: a field that was not sent is empty."""

    def __missing__(self, name: str) -> str:
        return ""


Steps = tuple[tuple[int, int], ...]


def sheet_draft(form: Form, currency: str, zones: Sequence[Zone], before: RateSheet | None) -> RateSheetDraft:
    """The sheet that a form means, in place of the one before; a price with a colon is one of weights."""
    price = _needed(form, "price")
    with at_field("price"):
        steps = _steps(price, currency)
    countries = tuple(code.upper() for code in deliver.split_places(form.get("countries", "").replace(" ", ",")))
    rates = tuple(rate for zone in zones if (rate := _zone_rate(form, zone, currency, ":" in price)) is not None)
    terms = before.terms if before else SheetTerms()
    return RateSheetDraft(
        name=form.get("name", "").strip(),
        kind="weight" if ":" in price else "flat",
        countries=countries or (() if rates else ("*",)),
        currency=currency,
        steps=steps,
        free_over_minor=_money(form, "free_over", currency),
        days_min=_whole(form, "days_min") or 0,
        days_max=_whole(form, "days_max") or 0,
        id=before.id if before else None,
        terms=_terms(form, terms, rates, currency),
    )


def box_draft(form: Form, box_id: str | None) -> BoxDraft:
    """A box: sides in centimetres, weights in grams and kilograms."""
    length, width, height = (_thousandths(form, name, 10) for name in ("length", "width", "height"))
    return BoxDraft(
        form.get("name", "").strip(), length or 0, width or 0, height or 0, _whole(form, "tare_g") or 0,
        _thousandths(form, "load", 1_000) or 0, box_id,
    )  # fmt: skip


def handling_of(form: Form) -> Handling:
    """Working hours; without a cut-off hour the days of sheets count from the order."""
    with at_field("cut_off"):
        cut_off = minutes(form["cut_off"]) if form.get("cut_off", "").strip() else None
    return Handling(
        cut_off,
        _whole(form, "days") or 0,
        form.get("timezone", "").strip() or "UTC",
        tuple(number for number, name in enumerate(WEEKDAYS) if name in form),
        "with_platform" in form,
    )


def holidays_of(text: str) -> dict[str, tuple[str, ...]]:
    """Lines such as `DE: 2026-04-03, 12-25`."""
    days: dict[str, tuple[str, ...]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        country, colon, dates = line.partition(":")
        if not colon:
            raise Invalid(f"{line[:40]!r}: write such as DE: 2026-04-03, 12-25", fields={"holidays": line[:40]})
        code = country.strip().upper()
        days[code] = (*days.get(code, ()), *(part.strip() for part in dates.split(",") if part.strip()))
    return days


def hours_of(form: Form) -> tuple[Opening, ...]:
    """Opening hours by day: `09:00-13:00, 15:00-18:30`; an empty day is closed."""
    found = []
    for number, name in enumerate(WEEKDAYS):
        for part in filter(None, map(str.strip, form.get(f"hours_{name}", "").split(","))):
            opens, dash, closes = part.partition("-")
            if not dash:
                raise Invalid("Write hours such as 09:00-18:00", fields={f"hours_{name}": "such as 09:00-18:00"})
            with at_field(f"hours_{name}"):
                found.append(Opening(number, minutes(opens), minutes(closes)))
    return tuple(found)


def hours_text(hours: Sequence[Opening], weekday: int) -> str:
    """The same, as it is written."""
    return ", ".join(f"{clock(each.opens)}-{clock(each.closes)}" for each in hours if each.weekday == weekday)


def minutes(text: str) -> int:
    """`14:30` as minutes after midnight; 24:00 ends a day."""
    hour, colon, minute = text.strip().partition(":")
    if colon and hour.isdigit() and minute[:2].isdigit() and len(hour) <= 2 and len(minute) in (2, 5):
        found = int(hour) * 60 + int(minute[:2])
        if found <= 1_440 and int(minute[:2]) < 60:
            return found
    raise Invalid(f"{text[:20]!r} is no time: write such as 14:30")


def clock(at: int) -> str:
    """Minutes after midnight as `14:30`."""
    return f"{at // 60:02d}:{at % 60:02d}"


def price_text(kind: str, steps: Steps, currency: str) -> str:
    """Steps as they are written: `4.90`, or `1 kg: 4.90, 5 kg: 7.90`."""
    parts = []
    for weight_g, amount_minor in steps:
        whole, rest = divmod(amount_minor, 10 ** decimals_of(currency))
        amount = f"{whole}.{rest:0{decimals_of(currency)}d}" if decimals_of(currency) else str(whole)
        parts.append(f"{weight_g / 1_000:g} kg: {amount}" if kind == "weight" else amount)
    return ", ".join(parts)


def whole(form: Form, name: str) -> int | None:
    """A whole number, or None for an empty field."""
    return _whole(form, name)


def kilograms(form: Form, name: str) -> int | None:
    """Grams from kilograms, or None for an empty field."""
    return _thousandths(form, name, 1_000)


def _steps(price: str, currency: str) -> Steps:
    if ":" in price:
        return tuple(_step(part, currency) for part in price.split(","))
    return ((WEIGHT_G_MAX, parse_money(price, currency)),)


def _step(part: str, currency: str) -> tuple[int, int]:
    """`1.5 kg: 4.90` as grams and minor units."""
    weight, _, price = part.partition(":")
    try:
        grams = parse_money(weight.lower().replace("kg", "").strip(), "KWD")  # three decimals, as a kilogram has
    except Invalid:
        raise Invalid(f"{part.strip()!r} is no step: write such as 1.5 kg: 4.90") from None
    return grams, parse_money(price, currency)


def _zone_rate(form: Form, zone: Zone, currency: str, by_weight: bool) -> ZoneRate | None:
    price = form.get(f"zone-{zone.id}", "").strip()
    if not price:
        return None
    if price == NOT_THERE:
        return ZoneRate(zone.id)
    with at_field(f"zone-{zone.id}"):
        if by_weight and ":" not in price:
            raise Invalid(f"{zone.name}: write its price by weight as well, such as 1 kg: 4.90")
        steps = _steps(price, currency)
    days = form.get(f"zone-days-{zone.id}", "").replace("–", "-").strip()
    first, _, last = days.partition("-")
    given = (first.strip(), last.strip() or first.strip())
    if days and not all(each.isascii() and each.isdigit() and len(each) < 4 for each in given):
        with at_field(f"zone-days-{zone.id}"):
            raise Invalid(f"{zone.name}: write its days such as 3-6")
    return ZoneRate(zone.id, steps, *((int(given[0]), int(given[1])) if days else (None, None)))


def _terms(form: Form, before: SheetTerms, rates: tuple[ZoneRate, ...], currency: str) -> SheetTerms:
    """What a form says of the terms; surcharges beyond the two that it knows stay as they are."""
    bulky, remote, others = split_surcharges(before.surcharges)
    surcharges = list(others)
    if (amount := _money(form, "remote", currency)) is not None:
        places = deliver.split_places(form.get("remote_places", ""))
        surcharges.insert(0, Surcharge(remote.name if remote else "Remote", amount, places=places))
    if (amount := _money(form, "bulky", currency)) is not None:
        over = _thousandths(form, "bulky_cm", 10), _thousandths(form, "bulky_girth_cm", 10)
        heavy = _thousandths(form, "bulky_kg", 1_000)
        surcharges.insert(0, Surcharge(bulky.name if bulky else "Bulky", amount, *over, heavy))
    return structs.replace(
        before,
        zones=rates,
        divisor_cm3_per_kg=_whole(form, "divisor"),
        per_parcel_minor=_money(form, "per_parcel", currency) or 0,
        per_kg_minor=_money(form, "per_kg", currency) or 0,
        surcharges=tuple(surcharges),
        longest_mm_max=_thousandths(form, "longest_cm", 10),
        girth_mm_max=_thousandths(form, "girth_cm", 10),
        parcel_g_max=_thousandths(form, "parcel_kg", 1_000),
        goes_to="pickup_point" if form.get("goes_to") == "pickup_point" else "door",
    )


def split_surcharges(
    surcharges: Sequence[Surcharge],
) -> tuple[Surcharge | None, Surcharge | None, tuple[Surcharge, ...]]:
    """The first for size, the first for places, and the others."""
    bulky = next((each for each in surcharges if not each.places), None)
    remote = next((each for each in surcharges if each.places), None)
    return bulky, remote, tuple(each for each in surcharges if each not in (bulky, remote))


def _needed(form: Form, name: str) -> str:
    if not (text := form.get(name, "").strip()):
        raise Invalid("Something is missing", fields={name: "Fill this in"})
    return text


def _money(form: Form, name: str, currency: str) -> int | None:
    text = form.get(name, "").strip()
    with at_field(name):
        return parse_money(text, currency) if text else None


def _whole(form: Form, name: str) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Invalid(f"{text[:20]!r} is no whole number", fields={name: "Write a whole number"})
    return int(text)


def _thousandths(form: Form, name: str, times: int) -> int | None:
    """A decimal, times 10 (centimetres as millimetres) or 1,000 (kilograms as grams)."""
    text = form.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        thousandths = parse_money(text, "KWD")
    except Invalid:
        raise Invalid(f"{text[:20]!r} is no number", fields={name: "Write a number"}) from None
    if thousandths < 0:
        raise Invalid(f"{text[:20]!r} is below zero", fields={name: "Write a number above zero"})
    return -(-thousandths * times // 1_000)
