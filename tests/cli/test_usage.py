"""`entrepot usage`: sums over the rows, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from entrepot import cloud
from entrepot.app import open_home
from entrepot.cli import main
from entrepot.identity import Scope


def test_it_tells_what_the_shop_paid_by_surface(tmp_path: Path) -> None:
    entrepot = open_home(tmp_path, {})
    for text in ("a lamp", "a lamp", "a brass lamp"):
        cloud.embed_query(entrepot.meter, f"{text} at {tmp_path}", surface="search")
    cloud.embed(entrepot.meter, ["one listing", "another"], surface="import", ref="imp_1")
    entrepot.meter.flush()
    rows = entrepot.database.read_now(lambda s: cloud.list_usage(s, Scope.system(), 0))
    entrepot.close()
    told = json.loads(CliRunner().invoke(main, ["--home", str(tmp_path), "usage", "--json"]).output)
    assert {each["surface"]: (each["items"], each["spared"]) for each in told["surfaces"]} == {
        "search": (2, 1),
        "import": (2, 0),
    }
    assert sum(each["price"] for each in told["surfaces"]) == sum(row.price for row in rows) > 0
    assert told["under_way"] == {"calls": 0, "held": 0}
    shown = CliRunner().invoke(main, ["--home", str(tmp_path), "usage", "--days", "1"]).output
    assert "the shop (platform)" in shown
    assert "import" in shown


def test_a_home_that_is_none_is_refused_with_a_sentence(tmp_path: Path) -> None:
    refused = CliRunner().invoke(main, ["--home", str(tmp_path / "none"), "usage"])
    assert refused.exit_code == 1
    assert "There is no home" in refused.output
