"""Price books: immutable versions of each model's prices, with the date from which they hold.

A price is changed by adding a version that begins later. What was used is rated by the version that was in force when
the request was admitted, for ever. A version is written as two books: one for calls that somebody waits for, one for
calls of batches. So a row of usage names its prices by one id, whichever tier it was in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select

from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import Invalid, Prepared, Query, Snapshot, Tx, from_json, in_set, prepare, to_json

from . import tables
from .events import ModelPriced
from .meters import get_meter
from .rating import HALF_BPS, PRICE_MAX, WHOLE_BPS, PriceBook, Tier
from .types import SHOP


def add_price_book(
    tx: Tx, model: str, nano: Mapping[str, int], *, maker_bps: int = 0, batch_bps: int = WHOLE_BPS,
    effective_at: int | None = None,
) -> PriceBook:  # fmt: skip
    """A new version of a model's prices, from `effective_at` (now when left out) on; batches pay `batch_bps` of them.

    Invalid for a date in the past, an unknown meter and a price below zero: what was rated stays as it was rated.
    """
    begins = tx.now if effective_at is None else effective_at
    if begins < tx.now:
        raise Invalid("Prices begin now or later: what was used before keeps its price")
    if not 0 <= maker_bps <= 10_000:
        raise Invalid("The maker's share is 0 to 10000 hundredths of a percent")
    if not 0 <= batch_bps <= WHOLE_BPS:
        raise Invalid("A batch costs 0 to 10000 hundredths of a percent of a call", fields={"batch_bps": "0 to 10000"})
    for meter, price in nano.items():
        get_meter(meter)
        if not 0 <= price <= PRICE_MAX:
            raise Invalid(f"The price of {meter} must be zero or more nano units, and not absurdly large")
    version = int(tx.value(_newest, model=model) or 0) + 1
    standard = dict(sorted(nano.items()))
    book = PriceBook(tx.new_id("prc"), model, version, begins, standard, maker_bps, batch_bps)
    _write(tx, book)
    _write(
        tx, PriceBook(tx.new_id("prc"), model, version, begins, book.batch_nano, maker_bps, batch_bps, "batch")
    )  # fmt: skip
    tx.announce(ModelPriced(model, begins))
    return book


def next_batch_bps(snapshot: Snapshot, model: str, organisation: str) -> int:
    """What batches pay by a model's next version when nobody says: the same as by the last one; by the first one half
    of the market's own prices, and all of another maker's, who has a share of them."""
    before = max(list_price_books(snapshot, model), key=lambda book: book.version, default=None)
    if before is not None:
        return before.batch_bps
    return HALF_BPS if organisation == SHOP else WHOLE_BPS


def publish_prices(
    tx: Tx, scope: Scope, model: str, nano: Mapping[str, int], *, maker_bps: int | None = None,
    batch_bps: int | None = None, effective_at: int | None = None,
) -> PriceBook:  # fmt: skip
    """The operator sets a model's prices from a day on; nothing that was used before is priced anew.

    Without `maker_bps` its maker's share stays as the version before has it, and without `batch_bps` what batches pay.
    """
    require_operator(scope)
    if not nano:
        raise Invalid("A model has a price for at least one meter: write zero where it is free", fields={"": "a price"})
    if maker_bps is None:
        before = max(list_price_books(tx, model), key=lambda book: book.version, default=None)
        maker_bps = before.maker_bps if before else 0
    if batch_bps is None:
        batch_bps = next_batch_bps(tx, model, _maker_of(tx, model))
    book = add_price_book(tx, model, nano, maker_bps=maker_bps, batch_bps=batch_bps, effective_at=effective_at)
    said = {"model": model, "version": book.version, "nano": dict(nano), "batch_bps": batch_bps}
    audit(tx, scope, "cloud.publish_prices", book.id, said)
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
    return {model: versions[0] for model, versions in list_versions(snapshot, models, at).items()}


def query_price_books(models: Sequence[str], at: int) -> Query:
    """The query for the versions of these models' prices that have begun by a time, in every tier, the latest first."""
    return _tiers_until, {"models": models, "at": at}


def newest_of(books: Iterable[PriceBook]) -> dict[tuple[str, Tier], PriceBook]:
    """The first of each model and tier."""
    found: dict[tuple[str, Tier], PriceBook] = {}
    for book in books:
        found.setdefault((book.model, book.tier), book)
    return found


def list_versions(snapshot: Snapshot, models: Sequence[str], at: int) -> dict[str, list[PriceBook]]:
    """The versions of these models' prices that have begun by a time, the latest first; models without any are left
    out."""
    found: dict[str, list[PriceBook]] = {}
    for book in snapshot.all(_all_until, models=list(models), at=at) if models else ():
        found.setdefault(book.model, []).append(book)
    return found


def find_begun_price_books(snapshot: Snapshot, models: Sequence[str]) -> dict[tuple[str, Tier], PriceBook]:
    """The latest versions that began as they were made, whatever a clock says now, of those models that have one."""
    return newest_of(snapshot.all(_begun, models=models))


def list_price_books(snapshot: Snapshot, model: str) -> list[PriceBook]:
    """Every version, the latest first."""
    return snapshot.all(_versions, model=model)


def read_price_books(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, PriceBook]:
    """These versions, by id."""
    return {book.id: book for book in snapshot.all(_these, ids=list(ids))}


def _write(tx: Tx, book: PriceBook) -> None:
    tx.run(_insert, **msgspec.structs.asdict(book) | {"nano": to_json(book.nano), "created_at": tx.now})


def _maker_of(snapshot: Snapshot, model: str) -> str:
    """Whose model it is; the market's own where nobody else has that name."""
    return str(snapshot.value(_maker, model=model) or SHOP)


def _read(*columns: Any) -> PriceBook:
    values = dict(zip(PriceBook.__struct_fields__, columns, strict=True))
    values["nano"] = from_json(values["nano"], dict[str, int])
    return PriceBook(**values)


_p, _m = tables.price_books.c, tables.models.c
_books = select(*(_p[name] for name in PriceBook.__struct_fields__))
_standard = _books.where(_p.tier == "standard")
_in_force: Prepared[PriceBook] = prepare(
    _standard.where(_p.model == bindparam("model"), _p.effective_at <= bindparam("at"))
    .order_by(_p.effective_at.desc(), _p.version.desc())
    .limit(1),
    _read,
)
_until = in_set(_p.model, "models") & (_p.effective_at <= bindparam("at"))
_latest_first = (_p.effective_at.desc(), _p.version.desc())
_all_until: Prepared[PriceBook] = prepare(_standard.where(_until).order_by(*_latest_first), _read)
_tiers_until: Prepared[PriceBook] = prepare(_books.where(_until).order_by(*_latest_first), _read)
_every: Prepared[PriceBook] = prepare(_standard.order_by(_p.model, _p.effective_at.desc(), _p.version.desc()), _read)
_begun: Prepared[PriceBook] = prepare(
    _books.where(in_set(_p.model, "models"), _p.effective_at <= _p.created_at).order_by(*_latest_first), _read
)
_versions: Prepared[PriceBook] = prepare(
    _standard.where(_p.model == bindparam("model")).order_by(_p.effective_at.desc(), _p.version.desc()), _read
)
_these: Prepared[PriceBook] = prepare(_books.where(in_set(_p.id, "ids")), _read)
_newest: Prepared[Any] = prepare(select(func.max(_p.version).label("version")).where(_p.model == bindparam("model")))
_maker: Prepared[Any] = prepare(select(_m.organisation).where(_m.name == bindparam("model")).limit(1))
_insert: Prepared[Any] = prepare(
    insert(tables.price_books).values({column.name: bindparam(column.name) for column in tables.price_books.columns})
)
