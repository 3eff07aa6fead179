"""The locks install the same thing everywhere, and name no place."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tidy.tree import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PLACES = ("://", "--find-links", "--index-url", "--extra-index-url", "--trusted-host", " @ ")


def entries(lock: Path) -> list[str]:
    """Each locked package with its continuation lines."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    return re.split(r"\n(?=\S)", "\n".join(lines).strip())


def pins(lock: Path) -> set[tuple[str, str]]:
    """The (name, version) pairs of a lock."""
    requirements = [Requirement(entry.split("\\")[0].strip()) for entry in entries(lock)]
    return {(canonicalize_name(each.name), str(each.specifier)) for each in requirements}


def test_there_is_a_lock_for_each_purpose() -> None:
    assert [lock.stem for lock in LOCKS] == ["base", "build", "dev", "models", "weights"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_place(lock: Path) -> None:
    text = lock.read_text()
    assert [place for place in PLACES if place in text] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_a_version_and_a_hash(lock: Path) -> None:
    loose = [entry.split()[0] for entry in entries(lock) if "==" not in entry or "--hash=sha256:" not in entry]
    assert loose == []


def test_what_is_tested_is_what_is_installed() -> None:
    missing = pins(ROOT / "requirements/base.txt") - pins(ROOT / "requirements/dev.txt")
    assert missing == set()


def test_every_dependency_is_locked() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    locked = {name for name, _ in pins(ROOT / "requirements/base.txt")}
    assert {canonicalize_name(Requirement(each).name) for each in wanted} - locked == set()


def test_no_package_that_shadows_the_multipart_of_the_web_edge() -> None:
    assert [lock.stem for lock in LOCKS if "python-multipart==" in lock.read_text()] == []
