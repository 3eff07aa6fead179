"""Benchmarks: what they say of a bar, and that each figure is there. Never how fast this machine is."""

from pathlib import Path

import msgspec
import pytest

from entrepot.cli import bench
from entrepot.cli.bench import report, transfers
from entrepot.cli.bench.report import Measured, Report
from entrepot.kernel import Invalid


@pytest.mark.parametrize(
    ("found", "verdict"), [(2.5, "goal"), (2.4, "goal"), (2.6, "floor"), (4.0, "floor"), (4.1, "MISSED")]
)
def test_a_bar_that_less_is_better_for(found: float, verdict: str) -> None:
    measured = Measured("it", 9, "ms", "append", found, floor=4, goal=2.5, less_is_better=True)
    assert measured.verdict == verdict


@pytest.mark.parametrize(("found", "verdict"), [(30, "goal"), (29, "floor"), (15, "floor"), (14, "MISSED")])
def test_a_bar_that_more_is_better_for_and_without_a_control(found: float, verdict: str) -> None:
    assert Measured("it", found, "1/s", floor=15, goal=30).verdict == verdict


def test_a_figure_without_a_bar_has_no_verdict() -> None:
    assert Measured("it", 9, "ms").verdict == ""


def test_a_table_shows_the_control_and_the_bar() -> None:
    text = report.render(Report("it", "here", [Measured("one", 0.5, "ms", "append", 2.0, 4, 2.5, True)]))
    assert text.splitlines()[0] == "it: here"
    assert all(part in text for part in ("0.5", "2.00 × append", "≤ 4", "≤ 2.5", "goal"))


def test_a_bench_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="transfers"):
        bench.run("nothing", folder=tmp_path)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bench of a moment."""
    for name, value in {"ROUNDS": 2, "SINGLES": 4, "CALLERS": 3, "EACH": 2, "PLAN_STEPS": 20}.items():
        monkeypatch.setattr(transfers, name, value)


@pytest.mark.usefixtures("small")
def test_transfers_are_measured_with_both_controls_and_leave_nothing(tmp_path: Path, postgres_server: str) -> None:
    found = msgspec.json.decode(bench.run("transfers", True, folder=tmp_path, postgres_url=postgres_server))
    measured = found[0]["measured"]
    names = [each["what"] for each in measured]
    assert any("append" in name for name in names)
    assert any("overwrite" in name for name in names)
    assert (
        sum(name.startswith("SQLite:") for name in names) == sum(name.startswith("PostgreSQL:") for name in names) == 4
    )
    assert all(each["value"] > 0 for each in measured)
    bars = [each for each in measured if "floor" in each]
    assert len(bars) == 3
    assert all(each["what"].startswith("SQLite:") for each in bars)
    assert list(tmp_path.iterdir()) == []
