"""Pictures that feeds name by their address, brought here by a task that runs every minute.

1. Addresses that nobody has noted yet are noted, some hundred at a time; what is known of one from another product is
   taken over at once.
2. Those that are due are fetched one after another through the client that asks only public addresses, made into
   pictures of ours, and set wherever a product names the address.
3. What fails is tried again later and later, a few times; what cannot work is not. The merchant sees why.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import bindparam, func, or_, select, update

from entrepot.identity import Scope
from entrepot.kernel import (
    HOUR,
    MINUTE,
    Blobs,
    Bounds,
    Database,
    Fetcher,
    Lane,
    NotFound,
    Prepared,
    Refused,
    Snapshot,
    TaskKind,
    TaskRun,
    TooMany,
    Tx,
    Unavailable,
    in_set,
    prepare,
)
from entrepot.kernel.sql import prepare_text

from . import tables
from .media import refresh_main_pictures
from .pictures import BYTES_MAX, StoredPicture, record_pictures, store_picture
from .settings import Settings
from .visibility import announce_listed

NOTED_MAX: Final = 500
A_RUN_MAX: Final = 200
"""How many addresses one run asks; the next one goes on."""
ATTEMPTS_MAX: Final = 5
_PAUSES: Final = (1 * MINUTE, 10 * MINUTE, 1 * HOUR, 6 * HOUR)
_ACCEPT: Final = "image/webp,image/png,image/jpeg,image/gif"

log = structlog.get_logger(__name__)


class FetchPictures(msgspec.Struct, frozen=True):
    """Fetch what is due."""


def fetch_task(blobs: Blobs, settings: Settings, fetcher: Fetcher | None = None) -> TaskKind[FetchPictures]:
    """The kind of task that fetches pictures; it does nothing where the operator has turned it off."""
    client = fetcher or Fetcher()

    def act(run: TaskRun, body: FetchPictures) -> None:
        if settings.fetch_pictures:
            fetch_due(run.database, blobs, client, lambda: run.closing, run.progress)

    return TaskKind("catalog.fetch_pictures", FetchPictures, act, slow=True)


def fetch_due(
    database: Database,
    blobs: Blobs,
    fetcher: Fetcher,
    closing: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Note new addresses and fetch those that are due; returns how many pictures came."""
    while database.write_now(_note, Lane.BULK) == NOTED_MAX and not closing():
        pass
    now, came = database.clock.now(), 0
    due = database.read_now(lambda s: _due_now(s, now))
    for place, row in enumerate(due):
        if closing():
            break
        came += _fetch_one(database, blobs, fetcher, row)
        progress(place + 1, len(due))  # keeps the task's lease: a slow host may take many seconds
    return came


def retry_pictures(tx: Tx, scope: Scope, product_id: str) -> int:
    """Ask again for a product's pictures that could not be fetched; returns how many. NotFound for others' products."""
    rows = tx.all(_failed_of, product_id=product_id)
    owner = tx.value(_owner, id=product_id)
    if owner is None or (owner != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such product of yours")
    return tx.run(_again, urls=[row.url for row in rows]) if rows else 0


def _due_now(snapshot: Snapshot, now: int) -> list[Any]:
    return snapshot.all(_due, now=now, most=A_RUN_MAX)


def _note(tx: Tx) -> int:
    """Note addresses, and set what is known of them already; returns how many products' pictures were looked at."""
    rows = tx.all(_unset, most=NOTED_MAX)
    known = {row.url: row.known_sha256 for row in rows if row.known_sha256}
    fresh = {row.url: row.owner_id for row in rows if row.known_sha256 is None and row.state is None}
    noted = [{"url": url, "merchant_id": owner, "asked_at": tx.now} for url, owner in sorted(fresh.items())]
    tx.run_many(_insert, noted)
    for url, sha256 in sorted(known.items()):
        _set_everywhere(tx, url, sha256)
    return len(rows)


def _fetch_one(database: Database, blobs: Blobs, fetcher: Fetcher, row: Any) -> int:
    try:
        found = fetcher.get(row.url, Bounds(bytes_max=BYTES_MAX), _ACCEPT)
        picture = store_picture(blobs, found.body)
    except (Unavailable, TooMany) as refusal:
        database.write_now(partial(_failed, row=row, refusal=refusal, may_work=True), Lane.BULK)
        return 0
    except Refused as refusal:
        database.write_now(partial(_failed, row=row, refusal=refusal, may_work=False), Lane.BULK)
        return 0
    database.write_now(lambda tx: _fetched(tx, row.url, picture), Lane.BULK)
    return 1


def _fetched(tx: Tx, url: str, picture: StoredPicture) -> None:
    record_pictures(tx, [picture])
    tx.run(_done, url_=url, sha256_=picture.sha256, now_=tx.now)
    _set_everywhere(tx, url, picture.sha256)


def _set_everywhere(tx: Tx, url: str, sha256: str) -> None:
    products = [row.product_id for row in tx.all(_products_at, url=url)]
    tx.run(_set, url_=url, sha256_=sha256, now_=tx.now)
    refresh_main_pictures(tx, products)
    announce_listed(tx, products)


def _failed(tx: Tx, row: Any, refusal: Refused, *, may_work: bool) -> None:
    attempts = row.attempts + 1
    again = may_work and attempts < ATTEMPTS_MAX
    pause = max(_PAUSES[min(attempts, len(_PAUSES)) - 1], (refusal.retry_after_s or 0) * 1_000_000)
    tx.run(
        _fail, url_=row.url, state_="waiting" if again else "failed", attempts_=attempts,
        failure_=refusal.sentence[:500], tried_at_=tx.now, due_at_=tx.now + pause if again else None,
    )  # fmt: skip
    log.info("a picture could not be fetched", attempts=attempts, again=again, reason=refusal.sentence[:200])


_r, _pp, _p = tables.remote_pictures.c, tables.product_pictures.c, tables.products.c
_unset: Prepared[Any] = prepare(
    select(_pp.url, _p.owner_id, _r.state, _r.sha256.label("known_sha256"))
    .join_from(tables.product_pictures, tables.products, _p.id == _pp.product_id)
    .join(tables.remote_pictures, _r.url == _pp.url, isouter=True)
    .where(_pp.sha256.is_(None), or_(_r.url.is_(None), _r.state == "fetched"))
    .order_by(_pp.url)
    .limit(bindparam("most"))
)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_remote_pictures (url, merchant_id, state, attempts, asked_at) "
    "VALUES (:url, :merchant_id, 'waiting', 0, :asked_at) ON CONFLICT DO NOTHING"
)
_due: Prepared[Any] = prepare(
    select(_r.url, _r.attempts)
    .where(_r.state == "waiting", func.coalesce(_r.due_at, 0) <= bindparam("now"))
    .order_by(func.coalesce(_r.due_at, 0), _r.url)
    .limit(bindparam("most"))
)
_products_at: Prepared[Any] = prepare(
    select(_pp.product_id).where(_pp.url == bindparam("url"), _pp.sha256.is_(None)).order_by(_pp.product_id)
)
_set: Prepared[Any] = prepare(
    update(tables.product_pictures)
    .where(_pp.url == bindparam("url_"), _pp.sha256.is_(None))
    .values(sha256=bindparam("sha256_"), added_at=bindparam("now_"))
)
_done: Prepared[Any] = prepare(
    update(tables.remote_pictures)
    .where(_r.url == bindparam("url_"))
    .values(state="fetched", sha256=bindparam("sha256_"), failure=None, tried_at=bindparam("now_"))
)
_fail: Prepared[Any] = prepare(
    update(tables.remote_pictures)
    .where(_r.url == bindparam("url_"))
    .values(
        state=bindparam("state_"),
        attempts=bindparam("attempts_"),
        failure=bindparam("failure_"),
        tried_at=bindparam("tried_at_"),
        due_at=bindparam("due_at_"),
    )
)
_failed_of: Prepared[Any] = prepare(
    select(_r.url)
    .join_from(tables.product_pictures, tables.remote_pictures, _r.url == _pp.url)
    .where(_pp.product_id == bindparam("product_id"), _r.state == "failed")
)
_owner: Prepared[Any] = prepare(select(_p.owner_id).where(_p.id == bindparam("id")))
_again: Prepared[Any] = prepare(
    update(tables.remote_pictures)
    .where(in_set(_r.url, "urls"))
    .values(state="waiting", attempts=0, failure=None, due_at=None)
)
