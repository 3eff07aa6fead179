"""`entrepot verify` says at the end what all the lines before it come to."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrepot import app
from entrepot.cli import main
from entrepot.group import PROOFS
from tests.cast import invite


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("verify") / "home"
    app.open_home(home).close()
    with app.opened(home) as entrepot:
        lab = str(invite(entrepot.database).chen.organisation)
    assert run(home, "bill", "credit", lab, "25.00", "--ref", "pay_1").exit_code == 0
    with app.opened(home) as entrepot:
        entrepot.rest()
    return home


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *words])


def test_what_holds_is_summed_up(home: Path) -> None:
    done = run(home, "verify")
    assert done.exit_code == 0
    assert done.output.splitlines()[-2] == f"All {len(PROOFS)} proofs hold"


def test_a_root_is_looked_at_before_anything_else(home: Path) -> None:
    assert run(home, "verify", "--root", "abc").output == "'abc' is no root: it is written as POSITION:DIGEST\n"
    assert run(home, "verify", "--root", f"9:{'0' * 64}").exit_code == 1
    told = json.loads(run(home, "verify", "--json", "--root", f"9:{'0' * 64}").output)
    assert told["root_breaches"]
    assert {each["state"] for each in told["proofs"]} == {"holds", "nothing to prove"}


def test_what_is_broken_is_named_in_the_end(home: Path) -> None:
    with closing(sqlite3.connect(home / "entrepot.db")) as rows:
        assert rows.execute("UPDATE ledger_transfers SET amount = amount + 1").rowcount > 0
        rows.commit()
    done = run(home, "verify")
    assert done.exit_code == 1
    [summary] = [line for line in done.output.splitlines() if "proofs are broken" in line]
    assert "ledger." in summary
    assert done.output.count("✗") == int(summary.partition(" ")[0])
