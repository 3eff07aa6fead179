"""Prices and stock in a spreadsheet: a table to download, and what is read of it when it comes back.

A row is an offer, known by the id in its first column. An empty cell leaves what it stands for as it is, and so does a
column that is missing; a dash takes a list price or a sale away.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from entrepot.kernel import (
    Invalid,
    Prepared,
    Snapshot,
    decimals_of,
    from_rfc3339,
    in_set,
    parse_money,
    prepare,
    to_rfc3339,
)

from .. import tables
from ..offers import price_faults
from ..prices import Terms, terms_of
from ..types import QUANTITY_MAX
from .selecting import Found, read_found, select_ids
from .types import Line, Selection

ROWS_MAX = 20_000
CELL_LENGTH_MAX = 200
PAGE = 250
STOCK = "stock: "
COLUMNS = ("offer", "article", "title", "currency", "price", "list_price", "sale_price", "sale_from", "sale_until")
NOTHING = "-"


class SheetRow(msgspec.Struct, frozen=True):
    """What a row says, as text; `stock` by location."""

    offer_id: str
    price: str = ""
    list_price: str = ""
    sale_price: str = ""
    sale_from: str = ""
    sale_until: str = ""
    stock: dict[str, str] = {}


class Sheet(msgspec.Struct, frozen=True):
    """A sheet that came back."""

    rows: tuple[SheetRow, ...]


def sheet_lines(
    snapshot: Snapshot, merchant_id: str, selection: Selection, places: Sequence[tuple[str, str]], after: str
) -> tuple[list[list[str]], str]:
    """The next rows of the table, and the listing that they end with; empty at the end. `places` are (id, name)."""
    ids = select_ids(snapshot, merchant_id, selection, after, PAGE)
    found = read_found(snapshot, ids, lock=False, stock=True)
    titles = {listing.id: listing.title for listing in found.listings}
    rows = [_row(titles[offer.listing_id], offer, places, found) for each in ids for offer in found.offers[each]]
    return rows, ids[-1] if len(ids) == PAGE else ""


def sheet_header(places: Sequence[tuple[str, str]]) -> list[str]:
    """The first row of the table."""
    return [*COLUMNS, *(f"{STOCK}{name}" for _, name in places)]


def read_sheet(content: str, places: Sequence[tuple[str, str]]) -> Sheet:
    """A table that came back. Invalid, with what to mend, when it is none of ours."""
    text = content.removeprefix("\ufeff")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader, [])]
        if "offer" not in names:
            raise Invalid("The sheet has no column called offer: download it here and change that one")
        by_name = {f"{STOCK}{name}": place_id for place_id, name in places}
        if strange := [name for name in names if name.startswith(STOCK) and name not in by_name]:
            raise Invalid(f"{strange[0][:80]!r} is none of your places")
        rows = tuple(_read(dict(zip(names, cells, strict=False)), by_name) for cells in reader if any(cells))
    except csv.Error as error:
        raise Invalid(f"The sheet cannot be read: {error}") from None
    if len(rows) > ROWS_MAX:
        raise Invalid(f"A sheet has at most {ROWS_MAX} rows: send it in parts")
    return Sheet(rows)


def plan_sheet(rows: Sequence[SheetRow], found: Found) -> Iterator[Line]:
    """Lines of what the rows say, of the offers that are there. Pure."""
    offers = {offer.id: offer for some in found.offers.values() for offer in some}
    seen: set[str] = set()
    for row in rows:
        offer = offers.get(row.offer_id)
        if offer is None or row.offer_id in seen:
            reason = "This row is there twice" if offer is not None else "This is none of your offers"
            yield Line("", None, "price", None, row.offer_id[:80], reason)
            continue
        seen.add(row.offer_id)
        yield from _offer_lines(row, offer, found)


def listings_of(snapshot: Snapshot, merchant_id: str, rows: Sequence[SheetRow]) -> list[str]:
    """The merchant's own listings that these rows are about."""
    ids = sorted({row.offer_id for row in rows})
    return sorted({row.listing_id for row in snapshot.all(_listings, ids=ids, merchant_id=merchant_id)})


def _offer_lines(row: SheetRow, offer: Any, found: Found) -> Iterator[Line]:
    before = terms_of(offer)
    if any((row.price, row.list_price, row.sale_price, row.sale_from, row.sale_until)):
        try:
            after = _terms(row, before, offer.currency)
            faults = [sentence for _, sentence in price_faults(after)] if after != before else []
            yield Line(offer.listing_id, offer.id, "price", list(before), list(after), faults[0] if faults else None)
        except Invalid as refusal:
            yield Line(offer.listing_id, offer.id, "price", list(before), list(before), refusal.sentence)
    for place, text in row.stock.items():
        lying = found.on_hand.get(offer.id, {}).get(place, 0) if offer.counted else None
        reason = None
        if not (text.isdecimal() and text.isascii() and len(text) < 12 and int(text) <= QUANTITY_MAX):
            reason = f"{text[:20]!r} is no number of pieces"
        elif offer.bundled:
            reason = "A bundle has no stock of its own: count its parts"
        after_count = lying if reason else int(text)
        yield Line(offer.listing_id, offer.id, "stock", [place, lying], [place, after_count], reason)


def _terms(row: SheetRow, before: Terms, currency: str) -> Terms:
    regular = parse_money(row.price, currency) if row.price else before.regular_price_minor
    listed = _maybe(row.list_price, before.list_price_minor, currency)
    sale = _maybe(row.sale_price, before.sale_price_minor, currency)
    if sale is None:
        return Terms(regular, None, None, None, listed)
    return Terms(regular, sale, _time(row.sale_from, before.sale_starts_at),
                 _time(row.sale_until, before.sale_ends_at), listed)  # fmt: skip


def _maybe(text: str, before: int | None, currency: str) -> int | None:
    if not text:
        return before
    return None if text == NOTHING else parse_money(text, currency)


def _time(text: str, before: int | None) -> int | None:
    if not text:
        return before
    if text == NOTHING:
        return None
    full = text if text.endswith("Z") or "+" in text else f"{text.replace(' ', 'T')}Z"
    try:
        return from_rfc3339(full if full.count(":") > 1 or "T" not in full else full.replace("Z", ":00Z"))
    except (ValueError, OverflowError):
        raise Invalid(f"{text[:40]!r} is no time: write one such as 2026-01-31T12:00:00Z") from None


def _row(title: str, offer: Any, places: Sequence[tuple[str, str]], found: Found) -> list[str]:
    terms, currency = terms_of(offer), offer.currency
    lying = found.on_hand.get(offer.id, {}) if offer.counted else {}
    return [
        offer.id, offer.external_id, title, currency, _typed(terms.regular_price_minor, currency),
        _typed(terms.list_price_minor, currency), _typed(terms.sale_price_minor, currency),
        *(to_rfc3339(at) if at is not None else "" for at in (terms.sale_starts_at, terms.sale_ends_at)),
        *(str(lying.get(place_id, 0)) if offer.counted and not offer.bundled else "" for place_id, _ in places),
    ]  # fmt: skip


def _read(cells: Mapping[str, str], places: Mapping[str, str]) -> SheetRow:
    said = {name: text.strip().removeprefix("'")[:CELL_LENGTH_MAX] for name, text in cells.items()}
    stock = {place_id: said[name] for name, place_id in places.items() if said.get(name)}
    texts = {name: said.get(name, "") for name in COLUMNS[4:]}
    return SheetRow(said.get("offer", ""), stock=stock, **texts)


def _typed(amount_minor: int | None, currency: str) -> str:
    if amount_minor is None:
        return ""
    decimals = decimals_of(currency)
    whole, rest = divmod(amount_minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


_o = tables.offers.c
_listings: Prepared[Any] = prepare(
    select(_o.listing_id).where(in_set(_o.id, "ids"), _o.merchant_id == bindparam("merchant_id"), _o.state != "gone")
)
