"""Quotes: what delivery costs a buyer, stored and standing for a while, so that paying is a matter of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select

from entrepot.identity import COUNTRIES
from entrepot.kernel import MINUTE, Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, in_set, prepare

from . import tables
from .promises import end_of_business_day
from .rates import price_by, serves, sheets_of
from .types import PLATFORM, Estimate, Quote, QuoteRequest, RateSheet, Settings, Want


class Undeliverable(Conflict):
    """Some merchants' goods cannot be brought there; `merchants` says of each why not, in a sentence."""

    def __init__(self, merchants: Mapping[str, str]) -> None:
        super().__init__(" ".join(dict.fromkeys(merchants.values())))
        self.merchants = dict(merchants)


def quote(tx: Tx, requests: Sequence[QuoteRequest], quote_minutes: int = Settings().quote_minutes) -> list[Quote]:
    """Price the delivery of each merchant's goods: every sheet that applies is an option, cheapest first.

    In the order of the requests. A merchant without any sheet uses the platform's. Undeliverable, naming each merchant,
    when nothing applies to one.
    """
    sheets = sheets_of(tx, {*(request.merchant_id for request in requests), PLATFORM})
    quotes: list[Quote] = []
    problems: dict[str, str] = {}
    for request in requests:
        check_request(request)
        offered = sheets[request.merchant_id] or sheets[PLATFORM]
        options = options_of(offered, request)
        if not options:
            problems[request.merchant_id] = why_not(offered, request)
        quotes += [_new_quote(tx, sheet, amount_minor, request, quote_minutes) for sheet, amount_minor in options]
    if problems:
        raise Undeliverable(problems)
    rows = [{**msgspec.structs.asdict(each), "by_platform": int(each.by_platform)} for each in quotes]
    tx.run_many(_insert, rows)
    return quotes


def estimate(snapshot: Snapshot, wants: Sequence[Want]) -> list[Estimate | None]:
    """What bringing each of these would cost at least, in their order; None where nobody brings it there. One read."""
    if not wants:
        return []
    sheets = sheets_of(snapshot, {*(want.merchant_id for want in wants), PLATFORM})
    return [_estimate(sheets[want.merchant_id] or sheets[PLATFORM], want) for want in wants]


def _estimate(sheets: Sequence[RateSheet], want: Want) -> Estimate | None:
    options = options_of(
        sheets,
        QuoteRequest("", want.merchant_id, want.weight_g, want.subtotal_minor, want.currency, want.country),
    )
    if not options:
        return None
    sheet, amount_minor = options[0]
    return Estimate(amount_minor, sheet.days_min, sheet.days_max, sheet.name, sheet.organisation == PLATFORM)


def take_quotes(snapshot: Snapshot, owner: str, ids: Sequence[str]) -> list[Quote]:
    """The quotes of these ids, in this order, for their owner to buy at.

    NotFound when one is not the owner's, Conflict when one has expired. Whoever takes them checks that they are of what
    is bought: they say merchant, weight, subtotal, currency and country.
    """
    found = {each.id: each for each in snapshot.all(_quotes, ids=list(ids), owner=owner)}
    if any(quote_id not in found for quote_id in ids):
        raise NotFound("There is no such delivery price: ask for the delivery prices again")
    if any(each.expires_at <= snapshot.now for each in found.values()):
        raise Conflict("The delivery prices have expired: ask for them again")
    return [found[quote_id] for quote_id in ids]


def options_of(sheets: Sequence[RateSheet], request: QuoteRequest) -> list[tuple[RateSheet, int]]:
    """The sheets that apply and what each asks, cheapest first, then fastest."""
    priced = [(sheet, amount) for sheet in sheets if (amount := price_by(sheet, request)) is not None]
    return sorted(priced, key=lambda option: (option[1], option[0].days_max, option[0].id))


def why_not(sheets: Sequence[RateSheet], request: QuoteRequest) -> str:
    """The sentence for a buyer to whom nothing can be delivered."""
    there = [sheet for sheet in sheets if serves(sheet, request.country)]
    if not there:
        return f"This seller does not deliver to {request.country}"
    in_currency = [sheet for sheet in there if sheet.currency == request.currency]
    if not in_currency:
        return f"This seller has no delivery prices in {request.currency}"
    if request.weight_g is None:
        return "This seller charges delivery by weight, and an article has none: ask the seller to fill it in"
    heaviest_g = max(sheet.steps[-1][0] for sheet in in_currency)
    return f"This seller delivers up to {heaviest_g:,} g at once, and this weighs {request.weight_g:,} g: take less"


def check_request(request: QuoteRequest) -> None:
    """Refuse what cannot be priced."""
    if request.weight_g is not None and request.weight_g < 0:
        raise Invalid("A weight cannot be below zero")
    if request.country not in COUNTRIES:
        raise Invalid("Say which country it goes to", fields={"country": "Write a two-letter code, such as DE"})
    if request.subtotal_minor < 0:
        raise Invalid("A subtotal cannot be below zero")


def _new_quote(tx: Tx, sheet: RateSheet, amount_minor: int, request: QuoteRequest, minutes: int) -> Quote:
    return Quote(
        tx.new_id("quo"), request.owner, request.merchant_id, sheet.id, sheet.name, amount_minor, sheet.currency,
        request.country, request.weight_g, request.subtotal_minor, sheet.days_min, sheet.days_max,
        end_of_business_day(tx.now, sheet.days_min), end_of_business_day(tx.now, sheet.days_max),
        tx.now + minutes * MINUTE, sheet.organisation == PLATFORM,
    )  # fmt: skip


def _quote(*values: Any) -> Quote:
    """A quote from its columns: a flag is a whole number there."""
    quote = Quote(*values)
    return msgspec.structs.replace(quote, by_platform=bool(quote.by_platform))


_q = tables.quotes.c
_COLUMNS = [_q[name] for name in Quote.__struct_fields__]
_quotes: Prepared[Quote] = prepare(
    select(*_COLUMNS).where(in_set(_q.id, "ids"), _q.owner == bindparam("owner")), _quote
)
find_promise: Prepared[Any] = prepare(
    select(_q.promised_at).where(_q.id == bindparam("id"), _q.merchant_id == bindparam("merchant_id"))
)
_insert: Prepared[Any] = prepare(
    insert(tables.quotes).values({column.name: bindparam(column.name) for column in tables.quotes.columns})
)
