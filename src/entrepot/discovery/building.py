"""A whole new generation from the catalogue's rows, beside the one that is served."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec

from entrepot import catalog, cloud, pay
from entrepot.catalog import ProductDocument
from entrepot.cloud import Meter
from entrepot.kernel import Database, Snapshot, find_fact, last_position, new_id, write_fact
from entrepot.pay import Rates

from .following import follow, put_in
from .index.generation import Generation
from .preparing import Preparer
from .settings import Settings

FACT = "discovery.generation"
BATCH = 500
BATCHES_PER_COMMIT = 8


class Served(msgspec.Struct, frozen=True):
    """Which generation is served."""

    name: str


def find_served(snapshot: Snapshot) -> Served | None:
    """What the database says is served; None when nothing was ever built."""
    fact = find_fact(snapshot, FACT)
    return None if fact is None else msgspec.convert(fact, Served)


def build(
    database: Database,
    meter: Meter,
    folder: Path,
    settings: Settings,
    progress: Callable[[int], None] | None = None,
    tuning: tuple[str, bytes] | None = None,
) -> tuple[str, int]:
    """Build a generation, make it the served one, and return its name and how many products it holds.

    `progress` is told how many products were added since it was last told. What happens meanwhile is taken in before
    the switch, and whoever serves it takes in the rest before it is seen. A crash leaves the served one as it is; what
    was half built is swept up later.
    """
    position = database.read_now(last_position)
    name = new_id("gen", database.clock.now(), database.random)
    folder.mkdir(parents=True, exist_ok=True)
    encoders = cloud.open_encoders(settings.encoder)
    floor = encoders.floor if settings.similarity_floor is None else settings.similarity_floor
    generation = Generation.create(folder / name, floor, encoders.name, encoders.text.dimensions, encoders.zero, tuning)
    try:
        with closing(Preparer()) as preparer:
            _fill(database, meter, preparer, generation, progress or (lambda count: None))
            generation.checkpoint(follow(database, generation.index, meter, preparer, position, words=True))
            if generation.is_graph_wanted():
                generation.index.attach(generation.make_graph())
                position = generation.manifest.position
                generation.checkpoint(follow(database, generation.index, meter, preparer, position, words=True))
        database.write_now(lambda tx: write_fact(tx, FACT, Served(name)))
    except BaseException:
        generation.close()
        shutil.rmtree(folder / name, ignore_errors=True)
        raise
    generation.close()
    return name, generation.manifest.living


def _fill(
    database: Database, meter: Meter, preparer: Preparer, generation: Generation, progress: Callable[[int], None]
) -> None:
    after, batches = "", 0
    while True:
        products, rates = database.read_now(partial(_next, after_id=after))
        put_in(generation.index, meter, preparer, products, rates, "reindex")
        progress(len(products))
        batches += 1
        if batches % BATCHES_PER_COMMIT == 0:
            generation.index.commit()
        if len(products) < BATCH:
            break
        after = products[-1].id
    generation.index.commit()


def _next(snapshot: Snapshot, after_id: str) -> tuple[list[ProductDocument], Rates]:
    """The next visible products after an id, and the rates of now; fewer than BATCH means the end."""
    return catalog.iterate_documents(snapshot, after_id, BATCH), pay.read_rates(snapshot)
