"""Seeing the catalogue's pictures: each product's main picture gets a vector soon after the product is listed.

1. A listing wakes a reaction, which asks for a task.
2. The task reads pictures and makes vectors outside any transaction, metered as work of the surface `image`, and
   records them in one commit with the event that every process's gallery follows.
3. Another encoder first sees the whole catalogue while the one before goes on serving; then one fact lets it serve,
   what was listed meanwhile is seen by it too, and what the other saw is forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
import structlog
from msgspec.structs import replace
from PIL import Image

from entrepot import catalog
from entrepot.catalog import ProductsListed, decode_picture
from entrepot.cloud import Meter, Usage
from entrepot.kernel import (
    Blobs,
    Database,
    Lane,
    Reactions,
    Refused,
    Snapshot,
    TaskKind,
    TaskRun,
    Tx,
    new_id,
    write_fact,
)

from ..events import PicturesSeen
from ..settings import Settings
from .encoder import FACT, UNTRAINED, Encoders, PictureEncoder, Trained, to_bytes
from .features import Floats
from .rows import SeenPicture, forget_others, is_any_seen, replace_seen, seen_of

SEE, SEE_ALL = "discovery.see_pictures", "discovery.see_all_pictures"
SEEN_BY = "discovery.pictures_seen_by"
"""The fact that says which encoder was last asked to see the whole catalogue."""
SURFACE = "image"
METER = "cpu_ms"
CPU_MS_MAX = 200
"""What one picture takes at most, to be set aside before it is looked at."""
BATCH = 100
FORGOTTEN_MAX = 2_000
LOOKED_AT_WIDTH = 320

log = structlog.get_logger(__name__)


class SeePictures(msgspec.Struct, frozen=True):
    """Look at the pictures of these products."""

    product_ids: tuple[str, ...]


class SeeAllPictures(msgspec.Struct, frozen=True):
    """Look at the pictures of every product behind an id. With `switch`, by `then` (or our features as they are), which
    is used from then on."""

    after_id: str = ""
    then: Trained | None = None
    switch: bool = False


def reactions() -> Reactions:
    """What listings lead to."""
    return {ProductsListed: (see_listed,)}


def see_listed(tx: Tx, event: ProductsListed) -> None:
    """Have the pictures of listed products looked at, where they have some, or had."""
    ids = event.product_ids
    if catalog.main_pictures(tx, ids) or is_any_seen(tx, ids):
        tx.enqueue(SEE, SeePictures(ids))


def tasks(
    blobs: Blobs, encoders: Encoders, meter: Meter, settings: Settings
) -> tuple[TaskKind[SeePictures], TaskKind[SeeAllPictures]]:
    """The kinds of task that look at pictures; they do nothing where the operator has turned image search off."""

    def see_some(run: TaskRun, body: SeePictures) -> None:
        if settings.image_search:
            see(run.database, blobs, encoders.fresh(), meter, body.product_ids)

    def see_all(run: TaskRun, body: SeeAllPictures) -> None:
        if not settings.image_search:
            return
        encoder = encoders.open(body.then) if body.switch else encoders.fresh()
        after = _see_behind(run, blobs, encoder, meter, body.after_id, tell=not body.switch)
        if after is not None:
            run.settle(lambda tx: tx.enqueue(SEE_ALL, replace(body, after_id=after)))
        elif body.switch:
            run.settle(partial(_switch, trained=body.then))
        else:
            _forget_others(run, encoder.name)

    return TaskKind(SEE, SeePictures, see_some, slow=True), TaskKind(SEE_ALL, SeeAllPictures, see_all, slow=True)


def _see_behind(
    run: TaskRun, blobs: Blobs, encoder: PictureEncoder, meter: Meter, after: str, *, tell: bool
) -> str | None:
    """See every product behind an id; returns where it was stopped, None at the end."""
    done = 0
    while not run.closing:
        ids = run.database.read_now(partial(_next_ids, after=after))
        see(run.database, blobs, encoder, meter, ids, tell=tell)
        done += len(ids)
        run.progress(done, None)
        if len(ids) < BATCH:
            return None
        after = ids[-1]
    return after


def _forget_others(run: TaskRun, encoder: str) -> None:
    while run.database.write_now(lambda tx: forget_others(tx, encoder, FORGOTTEN_MAX), Lane.BULK):
        run.progress(0, None)


def see_anew(tx: Tx, encoder: str) -> None:
    """Have this encoder, which serves, see whatever it did not see yet, and what others saw forgotten."""
    write_fact(tx, SEEN_BY, encoder)
    tx.enqueue(SEE_ALL, SeeAllPictures())


def _switch(tx: Tx, trained: Trained | None) -> None:
    write_fact(tx, FACT, trained)
    see_anew(tx, trained.name if trained else UNTRAINED)


def see(
    database: Database, blobs: Blobs, encoder: PictureEncoder, meter: Meter, product_ids: Sequence[str], *,
    tell: bool = True,
) -> None:  # fmt: skip
    """Look at these products' main pictures that this encoder did not see yet, and forget those that are gone.
    Galleries are told of it where `tell`: as long as the encoder does not serve, there is nothing to tell."""
    for begin in range(0, len(product_ids), BATCH):
        ids = product_ids[begin : begin + BATCH]
        pictures, known = database.read_now(partial(_pictures, ids=ids, encoder=encoder.name))
        changed = [each for each in ids if pictures.get(each) != known.get(each)]
        if changed:
            fresh = {each: pictures[each] for each in changed if each in pictures}
            seen = _look(database, blobs, encoder, meter, fresh)
            database.write_now(partial(_record, ids=changed, encoder=encoder.name, seen=seen, tell=tell), Lane.BULK)


def _next_ids(snapshot: Snapshot, after: str) -> list[str]:
    return list(catalog.next_main_pictures(snapshot, after, BATCH))


def _pictures(snapshot: Snapshot, ids: Sequence[str], encoder: str) -> tuple[dict[str, str], dict[str, str]]:
    """The pictures that products have, and those that were seen."""
    seen = {each.product_id: each.sha256 for each in seen_of(snapshot, ids, encoder)}
    return catalog.main_pictures(snapshot, ids), seen


def encode_metered(
    database: Database, encoder: PictureEncoder, meter: Meter, images: Sequence[Image.Image], ref: str | None
) -> Floats:
    """Vectors of pictures, metered by processor time. Unavailable when nothing more may be used."""
    admitted = meter.admit(encoder.name, METER, CPU_MS_MAX * len(images))
    began = time.thread_time()
    try:
        vectors = encoder.encode(images)
    except BaseException:
        meter.release(admitted)
        raise
    used, now = max(1, round((time.thread_time() - began) * 1_000)), meter.clock.now()
    meter.record(
        Usage(
            request=new_id("req", now, database.random), meter=METER, quantity=min(used, CPU_MS_MAX * len(images)),
            model=encoder.name, surface=SURFACE, ref=ref, at=now, items=len(images),
        ),
        admitted,
    )  # fmt: skip
    return vectors


def _look(
    database: Database, blobs: Blobs, encoder: PictureEncoder, meter: Meter, pictures: Mapping[str, str]
) -> list[SeenPicture]:
    found = [
        (each, sha256, image) for each, sha256 in pictures.items() if (image := read_picture(blobs, sha256)) is not None
    ]
    if not found:
        return []
    vectors = encode_metered(database, encoder, meter, [image for _, _, image in found], None)
    return [
        SeenPicture(product_id, sha256, encoder.name, row.tobytes())
        for (product_id, sha256, _), row in zip(found, to_bytes(vectors), strict=True)
    ]


def read_picture(blobs: Blobs, sha256: str) -> Image.Image | None:
    """A picture at the width that lists show, which is kept anyway; None for one that cannot be read."""
    try:
        return decode_picture(blobs.get(catalog.rendition(blobs, sha256, LOOKED_AT_WIDTH)))
    except (Refused, OSError) as problem:
        log.warning("a picture cannot be looked at", picture=sha256, reason=str(problem))
        return None


def _record(tx: Tx, ids: Sequence[str], encoder: str, seen: Sequence[SeenPicture], tell: bool) -> None:
    replace_seen(tx, ids, encoder, seen)
    if tell:
        tx.announce(PicturesSeen(tuple(ids)))
