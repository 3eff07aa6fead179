"""Learning from an operator's labelled photographs what makes pictures of one thing alike.

1. Photographs lie in folders named after what they show: `LABEL/*.jpg`. Where a label is the id of a product, or the
   last part of its page's address, the product's own picture belongs to it too.
2. Of each label every third photograph is kept aside. A projection of the others has to find them better than pictures
   are seen now: otherwise nothing changes.
3. The projection of all of them is kept, a task sees the catalogue by it, and then it becomes the home's encoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from entrepot import catalog
from entrepot.catalog import decode_picture
from entrepot.cloud import Meter
from entrepot.kernel import Blobs, Database, Invalid, Refused, Snapshot, Tx

from .encoder import Trained, Untrained, find_trained, read_arrays, write_arrays
from .features import Floats
from .onnx_file import to_onnx
from .projection import Projection, fit
from .seeing import SEE_ALL, SeeAllPictures, encode_metered

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
ASIDE = 3
AMONG_FIRST = 10
BATCH = 50

Labels = npt.NDArray[np.str_]


class Lesson(msgspec.Struct, frozen=True):
    """What training came to: of what photographs kept aside could find of their label, the share that was among the
    first ten, as pictures were seen before and as they were taught to be; `trained` is None when that was no better,
    and nothing changed. `unreadable` names files."""

    photos: int
    labels: int
    before: float
    after: float
    trained: Trained | None
    unreadable: tuple[str, ...]


def train(
    database: Database, blobs: Blobs, meter: Meter, folder: Path, progress: Callable[[int], None] = lambda done: None
) -> Lesson:
    """Train on a folder of photographs, and use what was learned if it is better. Invalid for too few of them."""
    unreadable: list[str] = []
    features, labels = _read(database, meter, photos_in(folder, unreadable), progress)
    own, own_labels = _read(database, meter, _packshots(database, blobs, sorted(set(labels))), lambda done: None)
    every, every_label = np.concatenate((features, own)), [*labels, *own_labels]
    before, after = compare(every, every_label, len(labels), _present(database, blobs))
    count = len(set(labels))
    if after <= before:
        return Lesson(len(labels), count, before, after, None, tuple(unreadable))
    trained = keep(blobs, fit(every, every_label), len(labels), count)
    database.write_now(lambda tx: use_encoder(tx, trained))
    return Lesson(len(labels), count, before, after, trained, tuple(unreadable))


def use_encoder(tx: Tx, trained: Trained | None) -> None:
    """See by this projection, or by our features alone, as soon as it has seen the catalogue, in the background."""
    tx.enqueue(SEE_ALL, SeeAllPictures(then=trained, switch=True))


def keep(blobs: Blobs, projection: Projection, photos: int, labels: int, *, own: bool = False) -> Trained:
    """Put a projection into the blobs, as ONNX and as arrays."""
    arrays = blobs.put(write_arrays(projection))
    onnx = blobs.put(to_onnx(projection))
    return Trained(f"pictures-{onnx[:16]}", onnx, arrays, projection.weights.shape[1], photos, labels, own)


def photos_in(folder: Path, unreadable: list[str]) -> Iterator[tuple[str, Image.Image]]:
    """Photographs with their labels; files that are no pictures are named in `unreadable`."""
    if not folder.is_dir():
        raise Invalid(f"There is no folder {folder}")
    for path in sorted(folder.glob("*/*")):
        if path.suffix.lower() in SUFFIXES:
            try:
                yield path.parent.name, decode_picture(path.read_bytes())
            except (Refused, OSError):
                unreadable.append(str(path.relative_to(folder)))


def _present(database: Database, blobs: Blobs) -> Projection | None:
    """The projection that pictures are seen by now."""
    trained = database.read_now(find_trained)
    return None if trained is None else read_arrays(blobs.get(trained.arrays))


def compare(
    features: Floats, labels: Sequence[str], photos: int, present: Projection | None = None
) -> tuple[float, float]:
    """How well photographs that were kept aside find their label, by the `present` projection (or untrained) and by one
    that the others teach.

    The first `photos` rows are photographs; those behind them are never kept aside.
    """
    names = np.array(labels)
    seen: dict[str, int] = {}
    aside = np.zeros(len(labels), np.bool_)
    for place, label in enumerate(labels[:photos]):
        seen[label] = seen.get(label, 0) + 1
        aside[place] = seen[label] % ASIDE == 0
    if not aside.any():
        raise Invalid(f"Give at least {ASIDE} photographs of some things: one in {ASIDE} is kept aside to compare")
    projection = fit(features[~aside], list(names[~aside]))
    present_rows = features if present is None else present.apply(features)
    projected = projection.apply(features)
    first, second = (
        recall(each[aside], names[aside], each[~aside], names[~aside]) for each in (present_rows, projected)
    )
    return first, second


def recall(asked: Floats, wanted: Labels, among: Floats, labels: Labels, first: int = AMONG_FIRST) -> float:
    """The mean share of what could be found that is among the first: of `first` places, or of all that have the label
    where they are fewer. What is asked for and is nowhere counts nothing."""
    shares = []
    for vector, label in zip(asked, wanted, strict=True):
        there = int(np.count_nonzero(labels == label))
        if there:
            best = np.argsort(-(among @ vector), kind="stable")[:first]
            shares.append(np.count_nonzero(labels[best] == label) / min(first, there))
    return float(np.mean(shares)) if shares else 0.0


def _read(
    database: Database, meter: Meter, photos: Iterable[tuple[str, Image.Image]], progress: Callable[[int], None]
) -> tuple[Floats, list[str]]:
    """The features of photographs, metered as all that sees pictures is, and their labels."""
    encoder, rows, labels, batch = Untrained(), [np.zeros((0, Untrained.dimensions), np.float32)], list[str](), []
    for label, image in photos:
        labels.append(label)
        batch.append(image)
        if len(batch) == BATCH:
            rows.append(encode_metered(database, encoder, meter, batch, None))
            progress(len(batch))
            batch = []
    if batch:
        rows.append(encode_metered(database, encoder, meter, batch, None))
        progress(len(batch))
    return np.concatenate(rows), labels


def _packshots(database: Database, blobs: Blobs, labels: Sequence[str]) -> Iterator[tuple[str, Image.Image]]:
    """The pictures of the products that labels name."""
    for label in labels:
        try:
            picture = database.read_now(partial(_picture_of, label=label))
            if picture:
                yield label, decode_picture(blobs.get(picture))
        except Refused:
            continue  # a label may be any word


def _picture_of(snapshot: Snapshot, label: str) -> str | None:
    product = catalog.get_product(snapshot, label)
    return catalog.main_pictures(snapshot, [product.id]).get(product.id)
