"""Exchange: what one currency is worth in another, by rates that the operator sets, each from its day on.

A rate says how many units of a currency one unit of the home currency buys. Rates are exact; an amount is converted in
one step, through the home currency, and rounded once: half a minor unit goes up. What was converted is frozen with its
rate where it matters (an order's line), so a rate never changes what was agreed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import (
    DAY,
    Invalid,
    Prepared,
    Snapshot,
    Tx,
    decimals_of,
    find_fact,
    prepare,
    prepare_text,
    to_rfc3339,
)

from . import tables

MARKET_FACT = "market"
"""Where the market's owner wrote its home currency, when it was opened."""
HOME_DEFAULT = "USD"
SOURCE_LENGTH_MAX = 100
RATES_MAX = 200
AHEAD_MAX = 366 * DAY
_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


class ExchangeRate(msgspec.Struct, frozen=True):
    """How many units of `currency` one unit of the home currency buys, from `valid_from` on; `rate` is a decimal."""

    currency: str
    rate: str
    valid_from: int
    source: str = "operator"


class Rates(msgspec.Struct, frozen=True):
    """The rates that hold now. `by_currency` has none for the home currency, which is worth itself."""

    home: str
    by_currency: Mapping[str, ExchangeRate] = {}

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that can be converted, the home currency first."""
        return (self.home, *sorted(self.by_currency))

    def rate(self, source: str, target: str) -> Fraction | None:
        """How many units of `target` one unit of `source` buys; None when one of them is unknown."""
        if source == target:
            return Fraction(1)
        of_source, of_target = self._at_home(source), self._at_home(target)
        return None if of_source is None or of_target is None else of_target / of_source

    def convert(self, amount_minor: int, source: str, target: str) -> int | None:
        """Minor units of `source` in minor units of `target`, half up, rounded once; None when a rate is unknown."""
        rate = self.rate(source, target)
        return None if rate is None else convert_by(rate, amount_minor, source, target)

    def _at_home(self, currency: str) -> Fraction | None:
        if currency == self.home:
            return Fraction(1)
        found = self.by_currency.get(currency)
        return Fraction(found.rate) if found else None


def convert_by(rate: Fraction, amount_minor: int, source: str, target: str) -> int:
    """The same by a rate at hand. Halves go away from zero, so that a refund mirrors what was paid."""
    exact = abs(amount_minor) * rate * 10 ** decimals_of(target) / 10 ** decimals_of(source)
    rounded = int((2 * exact.numerator + exact.denominator) // (2 * exact.denominator))
    return rounded if amount_minor >= 0 else -rounded


def read_rates(snapshot: Snapshot) -> Rates:
    """What holds now, in two short reads."""
    home = home_currency(snapshot)
    found = snapshot.all(_current, home=home, now=snapshot.now)
    return Rates(home, {rate.currency: rate for rate in found})


def home_currency(snapshot: Snapshot) -> str:
    """The market's own currency, in which rates are told; USD until its owner has said."""
    market = find_fact(snapshot, MARKET_FACT)
    return str(market["currency"]) if market else HOME_DEFAULT


def list_rates(snapshot: Snapshot, scope: Scope, most: int = 200) -> list[ExchangeRate]:
    """Every rate there was and will be, newest first; for the operator."""
    require_operator(scope)
    return snapshot.all(_history, home=home_currency(snapshot), most=most)


def save_rates(tx: Tx, scope: Scope, rates: Sequence[ExchangeRate]) -> Rates:
    """Set rates, each from its day on; for the operator. A rate of the same currency and moment is replaced.

    Invalid, naming the currency, for what is no rate. What was ordered before keeps its own.
    """
    if not scope.is_system:
        require_operator(scope)
    home = home_currency(tx)
    fields = {rate.currency: why for rate in rates if (why := _wrong(rate, home, tx.now))}
    if fields:
        sentence = "; ".join(f"{currency}: {why}" for currency, why in fields.items())
        raise Invalid(f"These rates cannot be used: {sentence}", fields=fields)
    if not 0 < len(rates) <= RATES_MAX:
        raise Invalid(f"Give 1 to {RATES_MAX} rates at once")
    by = {"home": home, "saved_at": tx.now, "saved_by": scope.actor}
    tx.run_many(_save, [{**msgspec.structs.asdict(rate), **by} for rate in rates])
    names = ", ".join(f"{rate.currency} {rate.rate} from {to_rfc3339(rate.valid_from)[:10]}" for rate in rates)
    audit(tx, scope, "pay.rates_saved", home, {"rates": names[:1_000]})
    return read_rates(tx)


def _wrong(rate: ExchangeRate, home: str, now: int) -> str | None:
    try:
        decimals_of(rate.currency)
    except Invalid as error:
        return error.sentence
    if rate.currency == home:
        return "the home currency is worth itself"
    if not _RATE.fullmatch(rate.rate) or Fraction(rate.rate) == 0:
        return "a rate is a number above zero, such as 0.9231"
    if not 0 < len(rate.source.strip()) <= SOURCE_LENGTH_MAX or "\0" in rate.source:
        return "say where the rate is from, in a few words"
    return None if 0 <= rate.valid_from <= now + AHEAD_MAX else "a rate begins within a year from now, or before"


_r = tables.exchange_rates.c
_COLUMNS = (_r.currency, _r.rate, _r.valid_from, _r.source)
_newest = (
    select(_r.currency, func.max(_r.valid_from).label("valid_from"))
    .where(_r.home == bindparam("home"), _r.valid_from <= bindparam("now"))
    .group_by(_r.currency)
    .subquery()
)
_current: Prepared[ExchangeRate] = prepare(
    select(*_COLUMNS)
    .join(_newest, (_newest.c.currency == _r.currency) & (_newest.c.valid_from == _r.valid_from))
    .where(_r.home == bindparam("home")),
    ExchangeRate,
)
_history: Prepared[ExchangeRate] = prepare(
    select(*_COLUMNS)
    .where(_r.home == bindparam("home"))
    .order_by(_r.valid_from.desc(), _r.currency)
    .limit(bindparam("most")),
    ExchangeRate,
)
_save: Prepared[Any] = prepare_text(
    "INSERT INTO pay_exchange_rates (currency, home, valid_from, rate, source, saved_at, saved_by) "
    "VALUES (:currency, :home, :valid_from, :rate, :source, :saved_at, :saved_by) "
    "ON CONFLICT (home, currency, valid_from) DO UPDATE SET rate = excluded.rate, source = excluded.source, "
    "saved_at = excluded.saved_at, saved_by = excluded.saved_by"
)
