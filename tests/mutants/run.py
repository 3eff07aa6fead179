"""Plant one bug at a time in a copy of the source, and demand that the test named in its patch fails.

A patch opens with lines `Kind:`, `Mutant:` (what the bug does), `Test:` and, where it takes one, `Needs: postgres`.

    python -m tests.mutants.run [NAME ...]     all of them, or those named
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests import postgres

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
FAILED = 1
"""What pytest exits with when tests ran and some failed. A test that is not found, or a source that does not import,
ends with another number, and proves nothing."""


class Mutant(NamedTuple):
    """A patch and what its head says."""

    path: Path
    kind: str
    what: str
    test: str
    needs: str

    @property
    def name(self) -> str:
        return self.path.stem


def read(path: Path) -> Mutant:
    """A patch by its head; KeyError when a line is missing."""
    head = dict(re.findall(r"^(Kind|Mutant|Test|Needs): (.+)$", path.read_text().partition("\n--- ")[0], re.MULTILINE))
    return Mutant(path, head["Kind"], head["Mutant"], head["Test"], head.get("Needs", ""))


def mutants() -> list[Mutant]:
    """Every patch, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.patch"))]


def applies(mutant: Mutant) -> str:
    """What stands against applying a patch to the source as it is; empty when nothing does."""
    done = subprocess.run(
        ["git", "apply", "--check", str(mutant.path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


def run_test(test: str, source: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one test against a source tree."""
    environ = {**environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1", "ENTREPOT_PROOF": "0"}
    found = python(["-c", "import entrepot; print(entrepot.__file__)"], environ).stdout
    assert found.startswith(str(source)), f"the tests would run against {found}"
    return python(["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout", "120", test], environ)


def python(arguments: list[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python in the root of the project."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def survives(mutant: Mutant, environ: Mapping[str, str]) -> str:
    """Plant a mutant and run its test; empty when the test catches it, else what pytest said."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run(["git", "apply", str(mutant.path)], cwd=copy, check=True, capture_output=True)
        done = run_test(mutant.test, copy / "src", environ)
    return "" if done.returncode == FAILED else f"exit {done.returncode}\n{done.stdout[-2_000:]}{done.stderr[-2_000:]}"


def main(names: list[str]) -> int:
    """Run mutants and print a line each; 1 when one survives."""
    chosen = [mutant for mutant in mutants() if not names or mutant.name in names]
    survivors = 0
    with postgres.server() as url:
        environ = {**os.environ, "ENTREPOT_TEST_POSTGRES_URL": url}
        for mutant in chosen:
            said = survives(mutant, environ)
            survivors += bool(said)
            print(f"{'SURVIVES' if said else 'caught':9} {mutant.name:32} {mutant.what}", flush=True)
            print(said, end="")
    print(f"{len(chosen) - survivors} of {len(chosen)} mutants caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
