"""Names of our own invention, from `words/names.toml`: brands, models and the first names of reviewers."""

from pathlib import Path

import msgspec


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first_names: tuple[str, ...]
    brands: dict[str, dict[str, float]]  # group -> brand -> standing, 0 (a bargain) to 1 (the dear one)
    makes: dict[str, tuple[str, ...]]  # brand -> the only kinds it makes; others make all of their group
    models: dict[str, tuple[str, ...]]  # industry -> model names


_NAMES = msgspec.toml.decode((Path(__file__).parent / "words" / "names.toml").read_bytes(), type=Names)
BRANDS = _NAMES.brands
MAKES = _NAMES.makes
MODELS = _NAMES.models
FIRST_NAMES = _NAMES.first_names
