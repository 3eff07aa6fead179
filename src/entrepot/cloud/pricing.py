"""Price books: immutable versions of each model's prices, with the date from which they hold.

A price is changed by adding a version that begins later. What was used is rated by the version that was in force when
the request was admitted, for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import Invalid, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json

from . import tables
from .events import ModelPriced
from .meters import get_meter
from .rating import PRICE_MAX, PriceBook


def add_price_book(
    tx: Tx, model: str, nano: Mapping[str, int], *, maker_bps: int = 0, effective_at: int | None = None
) -> PriceBook:
    """A new version of a model's prices, from `effective_at` (now when left out) on.

    Invalid for a date in the past, an unknown meter and a price below zero: what was rated stays as it was rated.
    """
    begins = tx.now if effective_at is None else effective_at
    if begins < tx.now:
        raise Invalid("Prices begin now or later: what was used before keeps its price")
    if not 0 <= maker_bps <= 10_000:
        raise Invalid("The maker's share is 0 to 10000 hundredths of a percent")
    for meter, price in nano.items():
        get_meter(meter)
        if not 0 <= price <= PRICE_MAX:
            raise Invalid(f"The price of {meter} must be zero or more nano units, and not absurdly large")
    version = int(tx.value(_newest, model=model) or 0) + 1
    book = PriceBook(tx.new_id("prc"), model, version, begins, dict(sorted(nano.items())), maker_bps)
    tx.run(
        _insert, id=book.id, model=model, version=version, effective_at=begins, nano=to_json(book.nano),
        maker_bps=maker_bps, created_at=tx.now,
    )  # fmt: skip
    tx.announce(ModelPriced(model, begins))
    return book


def publish_prices(
    tx: Tx, scope: Scope, model: str, nano: Mapping[str, int], *, maker_bps: int | None = None,
    effective_at: int | None = None,
) -> PriceBook:  # fmt: skip
    """The operator sets a model's prices from a day on; nothing that was used before is priced anew.

    Without `maker_bps` its maker's share stays as the version before has it.
    """
    require_operator(scope)
    if not nano:
        raise Invalid("A model has a price for at least one meter: write zero where it is free", fields={"": "a price"})
    if maker_bps is None:
        before = max(list_price_books(tx, model), key=lambda book: book.version, default=None)
        maker_bps = before.maker_bps if before else 0
    book = add_price_book(tx, model, nano, maker_bps=maker_bps, effective_at=effective_at)
    audit(tx, scope, "cloud.publish_prices", book.id, {"model": model, "version": book.version, "nano": dict(nano)})
    return book


def list_priced(snapshot: Snapshot, scope: Scope) -> dict[str, list[PriceBook]]:
    """Every version of every model's prices, the latest to begin first; for the operator."""
    require_operator(scope)
    found: dict[str, list[PriceBook]] = {}
    for book in snapshot.all(_every):
        found.setdefault(book.model, []).append(book)
    return found


def find_price_book(snapshot: Snapshot, model: str, at: int) -> PriceBook | None:
    """The version of a model's prices in force at a time; of two that begin at once the later made one."""
    return snapshot.one(_in_force, model=model, at=at)


def find_price_books(snapshot: Snapshot, models: Sequence[str], at: int) -> dict[str, PriceBook]:
    """The versions in force at a time, of those models that have one."""
    found: dict[str, PriceBook] = {}
    for book in snapshot.all(_all_until, models=list(models), at=at):
        found.setdefault(book.model, book)
    return found


def list_versions(snapshot: Snapshot, models: Sequence[str], at: int) -> dict[str, list[PriceBook]]:
    """The versions of these models' prices that have begun by a time, the latest first; models without any are left
    out."""
    found: dict[str, list[PriceBook]] = {}
    for book in snapshot.all(_all_until, models=list(models), at=at) if models else ():
        found.setdefault(book.model, []).append(book)
    return found


def find_begun_price_books(snapshot: Snapshot, models: Sequence[str]) -> dict[str, PriceBook]:
    """The latest versions that began as they were made, whatever a clock says now, of those models that have one."""
    found: dict[str, PriceBook] = {}
    for book in snapshot.all(_begun, models=list(models)):
        found.setdefault(book.model, book)
    return found


def list_price_books(snapshot: Snapshot, model: str) -> list[PriceBook]:
    """Every version, the latest first."""
    return snapshot.all(_versions, model=model)


def read_price_books(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, PriceBook]:
    """These versions, by id."""
    return {book.id: book for book in snapshot.all(_these, ids=list(ids))}


def _read(book_id: str, model: str, version: int, effective_at: int, nano: str, maker_bps: int) -> PriceBook:
    return PriceBook(book_id, model, version, effective_at, from_json(nano, dict[str, int]), maker_bps)


_p = tables.price_books.c
_books = select(_p.id, _p.model, _p.version, _p.effective_at, _p.nano, _p.maker_bps)
_in_force: Prepared[PriceBook] = prepare(
    _books.where(_p.model == bindparam("model"), _p.effective_at <= bindparam("at"))
    .order_by(_p.effective_at.desc(), _p.version.desc())
    .limit(1),
    _read,
)
_all_until: Prepared[PriceBook] = prepare(
    _books.where(in_set(_p.model, "models"), _p.effective_at <= bindparam("at")).order_by(
        _p.effective_at.desc(), _p.version.desc()
    ),
    _read,
)
_every: Prepared[PriceBook] = prepare(_books.order_by(_p.model, _p.effective_at.desc(), _p.version.desc()), _read)
_begun: Prepared[PriceBook] = prepare(
    _books.where(in_set(_p.model, "models"), _p.effective_at <= _p.created_at).order_by(
        _p.effective_at.desc(), _p.version.desc()
    ),
    _read,
)
_versions: Prepared[PriceBook] = prepare(
    _books.where(_p.model == bindparam("model")).order_by(_p.effective_at.desc(), _p.version.desc()), _read
)
_these: Prepared[PriceBook] = prepare(_books.where(in_set(_p.id, "ids")), _read)
_newest: Prepared[Any] = prepare(select(func.max(_p.version).label("version")).where(_p.model == bindparam("model")))
_insert: Prepared[Any] = prepare(
    insert(tables.price_books).values({column.name: bindparam(column.name) for column in tables.price_books.columns})
)
