"""How fast a catalogue comes in: read, checked, matched, saved, indexed and embedded, from an empty home.

With `ENTREPOT_DATA` set (or the shared data beside this project) it is icecat-chorus, else products drawn from a seed
that are like it. The control, on the same disk in the same run, reads the same feed and inserts a row a product, its
words and its price into one plain table: no checks, no matching, no stock, no index.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from entrepot import catalog, cloud, identity
from entrepot.app import Entrepot, open_home
from entrepot.catalog import FeedRef, Merchant
from entrepot.identity import Role, Scope
from entrepot.kernel import Tx
from entrepot.kernel.memory import settle_memory

from .report import Measured

PRODUCTS = 20_000
SYLLABLES = ("ba", "den", "fir", "go", "hul", "ka", "lem", "mo", "nar", "pi", "ral", "sto", "tu", "vex", "win", "zor")


def measure_import(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure one import, its second run, and the control."""
    with TemporaryDirectory(dir=folder) as scratch:
        path = _feed(Path(scratch))
        raw_s, products = _control(path, Path(scratch))
        with closing(open_home(Path(scratch) / "home", {})) as entrepot:
            feed, seller = catalog.local_feed(path), _merchant(entrepot)
            _warm(entrepot)
            saved_s, whole_s = _import(entrepot, seller, feed)
            again_s, _ = _import(entrepot, seller, feed)
    name = f"{feed.format}, {products:,} products"
    return [
        Measured("read and inserted raw", products / raw_s, "products/s"),
        Measured(f"{name}: saved, while they were indexed", products / saved_s, "products/s", "raw", raw_s / saved_s),
        Measured(f"{name}: imported, vectors included", products / whole_s, "products/s", floor=1_000, goal=2_000),
        Measured(f"{name}: the same again", products / again_s, "products/s"),
    ]


def import_feed(entrepot: Entrepot, folder: Path) -> None:
    """Import a feed into an empty home, for one merchant, and index it."""
    _import(entrepot, _merchant(entrepot), catalog.local_feed(folder))


def _feed(scratch: Path) -> Path:
    named = os.environ.get("ENTREPOT_DATA")
    for data in (Path(named),) if named else (Path("../shared/data"),):
        if (data / "icecat-chorus" / "products.parquet").is_file():
            return data / "icecat-chorus"
    path = scratch / "drawn.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for line in _lines(Random(1)):
            file.write(json.dumps(line) + "\n")
    return path


def _lines(random: Random) -> Iterator[dict[str, object]]:
    """Products with a title of ten words, a paragraph, forty attributes and one variant."""
    words = ["".join(random.choices(SYLLABLES, k=random.randint(1, 4))) for _ in range(8_000)]
    names = random.sample(words, 200)
    for number in range(PRODUCTS):
        yield {
            "external_id": f"p-{number}",
            "title": " ".join(random.choices(words, k=10)),
            "description": " ".join(random.choices(words, k=30)),
            "brand": words[int(random.paretovariate(1)) % 150].capitalize(),
            "attributes": {name: random.choice(words) for name in random.sample(names, 40)},
            "variants": [{"price_minor": random.randint(100, 90_000), "currency": "USD"}],
            "pictures": [f"https://pictures.example/{number}.jpg"],
        }


def _control(path: Path, scratch: Path) -> tuple[float, int]:
    began = time.perf_counter()
    rows = list(catalog.read_feed(catalog.local_feed(path), "USD"))
    with closing(sqlite3.connect(scratch / "raw.db")) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("CREATE TABLE products (id TEXT PRIMARY KEY, title TEXT, words TEXT, price INTEGER)")
        for start in range(0, len(rows), 500):
            with raw:
                raw.executemany(
                    "INSERT OR REPLACE INTO products VALUES (?, ?, ?, ?)",
                    [
                        (d.external_id, d.title, d.description, d.variants[0].price_minor)
                        for d in rows[start : start + 500]
                    ],
                )
    return time.perf_counter() - began, len(rows)


def _merchant(entrepot: Entrepot) -> Merchant:
    def command(tx: Tx) -> Merchant:
        organisation = identity.create_organisation(tx, Scope.system(), "merchant", "Bench")
        scope = _scope(organisation)
        catalog.apply_as_merchant(tx, scope, catalog.MerchantApplication("Bench", "DE", "USD"))
        catalog.approve_merchant(tx, Scope.system(), organisation, 800)
        return catalog.get_merchant(tx, organisation)

    return entrepot.database.write_now(command)


def _scope(organisation: str) -> Scope:
    return Scope("system", organisation, frozenset({Role.MERCHANT}))


def _warm(entrepot: Entrepot) -> None:
    """Load the model, open the index and settle, as a serving process has done long before a feed comes."""
    entrepot.settle()
    cloud.load_model()
    settle_memory()


def _import(entrepot: Entrepot, seller: Merchant, feed: FeedRef) -> tuple[float, float]:
    """The seconds until everything was saved, and until it could be searched, as `entrepot import` does it."""
    began = time.perf_counter()
    job = entrepot.database.write_now(lambda tx: catalog.start_import(tx, _scope(seller.id), seller.id, feed))
    with entrepot.following():
        catalog.run_import(entrepot.database, entrepot.blobs, job.id)
        saved = time.perf_counter()
    entrepot.settle()
    return saved - began, time.perf_counter() - began
