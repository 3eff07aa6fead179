"""Learning from the catalogue's own pictures, which nobody has to label: what changes between photographs of one thing,
and therefore says nothing about what it is.

1. Of some products' pictures VIEWS are made each, as shoppers' photographs differ from them (`views`).
2. A projection is fitted in which the views of one picture lie together. On pictures that it was not fitted on, views
   have to find their picture before all others more often than by our features as they are: else nothing changes.
3. The projection of all of them has the catalogue seen anew, and then serves, until there are twice as many pictures,
   or an operator's photographs teach something better.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec
import numpy as np

from entrepot.cloud import Meter
from entrepot.kernel import Blobs, Database, Scheduled, Snapshot, TaskKind, TaskRun, Tx, find_fact, write_fact

from ..settings import Settings
from .encoder import Encoders, Trained, Untrained, find_trained
from .features import Floats
from .projection import fit
from .rows import count_seen, sample_seen
from .seeing import SEEN_BY, SeeAllPictures, SeePictures, encode_metered, read_picture, see_anew
from .seeing import tasks as seeing_tasks
from .training import keep, recall, use_encoder
from .views import view_of

TEND = "discovery.tend_pictures"
EVERY_S = 900
TAUGHT = "discovery.pictures_taught"
PICTURES_LEAST, PICTURES_MAX = 40, 240
VIEWS = 8
AGAIN = 2
"""Taught anew when there are so many times more pictures than last time."""


class TendPictures(msgspec.Struct, frozen=True):
    """The body of the task: there is nothing to say."""


class OwnLesson(msgspec.Struct, frozen=True):
    """What the market's own pictures taught: of how many it was learned, among how many (`catalogue`), and the share of
    views of pictures kept aside that found theirs before all others, by features alone and as learned."""

    pictures: int
    catalogue: int
    before: float
    after: float
    used: bool


SCHEDULE = (Scheduled(TEND, TendPictures(), EVERY_S),)


def tasks(
    blobs: Blobs, encoders: Encoders, meter: Meter, settings: Settings
) -> tuple[TaskKind[SeePictures], TaskKind[SeeAllPictures], TaskKind[TendPictures]]:
    """Every kind of task that looks at pictures, or learns from them."""
    return (
        *seeing_tasks(blobs, encoders, meter, settings),
        tend_task(blobs, encoders, meter, settings),
    )


def tend_task(blobs: Blobs, encoders: Encoders, meter: Meter, settings: Settings) -> TaskKind[TendPictures]:
    """The kind of task that keeps image search good by itself: another encoder sees the whole catalogue, and the
    catalogue's pictures teach when there are enough of them."""

    def tend(run: TaskRun, body: TendPictures) -> None:
        if not settings.image_search:
            return
        encoder = encoders.fresh().name
        seen_by, pictures, due = run.database.read_now(partial(_state, encoder=encoder))
        if seen_by != encoder:
            run.settle(lambda tx: see_anew(tx, encoder))
        elif due and not settings.picture_encoder:
            trained, lesson = teach(run.database, blobs, meter, encoder, pictures)
            run.settle(partial(_record, trained=trained, lesson=lesson))

    return TaskKind(TEND, TendPictures, tend, slow=True)


def teach(
    database: Database, blobs: Blobs, meter: Meter, encoder: str, catalogue: int
) -> tuple[Trained | None, OwnLesson]:
    """Learn from pictures that this encoder saw. The projection is None where it is no better."""
    names = database.read_now(lambda snapshot: sample_seen(snapshot, encoder, PICTURES_MAX))
    pictures, labels = _views(database, blobs, meter, names)
    count = len(set(labels))
    if count < PICTURES_LEAST:
        return None, OwnLesson(count, catalogue, 0.0, 0.0, used=False)
    before, after = compare(pictures, labels)
    lesson = OwnLesson(count, catalogue, before, after, used=after > before)
    return (keep(blobs, fit(pictures, labels), 0, count, own=True) if lesson.used else None), lesson


def compare(features: Floats, labels: Sequence[str]) -> tuple[float, float]:
    """How often views find their picture first, of half of the pictures, by a projection of the other half: by features
    alone, and projected. The first row of a label is the picture, the others are views of it."""
    names, codes = np.unique(np.array(labels), return_inverse=True)
    is_view = np.ones(len(codes), np.bool_)
    is_view[np.unique(codes, return_index=True)[1]] = False
    aside = codes % 2 == 1
    projected = fit(features[~aside], [labels[row] for row in np.flatnonzero(~aside).tolist()]).apply(features)
    asked, wanted = is_view & aside, names[codes]
    first, second = (
        recall(each[asked], wanted[asked], each[~is_view], wanted[~is_view], first=1) for each in (features, projected)
    )
    return first, second


def find_lesson(snapshot: Snapshot) -> OwnLesson | None:
    """What the market's own pictures taught last; None before they did."""
    fact = find_fact(snapshot, TAUGHT)
    return None if fact is None else msgspec.convert(fact, OwnLesson)


def forget_lessons(tx: Tx) -> None:
    """See by our features alone, until the market's own pictures teach again."""
    write_fact(tx, TAUGHT, None)
    use_encoder(tx, None)


def _state(snapshot: Snapshot, encoder: str) -> tuple[str | None, int, bool]:
    """By which encoder the whole catalogue was seen, how many pictures the present one saw, and whether these are to
    teach: as long as no operator's photographs did."""
    trained, lesson = find_trained(snapshot), find_lesson(snapshot)
    pictures = count_seen(snapshot, encoder)
    enough = PICTURES_LEAST if lesson is None else max(PICTURES_LEAST, AGAIN * lesson.catalogue)
    return find_fact(snapshot, SEEN_BY), pictures, pictures >= enough and (trained is None or trained.own)


def _record(tx: Tx, trained: Trained | None, lesson: OwnLesson) -> None:
    write_fact(tx, TAUGHT, lesson)
    if trained is not None:
        use_encoder(tx, trained)


def _views(database: Database, blobs: Blobs, meter: Meter, names: Sequence[str]) -> tuple[Floats, list[str]]:
    """The features of pictures and of views of them, the picture first; chance is the same for the same pictures."""
    encoder, random = Untrained(), np.random.default_rng(1)
    rows, labels = [np.zeros((0, Untrained.dimensions), np.float32)], list[str]()
    for name in names:
        image = read_picture(blobs, name)
        if image is not None:
            views = [image, *(view_of(image, random) for _ in range(VIEWS))]
            rows.append(encode_metered(database, encoder, meter, views, None))
            labels += [name] * len(views)
    return np.concatenate(rows), labels
