"""Bills from the command line: credit, invoices, prices, exports that replay."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrepot import cloud, identity
from entrepot.app import open_home
from entrepot.cli import main
from entrepot.identity import Scope
from tests.cloud.money import use


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *words])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bills") / "home"


@pytest.fixture(scope="module")
def lab(home: Path) -> str:
    """An organisation, and a model that it may call."""
    entrepot = open_home(home)
    try:
        entrepot.database.write_now(cloud.ensure_builtin)
        return entrepot.database.write_now(
            lambda tx: identity.create_organisation(tx, Scope.system(), "developer", "Lab")
        )
    finally:
        entrepot.close()


def test_bills_from_credit_to_an_export_that_replays(home: Path, lab: str, tmp_path: Path) -> None:
    assert "Credited" in run(home, "bill", "credit", lab, "25.00", "--ref", "pay_1").output
    assert "credited before" in run(home, "bill", "credit", lab, "25.00", "--ref", "pay_1").output
    assert "Credited" in run(home, "bill", "credit", lab, "0.000000001", "--ref", "gift", "--grant").output
    for words in (("org_none", "1.00"), (lab, "0"), (lab, "0.001"), (lab, "1/3")):
        assert run(home, "bill", "credit", *words, "--ref", "pay_2").exit_code == 1
    priced = run(home, "bill", "price", cloud.MODEL, "--price", "embedding_tokens=12.345678901")
    assert priced.exit_code == 0, priced.output
    spent = spend(home, lab)
    made = run(home, "bill", "invoice", lab)
    assert "C-20" in made.output, made.output
    assert "nothing to invoice" in run(home, "bill", "invoice", lab).output
    assert "0 invoices issued" in run(home, "bill", "invoice").output
    path = tmp_path / "use.csv"
    assert "2 rows" in run(home, "bill", "export", str(path), "--organisation", lab).output
    again = run(home, "bill", "replay", "--file", str(path))
    assert (again.exit_code, again.output) == (0, f"2 rows were charged {spent:,} nano units and rate {spent:,}\n")
    assert run(home, "bill", "replay").exit_code == 0
    assert run(home, "bill", "replay", "--invoice", made.output.split("(")[1].split(")")[0]).output == again.output
    rows = list(csv.DictReader(path.read_text().splitlines()))
    path.write_text(path.read_text().replace(rows[0]["cost_nano"], "1"))
    assert run(home, "bill", "replay", "--file", str(path)).exit_code == 1
    path.write_text("a,b\n1,2\n")
    assert "Line 2 is not of an export" in run(home, "bill", "replay", "--file", str(path)).output


def spend(home: Path, lab: str) -> int:
    """Two calls; what they cost."""
    entrepot = open_home(home)
    try:
        meter = "embedding_tokens"
        return sum(use(entrepot.database, f"req_{n}", {meter: 7 + n}, cloud.MODEL, lab) for n in range(2))
    finally:
        entrepot.close()


def test_who_is_billed_is_named_by_name_or_id_and_a_name_of_nobody_proves_nothing(
    home: Path, lab: str, tmp_path: Path
) -> None:
    assert "Credited" in run(home, "bill", "credit", "Lab", "1.00", "--ref", "pay_named").output
    assert "credited before" in run(home, "bill", "credit", lab, "1.00", "--ref", "pay_named").output
    path = str(tmp_path / "use.csv")
    for words in (("replay",), ("export", path)):
        for who in ("Lab", lab, cloud.SHOP):
            found = run(home, "bill", *words, "--organisation", who)
            assert found.exit_code == 0, found.output
        missing = run(home, "bill", *words, "--organisation", "Lap")
        assert (missing.exit_code, "no organisation 'Lap'" in missing.output) == (1, True)


def test_prices_and_credit_lines_are_refused_where_they_make_no_sense(home: Path, lab: str) -> None:
    assert "no meter" in run(home, "bill", "price", cloud.MODEL, "--price", "words=1").output
    assert "no model nothing" in run(home, "bill", "price", "nothing", "--price", "input_tokens=1").output
    past = run(home, "bill", "price", cloud.MODEL, "--price", "embedding_tokens=1", "--from", "2020-01-01")
    assert "now or later" in past.output
    assert run(home, "bill", "line", lab, "10.00").exit_code == 0
    assert run(home, "bill", "line", "org_none", "10.00").exit_code == 1
