"""`entrepot reconcile`: the page's work on a file of this machine, and an exit status that a script can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrepot.app import open_home
from entrepot.cli import main

SHEET = "Date;Amount;Reference\n2026-01-05;12,50;TRANSFER 1\n2026-01-06;-3,00;FEE\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    open_home(home, {}).close()
    return home


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "reconcile", *arguments])


def test_a_banks_sheet_is_read_and_what_the_ledger_does_not_know_is_said(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "january.csv"
    path.write_text(SHEET, encoding="utf-8")
    wanted = (str(path), "--bank", "--currency", "eur", "--decimal", ",", "--column", "at=Date", "--column",
              "amount=Amount", "--column", "ref=Reference")  # fmt: skip
    first = run(home, *wanted)
    assert first.exit_code == 1
    assert "missing_here" in first.output
    assert "2 lines read, 0 could not be" in first.output
    assert run(home, *wanted).output == first.output  # the same file is read once


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Say whose file it is"),
        (("--bank", "--processor", "stripe"), "Say whose file it is"),
        (("--processor", "nobody"), "There is no processor nobody"),
        (("--bank", "--column", "when=Date"), "names no column"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    home: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(SHEET, encoding="utf-8")
    answer = run(home, str(path), *arguments)
    assert answer.exit_code == 1
    assert sentence in answer.output
