"""A rebuild beside the served index: no gap, nothing lost, nothing left behind, whenever somebody is killed."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from entrepot import catalog
from entrepot.app import open_home
from entrepot.discovery import building
from entrepot.discovery.index.claims import Claim, sweep
from entrepot.kernel import Database
from tests.discovery.market import Shop, draft, open_shop
from tests.proof import count


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(database, tmp_path / "index") as shop:
        yield shop


def generations(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()]


def test_what_happens_while_a_generation_is_built_is_in_it_when_it_is_first_seen(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    products = shop.put(draft("a", "lamp", 100), draft("b", "lamp", 200), draft("c", "lamp", 300))
    shop.follow()
    fill = building._fill

    def fill_and_then(*args: object) -> None:
        """Somebody lists, hides, and changes a price when all rows have been read and before anything is switched."""
        fill(*args)  # type: ignore[arg-type]
        shop.put(draft("d", "lamp", 50))
        offer = shop.offer_of(products["a"])
        shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.cast.bruno, offer, catalog.OfferChange(400)))
        shop.database.write_now(lambda tx: catalog.hide_product(tx, shop.cast.dana, products["b"]))
        shop.follow()
        assert shop.found("lamp", sort="price") == ["d", "c", "a"]

    monkeypatch.setattr(building, "_fill", fill_and_then)
    before = shop.indexer.index.current
    shop.indexer.rebuild()
    assert shop.indexer.index.current is not before
    assert shop.found("lamp", sort="price") == ["d", "c", "a"], "without following once more"
    assert shop.search("lamp", filters={"price": ("..60",)}).total == 1


def test_no_search_misses_anything_while_generations_change_under_it(shop: Shop) -> None:
    shop.put(*(draft(f"p{n}", "lamp", n + 1) for n in range(20)))
    shop.follow()
    listed = {f"p{n}" for n in range(20)}
    problems: list[object] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            expected = set(listed)  # what was listed and followed before the search began
            if missing := expected - set(shop.found("lamp", limit=600)):
                problems.append(missing)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for round_ in range(count(4, 40)):
        rebuilding = threading.Thread(target=shop.indexer.rebuild)
        rebuilding.start()
        for n in range(3):
            name = f"r{round_}-{n}"
            shop.put(draft(name, "lamp", 1_000))
            shop.follow()
            listed.add(name)
        rebuilding.join()
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_generation_that_somebody_reads_stays_until_nobody_does(shop: Shop) -> None:
    shop.put(draft("a", "lamp"))
    shop.follow()
    shop.indexer.tick()
    reader = shop.another("second")
    reader.open()
    [first] = generations(shop.folder)
    shop.indexer.rebuild()
    assert len(generations(shop.folder)) == 2
    assert first in generations(shop.folder), "the reader has not switched yet"
    reader.tick()
    shop.indexer.rebuild()
    assert first not in generations(shop.folder)
    reader.close()
    shop.indexer._due.clear()
    shop.indexer.tick()
    assert len(generations(shop.folder)) == 1
    assert shop.found("lamp") == ["a"]


def test_the_sweep_leaves_what_is_claimed_and_what_is_served(tmp_path: Path) -> None:
    for name in ("gen_served", "gen_claimed", "gen_left", "other"):
        (tmp_path / name).mkdir()
    claim = Claim(tmp_path / "gen_claimed")
    assert sweep(tmp_path, lambda name: name == "gen_served") == ["gen_left"]
    claim.release()
    assert sweep(tmp_path, lambda name: name == "gen_served") == ["gen_claimed"]
    assert sorted(path.name for path in generations(tmp_path)) == ["gen_served", "other"]


def test_a_reader_waits_for_the_writer_rather_than_forget_what_it_has_shown(shop: Shop) -> None:
    shop.put(draft("a", "lamp"))
    shop.follow()
    shop.indexer.tick()
    reader = shop.another("second")
    reader.open()
    name, _ = building.build(shop.database, shop.meter, shop.folder, shop.indexer._settings)
    shop.put(draft("b", "lamp"))  # written into the old generation, which the reader then opens anew
    shop.follow()
    assert shop.indexer.generation is not None
    shop.indexer.generation.checkpoint(shop.indexer.position)
    assert reader.generation is not None
    reader._adopt(reader._name)
    assert reader.index.count() == 2
    reader.tick()
    assert reader._name != name
    shop.indexer.tick()
    reader.tick()
    assert reader._name == name
    assert reader.index.count() == 2
    reader.close()


@pytest.mark.proof
def test_a_rebuild_killed_at_any_moment_does_no_harm(tmp_path: Path, report_count: Callable[[str, int], None]) -> None:
    """Processes that build are killed by the system's own signal, while the home's own index goes on serving."""
    home = tmp_path / "home"
    entrepot = open_home(home, {})
    shop = Shop(entrepot.database, tmp_path / "unused")
    shop.put(*(draft(f"p{n}", f"lamp number {n}") for n in range(300)))
    entrepot.settle()
    entrepot.indexer.tick()
    kills = 0
    chance = random.Random(5)
    for _ in range(count(3, 50)):
        words = [sys.executable, "-m", "entrepot", "--home", str(home), "reindex"]
        process = subprocess.Popen(words, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + chance.uniform(0.9, 2.6)
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        shop.put(draft(f"after {kills}", "lamp"))
        entrepot.settle()
        entrepot.indexer._due.clear()
        entrepot.indexer.tick()
        rows = entrepot.database.read_now(lambda snapshot: len(catalog.iterate_documents(snapshot, "", 1_000)))
        assert entrepot.indexer.index.count() == rows
        assert len(generations(home / "index")) == 1, "what was half built is gone"
    entrepot.close()
    shop.meter.close()
    again = open_home(home, {})
    again.settle()
    assert again.indexer.index.count() == rows
    again.close()
    report_count("kill -9 of a rebuild", kills)
