"""What was understood from a search, as a page shows it: chips that lead to the same search without them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from entrepot.discovery import Chip, SearchPage, Understood

from .filters import Filters, Pairs

EXACT, IGNORE = "exact", "ignore"
"""The parameters of an address by which a search is taken word by word, and by which a kind of chip is left out."""
IGNORED_MAX = 10


class ShownChip(msgspec.Struct, frozen=True):
    """A chip: its words, and the address of the search without it. A strict one leaves out what it is not true of."""

    kind: str
    label: str
    url: str
    strict: bool


class Meant(msgspec.Struct, frozen=True):
    """What a page says of how a search was understood. `nearest`: what was looked for, within which price, and what
    the nearest costs."""

    chips: tuple[ShownChip, ...]
    corrected: str | None
    typed: str
    relaxed: tuple[str, ...]
    nearest: tuple[str, str, str] | None
    exact_url: str


def shown(found: SearchPage, kept: Pairs, filters: Filters) -> Meant | None:
    """What to show of it; None where nothing was understood but words."""
    understood = found.understood
    if understood is None or not (understood.chips or understood.corrected or understood.relaxed):
        return None
    address = filters.address
    chips = tuple(
        ShownChip(chip.kind, _label(chip, filters), address(without(chip, kept)), chip.strict)
        for chip in understood.chips
    )
    exact = address([*kept, (EXACT, "1")])
    relaxed = tuple(each.words for each in understood.relaxed if each.nearest is None)
    return Meant(chips, understood.corrected, understood.typed, relaxed, _nearest(understood, filters), exact)


def sorted_thing(found: SearchPage, sort: str) -> str:
    """The thing of which alone a list in an order that the shopper chose is; empty where it is of all that is found."""
    understood = found.understood
    return understood.text if understood is not None and understood.subject and sort != "relevance" else ""


def _nearest(understood: Understood, filters: Filters) -> tuple[str, str, str] | None:
    for each in understood.relaxed:
        if each.nearest is not None:
            return understood.text, filters.label_of("price", each.value), filters.money(each.nearest)
    return None


def without(chip: Chip, kept: Pairs) -> Pairs:
    """The parameters of the search without a chip: another query, or one more kind of chip to be left out."""
    changed = dict(chip.without)
    query = changed.get("q")
    pairs = [(name, value if name != "q" or query is None else query) for name, value in kept]
    ignored = [(name, value) for name, value in chip.without if name == IGNORE and (name, value) not in pairs]
    return [pair for pair in (*pairs, *ignored) if pair[1]]


def read_ignored(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The kinds of chip that the shopper took away."""
    return tuple(dict.fromkeys(value for name, value in pairs if name == IGNORE))[:IGNORED_MAX]


def is_exact(values: Callable[[str], str | None]) -> bool:
    """Whether the search is to be taken word by word."""
    return values(EXACT) in ("1", "true", "yes")


def _label(chip: Chip, filters: Filters) -> str:
    """The chip's words; sums, colours and other values as the facets write them."""
    if chip.kind == "price":
        return filters.label_of(chip.name, chip.value)
    if chip.kind in ("attribute", "brand") and (called := filters.name_of(chip.name, chip.value)):
        name, colon, _ = chip.label.partition(": ")
        return f"{name}{colon}{called}" if colon else chip.label
    return chip.label
