"""What the forms about goods say, as the catalogue's types: selections, changes, amounts, percentages, times."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

import msgspec

from entrepot.catalog import (
    Change,
    ListingStatus,
    PriceChange,
    SaleChange,
    Selection,
    StatusChange,
    StockChange,
)
from entrepot.kernel import Invalid, decimals_of, from_rfc3339

from ..reading import at_field, read_amount

COUNT_DIGITS_MAX = 10
STATUSES = get_args(ListingStatus)
ENDINGS = ("99", "95", "90", "00")
_FILTERS = ("q", "status", "category", "tag", "brand", "price_from", "price_to", "low_stock")


def read_selection(said: Mapping[str, str], currency: str, listing_ids: tuple[str, ...] = ()) -> Selection:
    """The filter of a list. What is not understood filters nothing, because an address may be typed by hand."""
    status: Any = said.get("status", "")
    values = {name: " ".join(said.get(name, "").split())[:200] for name in ("q", "category", "tag", "brand")}
    return Selection(
        listing_ids=listing_ids[: 1_000],
        status=status if status in STATUSES else None,
        price_from_minor=_maybe_amount(said.get("price_from", ""), currency),
        price_to_minor=_maybe_amount(said.get("price_to", ""), currency),
        low_stock=bool(said.get("low_stock")),
        **values,
    )  # fmt: skip


def filters_of(said: Mapping[str, str]) -> dict[str, str]:
    """The fields of the filter as they were given, for links and hidden fields."""
    return {name: said[name][:200] for name in _FILTERS if said.get(name)}


def read_change(said: Mapping[str, str], currency: str) -> Change:
    """What the form asks to change; Invalid with a sentence for what cannot be read."""
    return Change(
        price=_price(said, currency),
        sale=_sale(said, currency),
        stock=_stock(said),
        low_stock_at=_low_stock_at(said.get("low_stock_at", "")),
        status=_status(said),
        category=_category(said),
        add_tags=_tags(said.get("add_tags", "")),
        remove_tags=_tags(said.get("remove_tags", "")),
    )


def read_time(text: str) -> str | None:
    """A time of a date field, which has no zone: it means UTC. None for an empty field."""
    text = text.strip()
    if not text:
        return None
    full = f"{text}:00Z" if len(text) == len("2026-01-31T12:00") else f"{text}Z"
    try:
        from_rfc3339(full)
    except (ValueError, OverflowError):
        raise Invalid(f"{text[:40]!r} is no time: write one such as 2026-01-31T12:00") from None
    return full


def read_percent(text: str) -> int:
    """A percentage in hundredths of a percent."""
    try:
        value = Decimal(text.strip().removesuffix("%").strip().replace(",", "."))
        bps = value * 100
        if not value.is_finite() or bps != bps.to_integral_value() or not 0 <= bps <= 100_000:
            raise InvalidOperation
    except InvalidOperation:
        raise Invalid(f"{text[:20]!r} is no percentage: write one such as 10 or 12.5") from None
    return int(bps)


def read_count(text: str) -> int:
    """A number of pieces."""
    text = text.strip()
    if not (text.isdecimal() and text.isascii() and len(text) <= COUNT_DIGITS_MAX):
        raise Invalid(f"{text[:20]!r} is no number of pieces: count 0 or more")
    return int(text)


def typed(amount_minor: int | None, currency: str) -> str:
    """An amount as one types it."""
    if amount_minor is None:
        return ""
    decimals = decimals_of(currency)
    whole, rest = divmod(amount_minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def _price(said: Mapping[str, str], currency: str) -> PriceChange | None:
    how: Any = said.get("price_how", "")
    if how not in ("set", "raise", "lower"):
        return None
    text, ending = said.get("price_value", ""), said.get("price_ending", "")
    step, end = _ending(ending, currency)
    with at_field("price_value"):
        if said.get("price_unit") == "percent" and how != "set":
            return PriceChange(how, percent_bps=read_percent(text), step_minor=step, ending_minor=end)
        return PriceChange(how, amount_minor=read_amount(text, currency), step_minor=step, ending_minor=end)


def _ending(ending: str, currency: str) -> tuple[int, int]:
    """Endings are hundredths of what a price is counted in; currencies without such have none."""
    if ending not in ENDINGS or decimals_of(currency) != 2:
        return 1, 0
    return 100, int(ending)


def _sale(said: Mapping[str, str], currency: str) -> SaleChange | None:
    do = said.get("sale_do", "")
    if do == "end":
        return SaleChange(end=True)
    if do != "start":
        return None
    starts_at, ends_at = (_time(said, name) for name in ("sale_starts", "sale_ends"))
    text = said.get("sale_value", "")
    step, end = _ending(said.get("sale_ending", ""), currency)
    with at_field("sale_value"):
        if said.get("sale_unit") == "amount":
            return SaleChange(read_amount(text, currency), None, starts_at, ends_at)
        return SaleChange(None, read_percent(text), starts_at, ends_at, step, end)


def _time(said: Mapping[str, str], name: str) -> str | None:
    with at_field(name):
        return read_time(said.get(name, ""))


def _stock(said: Mapping[str, str]) -> StockChange | None:
    how: Any = said.get("stock_how", "")
    if how not in ("set", "raise", "lower"):
        return None
    with at_field("stock_value"):
        return StockChange(said.get("stock_location", ""), how, read_count(said.get("stock_value", "")))


def _low_stock_at(text: str) -> int | None:
    if not text.strip():
        return None
    with at_field("low_stock_at"):
        return -1 if text.strip() == "-" else read_count(text)


def _status(said: Mapping[str, str]) -> StatusChange | None:
    status: Any = said.get("set_status", "")
    if status not in ("published", "scheduled", "hidden", "delisted"):
        return None
    return StatusChange(status, _time(said, "publish_at") if status == "scheduled" else None)


def _category(said: Mapping[str, str]) -> str | None:
    given = said.get("set_category", "").strip()
    return None if not given else "" if given == "-" else given


def _tags(text: str) -> tuple[str, ...]:
    found = (" ".join(part.split()) for part in text.split(","))
    return tuple(dict.fromkeys(part[:200] for part in found if part))[:20]


class EditForm(msgspec.Struct, frozen=True):
    """The hidden field that carries an edit from its preview to its start."""

    edit: str


def _maybe_amount(text: str, currency: str) -> int | None:
    try:
        return max(read_amount(text, currency), 0) if text.strip() else None
    except Invalid:
        return None


def read_list(text: str) -> tuple[str, ...]:
    """Words with commas between, each once."""
    found = (" ".join(part.split()) for part in text.replace("，", ",").split(","))
    return tuple(dict.fromkeys(part[:200] for part in found if part))[:100]
