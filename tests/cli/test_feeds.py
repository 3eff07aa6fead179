"""Import and export as commands: killed five times and gone on, columns said by hand, a file that is whole."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrepot import catalog, deliver, identity
from entrepot.app import open_home
from entrepot.cli import main
from entrepot.identity import Scope
from entrepot.kernel import Tx
from tests.catalog.exporters import table_feed
from tests.catalog.shop import ADDRESS
from tests.proof import count
from tests.waiting import eventually

PRODUCTS = count(1_000, 4_000)
KILLS = count(2, 5)
SMALL_STEPS = """
from entrepot.catalog.imports import batches
from entrepot.cli import main

if __name__ == "__main__":
    batches.ROWS_MAX = 20
    main()
"""


def make_home(home: Path) -> Path:
    """A home with one approved merchant who has a place."""

    def command(tx: Tx) -> None:
        organisation = identity.create_organisation(tx, Scope.system(), "merchant", "Bruno's")
        scope = Scope("usr_bruno", organisation, frozenset({"merchant"}))
        catalog.apply_as_merchant(tx, scope, catalog.MerchantApplication("Bruno's", "DE", "USD"))
        catalog.approve_merchant(tx, Scope.system(), organisation, 800)
        deliver.add_location(tx, scope, "Workshop", ADDRESS)

    with closing(open_home(home, {})) as entrepot:
        entrepot.database.write_now(command)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "home")


def entrepot(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *arguments], catch_exceptions=False)


def drawn(path: Path, products: int) -> Path:
    """Products of four variants, with every hundredth line broken."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(products):
            variants = [
                {"price_minor": 100 + number, "currency": "USD", "quantity": number % 7, "options": {"Size": size}}
                for size in "SMLX"
            ]
            line = {"external_id": f"p-{number}", "title": f"Thing {number}", "variants": variants}
            file.write(("broken" if number % 100 == 99 else json.dumps(line)) + "\n")
    return path


def exported(home: Path, path: Path) -> list[str]:
    done = entrepot(home, "export", str(path))
    assert done.exit_code == 0, done.output
    return sorted(path.read_text(encoding="utf-8").splitlines())


def indexed(home: Path) -> list[int]:
    """How many products the search index holds, and how many have a word that all have."""
    with closing(open_home(home, {})) as opened:
        opened.open_index()
        generation = opened.indexer.generation
        assert generation is not None
        return [generation.index.count(), generation.index.sellable_with(["thing"])]


def cursor(home: Path) -> int:
    """How many rows of the feed are done with, as another process sees it."""
    with closing(sqlite3.connect(f"file:{home}/entrepot.db?mode=ro", uri=True)) as database:
        found = database.execute("SELECT max(cursor) FROM catalog_imports").fetchone()
    return int(found[0] or 0)


def killed(home: Path, feed: Path, beyond: int) -> Iterator[int]:
    """Start the import and kill it once it is further than a row; it takes small steps, not to be over before."""
    command = [sys.executable, "-c", SMALL_STEPS, "--home", str(home), "import", str(feed), "--format", "jsonl"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: process.poll() is not None or cursor(home) > beyond)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    yield cursor(home)


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_killed_again_and_again_midway_and_resumed_it_ends_as_if_undisturbed(
    tmp_path: Path, report_count: Callable[[str, int], None]
) -> None:
    feed = drawn(tmp_path / "feed.jsonl", PRODUCTS)
    calm, torn = make_home(tmp_path / "calm"), make_home(tmp_path / "torn")
    whole = entrepot(calm, "import", str(feed), "--format", "jsonl")
    assert whole.exit_code == 0, whole.output
    places = []
    for _ in range(KILLS):
        places += killed(torn, feed, places[-1] if places else 0)
    assert places == sorted(set(places))
    report_count("imports killed", len(places))
    assert 0 < places[0] < PRODUCTS
    rest = entrepot(torn, "import", str(feed), "--format", "jsonl")
    assert rest.exit_code == 0, rest.output
    assert rest.stdout.splitlines()[0] == whole.stdout.splitlines()[0]
    assert exported(torn, tmp_path / "torn.jsonl") == exported(calm, tmp_path / "calm.jsonl")
    assert indexed(calm)[0] == PRODUCTS * 99 // 100
    assert indexed(torn) == indexed(calm), "at once, though one that was killed a moment ago held the index"
    again = entrepot(torn, "import", str(feed), "--format", "jsonl")
    assert f"0 new, 0 changed, {PRODUCTS * 99 // 100:,} as before, {PRODUCTS // 100} refused" in again.stdout


def test_columns_are_guessed_said_by_hand_and_remembered(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("No;Name;Cost;Left\n1;Kettle;12,50;3\n", encoding="utf-8")
    unclear = entrepot(home, "import", str(path))
    assert unclear.exit_code == 1
    assert "--map COLUMN=FIELD" in unclear.output
    told = entrepot(
        home, "import", str(path), "--map", "No=external_id", "--map", "Cost=price", "--map", "Left=quantity"
    )
    assert told.exit_code == 0, told.output
    assert "1 new" in told.output
    path.write_text("No;Name;Cost;Left\n1;Kettle;12,50;3\n2;Cup;5;1\n", encoding="utf-8")
    assert "1 new, 0 changed, 1 as before" in entrepot(home, "import", str(path)).output
    wrong = entrepot(home, "import", str(path), "--map", "Colour=price")
    assert (wrong.exit_code, "no column 'Colour'" in wrong.output) == (1, True)


def test_a_trial_of_a_full_feed_says_what_would_be_taken_off(home: Path, tmp_path: Path) -> None:
    first, less = drawn(tmp_path / "a.jsonl", 5), drawn(tmp_path / "b.jsonl", 3)
    entrepot(home, "import", str(first))
    trial = entrepot(home, "import", str(less), "--full", "--dry-run")
    assert "3 as before" in trial.output
    assert "2 taken off sale" in trial.output
    assert "2 taken off sale" in entrepot(home, "import", str(less), "--full").output
    assert len(exported(home, tmp_path / "out.jsonl")) == 3


def test_a_file_is_whole_or_not_there_and_its_format_is_known_by_its_name(home: Path, tmp_path: Path) -> None:
    entrepot(home, "import", str(drawn(tmp_path / "a.jsonl", 5)))
    for name, start in (("a.csv", "Handle,"), ("a.xml", "<?xml"), ("a.tsv", "id\t"), ("b.jsonl", "{")):
        done = entrepot(home, "export", str(tmp_path / name))
        assert done.exit_code == 0, done.output
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    unknown = entrepot(home, "export", str(tmp_path / "a.doc"))
    assert (unknown.exit_code, "--format" in unknown.output) == (1, True)
    nowhere = entrepot(home, "export", str(tmp_path / "no" / "a.csv"))
    assert (nowhere.exit_code, "cannot be written" in nowhere.output) == (1, True)
    assert [each.name for each in tmp_path.glob(".a*")] == []


def test_an_import_of_a_sheet_in_another_encoding_is_reported(home: Path, tmp_path: Path) -> None:
    fixture = table_feed()
    path = tmp_path / fixture.name
    path.write_bytes(fixture.content)
    done = entrepot(home, "import", str(path))
    assert done.exit_code == 0, done.output
    assert f"{len(fixture.good)} new" in done.output
    assert f"line {fixture.expected[0][0]}, {fixture.expected[0][1]}" in done.output
