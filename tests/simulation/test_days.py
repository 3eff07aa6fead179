"""Simulated days in which everything goes wrong: in the end every proof holds and no money waits for nobody."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from entrepot.app import open_home
from entrepot.cli.simulate import START
from entrepot.kernel import ManualClock
from entrepot.simulation.days import Outcome, faults_of, live
from tests.proof import count

STEP = {"ENTREPOT_DELIVER__SANDBOX_STEP_S": "3600"}


def lived(home: Path, days: int, seed: int, **environ: str) -> Outcome:
    """What these days come to in a fresh home."""
    clock = ManualClock(START)
    entrepot = open_home(home, {**STEP, **environ}, clock=clock, random=Random(seed), faults=faults_of(seed))
    try:
        return live(entrepot, clock, days, seed)
    finally:
        entrepot.close()


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_a_thousand_days_under_faults_add_up(tmp_path: Path, report_count: Callable[[str, int], None]) -> None:
    outcome = lived(tmp_path / "home", count(25, 1_000), seed=7)
    assert outcome.breaches == ()
    assert set(outcome.seller_orders) <= {"completed", "cancelled"}
    for name in ("ship", "cancel", "inspect return", "decide", "goodwill", "confirm", "scan"):
        assert outcome.done.get(name), f"nobody did {name}: {outcome.done}"
    report_count("simulated days", outcome.days)
    report_count("things done in them", sum(outcome.done.values()))


@pytest.mark.postgres
@pytest.mark.timeout(3_600)
def test_days_add_up_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    outcome = lived(tmp_path / "home", count(5, 100), seed=3, ENTREPOT_DATABASE_URL=postgres_url)
    assert outcome.breaches == ()


def test_the_same_seed_lives_the_same_days(tmp_path: Path) -> None:
    first, second = (lived(tmp_path / name, 4, seed=11) for name in ("one", "two"))
    assert first == second
