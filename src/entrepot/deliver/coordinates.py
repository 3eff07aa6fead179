"""Where places lie: coordinates that the operator enters by postal code or city. No outside service is ever asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import func, select

from entrepot.identity import COUNTRIES, Address, Scope, require_operator
from entrepot.kernel import Invalid, Prepared, Snapshot, Tx, in_set, prepare, prepare_text

from . import tables
from .places import plain_postal

EARTH_RADIUS_M = 6_371_009
ROWS_AT_ONCE_MAX = 100_000


class Point(msgspec.Struct, frozen=True):
    """A point on the earth, in millionths of a degree."""

    latitude_e6: int
    longitude_e6: int


class Known(msgspec.Struct, frozen=True):
    """A postal code or a city of a country, and where it lies; exactly one of the two is set."""

    country: str
    postal_code: str
    city: str
    point: Point


def save_coordinates(tx: Tx, scope: Scope, known: Sequence[Known]) -> int:
    """Enter where places lie, in place of what was entered of them before; returns how many. For the operator.

    Invalid, naming the row, when one names no country, neither a postal code nor a city, or lies nowhere.
    """
    require_operator(scope)
    if len(known) > ROWS_AT_ONCE_MAX:
        raise Invalid(f"Enter {ROWS_AT_ONCE_MAX:,} places at once at most")
    rows = [_row(number, each) for number, each in enumerate(known, 1)]
    tx.run_many(_put, list({row["key"]: row for row in rows}.values()))
    return len(rows)


def count_coordinates(snapshot: Snapshot) -> int:
    """How many places are known."""
    return int(snapshot.value(_count))


def locate(snapshot: Snapshot, addresses: Sequence[Address]) -> list[Point | None]:
    """Where each address lies: its postal code, else its city; None where neither was entered. One read."""
    keys = [keys_of(address.country, address.postal_code, address.city) for address in addresses]
    wanted = sorted({key for each in keys for key in each})
    found = {
        row.key: Point(row.latitude_e6, row.longitude_e6)
        for row in (snapshot.all(_found, keys=wanted) if wanted else ())
    }
    return [next((found[key] for key in each if key in found), None) for each in keys]


def keys_of(country: str, postal_code: str, city: str) -> list[str]:
    """The keys under which an address may be known, the closest first."""
    keys = []
    if plain_postal(postal_code):
        keys.append(f"{country}:{plain_postal(postal_code)}")
    if city.strip():
        keys.append(f"{country}/{' '.join(city.casefold().split())}")
    return keys


def distance_m(one: Point, other: Point) -> int:
    """Metres along a great circle."""
    latitudes = [math.radians(point.latitude_e6 / 1e6) for point in (one, other)]
    across = math.radians((other.longitude_e6 - one.longitude_e6) / 1e6)
    down = latitudes[1] - latitudes[0]
    part = math.sin(down / 2) ** 2 + math.cos(latitudes[0]) * math.cos(latitudes[1]) * math.sin(across / 2) ** 2
    return round(2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(part))))


def read_degrees(text: str, most: int) -> int:
    """Millionths of a degree from `53.5511`; Invalid when it is no number or beyond `most` degrees."""
    try:
        value = round(float(text.strip().replace(",", ".")) * 1_000_000)
    except (ValueError, OverflowError):
        raise Invalid(f"{text[:20]!r} is no latitude or longitude: write degrees such as 53.5511") from None
    if abs(value) > most * 1_000_000:
        raise Invalid(f"{text[:20]!r} lies beyond {most} degrees")
    return value


def _row(number: int, known: Known) -> dict[str, Any]:
    keys = keys_of(known.country, known.postal_code, "" if known.postal_code else known.city)
    point = known.point
    if known.country not in COUNTRIES or not keys or max(map(len, keys)) > 200:
        raise Invalid(f"Row {number}: write a country such as DE, and a postal code or a city")
    if abs(point.latitude_e6) > 90_000_000 or abs(point.longitude_e6) > 180_000_000:
        raise Invalid(f"Row {number}: a latitude is within 90 degrees, a longitude within 180")
    return {"key": keys[0], "latitude_e6": point.latitude_e6, "longitude_e6": point.longitude_e6}


_c = tables.coordinates.c
_COLUMNS = (_c.key, _c.latitude_e6, _c.longitude_e6)
_found: Prepared[Any] = prepare(select(*_COLUMNS).where(in_set(_c.key, "keys")))
_count: Prepared[Any] = prepare(select(func.count().label("places")).select_from(tables.coordinates))
_put: Prepared[Any] = prepare_text(
    "INSERT INTO deliver_coordinates (key, latitude_e6, longitude_e6) VALUES (:key, :latitude_e6, :longitude_e6) "
    "ON CONFLICT (key) DO UPDATE SET latitude_e6 = excluded.latitude_e6, longitude_e6 = excluded.longitude_e6"
)
