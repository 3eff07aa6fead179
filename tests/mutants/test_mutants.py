"""Every bug among the patches is caught by the test that it names."""

import ast
import os
from collections.abc import Callable

import pytest

from tests.mutants.run import ROOT, Mutant, applies, mutants, run_test, survives
from tests.proof import FULL

MUTANTS = mutants()
QUICK = ("floor-off-by-one",)
PLANTED = [mutant for mutant in MUTANTS if FULL or mutant.name in QUICK]
WANTED = {
    "hold ignored in available",
    "double capture",
    "capture above what is left",
    "void after capture",
    "expiry against capture",
    "group half done",
    "id reused",
    "floor off by one",
    "remainder dropped",
    "wrong unit",
    "lock order",
    "replay",
    "lost position",
    "restock twice",
    "confirm during a dispute",
    "dispute that does not freeze",
    "double payout",
    "commission on refunded lines",
    "rounding remainder",
    "late webhook",
    "refund above a leg",
    "budget check outside the transaction",
    "claim written before the row",
    "stream settled at 0",
    "double capture of a reserve",
    "rounding down",
    "reconciler closing a live call",
    "settlement dropped",
}


def named(mutant: Mutant) -> str:
    return mutant.name


def test_there_is_a_mutant_of_each_kind() -> None:
    assert len(MUTANTS) >= 15
    assert WANTED - {mutant.kind for mutant in MUTANTS} == set()


@pytest.mark.parametrize("mutant", MUTANTS, ids=named)
def test_a_patch_applies_and_names_a_test_that_there_is(mutant: Mutant) -> None:
    assert applies(mutant) == ""
    path, *names = mutant.test.partition("[")[0].split("::")
    body: list[ast.stmt] = ast.parse((ROOT / path).read_text()).body
    for name in names:
        found = [each for each in body if isinstance(each, ast.FunctionDef | ast.ClassDef) and each.name == name]
        assert found, f"{path} has no {name}"
        body = found[0].body


@pytest.mark.proof
def test_the_tests_pass_without_a_mutant(environ: Callable[[bool], dict[str, str]]) -> None:
    """Otherwise a red test would say nothing."""
    with_postgres = {mutant.test: mutant.needs == "postgres" for mutant in PLANTED}
    for test, needed in sorted(with_postgres.items()):
        done = run_test(test, ROOT / "src", environ(needed))
        assert done.returncode == 0, f"{test}\n{done.stdout[-2_000:]}"


@pytest.mark.proof
@pytest.mark.parametrize("mutant", PLANTED, ids=named)
def test_a_mutant_is_caught(mutant: Mutant, environ: Callable[[bool], dict[str, str]]) -> None:
    assert survives(mutant, environ(mutant.needs == "postgres")) == ""


@pytest.fixture
def environ(request: pytest.FixtureRequest) -> Callable[[bool], dict[str, str]]:
    """The environment of a run, with the address of this run's PostgreSQL where it is needed."""

    def made(with_postgres: bool) -> dict[str, str]:
        if not with_postgres:
            return dict(os.environ)
        return {**os.environ, "ENTREPOT_TEST_POSTGRES_URL": request.getfixturevalue("postgres_server")}

    return made
