"""Indexes of both makings, and documents to put in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entrepot.discovery.index.base import DIMENSIONS, Index, Vectors
from entrepot.discovery.index.generation import Generation
from entrepot.discovery.index.plain import PlainIndex
from entrepot.discovery.types import Document, Offer

FLOOR = 0.5


@pytest.fixture(params=["plain", "fused"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    """An empty index of each making."""
    if request.param == "plain":
        yield PlainIndex(FLOOR)
        return
    generation = Generation.create(tmp_path / "generation", FLOOR)
    yield generation.index
    generation.close()


@pytest.fixture
def generation(tmp_path: Path) -> Iterator[Generation]:
    """An empty generation of the fast index."""
    generation = Generation.create(tmp_path / "generation", FLOOR)
    yield generation
    generation.close()


def nowhere(count: int) -> Vectors:
    """Vectors that are near to nothing that is asked for."""
    vectors = np.zeros((count, DIMENSIONS), np.float32)
    vectors[:, 0] = 1.0
    return vectors


def put(index: Index, *documents: Document) -> None:
    """Put documents in, and let them be seen."""
    index.upsert(documents, nowhere(len(documents)))
    index.commit()


def product(number: int, title: str, **details: Any) -> Document:
    """A product by its number, with one offer: what is said of price, seller and stock is said of that."""
    own = {name: details.pop(name) for name in OFFERED if name in details}
    details.setdefault("offers", (Offer(f"off_{number:026d}", **own),))
    return Document(f"prd_{number:026d}", title, **details)


OFFERED = ("price_minor", "merchant", "sellable", "in_stock", "reduced", "condition")
