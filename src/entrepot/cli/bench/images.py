"""Image search: how much of what a photograph should find is among the first ten, beside a histogram and a guess.

Two sets of real pictures under `ENTREPOT_DATA` (or the shared data beside this project):

- grocery-store: phone photographs find a product's packshot among 81. Trained twice: on one half of each product's
  photographs, asked with the other half; and on two thirds of the products, asked with photographs of the third that
  training never saw.
- clothing-photos: a photograph finds others of its kind among 10 kinds. Trained on the set's own training part.

"By itself" is what a market has that gives no labels: a projection that views of its own pictures taught.

Recall@10 is the share of the first ten places (or of all there is, where that is less) that the right pictures take.
The constant guess names the same ten for everybody, as well chosen as can be.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from entrepot.discovery.pictures.features import Floats, colour_histogram, features_of
from entrepot.discovery.pictures.own import PICTURES_MAX, VIEWS
from entrepot.discovery.pictures.projection import fit
from entrepot.discovery.pictures.training import AMONG_FIRST, recall
from entrepot.discovery.pictures.views import view_of
from entrepot.kernel import Unavailable

from .report import Measured

Labels = npt.NDArray[np.str_]
PARTS = 3
_WANTED = ("grocery-store", "clothing-photos")


class _Set:
    """Pictures with labels, as features and as histograms."""

    def __init__(self, rows: Sequence[dict[str, Any]], label: str) -> None:
        self.images = [Image.open(io.BytesIO(row["jpeg"])).convert("RGB") for row in rows]
        self.features: Floats = np.stack([features_of(image) for image in self.images])
        self.histograms: Floats = np.stack([colour_histogram(image) for image in self.images])
        self.labels: Labels = np.array([str(row[label]) for row in rows])


def measure_images(folder: Path, postgres_url: str | None) -> list[Measured]:
    """Measure; neither the folder nor a database has a part in it."""
    data = _data()
    return [*_grocery(data / "grocery-store"), *_clothing(data / "clothing-photos")]


def _grocery(folder: Path) -> list[Measured]:
    goods = _Set(_rows(folder / "catalogue.parquet"), "class_id")
    photos = _Set(_rows(folder / "photos.parquet"), "class_id")
    histogram = recall(photos.histograms, photos.labels, goods.histograms, goods.labels)
    return [
        _measured("grocery, a constant guess", AMONG_FIRST / len(goods.labels), None),
        _measured("grocery, colour histogram", histogram, None),
        _measured(
            "grocery, untrained", recall(photos.features, photos.labels, goods.features, goods.labels), histogram
        ),
        _measured("grocery, by itself", _by_itself(goods, photos), histogram),
        _measured("grocery, trained, other photographs", _other_photographs(goods, photos), histogram),
        _measured("grocery, trained, products never seen", _other_products(goods, photos), histogram),
    ]


def _by_itself(goods: _Set, photos: _Set) -> float:
    """Taught by views of the catalogue's pictures, whose labels nobody has told."""
    random = np.random.default_rng(1)
    some = goods.images[:PICTURES_MAX]
    views = [(str(place), view_of(image, random)) for place, image in enumerate(some) for _ in range(VIEWS)]
    rows = np.stack([features_of(view) for _, view in views])
    labels = [*map(str, range(len(some))), *(label for label, _ in views)]
    projection = fit(np.concatenate((goods.features[: len(some)], rows)), labels)
    return recall(projection.apply(photos.features), photos.labels, projection.apply(goods.features), goods.labels)


def _other_photographs(goods: _Set, photos: _Set) -> float:
    half = _turns(photos.labels) % 2
    return float(
        np.mean([_trained(goods, np.ones(len(goods.labels), np.bool_), photos, half == part) for part in (0, 1)])
    )


def _other_products(goods: _Set, photos: _Set) -> float:
    names = np.unique(goods.labels)
    part_of = {str(name): place % PARTS for place, name in enumerate(names)}
    of_goods = np.array([part_of[label] for label in goods.labels.tolist()])
    of_photos = np.array([part_of[label] for label in photos.labels.tolist()])
    return float(np.mean([_trained(goods, of_goods != part, photos, of_photos != part) for part in range(PARTS)]))


def _trained(goods: _Set, taught_goods: npt.NDArray[np.bool_], photos: _Set, taught: npt.NDArray[np.bool_]) -> float:
    """Train on some goods and photographs, and ask with the other photographs."""
    projection = fit(
        np.concatenate((goods.features[taught_goods], photos.features[taught])),
        [*goods.labels[taught_goods].tolist(), *photos.labels[taught].tolist()],
    )
    asked = projection.apply(photos.features[~taught])
    return recall(asked, photos.labels[~taught], projection.apply(goods.features), goods.labels)


def _clothing(folder: Path) -> list[Measured]:
    rows = _rows(folder / "images.parquet")
    taught = _Set([row for row in rows if row["source_split"] == "train"], "label")
    asked = _Set([row for row in rows if row["source_split"] != "train"], "label")
    projection = fit(taught.features, taught.labels.tolist())
    trained = recall(projection.apply(asked.features), asked.labels, projection.apply(taught.features), taught.labels)
    histogram = recall(asked.histograms, asked.labels, taught.histograms, taught.labels)
    commonest = max(float(np.mean(asked.labels == kind)) for kind in np.unique(asked.labels))
    return [
        _measured("clothing, a constant guess", commonest, None),
        _measured("clothing, colour histogram", histogram, None),
        _measured(
            "clothing, untrained", recall(asked.features, asked.labels, taught.features, taught.labels), histogram
        ),
        _measured("clothing, by itself", _by_itself(taught, asked), histogram),
        _measured("clothing, trained", trained, histogram),
    ]


def _turns(labels: Labels) -> npt.NDArray[np.int64]:
    """For each row, how many before it have the same label."""
    seen: dict[str, int] = {}
    turns = np.zeros(len(labels), np.int64)
    for place, label in enumerate(labels.tolist()):
        turns[place] = seen.get(label, 0)
        seen[label] = seen.get(label, 0) + 1
    return turns


def _measured(what: str, value: float, histogram: float | None) -> Measured:
    control = None if histogram is None else f"colour histogram {histogram:.3f}"
    return Measured(
        f"recall@{AMONG_FIRST}: {what}",
        round(value, 4),
        "",
        control,
        None if histogram is None else round(value / histogram, 2),
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise Unavailable("Reading these pictures needs the extra: pip install 'entrepot[parquet]'") from error
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


def _data() -> Path:
    named = os.environ.get("ENTREPOT_DATA")
    data = Path(named) if named else Path("../shared/data")
    missing = [each for each in _WANTED if not (data / each).is_dir()]
    if missing:
        raise Unavailable(
            f"Set ENTREPOT_DATA to the folder that holds {' and '.join(missing)}: photographs are asked with"
        )
    return data
