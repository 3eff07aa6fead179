"""The 24 merchants of the demo market, from `words/merchants.toml`."""

from pathlib import Path

import msgspec


class MerchantEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: str
    name: str
    tagline: str
    about: str
    country: str  # ISO 3166 alpha-2
    city: str
    postcode: str
    latitude: float
    longitude: float
    groups: tuple[str, ...]  # taxonomy groups it sells
    commission_bps: int
    price_level: float  # times the usual price


class _Entries(msgspec.Struct, forbid_unknown_fields=True):
    merchants: tuple[MerchantEntry, ...]


MERCHANTS = msgspec.toml.decode(
    (Path(__file__).parent / "words" / "merchants.toml").read_bytes(), type=_Entries
).merchants
