"""The one table of meters: everything that compute is counted by, whoever's model it is.

A meter's quantity is a whole number of its unit. Prices are quoted per `per` units, as people compare them, and rated
exactly: 0.15 USD per million tokens is 150,000,000 nano units per 1,000,000.
"""

from __future__ import annotations

import msgspec

from entrepot.kernel import Invalid

MILLION = 1_000_000


class MeterKind(msgspec.Struct, frozen=True):
    """What is counted: its unit, and how many of them prices are quoted for."""

    name: str
    unit: str
    per: int


METERS: dict[str, MeterKind] = {
    meter.name: meter
    for meter in (
        MeterKind("input_tokens", "token", MILLION),
        MeterKind("cached_input_tokens", "token", MILLION),
        MeterKind("output_tokens", "token", MILLION),
        MeterKind("embedding_tokens", "token", MILLION),
        MeterKind("rerank_tokens", "token", MILLION),
        MeterKind("cpu_ms", "millisecond of one core", 3_600_000),
        MeterKind("gpu_ms", "millisecond of one GPU", 3_600_000),
        MeterKind("storage_mib_hours", "mebibyte for an hour", 1_024 * 730),
    )
}


def get_meter(name: str) -> MeterKind:
    """A meter by name; Invalid, naming those there are, when there is none."""
    meter = METERS.get(name)
    if meter is None:
        raise Invalid(f"There is no meter {name[:60]!r}: use one of {', '.join(METERS)}")
    return meter
